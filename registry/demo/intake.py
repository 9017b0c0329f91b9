"""What was proposed and what came in, and the comments, from `fixtures/demo/intake.yaml`."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from governance import clock, commenting
from governance.models import (
    Knowledge,
    MaturityAssessment,
    Measure,
    Objective,
    Policy,
    PolicyVersion,
    Position,
    Requirement,
    User,
)
from governance.permissions import organisation_of
from registry import complaints, intake
from registry.demo.cast import FOLDER, Cast, Steps, explained, read
from registry.models import Algorithm, Complaint, Proposal, TeamMember

DAYS = ("received_on", "closed_on")


def add_intake(cast: Cast) -> None:
    """Proposals in every stage, complaints and questions open, overdue and closed, and comments on all kinds."""
    path = FOLDER / "intake.yaml"
    content = read(path)
    owners = list(cast.organisations.values())
    algorithms = {row.name: row for row in Algorithm.objects.filter(organisation__in=owners).for_list()}
    proposals: dict[str, Proposal] = {}
    for entry in content["proposals"]:
        with explained(path, entry["name"]):
            proposals[entry["name"]] = _propose(entry, algorithms, cast)
    recorded: dict[str, Complaint] = {}
    for entry in content["complaints"]:
        with explained(path, entry["summary"]):
            recorded[entry.get("reference", "")] = _record(entry, algorithms, cast)
    with explained(path, "comments"):
        records: dict[str, Mapping[str, Any]] = {
            "algorithm": algorithms,
            "proposal": proposals,
            "complaint": recorded,
            "policy": {row.title: row for row in Policy.objects.filter(organisation__in=owners)},
            "position": {row.name: row for row in Position.objects.filter(organisation__in=owners)},
            "value": {row.name: row for row in Objective.objects.filter(organisation__in=owners)},
            "knowledge": {row.title: row for row in Knowledge.objects.filter(organisation__in=owners)},
            "maturity_of": {  # the latest of each organisation
                row.organisation.slug: row
                for row in MaturityAssessment.objects.filter(organisation__in=owners).order_by("assessed_on", "pk")
            },
            "organisation": cast.organisations,
        }
        _comment(content["comments"], records, cast)


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


def _comment(entries: Steps, records: Mapping[str, Mapping[str, Any]], cast: Cast) -> None:
    for entry in entries:
        with cast.acting(entry) as (by, step):
            record = next(rows[step[kind]] for kind, rows in records.items() if kind in step)
            part = _team_member(record, cast.people[step["member"]]) if "member" in step else _part(step, record)
            also: Iterable[Any] = [cast.people[key] for key in step.get("also", [])]
            written = commenting.comment(record, step["text"], part=part, also=also, by=by)
        if "resolved" in entry:
            with cast.acting({"by": entry["resolved"]}) as (by, _rest):
                commenting.resolve(written, by=by)


def _team_member(algorithm: Algorithm, person: User) -> TeamMember:
    return TeamMember.objects.unended().filter(algorithm=algorithm, person=person).earliest("since")


def _part(step: Mapping[str, Any], record: Any) -> Requirement | Measure | PolicyVersion | None:
    organisation: Any = organisation_of(record)
    if "requirement" in step:
        return {row.code: row for row in Requirement.objects.for_organisation(organisation)}[step["requirement"]]
    if "measure" in step:
        return {row.code: row for row in Measure.objects.for_organisation(organisation)}[step["measure"]]
    if "version" in step:
        version: PolicyVersion = record.versions.get(number=step["version"])
        return version
    return None
