from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils.translation import gettext as _

from registry import compliance
from registry.classifying import hold


class Command(BaseCommand):
    help = "Compares the stored compliance figures with a count from the rows, and mends what differs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; fail when a figure differs")

    def handle(self, *args: Any, **options: Any) -> None:
        differing = []
        for algorithm, stored, counted in compliance.differences():
            differing.append(algorithm.pk)
            fields = ", ".join(
                f"{name} {stored.get(name)} → {counted[name]}" for name in counted if stored.get(name) != counted[name]
            )
            self.stdout.write(f"{algorithm.pk} {algorithm}: {fields}")
        if differing and options["check"]:
            raise CommandError(_("%(n)d algorithms have figures that differ from a recount.") % {"n": len(differing)})
        for start in range(0, len(differing), compliance.BATCH):
            batch = differing[start : start + compliance.BATCH]
            with transaction.atomic():
                hold(batch)
                compliance.recount(batch)
        self.stdout.write(
            _("%(n)d mended.") % {"n": len(differing)} if differing else _("Every stored figure equals a recount.")
        )
