"""Builders that take only what the test is about."""

from datetime import UTC, date, datetime, timedelta

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from governance import models as governance
from registry import models as registry


class OrganisationFactory(DjangoModelFactory):
    class Meta:
        model = governance.Organisation

    name = factory.Sequence(lambda n: f"Gemeente Voorbeeld {n}")
    slug = factory.Sequence(lambda n: f"gemeente-voorbeeld-{n}")
    kind = "municipality"


class UserFactory(DjangoModelFactory):
    class Meta:
        model = governance.User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"persoon{n}@voorbeeld.nl")
    name = factory.Sequence(lambda n: f"Persoon {n}")


class MembershipFactory(DjangoModelFactory):
    class Meta:
        model = governance.Membership

    user = factory.SubFactory(UserFactory)
    organisation = factory.SubFactory(OrganisationFactory)
    role = "officer"


def member(role: str, organisation: governance.Organisation | None = None) -> governance.User:
    """A person with that role, in the organisation or in one of their own."""
    return MembershipFactory(role=role, organisation=organisation or OrganisationFactory()).user


class TopicFactory(DjangoModelFactory):
    class Meta:
        model = governance.Topic
        django_get_or_create = ["slug"]

    slug = "governance"
    title_nl = "Governance"


class PhaseFactory(DjangoModelFactory):
    class Meta:
        model = governance.LifecyclePhase
        django_get_or_create = ["number"]

    number = 2
    slug = factory.LazyAttribute(lambda phase: f"fase-{phase.number}")
    title_nl = factory.LazyAttribute(lambda phase: f"Fase {phase.number}")


class LawFactory(DjangoModelFactory):
    class Meta:
        model = governance.Law
        django_get_or_create = ["slug"]

    slug = "aia"
    title_nl = factory.LazyAttribute(lambda law: f"Wet {law.slug}")
    short_nl = factory.LazyAttribute(lambda law: law.slug.upper())


EVERY_VALUE = {
    "soort-toepassing": [
        "ai-systeem",
        "ai-systeem-voor-algemene-doeleinden",
        "ai-model-voor-algemene-doeleinden",
    ],
    "risicogroep": [
        "verboden-ai",
        "hoog-risico-ai-systeem",
        "geen-hoog-risico-ai-systeem",
        "uitzondering-van-toepassing",
    ],
    "rol-ai-act": ["aanbieder", "gebruiksverantwoordelijke", "importeur", "distributeur"],
    "transparantieverplichting": ["transparantieverplichting", "geen-transparantieverplichting"],
    "systeemrisico": ["systeemrisico", "geen-systeemrisico", "niet-van-toepassing"],
    "open-source": ["open-source", "geen-open-source", "niet-van-toepassing"],
}


class RequirementFactory(DjangoModelFactory):
    """A requirement of the AI Act that holds for every AI system, in phase 2; `axes` narrows it."""

    class Meta:
        model = governance.Requirement
        skip_postgeneration_save = True

    urn = factory.Sequence(lambda n: f"urn:nl:ak:ver:aia-{n + 100}")
    slug = factory.LazyAttribute(lambda item: item.urn.rsplit(":", 1)[-1])
    title_nl = factory.LazyAttribute(lambda item: f"Vereiste {item.urn.rsplit(':', 1)[-1]}")
    law = factory.SubFactory(LawFactory)

    @factory.post_generation
    def phases(item, create, numbers):
        item.phases.set([PhaseFactory(number=number) for number in ([2] if numbers is None else numbers)])

    @factory.post_generation
    def axes(item, create, narrowed):
        values = {**EVERY_VALUE, **(narrowed or {})}
        governance.AxisValue.objects.bulk_create(
            governance.AxisValue(requirement=item, axis=axis, value=value) for axis in values for value in values[axis]
        )


