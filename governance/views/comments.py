"""Commenting on a record of any kind, from the page of that record."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from governance import commenting
from governance.comment_forms import CommentForm
from governance.conflict import Conflict
from governance.forms import add_errors
from governance.models import Comment


def _kind(name: str) -> commenting.Kind:
    chosen = next((known for known in commenting.kinds.values() if known.name == name), None)
    if chosen is None:
        raise Http404
    return chosen


def _found(kind: commenting.Kind, key: str, part: str, request: HttpRequest) -> tuple[Any, Any]:
    """The record and the part of it, as far as this person sees them (else 404)."""
    try:
        return commenting.find(kind, key, part, request.user)
    except ObjectDoesNotExist as error:
        raise Http404 from error


def _visible_comment(request: HttpRequest, pk: int, permission: str = "") -> Comment:
    """The comment, on a record that this person sees (else 404), who has the permission on it (else 403)."""
    written = Comment.objects.visible_to(request.user).filter(pk=pk).first()
    if written is None or written.subject_type not in commenting.kinds:
        raise Http404
    _found(commenting.kinds[written.subject_type], written.subject_id, written.part, request)
    if permission and not request.user.has_perm(permission, written):
        raise PermissionDenied
    return written


@login_required
@require_POST
def add(request: HttpRequest, kind: str, key: int) -> HttpResponse:
    """Writes a comment; what is not right is shown on a page of its own, with what was typed."""
    chosen = _kind(kind)
    record, part = _found(chosen, str(key), request.POST.get("part", ""), request)
    if not request.user.has_perm(chosen.permission, record):
        raise PermissionDenied
    organisation = commenting.organisation_of(record)
    form = CommentForm(request.POST, organisation=organisation, by=request.user)
    if form.is_valid():
        try:
            written = commenting.comment(
                record, form.cleaned_data["text"], part=part, also=form.cleaned_data["also"], by=request.user
            )
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Your comment is placed."))
            return redirect(commenting.place_of(written))
    return render(
        request,
        "governance/comment_form.html",
        {
            "form": form,
            "subject": commenting.name_of(record, part),
            "back": chosen.place(record, part),
        },
    )


@login_required
@require_GET
def about(request: HttpRequest, kind: str, key: int) -> HttpResponse:
    """The comments about what stands in a list; those about anything else stand on its own page."""
    chosen = _kind(kind)
    record, part = _found(chosen, str(key), request.GET.get("part", ""), request)
    if not chosen.is_listed(record, part):
        return redirect(chosen.address(record, part))
    return render(
        request,
        "governance/comments.html",
        {
            "record": record,
            "part": part,
            "subject": part or record,
            "what": (part or record)._meta.verbose_name,
            "belongs_to": record if part is not None else commenting.organisation_of(record),
            "back": chosen.address(record, part),
        },
    )


@login_required
@require_GET
def comment(request: HttpRequest, pk: int) -> HttpResponse:
    """Leads to where the comment stands, whichever page of the list that is by now."""
    return redirect(commenting.place_of(_visible_comment(request, pk)))


@login_required
@require_POST
def resolve(request: HttpRequest, pk: int) -> HttpResponse:
    written = _visible_comment(request, pk, "governance.resolve_comment")
    try:
        commenting.resolve(written, by=request.user)
    except Conflict:
        messages.warning(request, _("Somebody else resolved this comment meanwhile."))
    else:
        messages.success(request, _("The comment is resolved."))
    return redirect(commenting.place_of(written))


@login_required
@require_POST
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    written = _visible_comment(request, pk, "governance.resolve_comment")
    try:
        commenting.reopen(written, by=request.user)
    except Conflict:
        messages.warning(request, _("Somebody else opened this comment meanwhile."))
    else:
        messages.success(request, _("The comment is open again."))
    return redirect(commenting.place_of(written))
