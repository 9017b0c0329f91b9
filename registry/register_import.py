"""Taking exports of the national Algoritmeregister into the register."""

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from governance import audit_trail, clock
from governance.models import Organisation
from governance.organisations import slug_for
from registry import lifecycle
from registry.classifying import decide_all, hold
from registry.models import Algorithm, AlgorithmTheme, ImportedRow
from registry.register_files import Record, Remark, read_record, read_register
from registry.register_values import visible

BATCH = 200
ID_KEY = "id:"

Kind = Organisation.Kind
KIND_OF_NAME = (
    (r"gemeente\b", Kind.MUNICIPALITY),
    (r"provincie\b", Kind.PROVINCE),
    (r"waterschap\b|hoogheemraadschap\b|wetterskip\b", Kind.WATER_BOARD),
    (r"ministerie\b", Kind.MINISTRY),
    (r"veiligheids(regio\b|- en )", Kind.SAFETY_REGION),
    (r"omgevingsdienst\b|rud\b", Kind.ENVIRONMENT_SERVICE),
)

RICH_TEXTS = {
    "goal", "proportionality", "human_intervention", "risks", "lawful_basis", "impacttoetsen", "source_data",
    "methods_and_models", "tags",
}  # fmt: skip
"""Fields that have markup in the one export and lose it in the other."""


@dataclass
class Entry:
    """A row on its way into the register; `algorithm` is the one it is about, as soon as that is known."""

    record: Record
    organisation: Organisation
    key: str
    algorithm: Algorithm | None = None

    @property
    def has_register_id(self) -> bool:
        return self.key.startswith(ID_KEY)


@dataclass
class ImportReport:
    """What became of every row of a file."""

    file: str
    layout: str
    rows: int
    versions: int
    columns_without_field: dict[str, int]
    added: list[Record] = field(default_factory=list)
    matched: list[Record] = field(default_factory=list)
    updated: list[Record] = field(default_factory=list)
    refused: list[Record] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)
    """Rows of other organisations than the one asked for, by name."""
    differing: list[tuple[Record, list[str]]] = field(default_factory=list)
    """Matched rows that say something else than the register, with the fields."""
    remarks: list[tuple[Record, Remark]] = field(default_factory=list)
    possible_duplicates: dict[tuple[str, str], list[Record]] = field(default_factory=dict)
    """Rows that share (organisation, name) with each other or with another algorithm of the register."""
    organisations: list[str] = field(default_factory=list)
    """Names of the organisations that were added."""


