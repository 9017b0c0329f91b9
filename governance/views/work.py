"""What the pages of a piece of work share, at both levels: its form, saving it, and the verdict on a claim."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _

from governance.conflict import Conflict
from governance.forms import add_errors
from governance.permissions import organisation_of
from governance.work_forms import VerifyForm, WorkForm


def work_form(
    request: HttpRequest, kind: type[WorkForm], row: Any, owner: Any, permission: str, data: Any = None
) -> WorkForm:
    """The form for a piece of work; who has not the permission to assign the owner's work gets no fields for that."""
    may_assign = request.user.has_perm(permission, owner)
    return kind(data, instance=row, organisation=organisation_of(owner), may_assign=may_assign)


def save(request: HttpRequest, form: WorkForm, permission: str, verb: Callable[..., Any]) -> tuple[bool, Any]:
    """Calls the verb with what was posted: (whether it is saved, the row as it stands after a conflict)."""
    if request.method != "POST":
        return False, None
    if not request.user.has_perm(permission, form.instance):
        raise PermissionDenied
    if not form.is_valid():
        return False, None
    try:
        verb(form.values(), seen=form.cleaned_data["seen"], by=request.user)
    except ValidationError as error:
        add_errors(form, error)
        return False, None
    except Conflict as meanwhile:
        form.now_seen(meanwhile.current.pk if meanwhile.current else None)
        return False, meanwhile.current
    return True, None


def save_verdict(
    request: HttpRequest, form: VerifyForm, assessment: Any, permission: str, verb: Callable[..., Any]
) -> bool:
    """Calls the verb with the verdict that was posted: whether the page of the claim can be shown anew."""
    if not request.user.has_perm(permission, assessment):
        raise PermissionDenied
    if not form.is_valid():
        return False
    assessment.pk = form.cleaned_data["seen"]
    confirmed, reason = form.cleaned_data["verdict"] == "confirm", form.cleaned_data["reason"]
    try:
        verb(assessment, confirmed=confirmed, reason=reason, by=request.user)
    except ValidationError as error:
        add_errors(form, error)
        return False
    except Conflict:
        messages.warning(request, _("The claim changed while you looked at it. Here is how it stands now."))
    else:
        messages.success(request, _("Your verdict on %(code)s is saved.") % {"code": assessment.requirement.code})
    return True
