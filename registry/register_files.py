"""Exports of the national Algoritmeregister: which layout a file has, and what each of its rows says.

Nothing here touches the database.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from django.utils.text import Truncator
from django.utils.translation import gettext as _

from governance.models import Organisation
from registry import register_values as values
from registry.models import Algorithm
from registry.register_values import plain


class RegisterFileError(ValueError):
    """A file that cannot be read as a register export; the message says where and why."""


@dataclass(frozen=True)
class Remark:
    field: str
    reason: str
    value: str = ""


@dataclass(frozen=True)
class Row:
    """One algorithm in a file. `cells` are its values by the standard's names, `content` is all that was read."""

    number: int
    """In a CSV file as a spreadsheet counts (the header is 1), in a JSON file the place among the versions."""
    cells: dict[str, Any]
    content: dict[str, Any]
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True)
class RegisterFile:
    name: str
    layout: str
    rows: list[Row]
    versions: int = 0
    """In a JSON file, how many versions (in any language) the rows come from."""

    def columns_without_field(self) -> dict[str, int]:
        """The columns for which an algorithm has no field, with the number of rows that fill them."""
        filled: dict[str, int] = {}
        for row in self.rows:
            for column, value in row.cells.items():
                if column not in FIELDS and column not in IDENTITY and plain(value):
                    filled[column] = filled.get(column, 0) + 1
        return filled


# Layouts


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


GROUPS = {
    "": _names("name organization department description_short type category website status"),
    "inzet.": _names("goal impact proportionality decision_making_process documentation"),
    "juridisch.": _names(
        "competent_authority lawful_basis iama iama_description dpia dpia_description objection_procedure"
    ),
    "metadata_algorithm.": _names("schema_metadata uuid url contact_email area lang revision_date"),
    "toepassing.": _names("description application_url publiccode mprd source_data methods_and_models"),
    "toezicht.": _names("monitoring human_intervention risks performance_standard"),
}
OLD = frozenset().union(*GROUPS.values())
LATER = _names(
    "provider process_index_url tags source_id begin_date end_date lawful_basis_link impacttoetsen source_data_link"
)
STANDARD_1_0 = _names(
    """name description_short organization category status begin_date end_date contact_email website
    publication_category url goal proportionality human_intervention risks lawful_basis lawful_basis_grouping
    process_index_url impacttoetsen impacttoetsen_grouping source_data source_data_grouping methods_and_models provider
    publiccode lang standard_version source_id tags"""
)
ONLY_0_4 = _names("type iama_description uuid lawful_basis_link source_data_link")
SYSTEM = _names("algorithm_id publication_dt org_id")
SITE = _names("language lars create_dt publication_dt state owner org_id algorithm_id preferred_name released")


@dataclass(frozen=True)
class Layout:
    name: str
    required: frozenset[str]
    optional: frozenset[str] = frozenset()

    def missing(self, columns: frozenset[str]) -> frozenset[str]:
        return self.required - columns

    def unexpected(self, columns: frozenset[str]) -> frozenset[str]:
        return columns - self.required - self.optional


CSV_LAYOUTS = (
    Layout("2023-02", frozenset(prefix + name for prefix, names in GROUPS.items() for name in names)),
    Layout(
        "2023-04", (OLD - {"schema_metadata"}) | {"lars"}, LATER | {"released", "schema_metadata", "standard_version"}
    ),
    Layout("1.0", STANDARD_1_0, SYSTEM),
    Layout("1.0 + 0.4", STANDARD_1_0 | ONLY_0_4, SYSTEM),
)
JSON_LAYOUT = Layout("JSON", _names("name organization language lars"), OLD | LATER | STANDARD_1_0 | ONLY_0_4 | SITE)


def _recognise(columns: frozenset[str], layouts: Iterable[Layout], file: str) -> Layout:
    """The layout with these columns. Raises `RegisterFileError` naming how they differ from the nearest one."""
    nearest = min(layouts, key=lambda layout: len(layout.missing(columns)) + len(layout.unexpected(columns)))
    missing, unexpected = nearest.missing(columns), nearest.unexpected(columns)
    if not missing and not unexpected:
        return nearest
    raise RegisterFileError(
        _("%(file)s is not a known register export; nearest to layout %(layout)s, with %(differences)s.")
        % {
            "file": file,
            "layout": nearest.name,
            "differences": "; ".join(
                text % ", ".join(sorted(names))
                for text, names in ((_("missing: %s"), missing), (_("unexpected: %s"), unexpected))
                if names
            ),
        }
    )


