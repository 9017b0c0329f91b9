"""Audits: opened, revised, their sample drawn by lot, reported and concluded; after that an audit stays as it is.

How a sample is drawn, so that anybody can do it again: the population is the list of keys of the algorithms that fit
the filter, in ascending order; the sample is `random.Random(seed).sample(population, size)` of Python, with the seed
as text. The same seed over the same population gives the same algorithms in the same order. The audit keeps the
filter, the keys of the population and the seed.
"""

import random
import secrets
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.http import QueryDict
from django.utils.translation import gettext as _

from governance import audit_trail, clock
from governance.conflict import Conflict
from governance.models import Membership, Organisation, Requirement, User
from governance.models.periods import start_of
from registry.filters import AlgorithmFilter
from registry.models import (
    Algorithm,
    Applicability,
    Audit,
    Classification,
    LifecyclePeriod,
    RequirementAssessment,
    SampledAlgorithm,
)

NARROWED_BY = ("status", "risk_group", "phase")
"""What a population can be narrowed by, as the list of algorithms is."""


# Verbs


def open_audit(organisation: Organisation, fields: Mapping[str, Any], *, by: User) -> Audit:
    """A new audit of the organisation and its parts.

    `fields`: title, scope, period_from, period_to, frameworks, lead. Raises `ValidationError` naming the fields.
    """
    values = dict(fields)
    frameworks = list(values.pop("frameworks", []))
    audit = Audit(organisation=organisation, started_by=by, **values)
    _check(audit, values)
    with transaction.atomic():
        audit.save()
        audit.frameworks.set(frameworks)
        changes = audit_trail.changes_between({}, {**values, "frameworks": _named(frameworks)})
        audit_trail.record("audit.opened", audit, changes)
    return audit


def revise(audit: Audit, fields: Mapping[str, Any], *, seen: int, by: User) -> Audit:
    """The audit with these fields changed, its report (`conclusion`) among them. Raises `Conflict`, and
    `ValidationError` naming the fields, or saying that it is concluded."""
    with transaction.atomic():
        fresh = _held(audit, seen)
        _change(fresh, fields, "audit.revised")
    return fresh


def draw(
    audit: Audit, narrowed: Mapping[str, Sequence[str]], *, size: int, seed: str = "", seen: int, by: User
) -> Audit:
    """Draws the sample: `size` algorithms by lot, of those of the organisation and its parts that fit.

    `narrowed` says which: lists of values for `status`, `risk_group` and `phase`, as in the list of algorithms. Without
    a seed one is made. Who was drawn before and not now leaves the sample, and stays readable as such. Raises
    `Conflict`, and `ValidationError` naming the fields.
    """
    seed = seed.strip() or secrets.token_hex(8)
    with transaction.atomic():
        fresh = _held(audit, seen)
        keys = list(
            population(fresh.organisation, narrowed, until=fresh.period_to).order_by("pk").values_list("pk", flat=True)
        )
        if not keys:
            raise ValidationError(_("No algorithm fits: choose less narrowly."))
        if not 1 <= size <= len(keys):
            sentence = _("Draw at least one and at most %(n)d, which is how many algorithms fit.")
            raise ValidationError({"size": sentence % {"n": len(keys)}})
        drawn = sampled(keys, size, seed)
        moment = clock.now()
        fresh.sample.filter(replaced=None).update(replaced=moment)
        SampledAlgorithm.objects.bulk_create(
            SampledAlgorithm(audit=fresh, algorithm_id=key, number=number) for number, key in enumerate(drawn, start=1)
        )
        chosen = {name: list(narrowed[name]) for name in NARROWED_BY if narrowed.get(name)}
        fresh.population = {"narrowed": chosen, "keys": keys}
        fresh.population_size, fresh.seed, fresh.drawn, fresh.drawn_by = len(keys), seed, moment, by
        fresh.version += 1
        fresh.full_clean(exclude=["lead", "started_by", "drawn_by"])
        fresh.save()
        names = Algorithm.objects.in_bulk(drawn)
        audit_trail.record(
            "audit.sample_drawn",
            fresh,
            {
                "seed": [None, seed],
                "population_size": [None, len(keys)],
                "sample_size": [None, size],
                "sample": [None, [names[key].name for key in drawn]],
            },
        )
    return fresh


def conclude(audit: Audit, report: str, *, seen: int, by: User) -> Audit:
    """Concludes the audit with its report, in Markdown; nothing in it changes after that. Raises as `revise`."""
    if not report.strip():
        raise ValidationError({"conclusion": _("Write the report first.")})
    with transaction.atomic():
        fresh = _held(audit, seen)
        concluded = {"conclusion": report, "concluded": clock.now(), "concluded_by": by}
        _change(fresh, concluded, "audit.concluded")
    return fresh


