"""An organisation's policies: adding, describing, publishing and withdrawing them, and what of them waits for whom.

What happens to their texts is in `policy_versions`, and reading them in `policy_reading`.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from governance import audit_trail, clock
from governance.addresses import free_slug
from governance.conflict import Conflict
from governance.leaving import Holding
from governance.models import (
    Measure,
    Objective,
    Organisation,
    Policy,
    PolicyVersion,
    ReadingRequest,
    Requirement,
    Tool,
    User,
)
from governance.permissions import WORKING

LINKS = ("topics", "phases", "requirements", "measures", "tools", "objectives")
ADDRESSES = {"nieuw"}
"""What no policy can have as its slug, because a page has that address."""
Status = PolicyVersion.Status


def linkable(organisation: Organisation) -> dict[str, models.QuerySet[Any]]:
    """What policies of this organisation can be linked to, of what organisations have themselves."""
    return {
        "requirements": Requirement.objects.for_organisation(organisation),
        "measures": Measure.objects.for_organisation(organisation),
        "tools": Tool.objects.for_organisation(organisation),
        "objectives": Objective.objects.for_organisation(organisation),
    }


def possible_owners(organisation: Organisation) -> models.QuerySet[User]:
    return organisation.people(WORKING)


def add_policy(organisation: Organisation, fields: Mapping[str, Any], *, body: str = "", by: User) -> Policy:
    """A new policy with a first draft of its text.

    `fields`: kind, title, and as wanted summary, owner, template and, as lists, `LINKS`. Raises `ValidationError`
    naming the fields, and `PermissionDenied`.
    """
    if not by.has_perm("governance.add_policy", organisation):
        raise PermissionDenied
    with transaction.atomic():
        Organisation.objects.select_for_update().get(pk=organisation.pk)  # one address at a time
        policy = Policy(
            organisation=organisation,
            slug=free_slug(
                fields.get("title", ""), organisation.policies.all(), otherwise="beleid", reserved=ADDRESSES
            ),
            created_by=by,
        )
        _write(policy, fields)
        given = _read(policy, fields, wanted=True)
        audit_trail.record("policy.added", policy, audit_trail.changes_between({}, given))
        draft = PolicyVersion.objects.create(policy=policy, number=1, body=body.strip(), created_by=by)
        draft.authors.add(by)
        record_version("started", draft)
    return policy


def revise_policy(policy: Policy, fields: Mapping[str, Any], *, seen: int, by: User) -> Policy:
    """The policy with these properties and links. Its address stays, because others may have linked to it.

    Raises `Conflict` when `seen` is no longer the current `version`, `ValidationError` naming the fields, and
    `PermissionDenied`; only who may assign a policy gives it another owner.
    """
    with transaction.atomic():
        fresh = hold(policy, "governance.change_policy", by)
        if fresh.version != seen:
            raise Conflict(fresh)
        changes = audit_trail.changes_between(_read(fresh, fields), _read(fresh, fields, wanted=True))
        if "owner" in changes and not by.has_perm("governance.assign_policy", fresh):
            raise PermissionDenied
        if changes:
            fresh.version += 1
            _write(fresh, fields, check_owner="owner" in changes)
            audit_trail.record("policy.revised", fresh, changes)
    return fresh


def publish(policy: Policy, *, by: User) -> Policy:
    """Lets everybody read the version in force, also the one that will be. Needs an adopted version."""
    return _show(policy, True, by=by)


def unpublish(policy: Policy, *, by: User) -> Policy:
    return _show(policy, False, by=by)


def withdraw_policy(policy: Policy, reason: str, *, by: User) -> Policy:
    """Ends the policy today: no version is in force, adopted or being written any more, and nothing is published.

    Raises `ValidationError` without a reason or when nothing is left to withdraw, and `PermissionDenied`.
    """
    with transaction.atomic():
        fresh = hold(policy, "governance.withdraw_policy", by)
        reason = needed(reason, "reason", _("Say why this policy is withdrawn."))
        left = fresh.versions.open() | fresh.versions.holding()
        if not left:
            raise ValidationError(_("This policy is withdrawn already."))
        for version in left:
            end(version, Status.WITHDRAWN, reason, by=by)
        fresh.is_public = False
        fresh.save(update_fields=["is_public"])
        audit_trail.record("policy.withdrawn", fresh, {"ended_reason": ["", reason]})
    return fresh


# What waits for whom.


def reading_for(user: User) -> models.QuerySet[ReadingRequest]:
    """What this person is asked to read and did not confirm yet, the first due first."""
    asked = ReadingRequest.objects.unconfirmed().filter(
        person=user, policy_version__in=PolicyVersion.objects.visible_to(user)
    )
    asked = asked.select_related("policy_version__policy__organisation")
    return asked.order_by(models.F("due").asc(nulls_last=True), "pk")


class PolicyOwners:
    """Policies as something that a person holds. A policy has one owner at a time: handing over takes place at once."""

    name = "policy"

    def held_by(self, person: User, organisations: models.QuerySet[Organisation]) -> Iterable[Holding]:
        owned = Policy.objects.filter(owner=person, organisation__in=organisations).select_related("organisation")
        return [
            Holding(
                key=f"{self.name}:{row.pk}",
                kind=_("Owner of policies"),
                what=row.title,
                where=row.organisation.name,
                url=row.get_absolute_url(),
                at_once=True,
            )
            for row in owned
        ]

    def hand_over(self, numbers: list[int], to: User | None, moment: datetime, *, by: User) -> int:
        handed_over = 0
        for policy in Policy.objects.select_for_update(of=("self",)).filter(pk__in=numbers).order_by("pk"):
            if to is not None and not possible_owners(policy.organisation).filter(pk=to.pk).exists():
                raise ValidationError(_not_working(to, policy.organisation))
            changes = audit_trail.changes_between({"owner": policy.owner}, {"owner": to})
            policy.owner = to
            policy.version += 1
            policy.save(update_fields=["owner", "version"])
            audit_trail.record("policy.revised", policy, changes)
            handed_over += 1
        return handed_over


# For the verbs of policies and their versions.


def hold(policy: Policy, permission: str, by: User) -> Policy:
    """The policy as it is stored, locked until the end of the transaction. Raises `PermissionDenied`."""
    fresh = Policy.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=policy.pk)
    if not by.has_perm(permission, fresh):
        raise PermissionDenied
    return fresh


def needed(text: str, field: str, sentence: str) -> str:
    """The text without white space around it. Raises `ValidationError` with the sentence when there is none."""
    if not text.strip():
        raise ValidationError({field: sentence})
    return text.strip()


def end(version: PolicyVersion, status: Status, reason: str, *, by: User) -> None:
    """Ends a version today; one that would enter into force later never does."""
    version.status = status
    version.ended_at, version.ended_by, version.ended_reason = clock.now(), by, reason
    if version.in_force_from is not None:
        version.in_force_until = max(version.in_force_from, clock.today())
    version.save()


def record_version(done: str, version: PolicyVersion, changes: Mapping[str, Any] | None = None) -> None:
    """What was done to a version is told in the history of its policy."""
    label = f"{version.number} ({version.policy})"
    audit_trail.record(f"policyversion.{done}", version.policy, changes, label=label)


def _show(policy: Policy, is_public: bool, *, by: User) -> Policy:
    with transaction.atomic():
        fresh = hold(policy, "governance.publish_policy", by)
        if is_public and not fresh.versions.holding().exists():
            raise ValidationError(_("Only a policy with an adopted version can be published."))
        if fresh.is_public != is_public:
            fresh.is_public = is_public
            fresh.save(update_fields=["is_public"])
            verb = "policy.published" if is_public else "policy.unpublished"
            audit_trail.record(verb, fresh, {"is_public": [not is_public, is_public]})
    return fresh


def _stored(policy: Policy, name: str) -> Any:
    return getattr(policy, name).all() if name in LINKS else getattr(policy, name)


def _read(policy: Policy, fields: Mapping[str, Any], *, wanted: bool = False) -> dict[str, Any]:
    """The values of these fields as they are, or as `fields` wants them; linked rows as a list of their names."""
    values = {name: fields[name] if wanted else _stored(policy, name) for name in fields}
    return {name: sorted(str(row) for row in value) if name in LINKS else value for name, value in values.items()}


def _write(policy: Policy, fields: Mapping[str, Any], *, check_owner: bool = True) -> None:
    """Checks and saves the policy with these fields. Raises `ValidationError` naming them."""
    linked = {name: list(fields[name]) for name in LINKS if name in fields}
    for name in fields.keys() - linked.keys():
        setattr(policy, name, fields[name])
    policy.full_clean()
    owner = policy.owner
    if check_owner and owner is not None and not possible_owners(policy.organisation).filter(pk=owner.pk).exists():
        raise ValidationError({"owner": _not_working(owner, policy.organisation)})
    for name, usable in linkable(policy.organisation).items():
        chosen = {row.pk for row in linked.get(name, [])}
        if chosen - set(usable.filter(pk__in=chosen).values_list("pk", flat=True)):
            raise ValidationError({name: _("Choose from what is offered to this organisation.")})
    policy.save()
    for name, rows in linked.items():
        getattr(policy, name).set(rows)


def _not_working(person: User, organisation: Organisation) -> str:
    sentence = _("%(person)s does not work in %(organisation)s as an officer, manager or contributor.")
    return sentence % {"person": person, "organisation": organisation}
