from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from governance.commenting import LONGEST
from governance.models import Organisation, User


class CommentForm(forms.Form):
    """A comment, the people it mentions, and the part of the record that it is about."""

    text = forms.CharField(
        label=_("Your comment"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Write @ and a full name to mention somebody. A web address becomes a link."),
        error_messages={"required": _("Write a comment first.")},
    )
    also = forms.ModelMultipleChoiceField(
        User.objects.none(),
        label=_("Mention as well"),
        required=False,
        help_text=_("They are told about your comment."),
        widget=forms.SelectMultiple(attrs={"size": 5}),
    )
    part = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, organisation: Organisation | None, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        if organisation is not None:
            fields["also"].queryset = organisation.people().exclude(pk=by.pk)
