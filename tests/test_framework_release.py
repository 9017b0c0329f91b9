"""What is read of a release of the Algoritmekader, where it is found and what stops it."""

import contextlib
import json
import zipfile
from pathlib import Path

import pytest
from django.utils import translation

from governance import audit_trail
from governance.framework_files import FrameworkError
from governance.framework_import import import_framework
from governance.framework_pages import SITE, sources_in
from governance.framework_release import read_release
from governance.models import (
    AuditCriterion,
    AuditEvent,
    FrameworkRelease,
    Law,
    LifecyclePhase,
    Measure,
    Requirement,
    Term,
    Tool,
    Topic,
)
from tests.factories import MeasureFactory, OrganisationFactory
from tests.framework_releases import (
    MEASURE,
    MEASURES,
    RELEASE,
    REQUIREMENT,
    REQUIREMENTS,
    TOOL,
    TOOLS,
    URN,
    problems,
    remarks,
    without,
    written,
    zipped,
)


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def acting(db):
    with audit_trail.acting(None, "command"):
        yield


def test_a_tool_has_a_risk_where_its_page_names_one(acting, tmp_path):
    import_framework(written(tmp_path / "a", {f"{TOOLS}/Lijst.md": TOOL + "\n## Risico\nNiemand telt mee.\n"}))
    assert Tool.objects.get().risk_nl == "Niemand telt mee."

    report = import_framework(written(tmp_path / "b"))

    assert report.changed["tool"] == {}
    assert Tool.objects.get().risk_nl == "Niemand telt mee."


def test_a_release_is_read_with_all_its_fields_and_links(acting, tmp_path):
    report = import_framework(written(tmp_path), name="2026-06")

    requirement = Requirement.objects.get()
    texts = ("urn", "slug", "title_nl", "summary_nl", "body_nl", "risk_nl")
    assert {name: getattr(requirement, name) for name in texts} == {
        "urn": "urn:nl:ak:ver:aia-09",
        "slug": "aia-09-toezicht",
        "title_nl": "Houd toezicht",
        "summary_nl": "Een mens let op.",
        "body_nl": "Een mens let op, zie [ontwerp](/levenscyclus/ontwerp.md#taken).",
        "risk_nl": "Niemand merkt het.\n\n### Voor wie\nVoor burgers.",
    }
    assert requirement.sources == [
        {"title_nl": "Artikel 14, lid 1", "url": "https://voorbeeld.nl/wet#14"},
        {"title_nl": "Data", "url": "https://minbzk.github.io/Algoritmekader/onderwerpen/data/"},
        {"title_nl": "Een boek", "url": ""},
    ]
    assert requirement.law == Law.objects.get(slug="aia")
    assert sorted(requirement.axis_values.values_list("axis", "value")) == [
        ("open-source", "open-source"),
        ("risicogroep", "hoog-risico-ai-systeem"),
        ("rol-ai-act", "aanbieder"),
        ("soort-toepassing", "ai-systeem"),
        ("systeemrisico", "niet-van-toepassing"),
        ("transparantieverplichting", "geen-transparantieverplichting"),
    ]
    measure = Measure.objects.get()
    assert (measure.body_nl, measure.risk_nl, list(measure.requirements.all())) == (
        "Wijs iemand aan.",
        "",
        [requirement],
    )
    assert [str(criterion) for criterion in measure.criteria.all()] == ["ARK 3.10"]
    tool = Tool.objects.get()
    assert (tool.urn, tool.slug, tool.category, tool.url) == (
        URN["tool"],
        "lijst",
        "template",
        "https://voorbeeld.nl/lijst",
    )
    assert (list(tool.requirements.all()), list(tool.measures.all())) == ([requirement], [measure])
    for item in (requirement, measure, tool):
        assert [str(group) for group in (*item.topics.all(), *item.phases.all(), *item.disciplines.all())] == [
            "Goede data", "Ontwerp", "Jurist",
        ]  # fmt: skip
    assert list(LifecyclePhase.objects.values_list("number", "slug", "body_nl")) == [(2, "ontwerp", "Tekenen.")]
    assert Topic.objects.get().body_nl == "Over data."
    assert dict(Term.objects.values_list("term_nl", "definition_nl")) == {
        "AVG": "Een wet.",
        "AI-systeem": "Een systeem.",
    }
    assert list(AuditCriterion.objects.values_list("number", "order")) == [("3.01", 1), ("3.10", 2)]
    assert report.added["requirement"] == [URN["requirement"]]
    assert remarks(report) == []


