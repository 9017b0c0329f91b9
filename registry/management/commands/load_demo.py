from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from registry import demo


class Command(BaseCommand):
    help = (
        "Adds the demo organisation with its people and algorithms, and prints the accounts. "
        "Where it is there already, it only prints the accounts."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--force", action="store_true", help="also on an installation that is not for trying out (DEBUG is off)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG and not options["force"]:
            raise CommandError(
                _(
                    "Demo accounts have a password that everybody knows, and DEBUG is off: this looks like a real "
                    "installation. Add --force to load them all the same."
                )
            )
        if demo.is_loaded():
            self.stdout.write(_("The demo organisation is there already; nothing was changed."))
        else:
            try:
                demo.load()
            except demo.DemoError as error:
                raise CommandError(_("%(error)s Nothing was changed.") % {"error": error}) from error
            self.stdout.write(_("The demo organisation is loaded."))
        self.stdout.write(_("Log in with one of these accounts, to try out only:"))
        for line in table_of(demo.accounts()):
            self.stdout.write(line)


def table_of(accounts: list[demo.Account]) -> list[str]:
    """The accounts as lines with columns, below a heading."""
    rows = [(_("Kind of user"), _("Organisation"), _("E-mail address"), _("Password"))]
    rows += [(str(account.role.label), account.organisation, account.email, demo.PASSWORD) for account in accounts]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return [lines[0], "-" * max(map(len, lines)), *lines[1:]]
