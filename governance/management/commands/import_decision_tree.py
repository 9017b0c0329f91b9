from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from governance import audit_trail
from governance.decision_tree import TreeError
from governance.decision_tree_import import BUILT_IN, Differences, TreeReport, import_tree


class Command(BaseCommand):
    help = "Imports a decision tree and takes it into use for new classifications; without PATH the built-in one."

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument("path", nargs="?", type=Path, help="a tree in the format of the official decision-tree.yaml")
        which.add_argument("--built-in", action="store_true", help="the tree that comes with this application")
        parser.add_argument(
            "--make-current",
            action="store_true",
            help="take it into use also when it was imported before, or is built in while an official one is in use",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with audit_trail.acting(None, "command"):
                report = import_tree(options["path"] or BUILT_IN, make_current=options["make_current"])
        except TreeError as error:
            raise CommandError("\n".join([str(error), _("Nothing was changed.")])) from error
        for line in describe(report):
            self.stdout.write(line)


def describe(report: TreeReport) -> Iterator[str]:
    """The report, line by line."""
    yield _(
        "%(tree)s: %(questions)d questions, %(conclusions)d conclusions; all %(paths)s paths end in a conclusion."
    ) % {
        "tree": report.record,
        "questions": len(report.tree.questions),
        "conclusions": len(report.tree.conclusions),
        "paths": number_format(report.paths, force_grouping=True),
    }
    if report.unreached:
        yield _("Not on any path: %s") % ", ".join(report.unreached)
    if report.labels_without_axis:
        yield _("Labels without consequence for what applies: %s") % ", ".join(report.labels_without_axis)
    if not report.is_new:
        yield _("This tree was imported before.")
    if report.is_taken_into_use:
        yield _("It is now in use for new classifications.")
        if report.former:
            yield _("%s stays for the classifications made with it.") % report.former
        yield _("Classifications now due for review: %d") % report.due_for_review
    elif report.record.is_current:
        yield _("It was in use already; nothing changed.")
    else:
        yield _("It is not in use: %s is. Add --make-current to change that.") % report.former
    if report.former and report.former != report.record:
        yield from describe_differences(_("Questions"), report.questions, len(report.tree.questions))
        yield from describe_differences(_("Conclusions"), report.conclusions, len(report.tree.conclusions))


def describe_differences(kind: str, differences: Differences, total: int) -> Iterator[str]:
    """A line per sort of difference with the tree in use before."""
    for what, numbers in (
        (_("added"), differences.added),
        (_("removed"), differences.removed),
        (_("reworded"), differences.reworded),
        (_("leading elsewhere"), differences.leading_elsewhere),
    ):
        if numbers:
            names = _("all") if len(numbers) == total else ", ".join(numbers)
            yield f"{kind}, {what} ({len(numbers)}): {names}"
