"""The command that reads an export of the Algoritmeregister."""

import pytest
from django.core.management import CommandError
from django.utils import translation

from registry.models import Algorithm
from tests.factories import AlgorithmFactory, OrganisationFactory
from tests.register_exports import row, run, write_csv


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


def test_the_command_prints_what_became_of_every_row(db, tmp_path):
    home = OrganisationFactory(name="Gemeente Voorbeeld")
    AlgorithmFactory(organisation=home, name="Meldingen ordenen", goal="Ander doel.")
    path = write_csv(
        tmp_path / "export.csv",
        [
            row(goal="Doel."),
            row(name="", algorithm_id="2"),
            row(name="Tweede", algorithm_id="3", status="Actief", standard_version="1.0"),
            row(name="Derde", algorithm_id="4", status="Actief", organization="Provincie Nieuw"),
            row(name="Tweede", algorithm_id="5", website="volgt"),
        ],
    )

    assert run(path, dry_run=True).splitlines() == [
        "export.csv (layout 1.0): 5 rows",
        "  algorithms added: 3",
        "  algorithms matched: 1, of which the export differs: 1, updated: 0",
        "  rows refused: 1",
        "Organisations added: Provincie Nieuw",
        "Refused:",
        "  row 3, name: is empty",
        "Remarks (3):",
        "  status:",
        "    rows 4, 5: “Actief” read as “In gebruik”",
        "  website:",
        "    row 6: “volgt” not a web address",
        "Possible duplicates:",
        "  Gemeente Voorbeeld, Tweede: rows 4, 6",
        "Differing from the register (--update applies):",
        "  row 2, Meldingen ordenen: goal",
        "Columns without a field, kept with the imported row: standard_version (1)",
        "Nothing was saved (--dry-run).",
    ]


def test_the_command_takes_the_rows_of_one_organisation(db, tmp_path):
    OrganisationFactory(name="Gemeente Voorbeeld", slug="voorbeeld")
    path = write_csv(tmp_path / "export.csv", [row(), row(organization="Gemeente Elders", algorithm_id="2")])

    printed = run(path, organisation="voorbeeld")

    assert "  rows of other organisations, passed over: 1: Gemeente Elders (1)" in printed
    assert [str(algorithm) for algorithm in Algorithm.objects.all()] == ["Meldingen ordenen"]


def test_the_command_says_so_when_there_is_no_such_organisation(db, tmp_path):
    with pytest.raises(CommandError, match="There is no organisation “nergens”"):
        run(write_csv(tmp_path / "export.csv", [row()]), organisation="nergens")
