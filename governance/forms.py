import re
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.models import Fact, Measure, Notification, Organisation, Requirement, User
from governance.permissions import REGISTRAR


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


def name_the_blank(form: forms.BaseForm, label: Any) -> None:
    """Says in words what choosing nothing means, in every list of the form that allows it."""
    for field in form.fields.values():
        if isinstance(field, forms.ModelChoiceField) and field.empty_label:
            field.empty_label = label
        elif isinstance(field, forms.TypedChoiceField) and not isinstance(field.widget, forms.RadioSelect):
            field.choices = [(value, text if value else label) for value, text in field.choices]


def add_errors(form: forms.BaseForm, error: ValidationError) -> None:
    """Shows what a verb refused beside the fields it is about."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, errors in error.error_dict.items():
        form.add_error(name if name in form.fields else None, errors)


class SeenForm(forms.Form):
    """A form about a record as it was `seen`; shown again, it can be made to stand for how the record is now."""

    seen: forms.Field = forms.IntegerField(widget=forms.HiddenInput)

    def now_seen(self, state: Any) -> None:
        """`state` is what the verb compares: a version, the key of a row (None when there is none), a fingerprint."""
        data = QueryDict(mutable=True)
        data.update(self.data)
        data["seen"] = "" if state is None else str(state)
        self.data = data


class LinkLines(forms.CharField):
    """Links, one on a line: a title, and its address. The value is a list of {<title>, <address>}.

    A line without an address gives None for it, or is refused where the address is what matters.
    """

    widget = forms.Textarea(attrs={"rows": 3})
    _line = re.compile(r"(?P<title>.*?)[\s,|]*(?P<url>[a-z][a-z0-9+.-]*://\S*|javascript:\S*)?", re.IGNORECASE)

    def __init__(
        self, *, title: str = "title", address: str = "url", needs_address: bool = False, **kwargs: Any
    ) -> None:
        self.title, self.address, self.needs_address = title, address, needs_address
        kwargs.setdefault(
            "help_text", gettext_lazy("One on a line: a title, then the address that starts with https://.")
        )
        super().__init__(required=False, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, list):
            return "\n".join(f"{row.get(self.title) or ''} {row.get(self.address) or ''}".strip() for row in value)
        return value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)

    def clean(self, value: Any) -> list[dict[str, str | None]]:
        lines = [line.strip() for line in (super().clean(value) or "").splitlines()]
        return [self._link(number, line) for number, line in enumerate(lines, start=1) if line]

    def _link(self, number: int, line: str) -> dict[str, str | None]:
        found = self._line.fullmatch(line)
        title, url = (found["title"], found["url"]) if found else (line, None)
        if url is None and self.needs_address:
            raise ValidationError(_("Line %(n)d has no address that starts with https://.") % {"n": number})
        if url is not None:
            try:
                URLValidator(schemes=["http", "https"])(url)
            except ValidationError as error:
                sentence = _("Line %(n)d: %(url)s is not a web address.")
                raise ValidationError(sentence % {"n": number, "url": url}) from error
        return {self.title: title or url, self.address: url}


@dataclass(frozen=True)
class FieldGroup:
    """Fields that belong together; what is said in `folds` can be unfolded to show them."""

    title: Any
    fields: list[forms.BoundField]
    folds: Any = ""

    @property
    def is_filled(self) -> bool:
        return any(field.value() or field.errors for field in self.fields)

    @property
    def is_wrong(self) -> bool:
        return any(field.errors for field in self.fields)

    @property
    def chosen(self) -> int:
        """How many boxes are ticked in lists of them."""
        return sum(len(field.value() or []) for field in self.fields)


class OwnItemForm(SeenForm, forms.ModelForm):
    """What own requirements and measures have in common; `values` go to the verb, and the form itself saves nothing."""

    organisation = forms.ModelChoiceField(
        Organisation.objects.none(), label=gettext_lazy("Organisation"), empty_label=None
    )
    sources = LinkLines(
        title="title_nl",
        label=gettext_lazy("Sources"),
        help_text=gettext_lazy("One on a line: a title, then the address that starts with https:// if there is one."),
    )
    facts = forms.MultipleChoiceField(
        choices=Fact.choices,
        label=gettext_lazy("Only where all of these hold"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Choose nothing if it holds for every algorithm of the organisation."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        if self.instance.pk:
            del fields["organisation"]
            fields["seen"].initial = self.instance.revision
        else:
            del fields["seen"]
            fields["organisation"].queryset = Organisation.objects.where_member_holds(user, REGISTRAR)
        fields["summary_nl"].required = True
        fields["phases"].label_from_instance = lambda phase: f"{phase.number}. {phase}"

    @property
    def groups(self) -> list[FieldGroup]:
        texts = ["organisation", "title_nl", "summary_nl", "risk_nl", "body_nl", "sources"]
        groups = [
            FieldGroup(_("What it says"), self._bound(texts)),
            FieldGroup(_("When it counts"), self._bound(["law", "effective_from", "facts"])),
            FieldGroup(_("Which requirements it serves"), self._bound(["requirements"]), _("Choose requirements")),
            FieldGroup(_("Where it belongs"), self._bound(["phases", "topics", "disciplines"])),
            FieldGroup(_("In English"), self._bound(["title_en", "summary_en", "risk_en"]), _("Add an English text")),
        ]
        return [group for group in groups if group.fields]

    def _bound(self, names: list[str]) -> list[forms.BoundField]:
        return [self[name] for name in names if name in self.fields]

    @property
    def values(self) -> dict[str, Any]:
        """What the verbs want: the fields of the item."""
        return {name: value for name, value in self.cleaned_data.items() if name not in ("organisation", "seen")}


LABELS = {
    "title_nl": gettext_lazy("Title"),
    "summary_nl": gettext_lazy("What it asks, in two to four sentences"),
    "risk_nl": gettext_lazy("What goes wrong without it"),
    "body_nl": gettext_lazy("Full text"),
}
HELP_TEXTS = {
    "body_nl": gettext_lazy("In Markdown: # heading, - list, [words](https://address)."),
    "phases": gettext_lazy("Phase 0 is arranged once, for all algorithms of the organisation."),
}
WIDGETS: dict[str, forms.Widget] = {
    "summary_nl": forms.Textarea(attrs={"rows": 4}),
    "risk_nl": forms.Textarea(attrs={"rows": 3}),
    "body_nl": forms.Textarea(attrs={"rows": 10}),
    "summary_en": forms.Textarea(attrs={"rows": 4}),
    "risk_en": forms.Textarea(attrs={"rows": 3}),
    "phases": forms.CheckboxSelectMultiple(),
    "topics": forms.CheckboxSelectMultiple(),
    "disciplines": forms.CheckboxSelectMultiple(),
}


class OwnRequirementForm(OwnItemForm):
    class Meta:
        model = Requirement
        fields = [
            "title_nl", "summary_nl", "risk_nl", "body_nl", "sources", "law", "effective_from", "facts",
            "phases", "topics", "disciplines", "title_en", "summary_en", "risk_en",
        ]  # fmt: skip
        labels = LABELS
        help_texts = HELP_TEXTS
        widgets = WIDGETS | {"effective_from": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})}


class OwnMeasureForm(OwnItemForm):
    class Meta:
        model = Measure
        fields = [
            "title_nl", "summary_nl", "risk_nl", "body_nl", "sources", "facts", "requirements",
            "phases", "topics", "disciplines", "title_en", "summary_en", "risk_en",
        ]  # fmt: skip
        labels = LABELS
        help_texts = HELP_TEXTS | {"requirements": gettext_lazy("The requirements that this measure helps to meet.")}
        widgets = WIDGETS | {"requirements": forms.CheckboxSelectMultiple()}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        if self.instance.pk:
            usable = Requirement.objects.for_organisation(self.instance.organisation)
            linked = Q(pk__in=self.instance.requirements.values("pk"))
            usable = usable.filter(linked | Q(pk__in=usable.in_force().values("pk")))
        else:
            usable = Requirement.objects.visible_to(user).in_force()
        self.fields["requirements"].queryset = usable  # type: ignore[attr-defined]


class PreferencesForm(forms.Form):
    """How somebody wants to hear of what is new."""

    digest = forms.ChoiceField(
        choices=User.Digest.choices,
        label=gettext_lazy("E-mail with what is new"),
        widget=forms.RadioSelect,
        help_text=gettext_lazy("Every week is on Monday. There is no e-mail when there is nothing new."),
    )
    muted_kinds = forms.MultipleChoiceField(
        choices=Notification.Kind.choices,
        label=gettext_lazy("Not by e-mail"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("What you choose here you see in the register only."),
    )
