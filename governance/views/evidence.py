"""Evidence: where it is needed, one piece of it, and the list of an organisation."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from governance import commenting
from governance import evidence as verbs
from governance.conflict import Conflict
from governance.evidence_forms import EvidenceFilter, EvidenceForm, NewEvidenceForm
from governance.evidence_places import Kind, kinds, place_of, uses_at
from governance.forms import add_errors
from governance.models import AuditEvent, Evidence
from governance.models.evidence import kinds_of_use
from governance.permissions import organisation_of
from governance.policy_forms import ReasonForm
from governance.views.organisation import PAGE_SIZE, tab, visible_organisation

# Where it is needed


def _place(request: HttpRequest, kind: str, key: int) -> tuple[Kind, Any, Any]:
    """The record and its part, which this person sees (else 404) and may add evidence to (else 403)."""
    chosen = next((known for known in kinds.values() if known.name == kind), None)
    if chosen is None:
        raise Http404
    try:
        record, part = commenting.find(chosen, str(key), request.GET.get("part", ""), request.user)
    except ObjectDoesNotExist as error:
        raise Http404 from error
    if not request.user.has_perm(chosen.permission, record):
        raise PermissionDenied
    return chosen, record, part


def _back(kind: Kind, record: Any, part: Any) -> str:
    return f"{kind.address(record, part)}#evidence"


@login_required
def attach(request: HttpRequest, kind: str, key: int) -> HttpResponse:
    """Adding evidence where it is needed: new, or chosen from what the organisation or one above it has."""
    chosen, record, part = _place(request, kind, key)
    organisation: Any = organisation_of(record)
    form = NewEvidenceForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            added = verbs.add(
                organisation,
                form.values,
                upload=form.cleaned_data["file"],
                at=(record, part),
                by=request.user,
            )
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("“%(evidence)s” is added as evidence.") % {"evidence": added})
            return redirect(_back(chosen, record, part))
    here = uses_at(record, part).current().values("evidence")
    usable = Evidence.objects.visible_to(request.user).current().filter(organisation__in=organisation.above)
    found = EvidenceFilter(request.GET, queryset=usable.exclude(pk__in=here), request=request)
    rows = found.rows.select_related("organisation", "stored_file")
    return render(
        request,
        "governance/evidence_attach.html",
        {
            "section": f"{chosen.uses.OWNER}s",
            "form": form,
            "filter": found,
            "page": Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page")),
            "kind": chosen,
            "record": record,
            "part": commenting.part_code(part),
            "subject": commenting.name_of(record, part),
            "back": _back(chosen, record, part),
            "organisation": organisation,
        },
    )


@login_required
@require_POST
def choose(request: HttpRequest, kind: str, key: int, pk: int) -> HttpResponse:
    chosen, record, part = _place(request, kind, key)
    organisation: Any = organisation_of(record)
    usable = Evidence.objects.visible_to(request.user).filter(organisation__in=organisation.above)
    evidence = get_object_or_404(usable, pk=pk)
    try:
        verbs.attach(evidence, record, part, by=request.user)
    except Conflict as meanwhile:
        if meanwhile.current.withdrawn:
            messages.warning(request, _("“%(evidence)s” was withdrawn meanwhile.") % {"evidence": evidence})
        else:
            messages.success(request, _("“%(evidence)s” is used here already.") % {"evidence": evidence})
    else:
        messages.success(request, _("“%(evidence)s” is used here now.") % {"evidence": evidence})
    return redirect(_back(chosen, record, part))


@login_required
@require_POST
def detach(request: HttpRequest, kind: str, key: int, pk: int) -> HttpResponse:
    """Ends one use; the use itself says for which part of the record."""
    chosen = next((known for known in kinds.values() if known.name == kind), None)
    if chosen is None:
        raise Http404
    rows: Any = chosen.uses
    use = get_object_or_404(rows.objects.visible_to(request.user).with_places().select_related("evidence"), pk=pk)
    place = place_of(use)
    if not isinstance(place.record, chosen.model) or place.record.pk != key:
        raise Http404
    if not request.user.has_perm(chosen.permission, place.record):
        raise PermissionDenied
    try:
        verbs.detach(use, by=request.user)
    except Conflict:
        messages.warning(request, _("Somebody else ended this use meanwhile."))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("“%(evidence)s” is no longer used here.") % {"evidence": use.evidence})
    return redirect(_back(chosen, place.record, place.part))


# One piece of evidence


def _visible(request: HttpRequest, slug: str, pk: int, permission: str = "governance.view_evidence") -> Evidence:
    """The evidence that this person sees (else 404), with the permission on it (else 403)."""
    people = ("added_by", "withdrawn_by", "stored_file", "organisation__parent")
    rows = Evidence.objects.visible_to(request.user).select_related(*people)
    evidence: Evidence = get_object_or_404(rows, organisation__slug=slug, pk=pk)
    if not request.user.has_perm(permission, evidence):
        raise PermissionDenied
    return evidence


@login_required
def evidence(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    found = _visible(request, slug, pk)
    uses, hidden = [], 0
    for model in kinds_of_use():
        everywhere = model.objects.current().filter(evidence=found)
        seen = list(everywhere.visible_to(request.user).with_places().select_related("by"))
        hidden += everywhere.count() - len(seen)
        uses += [(place_of(use), use) for use in seen]
    events = AuditEvent.objects.about(found).select_related("actor")
    if not request.user.has_perm("governance.view_organisation", found.organisation):
        events = events.none()  # it is seen because it is used here; where else it was used is not
    return render(
        request,
        "governance/evidence.html",
        tab(
            found.organisation,
            "evidence",
            evidence=found,
            uses=sorted(uses, key=lambda pair: pair[1].since),
            hidden=hidden,
            may_change=found.withdrawn is None and request.user.has_perm("governance.change_evidence", found),
            events=events[:PAGE_SIZE],
        ),
    )


@login_required
@require_GET
def file(request: HttpRequest, slug: str, pk: int) -> HttpResponseBase:
    """The file as a download, never shown in the page; recorded in the audit trail."""
    found = _visible(request, slug, pk)
    try:
        return verbs.download(found, by=request.user)
    except FileNotFoundError as error:
        raise Http404 from error


@login_required
def edit(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    found = _visible(request, slug, pk, "governance.change_evidence")
    form, conflict = EvidenceForm(request.POST or None, evidence=found), None
    if request.method == "POST" and form.is_valid():
        try:
            verbs.revise(found, form.values, seen=form.cleaned_data["seen"], by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        except Conflict as meanwhile:
            conflict = meanwhile.current
            if conflict.withdrawn:
                messages.warning(request, _("“%(evidence)s” was withdrawn meanwhile.") % {"evidence": conflict})
                return redirect(conflict)
            form.now_seen(conflict.version)
        else:
            messages.success(request, _("“%(evidence)s” is saved.") % {"evidence": form.cleaned_data["title"]})
            return redirect(found)
    changes = _differences(form, conflict)
    return render(
        request,
        "governance/evidence_edit.html",
        tab(found.organisation, "evidence", evidence=found, form=form, conflict=conflict, changes=changes),
    )


def _differences(form: EvidenceForm, conflict: Evidence | None) -> list[tuple[Any, Any, Any]]:
    """Label, what stands now and what was typed, for the fields in which they differ."""
    if conflict is None:
        return []
    now = {name: getattr(conflict, name) for name in form.values}
    return [(form.fields[name].label, now[name], typed) for name, typed in form.values.items() if now[name] != typed]


@login_required
def withdraw(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    found = _visible(request, slug, pk, "governance.change_evidence")
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            verbs.withdraw(found, form.cleaned_data["reason"], by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        except Conflict:
            messages.warning(request, _("Somebody else withdrew this meanwhile."))
            return redirect(found)
        else:
            messages.success(request, _("“%(evidence)s” is withdrawn.") % {"evidence": found})
            return redirect(found)
    number = sum(model.objects.current().filter(evidence=found).count() for model in kinds_of_use())
    return render(
        request,
        "governance/evidence_withdraw.html",
        tab(found.organisation, "evidence", evidence=found, form=form, number=number),
    )


# Of an organisation


@login_required
def of_organisation(request: HttpRequest, slug: str) -> HttpResponse:
    """The evidence of the organisation and of its parts, as far as this person sees it."""
    organisation = visible_organisation(request, slug)
    rows = Evidence.objects.visible_to(request.user).filter(organisation__path__startswith=organisation.path)
    found = EvidenceFilter(request.GET, queryset=rows, request=request)
    page = Paginator(found.rows.select_related("organisation", "stored_file"), PAGE_SIZE)
    shown = page.get_page(request.GET.get("page"))
    used = _numbers_of_uses([row.pk for row in shown])
    for row in shown:
        row.used = used.get(row.pk, 0)
    return render(
        request,
        "governance/evidence_list.html",
        tab(
            organisation,
            "evidence",
            filter=found,
            page=shown,
            expired=rows.expired().count(),
            unused=urlencode({"unused": "true"}),
        ),
    )


def _numbers_of_uses(keys: list[int]) -> dict[int, int]:
    """In how many places each of these pieces of evidence is used now; a query for each kind of use."""
    numbers: dict[int, int] = {}
    for model in kinds_of_use():
        rows = model.objects.current().filter(evidence__in=keys).order_by().values_list("evidence", flat=True)
        for key in rows:
            numbers[key] = numbers.get(key, 0) + 1
    return numbers


@login_required
def add(request: HttpRequest, slug: str) -> HttpResponse:
    """New evidence that is used nowhere yet."""
    organisation = visible_organisation(request, slug, "governance.add_evidence")
    form = NewEvidenceForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            added = verbs.add(organisation, form.values, upload=form.cleaned_data["file"], by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("“%(evidence)s” is added as evidence.") % {"evidence": added})
            return redirect(added)
    return render(request, "governance/evidence_add.html", tab(organisation, "evidence", form=form))
