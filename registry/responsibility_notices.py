"""Telling people that they became responsible for something in an algorithm."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils import timezone

from governance import clock
from governance.models import Notification, User
from governance.notifying import tell_all
from registry.models import Algorithm


class Given(NamedTuple):
    """Somebody became Accountable or Responsible for a scope of an algorithm."""

    person: User
    algorithm: Algorithm
    what: dict[str, str]
    """The letters and the scope in words, in each language."""


def tell_of(given: Iterable[Given], moment: datetime, *, by: User) -> None:
    """Tells each of these people but `by` once what they are responsible for from `moment` on; three queries."""
    by_person: dict[int, list[Given]] = {}
    for one in given:
        if one.person.pk != by.pk:
            by_person.setdefault(one.person.pk, []).append(one)
    tell_all(_notification(person, news, moment, by) for person, news in by_person.items())


def _notification(person: int, given: list[Given], moment: datetime, by: User) -> Notification:
    algorithms = {one.algorithm.pk: one.algorithm for one in given}
    organisations = {algorithm.organisation.pk: algorithm.organisation for algorithm in algorithms.values()}
    first = given[0].algorithm
    url = reverse("algorithm-responsibilities", args=[first.pk])
    details: dict[str, Any] = {"who": str(by)}
    if len(algorithms) > 1:
        url = reverse("my-work")
        where = ", ".join(sorted(map(str, organisations.values())))
        details |= {"sentence": "responsible_for_many", "where": where, "number": len(algorithms)}
    else:
        what = {language: "; ".join(one.what[language] for one in given) for language in given[0].what}
        details |= {"sentence": "responsible", "where": str(first), "what": what}
        if moment > clock.now():
            details |= {"sentence": "responsible_later", "since": timezone.localdate(moment).isoformat()}
    return Notification(
        recipient_id=person,
        kind=Notification.Kind.RESPONSIBILITY,
        key=f"responsible:{first.pk}:{clock.now().isoformat()}",
        details=details,
        url=url,
        organisation=first.organisation if len(organisations) == 1 else None,
    )
