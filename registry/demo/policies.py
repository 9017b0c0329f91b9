"""The policies of the demo: begun from templates, written, adopted, put to readers, returned and withdrawn."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation
from django.utils.formats import date_format

from governance import audit_trail, clock, policies, policy_reading, policy_templates, policy_versions
from governance.models import LifecyclePhase, Measure, Objective, Policy, PolicyVersion, ReadingRequest, Topic, User
from registry.demo.cast import FOLDER, Cast, explained, read

PROPERTIES = ("kind", "title", "summary")
DAYS = ("adopted_on", "in_force_from", "review_date", "due")


def add_policies(cast: Cast) -> None:
    path = FOLDER / "policies.yaml"
    with translation.override("nl"):  # the templates and the days in their texts
        for entry in read(path):
            with explained(path, entry["title"]):
                policy = _add(entry, cast)
                for step in entry["steps"]:
                    by = cast.people[step["by"]]
                    fields = {name: _day(value) if name in DAYS else value for name, value in step.items()}
                    with audit_trail.acting(by, "command"):
                        STEPS[step["do"]](policy, fields, by, cast)


def _day(number: int) -> Any:
    return clock.today() + timedelta(days=number)


def _add(entry: Mapping[str, Any], cast: Cast) -> Policy:
    organisation, by = cast.organisations[entry["organisation"]], cast.people[entry["by"]]
    template = policy_templates.template(entry.get("template", ""))
    fields: dict[str, Any] = template.fields if template else {}
    fields |= {name: entry[name] for name in PROPERTIES if name in entry}
    fields["owner"] = cast.people[entry["owner"]]
    if "topics" in entry:
        fields["topics"] = list(Topic.objects.filter(slug__in=entry["topics"]))
        fields["phases"] = list(LifecyclePhase.objects.filter(slug__in=entry["phases"]))
        fields["measures"] = list(Measure.objects.filter(urn__in=entry.get("measures", [])))
    if entry.get("objectives") == "all":
        fields["objectives"] = list(Objective.objects.in_force().filter(organisation=organisation))
    with audit_trail.acting(by, "command"):
        body = template.body if template else policy_templates.unwrapped(entry["body"])
        return policies.add_policy(organisation, fields, body=body, by=by)


def _last(policy: Policy) -> PolicyVersion:
    return policy.versions.order_by("-number")[0]


def _write(policy: Policy, fields: Mapping[str, Any], by: User, cast: Cast) -> None:
    version = _last(policy)
    body = _filled(version.body, fields.get("fill", {}))
    for old, new in fields.get("replace", {}).items():
        if old not in body:
            raise KeyError(old)
        body = body.replace(old, new)
    texts = {"body": body, "change_note": fields.get("change_note", "")}
    policy_versions.write(version, texts, seen=version.edits, by=by)


def _filled(text: str, values: Mapping[str, Any]) -> str:
    """The text with these values in its places to fill in; a number is a day from today, a list is used in turn."""
    in_turn: dict[str, Iterator[Any]] = {
        place: iter(value) for place, value in values.items() if isinstance(value, list)
    }

    def value_of(place: re.Match[str]) -> str:
        name = " ".join(place[1].split())
        if name not in values:
            return place[0]
        value = next(in_turn[name]) if name in in_turn else values[name]
        return date_format(_day(value), "j F Y") if isinstance(value, int) else str(value)

    return re.sub(r"\[([^\[\]]+)\]", value_of, text)


def _attach(policy: Policy, fields: Mapping[str, Any], by: User, cast: Cast) -> None:
    policy_versions.attach(_last(policy), SimpleUploadedFile(fields["name"], fields["text"].encode()), by=by)


def _submit(policy: Policy, fields: Mapping[str, Any], by: User, cast: Cast) -> None:
    version = _last(policy)
    policy_versions.submit(version, seen=version.edits, by=by)


def _return(policy: Policy, fields: Mapping[str, Any], by: User, cast: Cast) -> None:
    policy_versions.return_to_draft(_last(policy), fields["reason"], by=by)


def _adopt(policy: Policy, fields: Mapping[str, Any], by: User, cast: Cast) -> None:
    version = _last(policy)
    policy_versions.adopt(version, fields, seen=version.edits, by=by)


def _ask(policy: Policy, fields: Mapping[str, Any], by: User, cast: Cast) -> None:
    people = [cast.people[name] for name in fields["people"]] if "people" in fields else None
    policy_reading.ask_to_read(policy.versions.adopted().get(), people, due=fields.get("due"), by=by)


def _confirm(policy: Policy, fields: Mapping[str, Any], by: User, cast: Cast) -> None:
    policy_reading.confirm_read(ReadingRequest.objects.get(policy_version__policy=policy, person=by), by=by)


STEPS: dict[str, Callable[[Policy, Mapping[str, Any], User, Cast], Any]] = {
    "start": lambda policy, fields, by, cast: policy_versions.start_version(policy, by=by),
    "write": _write,
    "attach": _attach,
    "submit": _submit,
    "return": _return,
    "adopt": _adopt,
    "publish": lambda policy, fields, by, cast: policies.publish(policy, by=by),
    "ask": _ask,
    "confirm": _confirm,
    "withdraw_policy": lambda policy, fields, by, cast: policies.withdraw_policy(policy, fields["reason"], by=by),
}
