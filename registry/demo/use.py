"""Risks, monitoring plans with their evaluations, and incidents, from `fixtures/demo/use.yaml`."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from governance import clock, commenting
from governance.models import Measure, Requirement, User
from registry import incidents, monitoring, risks
from registry.demo.cast import FOLDER, Cast, explained, read
from registry.models import Algorithm, Incident, MonitoringPoint, Risk

PEOPLE = ("owner", "handler")
DAYS = ("next_on", "until", "happened_on")
"""Counted from today."""


def add_use(cast: Cast) -> None:
    """Risks in every state, plans with evaluations of the past two years, and incidents with and without reports."""
    path = FOLDER / "use.yaml"
    content = read(path)
    owners = list(cast.organisations.values())
    algorithms = {
        row.name: row for row in Algorithm.objects.filter(organisation__in=owners).select_related("organisation")
    }
    for kind, add in (("risks", _add_risk), ("plans", _add_line), ("incidents", _add_incident)):
        for entry in content[kind]:
            with explained(path, entry.get("title") or entry.get("what") or entry["summary"]):
                add(algorithms[entry["algorithm"]], {name: v for name, v in entry.items() if name != "algorithm"}, cast)


def _ready(step: Mapping[str, Any], cast: Cast) -> dict[str, Any]:
    """A step with people and days in place of their names and numbers."""
    today = clock.today()
    ready: dict[str, Any] = {name: cast.people[value] if name in PEOPLE else value for name, value in step.items()}
    return {name: today + timedelta(days=value) if name in DAYS else value for name, value in ready.items()}


def _step(entry: dict[str, Any], names: tuple[str, ...], cast: Cast) -> dict[str, Any]:
    """The first step of an entry: what is left of it without the steps of these names."""
    return _ready({name: value for name, value in entry.items() if name not in names}, cast)


def _add_risk(algorithm: Algorithm, entry: dict[str, Any], cast: Cast) -> None:
    """Identified, then revised, accepted and closed where the entry says so; or a proposal that is dismissed."""
    with cast.acting(_step(entry, ("revised", "accepted", "closed", "comment"), cast)) as (by, fields):
        organisation = algorithm.organisation
        for name, model in (("requirement", Requirement), ("measure", Measure)):
            if name in fields:
                fields[name] = _by_code(model, organisation)[fields[name]]
        if "measures" in fields:
            measures = _by_code(Measure, organisation)
            fields["measures"] = [measures[code] for code in fields["measures"]]
        if "dismissed" in fields:
            item = fields.get("requirement") or fields["measure"]
            key = risks.Proposed(item).key
            risks.answer(algorithm, [risks.Answer(key, False, fields["title"], reason=fields["dismissed"])], by=by)
            return
        risk = risks.identify(algorithm, fields, by=by)
    verbs: dict[str, Any] = {
        "revised": lambda step, by: risks.revise(risk, step, seen=risk.version, by=by),
        "accepted": lambda step, by: risks.accept(risk, **step, seen=risk.version, by=by),
        "closed": lambda step, by: risks.close(risk, **step, seen=risk.version, by=by),
    }
    for name, verb in verbs.items():
        if name in entry:
            with cast.acting(_ready(entry[name], cast)) as (by, step):
                risk = _fresh(verb(step, by))
    _comment(risk, entry.get("comment"), cast)


def _fresh(risk: Risk) -> Risk:
    fresh: Risk = Risk.objects.select_related("algorithm__organisation").get(pk=risk.pk)
    return fresh


def _by_code(model: Any, organisation: Any) -> dict[str, Any]:
    return {item.code: item for item in model.objects.for_organisation(organisation)}


def _add_line(algorithm: Algorithm, entry: dict[str, Any], cast: Cast) -> None:
    """A line of the plan with the evaluations that were held of it, or (`asked`) an evaluation asked for by hand."""
    later = ("held", "comment", "what") if "asked" in entry else ("held",)
    with cast.acting(_step(entry, later, cast)) as (by, fields):
        if "asked" in fields:
            evaluation = monitoring.ask(algorithm, {"trigger": fields.pop("asked"), **fields}, by=by)
            _comment(evaluation, entry.get("comment"), cast)
            return
        point = monitoring.plan(algorithm, fields, by=by)
    for held in entry.get("held", []):
        with cast.acting(held) as (by, step):
            _hold(point, step, by)


def _hold(point: MonitoringPoint, step: dict[str, Any], by: User) -> None:
    waiting = point.evaluations.get(held_on=None)
    monitoring.hold_evaluation(waiting, step, seen=waiting.version, by=by)


def _add_incident(algorithm: Algorithm, entry: dict[str, Any], cast: Cast) -> None:
    """Recorded, known since so many `hours` before that; reported and closed where the entry says so."""
    with cast.acting(_step(entry, ("reported", "closed", "comment"), cast)) as (by, fields):
        known = clock.now() - timedelta(hours=fields.pop("hours"))
        incident: Incident = incidents.record(algorithm, {**fields, "known": known}, by=by)
    for step in entry.get("reported", []):
        with cast.acting(step) as (by, fields):
            row = incident.reports.get(duty=fields["duty"], lapsed=None)
            if "not_needed" in fields:
                incidents.report_not_needed(row, because=fields["not_needed"], by=by)
            else:
                incidents.report(row, moment=clock.now(), reference=fields["reference"], by=by)
    if "closed" in entry:
        with cast.acting(entry["closed"]) as (by, fields):
            incidents.close(incident, **fields, seen=incident.version, by=by)
    _comment(incident, entry.get("comment"), cast)


def _comment(record: Any, step: dict[str, Any] | None, cast: Cast) -> None:
    if step:
        with cast.acting(step) as (by, fields):
            commenting.comment(record, fields["text"], by=by)
