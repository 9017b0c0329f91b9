"""What the demo organisations want, who has which function, and what people know."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.utils import translation

from governance import clock, literacy, objectives, positions
from governance.models import Knowledge, Objective, Organisation, Position
from governance.models.periods import start_of
from registry.demo.cast import FOLDER, Cast, Steps, explained, read
from registry.models import Algorithm
from registry.registering import revise

PATH = FOLDER / "people.yaml"


def arrange(cast: Cast) -> None:
    """Values, functions with their holders, and knowledge with what was followed; before there are algorithms."""
    content = read(PATH)
    with translation.override("nl"):
        _take_over_or_add(content["values"], objectives.take_over, objectives.add_objective, cast)
        _take_over_or_add(content["functions"], positions.take_over, positions.add_position, cast)
        for step in content["holders"]:
            _assign(step, cast)
        for step in content["ended_functions"]:
            with explained(PATH, step["function"]), cast.acting(step) as (by, given):
                position = _position(given, cast)
                positions.end_position(position, seen=position.version, by=by)
        _take_over_or_add(content["knowledge"], literacy.take_over, literacy.add_knowledge, cast)
        for step in content["trainings"]:
            _record(step, cast)


def serve(cast: Cast) -> None:
    """Which values the algorithms serve."""
    algorithms = {row.name: row for row in Algorithm.objects.select_related("organisation")}
    for step in read(PATH)["serving"]:
        with explained(PATH, step["algorithm"]), cast.acting(step) as (by, given):
            algorithm = algorithms[given["algorithm"]]
            theirs = {row.name: row for row in Objective.objects.for_organisation(algorithm.organisation)}
            served = [theirs[name] for name in given["objectives"]]
            revise(algorithm, {"objectives": served}, seen=algorithm.version, by=by)


def _take_over_or_add(steps: Steps, take_over: Callable[..., Any], add: Callable[..., Any], cast: Cast) -> None:
    for step in steps:
        with explained(PATH, step.get("name") or step["organisation"]), cast.acting(step) as (by, given):
            organisation = cast.organisations[given.pop("organisation")]
            if "starters" in given:
                take_over(organisation, given["starters"], by=by)
            else:
                add(organisation, given, by=by)


def _position(given: dict[str, Any], cast: Cast) -> Position:
    organisation: Organisation = cast.organisations[given["organisation"]]
    found = Position.objects.in_force().filter(organisation=organisation, name=given["function"]).first()
    if found is None:
        raise KeyError(given["function"])
    return found


def _assign(step: dict[str, Any], cast: Cast) -> None:
    with explained(PATH, step["function"]), cast.acting(step) as (by, given):
        positions.assign(
            cast.people[given["person"]],
            _position(given, cast),
            since=start_of(_day(given["since"])),
            until=start_of(_day(given["until"] + 1)) if "until" in given else None,
            deputy=given.get("deputy", False),
            by=by,
        )


def _record(step: dict[str, Any], cast: Cast) -> None:
    with explained(PATH, step["subject"]), cast.acting(step) as (by, given):
        knowledge = {row.title: row for row in Knowledge.objects.in_force()}[given["subject"]]
        people = [cast.people[name] for name in given["people"]]
        literacy.record_training(knowledge, people, followed_on=_day(given["followed"]), note=given["note"], by=by)


def _day(number: int) -> date:
    return clock.today() + timedelta(days=number)
