"""A release of the Algoritmekader: what its files say, and what is wrong with them. No database."""

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.decision_tree import AXIS_OF_LABEL
from governance.framework_files import CRITERIA, FOLDERS, GLOSSARY, FrameworkError, Problem, read_files
from governance.framework_pages import Page, PageError, read_page, sources_in
from governance.models import Axis, FrameworkRelease, Tool

URN = {
    "requirement": re.compile(r"urn:nl:ak:ver:([a-z]+)-\d+"),
    "measure": re.compile(r"urn:nl:ak:mtr:([a-z]+)-\d+"),
}
TOOL_URN = "urn:nl:ak:hlp:"
"""The framework gives its tools no id: the name of the file stands in."""

SLUG = re.compile(r"[a-z0-9_-]+")
AXIS_VALUES = {
    axis: {"niet-van-toepassing"} | {value for of_axis, value in AXIS_OF_LABEL.values() if of_axis == axis}
    for axis in Axis.values
}
TOPIC_ALIASES = {"grondrechten": "fundamentele-rechten"}
KEYS = {"title", "id", "toelichting", "onderwerp", "levenscyclus", "rollen"}
KNOWN_KEYS = {
    "requirement": KEYS | set(Axis.values),
    "measure": KEYS | {"vereiste", "sources", "bronnen"},
    "tool": KEYS - {"id"} | {"categorie", "vereiste", "maatregel"},
}
SITE_KEYS = {"hide", "uitzondering", "status_vereiste"}
"""Keys for the framework's own site; the exceptions are part of our rule for what applies."""

REMARKS = {
    "points_nowhere": gettext_lazy("%(field)s: “%(value)s” does not exist and is left out"),
    "empty": gettext_lazy("%(field)s: an empty entry is left out"),
    "repeated": gettext_lazy("%(field)s: “%(value)s” is given more than once"),
    "repeated_key": gettext_lazy("“%(field)s” is given more than once and only the last is read"),
    "single": gettext_lazy("%(field)s: “%(value)s” is given without a list and is read as one"),
    "alias": gettext_lazy("%(field)s: “%(value)s” is read as another name for a known topic"),
    "misnamed": gettext_lazy("“%(field)s” is read as “%(value)s”"),
    "unknown_key": gettext_lazy("“%(field)s” is not known and is not read"),
    "not_a_category": gettext_lazy("%(field)s: “%(value)s” is not a known category and is left out"),
    "second_category": gettext_lazy("%(field)s: “%(value)s” is left out, because a tool has one category"),
    "not_in_table": gettext_lazy(
        "%(field)s: “%(value)s” is added, though the table of audit criteria does not have it"
    ),
    "not_in_text": gettext_lazy("%(field)s: “%(value)s” is added, though the measure itself does not name it"),
    "not_understood": gettext_lazy("%(field)s: “%(value)s” is not understood and is left out"),
    "absent": gettext_lazy("the file is absent"),
}
"""What may be wrong in a release without stopping its import, by code."""


@dataclass(frozen=True)
class Remark:
    """Something that was not right in a release, and what was made of it: a code of `REMARKS`."""

    code: str
    file: str
    field: str = ""
    value: str = ""

    def __str__(self) -> str:
        return f"{self.file}: {REMARKS[self.code] % {'field': self.field, 'value': self.value}}"


@dataclass
class Item:
    """A requirement, measure or tool as a source gives it.

    `fields` are by the names of the model (`law` by slug); what is absent, the source does not say. `links` are sets of
    slugs (topics, phases, disciplines), URNs (requirements, measures), `adr SV.1` (criteria) or `risicogroep
    hoog-risico-ai-systeem` (axes).
    """

    kind: str
    urn: str
    file: str
    fields: dict[str, Any]
    links: dict[str, set[str]]


@dataclass
class Catalogue:
    """All that a release or the built-in catalogue says.

    `groups` are fields by kind and slug (terms, laws and audit frameworks included), `criteria` their order by key.
    """

    source: str
    fingerprint: str
    items: list[Item] = field(default_factory=list)
    groups: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    criteria: dict[str, int] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)


def read_release(path: Path) -> Catalogue:
    """The Algoritmekader in a folder or zip, or one folder deeper. Raises `FrameworkError` with all its problems."""
    return _Release(read_files(path)).read()


