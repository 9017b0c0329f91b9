"""The government's lists of public bodies, to choose from when an organisation is added."""

import csv
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from governance import audit_trail
from governance.models import OfficialBody, Organisation

Kind = Organisation.Kind
LISTS = {
    "Gemeenten.csv": Kind.MUNICIPALITY,
    "Omgevingsdiensten.csv": Kind.ENVIRONMENT_SERVICE,
    "Provincies.csv": Kind.PROVINCE,
    "Veiligheidsregios.csv": Kind.SAFETY_REGION,
    "Waterschappen.csv": Kind.WATER_BOARD,
}
COLUMNS = {"name", "org_id"}


class OfficialBodiesError(Exception):
    """A list cannot be read at all; the message says which, and why."""


@dataclass(frozen=True)
class BadRow:
    file: str
    row: int
    reason: str


@dataclass
class Report:
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: list[BadRow] = field(default_factory=list)


def import_official_bodies(folder: Path) -> Report:
    """Reads the five lists (`name;identifier;org_id`) of a folder, all or none; the rows that are not right are named.

    A body is known by its `org_id`. What is no longer in a list stays. Raises `OfficialBodiesError`.
    """
    report = Report()
    read: dict[str, OfficialBody] = {}
    for name, kind in LISTS.items():
        _read(folder / name, kind, read, report)
    with transaction.atomic():
        known = {body.identifier: body for body in OfficialBody.objects.select_for_update()}
        before = {body.pk: {"name": body.name, "kind": body.kind} for body in known.values()}
        new = [body for identifier, body in read.items() if identifier not in known]
        changed = []
        for identifier in read.keys() & known.keys():
            body, says = known[identifier], read[identifier]
            if (body.name, body.kind) != (says.name, says.kind):
                body.name, body.kind = says.name, says.kind
                changed.append(body)
        OfficialBody.objects.bulk_create(new)
        OfficialBody.objects.bulk_update(changed, ["name", "kind"])
        audit_trail.append([audit_trail.event("officialbody.added", body, _told({}, body)) for body in new])
        audit_trail.append(
            [audit_trail.event("officialbody.changed", body, _told(before[body.pk], body)) for body in changed]
        )
    report.added, report.changed = len(new), len(changed)
    report.unchanged = len(read) - len(new) - len(changed)
    return report


def _told(old: dict[str, str], body: OfficialBody) -> dict[str, Any]:
    return audit_trail.changes_between(old, {"name": body.name, "kind": body.kind})


def _read(path: Path, kind: str, read: dict[str, OfficialBody], report: Report) -> None:
    """Adds the bodies of one list to `read`, by identifier, and what is wrong with it to the report."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.DictReader(file, delimiter=";")
            if not set(lines.fieldnames or []) >= COLUMNS:
                raise OfficialBodiesError(
                    _("%(file)s has no columns name and org_id, separated by semicolons.") % {"file": path.name}
                )
            for line in lines:
                name, identifier = (line["name"] or "").strip(), (line["org_id"] or "").strip()
                reason = _wrong(name, identifier, read)
                if reason:
                    report.refused.append(BadRow(path.name, lines.line_num, reason))
                else:
                    read[identifier] = OfficialBody(kind=kind, name=name, identifier=identifier)
    except OSError as error:
        raise OfficialBodiesError(_("There is no file %(file)s in the folder.") % {"file": path.name}) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise OfficialBodiesError(_("%(file)s is not a CSV file in UTF-8.") % {"file": path.name}) from error


def _wrong(name: str, identifier: str, read: dict[str, OfficialBody]) -> str:
    """What is wrong with a row, or nothing."""
    if not name or not identifier:
        return _("the name or the identifier is missing")
    if len(name) > 200 or len(identifier) > 50:
        return _("the name or the identifier is too long")
    if identifier in read:
        return _("%(name)s has the identifier %(identifier)s, which %(other)s has too") % {
            "name": name,
            "identifier": identifier,
            "other": read[identifier].name,
        }
    return ""
