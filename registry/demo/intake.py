"""What was proposed and what came in, from `fixtures/demo/intake.yaml`."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from governance import clock
from registry import complaints, intake
from registry.demo.cast import FOLDER, Cast, explained, read
from registry.models import Algorithm, Complaint, Proposal

DAYS = ("received_on", "closed_on")


def add_intake(cast: Cast) -> None:
    """Proposals in every stage, complaints and questions open, overdue and closed."""
    path = FOLDER / "intake.yaml"
    content = read(path)
    owners = list(cast.organisations.values())
    algorithms = {row.name: row for row in Algorithm.objects.filter(organisation__in=owners).for_list()}
    for entry in content["proposals"]:
        with explained(path, entry["name"]):
            _propose(entry, algorithms, cast)
    for entry in content["complaints"]:
        with explained(path, entry["summary"]):
            _record(entry, algorithms, cast)


def _propose(entry: dict[str, Any], algorithms: Mapping[str, Algorithm], cast: Cast) -> Proposal:
    decided = ("registered", "merged", "declined")
    with cast.acting({name: value for name, value in entry.items() if name not in decided}) as (by, fields):
        proposal = intake.propose(cast.organisations[fields.pop("organisation")], fields, by=by)
    if "registered" in entry:
        with cast.acting(entry["registered"]) as (by, step):
            organisation = cast.organisations[step["organisation"]]
            intake.register(proposal, organisation, cast.fields(step["fields"]), by=by)
    elif "merged" in entry:
        with cast.acting(entry["merged"]) as (by, step):
            intake.merge(proposal, algorithms[step["algorithm"]], reason=step["reason"], by=by)
    elif "declined" in entry:
        with cast.acting(entry["declined"]) as (by, step):
            intake.decline(proposal, reason=step["reason"], by=by)
    return proposal


def _record(entry: dict[str, Any], algorithms: Mapping[str, Algorithm], cast: Cast) -> Complaint:
    with cast.acting(_dated({name: value for name, value in entry.items() if name != "closed"})) as (by, fields):
        algorithm = algorithms[fields.pop("algorithm")]
        if "handler" in fields:
            fields["handler"] = cast.people[fields["handler"]]
        complaint = complaints.record(algorithm, fields, by=by)
    if "closed" in entry:
        with cast.acting(_dated(entry["closed"])) as (by, fields):
            reopened = fields.pop("reopened", "")
            complaint = complaints.handle(complaint, fields, seen=complaint.version, by=by)
            if reopened:
                complaint = complaints.reopen(complaint, reason=reopened, seen=complaint.version, by=by)
    return complaint


def _dated(entry: Mapping[str, Any]) -> dict[str, Any]:
    today = clock.today()
    return {name: today + timedelta(days=value) if name in DAYS else value for name, value in entry.items()}
