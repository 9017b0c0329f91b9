"""What people say beside records of every kind, from `fixtures/demo/comments.yaml`."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import QuerySet

from governance import commenting
from governance.models import (
    Evidence,
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
from registry.demo.cast import FOLDER, Cast, Steps, explained, read
from registry.models import Algorithm, Complaint, Evaluation, ImpactAssessment, Incident, Proposal, Risk, TeamMember


def add_comments(cast: Cast) -> None:
    """Comments and answers, resolved and not; those on decisions and findings stand with these."""
    path, owners = FOLDER / "comments.yaml", list(cast.organisations.values())

    def named(rows: QuerySet[Any], name: str, owner: str = "organisation") -> dict[str, Any]:
        return {str(getattr(row, name)): row for row in rows.filter(**{f"{owner}__in": owners})}

    of_algorithm = "algorithm__organisation"
    records: dict[str, Mapping[str, Any]] = {
        "algorithm": named(Algorithm.objects.for_list(), "name"),
        "proposal": named(Proposal.objects.all(), "name"),
        "complaint": named(Complaint.objects.all(), "reference", of_algorithm),
        "risk": named(Risk.objects.all(), "title", of_algorithm),
        "incident": named(Incident.objects.all(), "summary", of_algorithm),
        "evaluation_of": named(Evaluation.objects.held().order_by("held_on"), "algorithm", of_algorithm),
        "evidence": named(Evidence.objects.all(), "title"),
        "assessment_of": named(ImpactAssessment.objects.carried_out(), "algorithm", of_algorithm),
        "policy": named(Policy.objects.all(), "title"),
        "position": named(Position.objects.all(), "name"),
        "value": named(Objective.objects.all(), "name"),
        "knowledge": named(Knowledge.objects.all(), "title"),
        "maturity_of": {  # the latest of each organisation
            row.organisation.slug: row
            for row in MaturityAssessment.objects.filter(organisation__in=owners).order_by("assessed_on", "pk")
        },
        "organisation": cast.organisations,
    }
    for entry in read(path):
        with explained(path, entry["text"][:60]):
            _comment([entry], records, cast)


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
