"""Putting an algorithm in the register and keeping its description up to date."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from governance import audit_trail
from governance.conflict import Conflict
from governance.models import Organisation, User
from registry.classifying import decide_all, hold
from registry.models import Algorithm, AlgorithmTheme


def register(organisation: Organisation, fields: Mapping[str, Any], *, by: User | None) -> Algorithm:
    """A new algorithm of the organisation, with what is already known to apply to it.

    `fields` are those of `Algorithm`, and `themes` as a list of codes. Raises `ValidationError` naming the fields.
    """
    values = dict(fields)
    themes = values.pop("themes", [])
    algorithm = Algorithm(organisation=organisation, created_by=by, **values)
    algorithm.full_clean(exclude=["created_by"])
    with transaction.atomic():
        algorithm.save()
        _set_themes(algorithm, themes)
        decide_all([algorithm])
        audit_trail.record("algorithm.registered", algorithm, audit_trail.changes_between({}, dict(fields)))
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
        old = {name: getattr(fresh, name) for name in values if name != "themes"}
        if "themes" in values:
            old["themes"] = [row.theme for row in fresh.themes.all()]
        changes = audit_trail.changes_between(old, values)
        if not changes:
            return fresh
        themes = values.pop("themes", None)
        for name, value in values.items():
            setattr(fresh, name, value)
        fresh.full_clean(exclude=["created_by"])
        fresh.version += 1
        fresh.save()
        if themes is not None:
            _set_themes(fresh, themes)
        if "acquisition" in changes:
            decide_all([fresh])
        audit_trail.record("algorithm.revised", fresh, changes)
    return fresh


def _set_themes(algorithm: Algorithm, themes: list[str]) -> None:
    algorithm.themes.exclude(theme__in=themes).delete()
    AlgorithmTheme.objects.bulk_create(
        [AlgorithmTheme(algorithm=algorithm, theme=theme) for theme in themes], ignore_conflicts=True
    )
