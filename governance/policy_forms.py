"""Forms of policies; they save nothing, the verbs do."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.forms import DateInput, FieldGroup, SeenForm, name_the_blank
from governance.models import Organisation, Policy, PolicyVersion, User
from governance.policies import LINKS, linkable, possible_owners


class PolicyForm(SeenForm, forms.ModelForm):
    class Meta:
        model = Policy
        fields = ["title", "kind", "summary", "owner", *LINKS]
        widgets = {"summary": forms.Textarea(attrs={"rows": 3})} | {
            name: forms.CheckboxSelectMultiple() for name in LINKS
        }
        help_texts = {
            "summary": gettext_lazy("In one or two sentences, for lists."),
            "owner": gettext_lazy("Keeps the text up to date, and is reminded of the review date."),
        }

    def __init__(self, *args: Any, organisation: Organisation, may_assign: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        is_new = self.instance._state.adding
        choices: dict[str, Any] = linkable(organisation)
        for name, usable in choices.items():
            offered = usable.filter(ended=None) if name == "objectives" else usable.in_force()
            if not is_new:
                offered = usable.filter(Q(pk__in=offered.values("pk")) | Q(pk__in=getattr(self.instance, name).all()))
            fields[name].queryset = offered
        fields["phases"].label_from_instance = lambda phase: f"{phase.number}. {phase}"
        fields["tools"].label_from_instance = lambda tool: tool.title
        fields["owner"].queryset = User.objects.filter(
            Q(pk__in=possible_owners(organisation).values("pk")) | Q(pk=self.instance.owner_id)
        )
        if not may_assign:
            del fields["owner"]
        if is_new:
            del fields["seen"]
        else:
            fields["seen"].initial = self.instance.version
        name_the_blank(self, _("Nobody yet"))
        fields["kind"].choices = Policy.Kind.choices

    @property
    def groups(self) -> list[FieldGroup]:
        groups = [
            FieldGroup(_("What it is"), self._bound("title", "kind", "summary", "owner")),
            FieldGroup(
                _("Which public values and objectives it serves"), self._bound("objectives"), _("Choose values")
            ),
            FieldGroup(_("What it is about"), self._bound("topics", "phases"), _("Choose topics and phases")),
            FieldGroup(_("Which requirements it helps to meet"), self._bound("requirements"), _("Choose requirements")),
            FieldGroup(_("Which measures it carries out"), self._bound("measures"), _("Choose measures")),
            FieldGroup(_("Which tools it prescribes"), self._bound("tools"), _("Choose tools")),
        ]
        return [group for group in groups if any(_offers(field) for field in group.fields)]

    def _bound(self, *names: str) -> list[forms.BoundField]:
        return [self[name] for name in names if name in self.fields]

    @property
    def values(self) -> dict[str, Any]:
        """What the verbs want."""
        return {name: value for name, value in self.cleaned_data.items() if name != "seen"}


def _offers(field: forms.BoundField) -> bool:
    """Whether there is something to fill in: a list of boxes may be empty."""
    queryset = getattr(field.field, "queryset", None)
    return field.name not in LINKS or queryset is None or queryset.exists()


class TextForm(SeenForm):
    body = forms.CharField(
        label=gettext_lazy("Text"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 30}),
        help_text=gettext_lazy("In Markdown: # heading, - list, **bold**, [words](https://address)."),
    )
    change_note = forms.CharField(
        label=gettext_lazy("What changes, and why"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("For who reviews and adopts this version, and for who has to know what is new."),
    )

    def __init__(self, *args: Any, version: PolicyVersion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.update(body=version.body, change_note=version.change_note, seen=version.edits)

    @property
    def values(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in ("body", "change_note")}


class AdoptForm(SeenForm):
    authority = forms.CharField(
        label=gettext_lazy("On whose authority"),
        max_length=200,
        help_text=gettext_lazy("Such as the executive board, with the number of its decision."),
    )
    adopted_on = forms.DateField(
        label=gettext_lazy("Decided on"),
        required=False,
        widget=DateInput(),
        help_text=gettext_lazy("Leave empty for today."),
    )
    in_force_from = forms.DateField(
        label=gettext_lazy("Enters into force on"),
        widget=DateInput(),
    )
    review_date = forms.DateField(
        label=gettext_lazy("Review date"),
        widget=DateInput(),
        help_text=gettext_lazy("When this day has passed, the policy shows up in the work of its owner."),
    )

    def __init__(self, *args: Any, version: PolicyVersion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["seen"] = version.edits
        if version.policy.versions.holding().exists():
            self.fields["in_force_from"].help_text = _("The version before it holds until then.")

    @property
    def values(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "seen"}


class ReasonForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Reason"), widget=forms.Textarea(attrs={"rows": 3}))


class FileForm(forms.Form):
    file = forms.FileField(label=gettext_lazy("File"))

    def __init__(self, *args: Any, help_text: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].help_text = help_text


class AskForm(forms.Form):
    EVERYBODY, CHOSEN = "everybody", "chosen"

    whom = forms.ChoiceField(
        label=gettext_lazy("Whom do you ask?"),
        choices=[
            (EVERYBODY, gettext_lazy("Everybody with a role in the organisation or in a part of it")),
            (CHOSEN, gettext_lazy("The people chosen below")),
        ],
        initial=EVERYBODY,
        widget=forms.RadioSelect,
    )
    people = forms.ModelMultipleChoiceField(
        User.objects.none(), label=gettext_lazy("People"), required=False, widget=forms.CheckboxSelectMultiple
    )
    due = forms.DateField(label=gettext_lazy("Before"), required=False, widget=DateInput())

    def __init__(self, *args: Any, version: PolicyVersion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        asked = version.reading_requests.values("person")
        fields: dict[str, Any] = self.fields
        fields["people"].queryset = version.policy.organisation.people(below=True).exclude(pk__in=asked)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("whom") == self.CHOSEN and not values.get("people"):
            self.add_error("people", _("Choose at least one person."))
        return values

    @property
    def chosen(self) -> list[User] | None:
        """The people to ask; None for everybody."""
        return None if self.cleaned_data["whom"] == self.EVERYBODY else list(self.cleaned_data["people"])
