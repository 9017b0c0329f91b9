"""What is still open for the phases that an algorithm would leave: shown before a decision, and kept with it."""

import hashlib
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from django.db import models
from django.urls import NoReverseMatch, reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from governance import clock
from governance.models import Assessment, Measure, MeasureWork, Requirement
from governance.notifying import in_each_language
from registry.assessments_needed import assessments_needed
from registry.models import (
    Algorithm,
    Applicability,
    Classification,
    ImpactAssessment,
    MeasureStatus,
    Recommendation,
    RequirementAssessment,
)
from registry.responsibilities import name_of, vacancies_of


class Kind(models.TextChoices):
    CLASSIFICATION = "classification", pgettext_lazy("open item", "Not classified")
    IMPACT_ASSESSMENT = "impact_assessment", pgettext_lazy("open item", "Impact assessment missing")
    VACANCY = "vacancy", pgettext_lazy("open item", "Responsibility held by nobody")
    REQUIREMENT = "requirement", pgettext_lazy("open item", "Requirement not met")
    CLAIM = "claim", pgettext_lazy("open item", "Claim not verified")
    MEASURE = "measure", pgettext_lazy("open item", "Measure not done")


STATUSES = {
    **dict(Assessment.Status.choices),
    **dict(MeasureWork.Progress.choices),
    "not_chosen": MeasureWork.Choice.OPEN.label,
}


@dataclass(frozen=True)
class OpenItem:
    """`code` names it within its kind: the slug of a requirement, measure or tool, the number of a phase."""

    kind: str
    code: str
    title: dict[str, str]
    """In each language."""
    phase: int = 0
    """The first of the phases left that it belongs to; 0 where it belongs to none."""
    status: str = ""
    is_unassigned: bool = False
    subject: Requirement | Measure | None = field(default=None, compare=False)

    @property
    def key(self) -> str:
        return f"{self.kind}-{self.code}" if self.code else self.kind

    def kept(self, reason: str) -> dict[str, Any]:
        """As it is kept with the decision, with why it was accepted."""
        kept = {"kind": self.kind, "code": self.code, "title": self.title, "phase": self.phase, "status": self.status}
        return {**kept, "unassigned": self.is_unassigned, "accepted": reason}


