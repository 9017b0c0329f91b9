"""Roles that follow the groups which the identity provider sends at each log-in; those given by hand stay."""

from collections.abc import Collection

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q

from governance import audit_trail, membership
from governance.models import GroupRole, Membership, Organisation, User


def give(organisation: Organisation, group: str, role: str, *, by: User | None) -> GroupRole:
    """Members of the group have the role from their next log-in. Raises `ValidationError` and `PermissionDenied`."""
    _check(organisation, by)
    row = GroupRole(organisation=organisation, group=group.strip(), role=role)
    row.full_clean()
    with transaction.atomic():
        row.save()
        audit_trail.record("grouprole.added", row, {"group": [None, row.group], "role": [None, row.role]})
    return row


def take_away(row: GroupRole, *, by: User | None) -> None:
    """Members of the group lose the role at their next log-in. Raises `PermissionDenied`."""
    _check(row.organisation, by)
    with transaction.atomic():
        audit_trail.record("grouprole.removed", row, {"group": [row.group, None], "role": [row.role, None]})
        row.delete()


def _check(organisation: Organisation, by: User | None) -> None:
    if by is not None and not by.has_perm("governance.manage_members", organisation):
        raise PermissionDenied


def give_any(groups: Collection[str]) -> bool:
    """Whether a member of these groups has a role anywhere."""
    return GroupRole.objects.filter(group__in=groups).exists()


def follow(person: User, groups: Collection[str]) -> None:
    """Opens and closes the memberships that come from groups, so that they match the groups sent just now.

    A role that the person was given by hand, also from a later day on, stays as it is.
    """
    with transaction.atomic():
        by_group = Q(group_roles__group__in=groups) | Q(memberships__user=person)
        Organisation.objects.filter(by_group).hold_trees()
        User.objects.select_for_update().get(pk=person.pk)
        rows = GroupRole.objects.filter(group__in=groups).select_related("organisation")
        wanted = {(row.organisation_id, row.role): row.organisation for row in rows}
        held = list(Membership.objects.unended().filter(user=person).select_related("organisation"))
        for row in held:
            if row.source == Membership.Source.GROUP and (row.organisation_id, row.role) not in wanted:
                membership.close(row)
        for key in wanted.keys() - {(row.organisation_id, row.role) for row in held}:
            membership.open_membership(person, wanted[key], key[1], Membership.Source.GROUP)
