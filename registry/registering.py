"""Putting an algorithm in the register and keeping its description up to date."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from governance import audit_trail
from governance.conflict import Conflict
from governance.models import Objective, Organisation, User
from registry import lifecycle
from registry.classifying import decide_all, hold
from registry.models import Algorithm, AlgorithmTheme


def register(organisation: Organisation, fields: Mapping[str, Any], *, by: User | None) -> Algorithm:
    """A new algorithm of the organisation, with what is already known to apply to it.

    `fields` are those of `Algorithm`, `themes` as a list of codes, and the `objectives` it serves. Raises
    `ValidationError` naming the fields.
    """
    values = dict(fields)
    themes, objectives = values.pop("themes", []), values.pop("objectives", [])
    algorithm = Algorithm(organisation=organisation, created_by=by, **values)
    algorithm.full_clean(exclude=["created_by"])
    with transaction.atomic():
        algorithm.save()
        _set_themes(algorithm, themes)
        _set_objectives(algorithm, objectives)
        lifecycle.follow([algorithm], by=by)
        decide_all([algorithm])
        audit_trail.record("algorithm.registered", algorithm, audit_trail.changes_between({}, _by_name(fields)))
    return algorithm


def revise(algorithm: Algorithm, fields: Mapping[str, Any], *, seen: int, by: User | None) -> Algorithm:
    """The algorithm with these fields changed.

    `seen` is the version the person saw; raises `Conflict` when it is no longer the current one, and
    `ValidationError` naming the fields that cannot be so.
    """
    values = dict(fields)
    with transaction.atomic():
        hold([algorithm.pk])
        fresh = Algorithm.objects.select_related("organisation").get(pk=algorithm.pk)
        if fresh.version != seen:
            raise Conflict(fresh)
        old = {name: getattr(fresh, name) for name in values.keys() - {"themes", "objectives"}}
        if "themes" in values:
            old["themes"] = [row.theme for row in fresh.themes.all()]
        if "objectives" in values:
            old["objectives"] = fresh.objectives.all()
        changes = audit_trail.changes_between(_by_name(old), _by_name(values))
        if not changes:
            return fresh
        themes, objectives = values.pop("themes", None), values.pop("objectives", None)
        for name, value in values.items():
            setattr(fresh, name, value)
        fresh.full_clean(exclude=["created_by"])
        fresh.version += 1
        fresh.save()
        if themes is not None:
            _set_themes(fresh, themes)
        if objectives is not None:
            _set_objectives(fresh, objectives)
        lifecycle.follow([fresh], by=by)
        if "acquisition" in changes:
            decide_all([fresh])
        audit_trail.record("algorithm.revised", fresh, changes)
    return fresh


def _set_themes(algorithm: Algorithm, themes: list[str]) -> None:
    algorithm.themes.exclude(theme__in=themes).delete()
    AlgorithmTheme.objects.bulk_create(
        [AlgorithmTheme(algorithm=algorithm, theme=theme) for theme in themes], ignore_conflicts=True
    )


def _set_objectives(algorithm: Algorithm, objectives: Iterable[Objective]) -> None:
    """An algorithm serves what its organisation wants, or one above it; what has ended it may go on serving."""
    chosen = {objective.pk for objective in objectives}
    theirs = Objective.objects.for_organisation(algorithm.organisation)
    allowed = theirs.in_force() | theirs.filter(pk__in=algorithm.objectives.values("pk"))
    if chosen - set(allowed.values_list("pk", flat=True)):
        raise ValidationError({"objectives": _("Choose from the values of this organisation and of those above it.")})
    algorithm.objectives.set(chosen)


def _by_name(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields, with the names of the objectives in their place."""
    named = dict(fields)
    if "objectives" in named:
        named["objectives"] = sorted(objective.name for objective in named["objectives"])
    return named
