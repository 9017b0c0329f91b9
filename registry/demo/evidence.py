"""What proves what the demo's organisations say, and their impact assessments, from `fixtures/demo/evidence.yaml`."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from governance import clock, evidence
from governance.models import Evidence, Measure, Organisation, Policy, Requirement, Tool, User
from governance.permissions import organisation_of
from registry import impact_assessments
from registry.demo.cast import FOLDER, Cast, explained, read
from registry.models import Algorithm

DAYS = ("carried_out_on", "next_on", "valid_until")
FILE = ("name", "text", "lines")


def add_evidence(cast: Cast) -> None:
    path = FOLDER / "evidence.yaml"
    content = read(path)
    owners = list(cast.organisations.values())
    algorithms = {row.name: row for row in Algorithm.objects.filter(organisation__in=owners).for_list()}
    policies = {row.title: row for row in Policy.objects.filter(organisation__in=owners)}
    for entry in content["impact_assessments"]:
        with explained(path, f"{entry['algorithm']}, {entry['tool']}"):
            _assess(entry, algorithms, cast)
    for entry in content["evidence"]:
        with explained(path, entry["title"]):
            _add(entry, {"algorithm": algorithms, "policy": policies, "organisation": cast.organisations}, cast)


def _assess(entry: Mapping[str, Any], algorithms: Mapping[str, Algorithm], cast: Cast) -> None:
    dated = _dated(entry)
    document = dated.pop("document", None)
    with cast.acting(dated) as (by, fields):
        algorithm = algorithms[fields.pop("algorithm")]
        tool = Tool.objects.get(slug=fields.pop("tool"), organisation=None)
        done = impact_assessments.begin(algorithm, {"tool": tool, **fields}, by=by)
        if document:
            _kept(algorithm.organisation, document, (done, None), by)


def _add(entry: Mapping[str, Any], records: Mapping[str, Mapping[str, Any]], cast: Cast) -> None:
    dated = _dated(entry)
    withdrawn = dated.pop("withdrawn", None)
    with cast.acting(dated) as (by, fields):
        organisation, used = cast.organisations[fields.pop("organisation")], fields.pop("used", [])
        added = _kept(organisation, fields, None, by)
        for place in used:
            record = next(rows[place[kind]] for kind, rows in records.items() if kind in place)
            evidence.attach(added, record, _part(place, record), by=by)
    if withdrawn:
        with cast.acting(withdrawn) as (by, step):
            evidence.withdraw(added, step["reason"], by=by)


def _kept(organisation: Organisation, entry: Mapping[str, Any], at: tuple[Any, Any] | None, by: User) -> Evidence:
    fields = {name: value for name, value in entry.items() if name not in FILE}
    upload = None
    if "name" in entry:
        content = pdf(entry["lines"]) if "lines" in entry else entry["text"].encode()
        upload = SimpleUploadedFile(entry["name"], content)
    return evidence.add(organisation, fields, upload=upload, at=at, by=by)


def _part(place: Mapping[str, Any], record: Any) -> Requirement | Measure | None:
    organisation: Any = organisation_of(record)
    for name, items in (("requirement", Requirement), ("measure", Measure)):
        if name in place:
            rows: Any = items.objects
            return {row.code: row for row in rows.for_organisation(organisation)}[place[name]]
    return None


def _dated(entry: Mapping[str, Any]) -> dict[str, Any]:
    today = clock.today()
    return {name: today + timedelta(days=value) if name in DAYS else value for name, value in entry.items()}


def pdf(lines: Iterable[str]) -> bytes:
    """A page with these lines."""
    shown = " ".join(f"({line.translate(ESCAPED)}) ' " for line in lines)
    text = f"BT /F1 12 Tf 72 770 Td 18 TL {shown}ET".encode("latin-1", "replace")
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(text), text),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    ]
    written, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(written))
        written += b"%d 0 obj%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    tail = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(written))
    return written + head + table + tail


ESCAPED = str.maketrans({"\\": r"\\", "(": r"\(", ")": r"\)"})
