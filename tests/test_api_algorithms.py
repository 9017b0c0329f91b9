"""The read-only API of algorithms, what applies to them and what is done about it."""

from datetime import date

import pytest

from governance.models import (
    AuditCriterion,
    AuditFramework,
    DecisionTree,
    Discipline,
    Measure,
    Requirement,
    Term,
    Topic,
)
from registry.models import (
    AlgorithmTheme,
    Applicability,
    Classification,
    Compliance,
    MeasureStatus,
    Recommendation,
    RequirementAssessment,
)
from tests import factories

pytestmark = pytest.mark.django_db

ROOT = "/api/v1/"
HOST = "http://testserver/api/v1/"

TREE = {
    "version": "1",
    "questions": [
        {
            "questionId": "0.1",
            "question": "Wat is uw rol?",
            "answers": [
                {"answer": "Aanbieder", "labels": ["aanbieder"], "nextQuestionId": "2.1"},
                {"answer": "Geen", "labels": [], "nextConclusionId": "11.1"},
            ],
        },
        {
            "questionId": "2.1",
            "question": "Hoog risico?",
            "answers": [
                {"answer": "Ja", "labels": ["hoog-risico AI"], "nextConclusionId": "1.1"},
                {"answer": "Nee", "labels": ["geen hoog-risico AI"], "nextConclusionId": "1.1"},
            ],
        },
    ],
    "conclusions": [
        {"conclusionId": "1.1", "conclusion": "De verordening geldt."},
        {"conclusionId": "11.1", "conclusion": "De verordening geldt niet."},
    ],
}


@pytest.fixture
def officer(client):
    """An officer who is logged in."""
    user = factories.member("officer")
    client.force_login(user)
    return user


@pytest.fixture
def algorithm(officer):
    return factories.AlgorithmFactory(organisation=officer.memberships.get().organisation, name="Parkeercontrole")


def link(address, slug):
    return {"slug": slug, "href": f"{HOST}{address}/{slug}"}


def names(client, address, key="slug"):
    """The rows of a list, by slug or another field."""
    answer = client.get(ROOT + address)
    assert answer.status_code == 200, answer.content
    return [row[key] for row in answer.json()["results"]]


def test_algorithms_of_others_are_hidden_with_all_that_hangs_on_them(client, officer, algorithm):
    other = factories.AlgorithmFactory()
    Compliance.objects.create(algorithm=other)

    assert names(client, "algorithms", "id") == [algorithm.pk]
    for address in ("", "/applicability", "/assessments", "/compliance", "/measures"):
        assert client.get(f"{ROOT}algorithms/{other.pk}{address}").status_code == 404, address
        assert client.get(f"{ROOT}algorithms/{algorithm.pk}{address}").status_code == 200, address


def classified(algorithm, **fields):
    tree = DecisionTree.objects.create(
        source="built-in", name="Boom", version="1", fingerprint="f", content=TREE, is_current=True
    )
    return Classification.objects.create(
        **{"algorithm": algorithm, "tree": tree, "conclusion": "1.1", "ai_act_applies": True, **fields}
    )