class MeasureFactory(DjangoModelFactory):
    class Meta:
        model = governance.Measure
        skip_postgeneration_save = True

    urn = factory.Sequence(lambda n: f"urn:nl:ak:mtr:owp-{n + 100}")
    slug = factory.LazyAttribute(lambda item: item.urn.rsplit(":", 1)[-1])
    title_nl = factory.LazyAttribute(lambda item: f"Maatregel {item.urn.rsplit(':', 1)[-1]}")

    @factory.post_generation
    def phases(item, create, numbers):
        item.phases.set([PhaseFactory(number=number) for number in ([2] if numbers is None else numbers)])

    @factory.post_generation
    def requirements(item, create, requirements):
        item.requirements.set(requirements or [])


class ToolFactory(DjangoModelFactory):
    class Meta:
        model = governance.Tool

    urn = factory.Sequence(lambda n: f"urn:nl:ak:hlp:hulpmiddel-{n}")
    slug = factory.LazyAttribute(lambda item: item.urn.rsplit(":", 1)[-1])
    title_nl = factory.LazyAttribute(lambda item: f"Hulpmiddel {item.urn.rsplit(':', 1)[-1]}")


class AlgorithmFactory(DjangoModelFactory):
    class Meta:
        model = registry.Algorithm

    organisation = factory.SubFactory(OrganisationFactory)
    name = factory.Sequence(lambda n: f"Algoritme {n}")
    description_short = "Ordent meldingen op urgentie."


SMALL_TREE = {
    "name": "Kleine boom",
    "version": "1",
    "questions": [
        {
            "questionId": "1.1",
            "question": {"nl": "Is het AI?", "en": "Is it AI?"},
            "explanation": "",
            "category": "van_toepassing",
            "subcategory": "AI-systeem",
            "answers": [
                {"answer": {"nl": "Ja", "en": "Yes"}, "labels": ["AI-systeem"], "nextQuestionId": "1.2"},
                {"answer": {"nl": "Nee", "en": "No"}, "nextConclusionId": "11.1"},
            ],
        },
        {
            "questionId": "1.2",
            "question": {"nl": "Wat is je rol?", "en": "What is your role?"},
            "explanation": "",
            "category": "van_toepassing",
            "subcategory": "Rol",
            "answers": [
                {
                    "answer": {"nl": "Wij maken het", "en": "We make it"},
                    "labels": ["aanbieder"],
                    "nextQuestionId": "2.1",
                },
                {
                    "answer": {"nl": "Wij gebruiken het", "en": "We use it"},
                    "labels": ["gebruiksverantwoordelijke"],
                    "nextQuestionId": "2.1",
                },
            ],
        },
        {
            "questionId": "2.1",
            "question": {"nl": "Is het hoog risico?", "en": "Is it high risk?"},
            "explanation": "",
            "category": "risicogroep",
            "subcategory": "Risico",
            "answers": [
                {"answer": {"nl": "Ja", "en": "Yes"}, "labels": ["hoog-risico AI"], "nextConclusionId": "12.0"},
                {"answer": {"nl": "Nee", "en": "No"}, "labels": ["geen hoog-risico AI"], "nextConclusionId": "12.1"},
            ],
        },
    ],
    "conclusions": [
        {"conclusionId": "11.1", "conclusion": {"nl": "Geen AI", "en": "No AI"}, "obligation": "Geen."},
        {"conclusionId": "12.0", "conclusion": {"nl": "Hoog risico", "en": "High risk"}, "obligation": "Veel."},
        {
            "conclusionId": "12.1",
            "conclusion": {"nl": "Geen hoog risico", "en": "No high risk"},
            "obligation": "Weinig.",
        },
    ],
}


class DecisionTreeFactory(DjangoModelFactory):
    """The current tree, of three questions: is it AI, which role, is it high risk."""

    class Meta:
        model = governance.DecisionTree

    source = "built-in"
    name = "Kleine boom"
    version = "1"
    fingerprint = factory.Sequence(lambda n: f"{n:064d}")
    content = SMALL_TREE
    is_current = True


