"""Compliance browsed from any side: every number is that of the rows behind it, now and as of a past day."""

import re
from collections import Counter
from datetime import date, timedelta
from html import unescape
from types import SimpleNamespace

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import resolve, reverse

from governance import audit_trail, clock, organisation_level
from governance.models import AuditCriterion, AuditFramework, Evidence, OrganisationEvidence, Topic, User
from registry import browsing, compliance, working
from registry.browsing import KINDS, MEASURES, REQUIREMENTS, Moment
from registry.browsing_filters import FILTERS
from registry.models import (
    Algorithm,
    AlgorithmEvidence,
    Applicability,
    Classification,
    Compliance,
    MeasureStatus,
    Recommendation,
    RequirementAssessment,
    Responsibility,
)
from registry.registering import register
from registry.responsibilities import assign
from tests import factories
from tests.well_made_page import look_at

pytestmark = pytest.mark.django_db

LONG_AGO = 400
A_YEAR_AGO = 365


class World:
    """A municipality with a department, three algorithms of which one came later, and work in every stage."""

    def __init__(self):
        now = clock.now()
        with clock.at(now - timedelta(days=500)):
            self.top = factories.OrganisationFactory(name="Stad", slug="stad")
            self.part = factories.OrganisationFactory(name="Dienst", slug="dienst", parent=self.top, kind="department")
            self.officer = factories.member("officer", self.top)
            self.manager = factories.member("manager", self.top)
            self.auditor = factories.member("auditor", self.top)
            self.worker = factories.member("contributor", self.part)
        privacy = Topic.objects.create(slug="privacy", title_nl="Privacy")
        openness = Topic.objects.create(slug="transparantie", title_nl="Transparantie")
        woo, avg = factories.LawFactory(slug="woo"), factories.LawFactory(slug="avg")
        self.requirements = [
            factories.RequirementFactory(urn="urn:nl:ak:ver:avg-91", law=avg, phases=[2, 3]),
            factories.RequirementFactory(urn="urn:nl:ak:ver:avg-92", law=avg, phases=[0, 3]),
            factories.RequirementFactory(urn="urn:nl:ak:ver:woo-91", law=woo, phases=[6]),
        ]
        self.requirements[0].topics.set([privacy, openness])
        self.requirements[1].topics.set([privacy])
        factories.phase_zero("woo-92")
        self.measures = [
            factories.MeasureFactory(urn="urn:nl:ak:mtr:owp-91", requirements=self.requirements[:2], phases=[2, 3]),
            factories.MeasureFactory(urn="urn:nl:ak:mtr:imp-91", requirements=self.requirements[2:], phases=[6]),
        ]
        self.measures[0].topics.set([privacy, openness])
        with audit_trail.acting(self.officer, "command"):
            with clock.at(now - timedelta(days=LONG_AGO)):
                self.first = register(self.top, {"name": "Eerste", "description_short": "x"}, by=self.officer)
                self.second = register(self.part, {"name": "Tweede", "description_short": "x"}, by=self.officer)
                assign(self.first, self.manager, "A", None, since=clock.now(), by=self.officer)
                self.claim(self.first, 0)
                self.claim(self.second, 2, assignee=self.worker)
                self.do(self.first, 0, choice="chosen", progress="done")
            with clock.at(now - timedelta(days=300)):
                self.verify(self.first, 0)
                self.do(self.second, 0, choice="replaced", explanation="Anders.", assignee=self.worker)
            self.third = register(self.part, {"name": "Derde", "description_short": "x"}, by=self.officer)
            overdue = clock.today() - timedelta(days=LONG_AGO - 10)
            working.assess(
                self.second, self.requirements[0], {"status": "in_progress", "due": overdue}, seen=None, by=self.officer
            )
            self.do(self.third, 1, choice="not_applied", explanation="Nee.")
            self.do(self.first, 1, choice="chosen", due=overdue)
        tree = factories.DecisionTreeFactory()
        Classification.objects.create(
            algorithm=self.first, tree=tree, conclusion="12.0", ai_act_applies=True, risk_group="hoog-risico-ai-systeem"
        )
        Classification.objects.create(
            algorithm=self.second, tree=tree, conclusion="12.0", ai_act_applies=True, risk_group=""
        )

    def claim(self, algorithm, number, **fields):
        claimed = {"status": "met", "explanation": "Zo.", **fields}
        working.assess(algorithm, self.requirements[number], claimed, seen=None, by=self.officer)

    def verify(self, algorithm, number):
        working.verify(
            working.current_assessment(algorithm, self.requirements[number]), confirmed=True, by=self.manager
        )

    def do(self, algorithm, number, **fields):
        working.record_measure(algorithm, self.measures[number], fields, seen=None, by=self.officer)


