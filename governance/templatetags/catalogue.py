from django import template

from governance import rich_text

register = template.Library()


@register.filter
def plain(markdown_text: str) -> str:
    """The words of a Markdown text, on one line."""
    return rich_text.plain(markdown_text or "")