class InvitationFactory(DjangoModelFactory):
    """An open invitation to read; who knows its token is nobody."""

    class Meta:
        model = governance.Invitation

    organisation = factory.SubFactory(OrganisationFactory)
    email = factory.Sequence(lambda n: f"genodigde{n}@voorbeeld.nl")
    name = factory.Sequence(lambda n: f"Genodigde {n}")
    roles = ["reader"]
    token_hash = factory.Sequence(lambda n: f"{n:064d}")
    expires = factory.LazyFunction(lambda: timezone.now() + timedelta(days=14))


def phase_zero(code: str, **fields):
    """A requirement of national law that the organisation arranges, such as `woo-01`; `phases` may add others."""
    law = LawFactory(slug=code.split("-")[0])
    return RequirementFactory(urn=f"urn:nl:ak:ver:{code}", law=law, **{"phases": [0], **fields})


def phase_zero_measure(code: str, **fields):
    """A measure that the organisation arranges, such as `org-02`."""
    return MeasureFactory(urn=f"urn:nl:ak:mtr:{code}", **{"phases": [0], **fields})


class ObjectiveFactory(DjangoModelFactory):
    class Meta:
        model = governance.Objective

    organisation = factory.SubFactory(OrganisationFactory)
    name = factory.Sequence(lambda n: f"Waarde {n}")


class DisciplineFactory(DjangoModelFactory):
    class Meta:
        model = governance.Discipline
        django_get_or_create = ["slug"]

    slug = "jurist"
    title_nl = factory.LazyAttribute(lambda discipline: discipline.slug.capitalize())


class PositionFactory(DjangoModelFactory):
    class Meta:
        model = governance.Position

    organisation = factory.SubFactory(OrganisationFactory)
    name = factory.Sequence(lambda n: f"Functie {n}")


def holder(position: governance.Position, **fields) -> governance.RoleAssignment:
    """Somebody who holds the function, or (`is_deputy`) stands in for whoever does."""
    person = fields.pop("person", None) or member("reader", position.organisation)
    return governance.RoleAssignment.objects.create(position=position, person=person, **fields)


def policy_in_force(organisation: governance.Organisation, title: str, **version) -> governance.Policy:
    """A policy with an adopted version that entered into force on the first of January 2020."""
    policy = governance.Policy.objects.create(
        organisation=organisation, kind="guideline", title=title, slug=title.lower().replace(" ", "-")
    )
    begun = datetime(2020, 1, 1, tzinfo=UTC)
    adopted = {"status": "adopted", "adopted_at": begun, "authority": "College", "in_force_from": begun.date()}
    governance.PolicyVersion.objects.create(policy=policy, number=1, body="Tekst.", **adopted, **version)
    return policy


class RoleAssignmentFactory(DjangoModelFactory):
    """Holds the function since a year, with a role as reader in its organisation."""

    class Meta:
        model = governance.RoleAssignment

    position = factory.SubFactory(PositionFactory)
    person = factory.LazyAttribute(lambda row: member("reader", row.position.organisation))
    since = factory.LazyFunction(lambda: timezone.now() - timedelta(days=365))


class KnowledgeFactory(DjangoModelFactory):
    class Meta:
        model = governance.Knowledge
        skip_postgeneration_save = True

    organisation = factory.SubFactory(OrganisationFactory)
    title = factory.Sequence(lambda n: f"Onderwerp {n}")
    valid_months = 12

    @factory.post_generation
    def positions(item, create, positions):
        item.positions.set(positions or [])


class TrainingFactory(DjangoModelFactory):
    """Followed a hundred days ago, and counts for another `days_left`."""

    class Meta:
        model = governance.Training

    class Params:
        days_left = 265

    knowledge = factory.SubFactory(KnowledgeFactory)
    person = factory.SubFactory(UserFactory)
    followed_on = factory.LazyFunction(lambda: timezone.localdate() - timedelta(days=100))
    valid_until = factory.LazyAttribute(lambda row: timezone.localdate() + timedelta(days=row.days_left))


def person_holding(position: governance.Position, role: str = "manager", **fields) -> governance.User:
    """A person with that role in the organisation of the function, who holds it."""
    person = member(role, position.organisation)
    governance.RoleAssignment.objects.create(position=position, person=person, **fields)
    return person


