"""The register's part of the permission table; see `governance.permissions`."""

from typing import Any

from governance.models import Membership, User
from governance.permissions import (
    EVERY_ROLE,
    REGISTRAR,
    WORKING,
    holds_over,
    in_organisation,
    is_visible,
    may_do_work,
    may_verify,
    rule,
)
from registry.models import Algorithm, Letter, Responsibility
from registry.models.intake import PROPOSES

Role = Membership.Role


def _has_the_whole(user: User, record: Any, *letters: str) -> bool:
    """Whether the person has one of the letters for the algorithm as a whole, and a role with which to act on it."""
    algorithm = record if isinstance(record, Algorithm) else getattr(record, "algorithm", None)
    rows = Responsibility.objects.current().for_the_whole().filter(person=user, letter__in=letters)
    if record is not None:
        rows = rows.filter(algorithm=algorithm)
    return rows.exists() and holds_over(user, WORKING, record)


def may_assign(user: User, record: Any) -> bool:
    """Officers and managers say who is responsible, and so does whoever answers for the whole algorithm."""
    return holds_over(user, REGISTRAR, record) or _has_the_whole(user, record, Letter.ACCOUNTABLE)


def leads_the_work(user: User, record: Any) -> bool:
    """Officers and managers, and whoever answers for the whole algorithm or does it."""
    return holds_over(user, REGISTRAR, record) or _has_the_whole(user, record, Letter.ACCOUNTABLE, Letter.RESPONSIBLE)


def may_handle(user: User, record: Any) -> bool:
    """Officers and managers handle any complaint of their organisation; a contributor those that are theirs."""
    if holds_over(user, REGISTRAR, record):
        return True
    return getattr(record, "handler_id", None) == user.pk and holds_over(user, frozenset({Role.CONTRIBUTOR}), record)


def may_follow_up(user: User, record: Any) -> bool:
    """Officers and managers, and the owner of the finding as long as they work there."""
    if holds_over(user, REGISTRAR, record):
        return True
    return getattr(record, "owner_id", None) == user.pk and holds_over(user, WORKING, record)


def may_treat(user: User, record: Any) -> bool:
    """Whoever leads the work on the algorithm, and the owner of the risk as long as they work there."""
    if leads_the_work(user, record):
        return True
    return getattr(record, "owner_id", None) == user.pk and holds_over(user, frozenset({Role.CONTRIBUTOR}), record)


rule("registry.view_algorithm", answer=in_organisation(*EVERY_ROLE))
rule("registry.add_algorithm", "registry.change_algorithm", answer=in_organisation(*REGISTRAR))
rule("registry.classify_algorithm", "registry.overrule_applicability", answer=in_organisation(*REGISTRAR))
rule("registry.assign_work", answer=in_organisation(*REGISTRAR))
rule("registry.assign_responsibility", answer=may_assign)
rule("registry.change_team", "registry.record_involvement", answer=leads_the_work)
rule("registry.set_raci_defaults", answer=in_organisation(*REGISTRAR))
rule("registry.view_organisation_work", answer=in_organisation(*REGISTRAR, Role.AUDITOR))
rule("registry.assess_requirement", "registry.record_measure", answer=may_do_work)
rule("registry.verify_requirement", answer=may_verify)
rule("registry.add_proposal", answer=in_organisation(*PROPOSES))
rule("registry.view_proposal", answer=is_visible)
rule("registry.decide_proposal", answer=in_organisation(*REGISTRAR))
rule("registry.add_complaint", "registry.assign_complaint", answer=in_organisation(*REGISTRAR))
rule("registry.change_complaint", answer=may_handle)
rule("registry.request_gate", answer=leads_the_work)
rule("registry.decide_gate", answer=in_organisation(Role.MANAGER))
rule("registry.settle_condition", answer=may_do_work)
rule("registry.record_impact_assessment", answer=in_organisation(*WORKING))
rule("registry.change_risk", answer=may_treat)
rule("registry.accept_risk", answer=in_organisation(Role.MANAGER))
rule("registry.plan_monitoring", answer=leads_the_work)
rule("registry.hold_evaluation", answer=may_do_work)
rule("registry.record_incident", answer=in_organisation(*WORKING))
rule("registry.change_incident", answer=may_handle)
rule("registry.keep_audit", "registry.raise_finding", "registry.close_finding", answer=in_organisation(Role.AUDITOR))
rule("registry.respond_to_finding", answer=in_organisation(Role.MANAGER))
rule("registry.follow_up_finding", answer=may_follow_up)
rule("registry.accept_deviation", answer=in_organisation(Role.MANAGER))
for kind in (
    "accepteddeviation",
    "accepteditem",
    "algorithmevidence",
    "algorithmtheme",
    "applicability",
    "audit",
    "classification",
    "classificationdraft",
    "complaint",
    "compliance",
    "condition",
    "evaluation",
    "finding",
    "followup",
    "gate",
    "impactassessment",
    "importedrow",
    "incident",
    "incidentreport",
    "involvement",
    "lifecycleperiod",
    "measurestatus",
    "monitoringpoint",
    "racidefault",
    "recommendation",
    "requirementassessment",
    "responsibility",
    "risk",
    "sampledalgorithm",
    "teammember",
):
    rule(f"registry.view_{kind}", answer=in_organisation(*EVERY_ROLE))
