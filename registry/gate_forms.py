"""Forms about decisions: asking for one, taking one, and the conditions that come of it."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.forms.utils import ErrorDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance import clock
from governance.forms import DateInput, SeenForm, name_the_blank
from governance.models import User
from governance.permissions import WORKING
from registry.gate_checklists import Answer, known, questions
from registry.models import Algorithm, Condition, Gate
from registry.open_items import OpenItem, ShownItem, shown

CONDITIONS = 2
"""So many empty conditions are offered; with a button one gets more."""
MOST_CONDITIONS = 40
FIELDS_OF_CONDITION = ("text", "due", "assignee")


class ChecklistForm(SeenForm):
    """What asking and deciding have in common: what was seen, and the questions of the kind of decision."""

    seen = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, algorithm: Algorithm, kind: str, given: list[dict[str, str]], **kwargs: Any) -> None:
        """`given` are the answers of whoever asked, to begin with."""
        super().__init__(*args, **kwargs)
        self.algorithm, self.kind = algorithm, kind
        begin = {key: {"answer": answer} for key, answer in known(algorithm, kind).items()}
        begin |= {row["key"]: row for row in given}
        for question in questions(kind):
            row = begin.get(question.key, {})
            self.fields[f"answer-{question.key}"] = forms.ChoiceField(
                label=question.text,
                help_text=question.help,
                choices=Answer.choices,
                required=False,
                initial=row.get("answer", ""),
                widget=forms.RadioSelect,
            )
            self.fields[f"note-{question.key}"] = forms.CharField(
                label=_("Explanation of: %(question)s") % {"question": question.text},
                required=False,
                max_length=2000,
                initial=row.get("note", ""),
                widget=forms.TextInput(),
            )

    def checklist_fields(self) -> Iterator[tuple[forms.BoundField, forms.BoundField]]:
        for question in questions(self.kind):
            yield self[f"answer-{question.key}"], self[f"note-{question.key}"]

    @property
    def checklist(self) -> list[dict[str, str]]:
        return [
            {
                "key": question.key,
                "answer": self.cleaned_data.get(f"answer-{question.key}", ""),
                "note": self.cleaned_data.get(f"note-{question.key}", ""),
            }
            for question in questions(self.kind)
        ]


class RequestForm(ChecklistForm):
    request = forms.CharField(
        label=gettext_lazy("What do you ask, and why now?"),
        help_text=gettext_lazy("What was done, what the decision should be based on, and what you want to be decided."),
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    @property
    def values(self) -> dict[str, Any]:
        return {"request": self.cleaned_data["request"], "checklist": self.checklist}


class DecisionForm(ChecklistForm):
    """The decision, a reason for each open item that is accepted, and the conditions, as many as were asked for."""

    rows = forms.IntegerField(
        widget=forms.HiddenInput, required=False, initial=CONDITIONS, min_value=1, max_value=MOST_CONDITIONS
    )
    decision = forms.ChoiceField(
        label=gettext_lazy("What is decided?"), choices=Gate.Decision.choices, widget=forms.RadioSelect
    )
    decided_on = forms.DateField(
        label=gettext_lazy("Decided on"),
        help_text=gettext_lazy("The day of the meeting or the signature; not in the future."),
        widget=DateInput(),
    )
    reason = forms.CharField(label=gettext_lazy("Why is this decided?"), widget=forms.Textarea(attrs={"rows": 4}))
    reason_for_others = forms.CharField(
        label=gettext_lazy("Why may these items stay open?"),
        help_text=gettext_lazy("Counts for each item below without a reason of its own."),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, items: list[OpenItem], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.items = items
        self.initial.setdefault("decided_on", clock.today())
        for item in items:
            about = shown(self.algorithm, item.kept(""))
            self.fields[f"accepted-{item.key}"] = forms.CharField(
                label=_("Accepted because: %(item)s") % {"item": about.title},
                required=False,
                max_length=2000,
                widget=forms.TextInput(),
            )
        if not items:
            del self.fields["reason_for_others"]
        people = self.algorithm.organisation.people(WORKING)
        for n in range(self.number_of_conditions):
            number = {"number": n + 1}
            self.fields[f"condition-{n}-text"] = forms.CharField(
                label=_("Condition %(number)d: what has to be done?") % number,
                required=False,
                widget=forms.Textarea(attrs={"rows": 2}),
            )
            self.fields[f"condition-{n}-due"] = forms.DateField(
                label=_("Condition %(number)d: by which day?") % number, required=False, widget=DateInput()
            )
            self.fields[f"condition-{n}-assignee"] = forms.ModelChoiceField(
                people, label=_("Condition %(number)d: by whom?") % number, required=False
            )
        name_the_blank(self, _("Nobody yet"))

    def unchecked(self) -> "DecisionForm":
        """The same, shown again while it is still being filled in: without errors."""
        self._errors = ErrorDict()
        return self

    @property
    def number_of_conditions(self) -> int:
        sent = str(self.data.get("rows", ""))
        wanted = int(sent) if sent.isdecimal() and len(sent) < 4 else CONDITIONS
        return max(1, min(MOST_CONDITIONS, wanted))

    def open_fields(self) -> Iterator[tuple[ShownItem, forms.BoundField]]:
        for item in self.items:
            yield shown(self.algorithm, item.kept("")), self[f"accepted-{item.key}"]

    def condition_fields(self) -> Iterator[list[forms.BoundField]]:
        for n in range(self.number_of_conditions):
            yield [self[f"condition-{n}-{name}"] for name in FIELDS_OF_CONDITION]

    def with_more_conditions(self) -> dict[str, Any]:
        """What was typed, with room for two more conditions."""
        data = self.data.copy()  # type: ignore[attr-defined]
        data["rows"] = str(min(MOST_CONDITIONS, self.number_of_conditions + CONDITIONS))
        return data

    @property
    def values(self) -> dict[str, Any]:
        """The fields for the verb."""
        cleaned = self.cleaned_data
        others = cleaned.get("reason_for_others", "")
        return {
            "decision": cleaned["decision"],
            "decided_on": cleaned["decided_on"],
            "reason": cleaned["reason"],
            "checklist": self.checklist,
            "accepted": {item.key: cleaned.get(f"accepted-{item.key}") or others for item in self.items},
            "conditions": [
                {name: cleaned.get(f"condition-{n}-{name}") for name in FIELDS_OF_CONDITION}
                for n in range(self.number_of_conditions)
            ],
        }


class SettleForm(forms.Form):
    result = forms.CharField(
        label=gettext_lazy("What was done?"),
        help_text=gettext_lazy("So that somebody else can see that the condition is met."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ConditionForm(SeenForm):
    seen = forms.CharField(widget=forms.HiddenInput)
    assignee: Any = forms.ModelChoiceField(User.objects.none(), label=gettext_lazy("Assigned to"), required=False)
    due = forms.DateField(label=gettext_lazy("Due date"), widget=DateInput())
    reason = forms.CharField(
        label=gettext_lazy("Why does this change?"),
        help_text=gettext_lazy("Needed when it may be done later."),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, condition: Condition, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["assignee"].queryset = condition.algorithm.organisation.people(WORKING)
        self.initial.update(assignee=condition.assignee_id, due=condition.due)
        name_the_blank(self, _("Nobody yet"))

    @property
    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("assignee", "due", "reason")}
