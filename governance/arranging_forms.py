"""Forms for the tree of organisations, and for what one arranges: its values, its functions, and what people know."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance import clock, literacy, organisations
from governance.forms import DateInput, SeenForm, name_the_blank
from governance.models import Knowledge, Objective, Organisation, Position, RoleAssignment, User
from governance.models.periods import start_of
from governance.permissions import Role
from governance.positions import people_of
from governance.starter_texts import Starter, in_language


class ArrangedForm(SeenForm, forms.ModelForm):
    """What an organisation arranges: the form of a record that counts its versions; the verb checks and saves it."""

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["seen"] = self.instance.version
        else:
            del self.fields["seen"]

    @property
    def values(self) -> dict[str, Any]:
        """The fields for the verb."""
        return {name: value for name, value in self.cleaned_data.items() if name != "seen"}

    def _post_clean(self) -> None:
        """The verb validates and writes; the instance of the form stays as it was read."""


class ObjectiveForm(ArrangedForm):
    class Meta:
        model = Objective
        fields = ["kind", "name", "description"]
        widgets = {"kind": forms.RadioSelect, "description": forms.Textarea(attrs={"rows": 4})}
        help_texts = {"description": gettext_lazy("What it means here, in words that staff and residents understand.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["kind"].choices = Objective.Kind.choices


class PositionForm(ArrangedForm):
    class Meta:
        model = Position
        fields = ["name", "description", "line", "discipline", "governs_algorithms"]
        widgets = {"line": forms.RadioSelect, "description": forms.Textarea(attrs={"rows": 4})}
        labels = {
            "discipline": gettext_lazy("Role in the framework"),
            "governs_algorithms": gettext_lazy("Whoever holds it is responsible for algorithm governance"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["line"].choices = Position.Line.choices
        name_the_blank(self, gettext_lazy("None"))


class KnowledgeForm(ArrangedForm):
    class Meta:
        model = Knowledge
        fields = ["title", "description", "valid_months", "positions"]
        widgets = {"positions": forms.CheckboxSelectMultiple, "description": forms.Textarea(attrs={"rows": 4})}
        labels = {"valid_months": gettext_lazy("Counts for how many months")}

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, organisation=organisation, **kwargs)
        fields: dict[str, Any] = self.fields
        positions = literacy.positions_within(organisation)
        offered = positions.filter(ended=None)
        if self.instance.pk:
            offered = offered | positions.filter(pk__in=self.instance.positions.values("pk"))
        fields["positions"].queryset = offered.select_related("organisation").order_by("organisation__path", "name")
        fields["positions"].label_from_instance = lambda position: (
            str(position) if position.organisation_id == organisation.pk else f"{position} ({position.organisation})"
        )
        fields["valid_months"].min_value = 1


class StartersForm(forms.Form):
    """Which starter texts to take over; all of them, unless unticked."""

    chosen = forms.MultipleChoiceField(
        label=gettext_lazy("What to take over"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one.")},
    )

    def __init__(self, *args: Any, starters: list[Starter], field: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["chosen"].choices = [
            (
                entry["code"],
                format_html(
                    '<strong>{}</strong><br><span class="small">{}</span>',
                    in_language(entry[field]),
                    in_language(entry["description"]),
                ),
            )
            for entry in starters
        ]
        fields["chosen"].initial = [entry["code"] for entry in starters]


class AssignForm(forms.Form):
    """Who holds a function, from which day and perhaps up to and including which day."""

    person = forms.ModelChoiceField(User.objects.none(), label=gettext_lazy("Person"))
    how = forms.ChoiceField(
        label=gettext_lazy("How"),
        choices=[("holder", gettext_lazy("Holds the function")), ("deputy", gettext_lazy("Stands in as deputy"))],
        initial="holder",
        widget=forms.RadioSelect,
    )
    since = forms.DateField(label=gettext_lazy("First day"), widget=DateInput)
    until = forms.DateField(
        label=gettext_lazy("Last day"),
        widget=DateInput,
        required=False,
        help_text=gettext_lazy("Leave it empty as long as that is not known."),
    )

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["person"].queryset = organisation.people()
        fields["since"].initial = timezone.localdate
        name_the_blank(self, gettext_lazy("Choose…"))

    @property
    def values(self) -> dict[str, Any]:
        """The arguments of the verb; the last day becomes the moment at which it is over."""
        cleaned = self.cleaned_data
        return {
            "since": start_of(cleaned["since"]),
            "until": start_of(cleaned["until"] + timedelta(days=1)) if cleaned["until"] else None,
            "deputy": cleaned["how"] == "deputy",
        }


class EndAssignmentForm(SeenForm):
    """The last day on which somebody holds a function."""

    until = forms.DateField(label=gettext_lazy("Last day"), widget=DateInput)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, assignment: RoleAssignment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        end = assignment.until
        fields["until"].initial = timezone.localdate(end - timedelta(seconds=1)) if end else clock.today()
        fields["seen"].initial = end.isoformat() if end else ""

    def clean_seen(self) -> datetime | None:
        try:
            return datetime.fromisoformat(self.cleaned_data["seen"]) if self.cleaned_data["seen"] else None
        except ValueError as error:
            raise ValidationError(_("Open this page again.")) from error


class OrganisationForm(SeenForm):
    """An organisation and its place; a name of the government's lists brings its kind and identifier along.

    A new one at the top of the tree gets a first administrator.
    """

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=[("", gettext_lazy("As in the government's list")), *Organisation.Kind.choices],
        required=False,
    )
    identifier = forms.CharField(
        label=gettext_lazy("Official identifier"),
        max_length=50,
        required=False,
        help_text=gettext_lazy("As in the government's list, such as gm0344."),
    )
    parent = forms.ModelChoiceField(
        Organisation.objects.none(),
        label=gettext_lazy("Part of"),
        required=False,
        empty_label=gettext_lazy("Nothing: it stands by itself"),
    )
    administrator = forms.CharField(
        label=gettext_lazy("First administrator"),
        required=False,
        max_length=254,
        help_text=gettext_lazy(
            "An e-mail address, or the name of somebody with an account. Who has no account yet gets an invitation. "
            "The administrator gives others their roles."
        ),
    )
    administrator_name = forms.CharField(
        label=gettext_lazy("Name of the administrator"),
        required=False,
        max_length=150,
        help_text=gettext_lazy("Needed only for somebody without an account."),
    )
    seen = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: User, organisation: Organisation | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organisation = organisation
        fields: dict[str, Any] = self.fields
        theirs = Organisation.objects.where_member_holds(user, [Role.ADMINISTRATOR]).order_by("path")
        if organisation is None:
            del fields["seen"]
            fields["name"].widget.attrs |= {"list": "official-bodies", "autocomplete": "off"}
            fields["name"].help_text = _("Of an official body the kind and the identifier are filled in by themselves.")
        else:
            self._without_administrator()
            fields["kind"].choices = Organisation.Kind.choices
            fields["kind"].required = True
            theirs = theirs.exclude(path__startswith=organisation.path)
            self.initial = {name: getattr(organisation, name) for name in organisations.FIELDS}
            self.initial |= {"seen": organisations.fingerprint(organisation)} | kwargs.get("initial", {})
        fields["parent"].queryset = theirs
        fields["parent"].label_from_instance = lambda row: f"{'– ' * row.depth}{row}"
        self._limit_place(user, theirs)

    def _limit_place(self, user: User, theirs: Any) -> None:
        """The administrator of the installation puts organisations at the top of the tree, others below theirs."""
        fields: dict[str, Any] = self.fields
        if self.organisation is None:
            if not user.is_superuser:
                fields["parent"].required, fields["parent"].empty_label = True, _("Choose…")
                self._without_administrator()
            elif not theirs.exists():
                del fields["parent"]
                fields["administrator"].required = True
        elif self.organisation.parent is not None:
            fields["parent"].required, fields["parent"].empty_label = True, None
            if not theirs.filter(pk=self.organisation.parent_id).exists():
                del fields["parent"]  # it is not theirs to move
        elif not theirs.exists():
            del fields["parent"]

    def _without_administrator(self) -> None:
        del self.fields["administrator"], self.fields["administrator_name"]

    def clean_administrator(self) -> User | str | None:
        """The person with an account, or else the address to invite somebody at."""
        text = self.cleaned_data["administrator"].strip()
        person = organisations.person_named(text) if text else None
        if person is None and text:
            try:
                validate_email(text)
            except ValidationError as error:
                sentence = _("Nobody has this name here, or several people do. Give an e-mail address.")
                raise ValidationError(sentence) from error
        return person or text or None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.organisation is None and cleaned.get("name"):
            body = organisations.official_body(cleaned["name"])
            if body is not None:
                cleaned["kind"] = cleaned.get("kind") or body.kind
                cleaned["identifier"] = cleaned.get("identifier") or body.identifier
            elif not cleaned.get("kind"):
                self.add_error("kind", _("This name is not in the government's list. Choose a kind."))
        top = "administrator" in self.fields and cleaned.get("parent") is None
        if top and not cleaned.get("administrator") and not self.has_error("administrator"):
            self.add_error("administrator", _("Say who its first administrator is."))
        if isinstance(cleaned.get("administrator"), str) and not cleaned.get("administrator_name"):
            sentence = _("Nobody has this e-mail address here yet. Give the name as well, for the invitation.")
            self.add_error("administrator_name", sentence)
        return cleaned

    @property
    def values(self) -> dict[str, Any]:
        """The fields for the verb."""
        return {name: value for name, value in self.cleaned_data.items() if name in organisations.FIELDS}


class TrainingForm(forms.Form):
    """What one or several people followed; who may not record for others records their own."""

    knowledge = forms.ModelChoiceField(Knowledge.objects.none(), label=gettext_lazy("Subject"))
    people = forms.ModelMultipleChoiceField(
        User.objects.none(), label=gettext_lazy("Who followed it"), widget=forms.CheckboxSelectMultiple
    )
    followed_on = forms.DateField(label=gettext_lazy("Followed on"), widget=DateInput)
    valid_until = forms.DateField(
        label=gettext_lazy("Counts until"),
        widget=DateInput,
        required=False,
        help_text=gettext_lazy("Leave it empty to count as many months as the subject says."),
    )
    note = forms.CharField(
        label=gettext_lazy("Training and provider"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("Which training, given by whom, or how it was shown."),
    )

    def __init__(self, *args: Any, organisation: Organisation, only: User | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["knowledge"].queryset = Knowledge.objects.in_force().for_organisation(organisation)
        if only is None:
            fields["people"].queryset = people_of(organisation)
        else:
            fields["people"].queryset = User.objects.filter(pk=only.pk)
            fields["people"].initial = [only.pk]
        name_the_blank(self, gettext_lazy("Choose…"))

    def start_with(self, asked: Mapping[str, str]) -> None:
        """Fills in the person and the subject that an address names, where they are offered."""
        for name, field in (("onderwerp", "knowledge"), ("persoon", "people")):
            rows: Any = self.fields[field].queryset  # type: ignore[attr-defined]
            value = asked.get(name, "")
            if value.isdecimal() and len(value) < 19 and rows.filter(pk=value).exists():
                self.initial[field] = value if field == "knowledge" else [value]
