"""How the history of a record reads: who did what, and what changed from what to what.

Each part of the application states how its verbs and fields read (`tells`); a verb of which nobody stated that is
shown by its code, and a field that means nothing to a reader is left out.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.apps import apps
from django.db import models
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from governance.models import (
    AuditEvent,
    Evidence,
    Fact,
    Organisation,
    OrganisationAssessment,
    OrganisationMeasureStatus,
    Policy,
    PolicyVersion,
    Position,
    RoleAssignment,
)

Words = Callable[[], str]

VERBS: dict[str, Words] = {}
"""What was done, as the rest of a sentence that begins with who did it."""
ABOUT_A_PART: set[str] = set()
"""The verbs, whole or up to and including the point, after which the name of what it was done to follows."""
FIELDS: dict[str, Words] = {}
"""The names of what is no field of a model, or goes by another name in a history."""
MODELS: dict[str, Sequence[type[models.Model]]] = {}
"""By the label of a record, the models whose fields change in its history."""
CHOICES: dict[str, Iterable[tuple[Any, Any]]] = {}
"""The values, with their names, of what is in `FIELDS`."""


def tells(
    verbs: Mapping[str, Words],
    *,
    about_a_part: Iterable[str] = (),
    fields: Mapping[str, Words] | None = None,
    histories: Iterable[Sequence[type[models.Model]]] = (),
    choices: Mapping[str, Iterable[tuple[Any, Any]]] | None = None,
) -> None:
    """States how a part of the application tells its histories; each begins with the record whose history it is."""
    VERBS.update(verbs)
    ABOUT_A_PART.update(about_a_part)
    FIELDS.update(fields or {})
    MODELS.update({of[0]._meta.label_lower: of for of in histories})
    CHOICES.update(choices or {})


DONE: dict[str, Words] = {
    "added": lambda: _("added: %(kind)s"),
    "changed": lambda: _("changed: %(kind)s"),
    "revised": lambda: _("changed: %(kind)s"),
    "ended": lambda: _("ended: %(kind)s"),
    "withdrawn": lambda: _("withdrew: %(kind)s"),
    "returned": lambda: _("brought back: %(kind)s"),
    "removed": lambda: _("removed: %(kind)s"),
    "downloaded": lambda: _("downloaded: %(kind)s"),
}
"""What was done to a record of some kind, for verbs that say no more than that."""

tells(
    {
        "user.logged_in": lambda: _("logged in"),
        "user.logged_out": lambda: _("logged out"),
        "user.log_in_failed": lambda: _("tried to log in, without success, as"),
        "user.second_factor_added": lambda: _("set up a second factor"),
        "user.second_factor_removed": lambda: _("removed a second factor"),
        "user.second_factor_renewed": lambda: _("made new recovery codes"),
        "user.second_factor_failed": lambda: _("gave a wrong second factor"),
        "user.password_changed": lambda: _("changed the password of"),
        "user.sessions_ended": lambda: _("ended other sessions"),
        "user.identity_joined": lambda: _("joined the account to that of the identity provider"),
        "user.identity_separated": lambda: _("separated the account from that of the identity provider"),
        "user.language_chosen": lambda: _("chose a language"),
        "user.notifications_chosen": lambda: _("chose what comes by e-mail"),
        "user.added": lambda: _("added the account of"),
        "user.changed": lambda: _("changed the account of"),
        "user.deactivated": lambda: _("closed the account of"),
        "user.reactivated": lambda: _("opened the account again of"),
        "membership.given": lambda: _("gave a role:"),
        "membership.ended": lambda: _("said when a role ends:"),
        "membership.added": lambda: _("gave a role:"),
        "membership.changed": lambda: _("changed a role:"),
        "invitation.sent": lambda: _("invited"),
        "invitation.sent_again": lambda: _("invited again:"),
        "invitation.withdrawn": lambda: _("withdrew the invitation of"),
        "invitation.accepted": lambda: _("accepted the invitation"),
        "grouprole.added": lambda: _("let a group of the identity provider give a role:"),
        "grouprole.removed": lambda: _("no longer lets a group of the identity provider give a role:"),
        "organisation.second_factor_required": lambda: _("changed for which roles a second factor is required"),
        "readingrequest.confirmed": lambda: _("confirmed having read"),
        "training.recorded": lambda: _("recorded a training:"),
        "training.withdrawn": lambda: _("withdrew a training:"),
        "framework.imported": lambda: _("imported the catalogue:"),
        "decision_tree.imported": lambda: _("imported the decision tree"),
        "decision_tree.taken_into_use": lambda: _("took the decision tree into use"),
        "comment.added": lambda: _("commented on"),
        "comment.resolved": lambda: _("resolved a comment on"),
        "comment.reopened": lambda: _("opened a comment again on"),
        "evidence.added": lambda: _("added the evidence"),
        "evidence.revised": lambda: _("changed the evidence"),
        "evidence.withdrawn": lambda: _("withdrew the evidence"),
        "evidence.attached": lambda: _("used it as evidence for"),
        "evidence.detached": lambda: _("no longer used it as evidence for"),
        "evidence.downloaded": lambda: _("downloaded the file"),
        "proof.attached": lambda: _("added as evidence:"),
        "proof.detached": lambda: _("no longer used as evidence:"),
        "organisation.added": lambda: _("added the organisation"),
        "organisation.changed": lambda: _("changed the organisation"),
        "maturity.assessed": lambda: _("assessed the maturity of the organisation"),
        "objective.added": lambda: _("added the value or objective"),
        "objective.revised": lambda: _("changed the value or objective"),
        "objective.ended": lambda: _("ended the value or objective"),
        "position.added": lambda: _("added the function"),
        "position.revised": lambda: _("changed the function"),
        "position.ended": lambda: _("ended the function"),
        "position.assigned": lambda: _("said who holds the function, or stands in"),
        "position.unassigned": lambda: _("said when somebody's function ends"),
        "knowledge.added": lambda: _("added what people have to know"),
        "knowledge.revised": lambda: _("changed what people have to know"),
        "knowledge.ended": lambda: _("ended what people have to know"),
        "export.taken": lambda: _("downloaded the table"),
        "export.asked": lambda: _("asked for the file"),
        "export.downloaded": lambda: _("downloaded the file"),
        "policy.added": lambda: _("added the policy"),
        "policy.revised": lambda: _("changed properties or links"),
        "policy.published": lambda: _("published the policy"),
        "policy.unpublished": lambda: _("took the policy out of publication"),
        "policy.withdrawn": lambda: _("withdrew the policy"),
        "policyversion.started": lambda: _("began version"),
        "policyversion.written": lambda: _("wrote on version"),
        "policyversion.attached": lambda: _("added a file to version"),
        "policyversion.attachment_removed": lambda: _("removed a file from version"),
        "policyversion.submitted": lambda: _("put up for review: version"),
        "policyversion.returned": lambda: _("gave back to its authors: version"),
        "policyversion.adopted": lambda: _("adopted version"),
        "policyversion.superseded": lambda: _("set an end to version"),
        "policyversion.holds_on": lambda: _("let hold on: version"),
        "policyversion.withdrawn": lambda: _("withdrew version"),
        "policyversion.reading_asked": lambda: _("asked people to read version"),
    },
    about_a_part=[
        "comment.",
        "policyversion.",
        "user.log_in_failed",
        "user.password_changed",
        "user.added",
        "user.changed",
        "user.deactivated",
        "user.reactivated",
        "membership.",
        "invitation.sent",
        "invitation.withdrawn",
        "grouprole.",
        "readingrequest.",
        "training.",
        "framework.",
        "decision_tree.",
        "export.",
        "proof.",
        "evidence.attached",
        "evidence.detached",
    ],
    fields={
        "format": lambda: _("As"),
        "method": lambda: _("How"),
        "identity": lambda: _("Account of the identity provider"),
        "sessions": lambda: _("Number of sessions"),
        "rows": lambda: _("Rows"),
        "in use": lambda: _("in use"),
        "roles": lambda: _("Roles"),
        "filter": lambda: _("Filter"),
        "comment": lambda: _("Comment"),
        "attachments": lambda: _("Attachments"),
        "asked": lambda: _("Asked to read it"),
        "body": str,  # two whole texts; the page that compares versions tells them apart
    },
    histories=[
        [Policy, PolicyVersion],
        [Position, RoleAssignment],
        [Organisation, OrganisationAssessment, OrganisationMeasureStatus],
        [Evidence],
    ],
)


def told(event: AuditEvent) -> str:
    """What happened, as the rest of a sentence that begins with who did it."""
    if event.verb in VERBS:
        verb = VERBS[event.verb]()
        return f"{verb} {event.label}" if event.verb.startswith(tuple(ABOUT_A_PART)) else verb
    done = event.verb.rpartition(".")[2]
    return f"{DONE[done]() % {'kind': kind_of_record(event)}} {event.label}" if done in DONE else event.verb


def kind_of_record(event: AuditEvent) -> str:
    """What kind of record it was done to, in words."""
    model = model_of(event.subject_type)
    return str(model._meta.verbose_name) if model else event.subject_type


def model_of(kind: str) -> type[models.Model] | None:
    """The model of a kind of record; none when there no longer is one."""
    try:
        return apps.get_model(kind)
    except LookupError:
        return None


def changed_fields(event: AuditEvent, *, every: bool = False) -> list[tuple[str, Any, Any]]:
    """(field in words, old, new) for every change that means something to a reader and can be told apart in words.

    With `every`, for who checks: all changes, under the name in the code where there is none in words.
    """
    rows = []
    for name, change in event.changes.items():
        old, new = change if isinstance(change, list) and len(change) == 2 else (None, change)
        if name == "facts":
            before, after = old or {}, new or {}
            for fact, text in Fact.choices:
                rows.append((str(text), _in_words([], fact, before.get(fact)), _in_words([], fact, after.get(fact))))
            continue
        fields = _fields(event, name)
        label = _name(fields, name) or (name if every else "")
        if label and (every or not isinstance(old or new, dict)):
            rows.append((label, _in_words(fields, name, old), _in_words(fields, name, new)))
    return [row for row in rows if row[1] != row[2]]


def _fields(event: AuditEvent, name: str) -> list[Any]:
    """The fields of that name of the models whose changes stand in the history of this record."""
    changed = MODELS.get(event.subject_type) or filter(None, [model_of(event.subject_type)])
    known = [{field.name: field for field in model._meta.get_fields()} for model in changed]
    fields = [fields[name] for fields in known if name in fields]
    return [field for field in fields if hasattr(field, "verbose_name")]


def _name(fields: Sequence[Any], name: str) -> str:
    """The name of a field in words; empty for what means nothing to a reader."""
    text = FIELDS[name]() if name in FIELDS else next((str(field.verbose_name) for field in fields), "")
    return text[:1].upper() + text[1:]


ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def _in_words(fields: Sequence[Any], name: str, value: Any) -> Any:
    """A value of a change as a reader would write it: choices by their names, moments by the local clock."""
    if value in (None, "", []):
        return _("empty")
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_in_words([], '', part)}" for key, part in value.items())
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        rows = [row.get("title", row) if isinstance(row, dict) else _in_words(fields, name, row) for row in value]
        return ", ".join(map(str, rows))
    choices = dict(CHOICES.get(name, []))
    for field in fields:
        choices |= dict(getattr(field, "flatchoices", None) or [])
    if value in choices:
        return str(choices[value])
    if isinstance(value, str) and ISO_DATE.match(value):
        moment = parse_datetime(value) if "T" in value else None
        if moment is not None:
            return date_format(localtime(moment), "j F Y, H:i")
        if ISO_DATE.fullmatch(value) and (date := parse_date(value)):
            return date_format(date, "j F Y")
    return value
