"""The read-only API: the same rows, filters and outcomes as the pages, as JSON."""

from datetime import date

import pytest
from django.utils import translation

from governance.models import (
    AuditCriterion,
    AuditFramework,
    Discipline,
    FrameworkRelease,
    Term,
    Topic,
)
from tests import factories

pytestmark = pytest.mark.django_db

ROOT = "/api/v1/"
HOST = "http://testserver/api/v1/"


@pytest.fixture
def officer(client):
    """An officer who is logged in."""
    user = factories.member("officer")
    client.force_login(user)
    return user


def link(address, slug):
    return {"slug": slug, "href": f"{HOST}{address}/{slug}"}


def names(client, address, key="slug"):
    """The rows of a list, by slug or another field."""
    answer = client.get(ROOT + address)
    assert answer.status_code == 200, answer.content
    return [row[key] for row in answer.json()["results"]]


# The catalogue


def test_everybody_reads_the_catalogue_without_logging_in(client):
    factories.RequirementFactory()

    for address in (
        "topics", "phases", "disciplines", "laws", "requirements", "measures", "tools", "audit-frameworks",
        "audit-criteria", "terms",
    ):  # fmt: skip
        assert client.get(ROOT + address).status_code == 200, address


def test_groups_have_their_texts_in_both_languages(client):
    Topic.objects.create(slug="governance", title_nl="Governance", title_en="Governance", summary_nl="Afspraken.")

    assert client.get(f"{ROOT}topics/governance").json() == {
        "slug": "governance",
        "href": f"{HOST}topics/governance",
        "title": {"nl": "Governance", "en": "Governance"},
        "summary": {"nl": "Afspraken.", "en": None},
        "body": {"nl": None, "en": None},
    }


def test_requirement_links_to_everything_around_it(client):
    requirement = factories.RequirementFactory(
        urn="urn:nl:ak:ver:aia-03",
        slug="aia-03-risicobeheer",
        title_nl="Risicobeheer",
        title_en="Risk management",
        body_nl="Beheer risico's.",
        risk_nl="Schade.",
        sources=[{"title_nl": "Artikel 9", "title_en": "Article 9", "url": "https://example.org/9"}],
        effective_from=date(2027, 12, 2),
        facts=["personal_data"],
        axes={axis: [] for axis in factories.EVERY_VALUE} | {"risicogroep": ["hoog-risico-ai-systeem"]},
    )
    requirement.topics.add(factories.TopicFactory(slug="governance"))
    requirement.disciplines.add(Discipline.objects.create(slug="jurist", title_nl="Jurist"))
    factories.MeasureFactory(slug="owp-01", requirements=[requirement])
    factories.ToolFactory(slug="dpia").requirements.add(requirement)

    listed = {
        "slug": "aia-03-risicobeheer",
        "href": f"{HOST}requirements/aia-03-risicobeheer",
        "urn": "urn:nl:ak:ver:aia-03",
        "code": "aia-03",
        "title": {"nl": "Risicobeheer", "en": "Risk management"},
        "summary": {"nl": None, "en": None},
        "topics": [link("topics", "governance")],
        "phases": [link("phases", "fase-2")],
        "disciplines": [link("disciplines", "jurist")],
        "organisation": None,
        "revision": 1,
        "isWithdrawn": False,
        "law": link("laws", "aia"),
        "effectiveFrom": "2027-12-02",
        "effectiveFromExisting": None,
    }
    assert client.get(f"{ROOT}requirements").json()["results"] == [listed]
    assert client.get(f"{ROOT}requirements/aia-03-risicobeheer").json() == listed | {
        "body": {"nl": "Beheer risico's.", "en": None},
        "sources": [{"title": {"nl": "Artikel 9", "en": "Article 9"}, "url": "https://example.org/9"}],
        "risk": {"nl": "Schade.", "en": None},
        "axes": {
            "applicationType": [],
            "riskGroup": ["hoog-risico-ai-systeem"],
            "role": [],
            "transparency": [],
            "systemicRisk": [],
            "openSource": [],
        },
        "facts": ["personal_data"],
        "measures": [link("measures", "owp-01")],
        "tools": [link("tools", "dpia")],
    }


