"""The people and records with which the permission table is tried.

The records are those of one organisation, `own`. It has an organisation above it and one below it, and there is a
foreign one; every role is held in each of the four by somebody.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from governance import audit_trail, commenting, evidence, membership, stored_files
from governance.models import (
    AuditCriterion,
    AuditFramework,
    Discipline,
    Export,
    GroupRole,
    MaturityAssessment,
    Membership,
    Organisation,
    OrganisationAssessment,
    OrganisationMeasureStatus,
    ReadingRequest,
    Term,
    User,
)
from registry.classifying import decide_all
from registry.models import (
    AcceptedDeviation,
    Audit,
    ClassificationDraft,
    Finding,
    FollowUp,
    ImpactAssessment,
    Involvement,
    MeasureStatus,
    RaciDefault,
    RequirementAssessment,
    TeamMember,
)
from tests import factories

PLACES = ("own", "parent", "child", "foreign")


@dataclass
class World:
    organisations: dict[str, Organisation]
    people: dict[tuple[str, str], User]
    """(role, place) → the person who has that role there."""
    operator: User
    assigned: User
    """A contributor of `own` to whom the work in it is assigned."""
    records: dict[str, Any] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.records[name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def own(self) -> Organisation:
        return self.organisations["own"]


def build_world() -> World:
    parent = factories.OrganisationFactory(slug="boven")
    own = factories.OrganisationFactory(slug="eigen", parent=parent)
    organisations = {
        "own": own,
        "parent": parent,
        "child": factories.OrganisationFactory(slug="onder", parent=own, kind="department"),
        "foreign": factories.OrganisationFactory(slug="vreemd"),
    }
    keys = [(str(role), place) for role in Membership.Role.values for place in PLACES]
    users = User.objects.bulk_create(
        User(email=f"{role}.{place}@voorbeeld.nl", name=f"{role} {place}") for role, place in keys
    )
    people = dict(zip(keys, users, strict=True))
    Membership.objects.bulk_create(
        Membership(user=user, organisation=organisations[place], role=role) for (role, place), user in people.items()
    )
    world = World(
        organisations,
        people,
        operator=factories.UserFactory(email="operator@voorbeeld.nl", is_superuser=True, is_staff=True),
        assigned=factories.member("contributor", own),
    )
    with audit_trail.acting(None, "command"):
        for add in [made for name, made in globals().items() if name.startswith("add_")]:
            add(world)
    return world


def add_algorithm(world: World) -> None:
    """An algorithm to which one requirement applies, with one measure; both are assigned and the one is claimed."""
    requirement = factories.RequirementFactory(
        urn="urn:nl:ak:ver:woo-99", slug="woo-99", law=factories.LawFactory(slug="woo")
    )
    measure = factories.MeasureFactory(urn="urn:nl:ak:mtr:owp-99", slug="owp-99", requirements=[requirement])
    tree = factories.DecisionTreeFactory()
    algorithm = factories.AlgorithmFactory(organisation=world.own, phase=factories.PhaseFactory(number=2))
    ClassificationDraft.objects.create(algorithm=algorithm, tree=tree, answers=[["1.1", 1]])
    decide_all([algorithm])
    framework = AuditFramework.objects.create(slug="adr", title_nl="ADR")
    world.records |= {
        "topic": factories.TopicFactory(),
        "phase": algorithm.phase,
        "discipline": Discipline.objects.create(slug="jurist", title_nl="Jurist"),
        "audit_framework": framework,
        "criterion": AuditCriterion.objects.create(framework=framework, number="SV.9"),
        "term": Term.objects.create(slug="algoritme", term_nl="Algoritme", definition_nl="Uitleg."),
        "algorithm": algorithm,
        "requirement": requirement,
        "measure": measure,
        "tool": factories.ToolFactory(slug="dpia"),
        "own_requirement": factories.RequirementFactory(slug="eigen-ver-01", organisation=world.own, law=None),
        "own_measure": factories.MeasureFactory(slug="eigen-mtr-01", organisation=world.own),
        "assessment": RequirementAssessment.objects.create(
            algorithm=algorithm,
            requirement=requirement,
            status="met",
            explanation="Zo.",
            claimed_by=world.operator,
            claimed_at=timezone.now(),
            assignee=world.assigned,
        ),
        "measure_status": MeasureStatus.objects.create(algorithm=algorithm, measure=measure, assignee=world.assigned),
    }


def add_access(world: World) -> None:
    """Somebody is invited, and a group of the identity provider gives a role."""
    invitation, token = membership.invite(
        world.own, email="genodigde@voorbeeld.nl", name="Genodigde", roles=["reader"], by=None
    )
    world.records |= {
        "invitation": invitation,
        "invitation_token": token,
        "group_role": GroupRole.objects.create(organisation=world.own, group="lezers", role="reader"),
        "membership": Membership.objects.get(user=world.assigned),
    }


def add_organisation_level(world: World) -> None:
    """A requirement and a measure of phase 0, both assigned and the one claimed; and a maturity assessment."""
    requirement = factories.phase_zero("woo-98", slug="woo-98")
    measure = factories.phase_zero_measure("org-98", slug="org-98")
    claim = {"status": "met", "explanation": "Zo.", "claimed_by": world.operator, "claimed_at": timezone.now()}
    work = {"organisation": world.own, "assignee": world.assigned}
    world.records |= {
        "organisation_requirement": requirement,
        "organisation_measure": measure,
        "organisation_assessment": OrganisationAssessment.objects.create(requirement=requirement, **work, **claim),
        "organisation_measure_status": OrganisationMeasureStatus.objects.create(measure=measure, **work),
        "maturity_assessment": MaturityAssessment.objects.create(organisation=world.own, levels={"policy": 2}),
    }


def add_functions_and_knowledge(world: World) -> None:
    """A value, and a function whose holder has to know something and followed it."""
    holder = factories.member("reader", world.own)
    position = factories.PositionFactory(organisation=world.own)
    knowledge = factories.KnowledgeFactory(organisation=world.own, positions=[position])
    world.records |= {
        "objective": factories.ObjectiveFactory(organisation=world.own),
        "position": position,
        "role_assignment": factories.RoleAssignmentFactory(position=position, person=holder),
        "knowledge": knowledge,
        "training": factories.TrainingFactory(knowledge=knowledge, person=holder, recorded_by=holder),
    }


def add_responsibilities(world: World) -> None:
    """The person to whom the work is assigned answers for the whole algorithm; somebody is in its team."""
    position = factories.PositionFactory(organisation=world.own)
    world.records |= {
        "responsibility": factories.ResponsibilityFactory(algorithm=world.algorithm, person=world.assigned),
        "position": position,
        "raci_default": RaciDefault.objects.create(organisation=world.own, position=position, letter="A"),
        "team_member": TeamMember.objects.create(
            algorithm=world.algorithm, person=world.assigned, discipline=world.discipline
        ),
        "involvement": Involvement.objects.create(
            algorithm=world.algorithm, kind="residents", who="Panel", how="Gesprek", held_on=date(2026, 1, 1)
        ),
    }


def add_intake_and_complaints(world: World) -> None:
    """A proposal to decide about, an open and a closed complaint that the assigned contributor handles, a comment."""
    handled = {"algorithm": world.algorithm, "handler": world.assigned}
    world.records |= {
        "proposal": factories.ProposalFactory(organisation=world.own, proposed_by=world.operator),
        "complaint": factories.ComplaintFactory(**handled),
        "closed_complaint": factories.ComplaintFactory(
            **handled, closed_on=timezone.localdate(), outcome="upheld", response="Hersteld."
        ),
        "comment": commenting.comment(world.algorithm, "Klopt dit?", by=world.people["officer", "own"]),
        "own_comment": commenting.comment(world.algorithm, "En dit?", by=world.assigned),
    }


def add_use(world: World) -> None:
    """A judged and a closed risk that the assigned contributor owns, and evaluations and incidents of theirs."""
    handled = {"algorithm": world.algorithm, "handler": world.assigned}
    incident = factories.IncidentFactory(**handled, data_breach="risk")
    owned = {"algorithm": world.algorithm, "owner": world.assigned}
    world.records |= {
        "risk": factories.RiskFactory(**owned, likelihood_before=3, impact_before=4),
        "incident": incident,
        "incident_report": incident.reports.create(duty="gdpr_33", deadline=timezone.now()),
        "closed_incident": factories.IncidentFactory(**handled, closed=timezone.now(), actions="Hersteld."),
        "handled_incident": factories.IncidentFactory(**handled),
        "monitoring_point": factories.MonitoringPointFactory(algorithm=world.algorithm),
        "evaluation": factories.EvaluationFactory(algorithm=world.algorithm, assignee=world.assigned),
        "closed_risk": factories.RiskFactory(**owned, closed=timezone.now(), closed_because="Weg."),
    }


def add_oversight(world: World) -> None:
    """A running audit, findings that are overdue, asked to be closed and closed, and a deviation that is accepted.

    The open findings are owned by the person to whom work is assigned.
    """
    audit = Audit.objects.create(
        organisation=world.own, title="Audit", scope="Alles.", period_from=date(2026, 1, 1), period_to=date(2026, 6, 30)
    )
    saw = {"organisation": world.own, "observation": "Zo.", "severity": "high", "owner": world.assigned}
    asking = Finding.objects.create(**saw, title="Gevraagd te sluiten")
    FollowUp.objects.create(finding=asking, by=world.assigned, text="Klaar.", asks_to_close=True)
    world.records |= {
        "audit": audit,
        "finding": Finding.objects.create(**saw, title="Te laat", audit=audit, due=date(2026, 1, 1)),
        "asking_finding": asking,
        "closed_finding": Finding.objects.create(
            **saw, title="Gesloten", closed=timezone.now(), closed_because="Opgelost."
        ),
        "accepted_deviation": AcceptedDeviation.objects.create(
            organisation=world.own, check_code="x", subject_type="registry.finding", subject_id="1", reason="Kan zo."
        ),
    }


def add_notification(world: World) -> None:
    """Told to the contributor to whom the work is assigned, and so theirs alone."""
    world.records["notification"] = factories.NotificationFactory(
        recipient=world.assigned, organisation=world.own, url=world.algorithm.get_absolute_url()
    )


def add_trail(world: World) -> None:
    """Something that happened in the organisation."""
    world.records["event"] = audit_trail.record("algorithm.seen", world.algorithm)


def add_exports(world: World) -> None:
    """A file that the contributor to whom work is assigned asked for, and so theirs alone."""
    name = default_storage.save("exports/tabel.csv", ContentFile(b"naam"))
    world.records["export"] = Export.objects.create(
        kind="algoritmes", format="csv", requested_by=world.assigned, finished=timezone.now(), file=name, size=4
    )


def add_policies(world: World) -> None:
    """A policy with a draft, one in review and one that is adopted, published and put to a reader.

    The first is owned by the person to whom work is assigned, who is asked to read the last.
    """
    own = world.own
    policy = factories.PolicyFactory(organisation=own, title="Concept", owner=world.assigned)
    reviewed, adopted = (
        factories.PolicyFactory(organisation=own, title=title, is_public=title == "Vastgesteld")
        for title in ("Voorgelegd", "Vastgesteld")
    )
    draft = factories.PolicyVersionFactory(policy=policy)
    factories.PolicyVersionFactory(policy=reviewed, status="in_review", authors=[world.operator])
    version = factories.PolicyVersionFactory(policy=adopted, status="adopted")
    ReadingRequest.objects.create(policy_version=version, person=world.assigned)
    with stored_files.stored(SimpleUploadedFile("nota.txt", b"Tekst.")) as kept:
        pass
    world.records |= {
        "policy": policy,
        "reviewed_policy": reviewed,
        "adopted_policy": adopted,
        "attachment": draft.attachments.create(stored_file=kept, name="nota.txt"),
        "public_attachment": version.attachments.create(stored_file=kept, name="bijlage.txt"),
    }


def add_evidence(world: World) -> None:
    """A link that proves what the algorithm does about its requirement, a file that is used nowhere, and an impact
    assessment that was begun."""
    link = factories.EvidenceFactory(organisation=world.own)
    world.records |= {
        "evidence": link,
        "impact_assessment": ImpactAssessment.objects.create(
            algorithm=world.algorithm, tool=world.tool, assignee=world.assigned
        ),
        "evidence_file": evidence.add(
            world.own, {}, upload=SimpleUploadedFile("bewijs.txt", b"Zo is het."), by=world.operator
        ),
        "evidence_use": evidence.attach(link, world.algorithm, world.requirement, by=world.operator),
    }


def add_gates(world: World) -> None:
    """A decision that waits, and a conditional go whose condition is assigned to the contributor with the work."""
    decided = factories.GateFactory(algorithm=world.algorithm, decision="conditional_go", decided_by=world.operator)
    world.records |= {
        "waiting_gate": factories.GateFactory(algorithm=world.algorithm, requested_by=world.operator),
        "decided_gate": decided,
        "condition": factories.ConditionFactory(gate=decided, assignee=world.assigned),
    }
