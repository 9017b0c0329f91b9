"""The versions of a policy: reading, writing, comparing, deciding about and confirming them."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from governance import policy_reading, policy_versions, stored_files
from governance.conflict import Conflict
from governance.forms import SeenForm, add_errors
from governance.models import PolicyVersion, ReadingRequest
from governance.policy_forms import AdoptForm, AskForm, FileForm, ReasonForm, TextForm
from governance.policy_templates import places_to_fill
from governance.text_differences import differences
from governance.views.organisation import tab
from governance.views.policies import policy_of, reading_of

PAGE_SIZE = 50
DRAFTING = "governance.change_policy"


def version_of(request: HttpRequest, slug: str, policy: str, number: int, permission: str = "") -> PolicyVersion:
    """The version, which this person may see (else 404) and has the permission on (else 403)."""
    record = policy_of(request, slug, policy)
    people = ("created_by", "submitted_by", "adopted_by", "ended_by")
    versions = PolicyVersion.objects.visible_to(request.user).select_related(*people)
    version = get_object_or_404(versions, policy=record, number=number)
    version.policy = record
    if permission and not request.user.has_perm(permission, version):
        raise PermissionDenied
    return version


def _page(request: HttpRequest, template: str, version: PolicyVersion, **context: Any) -> HttpResponse:
    policy = version.policy
    shown = tab(policy.organisation, "policies", policy=policy, version=version, **context)
    return render(request, f"governance/{template}.html", shown)


@login_required
@require_POST
def add(request: HttpRequest, slug: str, policy: str) -> HttpResponse:
    record = policy_of(request, slug, policy, DRAFTING)
    try:
        draft = policy_versions.start_version(record, by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect(record)
    messages.success(request, _("Version %(n)d is begun, with the text as it is now.") % {"n": draft.number})
    return redirect(draft)


@login_required
def version(request: HttpRequest, slug: str, policy: str, number: int) -> HttpResponse:
    return _version_page(request, version_of(request, slug, policy, number))


def _version_page(
    request: HttpRequest,
    version: PolicyVersion,
    *,
    file_form: FileForm | None = None,
    return_form: ReasonForm | None = None,
) -> HttpResponse:
    others = PolicyVersion.objects.visible_to(request.user).filter(policy=version.policy).exclude(pk=version.pk)
    return _page(
        request,
        "policy_version",
        version,
        authors=version.authors.all(),
        attachments=version.attachments.current().select_related("stored_file", "added_by"),
        places=places_to_fill(version.body) if version.is_open else [],
        others=others.only("number", "status", "policy"),
        reading=reading_of(version, request.user) if version.status == PolicyVersion.Status.ADOPTED else None,
        seen_form=SeenForm(initial={"seen": version.edits}),
        file_form=file_form or FileForm(help_text=stored_files.taken()),
        return_form=return_form or ReasonForm(),
        is_only_author=version.is_written_by_nobody_but(request.user),
    )


@login_required
def edit(request: HttpRequest, slug: str, policy: str, number: int) -> HttpResponse:
    """The text of a draft; the second button shows how it will look, and saves nothing."""
    record = version_of(request, slug, policy, number, DRAFTING)
    if record.status != PolicyVersion.Status.DRAFT and request.method != "POST":
        messages.error(request, _("Only a draft can be changed."))
        return redirect(record)
    form = TextForm(request.POST or None, version=record)
    preview, conflict = None, None
    if request.method == "POST" and form.is_valid():
        if "preview" in request.POST:
            preview = form.cleaned_data["body"]
        else:
            try:
                saved = policy_versions.write(record, form.values, seen=form.cleaned_data["seen"], by=request.user)
            except Conflict as changed:
                conflict = changed.current
                form.now_seen(conflict.edits)
            except ValidationError as error:
                add_errors(form, error)
            else:
                messages.success(request, _("The text is saved."))
                return redirect(saved)
    return _page(
        request,
        "policy_version_edit",
        record,
        form=form,
        preview=preview,
        is_preview=preview is not None,
        conflict=conflict,
        passages=differences(conflict.body, form.cleaned_data["body"]) if conflict else [],
        places=places_to_fill(preview if preview is not None else record.body),
    )


@login_required
@require_POST
def attach(request: HttpRequest, slug: str, policy: str, number: int) -> HttpResponse:
    record = version_of(request, slug, policy, number, DRAFTING)
    form = FileForm(request.POST, request.FILES, help_text=stored_files.taken())
    if form.is_valid():
        try:
            attachment = policy_versions.attach(record, form.cleaned_data["file"], by=request.user)
        except ValidationError as error:
            form.add_error("file", error)
        else:
            messages.success(request, _("%(file)s is added.") % {"file": attachment.name})
            return redirect(record)
    return _version_page(request, record, file_form=form)


@login_required
def attachment(request: HttpRequest, slug: str, policy: str, number: int, pk: int) -> FileResponse:
    record = version_of(request, slug, policy, number)
    kept = get_object_or_404(record.attachments.current().select_related("stored_file"), pk=pk)
    kept.policy_version = record
    return stored_files.serve(kept, "governance.view_policyattachment", request.user)


@login_required
@require_POST
def attachment_remove(request: HttpRequest, slug: str, policy: str, number: int, pk: int) -> HttpResponse:
    record = version_of(request, slug, policy, number, DRAFTING)
    kept = get_object_or_404(record.attachments.current(), pk=pk)
    kept.policy_version = record
    gone = _("%(file)s is removed from this version.") % {"file": kept.name}
    return _done(request, record, gone, lambda: policy_versions.remove_attachment(kept, by=request.user))


@login_required
@require_POST
def submit(request: HttpRequest, slug: str, policy: str, number: int) -> HttpResponse:
    record = version_of(request, slug, policy, number, DRAFTING)
    form = SeenForm(request.POST)
    seen = form.cleaned_data["seen"] if form.is_valid() else -1
    done = _("Version %(n)d is put up for review. A manager adopts it or gives it back.") % {"n": number}
    return _done(request, record, done, lambda: policy_versions.submit(record, seen=seen, by=request.user))


def _done(request: HttpRequest, version: PolicyVersion, sentence: str, act: Callable[[], Any]) -> HttpResponse:
    """Acts, says that it is done or why not, and goes to the version."""
    try:
        act()
    except Conflict:
        messages.error(request, _("Somebody else changed the text meanwhile. Read it again, and decide then."))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, sentence)
    return redirect(version)


@login_required
@require_POST
def give_back(request: HttpRequest, slug: str, policy: str, number: int) -> HttpResponse:
    record = version_of(request, slug, policy, number, DRAFTING)
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            policy_versions.return_to_draft(record, form.cleaned_data["reason"], by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Version %(n)d is a draft again; its authors are told why.") % {"n": number})
            return redirect(record)
    return _version_page(request, record, return_form=form)


@login_required
def adopt(request: HttpRequest, slug: str, policy: str, number: int) -> HttpResponse:
    """The only author among the managers is told why they cannot; others without the right get a 403."""
    record = version_of(request, slug, policy, number)
    if not request.user.has_perm("governance.adopt_policy", record):
        if not request.user.has_perm("governance.adopt_policy", record.policy):
            raise PermissionDenied
        messages.error(request, _("You are the only author of this version. Another manager adopts it."))
        return redirect(record)
    form = AdoptForm(request.POST or None, version=record)
    if request.method == "POST" and form.is_valid():
        try:
            policy_versions.adopt(record, form.values, seen=form.cleaned_data["seen"], by=request.user)
        except Conflict:
            messages.error(request, _("Somebody else changed the text meanwhile. Read it again, and decide then."))
            return redirect(record)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Version %(n)d is adopted.") % {"n": number})
            return redirect(record.policy)
    return _page(request, "policy_adopt", record, form=form, places=places_to_fill(record.body))


@login_required
def withdraw(request: HttpRequest, slug: str, policy: str, number: int) -> HttpResponse:
    record = version_of(request, slug, policy, number, DRAFTING)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            policy_versions.withdraw_version(record, form.cleaned_data["reason"], by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Version %(n)d is withdrawn.") % {"n": number})
            return redirect(record.policy)
    return _page(request, "policy_version_withdraw", record, form=form)


@login_required
def difference(request: HttpRequest, slug: str, policy: str, number: int, other: int) -> HttpResponse:
    """The older of the two on the left, whichever way round they are named."""
    older = version_of(request, slug, policy, min(number, other))
    newer = version_of(request, slug, policy, max(number, other))
    passages = differences(older.body, newer.body)
    return _page(
        request,
        "policy_difference",
        newer,
        older=older,
        passages=passages,
        is_whole="whole" in request.GET,
        change_count=sum(not passage.is_same for passage in passages),
    )


@login_required
def readers(request: HttpRequest, slug: str, policy: str, number: int) -> HttpResponse:
    """Who was asked to read the version and who confirmed, and asking more people."""
    record = version_of(request, slug, policy, number, "governance.ask_to_read")
    form = AskForm(request.POST or None, version=record)
    if request.method == "POST" and form.is_valid():
        try:
            asked = policy_reading.ask_to_read(record, form.chosen, due=form.cleaned_data["due"], by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Asked: %(n)d. Who was asked before is not asked again.") % {"n": asked})
            return redirect("policy-readers", slug, policy, number)
    requests = record.reading_requests.select_related("person").order_by("person__name", "pk")
    return _page(
        request,
        "policy_readers",
        record,
        form=form,
        page=Paginator(requests, PAGE_SIZE).get_page(request.GET.get("page")),
        reading=reading_of(record, request.user),
        is_anybody_left=form.fields["people"].queryset.exists(),
    )


@login_required
@require_POST
def confirm(request: HttpRequest, slug: str, policy: str, number: int) -> HttpResponse:
    """This person's own confirmation; who was not asked has nothing to confirm (403)."""
    record = version_of(request, slug, policy, number)
    asked = ReadingRequest.objects.filter(policy_version=record, person=request.user).first()
    if asked is None:
        raise PermissionDenied
    thanks = _("Thank you. It is recorded that you read this version.")
    return _done(request, record, thanks, lambda: policy_reading.confirm_read(asked, by=request.user))
