"""The evidence for a record, on any page: `{% load evidence %}{% evidence record part %}`."""

from typing import Any
from urllib.parse import urlencode

from django import template
from django.urls import reverse

from governance import commenting
from governance.evidence_places import kind_of, uses_at

register = template.Library()

EARLIER = 20


@register.inclusion_tag("_evidence.html", takes_context=True)
def evidence(context: Any, record: Any, part: Any = None) -> dict[str, Any]:
    """The evidence for the record, or for a part of it (such as a requirement), with what the reader may do.

    The kind of record must be stated in `evidence_places.kinds`.
    """
    user = context["user"]
    kind = kind_of(record)
    uses = (
        uses_at(record, part).visible_to(user).select_related("evidence__stored_file", "evidence__organisation", "by")
    )
    code = commenting.part_code(part)
    there = reverse("evidence-attach", args=[kind.name, record.pk])
    return {
        "uses": uses.current(),
        "backing": kind.backing(record, part),
        "earlier": uses.exclude(until=None).order_by("-until", "-pk")[:EARLIER],
        "may_change": user.has_perm(kind.permission, record),
        "stays": part is None and kind.is_settled(record),
        "kind": kind,
        "record": record,
        "there": f"{there}?{urlencode({'part': code})}" if code else there,
        "csrf_token": context.get("csrf_token"),
    }
