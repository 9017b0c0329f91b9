from django import forms
from django.utils.translation import gettext_lazy as _

from governance.forms import DateInput


class DayForm(forms.Form):
    """The day of which a report tells."""

    day = forms.DateField(
        label=_("As it stood at the end of"),
        required=False,
        widget=DateInput(),
        help_text=_("Leave it empty for now."),
    )
