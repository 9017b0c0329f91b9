"""AI literacy of an organisation: what functions have to know, who followed what, and until when it counts."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from governance import literacy
from governance.arranging_forms import TrainingForm
from governance.forms import add_errors
from governance.models import Knowledge, Literacy, Position, RoleAssignment, Training
from governance.positions import people_of
from governance.views.organisation import tab, visible_organisation

PAGE_SIZE = 50

STATES: dict[str, list[str]] = {"open": list(literacy.NOT_COUNTING), **{state: [state] for state in Literacy.values}}
"""What the list can be narrowed to: a state of its own, or all that is missing or expired."""


@login_required
def overview(request: HttpRequest, slug: str) -> HttpResponse:
    """The subjects, and per person in a function that needs one, how it is with it."""
    organisation = visible_organisation(request, slug)
    held = RoleAssignment.objects.filling().within(organisation)
    query = {name: value for name in ("q", "state", "subject", "position") if (value := request.GET.get(name))}
    page = Paginator(_narrowed(held, query), PAGE_SIZE).get_page(request.GET.get("page"))
    page.object_list = literacy.needs_in(page.object_list)
    subjects = list(
        Knowledge.objects.in_force()
        .for_organisation(organisation)
        .select_related("organisation")
        .prefetch_related("positions")
    )
    states = held.needs().order_by().values("subject", "state").annotate(n=Count("person", distinct=True))
    tally: dict[int, dict[str, int]] = {subject.pk: dict.fromkeys(Literacy.values, 0) for subject in subjects}
    for row in states:
        tally.setdefault(row["subject"], dict.fromkeys(Literacy.values, 0))[row["state"]] = row["n"]
    for subject in subjects:
        subject.needed_by = sum(tally[subject.pk].values())
        subject.known_by = subject.needed_by - sum(tally[subject.pk][state] for state in literacy.NOT_COUNTING)
        subject.functions = [position for position in subject.positions.all() if position.ended is None]
    return render(
        request,
        "governance/literacy.html",
        tab(
            organisation,
            "literacy",
            page=page,
            query=query,
            subjects=subjects,
            functions=Position.objects.in_force().filter(pk__in=held.needs().order_by().values("position")),
            states=Literacy.choices,
            figures=_figures(held, tally),
        ),
    )


def _narrowed(held: Any, query: dict[str, str]) -> Any:
    """The rows of `needs` that fit the query; what does not exist narrows to nothing."""
    if "position" in query:
        held = held.filter(position=_number(query["position"]))
    rows = held.needs()
    if "subject" in query:
        rows = rows.filter(subject=_number(query["subject"]))
    if "state" in query:
        rows = rows.filter(state__in=STATES.get(query["state"], []))
    for word in query.get("q", "").replace("\0", "")[:200].split():
        rows = rows.filter(person__name__icontains=word)
    return rows


def _number(text: str) -> int:
    """The key that an address names; 0, which no record has, where it is none."""
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def _figures(held: Any, tally: dict[int, dict[str, int]]) -> dict[str, int]:
    """How many people there are who need to know something and how many who know it all; needs, by how they are."""
    needs = held.needs().order_by()
    people = needs.values("person").distinct()
    total = {state: sum(counts[state] for counts in tally.values()) for state in Literacy.values}
    asked = people.count()
    return {
        "people": asked,
        "complete": asked - people.filter(state__in=literacy.NOT_COUNTING).count(),
        "needs": sum(total.values()),
        "known": total[Literacy.COUNTING] + total[Literacy.EXPIRING],
        "expiring": total[Literacy.EXPIRING],
        "open": total[Literacy.MISSING] + total[Literacy.EXPIRED],
    }


@login_required
def training_add(request: HttpRequest, slug: str) -> HttpResponse:
    """Records a training: officers and managers for anybody, others for themselves."""
    organisation = visible_organisation(request, slug, "governance.record_own_training")
    for_others = request.user.has_perm("governance.record_training", organisation)
    form = TrainingForm(request.POST or None, organisation=organisation, only=None if for_others else request.user)
    form.start_with(request.GET.dict())
    if request.method == "POST" and form.is_valid():
        try:
            recorded = literacy.record_training(**_arguments(form), by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        else:
            people = ", ".join(str(training.person) for training in recorded)
            told = _("%(subject)s is recorded for %(people)s.")
            messages.success(request, told % {"subject": form.cleaned_data["knowledge"], "people": people})
            return redirect("literacy", organisation.slug)
    return render(
        request, "governance/training_form.html", tab(organisation, "literacy", form=form, for_others=for_others)
    )


def _arguments(form: TrainingForm) -> dict[str, Any]:
    return {name: form.cleaned_data[name] for name in ("knowledge", "people", "followed_on", "valid_until", "note")}


@login_required
def training_withdraw(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Takes back what was recorded by mistake, about anybody or, without the right to, about oneself."""
    organisation = visible_organisation(request, slug, "governance.record_own_training")
    trainings = Training.objects.visible_to(request.user)
    trainings = trainings.filter(withdrawn=None, knowledge__organisation__in=organisation.above)
    trainings = trainings.filter(person__in=people_of(organisation, former=True)).select_related("person", "knowledge")
    training = get_object_or_404(trainings, pk=pk)
    is_own = training.person_id == training.recorded_by_id == request.user.pk
    if not is_own and not request.user.has_perm("governance.record_training", training):
        raise PermissionDenied
    if request.method == "POST":
        try:
            literacy.withdraw_training(training, by=request.user)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, _("%(item)s is withdrawn.") % {"item": training})
        return redirect("organisation-person", organisation.slug, training.person_id)
    return render(request, "governance/training_withdraw.html", tab(organisation, "literacy", training=training))
