"""Who has a second factor, and who must have one because an organisation asks it of their role."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from governance import audit_trail
from governance.models import Membership, Organisation, User

FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


def who_have_one(people: Any) -> set[int]:
    """The keys of those among `people` (rows or a queryset) who have a second factor."""
    factors = Authenticator.objects.filter(user__in=people, type__in=FACTORS)
    return set(factors.values_list("user_id", flat=True))


def is_asked_of(person: User) -> bool:
    """Whether an organisation asks it of a role that this person has there, below it, or there from above."""
    asking = list(Organisation.objects.exclude(second_factor_roles=[]).values_list("path", "second_factor_roles"))
    if not asking:
        return False
    held = list(Membership.objects.current().filter(user=person).values_list("organisation__path", "role"))
    return any(
        role in roles and (here.startswith(path) or path.startswith(here))
        for path, roles in asking
        for here, role in held
    )


def without_one(organisation: Organisation) -> dict[str, set[int]]:
    """Role → the keys of the people who would have to set one up first, if the organisation asked it of that role."""
    here, path = Membership.objects.current().filter(user__is_active=True), organisation.path
    rows = here.filter(organisation__path__startswith=path) | here.reaching(models.Value(path))
    rows = rows.exclude(Exists(Authenticator.objects.filter(user=OuterRef("user"), type__in=FACTORS)))
    found: dict[str, set[int]] = {}
    for role, person in rows.values_list("role", "user"):
        found.setdefault(role, set()).add(person)
    return found


def lacks(person: User, methods: list[str]) -> bool:
    """Whether the person must set up a second factor first; `methods` is how they logged in this time."""
    if settings.OIDC_ASKS_SECOND_FACTOR and "socialaccount" in methods:
        return False
    return is_asked_of(person) and not who_have_one([person])


def require(organisation: Organisation, roles: list[str], *, by: User | None) -> None:
    """From now on these roles need a second factor in the organisation, and no others.

    Raises `ValidationError` when a role does not exist, and `PermissionDenied`.
    """
    if by is not None and not by.has_perm("governance.manage_members", organisation):
        raise PermissionDenied
    if set(roles) - set(Membership.Role.values):
        raise ValidationError(_("Choose from the roles: %(roles)s.") % {"roles": ", ".join(Membership.Role.values)})
    with transaction.atomic():
        fresh = Organisation.objects.select_for_update().get(pk=organisation.pk)
        wanted = [role for role in Membership.Role.values if role in roles]
        changes = audit_trail.changes_between(
            {"second_factor_roles": fresh.second_factor_roles}, {"second_factor_roles": wanted}
        )
        if changes:
            Organisation.objects.filter(pk=fresh.pk).update(second_factor_roles=wanted)
            audit_trail.record("organisation.second_factor_required", fresh, changes, organisation=fresh)
