"""An e-mail back-end for which some addresses do not exist; the rest goes where the tests read it."""

import smtplib

from django.core.mail.backends.locmem import EmailBackend


class Backend(EmailBackend):
    def send_messages(self, messages):
        for message in messages:
            for address in message.to:
                if address.startswith("bestaat-niet"):
                    raise smtplib.SMTPRecipientsRefused({address: (550, b"onbekend")})
        return super().send_messages(messages)
