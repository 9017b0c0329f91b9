from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from governance import evidence_check, progress_bar
from governance.models import Organisation, StoredFile


class Command(BaseCommand):
    help = (
        "Hashes the stored files again, and names what changed, is missing or is in the storage without a record, with "
        "where it is used. Fails when something is wrong; changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organisation", metavar="SLUG", help="the files of this organisation and its parts only")

    def handle(self, *args: Any, organisation: str | None, **options: Any) -> None:
        only = Organisation.objects.filter(slug=organisation).first() if organisation else None
        if organisation and only is None:
            raise CommandError(_("There is no organisation “%s”. Give the slug of one that exists.") % organisation)
        number = StoredFile.objects.filter(evidence_check.files_of(only)).count()
        faults = 0
        for fault in evidence_check.check(only, lambda done, total: progress_bar.show(self.stderr, done, total)):
            faults += 1
            self.stdout.write(f"{fault.name}: {fault.trouble.label}")
            for place in fault.used:
                self.stdout.write(f"  {place}")
        self.stdout.write(ngettext("%d file looked at.", "%d files looked at.", number) % number)
        if faults:
            sentence = ngettext("%d file is not as it should be.", "%d files are not as they should be.", faults)
            raise CommandError(sentence % faults)
        self.stdout.write(_("Every file is what was added."))