@pytest.fixture
def world(db):
    return World()


@pytest.fixture
def reading(client, world):
    client.force_login(world.auditor)
    return client


def a_year_ago():
    return clock.today() - timedelta(days=A_YEAR_AGO)


QUERIES = ["", "?organisation=dienst", "?topic=privacy&claimed=false", "?phase=fase-3", "?verified=false",
           "?risk_group=unclassified", "?topic=none", "?dag={day}", "?dag={day}&organisation=dienst"]  # fmt: skip


def of_measures(query):
    """The same for measures, whose rows are settled rather than claimed and verified."""
    return query.replace("claimed=", "settled=").replace("verified=false", "choice=chosen")


OVERVIEWS = [(f"compliance-{kind.name}-by", dimension.name) for kind in KINDS.values() for dimension in kind.dimensions]
NUMBER = re.compile(r'<a href="(/naleving/(?:vereisten|maatregelen)/\?[^"]*|/naleving/(?:vereisten|maatregelen)/)" '
                    r'aria-label="([^"]*): (\d+)"')  # fmt: skip


def numbers_of(html):
    """(address, what, number) of every number on the page that leads to rows."""
    return [(unescape(url), unescape(what), int(number)) for url, what, number in NUMBER.findall(html)]


def counted_in(client, url):
    """How many rows there are at the address, as the list narrows them; not rendered, for there are many addresses."""
    path, _mark, query = url.partition("?")
    found = resolve(path)
    kind = KINDS[{"compliance-requirements": "requirements", "compliance-measures": "measures"}[found.url_name]]
    data = QueryDict(query)
    moment = Moment.of(date.fromisoformat(data["dag"]) if "dag" in data else None)
    request = SimpleNamespace(user=User.objects.get(pk=client.session["_auth_user_id"]))
    narrowed = FILTERS[kind.name](data, request=request, moment=moment)
    assert narrowed.is_valid(), (url, narrowed.errors)
    return narrowed.rows.count()


# Every number is that of the list behind it


@pytest.mark.parametrize("query", QUERIES)
def test_every_number_of_an_overview_is_the_count_of_the_list_that_it_leads_to(reading, query):
    query = query.format(day=a_year_ago().isoformat())
    wrong, seen = [], 0
    for route, dimension in OVERVIEWS:
        of_requirements = route == "compliance-requirements-by"
        html = look_at(reading, reverse(route, args=[dimension]) + (query if of_requirements else of_measures(query)))
        for url, what, number in numbers_of(html):
            seen += 1
            if (found := counted_in(reading, url)) != number:
                wrong.append((dimension, url, what, number, found))

    assert wrong == [] and seen


@pytest.mark.parametrize("query", ["", "?organisation=dienst", "?topic=privacy", "?phase=fase-3&show=open",
                                   "?show=verified", "?claimed=false", "?dag={day}"])  # fmt: skip
def test_every_cell_of_the_matrix_is_the_count_of_the_list_that_it_leads_to(reading, query):
    html = look_at(reading, reverse("compliance-matrix") + query.format(day=a_year_ago().isoformat()))

    numbers = numbers_of(html)

    assert numbers
    assert [(url, n) for url, _what, n in numbers if counted_in(reading, url) != n] == []


def test_the_totals_on_the_first_page_are_those_of_the_lists(reading):
    html = look_at(reading, reverse("compliance"))
    links = re.findall(r'<li><a href="(/naleving/(?:vereisten|maatregelen)/[^"]*)"><strong>(\d+)', html)

    assert len(links) >= 10
    assert [url for url, n in links if counted_in(reading, unescape(url)) != int(n)] == []


def test_the_matrix_and_an_overview_stand_for_the_same_rows(reading, world):
    html = look_at(reading, reverse("compliance-matrix"))
    numbers = {what: number for _url, what, number in numbers_of(html)}

    assert numbers["Privacy, 2. Fase 2, Van toepassing"] == 3
    assert numbers["Privacy, Van toepassing"] == 6
    assert numbers["Totaal, Van toepassing"] == 9


# The same definitions, counted slowly


