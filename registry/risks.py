"""The risks of an algorithm: what can go wrong, how bad that is before and after treatment, and who accepts it.

Many are proposed: nearly every requirement and measure of the catalogue names the risk of leaving it. A proposal that
is dismissed is kept as a closed risk with the reason, so that it is not proposed again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Count
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance import clock
from governance.conflict import Conflict
from governance.models import Measure, Notification, Requirement, User
from governance.notifying import tell
from governance.permissions import WORKING
from registry import versioned
from registry.classifying import hold
from registry.models import Algorithm, Applicability, MeasureStatus, Recommendation, Risk

LIKELIHOOD: dict[int, Any] = {
    1: gettext_lazy("very unlikely"),
    2: gettext_lazy("unlikely"),
    3: gettext_lazy("possible"),
    4: gettext_lazy("likely"),
    5: gettext_lazy("almost certain"),
}
IMPACT: dict[int, Any] = {
    1: gettext_lazy("hardly any"),
    2: gettext_lazy("small"),
    3: gettext_lazy("considerable"),
    4: gettext_lazy("serious"),
    5: gettext_lazy("very serious"),
}
"""What each number of the two scales means."""


class Level(models.TextChoices):
    HIGH = "high", gettext_lazy("High")
    MIDDLE = "middle", gettext_lazy("Middle")
    LOW = "low", gettext_lazy("Low")
    UNJUDGED = "unjudged", gettext_lazy("Not judged yet")


def level_of(score: int | None) -> Level:
    """How a score (1 to 25) is called."""
    if score is None:
        return Level.UNJUDGED
    return Level.HIGH if score >= Risk.HIGH else Level.MIDDLE if score >= Risk.MIDDLE else Level.LOW


# Verbs

ACCEPTANCE: dict[str, Any] = {"accepted": None, "accepted_by": None, "accepted_until": None, "accepted_because": ""}
ACCEPTED_AS = {
    "title", "description", "likelihood_before", "impact_before", "likelihood_after", "impact_after", "treatment",
    "treatment_note", "measures", "owner",
}  # fmt: skip
"""What somebody looked at who accepted it: when one of these changes, the acceptance is over."""


def identify(algorithm: Algorithm, fields: Mapping[str, Any], *, by: User) -> Risk:
    """A new risk of the algorithm; the owner is told.

    `fields`: title, description, requirement or measure that names it, the four numbers, treatment, treatment_note,
    measures (a list), owner. Raises `ValidationError` naming the fields.
    """
    with transaction.atomic():
        risk: Risk = versioned.add(
            Risk(algorithm=algorithm, identified_by=by), fields, "risk.identified", check=_check(fields)
        )
        _tell_owner(risk, by)
    return risk


def revise(risk: Risk, fields: Mapping[str, Any], *, seen: int, by: User) -> Risk:
    """The risk with these fields changed; when that changes what was accepted, it is no longer accepted.

    Raises `Conflict`, and `ValidationError` naming the fields.
    """
    with transaction.atomic():
        fresh: Risk = versioned.held(risk, seen)
        _refuse_closed(fresh)
        values = dict(fields)
        if fresh.accepted and versioned.differing(fresh, fields).keys() & ACCEPTED_AS:
            values |= ACCEPTANCE
        changes = versioned.change(fresh, values, "risk.revised", check=_check(values))
        if "owner" in changes:
            _tell_owner(fresh, by)
    return fresh


def accept(risk: Risk, *, until: date | None, because: str, seen: int, by: User) -> Risk:
    """Accepts the risk as it stands until a day, after which that lapses by itself.

    Somebody else than the owner does it. Raises `Conflict`, and `ValidationError` naming the fields.
    """
    if until is None or until <= clock.today():
        raise ValidationError({"until": _("Choose a day that still has to come.")})
    if not because.strip():
        raise ValidationError({"because": _("Say why the risk can be accepted.")})
    with transaction.atomic():
        fresh: Risk = versioned.held(risk, seen)
        _refuse_closed(fresh)
        if fresh.owner_id == by.pk:
            raise ValidationError(_("You own this risk. Somebody else has to accept it."))
        if fresh.score_now is None:
            raise ValidationError(_("First judge how likely it is and how bad it would be."))
        values = {
            "accepted": clock.now(),
            "accepted_by": by,
            "accepted_until": until,
            "accepted_because": because.strip(),
        }
        versioned.change(fresh, values, "risk.accepted", check=_check({}))
    return fresh


def close(risk: Risk, *, because: str, seen: int, by: User) -> Risk:
    """The risk is over, or turned out to be none. Raises `Conflict`, and `ValidationError` without a reason."""
    if not because.strip():
        raise ValidationError({"because": _("Say why this is no risk any more.")})
    with transaction.atomic():
        fresh: Risk = versioned.held(risk, seen)
        _refuse_closed(fresh)
        values = {"closed": clock.now(), "closed_by": by, "closed_because": because.strip()}
        versioned.change(fresh, values, "risk.closed", check=_check({}))
    return fresh


def reopen(risk: Risk, *, because: str, seen: int, by: User) -> Risk:
    """Opens a closed or dismissed risk again. Raises `Conflict`, and `ValidationError` without a reason."""
    if not because.strip():
        raise ValidationError({"because": _("Say why it is opened again.")})
    with transaction.atomic():
        fresh: Risk = versioned.held(risk, seen)
        if fresh.is_open:
            raise Conflict(fresh)
        values = {"closed": None, "closed_by": None, "closed_because": "", **ACCEPTANCE}
        versioned.change(fresh, values, "risk.reopened", check=_check({}), reason=because.strip())
    return fresh


def _refuse_closed(risk: Risk) -> None:
    if not risk.is_open:
        raise ValidationError(_("This risk is closed. Open it again to change it."))


def _check(changed: Mapping[str, Any]) -> Any:
    """What raises `ValidationError` naming the fields that cannot be so."""

    def check(risk: Risk) -> None:
        for when in ("before", "after"):
            missing = [name for name in ("likelihood", "impact") if getattr(risk, f"{name}_{when}") is None]
            if len(missing) == 1:
                sentence = _("Judge both the likelihood and the impact, or neither.")
                raise ValidationError({f"{missing[0]}_{when}": sentence})
        if risk.likelihood_after is not None and risk.likelihood_before is None:
            raise ValidationError({"likelihood_before": _("Judge the risk without treatment as well.")})
        risk.full_clean(exclude=["identified_by", "closed_by", "accepted_by"])
        organisation = versioned.organisation_of(risk)
        owner = changed.get("owner")
        if owner is not None and not organisation.people(WORKING).filter(pk=owner.pk).exists():
            raise ValidationError({"owner": _("Choose somebody who works for this organisation.")})
        if changed.get("measures"):
            usable = {measure.pk for measure in measures_for(risk)}
            if any(measure.pk not in usable for measure in changed["measures"]):
                raise ValidationError({"measures": _("Choose from the measures for this algorithm.")})

    return check


def _tell_owner(risk: Risk, by: User) -> None:
    if risk.owner is None or risk.owner == by:
        return
    tell(
        [risk.owner],
        Notification.Kind.ASSIGNED,
        key=f"risk:{risk.pk}:owner:{risk.version}",
        details={"sentence": "risk_owner", "who": str(by), "what": risk.title, "where": str(risk.algorithm)},
        url=risk.get_absolute_url(),
        organisation=versioned.organisation_of(risk),
    )


# Treatment


def measures_for(risk: Risk) -> "models.QuerySet[Measure]":
    """What the risk can be treated by: recommended for the algorithm, worked on for it, or chosen already."""
    about = {"algorithm": risk.algorithm_id}
    wanted = models.Q(pk__in=Recommendation.objects.current().filter(**about).values("measure"))
    wanted |= models.Q(pk__in=MeasureStatus.objects.current().filter(**about).values("measure"))
    if risk.pk:
        wanted |= models.Q(pk__in=risk.measures.values("pk"))
    return Measure.objects.filter(wanted).order_by("urn")


def treated_by(risk: Risk) -> list[tuple[Measure, MeasureStatus | None]]:
    """The measures that treat the risk, each with what is done about it; two queries."""
    chosen = list(risk.measures.order_by("urn"))
    statuses = MeasureStatus.objects.current().filter(algorithm=risk.algorithm_id, measure__in=chosen)
    by_measure = {status.measure_id: status for status in statuses}
    return [(measure, by_measure.get(measure.pk)) for measure in chosen]


# Proposals


@dataclass(frozen=True)
class Proposed:
    """A risk that a requirement or measure of the catalogue names."""

    item: Requirement | Measure

    @property
    def key(self) -> str:
        return f"{self.item._meta.model_name}-{self.item.pk}"

    @property
    def text(self) -> str:
        return str(self.item.risk)

    @property
    def title(self) -> str:
        """Its first sentence, as far as it fits."""
        return Truncator(self.text.split(". ")[0].rstrip(".")).chars(200)

    @property
    def source(self) -> dict[str, Any]:
        return {str(self.item._meta.model_name): self.item}


def proposed(algorithm: Algorithm) -> list[Proposed]:
    """The risks that what applies and what is recommended name, as far as nobody took them up or dismissed them.

    A text that two of them share is proposed once.
    """
    applying = Applicability.objects.current().applying().filter(algorithm=algorithm).values("requirement")
    recommended = Recommendation.objects.current().filter(algorithm=algorithm).values("measure")
    items: list[Any] = [
        *Requirement.objects.filter(pk__in=applying).exclude(risk_nl="").order_by("urn"),
        *Measure.objects.filter(pk__in=recommended).exclude(risk_nl="").order_by("urn"),
    ]
    rows = Risk.objects.filter(algorithm=algorithm)
    known = {f"requirement-{pk}" for pk in rows.exclude(requirement=None).values_list("requirement", flat=True)}
    known |= {f"measure-{pk}" for pk in rows.exclude(measure=None).values_list("measure", flat=True)}
    settled = {item.risk_nl for item in items if Proposed(item).key in known}
    found = []
    for item in items:
        if item.risk_nl not in settled:
            settled.add(item.risk_nl)
            found.append(Proposed(item))
    return found


@dataclass(frozen=True)
class Answer:
    """What somebody does with a proposal: takes it up in words of their own, or dismisses it with a reason."""

    key: str
    is_taken: bool
    title: str = ""
    description: str = ""
    reason: str = ""


def answer(algorithm: Algorithm, answers: Iterable[Answer], *, by: User) -> tuple[int, int]:
    """Takes up and dismisses proposals; returns how many of each. What was answered meanwhile is left as it is.

    Raises `ValidationError` with nothing written.
    """
    taken = dismissed = 0
    with transaction.atomic():
        hold([algorithm.pk])
        waiting = {one.key: one for one in proposed(algorithm)}
        for given in answers:
            if given.key not in waiting:
                continue
            one = waiting[given.key]
            fields: dict[str, Any] = {
                "title": given.title.strip() or one.title,
                "description": given.description.strip() or one.text,
                **one.source,
            }
            if given.is_taken:
                identify(algorithm, fields, by=by)
                taken += 1
                continue
            if not given.reason.strip():
                raise ValidationError(_("Say why this is no risk here."))
            fields |= {"closed": clock.now(), "closed_by": by, "closed_because": given.reason.strip()}
            versioned.add(Risk(algorithm=algorithm, identified_by=by), fields, "risk.dismissed", check=_check({}))
            dismissed += 1
    return taken, dismissed


# The matrix


@dataclass(frozen=True)
class Cell:
    likelihood: int
    impact: int
    count: int

    @property
    def level(self) -> Level:
        return level_of(self.likelihood * self.impact)


@dataclass(frozen=True)
class Matrix:
    """Open risks counted by likelihood (the rows, from 5 down) and impact (the columns, from 1 up)."""

    stage: str
    """`now`, or `before` treatment."""
    rows: list[tuple[int, Any, list[Cell]]]
    """(number, in words, cells)"""
    judged: int

    @property
    def columns(self) -> list[tuple[int, Any]]:
        return list(IMPACT.items())


def matrix(rows: Any, stage: str) -> Matrix:
    """The matrix of the open ones of these risks; one query."""
    names = ("likelihood", "impact") if stage == "now" else ("likelihood_before", "impact_before")
    counted = rows.open().as_judged().order_by().values_list(*names).annotate(number=Count("pk"))
    counts = {(likelihood, impact): number for likelihood, impact, number in counted if likelihood}
    return Matrix(
        stage,
        [
            (number, LIKELIHOOD[number], [Cell(number, impact, counts.get((number, impact), 0)) for impact in IMPACT])
            for number in sorted(LIKELIHOOD, reverse=True)
        ],
        sum(counts.values()),
    )


def figures(rows: Any) -> dict[str, int]:
    """Of these risks: open, high, not judged yet, accepted, accepted until a day that has passed; one query."""
    today = clock.today()
    is_open = models.Q(closed=None)
    counted: dict[str, int] = (
        rows.with_score()
        .order_by()
        .aggregate(
            open=Count("pk", filter=is_open),
            high=Count("pk", filter=is_open & models.Q(score__gte=Risk.HIGH)),
            unjudged=Count("pk", filter=is_open & models.Q(score=None)),
            accepted=Count("pk", filter=is_open & models.Q(accepted_until__gte=today)),
            lapsed=Count("pk", filter=is_open & models.Q(accepted_until__lt=today)),
        )
    )
    return counted
