import os
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.http import QueryDict
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from governance import audit_trail, exporting
from governance.models import User
from governance.table_files import WRITERS, TooManyRows
from governance.tables import TABLES

WIDTH = 40


class Command(BaseCommand):
    help = "Writes a table to a file, with what one person may see; recorded in the audit trail as theirs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("table", choices=sorted(TABLES), metavar="TABLE", help=", ".join(TABLES))
        parser.add_argument("--format", choices=[str(kind) for kind in WRITERS], default="csv")
        parser.add_argument("--user", required=True, help="the e-mail address of the person")
        parser.add_argument("--output", required=True, type=Path, help="the file to write; it must not exist yet")
        parser.add_argument("--filter", default="", help="as in the address of the list: organisation=x&status=y")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email__iexact=options["user"], is_active=True).first()
        if user is None:
            raise CommandError(_("There is no active account with the address %s.") % options["user"])
        path: Path = options["output"]
        unfinished = path.with_name(f".{path.name}.unfinished")
        with translation.override(user.language or translation.get_language()), audit_trail.acting(user, "command"):
            try:
                selection = TABLES[options["table"]].select(user, QueryDict(options["filter"]))
                if path.exists():
                    raise FileExistsError
                with unfinished.open("wb") as to:
                    total = exporting.to_file(selection, options["format"], to, self._bar, by=user)
                unfinished.rename(path)
            except FileExistsError as error:
                raise CommandError(_("%s is there already.") % path) from error
            except (TooManyRows, ValidationError, OSError) as error:
                raise CommandError(str(error)) from error
            finally:
                unfinished.unlink(missing_ok=True)
            told = ngettext("%(n)d row written to %(file)s.", "%(n)d rows written to %(file)s.", total)
            self.stdout.write(told % {"n": total, "file": path})

    def _bar(self, done: int, total: int) -> None:
        """How far it is, on a terminal only, at every whole percent."""
        if not self.stderr.isatty() or (done * 100 // total == (done - 1) * 100 // total and done != total):
            return
        filled = "#" * (WIDTH * done // total)
        end = os.linesep if done == total else ""
        self.stderr.write(f"\r[{filled:<{WIDTH}}] {done}/{total}", ending=end)
