"""The demo organisation: a municipality that does not exist, built from `fixtures/demo` through the verbs of the pages.

Every step is taken on behalf of the person whom the file names, so that the audit trail shows who did what. Days in
the file (`due`, `review_date`) count from today.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from governance import audit_trail
from governance.membership import give_role
from governance.models import (
    DecisionTree,
    Discipline,
    LifecyclePhase,
    Measure,
    Membership,
    Organisation,
    Requirement,
    Topic,
    User,
)
from governance.own_items import add_measure, add_requirement
from registry import working
from registry.classifying import answer, answer_facts, classify, current_tree
from registry.models import Algorithm, Applicability
from registry.registering import register, revise

FOLDER: Path = settings.BASE_DIR / "fixtures" / "demo"
PASSWORD = "rivierwaard-demo-2026"  # noqa: S105  (printed on purpose: demo accounts are for everybody)

Steps = list[dict[str, Any]]


class DemoError(Exception):
    """The demo organisation cannot be built; the message says why and what to do."""


@dataclass(frozen=True)
class Account:
    role: Membership.Role
    organisation: str
    name: str
    email: str


def accounts() -> list[Account]:
    """The people of the demo, with `PASSWORD` as the password of each."""
    content = _read(FOLDER / "organisations.yaml")
    names = {organisation["slug"]: organisation["name"] for organisation in content["organisations"]}
    return [
        Account(Membership.Role(person["role"]), names[person["organisation"]], person["name"], person["email"])
        for person in content["people"].values()
    ]


def is_loaded() -> bool:
    slugs = [organisation["slug"] for organisation in _read(FOLDER / "organisations.yaml")["organisations"]]
    return Organisation.objects.filter(slug__in=slugs).exists()


def load() -> None:
    """Builds the demo organisations, their people, algorithms and work. Raises `DemoError`, with nothing built."""
    if not LifecyclePhase.objects.exists() or not Requirement.objects.exists():
        raise DemoError(_("The catalogue is empty. Run `manage.py load_catalogue` first."))
    tree = current_tree()
    if tree is None:
        raise DemoError(_("There is no decision tree yet. Run `manage.py import_decision_tree` first."))
    path = FOLDER / "organisations.yaml"
    content = _read(path)
    with transaction.atomic():
        with audit_trail.acting(None, "command"), _explained(path, _("organisations and people")):
            organisations = _add_organisations(content["organisations"])
            people = _add_people(content["people"], organisations)
        cast = Cast(organisations, people, {phase.slug: phase for phase in LifecyclePhase.objects.all()}, tree)
        for add, entries in ((add_requirement, "own_requirements"), (add_measure, "own_measures")):
            for entry in content[entries]:
                with _explained(path, entry["title_nl"]), cast.acting(entry) as (by, fields):
                    add(organisations[entry["organisation"]], _own_fields(fields), by)
        for path in sorted((FOLDER / "algorithms").glob("*.yaml")):
            for entry in _read(path):
                with _explained(path, entry["fields"]["name"]):
                    _build(entry, cast)


def _read(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506


@contextmanager
def _explained(path: Path, what: str) -> Iterator[None]:
    """Turns what cannot be done inside into a `DemoError` that says where in the files it stands."""
    place: dict[str, Any] = {"file": path.relative_to(FOLDER), "what": what}
    try:
        yield
    except ValidationError as error:
        raise DemoError(_("%(file)s, %(what)s: %(why)s") % (place | {"why": " ".join(error.messages)})) from error
    except KeyError as error:
        raise DemoError(
            _("%(file)s, %(what)s: nothing is called %(key)s. Run `manage.py load_catalogue`, and try again.")
            % (place | {"key": error})
        ) from error


@dataclass(frozen=True)
class Cast:
    """Who and what the files name."""

    organisations: Mapping[str, Organisation]
    people: Mapping[str, User]
    phases: Mapping[str, LifecyclePhase]
    tree: DecisionTree

    @contextmanager
    def acting(self, step: dict[str, Any]) -> Iterator[tuple[User, dict[str, Any]]]:
        """The person who takes the step, and the rest of it with people, phases and dates in place of their names."""
        by = self.people[step["by"]]
        fields = {name: value for name, value in step.items() if name != "by"}
        with audit_trail.acting(by, "command"):
            yield by, self.fields(fields)

    def fields(self, values: Mapping[str, Any]) -> dict[str, Any]:
        fields = dict(values)
        if "assignee" in fields:
            fields["assignee"] = self.people[fields["assignee"]]
        if "phase" in fields:
            fields["phase"] = self.phases[fields["phase"]]
        for name in fields.keys() & {"due", "review_date"}:
            fields[name] = timezone.localdate() + timedelta(days=fields[name])
        return fields


def _add_organisations(entries: Steps) -> dict[str, Organisation]:
    added: dict[str, Organisation] = {}
    for entry in entries:
        organisation = Organisation(**{**entry, "parent": added.get(entry.get("parent", ""))})
        organisation.full_clean(exclude=["path"])
        organisation.save()
        audit_trail.record(
            "organisation.added", organisation, audit_trail.changes_between({}, entry), organisation=organisation
        )
        added[organisation.slug] = organisation
    return added


def _add_people(entries: Mapping[str, dict[str, Any]], organisations: Mapping[str, Organisation]) -> dict[str, User]:
    """Everybody gets the same hash: making one each would take most of the loading time."""
    password = make_password(PASSWORD)
    people = {}
    for key, entry in entries.items():
        person = User(
            name=entry["name"],
            email=entry["email"],
            password=password,
            is_staff=entry.get("staff", False),
            is_superuser=entry.get("operator", False),
        )
        person.full_clean()
        person.save()
        organisation = organisations[entry["organisation"]]
        audit_trail.record("user.added", person, {"email": [None, person.email]}, organisation=organisation)
        give_role(person, organisation, entry["role"], by=None)
        people[key] = person
    return people


def _own_fields(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an own requirement or measure, with rows in place of their slugs."""
    linked: dict[str, QuerySet[Any]] = {
        "topics": Topic.objects.filter(slug__in=entry["topics"]),
        "phases": LifecyclePhase.objects.filter(slug__in=entry["phases"]),
        "disciplines": Discipline.objects.filter(slug__in=entry["disciplines"]),
    }
    if "requirements" in entry:
        linked["requirements"] = Requirement.objects.filter(urn__in=entry["requirements"])
    return {**{name: value for name, value in entry.items() if name != "organisation"}, **linked}