def import_register(
    path: Path,
    *,
    organisation: Organisation | None = None,
    update: bool = False,
    dry_run: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> ImportReport:
    """Reads a register export: every row becomes an algorithm, is matched to one, or is refused with a reason.

    Only the rows of `organisation` are taken when it is given, with those that name no organisation. A matched
    algorithm changes with `update` only, and then in the fields that the row gives a value; what the row leaves empty
    stays. `dry_run` reports all this and keeps nothing. Raises `RegisterFileError` when the file cannot be read.
    """
    file = read_register(path)
    report = ImportReport(file.name, file.layout, len(file.rows), file.versions, file.columns_without_field())
    records = []
    for done, row in enumerate(file.rows, start=1):
        records.append(read_record(row))
        progress(done, len(file.rows))
    with transaction.atomic():
        entries = _settle(records, organisation, report)
        known = KnownAlgorithms(entries)
        known.match(entries)
        entries = [entry for entry in entries if not entry.record.refused]
        known.keep_source_ids_apart(entries)
        new = [entry for entry in entries if entry.algorithm is None]
        matched = [entry for entry in entries if entry.algorithm is not None]
        _add(new, report)
        _compare(matched, report, update=update)
        _keep_rows([*new, *(entry for entry in matched if entry.key not in known.keys)], report)
        report.refused = [record for record in records if record.refused]
        report.remarks = [(entry.record, remark) for entry in entries for remark in entry.record.remarks]
        report.possible_duplicates = known.namesakes(entries, new)
        transaction.set_rollback(dry_run)
    return report


def _settle(records: Iterable[Record], only: Organisation | None, report: ImportReport) -> list[Entry]:
    """The records with their organisation and key. What stands in the file twice is refused the second time."""
    organisations = _Organisations()
    entries: dict[str, Entry] = {}
    for record in records:
        if record.refused:
            continue
        named = organisations.find(record)
        name = record.organisation or record.identifier
        if only and name and named != only:
            report.passed_over[name] += 1
        elif not (only or named or record.organisation):
            record.refused = Remark("organization", _("is empty"), record.identifier)
        else:
            home = only or named or organisations.add(record, report)
            entry = Entry(record, home, key_of(record, home))
            first = entries.setdefault(entry.key, entry)
            if first is not entry:
                column = "algorithm_id" if entry.has_register_id else "name"
                reason = _("stands in the file before, in row %d") % first.record.row.number
                record.refused = Remark(column, reason, record.register_id or record.name)
    return list(entries.values())


def key_of(record: Record, organisation: Organisation) -> str:
    """What identifies a row in every export: the register's ID, in exports without one all that the row says."""
    if record.register_id:
        return f"{ID_KEY}{record.register_id}"
    content = json.dumps(record.row.content, sort_keys=True, ensure_ascii=False)
    name = slugify(record.name)[:100]
    return f"row:{organisation.slug}:{name}:{hashlib.sha256(content.encode()).hexdigest()}"


class _Organisations:
    """The organisations of the register, by name in any case and by official identifier."""

    def __init__(self) -> None:
        self.by_name: dict[str, Organisation] = {}
        self.by_identifier: dict[str, Organisation] = {}
        for organisation in Organisation.objects.order_by("-pk"):
            self._know(organisation)

    def _know(self, organisation: Organisation) -> None:
        self.by_name[_same_name(organisation.name)] = organisation
        if organisation.identifier:
            self.by_identifier[organisation.identifier.casefold()] = organisation

    def find(self, record: Record) -> Organisation | None:
        by_identifier = self.by_identifier.get(record.identifier.casefold())
        return by_identifier or self.by_name.get(_same_name(record.organisation))

    def add(self, record: Record, report: ImportReport) -> Organisation:
        name = record.organisation
        kind = next((kind for pattern, kind in KIND_OF_NAME if re.match(pattern, name, re.IGNORECASE)), Kind.OTHER)
        organisation = Organisation(name=name, slug=slug_for(name), kind=kind, identifier=record.identifier)
        organisation.save()
        fields = {"name": name, "kind": str(kind), "identifier": record.identifier}
        changes = audit_trail.changes_between({}, fields)
        audit_trail.record("organisation.added", organisation, changes, organisation=organisation)
        self._know(organisation)
        report.organisations.append(name)
        return organisation


def _same_name(name: str) -> str:
    return " ".join(name.casefold().split())


class KnownAlgorithms:
    """The algorithms of the register that the rows of a file may be about."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        wanted = {entry.key for entry in entries}
        self.keys: dict[str, int] = {}
        self.identified: set[int] = set()
        for key, algorithm in ImportedRow.objects.order_by().values_list("key", "algorithm"):
            if key in wanted:
                self.keys[key] = algorithm
            if key.startswith(ID_KEY):
                self.identified.add(algorithm)
        organisations = {entry.organisation.pk for entry in entries}
        organisations |= set(Algorithm.objects.filter(pk__in=self.keys.values()).values_list("organisation", flat=True))
        self.by_source_id: dict[tuple[int, str], int] = {}
        self.by_name: dict[tuple[int, str], list[int]] = defaultdict(list)
        for pk, organisation, name, source_id in (
            Algorithm.objects.filter(organisation__in=organisations)
            .order_by("pk")
            .values_list("pk", "organisation", "name", "source_id")
        ):
            self.by_name[organisation, name].append(pk)
            if source_id:
                self.by_source_id[organisation, source_id] = pk

    def match(self, entries: Sequence[Entry]) -> None:
        """Finds the algorithm of each row, where there is one: by key, else by source ID, else by name.

        Keys go first for the whole file, so that no row takes the algorithm of another by its name. A row whose name
        fits several algorithms is refused.
        """
        matches = {entry.key: self.keys[entry.key] for entry in entries if entry.key in self.keys}
        claimed = set(matches.values())
        for entry in entries:
            if entry.key not in matches:
                found = self._candidates(entry, claimed)
                if len(found) == 1:
                    matches[entry.key] = found[0]
                    claimed.add(found[0])
                elif found:
                    reason = _("fits several algorithms of the organisation; give them different names, then try again")
                    entry.record.refused = Remark("name", reason, entry.record.name)
        hold(claimed)
        algorithms = Algorithm.objects.select_related("organisation").prefetch_related("themes").in_bulk(claimed)
        for entry in entries:
            entry.algorithm = algorithms.get(matches.get(entry.key, 0))

    def _candidates(self, entry: Entry, claimed: set[int]) -> list[int]:
        """The algorithms that a row without a known key can be about; another register ID means another algorithm."""
        organisation, record = entry.organisation.pk, entry.record
        by_source_id = self.by_source_id.get((organisation, record.fields.get("source_id", "")))
        if by_source_id and by_source_id not in claimed:
            return [by_source_id]
        others = claimed | self.identified if entry.has_register_id else claimed
        return [pk for pk in self.by_name.get((organisation, record.name), []) if pk not in others]

    def keep_source_ids_apart(self, entries: Iterable[Entry]) -> None:
        """Takes the source ID from rows when another algorithm of the organisation has it already."""
        new = 0
        for entry in entries:
            fields, algorithm = entry.record.fields, entry.algorithm
            if source_id := fields.get("source_id"):
                new -= 1
                organisation = algorithm.organisation if algorithm else entry.organisation
                number = algorithm.pk if algorithm else new
                if self.by_source_id.setdefault((organisation.pk, source_id), number) != number:
                    del fields["source_id"]
                    reason = _("another algorithm of the organisation has this source ID; left empty")
                    entry.record.remarks.append(Remark("source_id", reason, source_id))

    def namesakes(self, entries: Iterable[Entry], new: Iterable[Entry]) -> dict[tuple[str, str], list[Record]]:
        """The rows that share their name with another row, or are new beside an algorithm of that name."""
        groups: dict[tuple[str, str], list[Record]] = defaultdict(list)
        for entry in entries:
            groups[entry.organisation.name, entry.record.name].append(entry.record)
        beside = {
            (entry.organisation.name, entry.record.name)
            for entry in new
            if (entry.organisation.pk, entry.record.name) in self.by_name
        }
        return {name: records for name, records in groups.items() if len(records) > 1 or name in beside}


def _add(entries: Sequence[Entry], report: ImportReport) -> None:
    algorithms = []
    for entry in entries:
        fields = {name: value for name, value in entry.record.fields.items() if name != "themes"}
        entry.algorithm = Algorithm(organisation=entry.organisation, **fields)
        algorithms.append(entry.algorithm)
    Algorithm.objects.bulk_create(algorithms, batch_size=BATCH)
    _add_themes(entries)
    lifecycle.follow(algorithms, by=None)
    audit_trail.append(
        audit_trail.event(
            "algorithm.imported",
            algorithm,
            {
                "file": [None, report.file],
                "row": [None, entry.record.row.number],
                "key": [None, entry.key],
                **audit_trail.changes_between({}, {k: v for k, v in entry.record.fields.items() if v not in ("", [])}),
            },
        )
        for entry, algorithm in zip(entries, algorithms, strict=True)
    )
    decide_all(algorithms)
    report.added = [entry.record for entry in entries]


def _add_themes(entries: Iterable[Entry]) -> None:
    AlgorithmTheme.objects.bulk_create(
        AlgorithmTheme(algorithm=entry.algorithm, theme=theme)
        for entry in entries
        for theme in entry.record.fields.get("themes", [])
    )


def _compare(entries: Sequence[Entry], report: ImportReport, *, update: bool) -> None:
    """Notes which matched rows say something else than the register, and lets them have their way with `update`."""
    differing = {}
    for entry in entries:
        report.matched.append(entry.record)
        if entry.algorithm and entry.algorithm.organisation != entry.organisation:
            reason = _("the algorithm stands here under %s and stays there") % entry.algorithm.organisation
            entry.record.remarks.append(Remark("organization", reason, entry.record.organisation))
        if fields := _differing_fields(entry):
            differing[entry.key] = (entry, fields)
            report.differing.append((entry.record, fields))
    if update:
        _revise(differing, report)


def _differing_fields(entry: Entry) -> list[str]:
    return [
        name
        for name, value in entry.record.fields.items()
        if _meaning(name, value) != _meaning(name, _current(entry.algorithm, name))
    ]


def _current(algorithm: Any, name: str) -> Any:
    return sorted(row.theme for row in algorithm.themes.all()) if name == "themes" else getattr(algorithm, name)


def _meaning(name: str, value: Any) -> Any:
    """What two values have in common that say the same: markup, white space and order say nothing."""
    if name == "themes":
        return sorted(value)
    if name in RICH_TEXTS:
        return "".join(visible(value).split())
    if isinstance(value, list):
        return re.sub(r"[\s,]", "", "".join(link["title"] + link["link"] for link in value))
    return value


def _revise(differing: dict[str, tuple[Entry, list[str]]], report: ImportReport) -> None:
    algorithms, events, themed, columns = [], [], [], {"version"}
    for entry, names in differing.values():
        algorithm: Any = entry.algorithm
        new = {name: entry.record.fields[name] for name in names}
        changes = audit_trail.changes_between({name: _current(algorithm, name) for name in names}, new)
        if new.pop("themes", None):
            themed.append(entry)
        for name, value in new.items():
            setattr(algorithm, name, value)
        algorithm.version += 1
        columns |= new.keys()
        algorithms.append(algorithm)
        events.append(audit_trail.event("algorithm.revised", algorithm, changes))
    Algorithm.objects.bulk_update(algorithms, sorted(columns), batch_size=BATCH)
    lifecycle.follow(algorithms, by=None)
    AlgorithmTheme.objects.filter(algorithm__in=[entry.algorithm for entry in themed]).delete()
    _add_themes(themed)
    audit_trail.append(events)
    rows = list(ImportedRow.objects.filter(key__in=differing))
    for row in rows:
        for name, value in _row_fields(differing[row.key][0].record, report).items():
            setattr(row, name, value)
    ImportedRow.objects.bulk_update(rows, ["source", "row", "content", "remarks", "imported"], batch_size=BATCH)
    report.updated = [entry.record for entry, _names in differing.values()]


def _keep_rows(entries: Iterable[Entry], report: ImportReport) -> None:
    ImportedRow.objects.bulk_create(
        ImportedRow(algorithm=entry.algorithm, key=entry.key, **_row_fields(entry.record, report)) for entry in entries
    )


def _row_fields(record: Record, report: ImportReport) -> dict[str, Any]:
    return {
        "source": report.file[-200:],
        "row": record.row.number,
        "content": record.row.content,
        "remarks": [{"field": r.field, "reason": r.reason, "value": r.value} for r in record.remarks],
        "imported": clock.now(),
    }
