"""The register's part of the permission table; see `governance.permissions`."""

from governance.models import Membership
from governance.permissions import EVERY_ROLE, REGISTRAR, in_organisation, may_do_work, may_verify, rule

Role = Membership.Role

rule("registry.view_algorithm", answer=in_organisation(*EVERY_ROLE))
rule("registry.add_algorithm", "registry.change_algorithm", answer=in_organisation(*REGISTRAR))
rule("registry.classify_algorithm", "registry.overrule_applicability", answer=in_organisation(*REGISTRAR))
rule("registry.assign_work", answer=in_organisation(*REGISTRAR))
rule("registry.view_organisation_work", answer=in_organisation(*REGISTRAR, Role.AUDITOR))
rule("registry.assess_requirement", "registry.record_measure", answer=may_do_work)
rule("registry.verify_requirement", answer=may_verify)
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