def test_of_html_in_the_sources_the_words_are_left():
    link = """<a href="#" onclick="toon(event, {naar: 'vereisten/'});">Beslishulp</a>"""

    assert sources_in(f"-  [{link}](/voldoen-aan-wetten-en-regels/vereisten/index.md)\n- <b>Een boek</b>") == [
        {"title_nl": "Beslishulp", "url": f"{SITE}voldoen-aan-wetten-en-regels/vereisten/"},
        {"title_nl": "Een boek", "url": ""},
    ]


def test_the_release_and_its_report_are_kept_and_audited(acting, tmp_path):
    report = import_framework(written(tmp_path), name="2026-06")

    release = FrameworkRelease.objects.get()
    event = AuditEvent.objects.get(verb="framework.imported")
    assert (release.source, release.name, release.fingerprint) == (
        "algoritmekader", "2026-06", read_release(tmp_path).fingerprint,
    )  # fmt: skip
    assert release.report["added"]["tool"] == [URN["tool"]]
    assert release.report["counts"] == json.loads(json.dumps(report.counts)) == event.changes
    assert (event.verb, event.subject_id) == ("framework.imported", str(release.pk))


def test_criterion_3_10_is_another_than_3_1(acting, tmp_path):
    table = "nummer,bron,maatregelen-ak\n3.1,ARK,[]\n3.10,ARK,[]\n"
    import_framework(written(tmp_path, {"relatie-ak-tot-toetsingskaders.csv": table}))

    linked = {row.number: row.measures.count() for row in AuditCriterion.objects.all()}
    assert linked == {"3.1": 0, "3.10": 1}


def test_criteria_come_from_the_table_and_from_the_measures_together(acting, tmp_path):
    table = (
        "nummer,bron,maatregelen-ak\nSV.1,ADR,\"['urn:nl:ak:mtr:org-01', 'urn:nl:ak:mtr:org-99']\"\nSV.2,ADR,onbekend\n"
    )
    report = import_framework(written(tmp_path, {"relatie-ak-tot-toetsingskaders.csv": table}))

    measure = f"{MEASURES}/0-org-01-aanwijzen.md"
    assert sorted(map(str, Measure.objects.get().criteria.all())) == ["ADR SV.1", "ARK 3.10"]
    assert remarks(report) == [
        ("points_nowhere", "relatie-ak-tot-toetsingskaders.csv", "adr SV.1", "urn:nl:ak:mtr:org-99"),
        ("not_understood", "relatie-ak-tot-toetsingskaders.csv", "adr SV.2", "onbekend"),
        ("not_in_table", measure, "sources", "ark 3.10"),
        ("not_in_text", measure, "sources", "adr SV.1"),
    ]


def test_without_table_and_glossary_the_rest_is_imported(acting, tmp_path):
    absent = {"relatie-ak-tot-toetsingskaders.csv": None, "includes/begrippenlijst.md": None}
    report = import_framework(written(tmp_path, absent))

    assert remarks(report) == [
        ("absent", "relatie-ak-tot-toetsingskaders.csv", "", ""),
        ("absent", "includes/begrippenlijst.md", "", ""),
    ]
    assert [str(criterion) for criterion in Measure.objects.get().criteria.all()] == ["ARK 3.10"]


TRAPS = {
    "a wrong reference": ("- aia-09-toezicht", "- aia-09-tozicht", "points_nowhere", "vereiste", "aia-09-tozicht"),
    "an unknown topic": ("- data", "- daata", "points_nowhere", "onderwerp", "daata"),
    "an unknown phase": ("- ontwerp", "- ontwerpen", "points_nowhere", "levenscyclus", "ontwerpen"),
    "an empty entry": ("- data", "- data\n-", "empty", "onderwerp", ""),
    "an empty key": ("vereiste:\n- aia-09-toezicht", "vereiste:", "empty", "vereiste", ""),
    "an empty summary": ("toelichting: Iemand doet het.", "toelichting:", "empty", "toelichting", ""),
    "empty sources": ("sources:\n  ARK: 3.10", "sources:", "empty", "sources", ""),
    "an empty criterion": ("ARK: 3.10", "ARK:\n  - 3.10\n  -", "empty", "sources ARK", ""),
    "a single value": ("onderwerp:\n- data", "onderwerp: data", "single", "onderwerp", "data"),
    "a repeated entry": ("- jurist", "- jurist\n- jurist", "repeated", "rollen", "jurist"),
    "a repeated key": ("rollen:", "rollen:\n- niemand\nrollen:", "repeated_key", "rollen", ""),
    "another name for sources": ("sources:", "bronnen:", "misnamed", "bronnen", "sources"),
    "sources without a framework": ("sources:\n  ARK: 3.10", "sources: 3.10", "not_understood", "sources", "3.10"),
    "an unknown key": ("rollen:", "auteur: niemand\nrollen:", "unknown_key", "auteur", ""),
}  # fmt: skip


