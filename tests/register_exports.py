"""Exports of the Algoritmeregister as tests write them, and the command that reads them."""

import csv
from io import StringIO

from django.core.management import call_command

from registry.register_files import CSV_LAYOUTS

LAYOUTS = {layout.name: layout for layout in CSV_LAYOUTS}
STANDARD = [*sorted(LAYOUTS["1.0"].required), "algorithm_id", "publication_dt", "org_id"]
PREFIXED = sorted(LAYOUTS["2023-02"].required)
UNPREFIXED = sorted({name.rsplit(".", 1)[-1] for name in PREFIXED})


def row(**cells):
    return {
        "name": "Meldingen ordenen",
        "organization": "Gemeente Voorbeeld",
        "description_short": "Ordent meldingen op urgentie.",
        "algorithm_id": "10000001",
        "lang": "nld",
        **cells,
    }


def write_csv(path, rows, columns=STANDARD, delimiter=","):
    """The rows as a CSV export at that path; columns a row does not give are empty."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", delimiter=delimiter, quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(rows)
    return path


def run(path, **options):
    out = StringIO()
    call_command("import_register", str(path), stdout=out, skip_checks=True, **options)
    return out.getvalue()
