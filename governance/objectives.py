"""The public values and objectives of an organisation."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from governance import revising
from governance.models import Objective, Organisation, User
from governance.starter_texts import Starter, in_language, not_yet_there


def add_objective(organisation: Organisation, fields: Mapping[str, Any], *, by: User | None) -> Objective:
    """A new value or objective (`kind`, `name`, `description`). Raises `ValidationError` naming the fields."""
    return revising.add(Objective(organisation=organisation), fields)


def revise_objective(objective: Objective, fields: Mapping[str, Any], *, seen: int, by: User | None) -> Objective:
    """Raises `Conflict` when `seen` is no longer its version, and `ValidationError` naming the fields."""
    return revising.revise(objective, fields, seen=seen)


def end_objective(objective: Objective, *, seen: int, by: User | None) -> Objective:
    """Ends it now; what serves it keeps saying so, and it is offered no more. Raises `Conflict`."""
    return revising.end(objective, seen=seen)


def starters_for(organisation: Organisation) -> list[Starter]:
    """The starter values that the organisation, or one above it, does not have yet."""
    taken = Objective.objects.in_force().for_organisation(organisation).values_list("name", flat=True)
    return not_yet_there("public_values", "name", set(taken))


def take_over(organisation: Organisation, codes: Iterable[str], *, by: User | None) -> list[Objective]:
    """Adds the chosen starter values, in the reader's language; what is there already is passed over."""
    chosen = set(codes)
    with transaction.atomic():
        return [
            add_objective(
                organisation,
                {"name": in_language(entry["name"]), "description": in_language(entry["description"]).strip()},
                by=by,
            )
            for entry in starters_for(organisation)
            if entry["code"] in chosen
        ]
