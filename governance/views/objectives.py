"""Adding, changing and ending the public values and objectives of an organisation; the page that lists them counts
algorithms, and stands in the register.
"""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from governance import objectives
from governance.arranging_forms import ObjectiveForm
from governance.models import Objective
from governance.views.arranging import add_page, edit_page, end_page, own_record, start_page
from governance.views.organisation import visible_organisation

ARRANGE = "governance.arrange_objectives"


@login_required
def add(request: HttpRequest, slug: str) -> HttpResponse:
    organisation = visible_organisation(request, slug, ARRANGE)
    title = _("New public value or objective")
    return add_page(request, organisation, ObjectiveForm, objectives.add_objective, here="objectives", title=title)


@login_required
def edit(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    organisation = visible_organisation(request, slug, ARRANGE)
    return edit_page(
        request,
        organisation,
        own_record(Objective.objects, organisation, pk),
        ObjectiveForm,
        objectives.revise_objective,
        here="objectives",
        title=_("Change a public value or objective"),
        end_route="objective-end",
    )


@login_required
def end(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    organisation = visible_organisation(request, slug, ARRANGE)
    return end_page(
        request,
        organisation,
        own_record(Objective.objects, organisation, pk),
        objectives.end_objective,
        here="objectives",
        edit_route="objective-edit",
        consequences=[_("It is offered no more. What serves it now goes on saying so.")],
    )


@login_required
def start(request: HttpRequest, slug: str) -> HttpResponse:
    organisation = visible_organisation(request, slug, ARRANGE)
    return start_page(
        request,
        organisation,
        objectives.starters_for(organisation),
        objectives.take_over,
        field="name",
        here="objectives",
        title=_("Begin with public values"),
        lead=_("Values that many public bodies name. Take over what fits; you can change every word afterwards."),
    )
