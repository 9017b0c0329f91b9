"""Tables that people take with them: which there are, what is in them, and which rows somebody may have.

A table is stated once, with the queryset and the filters of its list on the screen; see `registry.tables`.
"""

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from governance import clock
from governance.filters import QueryFilterSet
from governance.models import User
from governance.table_files import About

BATCH = 200
"""How many rows are read and written at a time."""


class Memo(dict[Any, Any]):
    """What was read for one batch and serves the next, of a table for one reader."""

    def __init__(self, reader: User) -> None:
        super().__init__()
        self.reader = reader


@dataclass(frozen=True)
class Column:
    title: Any
    value: Callable[[Any], Any]


def sentence_case(text: Any) -> str:
    text = str(text)
    return text[:1].upper() + text[1:]


def columns_of(model: type[models.Model], *names: str, through: str = "") -> list[Column]:
    """Columns for fields of the model, titled as the model titles them; choices by their names.

    `through`: the attribute of a row that is the record of that model, where it is not the row itself.
    """
    return [Column(model._meta.get_field(name).verbose_name, _reader(name, through)) for name in names]  # type: ignore[union-attr]


def _reader(name: str, through: str) -> Callable[[Any], Any]:
    def read(row: Any) -> Any:
        record = getattr(row, through) if through else row
        if record is None:
            return None
        display = getattr(record, f"get_{name}_display", None)
        value = display() if display else getattr(record, name)
        return "\n".join(_words(one) for one in value) if isinstance(value, list) else value

    return read


def _words(value: Any) -> str:
    """An entry of a list: a link as its title and address."""
    return " ".join(str(part) for part in value.values() if part) if isinstance(value, dict) else str(value)


def _nothing_more(rows: Sequence[Any], memo: Memo) -> None:
    pass


@dataclass(frozen=True)
class Table:
    name: str
    """As in its address, and in the name of the file."""
    title: Any
    about: Any
    """What a row is, in a sentence."""
    columns: Callable[[], Sequence[Column]]
    visible: Callable[[User], QuerySet[Any]]
    """The rows that a person may have."""
    filterset: type[QueryFilterSet]
    detailed: Callable[[QuerySet[Any]], QuerySet[Any]] = lambda rows: rows
    """With what the columns read of related records."""
    prepare: Callable[[Sequence[Any], Memo], None] = _nothing_more
    """Adds to a batch of rows what takes a query of its own, as far as the reader sees it."""

    permission: str = ""
    """Who has it nowhere is not offered the table."""

    def is_for(self, user: User) -> bool:
        return not self.permission or user.has_perm(self.permission)

    def select(self, user: User, query: QueryDict) -> "Selection":
        """The rows that fit the query, as this person may see them. Raises `ValidationError`."""
        request = SimpleNamespace(user=user)
        found = self.filterset(query, queryset=self.visible(user), request=request)
        if not found.is_valid():
            named = [
                f"{found.form.fields[name].label}: {' '.join(map(str, why))}" for name, why in found.errors.items()
            ]
            raise ValidationError(_("This filter cannot be used. %(why)s") % {"why": " ".join(named)})
        return Selection(self, user, found.rows, found.described)


@dataclass(frozen=True)
class Selection:
    table: Table
    user: User
    queryset: QuerySet[Any]
    filter: list[tuple[str, str]]

    def count(self) -> int:
        return self.queryset.order_by().count()

    @property
    def titles(self) -> list[str]:
        return [sentence_case(column.title) for column in self.table.columns()]

    def about(self, total: int) -> About:
        return About(str(self.table.title), clock.now(), total, self.filter, str(self.user))

    def keys(self) -> "array[int]":
        """The keys of the rows, in their order: eight bytes for each."""
        return array("q", self.queryset.values_list("pk", flat=True).iterator(chunk_size=5000))

    def lines(self, keys: Sequence[int]) -> Iterator[list[Any]]:
        """The cells of each row, read in batches by key, so that nothing is held open meanwhile."""
        columns, memo = self.table.columns(), Memo(self.user)
        everything = self.queryset.model._default_manager
        for start in range(0, len(keys), BATCH):
            batch = keys[start : start + BATCH]
            found = {row.pk: row for row in self.table.detailed(everything.filter(pk__in=list(batch)).order_by())}
            rows = [found[key] for key in batch if key in found]
            self.table.prepare(rows, memo)
            for row in rows:
                yield [column.value(row) for column in columns]


TABLES: dict[str, Table] = {}
"""By name, in the order in which they are offered."""


def offer(*tables: Table) -> None:
    """Lets people take these tables with them."""
    for table in tables:
        if table.name in TABLES:
            raise ValueError(f"{table.name} is offered twice")
        TABLES[table.name] = table
