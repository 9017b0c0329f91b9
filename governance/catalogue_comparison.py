"""A catalogue beside the database: what differs, and writing it.

- An item keeps its identity by its URN; one that a release no longer has is withdrawn, and comes back with a release
  that has it again.
- A release replaces the Dutch texts and the links; English texts, facts and dates stay.
- The built-in catalogue leaves alone what a release brought, and supplies only what a release does not say.
- Criteria and terms are those of the release in force, or of the built-in catalogue while there is none.
- Topics, phases, disciplines, laws and audit frameworks keep their short names; a release adds the text of their page.
- An organisation's own items, and what it linked to them, are never touched.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from governance.framework_files import FOLDERS, FrameworkError, Problem
from governance.framework_release import Catalogue, Item, Remark
from governance.models import (
    AuditCriterion,
    AuditFramework,
    AxisValue,
    CatalogueRevision,
    Discipline,
    FrameworkRelease,
    Law,
    LifecyclePhase,
    Measure,
    Requirement,
    Term,
    Tool,
    Topic,
)

GROUPS: dict[str, type[Any]] = {
    "topic": Topic,
    "phase": LifecyclePhase,
    "discipline": Discipline,
    "law": Law,
    "audit_framework": AuditFramework,
    "term": Term,
}
ITEMS: dict[str, type[Any]] = {"requirement": Requirement, "measure": Measure, "tool": Tool}
KINDS = (*GROUPS, "criterion", *ITEMS)

SAID_BY_RELEASE = {"body_nl", "term_nl", "definition_nl"}
"""Of what is grouped by and of terms: what a release says better than we do."""

SUPPLIED = {"title_en", "summary_en", "risk_en", "facts", "effective_from", "effective_from_existing", "publisher"}
"""What a release does not say, and the built-in catalogue supplies also for what a release brought."""

OF_NO_CONSEQUENCE = {"slug", "sources", "topics", "disciplines", "criteria", "category", "url", "publisher"}
"""Differences in these change nothing for an algorithm: not what applies to it, nor what is asked of it."""


@dataclass
class Report:
    """What an import did, or would do. By kind: keys (URN, slug, criterion), and the fields that differ."""

    added: dict[str, list[str]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    changed: dict[str, dict[str, list[str]]] = field(default_factory=lambda: {kind: {} for kind in KINDS})
    withdrawn: dict[str, list[str]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    returned: dict[str, list[str]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    unchanged: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    links: dict[str, int] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)
    affected: list[str] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """Per kind how many were added, changed, withdrawn, returned and unchanged."""
        return {
            kind: {
                "added": len(self.added[kind]),
                "changed": len(self.changed[kind]),
                "withdrawn": len(self.withdrawn[kind]),
                "returned": len(self.returned[kind]),
                "unchanged": self.unchanged[kind],
            }
            for kind in KINDS
        }

    @property
    def finds_differences(self) -> bool:
        parts = (self.added, self.changed, self.withdrawn, self.returned)
        return any(chain.from_iterable(part.values() for part in parts))


@dataclass(frozen=True)
class Tie:
    """Rows that tie an item to something: a many-to-many table, or the axis values of a requirement."""

    model: type[models.Model]
    item: str
    target: str

    def read(self, keys: Mapping[int, str]) -> dict[int, dict[str, int]]:
        """Per item the keys of what it is tied to, each with its row; what is not among `keys` is left out."""
        found: dict[int, dict[str, int]] = {}
        columns = ("axis", "value") if self.model is AxisValue else (self.target,)
        for row, item, *target in self.model._default_manager.values_list("pk", self.item, *columns):
            key = " ".join(target) if self.model is AxisValue else keys.get(target[0])
            if key is not None:
                found.setdefault(item, {})[key] = row
        return found

    def row(self, item: int, key: str, ids: Mapping[str, int]) -> models.Model:
        if self.model is AxisValue:
            axis, value = key.split(" ")
            return AxisValue(requirement_id=item, axis=axis, value=value)
        return self.model(**{self.item: item, self.target: ids[key]})


def _many_to_many(model: type[models.Model], name: str, target: str) -> Tie:
    return Tie(getattr(model, name).through, f"{model._meta.model_name}_id", f"{target}_id")


TIES: dict[str, dict[str, Tie]] = {
    kind: {
        "topics": _many_to_many(model, "topics", "topic"),
        "phases": _many_to_many(model, "phases", "lifecyclephase"),
        "disciplines": _many_to_many(model, "disciplines", "discipline"),
    }
    for kind, model in ITEMS.items()
}
TIES["requirement"]["axes"] = Tie(AxisValue, "requirement_id", "")
TIES["measure"]["requirements"] = _many_to_many(Measure, "requirements", "requirement")
TIES["measure"]["criteria"] = Tie(AuditCriterion.measures.through, "measure_id", "auditcriterion_id")
TIES["tool"]["requirements"] = _many_to_many(Tool, "requirements", "requirement")
TIES["tool"]["measures"] = _many_to_many(Tool, "measures", "measure")


class Comparison:
    """What the catalogue says beside what the database has."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.is_release = catalogue.source == FrameworkRelease.Source.ALGORITMEKADER
        self.release_was_here = FrameworkRelease.objects.filter(source=FrameworkRelease.Source.ALGORITMEKADER).exists()
        self.decides = self.is_release or not self.release_was_here
        self.report = Report(remarks=list(catalogue.remarks))
        self.items: dict[str, Any] = {}
        for model in ITEMS.values():
            own = model.objects.filter(organisation=None).select_related("release", "withdrawn_in")
            self.items |= {item.urn: item for item in own}
        self.groups = {kind: {row.slug: row for row in model.objects.all()} for kind, model in GROUPS.items()}
        self.criteria = {_key(row): row for row in AuditCriterion.objects.select_related("framework", "withdrawn_in")}
        self.ties = self._read_ties()
        _check(catalogue, self.items, self.groups["phase"])
        self.new = {item.urn: item for item in catalogue.items}
        self.relevant: set[str] = set()
        self._compare_groups()
        self._compare_terms()
        self._compare_criteria()
        self._compare_items()

    # Reading

    def _ids(self) -> dict[str, dict[str, int]]:
        """Primary keys by key, per sort of link."""
        ids = {
            "topics": {slug: row.pk for slug, row in self.groups["topic"].items()},
            "phases": {slug: row.pk for slug, row in self.groups["phase"].items()},
            "disciplines": {slug: row.pk for slug, row in self.groups["discipline"].items()},
            "criteria": {key: row.pk for key, row in self.criteria.items()},
            "axes": {},
        }
        for kind, model in ITEMS.items():
            ids[f"{kind}s"] = {urn: item.pk for urn, item in self.items.items() if isinstance(item, model)}
        return ids

    def _read_ties(self) -> dict[str, dict[str, dict[int, dict[str, int]]]]:
        keys = {link: {pk: key for key, pk in ids.items()} for link, ids in self._ids().items()}
        return {kind: {link: tie.read(keys[link]) for link, tie in ties.items()} for kind, ties in TIES.items()}

    def _state(self, kind: str, item: Any) -> dict[str, Any]:
        """All that is compared of an item in the database."""
        state = {name: getattr(item, name) for name in _compared_fields(type(item))}
        if kind == "requirement":
            state["law"] = next((slug for slug, law in self.groups["law"].items() if law.pk == item.law_id), "")
        for link, by_item in self.ties[kind].items():
            state[link] = set(by_item.get(item.pk, {}))
        return state

    # Comparing

    def _compare_groups(self) -> None:
        self.group_changes: dict[str, dict[str, dict[str, Any]]] = {kind: {} for kind in GROUPS}
        for kind, rows in self.catalogue.groups.items():
            for slug, fields in rows.items():
                row = self.groups[kind].get(slug)
                if row is None:
                    if kind != "term" or self.decides:
                        self.report.added[kind].append(slug)
                    continue
                said = {name: value for name, value in fields.items() if self._is_said(kind, name)}
                changes = {name: value for name, value in said.items() if getattr(row, name) != value}
                if kind == "term" and row.withdrawn_in_id and self.decides:
                    self.report.returned[kind].append(slug)
                if changes:
                    self.group_changes[kind][slug] = changes
                    self.report.changed[kind][slug] = _names(changes)
                elif slug not in self.report.returned[kind]:
                    self.report.unchanged[kind] += 1

    def _is_said(self, kind: str, name: str) -> bool:
        if self.is_release:
            return name in SAID_BY_RELEASE
        return not (kind == "term" and self.release_was_here and name.endswith("_nl"))

    def _compare_terms(self) -> None:
        """What the catalogue's glossary lacks is withdrawn; one without a glossary says nothing of terms."""
        if self.decides and self.catalogue.groups["term"]:
            in_force = [slug for slug, row in self.groups["term"].items() if row.withdrawn_in_id is None]
            self.report.withdrawn["term"] = [slug for slug in in_force if slug not in self.catalogue.groups["term"]]

    def _compare_criteria(self) -> None:
        for key, order in self.catalogue.criteria.items():
            row = self.criteria.get(key)
            if row is None:
                self.report.added["criterion"].append(key)
            elif self.decides and row.withdrawn_in_id:
                self.report.returned["criterion"].append(key)
            elif self.decides and row.order != order:
                self.report.changed["criterion"][key] = ["order"]
            else:
                self.report.unchanged["criterion"] += 1
        if self.decides:
            in_force = [key for key, row in self.criteria.items() if row.withdrawn_in_id is None]
            self.report.withdrawn["criterion"] = [key for key in in_force if key not in self.catalogue.criteria]

    def _compare_items(self) -> None:
        self.old_states: dict[str, dict[str, Any]] = {}
        for new in self.catalogue.items:
            for link, keys in new.links.items():
                self.report.links[f"{new.kind} {link}"] = self.report.links.get(f"{new.kind} {link}", 0) + len(keys)
            item = self.items.get(new.urn)
            if item is None:
                self.report.added[new.kind].append(new.urn)
                self.relevant.add(new.urn)
                continue
            self._keep_what_is_not_said(new, item)
            old = self._state(new.kind, item)
            changes = [name for name, value in {**new.fields, **new.links}.items() if old[name] != value]
            if item.withdrawn_in_id and (self.is_release or item.withdrawn_in.source == self.catalogue.source):
                self.report.returned[new.kind].append(new.urn)
                self.relevant.add(new.urn)
            if changes:
                self.old_states[new.urn] = old
                self.report.changed[new.kind][new.urn] = _names(changes)
                if set(changes) - OF_NO_CONSEQUENCE:
                    self.relevant.add(new.urn)
            elif new.urn not in self.report.returned[new.kind]:
                self.report.unchanged[new.kind] += 1
        for urn, item in self.items.items():
            is_ours = self.is_release or (item.release and item.release.source == self.catalogue.source)
            if urn not in self.new and not item.withdrawn_in_id and is_ours:
                self.report.withdrawn[_kind(item)].append(urn)
                self.relevant.add(urn)

    def _keep_what_is_not_said(self, new: Item, item: Any) -> None:
        """Limits what the catalogue says of an item to what it may change.

        Links to what the catalogue no longer has stay: that is withdrawn, and shown as before where it is in use.
        """
        if not self.is_release and item.release and item.release.source == FrameworkRelease.Source.ALGORITMEKADER:
            supplied = SUPPLIED | {"risk_nl"} if new.kind == "tool" and not item.risk_nl else SUPPLIED
            new.fields = {name: value for name, value in new.fields.items() if name in supplied}
            new.links = {}
        for link in new.links.keys() & {"requirements", "measures", "criteria"}:
            tied = self.ties[new.kind][link].get(item.pk, {})
            new.links[link] |= {key for key in tied if key not in self.new and key not in self.catalogue.criteria}

    # Writing

    def write(self, release: FrameworkRelease) -> None:
        """Writes the differences as those of `release`, which must have been saved."""
        self._write_groups(release)
        self._write_criteria(release)
        self._write_items(release)
        self._write_ties()

    def touched(self, kind: str) -> set[int]:
        """Primary keys of items of a kind, once written, that were added or withdrawn or differ to some consequence."""
        return {self.items[urn].pk for urn in self.relevant if _kind(self.items[urn]) == kind}

    def _write_groups(self, release: FrameworkRelease) -> None:
        for kind, model in GROUPS.items():
            new = [model(slug=slug, **self.catalogue.groups[kind][slug]) for slug in self.report.added[kind]]
            for row in model.objects.bulk_create(new):
                self.groups[kind][row.slug] = row
            changes = self.group_changes[kind]
            _update(model, [(self.groups[kind][slug], fields) for slug, fields in changes.items()])
        terms = self.groups["term"]
        withdrawn = [(terms[slug], {"withdrawn_in": release}) for slug in self.report.withdrawn["term"]]
        returned = [(terms[slug], {"withdrawn_in": None}) for slug in self.report.returned["term"]]
        _update(Term, [*withdrawn, *returned])

    def _write_criteria(self, release: FrameworkRelease) -> None:
        order = self.catalogue.criteria
        added = []
        for key in self.report.added["criterion"]:
            slug, number = key.split(" ", 1)
            framework: Any = self.groups["audit_framework"][slug]
            added.append(AuditCriterion(framework=framework, number=number, order=order[key]))
        for row in AuditCriterion.objects.bulk_create(added):
            self.criteria[_key(row)] = row
        changes: list[tuple[Any, dict[str, Any]]] = []
        for key in (*self.report.returned["criterion"], *self.report.changed["criterion"]):
            changes.append((self.criteria[key], {"withdrawn_in": None, "order": order[key]}))
        for key in self.report.withdrawn["criterion"]:
            changes.append((self.criteria[key], {"withdrawn_in": release}))
        _update(AuditCriterion, changes)

    def _write_items(self, release: FrameworkRelease) -> None:
        CatalogueRevision.objects.bulk_create(
            CatalogueRevision(
                urn=urn, number=self.items[urn].revision, release=self.items[urn].release, content=as_json(state)
            )
            for urn, state in self.old_states.items()
        )
        for kind, model in ITEMS.items():
            new = [
                model(urn=urn, release=release, **self._columns(self.new[urn].fields))
                for urn in self.report.added[kind]
            ]
            for item in model.objects.bulk_create(new):
                self.items[item.urn] = item
            changes = []
            for urn in self.report.changed[kind]:
                item, fields = self.items[urn], self._columns(self.new[urn].fields)
                fields |= {"revision": item.revision + 1}
                # What only was supplied to an item that a release brought, leaves it that release's.
                if self.is_release or not item.release or item.release.source == self.catalogue.source:
                    fields |= {"release": release}
                changes.append((item, fields))
            _make_room(model, [item for item, fields in changes if fields.get("slug", item.slug) != item.slug])
            changes += [(self.items[urn], {"withdrawn_in": None}) for urn in self.report.returned[kind]]
            changes += [(self.items[urn], {"withdrawn_in": release}) for urn in self.report.withdrawn[kind]]
            _update(model, changes)

    def _columns(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        columns = dict(fields)
        if "law" in columns:
            columns["law"] = self.groups["law"].get(columns["law"])
        return columns

    def _write_ties(self) -> None:
        ids = self._ids()
        for kind, ties in TIES.items():
            touched = [self.new[urn] for urn in (*self.report.added[kind], *self.report.changed[kind])]
            for link, tie in ties.items():
                gone: list[int] = []
                added: list[models.Model] = []
                for new in touched:
                    if link not in new.links:
                        continue
                    pk = self.items[new.urn].pk
                    old = self.ties[kind][link].get(pk, {})
                    gone += [row for key, row in old.items() if key not in new.links[link]]
                    added += [tie.row(pk, key, ids[link]) for key in sorted(new.links[link] - old.keys())]
                tie.model._default_manager.filter(pk__in=gone).delete()
                tie.model._default_manager.bulk_create(added)


def _check(catalogue: Catalogue, items: Mapping[str, Any], phases: Mapping[str, LifecyclePhase]) -> None:
    """Raises `FrameworkError` for what the database cannot hold, or holds as an organisation's own."""
    problems: list[Problem] = []
    for kind, model in ITEMS.items():
        own = set(model.objects.exclude(organisation=None).values_list("urn", "slug").iterator())
        urns, slugs = {urn for urn, _slug in own}, {slug for _urn, slug in own}
        said = [item for item in catalogue.items if item.kind == kind]
        coming = {item.urn for item in said}
        slugs |= {item.slug for urn, item in items.items() if isinstance(item, model) and urn not in coming}
        for item in said:
            if item.urn in urns or item.fields.get("slug") in slugs:
                taken = item.urn if item.urn in urns else item.fields["slug"]
                problems.append(Problem(item.file, _("“%s” is in use already, by another item") % taken))
            found = items.get(item.urn)
            if found is not None and _kind(found) != kind:
                problems.append(Problem(item.file, _("“%s” is in use already, by another item") % item.urn))
            problems += [Problem(item.file, reason) for reason in _too_long(model, {"urn": item.urn, **item.fields})]
    number_of = {slug: phase.number for slug, phase in phases.items()}
    for slug, fields in catalogue.groups["phase"].items():
        if number_of.setdefault(slug, fields["number"]) != fields["number"]:
            problems.append(Problem(slug, _("this phase has number %d in the catalogue") % number_of[slug]))
    if len(set(number_of.values())) < len(number_of):
        problems.append(Problem(FOLDERS["phase"], _("two phases have the same number")))
    for kind, rows in catalogue.groups.items():
        for slug, fields in rows.items():
            problems += [Problem(slug, reason) for reason in _too_long(GROUPS[kind], {"slug": slug, **fields})]
    if problems:
        raise FrameworkError(*problems)


def _too_long(model: type[models.Model], fields: Mapping[str, Any]) -> Iterable[str]:
    for name, value in fields.items():
        longest = getattr(model._meta.get_field(name), "max_length", None)
        if longest and isinstance(value, str) and len(value) > longest:
            yield _("%(field)s is longer than %(n)d characters") % {"field": name, "n": longest}


def _update(model: type[models.Model], changes: list[tuple[Any, dict[str, Any]]]) -> None:
    names: set[str] = set()
    rows: dict[int, Any] = {}
    for row, fields in changes:
        for name, value in fields.items():
            setattr(row, name, value)
        names |= fields.keys()
        rows[row.pk] = row
    if rows:
        model._default_manager.bulk_update(rows.values(), sorted(names), batch_size=200)


def _make_room(model: type[models.Model], renamed: Iterable[Any]) -> None:
    """Frees the slugs of items that get another one, so that two may trade names."""
    for item in renamed:
        model._default_manager.filter(pk=item.pk).update(slug=f"renamed-{item.pk}")


def _compared_fields(model: type[models.Model]) -> list[str]:
    ours = {"id", "urn", "release", "withdrawn_in", "withdrawn_on", "revision", "organisation", "law"}
    return [column.name for column in model._meta.concrete_fields if column.name not in ours]


def _kind(item: Requirement | Measure | Tool) -> str:
    return str(item._meta.model_name)


def _key(criterion: AuditCriterion) -> str:
    return f"{criterion.framework.slug} {criterion.number}"


def _names(fields: Iterable[str]) -> list[str]:
    return sorted(name.removesuffix("_nl") for name in fields)


def as_json(state: Mapping[str, Any]) -> dict[str, Any]:
    """The fields and links of an item in plain values."""

    def plain(value: Any) -> Any:
        if isinstance(value, set):
            return sorted(value)
        return value.isoformat() if isinstance(value, date) else value

    return {name: plain(value) for name, value in state.items()}