class ResponsibilityFactory(DjangoModelFactory):
    """Somebody who works in the organisation is Accountable for the whole algorithm."""

    class Meta:
        model = registry.Responsibility

    algorithm = factory.SubFactory(AlgorithmFactory)
    person = factory.LazyAttribute(lambda row: member("manager", row.algorithm.organisation))
    letter = "A"


class ProposalFactory(DjangoModelFactory):
    class Meta:
        model = registry.Proposal

    organisation = factory.SubFactory(OrganisationFactory)
    name = factory.Sequence(lambda n: f"Aanmelding {n}")
    purpose = "Telt hoeveel mensen er op het plein zijn."
    origin = "bought"


class ComplaintFactory(DjangoModelFactory):
    class Meta:
        model = registry.Complaint

    algorithm = factory.SubFactory(AlgorithmFactory)
    organisation = factory.SelfAttribute("algorithm.organisation")
    kind = "complaint"
    summary = "De uitkomst klopt niet."


class RiskFactory(DjangoModelFactory):
    class Meta:
        model = registry.Risk

    algorithm = factory.SubFactory(AlgorithmFactory)
    title = factory.Sequence(lambda n: f"Mensen krijgen een verkeerde uitkomst {n}")


class MonitoringPointFactory(DjangoModelFactory):
    """A line of a monitoring plan, without the evaluation that the verb opens with it."""

    class Meta:
        model = registry.MonitoringPoint

    algorithm = factory.SubFactory(AlgorithmFactory)
    what = factory.Sequence(lambda n: f"Foute uitkomsten {n}")
    next_on = factory.LazyFunction(lambda: days_from_now(30))


class EvaluationFactory(DjangoModelFactory):
    """Asked for because of something, and still to be held."""

    class Meta:
        model = registry.Evaluation

    algorithm = factory.SubFactory(AlgorithmFactory)
    trigger = "drift"
    trigger_note = "De uitkomsten wijken af."
    due = factory.LazyFunction(lambda: days_from_now(30))


class IncidentFactory(DjangoModelFactory):
    """Known since an hour."""

    class Meta:
        model = registry.Incident

    algorithm = factory.SubFactory(AlgorithmFactory)
    summary = factory.Sequence(lambda n: f"Verkeerde brieven verstuurd {n}")
    description = "Brieven gingen naar het verkeerde adres."
    known = factory.LazyFunction(lambda: timezone.now() - timedelta(hours=1))
    seriousness = "minor"


class NotificationFactory(DjangoModelFactory):
    """Something that its recipient, a reader of an organisation of their own, should know."""

    class Meta:
        model = governance.Notification

    recipient = factory.LazyFunction(lambda: member("reader"))
    kind = "assigned"
    key = factory.Sequence(lambda n: f"aanleiding-{n}")
    details = {"sentence": "assigned", "who": "Anouk", "what": "aia-03 Toezicht", "where": "Ordenen"}


class EvidenceFactory(DjangoModelFactory):
    """A link that proves something, without a last day."""

    class Meta:
        model = governance.Evidence

    organisation = factory.SubFactory(OrganisationFactory)
    title = factory.Sequence(lambda n: f"Bewijs {n}")
    url = "https://voorbeeld.nl/bewijs"


class PolicyFactory(DjangoModelFactory):
    class Meta:
        model = governance.Policy

    organisation = factory.SubFactory(OrganisationFactory)
    kind = "guideline"
    title = factory.Sequence(lambda n: f"Beleid {n}")
    slug = factory.LazyAttribute(lambda policy: policy.title.lower().replace(" ", "-"))


