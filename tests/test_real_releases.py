"""Importing the real releases of the Algoritmekader."""

import zipfile
from pathlib import Path

import pytest
from django.utils import translation

from governance import audit_trail, framework_release
from governance.framework_import import import_framework, load_built_in
from governance.framework_release import read_release
from governance.models import (
    AuditCriterion,
    CatalogueRevision,
    LifecyclePhase,
    Measure,
    Requirement,
    Term,
    Tool,
    Topic,
)
from tests.framework_releases import (
    TOOLS,
    problems,
    stored,
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


NOWHERE = [
    ("2-owp-05-soort-algoritme.md", "aia-06-documentatie-beoordeling-niet-hoog-risico-ai"),
    ("2-owp-30-informeer-betrokkenen.md", "aia-08-transparantie-aan-gebruikersverantwoordelijken"),
    ("2-owp-30-informeer-betrokkenen.md", "aia-28-transparantieverplichtingen-richting-natuurlijke-personen"),
    ("2-owp-31-pas-vastgestelde-beleidskaders-zijn-nageleefd.md", "aia-37-melding-ernstige-incidenten"),
    ("2-owp-31-pas-vastgestelde-beleidskaders-zijn-nageleefd.md", "aia-20-verstrekken-van-informatie-op-verzoek"),
    ("2-owp-35-genereren-bronvermelding.md", "aia-09-menselijke-toezicht"),
    ("standaarden.md", "7-mon-04-evalueer-bij-veranderingen-in-data"),
    ("standaarden.md", "2-owp-11-duurzaam-inkopen"),
    ("standaarden.md", "2-owp-19-ruimte-voor-samenwerking-met-aanbieder"),
]
NEW_TOOLS = [
    "urn:nl:ak:hlp:aanpak-begeleidingsethiek",
    "urn:nl:ak:hlp:functioneringsgesprek-ai",
    "urn:nl:ak:hlp:genai-compliance-faq",
]


@pytest.fixture
def releases(shared_data):
    return shared_data / "algoritmekader"


def keys() -> dict[str, int]:
    return {item.urn: item.pk for model in (Requirement, Measure, Tool) for item in model.objects.all()}


@pytest.mark.data
def test_the_release_of_june_2026_is_imported_whole(acting, releases):
    load_built_in()

    report = import_framework(releases / "2026-06")

    entries = [remark for remark in report.remarks if remark.code == "repeated" and remark.field == "vereiste"]
    assert (Requirement.objects.count(), Measure.objects.count(), Tool.objects.count()) == (63, 108, 28)
    assert [remark.value for remark in entries] == ["aia-34-monitoring-na-het-in-de-handel-brengen"]
    assert Measure.requirements.through.objects.count() == report.links["measure requirements"] == 583 - len(entries)
    governance = Topic.objects.get(slug="governance")
    assert [governance.requirements.count(), governance.measures.count(), governance.tools.count()] == [15, 32, 16]
    assert LifecyclePhase.objects.count() == 9
    assert Term.objects.in_force().count() == 94
    assert AuditCriterion.objects.filter(framework__slug="ark", number__in=["3.01", "3.10"]).count() == 2


@pytest.mark.data
def test_all_that_is_not_right_in_the_release_of_june_2026_is_reported(releases):
    release = read_release(releases / "2026-06")

    by_code = {
        code: [remark for remark in release.remarks if remark.code == code] for code in framework_release.REMARKS
    }
    assert [(Path(remark.file).name, remark.value) for remark in by_code["points_nowhere"]] == NOWHERE
    assert {code: len(found) for code, found in by_code.items() if found} == {
        "points_nowhere": 9,
        "empty": 10,
        "repeated": 4,
        "repeated_key": 1,
        "alias": 1,
        "misnamed": 1,
        "second_category": 2,
        "not_in_table": 4,
    }


@pytest.mark.data
def test_importing_a_real_release_again_writes_nothing(acting, releases):
    import_framework(releases / "2026-06")
    before = stored()

    report = import_framework(releases / "2026-06")

    assert not report.finds_differences
    assert stored() == before


@pytest.mark.data
def test_from_september_2025_to_june_2026_and_back(acting, releases):
    import_framework(releases / "2025-09")
    before = keys()

    forth = import_framework(releases / "2026-06")
    after = keys()
    back = import_framework(releases / "2025-09")

    assert forth.added["tool"] == NEW_TOOLS
    assert {urn: after[urn] for urn in before} == before
    assert {kind: len(forth.changed[kind]) for kind in ("requirement", "measure", "tool")} == {
        "requirement": 5, "measure": 80, "tool": 15,
    }  # fmt: skip
    assert forth.changed["requirement"] == {
        "urn:nl:ak:ver:aia-38": ["body"],
        "urn:nl:ak:ver:aia-39": ["axes"],
        "urn:nl:ak:ver:avg-07": ["body"],
        "urn:nl:ak:ver:avg-10": ["body"],
        "urn:nl:ak:ver:awb-02": ["body"],
    }
    assert [forth.withdrawn[kind] for kind in ("requirement", "measure", "tool")] == [[], [], []]
    assert back.withdrawn["tool"] == NEW_TOOLS
    assert back.changed["measure"].keys() == forth.changed["measure"].keys()
    assert keys() == after
    assert Tool.objects.in_force().count() == 25
    assert CatalogueRevision.objects.count() == 200


@pytest.mark.data
def test_a_zip_of_a_real_release_gives_the_same(releases, tmp_path):
    file = zipped(releases / "2026-06", tmp_path / "kader.zip", inside="Algoritmekader-2026-06/")

    assert read_release(file) == read_release(releases / "2026-06")


@pytest.mark.data
def test_one_broken_file_stops_a_real_release(acting, releases, tmp_path):
    import_framework(releases / "2025-09")
    before = stored()
    path = zipped(releases / "2026-06", tmp_path / "kader.zip")
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr(f"{TOOLS}/IAMA.md", "---\ntitle: [\n---\n")

    [(file, line, _reason)] = problems(path)

    assert (file, line) == (f"{TOOLS}/IAMA.md", 3)
    assert stored() == before