def test_algorithm_in_the_list_and_in_full(client, officer, algorithm):
    algorithm.phase = factories.PhaseFactory(number=3)
    algorithm.contact_email = "algoritmen@voorbeeld.nl"
    algorithm.created_by = officer
    algorithm.save()
    AlgorithmTheme.objects.create(algorithm=algorithm, theme="Verkeer")
    Compliance.objects.create(
        algorithm=algorithm, applies=4, claimed=2, verified=1, measures=3, settled=1, unassigned=2, ratio=0.5,
        next_due=date(2026, 11, 23),
    )  # fmt: skip
    classification = classified(
        algorithm,
        risk_group="hoog-risico-ai-systeem",
        labels=["hoog-risico AI"],
        facts={"personal_data": True},
        by=officer,
    )

    row = client.get(f"{ROOT}algorithms").json()["results"][0]
    shown = client.get(f"{ROOT}algorithms/{algorithm.pk}").json()

    created = row.pop("created")
    assert row == {
        "id": algorithm.pk,
        "href": f"{HOST}algorithms/{algorithm.pk}",
        "organisation": link("organisations", algorithm.organisation.slug),
        "name": "Parkeercontrole",
        "descriptionShort": "Ordent meldingen op urgentie.",
        "department": "",
        "phase": link("phases", "fase-3"),
        "status": "",
        "publicationCategory": "",
        "riskGroup": "hoog-risico-ai-systeem",
        "compliance": {
            "applies": 4,
            "undetermined": 0,
            "claimed": 2,
            "verified": 1,
            "ratio": 0.5,
            "measures": 3,
            "settled": 1,
            "openRequirements": 2,
            "openMeasures": 2,
            "open": 4,
            "overdue": 0,
            "unassigned": 2,
            "nextDue": "2026-11-23",
        },
        "version": 1,
    }
    assert {name: shown[name] for name in row} == row
    assert shown["created"] == created
    assert shown["contactEmail"] == "algoritmen@voorbeeld.nl"
    assert shown["themes"] == ["Verkeer"]
    assert shown["createdBy"] == str(officer)
    classification.refresh_from_db()
    shown["classification"].pop("since")
    assert shown["classification"] == {
        "riskGroup": "hoog-risico-ai-systeem",
        "aiActApplies": True,
        "labels": ["hoog-risico AI"],
        "facts": {"personal_data": True},
        "conclusion": "1.1",
        "tree": "Boom 1",
        "needsReview": False,
        "by": str(officer),
    }
    assert client.get(f"{ROOT}algorithms/{algorithm.pk}/compliance").json() == row["compliance"]


def test_compliance_of_an_algorithm_that_was_never_counted_is_nothing(client, algorithm):
    assert client.get(f"{ROOT}algorithms").json()["results"][0]["compliance"] is None
    assert client.get(f"{ROOT}algorithms/{algorithm.pk}/compliance").json()["applies"] == 0


def test_algorithms_are_filtered_and_sorted_as_on_the_page(client, officer, algorithm):
    second = factories.AlgorithmFactory(organisation=algorithm.organisation, name="Zaaktoewijzing")
    Compliance.objects.create(algorithm=algorithm, next_due=date(2020, 1, 1))
    Compliance.objects.create(algorithm=second, next_due=date(2019, 1, 1))
    classified(second, risk_group="hoog-risico-ai-systeem")

    assert names(client, "algorithms?sort=nextDue", "id") == [second.pk, algorithm.pk]
    assert names(client, "algorithms?sort=-name&overdue=true", "id") == [second.pk, algorithm.pk]
    assert names(client, "algorithms?riskGroup=unclassified", "id") == [algorithm.pk]


def applicability(algorithm, requirement, outcome="applies", reason=None, **fields):
    return Applicability.objects.create(
        **{
            "algorithm": algorithm,
            "requirement": requirement,
            "outcome": outcome,
            "rule_outcome": outcome,
            "reason": reason or {"code": "always"},
            **fields,
        }
    )


UNANSWERED = {"code": "unanswered_axis", "axis": "risicogroep", "values": ["hoog-risico-ai-systeem"]}