class _Release:
    """Reads file after file, gathering problems and remarks."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        digest = hashlib.sha256()
        for name, content in files.items():
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
        self.catalogue = Catalogue(FrameworkRelease.Source.ALGORITMEKADER, digest.hexdigest())
        self.problems: list[Problem] = []
        self.texts = {name: text for name, content in files.items() if (text := self._text(name, content)) is not None}

    def read(self) -> Catalogue:
        pages = {kind: list(self._pages(folder)) for kind, folder in FOLDERS.items()}
        self.slugs = {kind: {_slug(page) for page in pages[kind]} for kind in ("topic", "phase", "discipline")}
        self.urns = {
            kind: {_slug(page): str(page.data.get("id")) for page in pages[kind]} for kind in ("requirement", "measure")
        }
        for kind in ("topic", "phase", "discipline"):
            self.catalogue.groups[kind] = {_slug(page): self._group(kind, page) for page in pages[kind]}
        self.catalogue.groups["phase"] = {s: f for s, f in self.catalogue.groups["phase"].items() if "number" in f}
        self.slugs["phase"] = set(self.catalogue.groups["phase"])
        table = self._criteria()
        for kind in ("requirement", "measure", "tool"):
            self.catalogue.items += [self._item(kind, page) for page in pages[kind]]
        self._link_criteria(table)
        laws = sorted({item.fields["law"] for item in self.catalogue.items if item.kind == "requirement"} - {""})
        self.catalogue.groups["law"] = {law: {"title_nl": law.upper(), "short_nl": law.upper()} for law in laws}
        self.catalogue.groups["term"] = dict(self._terms())
        self._refuse_twins()
        if self.problems:
            raise FrameworkError(*sorted(self.problems, key=lambda problem: (problem.file, problem.line or 0)))
        return self.catalogue

    def _remark(self, code: str, file: str, name: str = "", value: Any = "") -> None:
        self.catalogue.remarks.append(Remark(code, file, name, str(value)))

    def _problem(self, file: str, reason: str, line: int | None = None) -> None:
        self.problems.append(Problem(file, reason, line))

    def _text(self, name: str, content: bytes) -> str | None:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            self._problem(name, _("the file is not UTF-8 text"), content.count(b"\n", 0, error.start) + 1)
            return None
        if "\0" in text:
            self._problem(
                name, _("the file is not text: it holds a zero byte"), text[: text.index("\0")].count("\n") + 1
            )
            return None
        return text.replace("\r\n", "\n")

    def _pages(self, folder: str) -> Iterator[Page]:
        for name, text in self.texts.items():
            if not name.startswith(f"{folder}/"):
                continue
            try:
                page = read_page(name, text)
            except PageError as error:
                self._problem(name, str(error), error.line)
                continue
            if not SLUG.fullmatch(_slug(page)):
                self._problem(name, _("the name of the file may have letters a–z, digits, - and _ only"))
            yield page

    def _title(self, page: Page) -> str:
        title = page.data.get("title")
        if not isinstance(title, str) or not title.strip():
            self._problem(page.file, _("the front matter has no title"), page.line_of("title") or 1)
            return ""
        return " ".join(title.split())

    def _group(self, kind: str, page: Page) -> dict[str, Any]:
        title = self._title(page)
        fields: dict[str, Any] = {"title_nl": title, "summary_nl": _words(page.data.get("summary"))}
        if kind == "phase":
            numbered = re.match(r"Fase (\d+)\W+(.+)", title, re.IGNORECASE)
            if not numbered:  # a page about the lifecycle as a whole
                return {}
            fields |= {"number": int(numbered[1]), "title_nl": numbered[2][:1].upper() + numbered[2][1:]}
            page.drop_opening_heading(title, title.replace(",", ":"))
        page.drop_opening_heading(fields["title_nl"])
        return fields | {"body_nl": page.body}

    def _item(self, kind: str, page: Page) -> Item:
        data, slug = page.data, _slug(page)
        for key in data.keys() - KNOWN_KEYS[kind] - SITE_KEYS:
            self._remark("unknown_key", page.file, key)
        for key in page.repeated_keys:
            self._remark("repeated_key", page.file, key)
        title = self._title(page)
        if "toelichting" in data and data["toelichting"] is None:
            self._remark("empty", page.file, "toelichting")
        fields: dict[str, Any] = {"slug": slug, "title_nl": title, "summary_nl": _words(data.get("toelichting"))}
        links = {
            "topics": self._references(page, "onderwerp", {topic: topic for topic in self.slugs["topic"]}),
            "phases": self._references(page, "levenscyclus", {phase: phase for phase in self.slugs["phase"]}),
            "disciplines": self._references(page, "rollen", {role: role for role in self.slugs["discipline"]}),
        }
        if kind == "tool":
            urn = f"{TOOL_URN}{slug}"
            fields["category"] = self._category(page)
            if button := page.button():
                fields["url"] = button
            if risk := page.take("Risico"):  # most pages of tools name none
                fields["risk_nl"] = risk
            links["measures"] = self._references(page, "maatregel", self.urns["measure"])
        else:
            urn, law = self._urn(kind, page)
            fields["risk_nl"] = page.take("Risico")
            if kind == "requirement":
                fields["law"] = law
                links["axes"] = self._axes(page)
            else:
                links["criteria"] = self._named_criteria(page)
        if kind != "requirement":
            links["requirements"] = self._references(page, "vereiste", self.urns["requirement"])
        fields["sources"] = sources_in(page.take("Bronnen"))
        page.drop_opening_heading("Vereiste", "Maatregel", "Hulpmiddel", title)
        return Item(kind, urn, page.file, {**fields, "body_nl": page.body}, links)

    def _urn(self, kind: str, page: Page) -> tuple[str, str]:
        """The URN, and the prefix in it that names the law or the group of phases."""
        urn = page.data.get("id")
        found = URN[kind].fullmatch(urn) if isinstance(urn, str) else None
        if found:
            return found[0], found[1]
        example = {"requirement": "urn:nl:ak:ver:aia-03", "measure": "urn:nl:ak:mtr:org-05"}[kind]
        reason = (
            _("“%(urn)s” is not an id like %(example)s") if urn else _("the front matter has no id like %(example)s")
        )
        self._problem(page.file, reason % {"urn": urn, "example": example}, page.line_of("id") or 1)
        return "", ""

    def _list(self, page: Page, key: str, *, may_be_single: bool = False) -> list[str]:
        """The entries under a key, each once; empty and repeated ones are remarked upon."""
        value = page.data.get(key)
        return self._entries(page, key, value, may_be_single=may_be_single) if key in page.data else []

    def _entries(self, page: Page, key: str, value: Any, *, may_be_single: bool) -> list[str]:
        if isinstance(value, str) and not may_be_single:
            self._remark("single", page.file, key, value)
        entries: list[str] = []
        for entry in value if isinstance(value, list) else [value]:
            if entry is None or entry == "":
                self._remark("empty", page.file, key)
            elif not isinstance(entry, str):
                self._problem(page.file, _("%s must be a list of names") % key, page.line_of(key))
            elif entry.strip() in entries:
                self._remark("repeated", page.file, key, entry)
            else:
                entries.append(entry.strip())
        return entries

    def _references(self, page: Page, key: str, targets: Mapping[str, str]) -> set[str]:
        found: set[str] = set()
        for entry in self._list(page, key):
            name = entry.lower()
            if key == "onderwerp" and name not in targets and TOPIC_ALIASES.get(name) in targets:
                self._remark("alias", page.file, key, entry)
                name = TOPIC_ALIASES[name]
            if name in targets:
                found.add(targets[name])
            else:
                self._remark("points_nowhere", page.file, key, entry)
        return found

    def _axes(self, page: Page) -> set[str]:
        found: set[str] = set()
        for axis, values in AXIS_VALUES.items():
            entries = self._list(page, axis)
            for entry in entries:
                if entry not in values:
                    known = {"value": entry, "axis": axis, "values": ", ".join(sorted(values))}
                    reason = _("“%(value)s” is not a value of %(axis)s: use %(values)s") % known
                    self._problem(page.file, reason, page.line_of(axis, entry))
            if not entries:
                self._problem(page.file, _("there is no value for %s") % axis, page.line_of(axis) or 1)
            found |= {f"{axis} {entry}" for entry in entries}
        return found

    def _category(self, page: Page) -> str:
        known: list[str] = []
        for entry in self._list(page, "categorie"):
            if entry not in Tool.Category.values:
                self._remark("not_a_category", page.file, "categorie", entry)
            elif known:
                self._remark("second_category", page.file, "categorie", entry)
            else:
                known.append(entry)
        return known[0] if known else ""

    # Audit criteria: a table of criterion and measures, and what measures themselves name

    def _named_criteria(self, page: Page) -> set[str]:
        found: set[str] = set()
        for key in ("sources", "bronnen"):
            value = page.data.get(key, {})
            if key == "bronnen" and value:
                self._remark("misnamed", page.file, key, "sources")
            if value is None:
                self._remark("empty", page.file, key)
            elif not isinstance(value, dict):
                self._remark("not_understood", page.file, key, value)
            else:
                for framework, numbers in value.items():
                    for number in self._entries(page, f"{key} {framework}", numbers, may_be_single=True):
                        found.add(_criterion(str(framework), number))
        return found

    def _criteria(self) -> dict[str, set[str]]:
        """Measures (URNs) by criterion, from the table; fills in the criteria and their order."""
        if CRITERIA not in self.texts:
            self._remark("absent", CRITERIA)
            return {}
        table: dict[str, set[str]] = {}
        known = set(self.urns["measure"].values())
        rows = csv.DictReader(io.StringIO(self.texts[CRITERIA]), strict=True)
        try:
            lacking = {"nummer", "bron", "maatregelen-ak"} - set(rows.fieldnames or [])
            if lacking:
                self._problem(CRITERIA, _("the table has no column %s") % ", ".join(sorted(lacking)), 1)
                return {}
            for row in rows:
                if not row["nummer"] or not SLUG.fullmatch((row["bron"] or "").strip().lower()):
                    self._problem(CRITERIA, _("this row names no criterion: give nummer and bron"), rows.line_num)
                    continue
                key = _criterion(row["bron"], row["nummer"])
                urns = re.findall(r"urn:nl:ak:mtr:[\w-]+", row["maatregelen-ak"] or "")
                for urn in urns:
                    if urn not in known:
                        self._remark("points_nowhere", CRITERIA, key, urn)
                if not urns and (row["maatregelen-ak"] or "").strip("[] "):
                    self._remark("not_understood", CRITERIA, key, row["maatregelen-ak"])
                table[key] = table.get(key, set()) | (set(urns) & known)
        except csv.Error as error:
            self._problem(CRITERIA, _("the table cannot be read: %s") % error, rows.line_num + 1)
        return table

    def _link_criteria(self, table: Mapping[str, set[str]]) -> None:
        measures = [item for item in self.catalogue.items if item.kind == "measure"]
        by_text = {(key, item.urn) for item in measures for key in item.links["criteria"]}
        by_table = {(key, urn) for key, urns in table.items() for urn in urns}
        file_of = {item.urn: item.file for item in measures}
        for code, pairs in (("not_in_table", by_text - by_table), ("not_in_text", by_table - by_text)):
            if table:
                for key, urn in sorted(pairs):
                    self._remark(code, file_of[urn], "sources", key)
        for item in measures:
            item.links["criteria"] |= {key for key, urn in by_table if urn == item.urn}
        keys = [*table, *sorted({key for key, _urn in by_text} - set(table))]
        self.catalogue.criteria = {key: order for order, key in enumerate(keys, start=1)}
        frameworks = dict.fromkeys(key.split(" ")[0] for key in keys)
        self.catalogue.groups["audit_framework"] = {slug: {"title_nl": slug.upper()} for slug in frameworks}

    def _terms(self) -> Iterator[tuple[str, dict[str, Any]]]:
        if GLOSSARY not in self.texts:
            self._remark("absent", GLOSSARY)
        seen: dict[str, str] = {}
        for number, line in enumerate(self.texts.get(GLOSSARY, "").split("\n"), start=1):
            found = re.fullmatch(r"\*\[(.+?)\]:\s*(.+?)\s*", line)
            if found and (slug := slugify(found[1])):
                if slug in seen:
                    self._remark("repeated", GLOSSARY, _("line %d") % number, found[1])
                else:
                    seen[slug] = found[2]
                    yield slug, {"term_nl": found[1].strip(), "definition_nl": found[2]}
            elif line.strip():
                self._remark("not_understood", GLOSSARY, _("line %d") % number, line[:100])

    def _refuse_twins(self) -> None:
        seen: dict[tuple[str, str], str] = {}
        for item in self.catalogue.items:
            for key in ((item.urn, "urn"), (item.kind, item.fields["slug"])):
                if item.urn and key in seen:
                    reason = _("this has the same id or name as %s") % seen[key]
                    self._problem(item.file, reason)
                    break
                seen[key] = item.file


def _slug(page: Page) -> str:
    return PurePosixPath(page.file).stem.lower()


def _words(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def _criterion(framework: str, number: str) -> str:
    return f"{framework.strip().lower()} {number.strip()}"
