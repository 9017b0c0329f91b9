from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from governance import audit_trail
from governance.catalogue_comparison import Report
from governance.framework_files import FrameworkError
from governance.framework_import import import_framework

KINDS = {
    "topic": gettext_lazy("topics"),
    "phase": gettext_lazy("lifecycle phases"),
    "discipline": gettext_lazy("disciplines"),
    "law": gettext_lazy("laws"),
    "audit_framework": gettext_lazy("audit frameworks"),
    "term": gettext_lazy("terms"),
    "criterion": gettext_lazy("audit criteria"),
    "requirement": gettext_lazy("requirements"),
    "measure": gettext_lazy("measures"),
    "tool": gettext_lazy("tools"),
}


class Command(BaseCommand):
    help = (
        "Imports a release of the Algoritmekader from a checkout, folder or zip file, and reports what is added, "
        "changed and withdrawn, what points nowhere, and which algorithms it touches."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="the folder or zip file")
        parser.add_argument("--dry-run", action="store_true", help="report only, change nothing")
        parser.add_argument("--name", default="", help="name of the release, by default that of the folder or file")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with audit_trail.acting(None, "command"):
                report = import_framework(options["path"], name=options["name"], dry_run=options["dry_run"])
        except FrameworkError as error:
            raise CommandError("\n".join([str(error), _("Nothing was changed.")])) from error
        if options["verbosity"] > 0:
            for line in describe(report):
                self.stdout.write(line)
            if options["dry_run"]:
                self.stdout.write(_("This was a trial: nothing was changed."))


def describe(report: Report) -> Iterator[str]:
    """The report, line by line."""
    yield from describe_counts(report)
    links = report.links.get("measure requirements", 0)
    again = sum(remark.code == "repeated" and remark.field == "vereiste" for remark in report.remarks)
    yield _("%(n)d links from measures to requirements, given in %(entries)d entries.") % {
        "n": links,
        "entries": links + again,
    }
    for heading, part in (
        (_("Added:"), report.added),
        (_("Withdrawn:"), report.withdrawn),
        (_("Back again:"), report.returned),
    ):
        lines = [f"  {key}" for kind in ("requirement", "measure", "tool", "criterion", "term") for key in part[kind]]
        yield from [heading, *lines] if lines else []
    for kind, changed in report.changed.items():
        if changed:
            yield _("Changed %(kind)s, with what differs:") % {"kind": KINDS[kind]}
            yield from (f"  {key}: {', '.join(fields)}" for key, fields in changed.items())
    if report.remarks:
        nowhere = sum(remark.code == "points_nowhere" for remark in report.remarks)
        yield ngettext(
            "%(n)d remark on the files, of which %(nowhere)d on a reference that points nowhere:",
            "%(n)d remarks on the files, of which %(nowhere)d on references that point nowhere:",
            len(report.remarks),
        ) % {"n": len(report.remarks), "nowhere": nowhere}
        yield from (f"  {remark}" for remark in report.remarks)
    if report.affected:
        yield _("Algorithms that this touches (%(n)d):") % {"n": len(report.affected)}
        yield from (f"  {name}" for name in report.affected)


def describe_counts(report: Report) -> Iterator[str]:
    """How many of each kind were added, changed, withdrawn, came back or stayed as they were."""
    if not report.finds_differences:
        yield _("Nothing differs from what was there.")
    for kind, counts in report.counts.items():
        if any(counts.values()):
            yield _(
                "%(kind)s: %(added)d added, %(changed)d changed, %(withdrawn)d withdrawn, %(returned)d back again, "
                "%(unchanged)d unchanged"
            ) % {"kind": KINDS[kind], **counts}
