"""The organisations of the demo, their people, and what they ask of themselves."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db.models import QuerySet

from governance import audit_trail
from governance.membership import give_role
from governance.models import Discipline, LifecyclePhase, Organisation, Requirement, Topic, User
from registry.demo.cast import Steps

PASSWORD = "rivierwaard-demo-2026"  # noqa: S105  (printed on purpose: demo accounts are for everybody)


def add_organisations(entries: Steps) -> dict[str, Organisation]:
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


def add_people(entries: Mapping[str, dict[str, Any]], organisations: Mapping[str, Organisation]) -> dict[str, User]:
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


def own_fields(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an own requirement or measure, with rows in place of their slugs."""
    linked: dict[str, QuerySet[Any]] = {
        "topics": Topic.objects.filter(slug__in=entry["topics"]),
        "phases": LifecyclePhase.objects.filter(slug__in=entry["phases"]),
        "disciplines": Discipline.objects.filter(slug__in=entry["disciplines"]),
    }
    if "requirements" in entry:
        linked["requirements"] = Requirement.objects.filter(urn__in=entry["requirements"])
    return {**{name: value for name, value in entry.items() if name != "organisation"}, **linked}
