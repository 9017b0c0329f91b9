from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from governance import clock, digest, exporting, reminders
from governance.evidence import let_expired_claims_fall_back


class Command(BaseCommand):
    help = (
        "Lets claims whose evidence expired wait to be verified again, tells people what is due and sends the e-mails "
        "for which it is time. For cron, once a day or more often: nobody is told or sent anything twice, also when "
        "two runs overlap. Removes files of exports that are too old."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        again = let_expired_claims_fall_back(timezone.localdate(now))
        told = sum(source(timezone.localdate(now)) for source in reminders.sources)
        sent = digest.send_due(now)
        removed = exporting.remove_old()
        if again:
            sentence = ngettext("%d claim to be verified again.", "%d claims to be verified again.", again)
            self.stdout.write(sentence % again)
        self.stdout.write(ngettext("%d new notification.", "%d new notifications.", told) % told)
        self.stdout.write(ngettext("%d e-mail sent.", "%d e-mails sent.", sent.people) % sent.people)
        if removed:
            self.stdout.write(ngettext("%d old file removed.", "%d old files removed.", removed) % removed)
        for address, why in sent.failures:
            self.stderr.write(
                _("%(address)s: not sent, will be tried again: %(why)s") % {"address": address, "why": why}
            )
        if sent.failures:
            raise CommandError(
                ngettext("%d e-mail could not be sent.", "%d e-mails could not be sent.", len(sent.failures))
                % len(sent.failures)
            )