class PolicyVersionFactory(DjangoModelFactory):
    """A version in any status; what was adopted holds since a month and is looked at again in a year."""

    class Meta:
        model = governance.PolicyVersion
        skip_postgeneration_save = True

    policy = factory.SubFactory(PolicyFactory)
    number = factory.LazyAttribute(lambda version: version.policy.versions.count() + 1)
    status = "draft"
    body = "Wij leggen uit wat een algoritme doet."

    class Params:
        was_adopted = factory.LazyAttribute(lambda version: version.status in ("adopted", "superseded"))

    adopted_at = factory.LazyAttribute(lambda version: timezone.now() if version.was_adopted else None)
    authority = factory.LazyAttribute(lambda version: "Het college" if version.was_adopted else "")
    in_force_from = factory.LazyAttribute(lambda version: days_from_now(-30) if version.was_adopted else None)
    review_date = factory.LazyAttribute(lambda version: days_from_now(365) if version.was_adopted else None)

    @factory.post_generation
    def authors(version, create, people):
        version.authors.set(people or [])


def days_from_now(number: int) -> date:
    return timezone.localdate() + timedelta(days=number)


def policy_version(status: str, organisation: governance.Organisation, **fields) -> governance.PolicyVersion:
    """A version of a policy of its own; `owner` is the policy's, `authors` a list of people."""
    policy = PolicyFactory(organisation=organisation, owner=fields.pop("owner", None))
    authors = fields.pop("authors", [])
    if status == "adopted":
        moment = timezone.now()
        fields = {"adopted_at": moment, "in_force_from": moment.date(), "authority": "College"} | fields
    version = governance.PolicyVersion.objects.create(policy=policy, number=1, status=status, **fields)
    version.authors.set(authors)
    return version


def open_requirement(algorithm: registry.Algorithm, **fields) -> registry.RequirementAssessment:
    """Work on a new requirement that applies to the algorithm."""
    requirement = RequirementFactory()
    registry.Applicability.objects.create(
        algorithm=algorithm, requirement=requirement, outcome="applies", rule_outcome="applies", reason={}
    )
    return registry.RequirementAssessment.objects.create(algorithm=algorithm, requirement=requirement, **fields)


def open_measure(algorithm: registry.Algorithm, **fields) -> registry.MeasureStatus:
    """Work on a new measure that is recommended for the algorithm."""
    measure = MeasureFactory()
    registry.Recommendation.objects.create(algorithm=algorithm, measure=measure)
    return registry.MeasureStatus.objects.create(algorithm=algorithm, measure=measure, **fields)


def claimed(algorithm: registry.Algorithm, by: governance.User, **fields) -> registry.RequirementAssessment:
    """A claim that waits to be verified."""
    return open_requirement(
        algorithm, status="met", explanation="Zo.", claimed_by=by, claimed_at=timezone.now(), **fields
    )


class GateFactory(DjangoModelFactory):
    """A request to retire that waits; with a `decision` and `decided_by` it was decided today."""

    class Meta:
        model = registry.Gate

    algorithm = factory.SubFactory(AlgorithmFactory)
    kind = "retire"
    request = "Het wordt niet meer gebruikt."
    decided = factory.LazyAttribute(lambda gate: timezone.now() if getattr(gate, "decision", "") else None)
    decided_on = factory.LazyAttribute(lambda gate: timezone.localdate() if getattr(gate, "decision", "") else None)
    reason = factory.LazyAttribute(lambda gate: "Het is klaar." if getattr(gate, "decision", "") else "")


class ConditionFactory(DjangoModelFactory):
    class Meta:
        model = registry.Condition

    gate = factory.LazyAttribute(lambda condition: GateFactory(decision="conditional_go", decided_by=member("manager")))
    text = "Test eerst met echte gevallen."
    due = factory.LazyFunction(lambda: days_from_now(30))


class AuditFactory(DjangoModelFactory):
    """A running audit of the year 2025."""

    class Meta:
        model = registry.Audit

    organisation = factory.SubFactory(OrganisationFactory)
    title = factory.Sequence(lambda n: f"Audit {n}")
    scope = "Wat in gebruik is."
    period_from = date(2025, 1, 1)
    period_to = date(2025, 12, 31)


class FindingFactory(DjangoModelFactory):
    class Meta:
        model = registry.Finding

    organisation = factory.SubFactory(OrganisationFactory)
    title = factory.Sequence(lambda n: f"Bevinding {n}")
    observation = "Er is geen logboek."
    severity = "high"
