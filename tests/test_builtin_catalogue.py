"""The catalogue that comes with the application, and loading it beside an imported release."""

import io
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import call_command
from django.utils import translation

from governance import audit_trail, built_in_catalogue
from governance.built_in_catalogue import FOLDER, read_built_in
from governance.framework_import import import_framework, load_built_in
from governance.framework_release import AXIS_VALUES, read_release
from governance.models import (
    AuditCriterion,
    AuditEvent,
    CatalogueRevision,
    Discipline,
    Fact,
    FrameworkRelease,
    Law,
    LifecyclePhase,
    Measure,
    Requirement,
    Term,
    Tool,
    Topic,
)

FILES = sorted(FOLDER.glob("*.yaml"))
TREE = settings.BASE_DIR / "fixtures" / "decision_tree.yaml"
RUN = 7
"""So many words in the same order are a copy."""


@pytest.fixture
def acting(db):
    with audit_trail.acting(None, "command"):
        yield


@pytest.fixture
def copy(tmp_path, monkeypatch) -> Path:
    """A copy of the built-in catalogue that a test may change."""
    folder = shutil.copytree(FOLDER, tmp_path / "catalogue")
    monkeypatch.setattr(built_in_catalogue.fingerprint, "__defaults__", (folder,))
    monkeypatch.setattr(built_in_catalogue.read_built_in, "__defaults__", (folder,))
    return folder


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def drop(file: Path, urn: str) -> None:
    entries = [entry for entry in content(file) if entry["urn"] != urn]
    file.write_text(yaml.safe_dump(entries, allow_unicode=True), encoding="utf-8")


