"""The life of an algorithm drawn as a line: the phases, where it is now, and the decisions on it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import models
from django.utils.translation import pgettext_lazy

from governance.models import LifecyclePhase
from registry.models import Algorithm, Gate, LifecyclePeriod

SHOWN = 4
"""So many decisions stand with a phase; the list under the line has all of them."""
WIDTH, TOP, BOTTOM = 100, 8, 46
"""Of the drawing above the line: the width of a phase, and between which heights the steps back bend."""


class Stage(models.TextChoices):
    NOW = "now", pgettext_lazy("phase", "Now")
    PASSED = "passed", pgettext_lazy("phase", "Behind it")
    SKIPPED = "skipped", pgettext_lazy("phase", "Not recorded")
    BEFORE = "before", pgettext_lazy("phase", "Was in it before")
    AHEAD = "ahead", pgettext_lazy("phase", "Not yet")


@dataclass
class Stop:
    """A phase on the line, with the latest decisions that led to it or were taken in it."""

    phase: LifecyclePhase
    stage: Stage
    decisions: list[Gate] = field(default_factory=list)
    earlier: int = 0
    """How many decisions more there are."""


@dataclass(frozen=True)
class StepBack:
    """The bend of a step back in the drawing above the line, and the point of its arrow."""

    path: str
    arrow: str


@dataclass(frozen=True)
class Line:
    stops: list[Stop]
    steps_back: list[StepBack]
    waiting: Gate | None

    @property
    def view_box(self) -> str:
        return f"0 0 {WIDTH * len(self.stops)} {BOTTOM + 4}"


def line_of(algorithm: Algorithm) -> Line:
    """Four queries, however many decisions there are."""
    phases = list(LifecyclePhase.objects.filter(number__gt=0))
    gates = Gate.objects.filter(algorithm=algorithm, taken_back=None)
    taken = list(gates.decided().select_related("from_phase", "to_phase", "decided_by").order_by("decided_on", "pk"))
    been = set(LifecyclePeriod.objects.filter(algorithm=algorithm).values_list("phase", flat=True))
    waiting = gates.waiting().select_related("to_phase", "requested_by").first()
    number = algorithm.phase.number if algorithm.phase else 0
    stops = [Stop(phase, _stage(phase, number, been)) for phase in phases]
    for stop in stops:
        here = [gate for gate in taken if _place(gate) == stop.phase.pk]
        stop.decisions, stop.earlier = here[-SHOWN:], max(0, len(here) - SHOWN)
    return Line(stops, _steps_back(phases, taken), waiting)


def _stage(phase: LifecyclePhase, number: int, been: set[int]) -> Stage:
    if phase.number == number:
        return Stage.NOW
    if phase.number < number:
        return Stage.PASSED if phase.pk in been else Stage.SKIPPED
    return Stage.BEFORE if phase.pk in been else Stage.AHEAD


def _place(gate: Gate) -> int | None:
    """The key of the phase with which a decision stands: where a go led to, where a no-go kept it."""
    if gate.decision == Gate.Decision.NO_GO:
        return gate.from_phase_id or gate.to_phase_id
    return gate.to_phase_id or gate.from_phase_id


def _steps_back(phases: Sequence[LifecyclePhase], taken: Sequence[Gate]) -> list[StepBack]:
    middle = {phase.pk: WIDTH * n + WIDTH // 2 for n, phase in enumerate(phases)}
    bends = {
        (gate.from_phase_id, gate.to_phase_id)
        for gate in taken
        if gate.kind == Gate.Kind.BACK and gate.decision != Gate.Decision.NO_GO
    }
    steps = sorted((middle[a], middle[b]) for a, b in bends if a in middle and b in middle)
    return [
        StepBack(
            f"M{start} {BOTTOM} C{start} {TOP} {end} {TOP} {end} {BOTTOM}",
            f"M{end - 5} {BOTTOM - 9} L{end} {BOTTOM} L{end + 5} {BOTTOM - 9}",
        )
        for start, end in steps
    ]
