from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from governance import audit_trail
from governance.framework_import import load_built_in
from governance.management.commands.import_framework import describe_counts


class Command(BaseCommand):
    help = (
        "Loads the catalogue that comes with the application, in Dutch and English. What an imported release of the "
        "Algoritmekader says stays as it is. Running it again changes nothing."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        with audit_trail.acting(None, "command"):
            report = load_built_in()
        if options["verbosity"] == 0:
            return
        if report is None:
            self.stdout.write(_("The built-in catalogue was loaded before; nothing changed."))
            return
        for line in describe_counts(report):
            self.stdout.write(line)
