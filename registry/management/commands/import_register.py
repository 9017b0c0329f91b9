from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from governance import audit_trail, progress_bar
from governance.models import Organisation
from registry.register_files import Record, RegisterFileError
from registry.register_import import ImportReport, import_register


class Command(BaseCommand):
    help = "Reads an export of the national Algoritmeregister: CSV in any of its layouts, or the JSON of its site."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="the export")
        parser.add_argument("--organisation", metavar="SLUG", help="take the rows of this organisation only")
        parser.add_argument(
            "--update", action="store_true", help="change algorithms that are there already where the export differs"
        )
        parser.add_argument("--dry-run", action="store_true", help="report what would happen and change nothing")

    def handle(
        self, *args: Any, path: Path, organisation: str | None, update: bool, dry_run: bool, **options: Any
    ) -> None:
        only = Organisation.objects.filter(slug=organisation).first() if organisation else None
        if organisation and only is None:
            raise CommandError(_("There is no organisation “%s”. Give the slug of one that exists.") % organisation)
        try:
            with audit_trail.acting(None, "command"):
                report = import_register(
                    path, organisation=only, update=update, dry_run=dry_run, progress=self._show_progress
                )
        except RegisterFileError as error:
            raise CommandError(_("%s Nothing was changed.") % error) from error
        for line in report_lines(report, dry_run=dry_run):
            self.stdout.write(line)

    def _show_progress(self, done: int, total: int) -> None:
        progress_bar.show(self.stderr, done, total)


def report_lines(report: ImportReport, *, dry_run: bool) -> Iterator[str]:
    """The report as lines for a person; row numbers are those of a spreadsheet, or of the list in a JSON file."""
    yield _("%(file)s (layout %(layout)s): %(rows)d rows") % {
        "file": report.file,
        "layout": report.layout,
        "rows": report.rows,
    }
    if report.versions:
        yield _("  from versions in several languages: %d") % report.versions
    yield _("  algorithms added: %d") % len(report.added)
    yield _("  algorithms matched: %(n)d, of which the export differs: %(differing)d, updated: %(updated)d") % {
        "n": len(report.matched),
        "differing": len(report.differing),
        "updated": len(report.updated),
    }
    yield _("  rows refused: %d") % len(report.refused)
    if report.passed_over:
        names = ", ".join(f"{name} ({count})" for name, count in sorted(report.passed_over.items()))
        yield _("  rows of other organisations, passed over: %(n)d: %(names)s") % {
            "n": report.passed_over.total(),
            "names": names,
        }
    if report.organisations:
        yield _("Organisations added: %s") % ", ".join(report.organisations)
    if report.refused:
        yield _("Refused:")
        for record in report.refused:
            if record.refused:
                about = f" “{_short(record.refused.value)}”" if record.refused.value else ""
                yield f"  {_rows([record])}, {record.refused.field}: {record.refused.reason}{about}"
    if report.remarks:
        yield _("Remarks (%d):") % len(report.remarks)
        yield from _remark_lines(report)
    if report.possible_duplicates:
        yield _("Possible duplicates:")
        for (organisation, name), records in report.possible_duplicates.items():
            yield f"  {organisation}, {name}: {_rows(records)}"
    if report.differing:
        yield (
            _("Differing from the register:")
            if report.updated
            else _("Differing from the register (--update applies):")
        )
        for record, fields in report.differing:
            yield f"  {_rows([record])}, {record.name}: {', '.join(fields)}"
    if report.columns_without_field:
        columns = ", ".join(f"{name} ({count})" for name, count in report.columns_without_field.items())
        yield _("Columns without a field, kept with the imported row: %s") % columns
    if dry_run:
        yield _("Nothing was saved (--dry-run).")


def _remark_lines(report: ImportReport) -> Iterator[str]:
    fields: dict[str, dict[tuple[str, str], list[Record]]] = {}
    for record, remark in report.remarks:
        about = fields.setdefault(remark.field, {})
        about.setdefault((remark.reason, _short(remark.value)), []).append(record)
    for field, remarks in fields.items():
        yield f"  {field}:"
        for (reason, value), records in remarks.items():
            yield f"    {_rows(records)}: {f'“{value}” ' if value else ''}{reason}"


def _rows(records: Iterable[Record]) -> str:
    numbers = [str(record.row.number) for record in records]
    return (_("row %s") if len(numbers) == 1 else _("rows %s")) % ", ".join(numbers)


def _short(text: str) -> str:
    return Truncator(" ".join(text.split())).chars(60)
