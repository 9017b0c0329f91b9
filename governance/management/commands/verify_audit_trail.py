from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from governance import audit_chain, audit_guards, audit_verification
from governance.audit_verification import Head, Verdict, kept_heads
from governance.models import AuditEvent, Organisation


class Command(BaseCommand):
    help = (
        "Proves every chain of the audit trail whole, or names the first broken row of each. Prints a line for each "
        "chain: its key, the number of its last event and the hash of that. Keep those lines elsewhere, and give them "
        "back later with --expect: then also a chain that was made anew or cut off is found."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--organisation", metavar="SLUG", help="only the chain of this organisation; “none” for that of no one"
        )
        parser.add_argument(
            "--from",
            dest="since",
            type=date.fromisoformat,
            metavar="YYYY-MM-DD",
            help="follow each chain from its first event of that day, trusting what is before it",
        )
        parser.add_argument(
            "--expect",
            action="append",
            default=[],
            metavar="HASH|FILE",
            help="an earlier hash, or a file of lines that this command printed; each must still be in its chain",
        )
        parser.add_argument(
            "--seal", action="store_true", help="first seal the events that a process left unsealed when it died"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        key = _key(options["organisation"])
        heads = [head for given in options["expect"] for head in _heads(given)]
        problems = []
        for name in audit_guards.missing(connection):
            problems.append(_("The guard %s of the database is not there. Run: manage.py prepare") % name)
        if options["seal"]:
            self._seal(key)
        found: set[Head] = set()
        verdicts = audit_verification.verified(key=key, since=options["since"], heads=heads, progress=self._progress)
        for verdict in verdicts:
            found |= verdict.found
            self.stdout.write(_line(verdict))
            if verdict.broken:
                problems.append(f"{verdict.name} ({verdict.key}): {verdict.broken}")
        for head in heads:
            if head not in found and not (key and head.key and head.key != key):
                problems.append(_("What was kept is no longer in the chain: %s") % head)
        for of, number in audit_verification.unsealed(key).items():
            problems.append(
                ngettext(
                    "%(n)d event of chain %(key)s is not sealed. Run with --seal.",
                    "%(n)d events of chain %(key)s are not sealed. Run with --seal.",
                    number,
                )
                % {"n": number, "key": of}
            )
        for problem in problems:
            self.stderr.write(self.style.ERROR(problem))
        if problems:
            raise CommandError(_("The audit trail is not whole, or its guards are not in order; see above."))
        self.stderr.write(self.style.SUCCESS(_("The audit trail is whole.")))

    def _seal(self, key: str) -> None:
        sealed = 0
        for of in audit_verification.unsealed(key):
            owner = None if of == audit_chain.OF_NONE else int(of)
            waiting = AuditEvent.objects.filter(organisation=owner, seal=None).order_by("pk")
            first, last = waiting.first(), waiting.last()
            if first and last:
                sealed += audit_chain.seal(owner, first.pk, last.pk)
        self.stderr.write(ngettext("%d event was sealed.", "%d events were sealed.", sealed) % sealed)

    def _progress(self, done: int) -> None:
        if getattr(self.stderr, "isatty", lambda: False)():
            self.stderr.write(_("… %d events") % done, ending="\r")


def _key(slug: str | None) -> str:
    if not slug or slug == audit_chain.OF_NONE:
        return slug or ""
    try:
        return audit_chain.key_of(Organisation.objects.get(slug=slug).pk)
    except Organisation.DoesNotExist as error:
        raise CommandError(
            _("There is no organisation “%s”. Give its short name, as in its address.") % slug
        ) from error


def _heads(given: str) -> list[Head]:
    """What was kept, from a file of that name or as it was given."""
    path = Path(given)
    try:
        return kept_heads(path.read_text(encoding="utf-8").splitlines() if path.is_file() else [given])
    except (ValueError, UnicodeDecodeError) as error:
        raise CommandError(
            _("“%s” is no hash and no file of lines with a key, a number and a hash.") % (error.args[0] or given)
        ) from error


def _line(verdict: Verdict) -> str:
    return f"{verdict.key} {verdict.length} {verdict.head}" if verdict.head else f"{verdict.key} 0 -"
