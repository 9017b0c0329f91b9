from django import forms
from django.utils.translation import gettext_lazy as _

from governance.forms import DateInput


class AcceptForm(forms.Form):
    reason = forms.CharField(
        label=_("Why is this acceptable?"),
        help_text=_("An auditor reads this as well."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    until = forms.DateField(
        label=_("Until which day?"),
        help_text=_("After that day it is in the list again."),
        widget=DateInput(),
    )
