"""The tree of organisations: adding one, changing its name, kind, identifier or place."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from governance import audit_trail, membership
from governance.addresses import free_slug
from governance.conflict import Conflict
from governance.models import Invitation, Membership, OfficialBody, Organisation, User

FIELDS = ("name", "kind", "identifier", "parent")
ADDRESSES = {"toevoegen", "leden"}
"""What no organisation can have as its slug, because a page has that address."""


def slug_for(name: str) -> str:
    """The slug for a new organisation of this name."""
    return free_slug(name, Organisation.objects.all(), otherwise="organisatie", reserved=ADDRESSES)


def fingerprint(organisation: Organisation) -> str:
    """How the organisation reads now, to name what somebody saw."""
    values = [organisation.name, organisation.kind, organisation.identifier, organisation.parent_id]
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:16]


def official_body(name: str) -> OfficialBody | None:
    """The body that the government's lists know by this name."""
    return OfficialBody.objects.filter(name__iexact=name.strip()).first()


def add_organisation(fields: Mapping[str, Any], *, administrator: User | None = None, by: User | None) -> Organisation:
    """A new organisation (`name`, `kind`, `identifier`, `parent`), with a first administrator where one is given.

    Raises `ValidationError` naming the fields, and `PermissionDenied` when `by` may not make somebody administrator.
    """
    with transaction.atomic():
        fields = _held(fields)
        organisation = Organisation(**fields, slug=slug_for(fields["name"]))
        check(organisation)
        organisation.save()
        changes = audit_trail.changes_between({"identifier": "", "parent": None}, fields)
        audit_trail.record("organisation.added", organisation, changes, organisation=organisation)
        if administrator is not None:
            membership.give_role(administrator, organisation, Membership.Role.ADMINISTRATOR, by=by)
    return organisation


def add_with_invitation(
    fields: Mapping[str, Any], *, email: str, name: str, by: User | None
) -> tuple[Organisation, Invitation, str]:
    """A new organisation whose first administrator is invited at this address: with the invitation and its token.

    Raises `ValidationError` naming the fields, and `PermissionDenied`.
    """
    with transaction.atomic():
        organisation = add_organisation(fields, by=by)
        roles = [Membership.Role.ADMINISTRATOR]
        return organisation, *membership.invite(organisation, email=email, name=name, roles=roles, by=by)


def revise_organisation(
    organisation: Organisation, fields: Mapping[str, Any], *, seen: str, by: User | None
) -> Organisation:
    """The organisation with these fields changed; a new `parent` moves it with all that is below it.

    `seen` is its `fingerprint` as the person saw it. Raises `Conflict` when it reads differently by now, and
    `ValidationError` naming the fields.
    """
    with transaction.atomic():
        fields = _held(fields, organisation)
        fresh = Organisation.objects.select_for_update().get(pk=organisation.pk)
        if fingerprint(fresh) != seen:
            raise Conflict(fresh)
        changes = audit_trail.changes_between({name: getattr(fresh, name) for name in fields}, fields)
        if changes:
            for name, value in fields.items():
                setattr(fresh, name, value)
            check(fresh)
            fresh.save()
            audit_trail.record("organisation.changed", fresh, changes, organisation=fresh)
    return fresh


def _held(fields: Mapping[str, Any], *moved: Organisation) -> dict[str, Any]:
    """The fields, with the parent as it is stored once no other move can go on: moves together could make a circle.

    Locks the tops of all trees with the organisations themselves, in the order of their keys.
    """
    if "parent" not in fields:
        return dict(fields)
    parent = fields["parent"]
    concerned = [one.pk for one in (*moved, parent) if one]
    rows = Organisation.objects.filter(Q(parent=None) | Q(pk__in=concerned)).order_by("pk")
    list(rows.select_for_update(no_key=True))
    return {**fields, "parent": Organisation.objects.get(pk=parent.pk) if parent else None}


def check(organisation: Organisation) -> None:
    """Raises `ValidationError`, naming the fields, when the organisation cannot stand like this in the tree."""
    organisation.full_clean(exclude=["path", "slug"])
    parent = organisation.parent
    if parent is None and organisation.kind == Organisation.Kind.DEPARTMENT:
        raise ValidationError({"parent": _("A department is part of an organisation. Say of which.")})
    if parent is not None and organisation.pk and organisation.pk in parent.above:
        raise ValidationError({"parent": _("An organisation cannot be part of itself or of a part of itself.")})
    siblings = Organisation.objects.filter(parent=parent, name__iexact=organisation.name).exclude(pk=organisation.pk)
    if siblings.exists():
        raise ValidationError({"name": _("There is an organisation of this name there already.")})


def person_named(text: str) -> User | None:
    """The active person with this e-mail address, or the only one of this name."""
    people = User.objects.filter(is_active=True)
    found = people.filter(email__iexact=text.strip()) or people.filter(Q(name__iexact=text.strip()))
    return found[0] if len(found) == 1 else None