def test_measures_tools_criteria_and_terms(client):
    requirement = factories.RequirementFactory(slug="aia-03")
    measure = factories.MeasureFactory(slug="owp-01", requirements=[requirement])
    tool = factories.ToolFactory(
        slug="dpia", category="impact-assessment", publisher="Rijk", url="https://example.org/", risk_nl="Schade."
    )
    tool.measures.add(measure)
    criterion = AuditCriterion.objects.create(
        framework=AuditFramework.objects.create(slug="adr", title_nl="ADR"), number="1.2"
    )
    criterion.measures.add(measure)
    Term.objects.create(slug="dpia", term_nl="DPIA", definition_nl="Toets.", definition_en="Test.")
    criterion_link = {"id": criterion.pk, "href": f"{HOST}audit-criteria/{criterion.pk}"}

    shown = client.get(f"{ROOT}measures/owp-01").json()
    assert shown["requirements"] == [link("requirements", "aia-03")]
    assert shown["tools"] == [link("tools", "dpia")]
    assert shown["criteria"] == [criterion_link]
    shown = client.get(f"{ROOT}tools/dpia").json()
    assert {name: shown[name] for name in ("category", "publisher", "url", "risk", "measures", "requirements")} == {
        "category": "impact-assessment",
        "publisher": "Rijk",
        "url": "https://example.org/",
        "risk": {"nl": "Schade.", "en": None},
        "measures": [link("measures", "owp-01")],
        "requirements": [],
    }
    assert client.get(f"{ROOT}audit-criteria/{criterion.pk}").json() == criterion_link | {
        "framework": link("audit-frameworks", "adr"),
        "number": "1.2",
        "measures": [link("measures", "owp-01")],
        "isWithdrawn": False,
    }
    assert client.get(f"{ROOT}terms").json()["results"] == [
        {
            "slug": "dpia",
            "href": f"{HOST}terms/dpia",
            "term": {"nl": "DPIA", "en": None},
            "definition": {"nl": "Toets.", "en": "Test."},
            "isWithdrawn": False,
        }
    ]


def test_withdrawn_item_is_left_out_of_lists_and_links_and_keeps_its_address(client):
    release = FrameworkRelease.objects.create(source="algoritmekader", name="2026-06", fingerprint="f")
    requirement = factories.RequirementFactory(slug="aia-03")
    factories.MeasureFactory(slug="owp-01", requirements=[requirement], withdrawn_in=release)
    Term.objects.create(slug="dpia", term_nl="DPIA", definition_nl="Toets.", withdrawn_in=release)

    assert names(client, "terms") == []
    assert client.get(f"{ROOT}terms/dpia").json()["isWithdrawn"] is True
    assert names(client, "measures") == []
    assert client.get(f"{ROOT}requirements/aia-03").json()["measures"] == []
    assert client.get(f"{ROOT}measures/owp-01").json()["isWithdrawn"] is True


def test_own_items_show_to_their_own_people_only(client, officer):
    here = officer.memberships.get().organisation
    framework = factories.RequirementFactory(slug="aia-03")
    factories.MeasureFactory(slug="van-hier", organisation=here, requirements=[framework])
    factories.MeasureFactory(slug="van-elders", organisation=factories.OrganisationFactory(), requirements=[framework])

    assert names(client, "measures") == ["van-hier"]
    assert client.get(f"{ROOT}measures/van-hier").json()["organisation"] == link("organisations", here.slug)
    assert client.get(f"{ROOT}measures/van-elders").status_code == 404
    assert client.get(f"{ROOT}requirements/aia-03").json()["measures"] == [link("measures", "van-hier")]
    client.logout()
    assert names(client, "measures") == []
    assert client.get(f"{ROOT}requirements/aia-03").json()["measures"] == []