@pytest.mark.parametrize("trap", TRAPS)
def test_what_is_not_right_is_reported_and_the_rest_imported(trap, acting, tmp_path):
    old, new, code, field, value = TRAPS[trap]
    file = f"{MEASURES}/0-org-01-aanwijzen.md"
    assert old in MEASURE

    report = import_framework(written(tmp_path, {file: MEASURE.replace(old, new, 1)}))

    assert (code, file, field, value) in remarks(report)
    assert Measure.objects.get().title_nl == "Wijs iemand aan"
    assert str(report.remarks[0])


def test_the_topic_grondrechten_is_read_as_fundamentele_rechten(acting, tmp_path):
    files = {
        f"{TOOLS}/Lijst.md": TOOL.replace("- data", "- grondrechten"),
        "docs/onderwerpen/fundamentele-rechten.md": "---\ntitle: Grondrechten\n---\nTekst.\n",
    }

    report = import_framework(written(tmp_path, files))

    assert [topic.slug for topic in Tool.objects.get().topics.all()] == ["fundamentele-rechten"]
    assert remarks(report) == [("alias", f"{TOOLS}/Lijst.md", "onderwerp", "grondrechten")]


def test_a_tool_has_one_known_category(acting, tmp_path):
    files = {f"{TOOLS}/Lijst.md": TOOL.replace("- template", "- vragenlijst\n- template\n- register")}

    report = import_framework(written(tmp_path, files))

    assert Tool.objects.get().category == "template"
    assert [(code, value) for code, _file, _field, value in remarks(report)] == [
        ("not_a_category", "vragenlijst"),
        ("second_category", "register"),
    ]


def test_of_two_definitions_the_first_is_kept_and_the_other_reported(acting, tmp_path):
    glossary = "*[norm]: Een.\n*[Norm]: Twee.\nZomaar tekst\n"

    report = import_framework(written(tmp_path, {"includes/begrippenlijst.md": glossary}))

    assert list(Term.objects.values_list("term_nl", "definition_nl")) == [("norm", "Een.")]
    assert remarks(report) == [
        ("repeated", "includes/begrippenlijst.md", "line 2", "Norm"),
        ("not_understood", "includes/begrippenlijst.md", "line 3", "Zomaar tekst"),
    ]


def test_line_ends_and_byte_order_marks_make_no_difference(tmp_path):
    plain = read_release(written(tmp_path / "a"))
    other = {name: ("\ufeff" + text).replace("\n", "\r\n") for name, text in RELEASE.items()}
    windows = read_release(written(tmp_path / "b", other))

    assert (windows.items, windows.groups, windows.criteria) == (plain.items, plain.groups, plain.criteria)


# Where it is found


def test_a_zip_gives_the_same_as_the_folder_also_one_folder_deeper(tmp_path):
    folder = written(tmp_path / "kader")

    expected = read_release(folder)

    assert read_release(tmp_path) == expected
    assert read_release(zipped(folder, tmp_path / "kader.zip")) == expected
    assert read_release(zipped(folder, tmp_path / "github.zip", inside="Algoritmekader-main/")) == expected


@pytest.mark.parametrize("inside", ["../../", "/", "Algoritmekader-main/../", "C:\\"])
def test_a_zip_that_points_outside_itself_writes_nothing(inside, tmp_path):
    folder = tmp_path / "a" / "b"
    file = zipped(written(folder / "kader"), folder / "kwaad.zip", inside=inside)
    before = sorted(tmp_path.rglob("*"))

    with contextlib.suppress(FrameworkError):
        read_release(file)

    assert sorted(tmp_path.rglob("*")) == before


def test_a_zip_that_explodes_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("governance.framework_files.MAX_FILE", 5_000)
    folder = written(tmp_path / "kader", {"includes/begrippenlijst.md": " " * 100_000})
    file = tmp_path / "bom.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in folder.rglob("*.md"):
            archive.write(path, path.relative_to(folder))

    assert problems(file) == [
        ("includes/begrippenlijst.md", None, "this is too large to be a page of the Algoritmekader")
    ]


def test_all_pages_together_have_a_limit_too(tmp_path, monkeypatch):
    monkeypatch.setattr("governance.framework_files.MAX_TOTAL", 1_000)

    [(_file, _line, reason)] = problems(written(tmp_path))

    assert reason == "this is too large to be a page of the Algoritmekader"


