"""Every route, tried as every kind of person, from one table; a route that is missing from it fails."""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.shortcuts import resolve_url
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from governance.models import User
from tests import permission_rows
from tests.permission_rows import EVERYBODY, NOBODY, WITH_ACCOUNT, Row
from tests.permission_world import PLACES, World, build_world

pytestmark = pytest.mark.django_db

ROWS: list[Row] = [
    row
    for module in pkgutil.iter_modules(permission_rows.__path__)
    for row in importlib.import_module(f"tests.permission_rows.{module.name}").ROWS
]

ALLOWED, FORBIDDEN, HIDDEN, LOG_IN = "allowed", "forbidden", "hidden", "log in first"


def routes(resolver: URLResolver | None = None, namespace: str = "") -> Iterator[str]:
    """The name of every route, with its namespace. One without a name fails: nobody could say whose it is."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace)
        else:
            assert isinstance(pattern, URLPattern)
            yield f"{namespace}{pattern.name}"


def outcome(client: Any, row: Row, address: str, person: User | None) -> str:
    """What the route answers this person; whatever it changes is undone."""
    client.logout()
    if person is not None:
        client.force_login(person)
    with transaction.atomic():
        response = getattr(client, row.method)(address, dict(row.data))
        transaction.set_rollback(True)
    if response.streaming:
        list(response.streaming_content)  # a download read to its end closes its file
    status = response.status_code
    if status == 302 and response.url.startswith(resolve_url(settings.LOGIN_URL)):
        return LOG_IN
    if status in (401, 403):
        return LOG_IN if person is None else FORBIDDEN
    if status in (404, 410):
        return HIDDEN
    assert status < 500, f"{row.name}: {status}"
    return ALLOWED if status in (200, 201, 204, 302, 304, 400, 409, 422) else str(status)


def expected(row: Row, role: str, place: str) -> str:
    if row.allowed in (EVERYBODY, WITH_ACCOUNT):
        return ALLOWED
    if row.allowed == NOBODY:
        return HIDDEN
    if row.anywhere:
        return ALLOWED if role in row.allowed else FORBIDDEN
    if place == "foreign" or (place == "child" and not row.below):
        return HIDDEN
    if place == "child":
        return FORBIDDEN
    return ALLOWED if role in row.allowed else FORBIDDEN


@pytest.fixture
def world() -> World:
    return build_world()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_route_answers_each_kind_of_person_as_the_table_says(row, world, client):
    address = reverse(row.route, args=row.arguments(world)) + row.query
    people = {(role, place): world.people[role, place] for role in permission_rows.EVERY_ROLE for place in PLACES}

    answers = {key: outcome(client, row, address, person) for key, person in people.items()}
    anonymous = outcome(client, row, address, None)
    operator = outcome(client, row, address, world.operator)
    assigned = outcome(client, row, address, world.assigned)

    assert answers == {key: expected(row, *key) for key in people}
    assert anonymous == {EVERYBODY: ALLOWED, NOBODY: HIDDEN}.get(row.allowed, LOG_IN)
    member_of_nothing = FORBIDDEN if row.anywhere else HIDDEN
    open_to_all = row.allowed in (EVERYBODY, WITH_ACCOUNT)
    assert operator == (ALLOWED if open_to_all or row.operator else member_of_nothing)
    assert assigned == (ALLOWED if row.assigned else expected(row, "contributor", "own"))


def test_every_route_is_in_the_table():
    ours = {name for name in routes() if not name.startswith("admin:")}

    assert ours == {row.route for row in ROWS}


def test_every_administration_page_asks_to_log_in_as_staff(world, client):
    """What staff sees there follows from the same rows and rights; `test_admin.py` tries that."""
    pages = [name for name in routes() if name.startswith("admin:") and name.endswith(("_changelist", "_add"))]
    client.force_login(world.people["manager", "own"])

    assert pages
    assert {client.get(reverse(name)).status_code for name in [*pages, "admin:index"]} == {302}
