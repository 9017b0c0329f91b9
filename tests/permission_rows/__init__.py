"""What every route answers to whom: a row for each route (and method), in a module for each part of the application.

A row says who is allowed; everybody else who sees the record is forbidden (403), and to whom cannot see it, it does
not exist (404). `tests/test_permission_table.py` tries each row as every kind of person.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from governance.models import Membership
from tests.permission_world import World

Role = Membership.Role

EVERYBODY = "everybody"
"""Also without an account."""
NOBODY = "nobody"
"""It does not exist, whoever asks."""
THEIRS = "only who has one"
"""Something of one's own that nobody in the table has: a second factor to look at."""
ADDRESSEE = "the addressee"
"""The person to whom the record is assigned, and nobody else: to others it does not exist."""
WITH_ACCOUNT = "with an account"
"""Whoever logs in, whatever their roles; the page shows them what is theirs."""

EVERY_ROLE = frozenset(Role.values)
REGISTRAR = frozenset({Role.OFFICER, Role.MANAGER})
WORKING = REGISTRAR | {Role.CONTRIBUTOR}


@dataclass(frozen=True)
class Row:
    route: str
    allowed: "str | frozenset[str]"
    """EVERYBODY, WITH_ACCOUNT, ADDRESSEE, or the roles that are allowed in the record's organisation and above it."""
    arguments: Callable[[World], list[Any]] = lambda world: []
    method: str = "get"
    data: "Mapping[str, Any] | Callable[[World], Mapping[str, Any]]" = field(default_factory=dict)
    query: "str | Callable[[World], str]" = ""
    assigned: bool = False
    """Whether the contributor to whom the record is assigned is allowed as well."""
    anywhere: bool = False
    """Whether a role in any organisation will do, because no record is named."""
    below: bool = False
    """Whether those below the organisation see the record as well: what counts for them, they may read."""
    seen_by: "frozenset[str] | None" = None
    """The roles that see the record there, where that is not every role; to the others it does not exist."""
    operator: bool = False
    """Whether the administrator of the installation, who is a member of nothing, is allowed as well."""

    @property
    def name(self) -> str:
        return f"{self.method} {self.route}"
