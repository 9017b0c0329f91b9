from collections.abc import Iterable

from django import template

from governance import rich_text
from governance.models import CatalogueItem

register = template.Library()


@register.filter
def plain(markdown_text: str) -> str:
    """The words of a Markdown text, on one line."""
    return rich_text.plain(markdown_text or "")


@register.filter
def own(items: Iterable[CatalogueItem]) -> int:
    """How many of these items are an organisation's own."""
    return sum(item.organisation_id is not None for item in items)


@register.filter
def of_framework(items: Iterable[CatalogueItem]) -> int:
    """How many of these items are the national framework's."""
    return sum(item.organisation_id is None for item in items)
