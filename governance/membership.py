"""Who belongs to an organisation: roles begin and end, people are invited, accept, and leave.

Administrators do this for their own organisations and what lies below; the administrator of the installation anywhere.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_email
from django.db import models, transaction
from django.utils.translation import gettext as _

from governance import audit_trail, clock, leaving
from governance.models import Invitation, Membership, Organisation, User

Role = Membership.Role
Source = Membership.Source

INVITATION_LASTS = timedelta(days=14)


@dataclass(frozen=True)
class Departure:
    """What deactivating somebody did: the roles that ended, and what the person still holds there, now vacant."""

    ended: list[Membership]
    is_closed: bool
    vacant: list[leaving.Holding] = field(default_factory=list)

    @property
    def follows_a_group(self) -> bool:
        """Whether a role that ended begins again at the next log-in, if the account stays open."""
        return any(row.source == Source.GROUP for row in self.ended)


def administered_by(person: User) -> models.QuerySet[Organisation]:
    return Organisation.objects.where_member_holds(person, [Role.ADMINISTRATOR])


def home_of(person: User) -> Organisation | None:
    """The organisation that all current roles of this person are in or below; none when there is no such."""
    held = Membership.objects.current().filter(user=person).order_by()
    paths = [path.strip("/").split("/") for path in held.values_list("organisation__path", flat=True)]
    levels = takewhile(lambda level: len(set(level)) == 1, zip(*paths, strict=False))
    shared = [level[0] for level in levels]
    return Organisation.objects.filter(pk=shared[-1]).first() if shared else None


def arranged_by(person: User) -> Any:
    """The organisations whose people this person arranges: for the administrator of the installation all of them."""
    return Organisation.objects.all() if person.is_superuser else administered_by(person)


def _check(organisation: Organisation, by: User | None) -> None:
    if by is None or by.has_perm("governance.manage_members", organisation):
        return
    if not by.has_perm("governance.change_membership", organisation):
        raise PermissionDenied


def _hold(organisation: Organisation) -> None:
    Organisation.objects.filter(pk=organisation.pk).hold_trees()


# Roles


def give_role(
    person: User, organisation: Organisation, role: str, *, by: User | None, since: datetime | None = None
) -> Membership:
    """The person has the role in the organisation and all below it, from now on or since `since`.

    Raises `ValidationError` when they have it already or the account is closed, and `PermissionDenied`.
    """
    with transaction.atomic():
        _hold(organisation)
        _check(organisation, by)
        if not User.objects.get(pk=person.pk).is_active:
            raise ValidationError(_("The account of %(person)s is closed. Invite them again.") % {"person": person})
        if Membership.objects.filter(user=person, organisation=organisation, role=role, until=None).exists():
            raise ValidationError(
                {"role": _("%(person)s has this role already.") % {"person": person}}, code="held_already"
            )
        return open_membership(person, organisation, role, Source.HAND, since=since)


def open_membership(
    person: User, organisation: Organisation, role: str, source: str, *, since: datetime | None = None
) -> Membership:
    """Writes a membership and its event; whether it may be is for the caller to know."""
    row = Membership(user=person, organisation=organisation, role=role, source=source, since=since or clock.now())
    row.full_clean()
    row.save()
    changes = {"user": str(person), "role": row.role, "since": row.since, "source": row.source}
    audit_trail.record("membership.given", row, audit_trail.changes_between({}, changes))
    return row


def end_role(row: Membership, *, by: User | None, until: datetime | None = None) -> Membership:
    """The membership, which ends now or at `until`.

    Raises `ValidationError` when it has ended already, follows a group, or is the last administrator's of the
    organisation, and `PermissionDenied`.
    """
    with transaction.atomic():
        _hold(row.organisation)
        _check(row.organisation, by)
        fresh = Membership.objects.select_related("organisation", "user").get(pk=row.pk)
        if fresh.until is not None and fresh.until <= clock.now():
            raise ValidationError(_("This role has ended already."))
        if fresh.source == Source.GROUP:
            raise ValidationError(_("This role follows a group of the identity provider. End it there."))
        _leave_an_administrator(fresh, without=models.Q(pk=fresh.pk))
        close(fresh, until)
    return fresh


def _leave_an_administrator(row: Membership, *, without: models.Q) -> None:
    """Raises `ValidationError` when the organisation has no administrator, there or above it, without these."""
    if row.role != Role.ADMINISTRATOR:
        return
    others = Membership.objects.current().reaching(models.Value(row.organisation.path))
    others = others.filter(role=Role.ADMINISTRATOR, until=None, user__is_active=True)
    if not others.exclude(without).exists():
        raise ValidationError(
            _("%(person)s is the last administrator of %(organisation)s. Give somebody else this role first.")
            % {"person": row.user, "organisation": row.organisation}
        )


def close(row: Membership, until: datetime | None = None) -> None:
    """Ends a membership and writes its event; whether it may be is for the caller to know."""
    old = {"since": row.since, "until": row.until}
    row.until = until or clock.now()
    row.since = min(row.since, row.until - timedelta(microseconds=1))  # what had yet to begin never does
    row.full_clean()
    row.save(update_fields=["since", "until"])
    changes = audit_trail.changes_between(old, {"since": row.since, "until": row.until})
    audit_trail.record("membership.ended", row, changes)


# Leaving


def deactivate(person: User, *, by: User) -> Departure:
    """Ends every role of the person in the organisations whose people `by` arranges, and withdraws what invites them
    there.

    The account is closed when no role is left anywhere, unless it is an administrator's of the installation. What the
    person holds stays in their name and is vacant. Roles that follow a group end too, and begin again at the next
    log-in while the account is open and the identity provider still sends the group. Raises `ValidationError` when it
    is oneself or there is nothing to end, and `PermissionDenied`.
    """
    if person == by:
        raise ValidationError(_("You cannot take yourself out. Ask another administrator."))
    with transaction.atomic():
        Organisation.objects.filter(pk__in=arranged_by(by)).hold_trees()
        arranged = arranged_by(by)  # as it is now: who waited may have been taken out meanwhile
        if not arranged.exists():
            raise PermissionDenied
        fresh = User.objects.select_for_update().get(pk=person.pk)
        rows = list(_open(fresh).filter(organisation__in=arranged))
        if not rows:
            raise ValidationError(_("%(person)s has no role in your organisations any more.") % {"person": person})
        for row in rows:
            close(row)
        for invitation in Invitation.objects.open().filter(email__iexact=fresh.email, organisation__in=arranged):
            _end_invitation(invitation)
        is_closed = fresh.is_active and not fresh.is_superuser and not _open(fresh).exists()
        if is_closed:
            _shut(fresh)
    return Departure(rows, is_closed, leaving.holdings(fresh, administered_by(by)))


def close_account(person: User, *, by: User | None) -> list[Membership]:
    """Closes the account and ends every role of the person, in whichever organisation; returns those roles.

    What invites the person anywhere is withdrawn. Raises `ValidationError` when it is oneself, the account is closed
    already or the person is the last administrator of an organisation, and `PermissionDenied`.
    """
    if by is not None and not by.has_perm("governance.change_user"):
        raise PermissionDenied
    if person == by:
        raise ValidationError(_("You cannot take yourself out. Ask another administrator."))
    with transaction.atomic():
        Organisation.objects.filter(memberships__in=_open(person)).hold_trees()
        fresh = User.objects.select_for_update().get(pk=person.pk)
        if not fresh.is_active:
            raise ValidationError(_("The account of %(person)s is closed already.") % {"person": fresh})
        rows = list(_open(fresh))
        for row in rows:
            _leave_an_administrator(row, without=models.Q(user=fresh))
        for row in rows:
            close(row)
        for invitation in Invitation.objects.open().filter(email__iexact=fresh.email):
            _end_invitation(invitation)
        _shut(fresh)
    return rows


def _shut(person: User) -> None:
    person.is_active = False
    person.save(update_fields=["is_active"])
    audit_trail.record("user.deactivated", person, {"is_active": [True, False]})


def _open(person: User) -> models.QuerySet[Membership]:
    """The memberships that hold now or will."""
    return Membership.objects.unended().filter(user=person).select_related("organisation", "user")


# Invitations


def invite(
    organisation: Organisation, *, email: str, name: str, roles: Sequence[str], by: User | None
) -> tuple[Invitation, str]:
    """A new invitation and the token for its link, which is kept nowhere.

    It is the same whether or not the address has an account here. Raises `ValidationError` naming the fields, and
    `PermissionDenied`.
    """
    _check(organisation, by)
    email = User.objects.normalize_email(email.strip())
    validate_email(email)
    if not roles or set(roles) - set(Role.values):
        raise ValidationError({"roles": _("Choose at least one role.")})
    with transaction.atomic():
        _hold(organisation)
        if Invitation.objects.open().filter(organisation=organisation, email__iexact=email).exists():
            sentence = _("This address has been invited already. Send that invitation again, or withdraw it.")
            raise ValidationError({"email": sentence})
        held = Membership.objects.filter(user__email__iexact=email, user__is_active=True, organisation=organisation)
        held = held.filter(until=None)
        if set(roles) <= set(held.values_list("role", flat=True)):
            raise ValidationError({"roles": _("This person has these roles here already.")})
        token = secrets.token_urlsafe(32)
        invitation = Invitation(
            organisation=organisation,
            email=email,
            name=name.strip(),
            roles=[role for role in Role.values if role in roles],
            token_hash=_hashed(token),
            invited_by=by,
            expires=clock.now() + INVITATION_LASTS,
        )
        invitation.full_clean()
        invitation.save()
        changes = {"email": email, "name": invitation.name, "roles": invitation.roles}
        audit_trail.record("invitation.sent", invitation, audit_trail.changes_between({}, changes))
    return invitation, token


def invite_again(invitation: Invitation, *, by: User | None) -> tuple[Invitation, str]:
    """The invitation with a new token and a new period; the earlier link no longer works.

    Raises `ValidationError` when it was accepted or withdrawn, and `PermissionDenied`.
    """
    _check(invitation.organisation, by)
    with transaction.atomic():
        fresh = _still_open(invitation)
        token = secrets.token_urlsafe(32)
        old = fresh.expires
        fresh.token_hash = _hashed(token)
        fresh.sent = clock.now()
        fresh.expires = fresh.sent + INVITATION_LASTS
        fresh.save(update_fields=["token_hash", "sent", "expires"])
        changes = audit_trail.changes_between({"expires": old}, {"expires": fresh.expires})
        audit_trail.record("invitation.sent_again", fresh, changes)
    return fresh, token


def withdraw(invitation: Invitation, *, by: User | None) -> Invitation:
    """The invitation, whose link no longer works. Raises `ValidationError` when it is past that, `PermissionDenied`."""
    _check(invitation.organisation, by)
    with transaction.atomic():
        fresh = _still_open(invitation)
        _end_invitation(fresh)
    return fresh


def _end_invitation(invitation: Invitation) -> None:
    invitation.withdrawn = clock.now()
    invitation.save(update_fields=["withdrawn"])
    audit_trail.record("invitation.withdrawn", invitation, {"withdrawn": [None, invitation.withdrawn.isoformat()]})


def _still_open(invitation: Invitation) -> Invitation:
    """The invitation as it is stored, locked. Raises `ValidationError` unless it is still open."""
    fresh = Invitation.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=invitation.pk)
    if fresh.accepted or fresh.withdrawn:
        raise ValidationError(_("This invitation has been accepted or withdrawn meanwhile."))
    return fresh


def invitation_of(token: str) -> Invitation | None:
    """The invitation that the token opens, if it can still be used."""
    return Invitation.objects.usable().select_related("organisation").filter(token_hash=_hashed(token)).first()


def account_of(invitation: Invitation) -> User | None:
    return User.objects.filter(email__iexact=invitation.email).first()


def accept(invitation: Invitation, *, by: User) -> list[Membership]:
    """The roles that the person takes up; those they have already are left as they are.

    Raises `ValidationError` when the invitation can no longer be used, and `PermissionDenied` when it is somebody
    else's.
    """
    if by.email.lower() != invitation.email.lower() or not by.is_active:
        raise PermissionDenied
    with transaction.atomic():
        _hold(invitation.organisation)
        return _accept(_still_usable(invitation), by)


def accept_with_account(invitation: Invitation, *, name: str, password: str) -> User:
    """The new account of whoever follows the link, or their closed account opened again, with the roles taken up.

    An account that is opened again has these roles and no others, whatever was left of it.
    Raises `ValidationError` naming the fields, also when the invitation can no longer be used, and `PermissionDenied`
    when the address has an open account, or one with rights over the installation: that person logs in.
    """
    with transaction.atomic():
        _hold(invitation.organisation)
        fresh = _still_usable(invitation)
        person = User.objects.select_for_update().filter(email__iexact=fresh.email).first()
        if person is not None and (person.is_active or person.is_staff or person.is_superuser):
            raise PermissionDenied
        verb, old = ("user.reactivated", {"is_active": False}) if person else ("user.added", {})
        person = person or User(email=fresh.email)
        person.name, person.is_active = name.strip(), True
        _set_password(person, password)
        person.full_clean(exclude=["password"])
        person.save()
        with audit_trail.on_behalf_of(person):
            new: dict[str, Any] = {"is_active": True} if old else {"email": person.email, "name": person.name}
            audit_trail.record(verb, person, audit_trail.changes_between(old, new))
            for row in _open(person):
                close(row)
            _accept(fresh, person)
    return person


def _set_password(person: User, password: str) -> None:
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise ValidationError({"password": error.messages}) from error
    person.set_password(password)


def _still_usable(invitation: Invitation) -> Invitation:
    fresh = _still_open(invitation)
    if fresh.has_expired:
        raise ValidationError(_("This invitation has expired. Ask for a new one."))
    return fresh


def _accept(invitation: Invitation, person: User) -> list[Membership]:
    organisation = invitation.organisation
    held = Membership.objects.filter(user=person, organisation=organisation, until=None).values_list("role", flat=True)
    missing = [role for role in invitation.roles if role not in set(held)]
    given = [open_membership(person, organisation, role, Source.INVITATION) for role in missing]
    invitation.accepted, invitation.accepted_by = clock.now(), person
    invitation.save(update_fields=["accepted", "accepted_by"])
    audit_trail.record("invitation.accepted", invitation, {"roles": [[], missing]})
    return given


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