def slowly(moment):
    """The figures of requirements and measures per algorithm, one row at a time."""

    def holds(row):
        if moment.day is None:
            return row.until is None
        return row.since <= moment.at and (row.until is None or row.until > moment.at)

    def work_of(model, **about):
        return next((row for row in model.objects.filter(**about) if holds(row)), None)

    requirements, measures = {}, {}
    for algorithm in Algorithm.objects.all():
        count = requirements[algorithm.pk] = Counter()
        for row in Applicability.objects.filter(algorithm=algorithm, outcome="applies"):
            numbers = [phase.number for phase in row.requirement.phases.all()]
            if not holds(row) or numbers == [0]:
                continue
            work = work_of(RequirementAssessment, algorithm=algorithm, requirement=row.requirement)
            count["applies"] += 1
            is_met = work is not None and work.status == "met"
            count["claimed"] += is_met
            count["verified"] += is_met and work.verified_at is not None
            count["open"] += not is_met
            count["overdue"] += not is_met and work is not None and bool(work.due and work.due < moment.today)
            count["unassigned"] += not is_met and (work is None or work.assignee is None)
        count = measures[algorithm.pk] = Counter()
        for row in Recommendation.objects.filter(algorithm=algorithm):
            if not holds(row):
                continue
            work = work_of(MeasureStatus, algorithm=algorithm, measure=row.measure)
            settled = work is not None and (work.progress == "done" or work.choice == "not_applied")
            count["recommended"] += 1
            for choice in ("chosen", "replaced", "not_applied"):
                count[choice] += work is not None and work.choice == choice
            count["done"] += work is not None and work.progress == "done"
            count["open"] += not settled
            count["overdue"] += not settled and work is not None and bool(work.due and work.due < moment.today)
            count["unassigned"] += not settled and (work is None or work.assignee is None)
    return {"requirements": requirements, "measures": measures}


@pytest.mark.parametrize("days", [0, 310, A_YEAR_AGO, LONG_AGO + 1])
def test_the_counts_in_sql_are_those_of_a_slow_recount(world, days):
    moment = Moment.of(clock.today() - timedelta(days=days))
    slow = slowly(moment)

    for kind in KINDS.values():
        counted = {row.pop("algorithm"): +Counter(row) for row in kind.by(kind.rows(moment), moment, "algorithm")}
        assert counted == {pk: +count for pk, count in slow[kind.name].items() if count}
        assert kind.total(kind.rows(moment), moment) == {
            figure.name: sum(count[figure.name] for count in slow[kind.name].values()) for figure in kind.figures
        }


def test_the_counts_are_those_that_are_stored_for_the_list_of_algorithms(world):
    counted = {row["algorithm"]: row for row in REQUIREMENTS.by(REQUIREMENTS.rows(browsing.NOW), Moment(), "algorithm")}
    stored = {row.pk: row for row in Compliance.objects.all()}
    compliance.count_overdue(stored.values())

    for pk, row in stored.items():
        assert (counted[pk]["applies"], counted[pk]["claimed"], counted[pk]["verified"]) == (
            row.applies, row.claimed, row.verified,
        )  # fmt: skip
    measures = MEASURES.total(MEASURES.rows(browsing.NOW), Moment())
    requirements = REQUIREMENTS.total(REQUIREMENTS.rows(browsing.NOW), Moment())
    assert requirements["overdue"] + measures["overdue"] == sum(row.overdue for row in stored.values())
    assert requirements["unassigned"] + measures["unassigned"] == sum(row.unassigned for row in stored.values())


def test_what_the_organisation_arranges_once_is_not_counted(world):
    assert not REQUIREMENTS.rows(Moment()).filter(requirement__urn__endswith="woo-92").exists()


def test_a_year_ago_there_was_less(reading):
    def total(query):
        return {
            cell.figure.name: cell.number for cell in reading.get(reverse("compliance") + query).context["totals"][0][1]
        }

    then, now = total(f"?dag={a_year_ago().isoformat()}"), total("")

    assert (then["applies"], then["claimed"], then["verified"]) == (6, 2, 0)
    assert (now["applies"], now["claimed"], now["verified"]) == (9, 2, 1)


# Lists and overviews


@pytest.mark.parametrize("query", ["", "?claimed=false&organisation=dienst", "?dag={day}&verified=false"])
def test_a_list_shows_the_rows_of_its_address(reading, query):
    there = reverse("compliance-requirements") + query.format(day=a_year_ago().isoformat())

    assert reading.get(there).context["page"].paginator.count == counted_in(reading, there)


def test_a_list_says_who_claimed_what_when_who_verified_it_and_how_much_evidence_there_is(reading, world):
    proof = Evidence.objects.create(organisation=world.top, title="DPIA", url="https://voorbeeld.nl/dpia")
    AlgorithmEvidence.objects.create(algorithm=world.first, requirement=world.requirements[0], evidence=proof)

    page = reading.get(reverse("compliance-requirements") + f"?algorithm={world.first.pk}&claimed=true").context["page"]

    [row] = page
    assert (row.work.claimed_by, row.work.verified_by, row.evidence_count) == (world.officer, world.manager, 1)
    html = look_at(reading, reverse("compliance-requirements") + f"?algorithm={world.first.pk}&claimed=true")
    assert "Alleen Eerste" in html


