"""The e-mail with what is new: at most one a day for each person, as often as they chose."""

import smtplib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import models, transaction
from django.db.models import Exists, OuterRef
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import ngettext

from governance.models import Membership, Notification, User
from governance.models.periods import start_of
from governance.notifying import sentence

SHOWN = 50
"""More than this many lines are counted, not written out."""
NEWS_FOR = timedelta(days=31)
"""What is older is no news: nobody gets a year of it when they turn the e-mails on."""
MONDAY = 0
REFUSED = (smtplib.SMTPException, OSError, ValueError)
"""What sending to an address can end in: refused, unreachable, or not an address at all."""


@dataclass
class Sent:
    people: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)
    """(address, why) of each e-mail that could not be sent; what it held is sent next time."""


def send_due(now: datetime) -> Sent:
    """Sends everybody for whom it is time what they have not yet read or been sent."""
    sent = Sent()
    for person in _for_whom_it_is_time(now):
        try:
            sent.people += _send(person, now)
        except REFUSED as error:
            sent.failures.append((person.email, str(error) or type(error).__name__))
    return sent


def _for_whom_it_is_time(now: datetime) -> list[User]:
    """Active people with a current role: daily, or on Mondays for who chose every week."""
    today = timezone.localtime(now)
    digests = [User.Digest.DAILY, *([User.Digest.WEEKLY] if today.weekday() == MONDAY else [])]
    held = Membership.objects.current().filter(user=OuterRef("pk"))
    news = Notification.objects.filter(recipient=OuterRef("pk"), mailed_at=None, read_at=None)
    return list(User.objects.filter(Exists(held), Exists(news), is_active=True, digest__in=digests).order_by("pk"))


def _news(person: User, now: datetime) -> "models.QuerySet[Notification]":
    """What to send; nothing when an e-mail was sent today already."""
    midnight = start_of(timezone.localdate(now))
    earlier = Notification.objects.filter(recipient=person, mailed_at__gte=midnight)
    waiting = Notification.objects.visible_to(person).unread().filter(mailed_at=None, created__gte=now - NEWS_FOR)
    return waiting.exclude(kind__in=person.muted_kinds).filter(~Exists(earlier)).select_related("organisation")


def _send(person: User, now: datetime) -> bool:
    """Sends one person their e-mail and marks what it held, or neither: a second run waits here and finds nothing.

    The row is held so that other writing that names the person (their audit events) goes on meanwhile.
    """
    with transaction.atomic():
        person = User.objects.select_for_update(no_key=True).get(pk=person.pk)
        news = list(_news(person, now))
        if not news:
            return False
        with translation.override(person.language or settings.LANGUAGE_CODE):
            message_for(person, news).send()
        Notification.objects.filter(pk__in=[notification.pk for notification in news]).update(mailed_at=now)
    return True


def message_for(person: User, news: list[Notification]) -> EmailMultiAlternatives:
    """The e-mail in the active language, as plain text and as simple HTML, with absolute links."""
    groups: dict[str, list[dict[str, str]]] = {}
    for notification in news[:SHOWN]:
        line = {"text": sentence(notification), "url": absolute("notification", notification.pk)}
        groups.setdefault(notification.get_kind_display(), []).append(line)
    context: dict[str, Any] = {
        "person": person,
        "groups": groups,
        "more": max(len(news) - SHOWN, 0),
        "list_url": absolute("notifications"),
        "preferences_url": absolute("notification-preferences"),
        "language": translation.get_language(),
    }
    subject = ngettext(
        "%(n)d new notification in the algorithm register",
        "%(n)d new notifications in the algorithm register",
        len(news),
    )
    message = EmailMultiAlternatives(
        subject % {"n": len(news)},
        render_to_string("governance/mail/digest.txt", context),
        to=[person.email],
        headers={"Auto-Submitted": "auto-generated", "List-Unsubscribe": f"<{absolute('notification-preferences')}>"},
    )
    message.attach_alternative(render_to_string("governance/mail/digest.html", context), "text/html")
    return message


def absolute(route: str, *arguments: Any) -> str:
    """The address of a page for somebody who reads it outside the application."""
    return settings.SITE_URL + reverse(route, args=arguments)
