"""Asking people to read an adopted policy, and confirming that one did."""

from collections.abc import Iterable
from datetime import date

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from governance import audit_trail, clock, notifying
from governance.models import Notification, PolicyVersion, ReadingRequest, User
from governance.policies import hold, record_version


def ask_to_read(version: PolicyVersion, people: Iterable[User] | None, *, due: date | None, by: User) -> int:
    """Asks these people, or everybody who can be asked, to confirm that they read the version; how many are new.

    Who can be asked: who has a role in the organisation, in a part of it, or above it. Who was asked before is not
    asked again. Raises `ValidationError` when the version is not adopted, a person cannot
    be asked or the day has passed, and `PermissionDenied`.
    """
    with transaction.atomic():
        policy = hold(version.policy, "governance.ask_to_read", by)
        fresh = policy.versions.get(pk=version.pk)
        fresh.policy = policy
        if fresh.status != PolicyVersion.Status.ADOPTED:
            raise ValidationError(_("Only an adopted version is put to readers."))
        if due is not None and due < clock.today():
            raise ValidationError({"due": _("Choose today or a later day.")})
        possible = {person.pk: person for person in policy.organisation.people(below=True)}
        chosen = list(possible.values()) if people is None else list(people)
        strangers = [str(person) for person in chosen if person.pk not in possible]
        if strangers:
            sentence = _("These people have no role in this organisation: %(people)s.")
            raise ValidationError({"people": sentence % {"people": ", ".join(strangers)}})
        asked = set(fresh.reading_requests.values_list("person", flat=True))
        new = [person for person in chosen if person.pk not in asked]
        ReadingRequest.objects.bulk_create(
            ReadingRequest(policy_version=fresh, person=person, due=due, asked_by=by) for person in new
        )
        if new:
            changes = {"asked": [None, [str(person) for person in new]], "due": [None, due and due.isoformat()]}
            record_version("reading_asked", fresh, changes)
            notifying.tell(
                [person for person in new if person != by],
                Notification.Kind.READING,
                key=f"policy_read:{fresh.pk}",
                details={
                    "sentence": "policy_read",
                    "what": policy.title,
                    "who": str(by),
                    "where": policy.organisation.name,
                },
                url=fresh.get_absolute_url(),
                organisation=policy.organisation,
            )
    return len(new)


def confirm_read(request: ReadingRequest, *, by: User) -> ReadingRequest:
    """The request, confirmed by the person who was asked; a second time changes nothing."""
    if not by.has_perm("governance.confirm_reading", request):
        raise PermissionDenied
    with transaction.atomic():
        fresh = ReadingRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
        if fresh.confirmed_at is None:
            if fresh.policy_version.status != PolicyVersion.Status.ADOPTED:
                raise ValidationError(_("This version does not count any more, so there is nothing to confirm."))
            fresh.confirmed_at = clock.now()
            fresh.save(update_fields=["confirmed_at"])
            label = str(fresh.policy_version)
            audit_trail.record("readingrequest.confirmed", fresh, {"confirmed": [False, True]}, label=label)
    return fresh
