"""Audits, findings and what is accepted for a while, from `fixtures/demo/oversight.yaml`."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from governance import clock, commenting
from governance.models import AuditCriterion, AuditFramework, Requirement
from registry import audits, deviations, findings
from registry.consistency import CHECKS
from registry.demo.cast import FOLDER, Cast, explained, read
from registry.models import Algorithm, Audit, Finding

DAYS = ("period_from", "period_to", "until")
PARTS = ("draws", "findings", "concluded", "steps", "comments")


def add_oversight(cast: Cast) -> None:
    """An audit that is concluded and one that runs, findings in every stage, and accepted deviations."""
    path = FOLDER / "oversight.yaml"
    content = read(path)
    owners = list(cast.organisations.values())
    algorithms = {row.name: row for row in Algorithm.objects.filter(organisation__in=owners).for_list()}
    for entry in content["audits"]:
        with explained(path, entry["title"]):
            _audit(entry, algorithms, cast)
    for entry in content["findings"]:
        with explained(path, entry["title"]):
            _finding(entry, None, algorithms, cast)
    for entry in content["accepted"]:
        with explained(path, entry["reason"]):
            _accept(entry, algorithms, cast)


def _own(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The step itself, without what follows from it, and with days in place of how many days ago or ahead they are."""
    own = {name: value for name, value in entry.items() if name not in PARTS}
    for name in own.keys() & set(DAYS):
        own[name] = clock.today() + timedelta(days=own[name])
    return own


def _audit(entry: dict[str, Any], algorithms: Mapping[str, Algorithm], cast: Cast) -> None:
    frameworks = {row.slug: row for row in AuditFramework.objects.all()}
    with cast.acting(_own(entry)) as (by, fields):
        organisation = cast.organisations[fields.pop("organisation")]
        fields["lead"] = cast.people[fields["lead"]]
        fields["frameworks"] = [frameworks[slug] for slug in fields["frameworks"]]
        audit = audits.open_audit(organisation, fields, by=by)
    for draw in entry["draws"]:
        with cast.acting(draw) as (by, given):
            drawn = {name: given.pop(name) for name in ("size", "seed")}
            audit = audits.draw(audit, given, **drawn, seen=audit.version, by=by)
    for found in entry["findings"]:
        _finding({"organisation": entry["organisation"], **found}, audit, algorithms, cast)
    _comments(entry, audit, cast)
    if "concluded" in entry:
        with cast.acting(entry["concluded"]) as (by, given):
            audits.conclude(audit, given["report"], seen=audit.version, by=by)


def _finding(entry: dict[str, Any], audit: Audit | None, algorithms: Mapping[str, Algorithm], cast: Cast) -> None:
    with cast.acting(_own(entry)) as (by, fields):
        organisation = cast.organisations[fields.pop("organisation")]
        algorithm = algorithms[fields.pop("algorithm")]
        if "criterion" in fields:
            framework, number = fields["criterion"].split()
            fields["criterion"] = AuditCriterion.objects.get(framework__slug=framework, number=number)
        if "requirement" in fields:
            known = {row.code: row for row in Requirement.objects.for_organisation(organisation)}
            fields["requirement"] = known[fields["requirement"]]
        finding = findings.raise_finding(organisation, fields, algorithm=algorithm, audit=audit, by=by)
    for step in entry.get("steps", []):
        finding = _next_step(finding, step, cast)
    _comments(entry, finding, cast)


def _comments(entry: Mapping[str, Any], record: Audit | Finding, cast: Cast) -> None:
    for written in entry.get("comments", []):
        with cast.acting(written) as (by, given):
            commenting.comment(record, given["text"], by=by)


def _next_step(finding: Finding, step: dict[str, Any], cast: Cast) -> Finding:
    answer = cast.fields(step.get("respond", {}))  # outside `acting`: its days count from today, not from the step's
    with cast.acting(step) as (by, given):
        seen = finding.version
        if answer:
            return findings.respond(finding, answer | {"owner": cast.people[answer["owner"]]}, seen=seen, by=by)
        if "follow_up" in given:
            asks = given.get("asks_to_close", False)
            return findings.follow_up(finding, text=given["follow_up"], asks_to_close=asks, seen=seen, by=by)
        if "keep_open" in given:
            return findings.keep_open(finding, reason=given["keep_open"], seen=seen, by=by)
        return findings.close(finding, reason=given["close"], seen=seen, by=by)


def _accept(entry: dict[str, Any], algorithms: Mapping[str, Algorithm], cast: Cast) -> None:
    """Accepts what the check finds of that algorithm; nothing where it finds nothing."""
    check = {known.code: known for known in CHECKS}[entry["check"]]
    with cast.acting(_own(entry)) as (by, given):
        found = deviations.of_algorithm(check, algorithms[given["algorithm"]]).select_related(*check.related)
        for deviation in deviations.shown(check, list(found)):
            deviations.accept(deviation, reason=given["reason"], until=given["until"], by=by)