def _held(audit: Audit, seen: int) -> Audit:
    """The audit as it stands, held until the transaction ends; as it was seen, and not concluded."""
    rows = Audit.objects.select_for_update(no_key=True, of=("self",))
    fresh: Audit = rows.select_related("organisation", "lead").get(pk=audit.pk)
    if fresh.version != seen:
        raise Conflict(fresh)
    if fresh.concluded is not None:
        raise ValidationError(_("This audit is concluded and stays as it is."))
    return fresh


def _change(fresh: Audit, fields: Mapping[str, Any], verb: str) -> None:
    values = dict(fields)
    frameworks = values.pop("frameworks", None)
    changes = audit_trail.changes_between({name: getattr(fresh, name) for name in values}, values)
    if frameworks is not None:
        named = {"frameworks": _named(frameworks)}
        changes |= audit_trail.changes_between({"frameworks": _named(fresh.frameworks.all())}, named)
    if not changes:
        return
    if "conclusion" in changes:
        changes["report_text"] = changes.pop("conclusion")
    for name, value in values.items():
        setattr(fresh, name, value)
    _check(fresh, values)
    fresh.version += 1
    fresh.save()
    if frameworks is not None:
        fresh.frameworks.set(frameworks)
    audit_trail.record(verb, fresh, changes)


def _named(rows: Any) -> list[str]:
    return sorted(str(row) for row in rows)


def _check(audit: Audit, changed: Mapping[str, Any]) -> None:
    """Raises `ValidationError` naming the fields that cannot be so."""
    if audit.period_from and audit.period_to and audit.period_to < audit.period_from:
        raise ValidationError({"period_to": _("The period ends before it begins.")})
    audit.full_clean(exclude=["started_by", "drawn_by", "concluded_by"])
    lead = changed.get("lead")
    if lead is not None and not audit.organisation.people([Membership.Role.AUDITOR]).filter(pk=lead.pk).exists():
        raise ValidationError({"lead": _("Choose an auditor of this organisation.")})


# Drawing by lot


def population(
    organisation: Organisation, narrowed: Mapping[str, Sequence[str]], *, until: date | None = None
) -> "models.QuerySet[Algorithm]":
    """The algorithms of the organisation and its parts from which a sample is drawn: registered on that day or before.

    They are narrowed by what they are today.
    """
    query = QueryDict(mutable=True)
    for name in NARROWED_BY:
        query.setlist(name, list(narrowed.get(name, [])))
    within: models.QuerySet[Algorithm] = Algorithm.objects.within(organisation)
    if until is not None:
        within = within.filter(created__lt=start_of(until + timedelta(days=1)))
    return AlgorithmFilter(query, queryset=within).rows


def sampled(keys: Sequence[int], size: int, seed: str) -> list[int]:
    """`size` of these keys, in the order in which they were drawn; the same for the same keys, size and seed."""
    return random.Random(seed).sample(sorted(keys), size)  # noqa: S311  (must be repeatable; nothing secret hangs on it)


# The state at the end of the period


def end_of_period(audit: Audit) -> date:
    """The last day of the period, or today while the period runs."""
    return min(audit.period_to, clock.today())


def state_at_the_end(audit: Audit, algorithms: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Per algorithm how it stood at the end of the last day of the period; a query for each kind of fact.

    `classification` (or None), `life` (its `LifecyclePeriod`, or None), and of its requirements how many applied
    (`applies`), were claimed met and were verified. What is arranged at organisation level does not count, as in
    `registry.compliance`.
    """
    moment = min(start_of(audit.period_to + timedelta(days=1)), clock.now())
    state: dict[int, dict[str, Any]] = {
        key: {"classification": None, "life": None, "applies": 0, "claimed": 0, "verified": 0} for key in algorithms
    }
    for row in Classification.objects.as_of(moment).filter(algorithm__in=algorithms):
        state[row.algorithm_id]["classification"] = row
    for row in LifecyclePeriod.objects.as_of(moment).filter(algorithm__in=algorithms).select_related("phase"):
        state[row.algorithm_id]["life"] = row
    claims = RequirementAssessment.objects.as_of(moment).met()
    claims = claims.filter(algorithm=OuterRef("algorithm"), requirement=OuterRef("requirement"))
    applied = Applicability.objects.as_of(moment).applying()
    applied = applied.filter(algorithm__in=algorithms, requirement__in=Requirement.objects.at_algorithm_level())
    applied = applied.annotate(is_claimed=Exists(claims), is_verified=Exists(claims.exclude(verified_at=None)))
    counted: Any = applied.order_by().values("algorithm")
    for row in counted.annotate(
        applies=Count("pk"),
        claimed=Count("pk", filter=Q(is_claimed=True)),
        verified=Count("pk", filter=Q(is_verified=True)),
    ):
        state[row.pop("algorithm")] |= row
    return state
