import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections

from governance import exporting


class Command(BaseCommand):
    help = (
        "Makes the reports and long tables that people ask for, until it is stopped; for EXPORTS_IN=worker. Several "
        "can run at once. What was half made when one stopped is begun again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="make what waits now, then stop")
        parser.add_argument("--every", type=float, default=2.0, help="seconds between two looks (2)")

    def handle(self, *args: Any, **options: Any) -> None:
        while True:
            made = exporting.make_waiting()
            if made and options["verbosity"] > 0:
                self.stdout.write(f"{made}")
            if options["once"]:
                return
            close_old_connections()
            time.sleep(options["every"])