def test_an_organisation_counts_what_is_below_it(reading, world):
    lines = reading.get(reverse("compliance-requirements-by", args=["organisation"])).context["lines"]

    assert [(line.title, line.cells[0].number) for line in lines] == [("Stad", 9), ("Dienst", 6)]


def test_the_person_who_is_accountable_and_who_has_the_work_are_sides_too(reading, world):
    accountable = reading.get(reverse("compliance-requirements-by", args=["accountable"])).context["lines"]
    assigned = reading.get(reverse("compliance-requirements-by", args=["assignee"])).context["lines"]

    assert [(line.title, line.cells[0].number) for line in accountable] == [(world.manager.name, 3), ("Niemand", 6)]
    assert [(line.title, line.cells[0].number) for line in assigned] == [(world.worker.name, 1), ("Niemand", 8)]
    assert Responsibility.objects.count() == 1


@pytest.mark.parametrize("query", ["", "?dag={day}"])
def test_only_who_has_a_row_that_the_reader_sees_is_offered_as_a_person(client, world, query):
    factories.member("contributor", world.top)
    url = reverse("compliance-requirements") + query.format(day=a_year_ago())
    offered = {}
    for organisation in (world.top, world.part):
        client.force_login(factories.member("auditor", organisation))
        fields = client.get(url).context["filter"].form.fields
        offered[organisation.slug] = [list(fields[name].queryset) for name in ("assignee", "accountable")]

    assert offered == {world.top.slug: [[world.worker], [world.manager]], world.part.slug: [[world.worker], []]}


@pytest.mark.parametrize("order", ["-open", "open", "-applies"])
def test_an_overview_sorts_by_each_figure(reading, order):
    for dimension in ("algorithm", "organisation", "topic"):
        lines = reading.get(reverse("compliance-requirements-by", args=[dimension]) + f"?order={order}").context[
            "lines"
        ]
        numbers = [
            next(cell.number for cell in line.cells if cell.figure.name == order.removeprefix("-")) for line in lines
        ]
        assert numbers == sorted(numbers, reverse=order.startswith("-")) and len(numbers) > 1


@pytest.mark.parametrize("sort", ["algorithm", "subject", "due", "-due", "claimed", "verified"])
def test_a_list_sorts(reading, sort):
    assert len(reading.get(reverse("compliance-requirements") + f"?sort={sort}").context["page"]) == 9


def test_a_day_that_lies_ahead_or_is_none_says_what_is_wrong_and_shows_today(reading):
    ahead = (clock.today() + timedelta(days=2)).isoformat()

    assert "Deze dag ligt in de toekomst" in look_at(reading, reverse("compliance-matrix") + f"?dag={ahead}")
    assert "jaar-maand-dag" in look_at(reading, reverse("compliance") + "?dag=gisteren")


def test_a_side_that_does_not_exist_is_not_found(reading):
    assert reading.get(reverse("compliance-requirements-by", args=["kleur"])).status_code == 404
    assert reading.get(reverse("compliance-measures-by", args=["law"])).status_code == 404


def test_others_rows_are_in_no_number_and_no_list(client, world):
    client.force_login(factories.member("auditor"))

    for route, dimension in OVERVIEWS:
        assert client.get(reverse(route, args=[dimension])).context["lines"] == []
    html = look_at(client, reverse("compliance-requirements"))
    assert "Eerste" not in html and "Tweede" not in html
    assert f'value="{world.officer.pk}"' not in html
    refused = client.get(reverse("compliance-requirements") + f"?algorithm={world.first.pk}").context["page"]
    assert refused.paginator.count == 0


def test_pages_without_anything_say_so(client):
    client.force_login(factories.member("auditor"))

    for name in ("compliance-requirements", "compliance-measures", "compliance-matrix"):
        assert 'class="notice"' in look_at(client, reverse(name))
    assert "Niets past bij deze filters." in look_at(client, reverse("compliance-measures") + "?overdue=true")


# Audit frameworks


@pytest.fixture
def criterion(world):
    framework = AuditFramework.objects.create(slug="adr", title_nl="ADR")
    norm = AuditCriterion.objects.create(framework=framework, number="SV.9")
    norm.measures.set(world.measures[:1])
    AuditCriterion.objects.create(framework=framework, number="SV.10", order=1)
    return norm


