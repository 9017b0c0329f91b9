"""One person in an organisation: the functions they have, what these ask, and what they followed."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from governance import literacy
from governance.models import Organisation, RoleAssignment, Training
from governance.positions import people_of
from governance.views.organisation import tab, visible_organisation


@login_required
def person(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """What somebody does and knows in this organisation and below: functions, what they ask, trainings."""
    organisation = visible_organisation(request, slug)
    somebody = get_object_or_404(people_of(organisation, former=True), pk=pk)
    rows = RoleAssignment.objects.filter(person=somebody).within(organisation)
    held = list(rows.select_related("position__organisation").order_by("-since", "pk"))
    trainings = Training.objects.visible_to(request.user).filter(
        person=somebody, knowledge__organisation__in=organisation.above
    )
    needs = RoleAssignment.objects.filling().filter(person=somebody).within(organisation).needs()
    shown = list(
        trainings.select_related("person", "knowledge__organisation", "recorded_by").order_by("-followed_on", "pk")
    )
    _say_what_may_be_withdrawn(shown, organisation, request)
    may_arrange = request.user.has_perm("governance.manage_members", organisation)
    return render(
        request,
        "governance/person.html",
        tab(
            organisation,
            "positions",
            person=somebody,
            held=held,
            needs=literacy.needs_in(needs),
            has_access_page=may_arrange and organisation.people(former=True).filter(pk=pk).exists(),
            trainings=shown,
        ),
    )


def _say_what_may_be_withdrawn(trainings: list[Any], organisation: Organisation, request: HttpRequest) -> None:
    """Gives each training of one person its `may_be_withdrawn`; asks once per organisation that names subjects."""
    may_record_own = request.user.has_perm("governance.record_own_training", organisation)
    may_record: dict[int, bool] = {}
    for training in trainings:
        key = training.organisation.pk
        if key not in may_record:
            may_record[key] = request.user.has_perm("governance.record_training", training)
        is_own = training.person_id == training.recorded_by_id == request.user.pk
        training.may_be_withdrawn = training.withdrawn is None and may_record_own and (is_own or may_record[key])
