"""The register's part of the permission table; see `governance.permissions`."""

from typing import Any

from governance.models import Membership, User
from governance.permissions import (
    EVERY_ROLE,
    REGISTRAR,
    holds,
    in_organisation,
    may_do_work,
    may_verify,
    organisation_of,
    rule,
)

Role = Membership.Role


def may_handle(user: User, record: Any) -> bool:
    """Officers and managers handle any complaint of their organisation; a contributor those that are theirs."""
    if holds(user, REGISTRAR, organisation_of(record)):
        return True
    return getattr(record, "handler_id", None) == user.pk and holds(
        user, frozenset({Role.CONTRIBUTOR}), organisation_of(record)
    )


rule("registry.view_algorithm", answer=in_organisation(*EVERY_ROLE))
rule("registry.add_algorithm", "registry.change_algorithm", answer=in_organisation(*REGISTRAR))
rule("registry.classify_algorithm", "registry.overrule_applicability", answer=in_organisation(*REGISTRAR))
rule("registry.assign_work", answer=in_organisation(*REGISTRAR))
rule("registry.assess_requirement", "registry.record_measure", answer=may_do_work)
rule("registry.verify_requirement", answer=may_verify)
rule("registry.add_proposal", answer=in_organisation(*EVERY_ROLE))
rule("registry.decide_proposal", answer=in_organisation(*REGISTRAR))
rule("registry.add_complaint", "registry.assign_complaint", answer=in_organisation(*REGISTRAR))
rule("registry.change_complaint", answer=may_handle)
for kind in (
    "algorithmtheme",
    "applicability",
    "classification",
    "classificationdraft",
    "complaint",
    "compliance",
    "importedrow",
    "involvement",
    "measurestatus",
    "proposal",
    "racidefault",
    "recommendation",
    "requirementassessment",
    "responsibility",
    "teammember",
):
    rule(f"registry.view_{kind}", answer=in_organisation(*EVERY_ROLE))
