"""Forms about who is responsible for an algorithm, works on it, was involved in it, and takes over."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms.utils import ErrorDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance import clock
from governance.forms import DateInput, SeenForm, name_the_blank
from governance.leaving import Holding
from governance.models import LifecyclePhase, Measure, Membership, Organisation, Position, Requirement, User
from governance.permissions import WORKING
from registry.filters import RISK_GROUPS, UNCLASSIFIED
from registry.models import Algorithm, Applicability, Involvement, Letter, Recommendation, TeamMember
from registry.responsibilities import Cell, Matrix, beginning_of, cell_name, in_order, name_of

CHOOSE = gettext_lazy("Choose…")


class LettersField(forms.CharField):
    """One or more letters, in any order and with anything between them; the value is in the usual order."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=20, **kwargs)

    def clean(self, value: Any) -> str:
        letters = re.sub(r"[\s,;/+&-]", "", super().clean(value)).upper()
        if unknown := sorted(set(letters) - set(Letter.values)):
            raise ValidationError(_("%(letters)s: use only R, A, S, C and I.") % {"letters": ", ".join(unknown)})
        return in_order(letters)


class DayField(forms.DateField):
    """A day from which something is so; the value is the moment it begins, which today is now."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=DateInput(), initial=timezone.localdate, **kwargs)

    def clean(self, value: Any) -> Any:
        day = super().clean(value)
        return beginning_of(day) if day else None


class MatrixForm(forms.Form):
    """A field for each cell of the RACI matrix, and what was seen of it."""

    seen = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, matrix: Matrix, people: Iterable[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.matrix, self.people = matrix, list(people)
        self.initial.setdefault("seen", matrix.fingerprint)
        self.cells: list[Cell] = []
        for scope in matrix.scopes:
            for person in self.people:
                cell = (scope.pk if scope else None, person.pk)
                name = cell_name(cell)
                label = f"{name_of(scope)}, {person}"
                self.fields[name] = LettersField(
                    label=label[:1].upper() + label[1:],
                    show_hidden_initial=True,
                    widget=forms.TextInput(attrs={"size": 4, "autocomplete": "off", "autocapitalize": "characters"}),
                )
                self.initial.setdefault(name, matrix.letters.get(cell, ""))
                self.cells.append(cell)

    def rows(self) -> Iterator[tuple[LifecyclePhase | None, list[forms.BoundField]]]:
        for scope in self.matrix.scopes:
            key = scope.pk if scope else None
            yield scope, [self[cell_name((key, person.pk))] for person in self.people]

    def letters(self) -> dict[Cell, str]:
        """The cells that were changed."""
        names = set(self.changed_data)
        return {cell: self.cleaned_data[cell_name(cell)] for cell in self.cells if cell_name(cell) in names}

    def unchecked(self) -> "MatrixForm":
        """The same, shown again while it is still being filled in: without errors."""
        self._errors = ErrorDict()
        return self

    def stand_for(self, matrix: Matrix, changed: Mapping[Cell, str]) -> list[tuple[str, str, str]]:
        """Makes a form that is shown again stand for this matrix, but for the cells that the person changed.

        Returns (cell, what stands now, what was typed) for those of them that differ.
        """
        self.data = self.data.copy()
        self.data["seen"] = matrix.fingerprint
        differences = []
        for cell in self.cells:
            name, now = cell_name(cell), matrix.letters.get(cell, "")
            typed = changed.get(cell, now)
            self.data[name], self.data[self[name].html_initial_name] = typed, now
            if typed != now:
                differences.append((self.fields[name].label, now, typed))
        return differences


class ItemLetterForm(forms.Form):
    """A letter for one requirement or measure."""

    item = forms.ChoiceField(label=gettext_lazy("Requirement or measure"))
    person = forms.ModelChoiceField(User.objects.none(), label=gettext_lazy("Person"))
    letter = forms.ChoiceField(label=gettext_lazy("Responsibility"), choices=Letter.choices, widget=forms.RadioSelect)
    since = DayField(label=gettext_lazy("From"))

    def __init__(self, *args: Any, algorithm: Algorithm, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        applying = Applicability.objects.current().applying().filter(algorithm=algorithm)
        recommended = Recommendation.objects.current().filter(algorithm=algorithm)
        items: list[Requirement | Measure] = [
            *Requirement.objects.filter(pk__in=applying.values("requirement")).order_by("urn"),
            *Measure.objects.filter(pk__in=recommended.values("measure")).order_by("urn"),
        ]
        self.items = {item.slug: item for item in items}
        requirements = [(slug, str(item)) for slug, item in self.items.items() if isinstance(item, Requirement)]
        measures = [(slug, str(item)) for slug, item in self.items.items() if isinstance(item, Measure)]
        groups = [(_("Requirements"), requirements), (_("Measures"), measures)]
        self.fields["item"].choices = [("", CHOOSE), *groups]
        self.fields["person"].queryset = algorithm.organisation.people()
        name_the_blank(self, CHOOSE)

    def clean_item(self) -> Requirement | Measure:
        return self.items[self.cleaned_data["item"]]


class EndForm(forms.Form):
    on = DayField(label=gettext_lazy("From"), help_text=gettext_lazy("From this day on it no longer holds."))


class RaciDefaultForm(forms.Form):
    risk_group = forms.ChoiceField(label=gettext_lazy("For algorithms with risk group"), required=False)
    phase = forms.ModelChoiceField(
        LifecyclePhase.objects.filter(number__gt=0),
        label=gettext_lazy("For"),
        required=False,
        empty_label=gettext_lazy("the whole algorithm"),
    )
    position = forms.ModelChoiceField(Position.objects.none(), label=gettext_lazy("Function"))
    letter = forms.ChoiceField(label=gettext_lazy("Responsibility"), choices=Letter.choices, widget=forms.RadioSelect)

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups = [choice for choice in RISK_GROUPS if choice[0] != UNCLASSIFIED]
        self.fields["risk_group"].choices = [("", _("Every algorithm, classified or not")), *groups]
        self.fields["position"].queryset = Position.objects.in_force().for_organisation(organisation)
        self.fields["position"].empty_label = CHOOSE


class MemberForm(forms.ModelForm):
    since = DayField(label=gettext_lazy("From"))

    class Meta:
        model = TeamMember
        fields = ["person", "discipline", "task", "since"]
        help_texts = {"task": gettext_lazy("In a few words, such as: tests the model.")}

    def __init__(self, *args: Any, algorithm: Algorithm, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = algorithm.organisation.people()
        name_the_blank(self, CHOOSE)

    def _post_clean(self) -> None:
        """The verb validates and writes."""


class TaskForm(forms.Form):
    task = forms.CharField(label=gettext_lazy("What they do"), max_length=200, required=False)


class InvolvementForm(SeenForm, forms.ModelForm):
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Involvement
        fields = ["kind", "who", "how", "held_on", "outcome"]
        widgets = {"held_on": DateInput(), "outcome": forms.Textarea(attrs={"rows": 4})}
        help_texts = {
            "who": gettext_lazy("A group or organisation; leave out names of residents."),
            "how": gettext_lazy("Such as a conversation, a survey or a test with users."),
            "outcome": gettext_lazy("What was said, and what was done with it."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["seen"] = self.instance.version
        name_the_blank(self, CHOOSE)

    def values(self) -> dict[str, Any]:
        """The fields for the verb."""
        return {name: value for name, value in self.cleaned_data.items() if name != "seen"}

    def clean_held_on(self) -> Any:
        day = self.cleaned_data["held_on"]
        if day > clock.today():
            raise ValidationError(_("Record it when it has taken place."))
        return day

    def _post_clean(self) -> None:
        """The verb validates and writes."""


class HandoverForm(forms.Form):
    """Which of the holdings go, to whom, and from when."""

    holding = forms.MultipleChoiceField(
        label=gettext_lazy("What is handed over"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Tick at least one thing.")},
    )
    successor = forms.ModelChoiceField(
        User.objects.none(),
        label=gettext_lazy("Successor"),
        required=False,
        empty_label=gettext_lazy("Nobody: it becomes vacant"),
    )
    day = forms.DateField(label=gettext_lazy("From"), widget=DateInput(), initial=timezone.localdate)

    def __init__(self, *args: Any, holdings: list[Holding], successors: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["holding"].choices = [(one.key, f"{one.what} ({one.where})") for one in holdings]
        self.fields["holding"].initial = [one.key for one in holdings]
        self.fields["successor"].queryset = successors
        if any(one.at_once for one in holdings):
            self.fields["day"].help_text = _(
                "Responsibilities, functions and places in a team go over on this day. Work on requirements and "
                "measures, policies and complaints go over at once, whatever day you choose."
            )

    def clean_day(self) -> Any:
        beginning_of(self.cleaned_data["day"])
        return self.cleaned_data["day"]

    def chosen(self, holdings: list[Holding]) -> list[Holding]:
        return [one for one in holdings if one.key in self.cleaned_data["holding"]]


KEEP, NOBODY = "", "nobody"


class AssignManyForm(forms.Form):
    """For the ticked rows of a list of requirements or measures: to whom, and when it has to be done."""

    assignee = forms.ChoiceField(label=gettext_lazy("Assign to"), required=False)
    due = forms.DateField(
        label=gettext_lazy("Due date"),
        required=False,
        widget=DateInput(),
        help_text=gettext_lazy("Empty: leave it as it is."),
    )

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {str(person.pk): person for person in organisation.people(WORKING)}
        names = [(key, str(person)) for key, person in self.people.items()]
        self.fields["assignee"].choices = [(KEEP, _("Leave it as it is")), (NOBODY, _("Nobody")), *names]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.ticked:
            self.add_error(None, _("Tick at least one row."))
        if not self.errors and not self.values():
            self.add_error(None, _("Choose a person or a due date."))
        return cleaned

    @property
    def ticked(self) -> list[str]:
        """The ticked rows as `<slug>:<row seen>`."""
        return self.data.getlist("item") if self.is_bound else []

    @property
    def ticked_slugs(self) -> set[str]:
        return set(self.seen())

    def seen(self) -> dict[str, int | None]:
        """slug → the key of the row that was seen, or None where nobody had begun."""
        found: dict[str, int | None] = {}
        for value in self.ticked:
            slug, _colon, key = value.partition(":")
            found[slug] = int(key) if key.isdecimal() else None
        return found

    def values(self) -> dict[str, Any]:
        values: dict[str, Any] = {}
        if assignee := self.cleaned_data.get("assignee"):
            values["assignee"] = self.people.get(assignee)
        if due := self.cleaned_data.get("due"):
            values["due"] = due
        return values


class AssignWholeForm(forms.Form):
    """For the ticked algorithms of the list: who has which letter for the whole."""

    person = forms.ModelChoiceField(User.objects.none(), label=gettext_lazy("Person"), empty_label=CHOOSE)
    letter = forms.ChoiceField(
        label=gettext_lazy("Responsibility for the whole algorithm"),
        choices=Letter.choices,
        help_text=gettext_lazy("An algorithm has one Accountable: a new one takes the place of the earlier."),
    )

    def __init__(self, *args: Any, people: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = people

    def clean(self) -> dict[str, Any]:
        if not self.ticked:
            self.add_error(None, _("Tick at least one algorithm."))
        return super().clean() or self.cleaned_data

    @property
    def ticked(self) -> set[int]:
        """The keys of the ticked algorithms."""
        return {int(key) for key in self.data.getlist("algorithm") if key.isdecimal()} if self.is_bound else set()


def colleagues(user: User) -> QuerySet[User]:
    """Whoever has a current role in an organisation that this person sees, or in one above it."""
    organisations = Organisation.objects.visible_to(user)
    reached = {
        key for path in organisations.values_list("path", flat=True) for key in map(int, path.strip("/").split("/"))
    }
    members = Membership.objects.current().filter(organisation__in=reached)
    return User.objects.filter(is_active=True, pk__in=members.order_by().values("user"))
