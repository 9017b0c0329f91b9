from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from governance import audit_trail
from governance.official_bodies import OfficialBodiesError, import_official_bodies


class Command(BaseCommand):
    help = (
        "Reads the government's lists of public bodies from a folder with Gemeenten.csv, Omgevingsdiensten.csv, "
        "Provincies.csv, Veiligheidsregios.csv and Waterschappen.csv. Running it again changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="the folder")

    def handle(self, *args: Any, path: Path, **options: Any) -> None:
        try:
            with audit_trail.acting(None, "command"):
                report = import_official_bodies(path)
        except OfficialBodiesError as error:
            raise CommandError(_("%(error)s Nothing was changed.") % {"error": error}) from error
        if options["verbosity"] == 0:
            return
        counts = {"added": report.added, "changed": report.changed, "unchanged": report.unchanged}
        self.stdout.write(_("Official bodies: %(added)d added, %(changed)d changed, %(unchanged)d unchanged.") % counts)
        for bad in report.refused:
            self.stdout.write(
                _("  %(file)s, row %(row)d: %(reason)s") % {"file": bad.file, "row": bad.row, "reason": bad.reason}
            )