def test_filters_of_the_pages_under_camel_case_names(client):
    factories.RequirementFactory(slug="hoog", axes={"risicogroep": ["hoog-risico-ai-systeem"]})
    factories.RequirementFactory(slug="laag", axes={"risicogroep": ["geen-hoog-risico-ai-systeem"]})

    assert names(client, "requirements?riskGroup=hoog-risico-ai-systeem&applicationType=ai-systeem") == ["hoog"]


# Paging and errors


def test_pages(client):
    for number in range(5):
        factories.TopicFactory(slug=f"onderwerp-{number}", title_nl=f"Onderwerp {number}")

    page = client.get(f"{ROOT}topics?pageSize=2&page=2").json()

    assert {**page, "results": [row["slug"] for row in page["results"]]} == {
        "count": 5,
        "next": f"{HOST}topics?page=3&pageSize=2",
        "previous": f"{HOST}topics?pageSize=2",
        "results": ["onderwerp-2", "onderwerp-3"],
    }


@pytest.mark.parametrize(
    ("query", "status", "parameters"),
    [
        ("requirements?page=9", 404, None),
        ("requirements?page=one", 404, None),
        ("requirements?pageSize=201", 400, ["pageSize"]),
        ("requirements?pageSize=0", 400, ["pageSize"]),
        ("requirements?pageSize=-1", 400, ["pageSize"]),
        ("requirements?pageSize=%C2%B2", 400, ["pageSize"]),
        ("requirements?riskGroup=high&topic=nothing", 400, ["topic", "riskGroup"]),
        ("requirements?risk_group=hoog-risico-ai-systeem", 400, ["risk_group"]),
        ("topics?q=privacy", 400, ["q"]),
        ("requirements/nothing", 404, None),
        ("audit-criteria/1", 404, None),
        ("audit-criteria/99999999999999999999999", 404, None),
        ("nothing", 404, None),
        ("algorithms/x", 404, None),
        ("algorithms", 403, None),
        ("algorithms/1", 403, None),
        ("organisations", 403, None),
    ],
)
def test_error_is_a_problem_document(client, query, status, parameters):
    answer = client.get(ROOT + query)

    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    problem = answer.json()
    assert (problem["type"], problem["status"]) == ("about:blank", status)
    assert problem["title"] in ("Bad Request", "Forbidden", "Not Found")
    assert problem["detail"]
    if parameters is None:
        assert "errors" not in problem
    else:
        assert [error["parameter"] for error in problem["errors"]] == parameters
        assert all(error["detail"] for error in problem["errors"])


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("address", ["topics", "requirements/aia-03", "algorithms", "algorithms/1/compliance"])
def test_nothing_can_be_changed(client, officer, method, address):
    answer = getattr(client, method)(ROOT + address)

    assert (answer.status_code, answer.headers["Content-Type"]) == (405, "application/problem+json")


def test_problem_is_told_in_the_readers_language(client, officer):
    officer.language = "en"
    officer.save()

    with translation.override("nl"):
        answer = client.get(f"{ROOT}requirements/nothing")

    assert answer.json()["detail"] == "There is nothing here, or nothing that you may see."


# Organisations


def test_organisations_are_those_of_the_reader_and_below_without_a_hidden_parent(client):
    ministry = factories.OrganisationFactory(slug="ministerie")
    agency = factories.OrganisationFactory(slug="agentschap", parent=ministry, kind="agency", name="Agentschap")
    factories.OrganisationFactory(slug="dienst", parent=agency, name="Dienst")
    factories.OrganisationFactory(slug="elders")
    client.force_login(factories.member("reader", agency))

    rows = client.get(f"{ROOT}organisations").json()["results"]

    assert rows[0] == {
        "slug": "agentschap",
        "href": f"{HOST}organisations/agentschap",
        "name": "Agentschap",
        "kind": "agency",
        "identifier": "",
        "parent": None,
    }
    assert [(row["slug"], row["parent"]) for row in rows[1:]] == [("dienst", link("organisations", "agentschap"))]
    assert client.get(f"{ROOT}organisations/elders").status_code == 404
