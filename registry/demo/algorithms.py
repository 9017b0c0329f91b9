"""One algorithm of the demo: registered, classified, worked on, perhaps classified anew and revised."""

from collections.abc import Iterator, Mapping
from typing import Any

from governance.models import Measure, Requirement, User
from registry import working
from registry.classifying import answer, answer_facts, classify
from registry.demo.cast import Cast, Steps
from registry.models import Algorithm, Applicability
from registry.registering import register, revise


def build(entry: dict[str, Any], cast: Cast) -> None:
    """One algorithm: registered, classified, worked on, perhaps classified anew and revised."""
    organisation = cast.organisations[entry["organisation"]]
    with cast.acting({"by": entry["by"], **entry["fields"]}) as (by, fields):
        algorithm = register(organisation, fields, by=by)
    _classify(algorithm, entry.get("classifications", []), cast)
    if "unfinished" in entry:
        with cast.acting(entry["unfinished"]) as (by, given):
            for question, choice in given["answers"].items():
                answer(algorithm, question, choice, by=by)
            answer_facts(algorithm, given["facts"], by=by)
    # What is verified of a requirement rests on its measures: they come first.
    measures = {item.code: item for item in Measure.objects.for_organisation(organisation)}
    for code, step in steps_of(entry.get("measures", {})):
        with cast.acting(step) as (by, fields):
            seen = working.current_measure_status(algorithm, measures[code]).pk
            working.record_measure(algorithm, measures[code], fields, seen=seen, by=by)
    requirements = {item.code: item for item in Requirement.objects.for_organisation(organisation)}
    for code, step in steps_of(entry.get("requirements", {})):
        _work_on_requirement(algorithm, requirements[code], step, cast)
    _classify(algorithm, entry.get("reclassified", []), cast)
    for step in entry.get("revisions", []):
        with cast.acting(step) as (by, given):
            algorithm = revise(algorithm, cast.fields(given["fields"]), seen=algorithm.version, by=by)


def _classify(algorithm: Algorithm, steps: Steps, cast: Cast) -> None:
    for step in steps:
        with cast.acting(step) as (by, given):
            classify(algorithm, list(given["answers"].items()), given["facts"], tree=cast.tree, by=by)


def steps_of(work: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each code with a step; a key may name several codes (`owp-01, owp-03`), a value may be one step or a list."""
    for codes, steps in work.items():
        for code in codes.split(", "):
            for step in steps if isinstance(steps, list) else [steps]:
                yield code, step


def _work_on_requirement(algorithm: Algorithm, requirement: Requirement, step: dict[str, Any], cast: Cast) -> None:
    """As `work_on_requirement`, or overrules (`overrule`: applies, reason)."""
    with cast.acting(step) as (by, given):
        if "overrule" in given:
            outcome = Applicability.objects.current().get(algorithm=algorithm, requirement=requirement)
            working.overrule(algorithm, requirement, **given["overrule"], seen=outcome.pk, by=by)
        else:
            work_on_requirement(working, algorithm, requirement, given, by=by)


def work_on_requirement(verbs: Any, owner: Any, requirement: Requirement, given: dict[str, Any], *, by: User) -> None:
    """Assesses, verifies (`verify`) or returns (`return`: the reason), with the verbs of the owner's level."""
    current = verbs.current_assessment(owner, requirement)
    if "return" in given:
        verbs.verify(current, confirmed=False, reason=given["return"], by=by)
    elif "verify" in given:
        verbs.verify(current, confirmed=True, by=by)
    else:
        verbs.assess(owner, requirement, given, seen=current.pk, by=by)
