"""What the demo's organisations arrange once for all algorithms, and how mature they judge themselves to be."""

from datetime import timedelta
from typing import Any

from governance import clock, maturity, organisation_level
from governance.models import Measure, Requirement
from registry.demo.algorithms import steps_of, work_on_requirement
from registry.demo.cast import FOLDER, Cast, explained, read
from registry.demo.history import told


def build_organisation_level(cast: Cast) -> None:
    path = FOLDER / "organisation_level.yaml"
    for entry in read(path):
        with explained(path, entry["organisation"]):
            _build(told(entry), cast)


def _build(entry: dict[str, Any], cast: Cast) -> None:
    organisation = cast.organisations[entry["organisation"]]
    # What is verified of a requirement rests on its measures: they come first.
    measures = {item.code: item for item in organisation_level.tracked(Measure, organisation)}
    for code, step in steps_of(entry["measures"]):
        with cast.acting(step) as (by, fields):
            seen = organisation_level.current_measure_status(organisation, measures[code]).pk
            organisation_level.record_measure(organisation, measures[code], fields, seen=seen, by=by)
    requirements = {item.code: item for item in organisation_level.tracked(Requirement, organisation)}
    for code, step in steps_of(entry["requirements"]):
        with cast.acting(step) as (by, given):
            work_on_requirement(organisation_level, organisation, requirements[code], given, by=by)
    for step in entry["maturity"]:
        with cast.acting(step) as (by, given):
            day = clock.today() + timedelta(days=given.pop("days"))
            maturity.judge(organisation, assessed_on=day, by=by, **given)
