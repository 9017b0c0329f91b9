"""The pages about one record, as tabs: a tab is a page, or a group of pages that are tabs of their own."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from governance.models import User


@dataclass(frozen=True)
class Tab:
    name: str
    """As the page calls itself in the context, under `tab`."""
    title: Any
    route: str = ""
    permission: str = ""
    """Without it on the record the page is not offered."""
    pages: Sequence["Tab"] = field(default=())


@dataclass(frozen=True)
class ShownTab:
    title: Any
    url: str
    is_here: bool
    pages: list["ShownTab"]


def shown(tabs: Sequence[Tab], here: str, user: User, record: Any, key: Any) -> list[ShownTab]:
    """The tabs that this person is offered; a group leads to its first page, and is left out when it has none.

    `key` is what the routes take as their argument, `here` the name of the page that is open.
    """
    found = []
    for tab in tabs:
        if tab.permission and not user.has_perm(tab.permission, record):
            continue
        pages = shown(tab.pages, here, user, record, key)
        if tab.pages and not pages:
            continue
        url = pages[0].url if pages else reverse(tab.route, args=[key])
        is_here = tab.name == here or any(page.is_here for page in pages)
        found.append(ShownTab(tab.title, url, is_here, pages))
    return found


ORGANISATION = [
    Tab(
        "governance",
        _("Governance"),
        pages=[
            Tab("overview", _("At a glance"), "organisation"),
            Tab("objectives", _("Values"), "objectives"),
            Tab("maturity", _("Maturity"), "maturity"),
            Tab("state", _("State on a day"), "organisation-state"),
            Tab("report", _("Report"), "organisation-report"),
        ],
    ),
    Tab("policies", _("Policies"), "policies"),
    Tab(
        "level",
        _("Requirements and measures"),
        pages=[
            Tab("requirements", _("Requirements"), "organisation-requirements"),
            Tab("measures", _("Measures"), "organisation-measures"),
            Tab("evidence", _("Evidence"), "evidence-list"),
        ],
    ),
    Tab(
        "people",
        _("People"),
        pages=[
            Tab("positions", _("Functions"), "positions"),
            Tab("literacy", _("AI literacy"), "literacy"),
            Tab("raci-defaults", _("RACI by default"), "raci-defaults"),
            Tab("members", _("People and roles"), "members", "governance.manage_members"),
            Tab("handover", _("Handover"), "handover", "governance.hand_over"),
        ],
    ),
    Tab(
        "at-work",
        _("Work"),
        pages=[
            Tab("work", _("Work"), "organisation-work", "registry.view_organisation_work"),
            Tab("risks", _("Risks"), "organisation-risks"),
            Tab("monitoring", _("Evaluations"), "organisation-monitoring"),
            Tab("incidents", _("Incidents"), "organisation-incidents"),
            Tab("complaints", _("Complaints and questions"), "organisation-complaints"),
        ],
    ),
    Tab(
        "oversight",
        _("Oversight"),
        pages=[
            Tab("findings", _("Findings"), "organisation-findings"),
            Tab("audits", _("Audits"), "organisation-audits"),
            Tab("consistency", _("Checks"), "organisation-consistency"),
            Tab("trail", _("Audit trail"), "organisation-trail", "governance.view_auditevent"),
        ],
    ),
]