def broken_zip(folder: Path) -> Path:
    file = zipped(written(folder / "kader"), folder / "stuk.zip")
    content = bytearray(file.read_bytes())
    start = content.index(b"Houd toezicht")
    content[start : start + 4] = b"XXXX"
    file.write_bytes(content)
    return file


def a_file(folder: Path) -> Path:
    (folder / "kader.txt").write_text("geen zip")
    return folder / "kader.txt"


def another_folder(folder: Path) -> Path:
    (folder / "docs" / "iets").mkdir(parents=True)
    return folder


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        (lambda folder: folder / "bestaat-niet", "there is no such folder or file"),
        (a_file, "this is neither a folder nor a zip file"),
        (another_folder, "this folder holds no Algoritmekader: expected docs/voldoen-aan-wetten-en-regels/vereisten"),
        (broken_zip, "the zip file cannot be read: Bad CRC-32"),
    ],
)
def test_a_wrong_place_is_named_with_the_reason(place, reason, tmp_path):
    path = place(tmp_path)

    [(file, _line, said)] = problems(path)

    assert file == str(path)
    assert said.startswith(reason)


@pytest.mark.parametrize("packed", [False, True])
def test_a_folder_or_zip_with_two_releases_in_it_stops_and_names_them(packed, acting, tmp_path):
    folder = tmp_path / "releases"
    written(folder / "2026-06")
    written(folder / "2025-09")
    path = zipped(folder, tmp_path / "releases.zip") if packed else folder

    found = problems(path)

    assert found == [(str(path), None, "there are 2 releases in it, in 2025-09, 2026-06: import one of them")]
    assert not FrameworkRelease.objects.exists()


def test_a_release_with_another_beside_its_docs_is_the_release_itself(tmp_path):
    folder = written(tmp_path / "kader")
    expected = read_release(folder)
    written(folder / "oud")

    assert read_release(folder) == expected
    assert read_release(zipped(folder, tmp_path / "kader.zip")) == expected


def a_dangling_link(page: Path) -> None:
    page.symlink_to(page.with_name("is-er-niet.md"))


def a_link_to_itself(page: Path) -> None:
    page.symlink_to(page)


@pytest.mark.parametrize("make", [a_dangling_link, a_link_to_itself, Path.mkdir])
@pytest.mark.parametrize("name", [f"{REQUIREMENTS}/aia-09-Toezicht.md", "includes/begrippenlijst.md"])
def test_a_page_that_is_no_file_stops_the_import_and_withdraws_nothing(make, name, acting, tmp_path):
    folder = written(tmp_path)
    import_framework(folder)
    (folder / name).unlink()
    make(folder / name)

    found = problems(folder)

    assert found == [(name, None, "this is not a file but a folder, or a link to something that is not there")]
    assert Requirement.objects.in_force().exists()


def test_a_folder_in_a_zip_under_the_name_of_a_page_stops_the_import(acting, tmp_path):
    file = zipped(written(tmp_path / "kader"), tmp_path / "kader.zip")
    with zipfile.ZipFile(file, "a") as archive:
        archive.mkdir(f"{REQUIREMENTS}/aia-10.md")

    assert problems(file) == [
        (f"{REQUIREMENTS}/aia-10.md", None, "this is not a file but a folder, or a link to something that is not there")
    ]


@pytest.mark.parametrize("folder", [MEASURES, TOOLS, "docs/onderwerpen", "docs/levenscyclus", "docs/rollen"])
def test_an_unknown_layout_is_refused(folder, tmp_path):
    absent = dict.fromkeys((name for name in RELEASE if name.startswith(f"{folder}/")), None)

    assert problems(written(tmp_path, absent)) == [
        (folder, None, "the layout of this Algoritmekader is unknown: there are no pages in this folder")
    ]


# What stops it