def test_applicability_gives_each_outcome_with_its_reason_in_the_readers_language(client, officer, algorithm):
    officer.language = "en"
    officer.save()
    DecisionTree.objects.create(
        source="built-in", name="Boom", version="1", fingerprint="f", content=TREE, is_current=True
    )
    first, second, third, fourth = (
        factories.RequirementFactory(urn=f"urn:nl:ak:ver:aia-0{number}", title_nl=f"Vereiste {number}", phases=phases)
        for number, phases in enumerate([[2], [2], [0], [2]], start=1)
    )
    applicability(algorithm, first, "undetermined", UNANSWERED)
    applicability(
        algorithm, second, "applies", {"code": "fact", "fact": "personal_data"}, rule_outcome="does_not_apply",
        overruling="Wel persoonsgegevens.", by=officer,
    )  # fmt: skip
    applicability(algorithm, third, "applies", {"code": "every_ai_system"})
    applicability(algorithm, fourth, until=algorithm.created)

    rows = client.get(f"{ROOT}algorithms/{algorithm.pk}/applicability").json()["results"]

    for row in rows:
        assert row.pop("since")
    assert rows == [
        {
            "requirement": {
                **link("requirements", "aia-01"),
                "code": "aia-01",
                "title": {"nl": "Vereiste 1", "en": None},
            },
            "outcome": "undetermined",
            "ruleOutcome": "undetermined",
            "reason": {
                **UNANSWERED,
                "sentence": "Undetermined: answer question 2.1 of the decision aid.",
            },
            "overruling": None,
            "isInherited": False,
            "inherited": None,
        },
        {
            "requirement": {
                **link("requirements", "aia-02"),
                "code": "aia-02",
                "title": {"nl": "Vereiste 2", "en": None},
            },
            "outcome": "applies",
            "ruleOutcome": "does_not_apply",
            "reason": {
                "code": "fact",
                "fact": "personal_data",
                "sentence": "Does not apply: this does not hold: personal data are processed.",
            },
            "overruling": {"reason": "Wel persoonsgegevens.", "by": str(officer)},
            "isInherited": False,
            "inherited": None,
        },
        {
            "requirement": {
                **link("requirements", "aia-03"),
                "code": "aia-03",
                "title": {"nl": "Vereiste 3", "en": None},
            },
            "outcome": "applies",
            "ruleOutcome": "applies",
            "reason": {"code": "every_ai_system", "sentence": "Applies: this holds for every AI system."},
            "overruling": None,
            "isInherited": True,
            "inherited": {
                "organisation": algorithm.organisation.name,
                "status": "open",
                "claimedBy": None,
                "claimedAt": None,
                "verifiedBy": None,
                "verifiedAt": None,
                "since": None,
            },
        },
    ]
    undetermined = client.get(f"{ROOT}algorithms/{algorithm.pk}/applicability?outcome=undetermined").json()
    assert [row["requirement"]["code"] for row in undetermined["results"]] == ["aia-01"]


def test_assessments_are_those_of_what_applies_and_is_open_where_nobody_began(client, officer, algorithm):
    begun, untouched, spared, inherited = (
        factories.RequirementFactory(urn=f"urn:nl:ak:ver:aia-0{number}", phases=phases)
        for number, phases in enumerate([[2], [2], [2], [0]], start=1)
    )
    for requirement in (begun, untouched, inherited):
        applicability(algorithm, requirement)
    applicability(algorithm, spared, "does_not_apply")
    for at in (algorithm, factories.AlgorithmFactory()):
        RequirementAssessment.objects.create(
            algorithm=at, requirement=begun, status="met", explanation=f"Zo, bij {at}.", claimed_by=officer,
            claimed_at=at.created, claimed_revision=1,
        )  # fmt: skip
    RequirementAssessment.objects.create(algorithm=algorithm, requirement=spared, status="in_progress")

    rows = client.get(f"{ROOT}algorithms/{algorithm.pk}/assessments").json()["results"]

    assert [row["requirement"]["code"] for row in rows] == ["aia-01", "aia-02"]
    met, opened = rows
    assert (met["status"], met["explanation"], met["claimedBy"]) == ("met", "Zo, bij Parkeercontrole.", str(officer))
    assert met["claimedAt"]
    assert met["since"]
    del opened["requirement"]
    assert opened == {
        "status": "open",
        "explanation": "",
        "links": [],
        "due": None,
        "assignee": None,
        "claimedBy": None,
        "claimedAt": None,
        "claimedRevision": None,
        "verifiedBy": None,
        "verifiedAt": None,
        "returnedReason": "",
        "since": None,
    }


