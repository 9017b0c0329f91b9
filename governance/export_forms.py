from typing import Any

from django import forms
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from governance.models import Organisation, User
from governance.table_files import WRITERS
from governance.tables import TABLES


class TakeForm(forms.Form):
    """Which table, of which organisation, as what."""

    table = forms.ChoiceField(label=_("Table"))
    organisation = forms.ModelChoiceField(
        label=_("Organisation"),
        queryset=Organisation.objects.none(),
        to_field_name="slug",
        required=False,
        empty_label=_("All that I may see"),
        help_text=_("With everything below it."),
    )
    format = forms.ChoiceField(label=_("As"), choices=[(kind, kind.label) for kind in WRITERS], initial="xlsx")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["table"].choices = [(table.name, table.title) for table in TABLES.values() if table.is_for(user)]
        fields["organisation"].queryset = Organisation.objects.visible_to(user)

    @property
    def address(self) -> str:
        """Where the table is."""
        query = QueryDict(mutable=True)
        if organisation := self.cleaned_data["organisation"]:
            query["organisation"] = organisation.slug
        address = reverse("table", args=[self.cleaned_data["table"], self.cleaned_data["format"]])
        return f"{address}?{query.urlencode()}" if query else address