def test_a_criterion_leads_to_what_each_algorithm_does_to_the_claim_and_to_the_evidence(reading, world, criterion):
    with clock.at(clock.now() - timedelta(days=LONG_AGO)):
        proof = Evidence.objects.create(
            organisation=world.top, title="Verslag", url="https://voorbeeld.nl/v", added_by=world.worker
        )
        AlgorithmEvidence.objects.create(algorithm=world.first, measure=world.measures[0], evidence=proof)
    for day in ("", f"?dag={a_year_ago().isoformat()}"):
        page = reading.get(reverse("compliance-criterion", args=["adr", "SV.9"]) + day).context["page"]
        row = next(row for row in page if row.algorithm == world.first)

        assert [(use.evidence.title, use.evidence.added_by) for use in row.evidence] == [("Verslag", world.worker)]
        assert [(claim.requirement.code, claim.work and claim.work.claimed_by) for claim in row.claims] == [
            ("avg-91", world.officer), ("avg-92", None),
        ]  # fmt: skip
        assert bool(row.claims[0].work.verified_at) == (day == "")
    html = look_at(reading, reverse("compliance-criterion", args=["adr", "SV.9"]))
    assert "Verslag" in html and world.worker.name in html


def test_a_criterion_shows_what_the_organisation_arranges_once_for_all_its_algorithms(reading, world, criterion):
    arranged = factories.phase_zero_measure("org-91")
    criterion.measures.add(arranged)
    with audit_trail.acting(world.officer, "command"):
        done = {"choice": "chosen", "progress": "done", "explanation": "Het rooster ligt vast."}
        organisation_level.record_measure(world.top, arranged, done, seen=None, by=world.officer)
    proof = Evidence.objects.create(organisation=world.top, title="Rooster", url="https://voorbeeld.nl/r")
    OrganisationEvidence.objects.create(organisation=world.top, measure=arranged, evidence=proof)
    there = reverse("compliance-criterion", args=["adr", "SV.9"])

    html = look_at(reading, there)

    assert "Het rooster ligt vast." in html and "Rooster" in html
    assert "Het rooster ligt vast." not in look_at(reading, f"{there}?dag={a_year_ago().isoformat()}")
    reading.force_login(factories.member("auditor"))
    html = look_at(reading, there)
    assert "Het rooster ligt vast." not in html
    assert "worden niet aanbevolen voor een algoritme dat je kunt zien" in html and "Filters wissen" not in html


@pytest.mark.parametrize("query", ["", "?organisation=dienst", "?dag={day}"])
def test_the_numbers_of_an_audit_framework_are_those_of_the_lists(reading, criterion, query):
    html = look_at(
        reading, reverse("compliance-audit-framework", args=["adr"]) + query.format(day=a_year_ago().isoformat())
    )
    numbers = numbers_of(html)

    assert numbers
    assert [url for url, _what, n in numbers if counted_in(reading, url) != n] == []
    assert "Er is geen maatregel aan gekoppeld." in html


def test_the_catalogue_leads_to_what_algorithms_do_about_an_audit_framework(client, reading, criterion):
    there = reverse("compliance-audit-framework", args=["adr"])

    assert there in look_at(reading, reverse("audit-framework", args=["adr"]))
    assert there in look_at(reading, reverse("compliance-audit-frameworks"))
    client.logout()
    assert there not in look_at(client, reverse("audit-framework", args=["adr"]))


# The number of queries


def pages():
    addresses = [reverse(route, args=[dimension]) for route, dimension in OVERVIEWS]
    addresses += [reverse(name) for name in ("compliance", "compliance-requirements", "compliance-measures",
                                              "compliance-matrix")]  # fmt: skip
    addresses += [
        reverse("compliance-audit-framework", args=["adr"]),
        reverse("compliance-criterion", args=["adr", "SV.9"]),
    ]
    return addresses


def test_as_many_queries_for_thirty_algorithms_as_for_three(reading, world, criterion):
    def queries():
        found = {}
        for address in pages():
            with CaptureQueriesContext(
                connection,
            ) as captured:
                assert reading.get(address).status_code == 200
            found[address] = len(captured)
        return found

    queries()
    few = queries()
    with audit_trail.acting(world.officer, "command"), compliance.counted_once():
        for number in range(30):
            algorithm = register(world.part, {"name": f"Meer {number}", "description_short": "x"}, by=world.officer)
            working.record_measure(algorithm, world.measures[0], {"choice": "chosen"}, seen=None, by=world.officer)
            world.claim(algorithm, 0, assignee=world.worker)

    assert queries() == few