def content(file: Path) -> Any:
    return yaml.load(file.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506


def texts(value: Any, *path: str) -> Iterator[tuple[str, str]]:
    """Every text in a file with the way to it. Addresses, sources, labels and conditions are no words of anybody."""
    if isinstance(value, dict):
        for key, below in value.items():
            if key not in ("url", "sources", "labels", "if"):
                yield from texts(below, *path, str(key))
    elif isinstance(value, list):
        for number, below in enumerate(value, start=1):
            names = ("urn", "slug", "questionId", "conclusionId")
            name = next((below[key] for key in names if isinstance(below, dict) and key in below), number)
            yield from texts(below, *path, str(name))
    elif isinstance(value, str):
        yield "/".join(path), value


def words(text: str) -> list[str]:
    return re.findall(r"[\w’'-]+", re.sub(r"\]\([^)]*\)", " ", text).casefold())


def runs(text: str) -> Iterator[tuple[str, ...]]:
    in_order = words(text)
    return (tuple(in_order[start : start + RUN]) for start in range(len(in_order) - RUN + 1))


def sentences(text: str) -> int:
    without_abbreviations = re.sub(r"\b(art|bijv|o\.a|nr|e\.g|i\.e|jo)\.", r"\1", text)
    return len(re.findall(r"[.!?](?:\s|$)", without_abbreviations))


# What it says


@pytest.fixture(scope="module")
def catalogue():
    return read_built_in()


def test_it_is_complete(catalogue):
    kinds = [item.kind for item in catalogue.items]

    assert [kinds.count(kind) for kind in ("requirement", "measure", "tool")] == [63, 108, 28]
    assert {kind: len(rows) for kind, rows in catalogue.groups.items()} == {
        "topic": 10, "phase": 9, "discipline": 4, "law": 10, "audit_framework": 2, "term": 76,
    }  # fmt: skip
    assert [fields["number"] for fields in catalogue.groups["phase"].values()] == list(range(9))


@pytest.mark.parametrize("file", [*FILES, TREE], ids=lambda file: file.stem)
def test_every_text_is_there_in_both_languages(file):
    def missing(value: Any, path: str) -> Iterator[str]:
        if isinstance(value, dict):
            if value.keys() & {"nl", "en"} and bool(value.get("nl")) != bool(value.get("en")):
                yield path
            for key, below in value.items():
                yield from missing(below, f"{path}/{key}")
        elif isinstance(value, list):
            for number, below in enumerate(value):
                yield from missing(below, f"{path}/{number}")

    assert list(missing(content(file), "")) == []


def test_every_item_has_a_short_title_a_summary_and_a_risk(catalogue):
    lacking = [
        (item.urn, name)
        for item in catalogue.items
        for language in ("nl", "en")
        for name in ("title", "summary", "risk")
        if not item.fields.get(f"{name}_{language}") or len(item.fields[f"title_{language}"]) > 90
    ]

    assert lacking == []


def test_every_summary_has_two_to_four_sentences(catalogue):
    counted = {
        (item.urn, language): sentences(item.fields[f"summary_{language}"])
        for item in catalogue.items
        for language in ("nl", "en")
    }

    assert {key: count for key, count in counted.items() if not 2 <= count <= 4} == {}


def test_every_risk_of_a_tool_takes_one_or_two_sentences(catalogue):
    counted = {
        (item.urn, language): sentences(item.fields[f"risk_{language}"])
        for item in catalogue.items
        for language in ("nl", "en")
        if item.kind == "tool"
    }

    assert {key: count for key, count in counted.items() if count not in (1, 2)} == {}


def test_every_requirement_names_its_law_source_and_axes(catalogue):
    requirements = [item for item in catalogue.items if item.kind == "requirement"]

    assert [item.urn for item in requirements if item.fields["law"] not in catalogue.groups["law"]] == []
    assert [item.urn for item in requirements if not item.fields["sources"]] == []
    assert [
        item.urn for item in requirements if {key.split(" ")[0] for key in item.links["axes"]} != set(AXIS_VALUES)
    ] == []
    assert [
        item.urn for item in requirements if item.fields["law"] == "aia" and not item.fields["effective_from"]
    ] == []


LAW = "Algemene wet|AI-verordening|AVG|Archief|Auteurswet|Databankenwet|Grondwet|Handvest|Open-datarichtlijn|Wet open"


def test_every_item_names_a_legal_source_with_its_article(catalogue):
    article = re.compile(rf"({LAW}).*\b(art\.|afdeling|hoofdstuk) \d")

    without = [
        item.urn
        for item in catalogue.items
        if not any(article.search(source["title_nl"]) for source in item.fields["sources"])
    ]

    assert without == []


def test_what_no_law_asks_says_so_beside_the_nearest_article(catalogue):
    """The BIO is a standard and the Algoritmeregister a policy; neither is an article of a law."""
    said = {
        item.urn.split(":")[-1]: " ".join(source["title_nl"] for source in item.fields["sources"])
        for item in catalogue.items
    }

    assert [code for code in ("org-11", "org-13", "org-14", "mon-01") if "goede praktijk" not in said[code]] == []
    assert [code for code in ("bzk-01", "algoritmeregister") if "geen wettelijke plicht" not in said[code]] == []
    assert "geen wet)" in said["bio-01"]


def test_every_fact_is_one_that_is_asked(catalogue):
    facts = {fact for item in catalogue.items for fact in item.fields.get("facts", [])}

    assert facts <= set(Fact.values)


def test_every_source_has_a_secure_address_or_none(catalogue):
    addresses = {source["url"] for item in catalogue.items for source in item.fields["sources"]}

    assert [address for address in addresses if address and not address.startswith("https://")] == []


# Beside the real framework


@pytest.mark.data
def test_identifiers_and_links_are_those_of_june_2026(catalogue, shared_data):
    release = read_release(shared_data / "algoritmekader" / "2026-06")

    ours = {item.urn: (item.fields["slug"], item.fields.get("law"), item.links) for item in catalogue.items}
    theirs = {item.urn: (item.fields["slug"], item.fields.get("law"), item.links) for item in release.items}

    assert {urn: ours.get(urn) for urn in theirs} == theirs
    assert ours.keys() == theirs.keys()
    assert catalogue.criteria == release.criteria
    for kind in ("topic", "phase", "discipline", "law", "audit_framework"):
        assert catalogue.groups[kind].keys() == release.groups[kind].keys()


@pytest.fixture(scope="module")
def their_runs() -> set[tuple[str, ...]]:
    """Every run of words in the framework and in the official decision tree."""
    files = [
        *(settings.SHARED_DATA / "algoritmekader").rglob("*.md"),
        *(settings.SHARED_DATA / "beslishulp").glob("*.yaml"),
    ]
    return {run for file in files for run in runs(file.read_text(encoding="utf-8"))}


@pytest.mark.data
@pytest.mark.parametrize("file", [*FILES, TREE], ids=lambda file: file.stem)
def test_no_sentence_is_copied(file, their_runs):
    copied = {place: " ".join(run) for place, text in texts(content(file)) for run in runs(text) if run in their_runs}

    assert len(their_runs) > 50_000
    assert copied == {}


# Loading it


def test_loading_fills_the_catalogue(acting):
    report = load_built_in()

    assert report is not None
    assert (Requirement.objects.count(), Measure.objects.count(), Tool.objects.count()) == (63, 108, 28)
    assert (Topic.objects.count(), LifecyclePhase.objects.count(), Discipline.objects.count()) == (10, 9, 4)
    assert (Law.objects.count(), AuditCriterion.objects.count(), Term.objects.count()) == (10, 139, 76)
    assert Measure.requirements.through.objects.count() == 582
    item = Requirement.objects.get(urn="urn:nl:ak:ver:avg-10")
    assert (item.law.slug, item.facts) == ("avg", ["personal_data", "automated_decisions"])
    with translation.override("en"):
        assert item.title == item.title_en != item.title_nl
    release = FrameworkRelease.objects.get()
    assert (release.source, release.name) == ("built-in", built_in_catalogue.NAME)
    assert (item.release, item.revision) == (release, 1)


def test_loading_again_changes_nothing_at_once(acting, django_assert_num_queries):
    load_built_in()
    events = AuditEvent.objects.count()

    started = time.perf_counter()
    with django_assert_num_queries(1):
        again = load_built_in()

    assert again is None
    assert time.perf_counter() - started < 1
    assert FrameworkRelease.objects.count() == 1
    assert AuditEvent.objects.count() == events


def test_a_comment_in_the_files_changes_no_item(acting, copy):
    load_built_in()
    replace(copy / "tools.yaml", "# The 28 tools.", "# All 28 tools.")

    report = load_built_in()

    assert report is not None
    assert not report.finds_differences
    assert not CatalogueRevision.objects.exists()
    assert load_built_in() is None


def test_a_new_version_changes_withdraws_and_restores(acting, copy):
    load_built_in()
    tools = copy / "tools.yaml"
    before = tools.read_text(encoding="utf-8")
    drop(tools, "urn:nl:ak:hlp:altai")
    replace(copy / "requirements.yaml", "facts: [public_law_decision]", "facts: []")

    gone = load_built_in()
    tools.write_text(before, encoding="utf-8")
    back = load_built_in()

    assert gone is not None
    assert back is not None
    assert gone.withdrawn["tool"] == back.returned["tool"] == ["urn:nl:ak:hlp:altai"]
    assert gone.changed["requirement"] == {"urn:nl:ak:ver:awb-01": ["facts"]}
    assert back.changed["requirement"] == {}
    assert Tool.objects.in_force().count() == 28


def test_the_command_is_silent_when_asked(db):
    output = io.StringIO()

    call_command("load_catalogue", verbosity=0, stdout=output)
    call_command("load_catalogue", verbosity=0, stdout=output)

    assert output.getvalue() == ""
    assert Requirement.objects.count() == 63


def test_the_command_says_what_it_did(db):
    first, second = io.StringIO(), io.StringIO()

    with translation.override("en"):
        call_command("load_catalogue", stdout=first)
        call_command("load_catalogue", stdout=second)

    assert "measures: 108 added, 0 changed, 0 withdrawn, 0 back again, 0 unchanged\n" in first.getvalue()
    assert second.getvalue() == "The built-in catalogue was loaded before; nothing changed.\n"


# Beside an imported release


@pytest.fixture
def release_2026(shared_data):
    return shared_data / "algoritmekader" / "2026-06"


def english() -> dict[str, tuple[Any, ...]]:
    """What the framework does not say, by item."""
    duties = Requirement.objects.values_list(
        "urn", "pk", "title_en", "summary_en", "risk_en", "facts", "effective_from", "effective_from_existing"
    )
    ways = Measure.objects.values_list("urn", "pk", "title_en", "summary_en", "risk_en", "facts")
    means = Tool.objects.values_list("urn", "pk", "title_en", "summary_en", "risk_nl", "risk_en", "publisher")
    return {urn: rest for urn, *rest in (*duties, *ways, *means)}


def dutch() -> dict[str, tuple[Any, ...]]:
    return {
        urn: rest
        for model in (Requirement, Measure, Tool)
        for urn, *rest in model.objects.values_list("urn", "title_nl", "summary_nl", "body_nl", "sources", "release")
    }


@pytest.mark.data
def test_a_release_over_it_replaces_the_dutch_texts_and_keeps_keys_and_english_ones(acting, release_2026):
    load_built_in()
    before, ours = english(), dutch()

    import_framework(release_2026)

    theirs = dutch()
    assert english() == before
    assert [urn for urn in ours if theirs[urn][1] == ours[urn][1]] == []
    assert Topic.objects.get(slug="governance").title_nl == "Governance"
    assert "organisatieniveau" in Topic.objects.get(slug="governance").body_nl.casefold()


@pytest.mark.data
def test_loading_after_a_release_supplies_what_that_lacks(acting, release_2026):
    import_framework(release_2026)
    theirs = dutch()
    criteria = sorted(AuditCriterion.measures.through.objects.values_list())
    definition = Term.objects.get(slug="ai-systeem").definition_nl

    report = load_built_in()

    assert report is not None
    assert dutch() == theirs
    assert sorted(AuditCriterion.measures.through.objects.values_list()) == criteria
    assert [urn for urn, (_pk, title, *_rest) in english().items() if not title] == []
    assert Requirement.objects.get(urn="urn:nl:ak:ver:avg-10").facts == ["personal_data", "automated_decisions"]
    assert Requirement.objects.get(urn="urn:nl:ak:ver:aia-09").effective_from is not None
    assert Term.objects.get(slug="ai-systeem").definition_nl == definition
    assert Term.objects.get(slug="ai-systeem").definition_en
    assert Law.objects.get(slug="avg").short_en == "GDPR"
    assert not Tool.objects.filter(risk_nl="").exists()
    assert not import_framework(release_2026).finds_differences


@pytest.mark.data
def test_a_later_version_of_it_does_not_undo_a_release(acting, copy, release_2026):
    load_built_in()
    import_framework(release_2026)
    theirs = dutch()
    for name in ("requirements", "measures", "tools"):
        entries = content(copy / f"{name}.yaml")
        entries[0]["title"] = {"nl": "Anders", "en": "Different"}
        entries[0]["topics"] = []
        (copy / f"{name}.yaml").write_text(yaml.safe_dump(entries, allow_unicode=True), encoding="utf-8")
    drop(copy / "tools.yaml", "urn:nl:ak:hlp:altai")

    report = load_built_in()

    assert report is not None
    assert report.withdrawn["tool"] == []
    assert report.changed["requirement"] == {"urn:nl:ak:ver:aia-00": ["title_en"]}
    assert dutch() == theirs
    assert Requirement.objects.get(urn="urn:nl:ak:ver:aia-00").title_en == "Different"
    assert not import_framework(release_2026).finds_differences


@pytest.mark.data
def test_what_a_release_withdrew_does_not_come_back_with_it(acting, copy, shared_data):
    load_built_in()
    import_framework(shared_data / "algoritmekader" / "2025-09")
    replace(copy / "tools.yaml", "# The 28 tools.", "# All 28 tools.")

    load_built_in()

    assert Tool.objects.in_force().count() == 25
