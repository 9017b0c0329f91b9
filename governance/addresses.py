"""What stands in an address for a record that people know by a name."""

from collections.abc import Set
from typing import Any

from django.db.models import QuerySet
from django.utils.text import slugify


def free_slug(name: str, rows: QuerySet[Any], *, otherwise: str, reserved: Set[str] = frozenset()) -> str:
    """The slug of the name that none of the rows has yet, numbered where it must be; never one of `reserved`.

    `otherwise` is for a name that leaves no slug.
    """
    stem = slugify(name)[:90].strip("-") or otherwise
    taken = set(rows.filter(slug__startswith=stem).values_list("slug", flat=True)) | reserved
    numbered = (f"{stem}-{number}" for number in range(2, len(taken) + 3))
    return next(slug for slug in [stem, *numbered] if slug not in taken)
