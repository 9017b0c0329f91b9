"""How an organisation deals with algorithms, at a glance: which policies it has and misses, and which functions are
vacant.

As many queries however many policies, functions or people there are.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from governance.models import Organisation, Policy, PolicyVersion, Position, Topic, User


@dataclass(frozen=True)
class Policies:
    """The policies that hold in an organisation, its own and those from above it, and what is missing or due."""

    in_force: list[Policy]
    due: list[PolicyVersion]
    """Versions of the organisation's own policies whose review date has passed."""
    in_preparation: int
    topics: list[tuple[Topic, list[Policy]]]
    """Every topic with the policies in force about it."""

    @property
    def missing(self) -> list[Topic]:
        return [topic for topic, policies in self.topics if not policies]


def policies(organisation: Organisation) -> Policies:
    """Five queries."""
    in_force = list(
        Policy.objects.for_organisation(organisation)
        .in_force()
        .select_related("organisation")
        .prefetch_related("topics")
        .order_by("title", "pk")
    )
    own = PolicyVersion.objects.filter(policy__organisation=organisation)
    about: dict[int, list[Policy]] = {}
    for policy in in_force:
        for topic in policy.topics.all():
            about.setdefault(topic.pk, []).append(policy)
    return Policies(
        in_force=in_force,
        due=list(own.due_for_review().select_related("policy__organisation").order_by("review_date", "pk")),
        in_preparation=own.open().count(),
        topics=[(topic, about.get(topic.pk, [])) for topic in Topic.objects.all()],
    )


def vacant_functions(organisation: Organisation) -> list[Position]:
    """The organisation's own functions that nobody holds now."""
    return list(
        Position.objects.filter(organisation=organisation).vacant().order_by("-governs_algorithms", "name", "pk")
    )


@dataclass(frozen=True)
class Panel:
    """What another part of the application says on the page of an organisation."""

    name: str
    title: Any
    template: str
    """Shown with `about`, which is what the function of that name gives."""
    about: Callable[[Organisation, User], Mapping[str, Any]]
    is_first: bool = False
    """Whether it stands above everything else, under a heading of its own."""


panels: list[Panel] = []
"""In the order in which they are shown."""