def fingerprint(algorithm: Algorithm, items: Collection[OpenItem]) -> str:
    """Differs when the algorithm moved or something opened, closed or changed in status."""
    said = [
        algorithm.phase_id,
        algorithm.status,
        algorithm.is_paused,
        sorted((item.key, item.status) for item in items),
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


def open_items(algorithm: Algorithm, phases: Collection[int]) -> list[OpenItem]:
    """What is open of the phases with these numbers; nothing when there are none. Ten queries, however much is open."""
    if not phases:
        return []
    now = clock.now()
    classification = Classification.objects.as_of(now).filter(algorithm=algorithm).first()
    return [
        *_unclassified(classification),
        *_missing_assessments(algorithm, classification),
        *_vacancies(algorithm, phases),
        *_requirements(algorithm, phases, now),
        *_measures(algorithm, phases, now),
    ]


def _unclassified(classification: Classification | None) -> Iterator[OpenItem]:
    if classification is None:
        yield OpenItem(Kind.CLASSIFICATION, "", in_each_language(lambda: _("The classification in the decision aid")))


def _missing_assessments(algorithm: Algorithm, classification: Classification | None) -> Iterator[OpenItem]:
    needed = assessments_needed(classification)
    if not needed:
        return
    valid = ImpactAssessment.objects.valid().filter(algorithm=algorithm, tool__slug__in=needed)
    done = set(valid.order_by().values_list("tool__slug", flat=True))
    for slug in needed:
        if slug not in done:
            yield OpenItem(Kind.IMPACT_ASSESSMENT, slug, in_each_language(slug.upper))


def _vacancies(algorithm: Algorithm, phases: Collection[int]) -> Iterator[OpenItem]:
    """Scopes without an Accountable or Responsible; where the whole algorithm lacks one, only that is said."""
    vacant = vacancies_of(algorithm)
    whole = [vacancy for vacancy in vacant if vacancy.scope is None]
    for scope, _missing in whole or vacant:
        number = scope.number if scope else 0
        if scope is None or number in phases:
            yield OpenItem(Kind.VACANCY, str(number), in_each_language(partial(name_of, scope)), number)


def _requirements(algorithm: Algorithm, phases: Collection[int], now: datetime) -> Iterator[OpenItem]:
    applying = Applicability.objects.as_of(now).applying().filter(algorithm=algorithm)
    asked = Requirement.objects.at_algorithm_level().filter(pk__in=applying.values("requirement"))
    done = {row.requirement_id: row for row in RequirementAssessment.objects.as_of(now).filter(algorithm=algorithm)}
    for item, phase in _of_phases(asked, phases):
        work = done.get(item.pk)
        is_met = work is not None and work.status == Assessment.Status.MET
        if work is not None and is_met and work.verified_at is not None:
            continue
        yield OpenItem(
            Kind.CLAIM if is_met else Kind.REQUIREMENT,
            item.slug,
            in_each_language(item.__str__),
            phase,
            work.status if work else Assessment.Status.OPEN.value,
            not is_met and (work is None or work.assignee_id is None),
            item,
        )


def _measures(algorithm: Algorithm, phases: Collection[int], now: datetime) -> Iterator[OpenItem]:
    recommended = Recommendation.objects.as_of(now).filter(algorithm=algorithm)
    advised = Measure.objects.filter(pk__in=recommended.values("measure"))
    done = {row.measure_id: row for row in MeasureStatus.objects.as_of(now).filter(algorithm=algorithm)}
    for item, phase in _of_phases(advised, phases):
        work = done.get(item.pk)
        if work is not None and (
            work.progress == MeasureWork.Progress.DONE or work.choice == MeasureWork.Choice.NOT_APPLIED
        ):
            continue
        is_chosen = work is not None and work.choice != MeasureWork.Choice.OPEN
        status = work.progress if work is not None and is_chosen else "not_chosen"
        is_unassigned = work is None or work.assignee_id is None
        title = in_each_language(item.__str__)
        yield OpenItem(Kind.MEASURE, item.slug, title, phase, status, is_unassigned, item)


def _of_phases(items: Any, phases: Collection[int]) -> Iterator[tuple[Any, int]]:
    """The items of these phases, each with the first of them, in the order of the phases."""
    found = []
    for item in items.prefetch_related("phases").order_by("urn"):
        of = [phase.number for phase in item.phases.all() if phase.number in phases]
        if of:
            found.append((item, min(of)))
    return iter(sorted(found, key=lambda pair: pair[1]))


@dataclass(frozen=True)
class ShownItem:
    """An open item as the page shows it: now, or as it was kept with a decision."""

    kind: str
    title: str
    phase: int
    status: str
    is_unassigned: bool
    url: str
    accepted: str = ""


def shown(algorithm: Algorithm, kept: dict[str, Any]) -> ShownItem:
    """`kept` is an item of `Gate.open_items`."""
    title = kept.get("title", "")
    if isinstance(title, dict):
        title = title.get(translation.get_language()) or next(iter(title.values()), "")
    kind = kept.get("kind", "")
    return ShownItem(
        kind=str(dict(Kind.choices).get(kind, kind)),
        title=title[:1].upper() + title[1:] if kind == Kind.VACANCY else title,
        phase=kept.get("phase", 0),
        status=str(STATUSES.get(kept.get("status", ""), "")) if kind in (Kind.REQUIREMENT, Kind.MEASURE) else "",
        is_unassigned=kept.get("unassigned", False),
        url=_address(algorithm, kind, kept.get("code", "")),
        accepted=kept.get("accepted", ""),
    )


PAGES = {
    Kind.CLASSIFICATION: "classification",
    Kind.VACANCY: "algorithm-responsibilities",
    Kind.IMPACT_ASSESSMENT: "algorithm-impact-assessments",
}


def _address(algorithm: Algorithm, kind: str, code: str) -> str:
    """The page on which something can be done about it; empty where there is none."""
    try:
        if kind in PAGES:
            return reverse(PAGES[Kind(kind)], args=[algorithm.pk])
        if kind in (Kind.REQUIREMENT, Kind.CLAIM):
            return reverse("algorithm-requirement", args=[algorithm.pk, code])
        if kind == Kind.MEASURE:
            return reverse("algorithm-measure", args=[algorithm.pk, code])
    except NoReverseMatch:
        return ""
    return ""
