"""The life of an algorithm and the decisions about it: asking, deciding, and the conditions that follow."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from governance.conflict import Conflict
from governance.forms import add_errors
from governance.models import AuditEvent, LifecyclePhase
from registry import conditions, gates
from registry.gate_checklists import answered
from registry.gate_forms import ConditionForm, DecisionForm, RequestForm, SettleForm
from registry.lifecycle_line import line_of
from registry.models import Algorithm, Condition, Gate
from registry.open_items import shown
from registry.views.algorithm import PAGE_SIZE, tab, visible_algorithm

PATHS = {
    Gate.Kind.ON: "verder",
    Gate.Kind.BACK: "terug",
    Gate.Kind.INTO_USE: "in-gebruik",
    Gate.Kind.PAUSE: "pauzeren",
    Gate.Kind.RESUME: "hervatten",
    Gate.Kind.RETIRE: "uitfaseren",
}
"""How the kinds of decision are called in addresses."""
KINDS = {path: kind for kind, path in PATHS.items()}
RELATED = ("from_phase", "to_phase", "requested_by", "decided_by")


@login_required
def lifecycle(request: HttpRequest, pk: int) -> HttpResponse:
    """The life as a line, and the list of what was asked and decided."""
    algorithm = visible_algorithm(request, pk)
    rows = Gate.objects.filter(algorithm=algorithm).select_related(*RELATED)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    unsettled = Condition.objects.open().filter(gate__algorithm=algorithm).select_related("gate", "assignee")
    return render(
        request,
        "registry/algorithm_lifecycle.html",
        tab(algorithm, "lifecycle", line=line_of(algorithm), page=page, unsettled=unsettled[:PAGE_SIZE]),
    )


@login_required
def add(request: HttpRequest, pk: int) -> HttpResponse:
    """Which decision it is about: what is possible now, each step with what it leads to."""
    algorithm = visible_algorithm(request, pk)
    may_ask = request.user.has_perm("registry.request_gate", algorithm)
    may_decide = request.user.has_perm("registry.decide_gate", algorithm)
    if not (may_ask or may_decide):
        raise PermissionDenied
    waiting = Gate.objects.waiting().filter(algorithm=algorithm).select_related("to_phase", "requested_by").first()
    choices = [
        (move, PATHS[move.kind])
        for move in gates.moves(algorithm)
        if waiting is None or (may_decide and move.kind in gates.BESIDE_A_REQUEST)
    ]
    return render(
        request,
        "registry/gate_add.html",
        tab(algorithm, "lifecycle", choices=choices, waiting=waiting, may_ask=may_ask, may_decide=may_decide),
    )


def _chosen(request: HttpRequest, algorithm: Algorithm, path: str) -> tuple[Gate.Kind, LifecyclePhase | None]:
    """The kind of decision and the phase it is about; 404 for a kind or phase that does not exist."""
    if path not in KINDS:
        raise Http404
    number = request.GET.get("to", "")
    if not number:
        return KINDS[path], None
    phases = LifecyclePhase.objects.filter(number__gt=0)
    return KINDS[path], get_object_or_404(phases, number=int(number) if number.isdecimal() and len(number) < 4 else 0)


@login_required
def ask(request: HttpRequest, pk: int, path: str) -> HttpResponse:
    algorithm = visible_algorithm(request, pk, "registry.request_gate")
    kind, to_phase = _chosen(request, algorithm, path)
    try:
        to_phase = gates.destination(algorithm, kind, to_phase)
    except ValidationError as error:
        return _not_now(request, algorithm, error)
    items, seen = gates.open_before(algorithm, kind, to_phase)
    form = RequestForm(request.POST or None, algorithm=algorithm, kind=kind, given=[], initial={"seen": seen})
    conflict = False
    if request.method == "POST" and form.is_valid():
        try:
            gate = gates.request(
                algorithm, kind, to_phase, form.values, seen=form.cleaned_data["seen"], by=request.user
            )
        except ValidationError as error:
            add_errors(form, error)
        except Conflict:
            conflict = True
            form.now_seen(seen)
        else:
            messages.success(request, _("The managers are asked to decide."))
            return redirect(gate)
    context = {"form": form, "items": [shown(algorithm, item.kept("")) for item in items], "conflict": conflict}
    gate = Gate(algorithm=algorithm, kind=kind, from_phase=algorithm.phase, to_phase=to_phase)
    return render(request, "registry/gate_request.html", tab(algorithm, "lifecycle", gate=gate, **context))


def _not_now(request: HttpRequest, algorithm: Algorithm, error: ValidationError) -> HttpResponse:
    """Back to what is possible, with why this is not."""
    messages.error(request, " ".join(error.messages))
    return redirect("gate-add", algorithm.pk)


@login_required
def decide_at_once(request: HttpRequest, pk: int, path: str) -> HttpResponse:
    """A decision that nobody asked for."""
    algorithm = visible_algorithm(request, pk, "registry.decide_gate")
    kind, to_phase = _chosen(request, algorithm, path)
    try:
        to_phase = gates.destination(algorithm, kind, to_phase)
    except ValidationError as error:
        return _not_now(request, algorithm, error)
    gate = Gate(algorithm=algorithm, kind=kind, from_phase=algorithm.phase, to_phase=to_phase)
    return _decide(request, gate)


@login_required
def decide(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """A decision about a request."""
    gate = _visible_gate(request, pk, number, "registry.decide_gate")
    if not gate.is_waiting:
        messages.error(request, _("This was decided or taken back already."))
        return redirect(gate)
    return _decide(request, gate)


def _decide(request: HttpRequest, gate: Gate) -> HttpResponse:
    algorithm = gate.algorithm
    items, seen = gates.open_before(algorithm, gate.kind, gate.to_phase)
    about: dict[str, Any] = {"algorithm": algorithm, "kind": gate.kind, "given": gate.checklist, "items": items}
    form = DecisionForm(request.POST or None, initial={"seen": seen}, **about)
    conflict = False
    if request.method == "POST" and "more" in request.POST:
        form = DecisionForm(form.with_more_conditions(), **about).unchecked()
    elif request.method == "POST" and form.is_valid():
        try:
            decided = _taken(request, gate, form)
        except ValidationError as error:
            add_errors(form, error)
        except Conflict:
            if gate.pk and not Gate.objects.waiting().filter(pk=gate.pk).exists():
                messages.error(request, _("This was decided or taken back already."))
                return redirect(gate)
            conflict = True
            form.now_seen(seen)
        else:
            messages.success(request, _("The decision is recorded: %(what)s.") % {"what": decided})
            return redirect(decided)
    try:
        gates.refuse_prohibited(algorithm, gate.kind)
        refusal = ""
    except ValidationError as error:
        refusal = " ".join(error.messages)
    return render(
        request,
        "registry/gate_decide.html",
        tab(algorithm, "lifecycle", gate=gate, form=form, conflict=conflict, refusal=refusal),
    )


def _taken(request: HttpRequest, gate: Gate, form: DecisionForm) -> Gate:
    seen = form.cleaned_data["seen"]
    if gate.pk:
        return gates.decide(gate, form.values, seen=seen, by=request.user)
    return gates.decide_at_once(gate.algorithm, gate.kind, gate.to_phase, form.values, seen=seen, by=request.user)


def _visible_gate(request: HttpRequest, pk: int, number: int, permission: str = "") -> Gate:
    """The gate of an algorithm that this person sees (else 404), with the permission on it (else 403)."""
    algorithm = visible_algorithm(request, pk)
    gate = get_object_or_404(Gate.objects.filter(algorithm=algorithm).select_related(*RELATED), pk=number)
    gate.algorithm = algorithm
    if permission and not request.user.has_perm(permission, gate):
        raise PermissionDenied
    return gate


@login_required
def gate(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    return _page(request, _visible_gate(request, pk, number))


def _page(request: HttpRequest, gate: Gate, settling: tuple[int, SettleForm] | None = None) -> HttpResponse:
    """The gate; `settling` is a condition with the form that was sent about it, and could not be carried out."""
    algorithm = gate.algorithm
    may_assign = request.user.has_perm("registry.assign_work", gate)
    rows = []
    for condition in gate.conditions.select_related("assignee", "settled_by"):
        condition.gate = gate
        is_mine = condition.assignee_id == request.user.pk
        may_settle = may_assign or (is_mine and request.user.has_perm("registry.settle_condition", condition))
        condition.may_settle = condition.settled is None and may_settle
        is_sent = settling is not None and settling[0] == condition.pk
        form = settling[1] if settling and is_sent else SettleForm(auto_id=f"settle-{condition.pk}-%s")
        rows.append((condition, form))
    items = [shown(algorithm, kept) for kept in gate.open_items]
    if gate.is_waiting:
        waiting, _seen = gates.open_before(algorithm, gate.kind, gate.to_phase)
        items = [shown(algorithm, item.kept("")) for item in waiting]
    return render(
        request,
        "registry/gate.html",
        tab(
            algorithm,
            "lifecycle",
            gate=gate,
            conditions=rows,
            settling=settling[1] if settling else None,
            items=items,
            checklist=answered(gate),
            may_ask=request.user.has_perm("registry.request_gate", gate),
            may_decide=request.user.has_perm("registry.decide_gate", gate),
            may_assign=may_assign,
            events=AuditEvent.objects.about(gate).select_related("actor")[:PAGE_SIZE],
        ),
    )


@login_required
@require_POST
def take_back(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    gate = _visible_gate(request, pk, number, "registry.request_gate")
    try:
        gates.take_back(gate, by=request.user)
    except Conflict:
        messages.error(request, _("This was decided or taken back already."))
    else:
        messages.success(request, _("The request is taken back."))
    return redirect(gate)


def _visible_condition(request: HttpRequest, pk: int, number: int, condition: int, permission: str) -> Condition:
    gate = _visible_gate(request, pk, number)
    found = get_object_or_404(gate.conditions.select_related("assignee", "settled_by"), pk=condition)
    found.gate = gate
    if not request.user.has_perm(permission, found):
        raise PermissionDenied
    return found


@login_required
@require_POST
def settle(request: HttpRequest, pk: int, number: int, condition: int) -> HttpResponse:
    found = _visible_condition(request, pk, number, condition, "registry.settle_condition")
    form = SettleForm(request.POST, auto_id=f"settle-{found.pk}-%s")
    if form.is_valid():
        try:
            conditions.settle(found, form.cleaned_data["result"], by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        except Conflict:
            messages.error(request, _("Somebody else settled this condition already."))
            return redirect(found)
        else:
            messages.success(request, _("The condition is settled."))
            return redirect(found)
    return _page(request, found.gate, settling=(found.pk, form))


@login_required
def edit_condition(request: HttpRequest, pk: int, number: int, condition: int) -> HttpResponse:
    found = _visible_condition(request, pk, number, condition, "registry.assign_work")
    if found.settled is not None:
        messages.error(request, _("Somebody else settled this condition already."))
        return redirect(found)
    form = ConditionForm(request.POST or None, condition=found, initial={"seen": conditions.state_of(found)})
    conflict = None
    if request.method == "POST" and form.is_valid():
        try:
            conditions.revise(found, form.values, seen=form.cleaned_data["seen"], by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        except Conflict as meanwhile:
            if meanwhile.current.settled is not None:
                messages.error(request, _("Somebody else settled this condition already."))
                return redirect(found)
            conflict = meanwhile.current
            form.now_seen(conditions.state_of(conflict))
        else:
            messages.success(request, _("The condition is saved."))
            return redirect(found)
    return render(
        request,
        "registry/condition_edit.html",
        tab(found.algorithm, "lifecycle", gate=found.gate, condition=found, form=form, conflict=conflict),
    )
