"""Who may do what: named predicates on (person, record), in one place; pages, API and admin ask `user.has_perm`.

Which rows a person sees at all is the other question, answered by `visible_to` of each queryset.
"""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db import models

from governance.models import Membership, Organisation, PolicyVersion, Training, User
from governance.models.audit import LOG_INS

Rule = Callable[[User, Any], bool]

Role = Membership.Role
EVERY_ROLE = frozenset(Role.values)
REGISTRAR = frozenset({Role.OFFICER, Role.MANAGER})
WORKING = REGISTRAR | {Role.CONTRIBUTOR}
"""Who can be given work."""
AUDIT_READERS = REGISTRAR | {Role.AUDITOR, Role.ADMINISTRATOR}
"""Who reads the audit trail of an organisation, across its records; the history of one record is for its readers."""

LOG_IN_READERS = frozenset({Role.AUDITOR, Role.ADMINISTRATOR})
"""Who of them also reads when people logged in."""


def holds(user: User, roles: "frozenset[str]", organisation: Organisation | None) -> bool:
    """Whether the person currently holds one of `roles` in the organisation or above it; anywhere, when it is None."""
    memberships = Membership.objects.current().filter(user=user, role__in=roles)
    if organisation is not None:
        memberships = memberships.reaching(models.Value(organisation.path))
    return memberships.exists()


def organisation_of(record: Any) -> Organisation | None:
    """The organisation a record belongs to: its own, else that of its algorithm."""
    if record is None or isinstance(record, Organisation):
        return record
    own = getattr(record, "organisation", None)
    return own if own is not None else getattr(getattr(record, "algorithm", None), "organisation", None)


def holds_over(user: User, roles: "frozenset[str]", record: Any) -> bool:
    """Whether the person has one of `roles` where the record belongs; anywhere, when no record is given.

    Over a record that belongs to no organisation nobody has a role.
    """
    organisation = organisation_of(record)
    return (record is None or organisation is not None) and holds(user, roles, organisation)


def in_organisation(*roles: str) -> Rule:
    def rule(user: User, record: Any) -> bool:
        return holds_over(user, frozenset(roles), record)

    return rule


def is_operator(user: User, record: Any) -> bool:
    """The administrator of the installation: accounts, organisations, framework releases."""
    return user.is_superuser


def arranges_people(user: User, record: Any) -> bool:
    """The administrators of an organisation, and the administrator of the installation everywhere."""
    return is_operator(user, record) or holds_over(user, frozenset({Role.ADMINISTRATOR}), record)


def reads_trail(user: User, record: Any) -> bool:
    """Whoever reads the trail of the event's organisation; of what belongs to none, the operator."""
    of_nobody = organisation_of(record) is None
    roles = LOG_IN_READERS if getattr(record, "verb", "") in LOG_INS else AUDIT_READERS
    return (of_nobody and is_operator(user, record)) or holds_over(user, roles, record)


def may_do_work(user: User, record: Any) -> bool:
    """Officers and managers do any work of their organisation; a contributor what is assigned to them."""
    if holds_over(user, REGISTRAR, record):
        return True
    return getattr(record, "assignee_id", None) == user.pk and holds_over(user, frozenset({Role.CONTRIBUTOR}), record)


def may_verify(user: User, record: Any) -> bool:
    """The second line: an officer or manager who did not make the claim."""
    return getattr(record, "claimed_by_id", None) != user.pk and holds_over(user, REGISTRAR, record)


def owns_item(user: User, record: Any) -> bool:
    """An organisation's own requirement or measure; the framework's items are changed by importing a release only."""
    return holds_over(user, REGISTRAR, record)


def may_resolve(user: User, record: Any) -> bool:
    """Officers and managers resolve any comment on their records; others who may comment, their own."""
    if holds_over(user, REGISTRAR, record):
        return True
    return getattr(record, "author_id", None) == user.pk and holds_over(user, WORKING, record)


def is_visible(user: User, record: Any) -> bool:
    """What its queryset shows this person; for no record in particular, whoever has a role."""
    if record is None:
        return holds(user, EVERY_ROLE, None)
    return bool(type(record)._default_manager.visible_to(user).filter(pk=record.pk).exists())


def records_training(user: User, record: Any) -> bool:
    """Officers and managers, for the subjects of their organisation; of those above it, for their own people only."""
    if holds_over(user, REGISTRAR, record):
        return True
    if not isinstance(record, Training):
        return False
    theirs = Organisation.objects.where_member_holds(user, REGISTRAR).filter(path__startswith=record.organisation.path)
    return Training.objects.filter(pk=record.pk).about_people_of(theirs).exists()


def may_draft(user: User, record: Any) -> bool:
    """Officers and managers write policies; of the others only whoever owns this one, as long as they work there."""
    if holds_over(user, REGISTRAR, record):
        return True
    policy = getattr(record, "policy", record)
    return getattr(policy, "owner_id", None) == user.pk and holds_over(user, WORKING, record)


