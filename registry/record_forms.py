"""What forms about a record of an algorithm have in common: the verb checks and writes, the form only asks."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from governance.forms import SeenForm
from governance.models import Organisation
from governance.permissions import WORKING


class RecordForm(SeenForm, forms.ModelForm):
    """Fields of a record that counts its versions; its instance stays as it was read."""

    people: tuple[str, ...] = ()
    """The fields that name somebody who works for the organisation."""

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        for name in self.people:
            fields[name].queryset = organisation.people(WORKING)
            fields[name].empty_label = _("Nobody")
        if self.instance.pk:
            fields["seen"].initial = self.instance.version
        else:
            del fields["seen"]

    @property
    def values(self) -> dict[str, Any]:
        """The fields for the verb."""
        return {name: value for name, value in self.cleaned_data.items() if name != "seen"}

    def _post_clean(self) -> None:
        pass

    def differences(self, current: Any) -> list[tuple[str, str, str]]:
        """(label, as it stands now, as typed), in words, for the fields in which these differ."""
        rows = []
        for name, typed in self.values.items():
            now = getattr(current, name)
            pair = (in_words(self[name], now), in_words(self[name], typed))
            if pair[0] != pair[1]:
                rows.append((str(self[name].label), *pair))
        return rows


def in_words(field: BoundField, value: Any) -> str:
    """A value of a field as a reader knows it: choices by their labels, linked rows by name."""
    if hasattr(value, "all"):
        value = value.all()
    if isinstance(field.field, forms.ModelMultipleChoiceField):
        return ", ".join(sorted(map(str, value)))
    if isinstance(field.field, forms.ChoiceField) and not isinstance(field.field, forms.ModelChoiceField):
        choices: Any = field.field.choices
        labels = {str(key): str(label) for key, label in choices if key != ""}
        return labels.get(str(value), "")
    if isinstance(value, datetime):
        return formats.date_format(timezone.localtime(value), "j F Y, H:i")
    if isinstance(value, date):
        return formats.date_format(value, "j F Y")
    return "" if value is None else str(value)


class ReasonForm(SeenForm):
    """Only asks why."""

    because = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), max_length=5000)

    def __init__(self, *args: Any, label: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["because"].label = label
