"""A row of every model of both apps, all of them visible in one organisation."""

from datetime import date

from django.utils import timezone

from governance import audit_chain, audit_trail
from governance.models import (
    AuditChain,
    AuditCriterion,
    AuditFramework,
    CatalogueRevision,
    Comment,
    DecisionTree,
    Discipline,
    Evidence,
    Export,
    FrameworkRelease,
    GroupRole,
    Knowledge,
    MaturityAssessment,
    Notification,
    Objective,
    OfficialBody,
    OrganisationAssessment,
    OrganisationEvidence,
    OrganisationMeasureStatus,
    Policy,
    PolicyAttachment,
    PolicyVersion,
    Position,
    ReadingRequest,
    RoleAssignment,
    StoredFile,
    Term,
    Tool,
    Training,
)
from registry.models import (
    AcceptedDeviation,
    AcceptedItem,
    AlgorithmEvidence,
    AlgorithmTheme,
    Applicability,
    Audit,
    Classification,
    ClassificationDraft,
    Complaint,
    Compliance,
    Condition,
    Evaluation,
    Finding,
    FollowUp,
    Gate,
    ImpactAssessment,
    ImportedRow,
    Incident,
    IncidentReport,
    Involvement,
    LifecyclePeriod,
    MeasureStatus,
    MonitoringPoint,
    Proposal,
    RaciDefault,
    Recommendation,
    RequirementAssessment,
    Responsibility,
    Risk,
    SampledAlgorithm,
    TeamMember,
)
from tests import factories


def fill(organisation, officer, numbers):
    """A row of every model of both apps for each number, all of them visible in the organisation."""
    now = timezone.now()
    framework, _new = AuditFramework.objects.get_or_create(slug="adr", title_nl="ADR")
    for n in numbers:
        release = FrameworkRelease.objects.create(source="algoritmekader", name=f"release {n}", fingerprint="f")
        tree = DecisionTree.objects.create(source="built-in", name="Boom", version=n, fingerprint=n, content={})
        person = factories.MembershipFactory(organisation=organisation, role="reader").user
        part = factories.OrganisationFactory(parent=organisation)
        AuditChain.objects.create(organisation=part, key=str(part.pk))
        factories.InvitationFactory(organisation=organisation)
        GroupRole.objects.create(organisation=organisation, group=f"groep-{n}", role="reader")
        factories.TopicFactory(slug=f"onderwerp-{n}")
        phase = factories.PhaseFactory(number=20 + n)
        Discipline.objects.create(slug=f"rol-{n}", title_nl=f"Rol {n}")
        AuditFramework.objects.create(slug=f"kader-{n}", title_nl=f"Kader {n}")
        Term.objects.create(slug=f"term-{n}", term_nl=f"Term {n}", definition_nl="Uitleg.")
        requirement = factories.RequirementFactory(
            law=factories.LawFactory(slug=f"wet-{n}"), organisation=organisation, release=release
        )
        measure = factories.MeasureFactory(requirements=[requirement], organisation=organisation)
        factories.ToolFactory(organisation=organisation, release=release)
        CatalogueRevision.objects.create(urn=requirement.urn, number=1, release=release, content={})
        AuditCriterion.objects.create(framework=framework, number=n, withdrawn_in=release).measures.add(measure)
        algorithm = factories.AlgorithmFactory(organisation=organisation, phase=phase, created_by=person)
        AlgorithmTheme.objects.create(algorithm=algorithm, theme="Werk")
        ImportedRow.objects.create(algorithm=algorithm, source="register.csv", row=n, key=f"rij-{n}", content={})
        answers = {"algorithm": algorithm, "tree": tree, "by": person}
        Classification.objects.create(**answers, conclusion="1.1", ai_act_applies=True)
        ClassificationDraft.objects.create(**answers)
        duty = {"algorithm": algorithm, "requirement": requirement}
        Applicability.objects.create(**duty, outcome="applies", rule_outcome="applies", reason={}, by=person)
        RequirementAssessment.objects.create(
            **duty, status="met", explanation="Zo.", claimed_by=person, claimed_at=now, assignee=person, by=person,
            verified_by=officer, verified_at=now,
        )  # fmt: skip
        Recommendation.objects.create(algorithm=algorithm, measure=measure, by=person)
        MeasureStatus.objects.create(algorithm=algorithm, measure=measure, assignee=person, by=person)
        Compliance.objects.create(algorithm=algorithm)
        fill_governance(n, organisation, requirement, measure, person, officer)
        fill_responsibilities(n, algorithm, phase, person)
        fill_assurance(n, algorithm, requirement, measure, person, officer)
        fill_oversight(n, algorithm, person, officer)
        with audit_trail.acting(person, "command"):
            event = audit_trail.record("algorithm.seen", algorithm)
        audit_chain.seal(event.organisation_id, event.pk, event.pk)


