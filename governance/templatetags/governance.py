"""Template vocabulary, available in every template."""

from datetime import date, datetime
from typing import Any

from django import forms, template
from django.forms import BoundField
from django.template.defaultfilters import linebreaksbr
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from governance import notifying, rich_text
from governance.models import Notification

register = template.Library()


@register.filter
def rich(text: str) -> SafeString:
    """Markdown of the catalogue as safe HTML."""
    return rich_text.render(text or "")


@register.filter
def is_checkbox_list(field: BoundField) -> bool:
    return isinstance(field.field.widget, forms.CheckboxSelectMultiple)


@register.filter
def labelled(tag: str, label: str) -> SafeString:
    """A radio button or checkbox inside its own label."""
    return format_html("<label>{} <span>{}</span></label>", tag, label)


@register.filter
def day(value: date | datetime | None) -> str:
    """A date as people write it: 23 november 2026."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = timezone.localtime(value)
    return formats.date_format(value, "j F Y")


@register.filter
def has_passed(value: date | None) -> bool:
    return value is not None and value < timezone.localdate()


@register.simple_tag(takes_context=True)
def may(context: Any, permission: str, record: Any = None) -> bool:
    """Whether the person looking at the page has the permission on this record."""
    return bool(context["user"].has_perm(permission, record))


@register.simple_tag(takes_context=True)
def unread_notifications(context: Any) -> int:
    """How many notifications the person looking at the page has not read; one count."""
    user = context.get("user")
    return Notification.objects.visible_to(user).unread().count() if user is not None else 0


@register.filter
def in_words(notification: Notification) -> str:
    """What a notification says, in the reader's language."""
    return notifying.sentence(notification)


@register.simple_tag
def meter(claimed: int, verified: int, applies: int) -> SafeString:
    """A bar of what is claimed and verified of what applies. Decoration: the words stand beside it."""
    if not applies:
        return SafeString("")
    return format_html(
        '<svg class="meter" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        '<rect class="all" width="100" height="8"/><rect class="claimed" width="{}" height="8"/>'
        '<rect class="verified" width="{}" height="8"/></svg>',
        f"{100 * claimed / applies:.1f}",
        f"{100 * verified / applies:.1f}",
    )


@register.filter
def is_links(value: Any) -> bool:
    return isinstance(value, list)


@register.filter
def as_link(url: str, title: str = "") -> SafeString | str:
    """An address that somebody typed, as a link; plain text unless it is a web address."""
    if not str(url).startswith(("https://", "http://")):
        return f"{title} {url}".strip()
    return format_html('<a href="{}" rel="noopener noreferrer nofollow">{}</a>', url, title or url)


@register.filter
def rich_text_of(value: Any) -> SafeString | str:
    """A text that may hold the publication standard's HTML (paragraphs, lists), made safe; an address is a link."""
    text = str(value)
    if text.startswith(("https://", "http://")) and " " not in text.strip():
        return as_link(text.strip())
    if "<" in text and ">" in text:
        return rich_text.clean(text)
    return linebreaksbr(text)