def may_adopt(user: User, record: Any) -> bool:
    """A manager, who is not the only author of the version."""
    if not holds_over(user, frozenset({Role.MANAGER}), record):
        return False
    return not (isinstance(record, PolicyVersion) and record.is_written_by_nobody_but(user))


def is_asked_to_read(user: User, record: Any) -> bool:
    return record is not None and record.person_id == user.pk and is_visible(user, record.policy_version)


def is_recipient(user: User, record: Any) -> bool:
    return record is None or record.recipient_id == user.pk


RULES: dict[str, Rule] = {}


def rule(*names: str, answer: Rule) -> None:
    """States who has the permissions of these names; each may be stated once."""
    for name in names:
        if name in RULES:
            raise ValueError(f"{name} is stated twice")
        RULES[name] = answer


def never(user: User, record: Any) -> bool:
    return False


rule("governance.add_organisation", "governance.change_organisation", answer=is_operator)
rule("governance.add_user", "governance.change_user", "governance.view_user", answer=is_operator)
rule("governance.add_membership", "governance.change_membership", answer=is_operator)
rule("governance.manage_members", "governance.view_invitation", "governance.view_grouprole", answer=arranges_people)
rule("governance.import_framework", answer=is_operator)
rule("governance.hand_over", answer=in_organisation(Role.MANAGER, Role.ADMINISTRATOR))
rule("governance.view_organisation", "governance.view_membership", answer=in_organisation(*EVERY_ROLE))
for kind in ("auditchain", "auditevent", "auditseal"):
    rule(f"governance.view_{kind}", answer=reads_trail)
for kind in (
    "comment",
    "knowledge",
    "maturityassessment",
    "objective",
    "organisationassessment",
    "organisationevidence",
    "organisationmeasurestatus",
    "position",
    "roleassignment",
):
    rule(f"governance.view_{kind}", answer=in_organisation(*EVERY_ROLE))
rule("governance.assess_requirement", "governance.record_measure", answer=may_do_work)
rule("governance.verify_requirement", answer=may_verify)
rule("governance.assign_work", answer=in_organisation(*REGISTRAR))
rule("governance.add_maturityassessment", answer=in_organisation(*REGISTRAR))
rule("governance.add_comment", answer=in_organisation(*WORKING))
rule("governance.resolve_comment", answer=may_resolve)
for kind in (
    "evidence",
    "export",
    "policy",
    "policyattachment",
    "policyversion",
    "readingrequest",
    "storedfile",
    "training",
):
    rule(f"governance.view_{kind}", answer=is_visible)
rule(
    "governance.add_policy", "governance.assign_policy", "governance.publish_policy", answer=in_organisation(*REGISTRAR)
)
rule("governance.change_policy", "governance.ask_to_read", answer=may_draft)
rule("governance.withdraw_policy", answer=in_organisation(Role.MANAGER))
rule("governance.adopt_policy", answer=may_adopt)
rule("governance.add_evidence", "governance.change_evidence", answer=in_organisation(*WORKING))
rule("governance.confirm_reading", answer=is_asked_to_read)
rule("governance.view_notification", answer=is_recipient)
rule("governance.add_part", "governance.revise_organisation", answer=in_organisation(Role.ADMINISTRATOR))
rule("governance.arrange_positions", answer=in_organisation(Role.MANAGER, Role.ADMINISTRATOR))
rule("governance.arrange_objectives", "governance.arrange_knowledge", answer=in_organisation(*REGISTRAR))
rule("governance.record_training", answer=records_training)
rule("governance.record_own_training", answer=in_organisation(*(EVERY_ROLE - {Role.AUDITOR})))
for kind in ("requirement", "measure"):
    rule(f"governance.add_{kind}", f"governance.change_{kind}", answer=owns_item)
for kind in (
    "auditcriterion",
    "auditframework",
    "axisvalue",
    "cataloguerevision",
    "decisiontree",
    "discipline",
    "frameworkrelease",
    "law",
    "lifecyclephase",
    "measure",
    "officialbody",
    "requirement",
    "term",
    "tool",
    "topic",
):
    rule(f"governance.view_{kind}", answer=lambda user, record: True)


class RulesBackend(ModelBackend):
    """Answers `has_perm` from `RULES`. What no rule names is forbidden, to superusers as well."""

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        if not user_obj.is_active or user_obj.is_anonymous:
            return False
        return RULES.get(perm, never)(user_obj, obj)

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        if not user_obj.is_active or user_obj.is_anonymous:
            return set()
        return {name for name, answer in RULES.items() if answer(user_obj, obj)}

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        return bool(user_obj.is_active and user_obj.is_staff)
