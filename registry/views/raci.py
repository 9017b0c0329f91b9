"""The RACI defaults of an organisation: which function gets which letter, per risk group."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from governance.forms import add_errors
from governance.models import Position
from governance.views.arranging import start_page
from governance.views.organisation import tab, visible_organisation
from registry import raci_starters
from registry.models import Letter, RaciDefault
from registry.raci_defaults import add_default, defaults_of, remove_default
from registry.responsibility_forms import RaciDefaultForm

PERMISSION = "registry.set_raci_defaults"
HERE = "raci-defaults"


@login_required
def defaults(request: HttpRequest, slug: str) -> HttpResponse:
    organisation = visible_organisation(request, slug)
    may_set = request.user.has_perm(PERMISSION, organisation)
    if request.method == "POST" and not may_set:
        raise PermissionDenied
    form = RaciDefaultForm(request.POST or None, organisation=organisation)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        try:
            add_default(
                organisation,
                chosen["position"],
                chosen["letter"],
                phase=chosen["phase"],
                risk_group=chosen["risk_group"],
                by=request.user,
            )
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("%(function)s is added.") % {"function": chosen["position"]})
            return redirect("raci-defaults", slug)
    rows = list(defaults_of(organisation))
    groups: dict[str, list[RaciDefault]] = {}
    for row in rows:
        groups.setdefault(row.risk_group, []).append(row)
    return render(
        request,
        "registry/raci_defaults.html",
        tab(
            organisation,
            HERE,
            groups=list(groups.items()),
            inherited=rows[0].organisation if rows and rows[0].organisation != organisation else None,
            form=form,
            letters=Letter,
            may_set=may_set,
            may_start=may_set and bool(raci_starters.starters_for(organisation)),
        ),
    )


@login_required
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """Offers the starter defaults of the functions there are; without functions, those come first."""
    organisation = visible_organisation(request, slug, PERMISSION)
    if not Position.objects.in_force().filter(organisation__in=organisation.above).exists():
        messages.info(
            request, _("There are no functions yet. Begin with those; the defaults say which letter they have.")
        )
        return redirect("positions", slug)
    return start_page(
        request,
        organisation,
        raci_starters.starters_for(organisation),
        raci_starters.take_over,
        field="name",
        here=HERE,
        title=_("Begin with RACI defaults"),
        lead=_("Usual letters of the functions you have, for the whole algorithm. Untick what is different here."),
    )


@login_required
@require_POST
def default_remove(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    organisation = visible_organisation(request, slug, PERMISSION)
    row = get_object_or_404(RaciDefault.objects.filter(organisation=organisation), pk=pk)
    remove_default(row, by=request.user)
    messages.success(request, _("%(function)s is removed; what was given because of it stays.") % {
        "function": row.position})  # fmt: skip
    return redirect("raci-defaults", slug)