def test_measures_are_the_recommended_ones_with_their_status(client, officer, algorithm):
    begun, untouched, earlier = (factories.MeasureFactory(urn=f"urn:nl:ak:mtr:owp-0{number}") for number in (1, 2, 3))
    for measure in (begun, untouched):
        Recommendation.objects.create(algorithm=algorithm, measure=measure)
    Recommendation.objects.create(algorithm=algorithm, measure=earlier, until=algorithm.created)
    MeasureStatus.objects.create(
        algorithm=algorithm, measure=begun, choice="chosen", progress="in_progress", assignee=officer,
        due=date(2026, 12, 1), links=[{"title": "Plan", "url": "https://example.org/"}],
    )  # fmt: skip

    rows = client.get(f"{ROOT}algorithms/{algorithm.pk}/measures").json()["results"]

    assert [row.pop("measure")["code"] for row in rows] == ["owp-01", "owp-02"]
    assert rows[0].pop("since")
    assert rows == [
        {
            "choice": "chosen",
            "progress": "in_progress",
            "explanation": "",
            "links": [{"title": "Plan", "url": "https://example.org/"}],
            "due": "2026-12-01",
            "assignee": str(officer),
        },
        {
            "choice": "open",
            "progress": "to_do",
            "explanation": "",
            "links": [],
            "due": None,
            "assignee": None,
            "since": None,
        },
    ]


# Constant numbers of queries


def fill(algorithm, officer, numbers):
    """A row in every list for each number, linked to one another."""
    organisation = algorithm.organisation
    here = Topic.objects.first() or factories.TopicFactory(slug="begin")
    framework, _new = AuditFramework.objects.get_or_create(slug="adr", title_nl="ADR")
    for n in numbers:
        topic = factories.TopicFactory(slug=f"onderwerp-{n}")
        factories.PhaseFactory(number=20 + n)
        Discipline.objects.create(slug=f"rol-{n}", title_nl=f"Rol {n}")
        AuditFramework.objects.create(slug=f"kader-{n}", title_nl=f"Kader {n}")
        Term.objects.create(slug=f"term-{n}", term_nl=f"Term {n}", definition_nl="Uitleg.")
        requirement = factories.RequirementFactory(
            law=factories.LawFactory(slug=f"wet-{n}"), organisation=organisation, slug=f"vereiste-{n}"
        )
        requirement.topics.add(topic, here)
        measure = factories.MeasureFactory(requirements=[requirement], organisation=organisation)
        tool = factories.ToolFactory(organisation=organisation)
        tool.requirements.add(requirement)
        tool.measures.add(measure)
        AuditCriterion.objects.create(framework=framework, number=f"{n}").measures.add(measure)
        factories.OrganisationFactory(parent=organisation)
        applicability(
            algorithm, requirement, "applies", overruling="Zo is het.", rule_outcome="undetermined", by=officer
        )
        other = factories.UserFactory()
        RequirementAssessment.objects.create(
            algorithm=algorithm, requirement=requirement, status="met", explanation="Zo.", claimed_by=officer,
            claimed_at=algorithm.created, verified_by=other, verified_at=algorithm.created, assignee=other,
        )  # fmt: skip
        Recommendation.objects.create(algorithm=algorithm, measure=measure)
        MeasureStatus.objects.create(algorithm=algorithm, measure=measure, assignee=other)
        row = factories.AlgorithmFactory(organisation=organisation, phase=factories.PhaseFactory(number=20 + n))
        Compliance.objects.create(algorithm=row)


def test_number_of_queries_does_not_grow_with_the_rows(
    client, officer, algorithm, django_assert_max_num_queries, django_assert_num_queries
):
    addresses = [
        "topics", "phases", "disciplines", "laws", "requirements", "measures", "tools", "audit-frameworks",
        "audit-criteria", "terms", "organisations", "algorithms", f"algorithms/{algorithm.pk}/applicability",
        f"algorithms/{algorithm.pk}/assessments", f"algorithms/{algorithm.pk}/measures", "requirements/vereiste-0",
    ]  # fmt: skip
    fill(algorithm, officer, [0])
    numbers = {}
    for address in addresses:
        with django_assert_max_num_queries(15) as asked:
            assert client.get(ROOT + address).status_code == 200
        numbers[address] = len(asked)

    fill(algorithm, officer, range(1, 30))

    first = Requirement.objects.get(slug="vereiste-0")
    first.measures.set(Measure.objects.all())
    for address, number in numbers.items():
        with django_assert_num_queries(number):
            page = client.get(ROOT + address).json()
        assert page.get("count", 30) >= 30, address
