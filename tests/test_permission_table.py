"""Every route, tried as every kind of person, from one table; a route that is missing from it fails."""

import importlib
import pkgutil
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.shortcuts import resolve_url
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from governance.models import User
from tests import factories, permission_rows
from tests.permission_rows import ADDRESSEE, EVERYBODY, NOBODY, THEIRS, WITH_ACCOUNT, Row
from tests.permission_world import PLACES, World, build_world

pytestmark = pytest.mark.django_db

ROWS: dict[str, list[Row]] = {
    module.name: importlib.import_module(f"tests.permission_rows.{module.name}").ROWS
    for module in pkgutil.iter_modules(permission_rows.__path__)
}

ALLOWED, FORBIDDEN, HIDDEN, LOG_IN = "allowed", "forbidden", "hidden", "log in first"


def routes(resolver: URLResolver | None = None, namespace: str = "") -> Iterator[str]:
    """The name of every route, with its namespace. One without a name fails: nobody could say whose it is."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace)
        else:
            assert isinstance(pattern, URLPattern)
            yield f"{namespace}{pattern.name}"


def outcome(client: Client, row: Row, address: str, *, anonymous: bool = False) -> str:
    """What the route answers whoever is logged in with this client; whatever it changes is undone."""
    cookies = deepcopy(client.cookies)
    with transaction.atomic():
        response = getattr(client, row.method)(address, dict(row.data))
        transaction.set_rollback(True)
    if response.streaming:
        list(response.streaming_content)  # a download read to its end closes its file
    client.cookies = cookies
    status = response.status_code
    if status == 302 and response.url.startswith(resolve_url(settings.LOGIN_URL)):
        return LOG_IN
    if status in (401, 403):
        return LOG_IN if anonymous else FORBIDDEN
    if status in (404, 410):
        return HIDDEN
    assert status < 500, f"{row.name}: {status}"
    return ALLOWED if status in (200, 201, 204, 302, 304, 400, 409, 422) else str(status)


def expected(row: Row, role: str, place: str) -> str:
    if row.allowed in (EVERYBODY, WITH_ACCOUNT):
        return ALLOWED
    if row.allowed in (NOBODY, THEIRS, ADDRESSEE):
        return HIDDEN
    if row.anywhere:
        return ALLOWED if role in row.allowed else FORBIDDEN
    if place == "foreign" or (place == "child" and not row.below):
        return HIDDEN
    if place == "child":
        return FORBIDDEN
    if role in row.allowed:
        return ALLOWED
    return FORBIDDEN if row.seen_by is None or role in row.seen_by else HIDDEN


def everybody(world: World) -> dict[Any, User]:
    """All people who can log in, by role and place or by what else they are."""
    people: dict[Any, User] = {
        (role, place): world.people[role, place] for role in sorted(permission_rows.EVERY_ROLE) for place in PLACES
    }
    return people | {"operator": world.operator, "assigned": world.assigned}


def answers_expected(row: Row, people: dict[Any, User]) -> dict[Any, str]:
    open_to_all = row.allowed in (EVERYBODY, WITH_ACCOUNT)
    nothing = FORBIDDEN if row.anywhere else HIDDEN
    answers = {key: expected(row, *key) for key in people if isinstance(key, tuple)}
    answers["operator"] = ALLOWED if open_to_all or row.operator else nothing
    answers["assigned"] = ALLOWED if row.assigned else expected(row, "contributor", "own")
    answers["anonymous"] = {EVERYBODY: ALLOWED, NOBODY: HIDDEN}.get(str(row.allowed), LOG_IN)
    return answers


@pytest.mark.parametrize("part", sorted(ROWS))
def test_routes_answer_each_kind_of_person_as_the_table_says(part):
    world = build_world()
    people = everybody(world)
    clients = {key: Client() for key in people}
    for key, client in clients.items():
        client.force_login(people[key])

    wrong = {}
    for row in ROWS[part]:
        query = row.query(world) if callable(row.query) else row.query
        address = reverse(row.route, args=row.arguments(world)) + query
        row = replace(row, data=row.data(world)) if callable(row.data) else row
        answers = {key: outcome(client, row, address) for key, client in clients.items()}
        answers["anonymous"] = outcome(Client(), row, address, anonymous=True)
        right = answers_expected(row, people)
        if differing := {key: f"{answers[key]}, not {right[key]}" for key in right if answers[key] != right[key]}:
            wrong[row.name] = differing

    assert wrong == {}


def test_every_route_is_in_the_table():
    leads_to_logging_in = {"staff-login"}
    ours = {name for name in routes() if not name.startswith("admin:")} - leads_to_logging_in

    assert ours == {row.route for rows in ROWS.values() for row in rows}


def test_every_administration_page_asks_to_log_in_as_staff(client):
    """What staff sees there follows from the same rows and rights; `test_admin.py` tries that."""
    world = build_world()
    pages = [name for name in routes() if name.startswith("admin:") and name.endswith(("_changelist", "_add"))]
    client.force_login(world.people["manager", "own"])

    assert pages
    assert {client.get(reverse(name)).status_code for name in [*pages, "admin:index"]} == {302}


@pytest.mark.parametrize(
    "permission",
    [
        "governance.view_invitation",
        "governance.view_auditevent",
        "governance.assign_work",
        "governance.assess_requirement",
        "governance.verify_requirement",
        "governance.change_requirement",
        "governance.add_comment",
        "governance.resolve_comment",
        "governance.change_policy",
        "governance.adopt_policy",
        "registry.change_algorithm",
        "registry.assign_responsibility",
        "registry.change_complaint",
        "registry.change_risk",
        "registry.change_incident",
        "registry.hold_evaluation",
    ],
)
def test_a_role_somewhere_gives_no_right_over_a_record_that_belongs_to_no_organisation(permission):
    """Nor does having made it, or being given it."""
    person = factories.member("administrator", factories.OrganisationFactory())
    for role in ("officer", "manager", "contributor"):
        factories.MembershipFactory(user=person, role=role)
    record = factories.RequirementFactory()
    record.assignee_id = record.handler_id = record.author_id = record.owner_id = person.pk

    assert not person.has_perm(permission, record)
    assert person.has_perm(permission)


def test_a_stored_file_is_seen_by_who_sees_a_record_it_hangs_on():
    world = build_world()
    file = world.attachment.stored_file

    assert world.people["reader", "own"].has_perm("governance.view_storedfile", file)
    assert not world.people["manager", "foreign"].has_perm("governance.view_storedfile", file)
