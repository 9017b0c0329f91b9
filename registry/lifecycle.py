"""Where algorithms are in their life: what moves them, and the periods that keep it.

Whoever writes the phase, the status or the pause of an algorithm does it here, or calls `follow` in the same
transaction, so that the open period always says what the algorithm itself says.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from governance import audit_trail, clock
from governance.models import User
from registry.models import Algorithm, Gate, LifecyclePeriod

FIELDS = ("phase_id", "status", "is_paused")
"""What a period says, under the names of the algorithm's own columns."""
BATCH = 500


def follow(algorithms: Iterable[Algorithm], *, gate: Gate | None = None, by: User | None) -> None:
    """Lets the periods of these algorithms say what the algorithms say: where it differs, one closes and one opens.

    To be called in the transaction that wrote the algorithms, which are held in it. As many queries for 500 as for one.
    """
    rows = list(algorithms)
    for start in range(0, len(rows), BATCH):
        _follow(rows[start : start + BATCH], gate, by)


def _follow(algorithms: list[Algorithm], gate: Gate | None, by: User | None) -> None:
    now = clock.now()
    current = {row.algorithm_id: row for row in LifecyclePeriod.objects.current().filter(algorithm__in=algorithms)}
    moved = [algorithm for algorithm in algorithms if _differs(current.get(algorithm.pk), algorithm)]
    ended = [current[algorithm.pk].pk for algorithm in moved if algorithm.pk in current]
    LifecyclePeriod.objects.filter(pk__in=ended).update(until=now)
    LifecyclePeriod.objects.bulk_create(
        LifecyclePeriod(
            algorithm=algorithm, **{name: getattr(algorithm, name) for name in FIELDS}, gate=gate, since=now, by=by
        )
        for algorithm in moved
    )


def _differs(period: LifecyclePeriod | None, algorithm: Algorithm) -> bool:
    return period is None or any(getattr(period, name) != getattr(algorithm, name) for name in FIELDS)


def move(algorithm: Algorithm, fields: Mapping[str, Any], *, gate: Gate, by: User) -> None:
    """Writes these fields of the algorithm (phase, status, is_paused, begin_date, end_date) as the decision says.

    To be called with the algorithm held. Writes nothing when it is so already.
    """
    changes = audit_trail.changes_between({name: getattr(algorithm, name) for name in fields}, fields)
    if not changes:
        return
    for name, value in fields.items():
        setattr(algorithm, name, value)
    algorithm.version += 1
    algorithm.save(update_fields=[*fields, "version"])
    follow([algorithm], gate=gate, by=by)
    audit_trail.record("algorithm.moved", algorithm, changes)
