"""Taking tables and reports along: everybody what they may see, and the files for who asked for them."""

from typing import Any

from tests.permission_rows import ADDRESSEE, WITH_ACCOUNT, Row
from tests.permission_world import World


def export(world: World) -> list[Any]:
    return [world.export.pk]


def table(world: World) -> list[Any]:
    return ["algoritmes", "csv"]


ROWS = [
    Row("exports", WITH_ACCOUNT),
    Row("table", WITH_ACCOUNT, table),
    Row("table", WITH_ACCOUNT, table, method="post"),
    Row("export", ADDRESSEE, export, assigned=True),
    Row("export-file", ADDRESSEE, export, assigned=True),
]