FAULTS = {
    "no front matter": ("---\n", "", 1, "does not start with front matter"),
    "not YAML": ("toelichting: Een", "toelichting: [Een", 5, "invalid front matter"),
    "a colon in a value": ("title: Houd toezicht", "title: Toezicht: houd het", 2, "invalid front matter"),
    "an object": ("title: Houd", "title: !!python/name:os.system Houd", 2, "invalid front matter"),
    "deeply nested": ("title: Houd toezicht", f"title: {'[' * 100_000}", 1, "invalid front matter"),
    "no title": ("title: Houd toezicht\n", "", 1, "no title"),
    "an empty title": ("title: Houd toezicht", "title:", 2, "no title"),
    "no id": ("id: urn:nl:ak:ver:aia-09\n", "", 1, "no id like urn:nl:ak:ver:aia-03"),
    "a wrong id": ("urn:nl:ak:ver:aia-09", "urn:nl:ak:mtr:aia-09", 3, "is not an id like urn:nl:ak:ver:aia-03"),
    "an unknown axis value": ("- hoog-risico-ai-systeem", "- hoog-risico", 14, "“hoog-risico” is not a value of"),
    "an axis without values": ("- aanbieder", "", 15, "there is no value for rol-ai-act"),
    "an absent axis": ("open-source:\n- open-source\n", "", 1, "there is no value for open-source"),
    "a list of lists": ("- jurist", "- [jurist]", 9, "rollen must be a list of names"),
    "a zero byte": ("Niemand", "Nie\0mand", 40, "zero byte"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_stops_the_import_with_file_line_and_reason(fault, db, tmp_path):
    old, new, line, reason = FAULTS[fault]
    file = f"{REQUIREMENTS}/aia-09-Toezicht.md"
    assert old in REQUIREMENT
    path = written(tmp_path, {file: REQUIREMENT.replace(old, new, 1)})

    found = problems(path)

    assert found[0][:2] == (file, line)
    assert reason in found[0][2]
    assert not Requirement.objects.exists()
    assert not FrameworkRelease.objects.exists()


def test_a_file_that_is_not_utf_8_is_named_with_its_line(tmp_path):
    file = f"{TOOLS}/Lijst.md"

    assert problems(written(tmp_path, {file: TOOL.replace("Vul", "Vül").encode("latin-1")})) == [
        (file, 20, "the file is not UTF-8 text")
    ]


def test_two_items_with_the_same_id_are_refused(tmp_path):
    files = {f"{MEASURES}/0-org-02-nog-een.md": MEASURE}

    assert problems(written(tmp_path, files)) == [
        (
            f"{MEASURES}/0-org-02-nog-een.md",
            None,
            f"this has the same id or name as {MEASURES}/0-org-01-aanwijzen.md",
        )
    ]


def test_a_name_that_fits_no_address_is_refused(tmp_path):
    [(file, _line, reason), *_rest] = problems(written(tmp_path, {f"{TOOLS}/Een lijst.md": TOOL}))

    assert file == f"{TOOLS}/Een lijst.md"
    assert reason == "the name of the file may have letters a–z, digits, - and _ only"


@pytest.mark.parametrize(
    ("table", "line", "reason"),
    [
        ("nummer,bron\n3.01,ARK\n", 1, "the table has no column maatregelen-ak"),
        ("", 1, "the table has no column bron, maatregelen-ak, nummer"),
        ("nummer,bron,maatregelen-ak\n3.01,,[]\n", 2, "this row names no criterion: give nummer and bron"),
        ('nummer,bron,maatregelen-ak\n3.01,ARK,"[]"x\n', 2, "the table cannot be read"),
    ],
)
def test_a_table_that_is_not_one_of_criteria_is_refused(table, line, reason, tmp_path):
    [(file, at, said), *_rest] = problems(written(tmp_path, {"relatie-ak-tot-toetsingskaders.csv": table}))

    assert (file, at) == ("relatie-ak-tot-toetsingskaders.csv", line)
    assert said.startswith(reason)


def test_all_faults_are_told_at_once(tmp_path):
    files = {
        f"{REQUIREMENTS}/aia-09-Toezicht.md": without(REQUIREMENT, "title"),
        f"{MEASURES}/0-org-01-aanwijzen.md": "geen kop",
        f"{TOOLS}/Lijst.md": b"\xff",
    }

    assert [file for file, _line, _reason in problems(written(tmp_path, files))] == sorted(files)


def test_what_does_not_fit_the_database_is_refused(acting, tmp_path):
    files = {f"{TOOLS}/Lijst.md": TOOL.replace("Vragenlijst", "V" * 401)}

    assert problems(written(tmp_path, files)) == [(f"{TOOLS}/Lijst.md", None, "title_nl is longer than 400 characters")]


def test_an_item_of_an_organisation_is_never_overwritten(acting, tmp_path):
    own = MeasureFactory(organisation=OrganisationFactory(), urn=URN["measure"], title_nl="Van ons", phases=[])

    assert [file for file, _line, _reason in problems(written(tmp_path))] == [f"{MEASURES}/0-org-01-aanwijzen.md"]
    own.refresh_from_db()
    assert own.title_nl == "Van ons"
