from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, call_command
from django.db import connection

from governance import audit_guards


class Command(BaseCommand):
    help = (
        "Makes an installation ready for use, or brings it up to date: the database, the built-in catalogue, the "
        "built-in decision tree and the lists of public bodies where they are. Running it again changes nothing that "
        "is there."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--demo", action="store_true", help="add the demo organisation, with accounts whose password is known"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", verbosity=0)
        audit_guards.put_up(connection)
        call_command("createcachetable", verbosity=0)
        call_command("load_catalogue")
        call_command("import_decision_tree")
        lists = settings.SHARED_DATA / "algoritmeregister" / "organisations"
        if lists.is_dir():
            call_command("import_official_bodies", lists, verbosity=0)
        if options["demo"]:
            call_command("load_demo")
