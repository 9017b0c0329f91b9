"""Who is responsible for the demo's algorithms, who works on them, and which stakeholders were asked."""

from datetime import timedelta
from typing import Any

from governance import audit_trail, clock, positions
from governance.models import Discipline, LifecyclePhase, Measure, Position, Requirement
from registry.demo.cast import FOLDER, Cast, explained, read
from registry.models import Algorithm
from registry.raci_defaults import accept, add_default, proposed_responsibilities
from registry.responsibilities import Scope, assign, end
from registry.team import involve, join


def add_responsibilities(cast: Cast) -> None:
    path = FOLDER / "responsibilities.yaml"
    content = read(path)
    disciplines = {discipline.slug: discipline for discipline in Discipline.objects.all()}
    phases = {phase.number: phase for phase in cast.phases.values()}
    with audit_trail.acting(None, "command"):
        for entry in content["positions"]:
            with explained(path, entry["name"]):
                _add_position(entry, cast, disciplines)
    for entry in content["defaults"]:
        with explained(path, entry["function"]):
            organisation, by = cast.organisations[entry["organisation"]], cast.people[entry["by"]]
            position = Position.objects.in_force().for_organisation(organisation).filter(name=entry["function"])
            with audit_trail.acting(by, "command"):
                add_default(
                    organisation,
                    position.get(),
                    entry["letter"],
                    phase=phases[entry["phase"]] if "phase" in entry else None,
                    risk_group=entry.get("risk_group", ""),
                    by=by,
                )
    organisations = list(cast.organisations.values())
    algorithms = {
        algorithm.name: algorithm
        for algorithm in Algorithm.objects.filter(organisation__in=organisations).select_related("organisation")
    }
    for entry in content["algorithms"]:
        with explained(path, entry["algorithm"]):
            _people_of(algorithms[entry["algorithm"]], entry, cast, phases, disciplines)


def _add_position(entry: dict[str, Any], cast: Cast, disciplines: dict[str, Discipline]) -> None:
    organisation = cast.organisations[entry["organisation"]]
    if Position.objects.in_force().filter(organisation=organisation, name=entry["name"]).exists():
        return
    fields = {
        "name": entry["name"],
        "line": entry["line"],
        "discipline": disciplines[entry["discipline"]] if "discipline" in entry else None,
    }
    position = positions.add_position(organisation, fields, by=None)
    if "holder" in entry:
        positions.assign(cast.people[entry["holder"]], position, since=clock.now(), by=None)


def _people_of(
    algorithm: Algorithm,
    entry: dict[str, Any],
    cast: Cast,
    phases: dict[int, LifecyclePhase],
    disciplines: dict[str, Discipline],
) -> None:
    by = cast.people[entry["by"]]
    with audit_trail.acting(by, "command"):
        for given in entry.get("responsible", []):
            ago = 0 if "in_days" in given else given.get("ago", entry.get("ago", 0))
            scope: Scope = None
            if "phase" in given:
                scope = phases[given["phase"]]
            elif "requirement" in given:
                scope = Requirement.objects.get(urn=f"urn:nl:ak:ver:{given['requirement']}")
            elif "measure" in given:
                scope = Measure.objects.get(urn=f"urn:nl:ak:mtr:{given['measure']}")
            since = clock.now() + timedelta(days=given.get("in_days", -ago))
            for letter in given["letters"]:
                with clock.at(clock.now() - timedelta(days=ago)):
                    row = assign(algorithm, cast.people[given["person"]], letter, scope, since=since, by=by)
                if given.get("ends"):
                    end(row, by=by)
        if entry.get("accept"):
            proposed = [one.key for one in proposed_responsibilities(algorithm) if not one.is_one_of_several]
            accept(algorithm, proposed, by=by)
        for member in entry.get("team", []):
            join(algorithm, cast.people[member["person"]], disciplines[member["discipline"]], member["task"], by=by)
        for row in entry.get("involved", []):
            day = clock.today() + timedelta(days=row["days"])
            fields = {name: row[name] for name in ("kind", "who", "how", "outcome")}
            involve(algorithm, {**fields, "held_on": day}, by=by)