def read_register(path: Path) -> RegisterFile:
    """The export in `path`. Raises `RegisterFileError` when it cannot be read or its layout is unknown."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise RegisterFileError(
            _("%(file)s cannot be read: %(reason)s.") % {"file": path, "reason": error.strerror}
        ) from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise RegisterFileError(
            _("%(file)s, line %(line)d: not UTF-8 text. Save the file as CSV in UTF-8.")
            % {"file": path.name, "line": line}
        ) from error
    if not text.strip():
        raise RegisterFileError(_("%(file)s is empty.") % {"file": path.name})
    read = _read_json if text.lstrip()[0] in "{[" else _read_csv
    return read(text, path.name)


def _read_csv(text: str, file: str) -> RegisterFile:
    first_line = text.split("\n", 1)[0]
    delimiter = ";" if first_line.count(";") > first_line.count(",") else ","
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0

    def stop(reason: str) -> NoReturn:
        raise RegisterFileError(
            _("%(file)s, row %(row)d: %(reason)s.") % {"file": file, "row": number, "reason": reason}
        )

    header: list[str] = []
    layout = None
    rows = []
    try:
        for number, cells in enumerate(lines, start=1):
            if layout is None:
                header = [value.strip() for value in cells]
                if twice := sorted({name for name in header if header.count(name) > 1}):
                    stop(_("the header names these columns twice: %s") % ", ".join(twice))
                layout = _recognise(frozenset(header), CSV_LAYOUTS, file)
            elif len(cells) == len(header):
                content = dict(zip(header, cells, strict=True))
                rows.append(Row(number, {name.rsplit(".", 1)[-1]: value for name, value in content.items()}, content))
            elif cells:
                stop(_("%(n)d values under %(columns)d headers") % {"n": len(cells), "columns": len(header)})
    except csv.Error as error:
        number += 1
        stop(_("malformed CSV (%s)") % error)
    return RegisterFile(file, layout.name if layout else "", rows)


def _read_json(text: str, file: str) -> RegisterFile:
    try:
        data = json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise RegisterFileError(
            _("%(file)s, line %(line)d: malformed JSON (%(reason)s).")
            % {"file": file, "line": error.lineno, "reason": error.msg}
        ) from error
    except (ValueError, RecursionError) as error:
        reason = _("nested too deeply") if isinstance(error, RecursionError) else error
        raise RegisterFileError(
            _("%(file)s: malformed JSON (%(reason)s).") % {"file": file, "reason": reason}
        ) from error
    versions = data.get("algoritme_versions") if isinstance(data, dict) else None
    if not isinstance(versions, list):
        raise RegisterFileError(_("%(file)s has no list “algoritme_versions”.") % {"file": file})
    for number, version in enumerate(versions, start=1):
        if not isinstance(version, dict):
            raise RegisterFileError(_("%(file)s, row %(row)d: not an object.") % {"file": file, "row": number})
    if versions:
        _recognise(frozenset().union(*versions), [JSON_LAYOUT], file)
    return RegisterFile(
        file, JSON_LAYOUT.name, [_one_algorithm(group) for group in _by_algorithm(versions)], len(versions)
    )


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)


Versions = dict[str, tuple[int, dict[str, Any]]]


def _by_algorithm(versions: list[dict[str, Any]]) -> list[Versions]:
    """The versions of each algorithm by language, in the order of the file."""
    groups: list[Versions] = []
    open_group: dict[str, Versions] = {}
    for number, version in enumerate(versions, start=1):
        register_id, language = plain(version.get("lars")), plain(version.get("language"))
        group = open_group.get(register_id) if register_id else None
        if group is None or language in group:
            group = open_group[register_id] = {}
            groups.append(group)
        group[language] = (number, version)
    return groups


def _one_algorithm(versions: Versions) -> Row:
    """The Dutch version as the record, with the other languages kept beside it."""
    language = "NLD" if "NLD" in versions else next(iter(versions))
    number, version = versions[language]
    content = dict(version)
    if others := {other: v for other, (_number, v) in versions.items() if other != language}:
        content["other_languages"] = others
    remarks = (
        () if language == "NLD" else (Remark("language", _("there is no Dutch version; this one is read"), language),)
    )
    return Row(number, version, content, remarks)


# What a row says

FIELDS = {name: name for name in STANDARD_1_0 - {"organization", "standard_version"}} | {
    "category": "themes",
    "department": "department",
    "objection_procedure": "complaints_procedure",
    "revision_date": "review_date",
}
"""The field of an algorithm for each column that has one."""

IDENTITY = {
    "organization": "organisation",
    "org_id": "identifier",
    "owner": "identifier",
    "algorithm_id": "register_id",
    "lars": "register_id",
    "language": "language",
}
"""Columns that say which algorithm of which organisation a row is about."""

READERS: dict[str, Callable[[Any, values.Remarks], Any]] = {
    "category": values.read_themes,
    "status": values.read_status,
    "publication_category": values.read_category,
    "begin_date": values.read_month,
    "end_date": values.read_month,
    "revision_date": values.read_day,
    "lang": values.read_language,
    "contact_email": values.read_contact,
    "website": values.read_address,
    "url": values.read_address,
    "process_index_url": values.read_address,
    "publiccode": values.read_address,
    "impacttoetsen": values.read_lines,
    "lawful_basis_grouping": values.read_links,
    "impacttoetsen_grouping": values.read_links,
    "source_data_grouping": values.read_links,
}

LIMITS = {
    "name": 100, "description_short": 400, "contact_email": 500, "website": 500, "url": 500, "goal": 2500,
    "proportionality": 2500, "human_intervention": 2500, "risks": 2500, "lawful_basis": 2500, "process_index_url": 500,
    "impacttoetsen": 2500, "source_data": 2500, "methods_and_models": 5000, "provider": 200, "publiccode": 500,
    "source_id": 100, "tags": 2500,
}  # fmt: skip
"""How many characters, markup not counted, publication standard 1.0 allows."""

ROOM = {
    "register_id": 100,
    "identifier": Organisation._meta.get_field("identifier").max_length or 0,
    "department": Algorithm._meta.get_field("department").max_length or 0,
    "source_id": Algorithm._meta.get_field("source_id").max_length or 0,
}
"""How many characters can be stored of what an algorithm can do without."""

NEEDED = {
    "organization": Organisation._meta.get_field("name").max_length or 0,
    "name": Algorithm._meta.get_field("name").max_length or 0,
}
"""What no algorithm can do without, and how many characters of it can be stored."""


@dataclass
class Record:
    """What a row says: about which algorithm, and the fields (and `themes`) that it gives a value."""

    row: Row
    organisation: str = ""
    identifier: str = ""
    register_id: str = ""
    language: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)
    refused: Remark | None = None

    @property
    def name(self) -> str:
        return str(self.fields.get("name", ""))


def read_record(row: Row) -> Record:
    """What a row says; `refused` says why it cannot be an algorithm."""
    record = Record(row, remarks=list(row.remarks))
    for column, value in row.cells.items():
        if column in FIELDS:
            _read_field(record, column, value)
        elif column in IDENTITY and plain(value):
            setattr(record, IDENTITY[column], _with_room(record, IDENTITY[column], plain(value)))
    if not record.fields.get("description_short"):
        record.remarks.append(Remark("description_short", _("is empty; the standard requires it")))
    for column, text in {"organization": record.organisation, "name": record.name}.items():
        if len(text) > NEEDED[column]:
            reason = _("longer than the %d characters that can be stored") % NEEDED[column]
            record.refused = Remark(column, reason, Truncator(text).chars(100))
    for column, value in row.content.items():
        if not _is_storable([column, value]):
            record.refused = Remark(column, _("holds a character that is not text"))
    if not record.name:
        record.refused = record.refused or Remark("name", _("is empty"))
    return record


def _read_field(record: Record, column: str, value: Any) -> None:
    def remark(reason: str, about: str) -> None:
        record.remarks.append(Remark(column, reason, about))

    read = READERS.get(column, values.read_text)(value, remark)
    if isinstance(read, str):
        read = _with_room(record, column, read)
        limit, length = LIMITS.get(column), len(values.visible(read))
        if limit and length > limit:
            reason = _("the standard allows %(limit)d characters, this is %(length)d; kept whole")
            remark(reason % {"limit": limit, "length": length}, Truncator(read).chars(100))
    if read:
        record.fields[FIELDS[column]] = read


def _with_room(record: Record, column: str, text: str) -> str:
    """The text, or nothing when it is longer than can be stored: it is then kept with the imported row only."""
    if len(text) <= ROOM.get(column, len(text)):
        return text
    reason = _("longer than the %d characters that can be stored; kept with the imported row") % ROOM[column]
    record.remarks.append(Remark(column, reason, text))
    return ""


def _is_storable(value: Any) -> bool:
    """Whether no text in it holds a NUL or half a surrogate pair, which no database takes."""
    if isinstance(value, dict):
        return all(map(_is_storable, [*value, *value.values()]))
    if isinstance(value, list):
        return all(map(_is_storable, value))
    return not isinstance(value, str) or not any(sign == "\0" or "\ud800" <= sign <= "\udfff" for sign in value)