def _build(entry: dict[str, Any], cast: Cast) -> None:
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
    requirements = {item.code: item for item in Requirement.objects.for_organisation(organisation)}
    for code, step in _steps(entry.get("requirements", {})):
        _work_on_requirement(algorithm, requirements[code], step, cast)
    measures = {item.code: item for item in Measure.objects.for_organisation(organisation)}
    for code, step in _steps(entry.get("measures", {})):
        with cast.acting(step) as (by, fields):
            seen = working.current_measure_status(algorithm, measures[code]).pk
            working.record_measure(algorithm, measures[code], fields, seen=seen, by=by)
    _classify(algorithm, entry.get("reclassified", []), cast)
    for step in entry.get("revisions", []):
        with cast.acting(step) as (by, given):
            algorithm = revise(algorithm, cast.fields(given["fields"]), seen=algorithm.version, by=by)


def _classify(algorithm: Algorithm, steps: Steps, cast: Cast) -> None:
    for step in steps:
        with cast.acting(step) as (by, given):
            classify(algorithm, list(given["answers"].items()), given["facts"], tree=cast.tree, by=by)


def _steps(work: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each code with a step; a key may name several codes (`owp-01, owp-03`), a value may be one step or a list."""
    for codes, steps in work.items():
        for code in codes.split(", "):
            for step in steps if isinstance(steps, list) else [steps]:
                yield code, step


def _work_on_requirement(algorithm: Algorithm, requirement: Requirement, step: dict[str, Any], cast: Cast) -> None:
    """Assesses, verifies (`verify`), returns (`return`: the reason) or overrules (`overrule`: applies, reason)."""
    current = working.current_assessment(algorithm, requirement)
    with cast.acting(step) as (by, given):
        if "overrule" in given:
            outcome = Applicability.objects.current().get(algorithm=algorithm, requirement=requirement)
            working.overrule(algorithm, requirement, **given["overrule"], seen=outcome.pk, by=by)
        elif "return" in given:
            working.verify(current, confirmed=False, reason=given["return"], by=by)
        elif "verify" in given:
            working.verify(current, confirmed=True, by=by)
        else:
            working.assess(algorithm, requirement, given, seen=current.pk, by=by)