def fill_governance(n, organisation, requirement, measure, person, officer):
    """A row of every model about how the organisation deals with algorithms."""
    own = {"organisation": organisation}
    OfficialBody.objects.create(kind="municipality", name=f"Gemeente {n}", identifier=f"gm{n}-{organisation.pk}")
    Objective.objects.create(**own, name=f"Waarde {n}")
    policy = Policy.objects.create(**own, kind="guideline", title=f"Beleid {n}", slug=f"beleid-{n}", owner=person)
    version = PolicyVersion.objects.create(policy=policy, number=1, body="Tekst.")
    content = StoredFile.objects.create(sha256=f"{organisation.pk}-{n}", size=1, media_type="text/plain", file="a")
    PolicyAttachment.objects.create(policy_version=version, stored_file=content, name="bijlage.txt", added_by=person)
    ReadingRequest.objects.create(policy_version=version, person=person)
    position = Position.objects.create(**own, name=f"Functie {n}")
    RoleAssignment.objects.create(position=position, person=person, by=officer)
    knowledge = Knowledge.objects.create(**own, title=f"Kennis {n}")
    Training.objects.create(
        knowledge=knowledge, person=person, followed_on=date(2026, 1, 1), valid_until=date(2028, 1, 1)
    )
    MaturityAssessment.objects.create(**own, levels={"policy": 2}, by=person)
    OrganisationAssessment.objects.create(**own, requirement=requirement, assignee=person, by=person)
    OrganisationMeasureStatus.objects.create(**own, measure=measure, assignee=person, by=person)
    Comment.objects.create(
        **own, subject_type="governance.policy", subject_id=str(policy.pk), label="Beleid", author=person
    )
    Notification.objects.create(**own, recipient=officer, kind="assigned", key=f"aanleiding-{organisation.pk}-{n}")


def fill_responsibilities(n, algorithm, phase, person):
    """A row of every model about who is responsible for an algorithm, and about what comes in."""
    position = Position.objects.get(organisation=algorithm.organisation, name=f"Functie {n}")
    Responsibility.objects.create(algorithm=algorithm, person=person, letter="A", phase=phase, by=person)
    RaciDefault.objects.create(organisation=algorithm.organisation, position=position, letter="A", phase=phase)
    TeamMember.objects.create(algorithm=algorithm, person=person, discipline=Discipline.objects.get(slug=f"rol-{n}"))
    Involvement.objects.create(
        algorithm=algorithm, kind="residents", who="Panel", how="Gesprek", held_on=date(2026, 1, 1)
    )
    Proposal.objects.create(
        organisation=algorithm.organisation, name=f"Idee {n}", purpose="Iets.", origin="built", proposed_by=person
    )
    Complaint.objects.create(
        organisation=algorithm.organisation, algorithm=algorithm, kind="question", summary="Hoe?", handler=person
    )


def fill_assurance(n, algorithm, requirement, measure, person, officer):
    """A row of every model about what proves claims, and about decisions, risks and use."""
    own, of = {"organisation": algorithm.organisation}, {"algorithm": algorithm}
    evidence = Evidence.objects.create(**own, title=f"Bewijs {n}", url="https://voorbeeld.nl/", added_by=person)
    OrganisationEvidence.objects.create(**own, evidence=evidence, requirement=requirement, by=person)
    AlgorithmEvidence.objects.create(**of, evidence=evidence, measure=measure, by=person)
    tool = Tool.objects.get(organisation=algorithm.organisation, pk=Tool.objects.latest("pk").pk)
    ImpactAssessment.objects.create(**of, tool=tool)
    gate = Gate.objects.create(**of, kind="into_use", to_phase=algorithm.phase, requested_by=person)
    AcceptedItem.objects.create(gate=gate, requirement=requirement, reason="Komt later.")
    Condition.objects.create(gate=gate, text="Eerst een test.", due=date(2027, 1, 1), assignee=person)
    LifecyclePeriod.objects.create(**of, phase=algorithm.phase, by=person)
    Risk.objects.create(**of, title=f"Risico {n}", owner=person)
    point = MonitoringPoint.objects.create(**of, what=f"Uitkomsten {n}", next_on=date(2027, 1, 1), assignee=person)
    Evaluation.objects.create(**of, point=point, due=date(2027, 1, 1), assignee=person)
    incident = Incident.objects.create(
        **of, summary=f"Storing {n}", description="Stil.", known=timezone.now(), seriousness="minor", handler=officer
    )
    IncidentReport.objects.create(incident=incident, duty="gdpr_33", deadline=timezone.now())


def fill_oversight(n, algorithm, person, officer):
    """A row of every model that auditors write, and of what else stands beside the records."""
    own = {"organisation": algorithm.organisation}
    audit = Audit.objects.create(
        **own, title=f"Audit {n}", scope="Alles.", period_from=date(2026, 1, 1), period_to=date(2026, 12, 31)
    )
    SampledAlgorithm.objects.create(audit=audit, algorithm=algorithm, number=1)
    finding = Finding.objects.create(
        **own, audit=audit, algorithm=algorithm, title=f"Bevinding {n}", observation="Zo.", severity="low", owner=person
    )
    FollowUp.objects.create(finding=finding, by=person, text="Gedaan.")
    AcceptedDeviation.objects.create(
        **own, check_code="x", subject_type="registry.algorithm", subject_id=str(algorithm.pk), reason="Kan zo."
    )
    Export.objects.create(**own, kind="algorithms", format="csv", requested_by=officer)
