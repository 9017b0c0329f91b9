"""What waits for a person, and for managers what waits in their organisation."""

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as _

from governance.forms import name_the_blank
from governance.models import Organisation, User
from governance.views.organisation import tab, visible_organisation
from registry.my_work import Desk, my_desk, organisation_desk
from registry.work_lines import Kind, Section, lines

PAGE_SIZE = 50
FIRST = 10
"""So many rows of each section are on the overview."""

MINE = [Section.OVERDUE, Section.DUE, Section.DECISION, Section.WAITING, Section.RESPONSIBLE]
OF_ORGANISATION = [Section.OVERDUE, Section.VACANT, Section.UNASSIGNED, Section.DECISION, Section.DUE]
OF_PERSON = [Section.OVERDUE, Section.DUE, Section.RESPONSIBLE]
WITH_DUE = [Section.OVERDUE, Section.DUE, Section.UNASSIGNED]
"""The sections whose day is a due date; the day of `WITH_DAY` beside them is since when it waits."""
WITH_DAY = [*WITH_DUE, Section.DECISION, Section.WAITING]
WITH_PEOPLE = [Section.OVERDUE, Section.DUE, Section.DECISION]


class WorkFilter(forms.Form):
    """What the lists of work can be narrowed by; a value that does not exist narrows nothing and is said."""

    organisation = forms.ModelChoiceField(
        Organisation.objects.none(), to_field_name="slug", required=False, label=_("Organisation")
    )
    kind = forms.ChoiceField(choices=[("", ""), *Kind.choices], required=False, label=_("Kind"))

    def __init__(self, data: Any, organisations: Any) -> None:
        super().__init__(data)
        self.fields["organisation"].queryset = organisations
        name_the_blank(self, _("All"))
        self.fields["kind"].choices = [("", _("All")), *Kind.choices]
        self.is_valid()

    def chosen(self, name: str) -> Any:
        return self.cleaned_data.get(name)


def _section(request: HttpRequest, sections: list[Section]) -> Section | None:
    return next((section for section in sections if section == request.GET.get("section")), None)


def _shown(request: HttpRequest, desk: Desk, sections: list[Section]) -> dict[str, Any]:
    """The figures of all sections, and the rows: a page of the chosen section, or the first of each."""
    chosen = _section(request, sections)
    counts = desk.counts()
    context: dict[str, Any] = {
        "chosen": chosen,
        "figures": [(section, counts.get(section, 0)) for section in sections],
        "total": sum(counts.get(section, 0) for section in sections),
        "with_due": WITH_DUE,
        "with_day": WITH_DAY,
    }
    if chosen:
        paginator = Paginator(desk.rows(chosen), PAGE_SIZE)
        paginator.count = counts.get(chosen, 0)  # known already: counting is what costs most here
        page = paginator.get_page(request.GET.get("page"))
        found = lines((chosen, row) for row in page)
        return context | {"page": page, "parts": [(chosen, counts.get(chosen, 0), found)]}
    first = desk.only(*sections).first(FIRST)
    parts = [(section, counts.get(section, 0), first.get(section, [])) for section in sections]
    return context | {"parts": [part for part in parts if part[1]]}


@login_required
def my_work(request: HttpRequest) -> HttpResponse:
    form = WorkFilter(request.GET, Organisation.objects.visible_to(request.user))
    desk = my_desk(request.user, form.chosen("organisation")).narrowed(form.chosen("kind") or "")
    context = _shown(request, desk, MINE)
    context |= {"section": "my-work", "form": form, "with_people": [Section.DECISION]}
    return render(request, "registry/my_work.html", context)


@login_required
def organisation_work(request: HttpRequest, slug: str) -> HttpResponse:
    """What is overdue, vacant, unassigned and undecided in the organisation and below, and what each person has."""
    organisation = visible_organisation(request, slug, "registry.view_organisation_work")
    below = Organisation.objects.filter(path__startswith=organisation.path).order_by("path")
    form = WorkFilter(request.GET, below)
    within = form.chosen("organisation") or organisation
    whole = organisation_desk(within)
    people = _people(whole)
    person = _person(request, people)
    desk = organisation_desk(within, person) if person else whole
    sections = OF_PERSON if person else OF_ORGANISATION
    context = _shown(request, desk.narrowed(form.chosen("kind") or ""), sections)
    people_page = Paginator(people, PAGE_SIZE).get_page(request.GET.get("people"))
    return render(
        request,
        "registry/organisation_work.html",
        tab(
            organisation,
            "work",
            form=form,
            person=person,
            people=people_page,
            with_people=[] if person else WITH_PEOPLE,
            **context,
        ),
    )


def _people(desk: Desk) -> list[tuple[User, int, int]]:
    """Each person with work here: how much is overdue and how much there is to do, most overdue first."""
    counts = desk.only(Section.OVERDUE, Section.DUE).counts_by("holder")
    known = User.objects.in_bulk({holder for holder, _section in counts if holder is not None})
    rows = [
        (person, counts.get((pk, Section.OVERDUE), 0), counts.get((pk, Section.DUE), 0)) for pk, person in known.items()
    ]
    return sorted(rows, key=lambda row: (-row[1], -row[2], row[0].name, row[0].pk))


def _person(request: HttpRequest, people: list[tuple[User, int, int]]) -> User | None:
    """The person to narrow by, who must have work here; 404 for anybody else."""
    wanted = request.GET.get("person", "")
    if not wanted:
        return None
    here = User.objects.filter(pk__in=[person.pk for person, _overdue, _due in people])
    return get_object_or_404(here, pk=int(wanted) if wanted.isdecimal() and len(wanted) < 18 else 0)
