"""Template vocabulary, available in every template."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django import forms, template
from django.forms import BoundField
from django.template.defaultfilters import linebreaksbr
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from governance import (
    clock,
    notifying,
    openid_connect,
    rich_text,
    second_factor,
    table_files,
    tabs,
    timeline,
    trail,
    trail_filters,
)
from governance.models import Assessment, AuditEvent, MeasureWork, Notification
from governance.permissions import organisation_of

register = template.Library()


@register.inclusion_tag("_tabs.html", takes_context=True)
def organisation_tabs(context: Any) -> dict[str, Any]:
    """The pages about the `organisation` of the page, of which `tab` is open."""
    organisation, user = context["organisation"], context["request"].user
    shown = tabs.shown(tabs.ORGANISATION, context.get("tab", ""), user, organisation, organisation.slug)
    return {"tabs": shown, "label": _("About this organisation")}


@register.inclusion_tag("governance/_download.html", takes_context=True)
def download(context: Any, table: str, **narrowed: str) -> dict[str, Any]:
    """Links to the table of that name as a file, with the filters of the page and what `narrowed` adds."""
    query = context["request"].GET.copy()
    for place in ("page", "before", "after"):
        query.pop(place, None)
    for name, value in narrowed.items():
        query[name] = str(value)
    formats = [(kind, kind.label) for kind in table_files.WRITERS]
    return {"table": table, "query": f"?{query.urlencode()}" if query else "", "formats": formats}


@register.filter
def rich(text: str, top: int = 2) -> SafeString:
    """Markdown of the catalogue as safe HTML, with its headings from level `top` down."""
    return rich_text.render(text or "", top=top)


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
def in_report(value: Any) -> SafeString | str:
    """A value as a report shows it: moments with their time, what is not there as a dash, texts made safe."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, datetime):
        return formats.date_format(timezone.localtime(value), "j F Y, H:i")
    if isinstance(value, list | tuple):
        return format_html_join(mark_safe("<br>"), "{}", ((in_report(one),) for one in value))
    if isinstance(value, dict):
        return as_link(value.get("url", ""), value.get("title", ""))
    return rich_text_of(value)


@register.filter
def last_day(until: datetime | None) -> date | None:
    """The last day on which something holds that is over at `until`."""
    return None if until is None else timezone.localdate(until - timedelta(microseconds=1))


@register.filter
def has_passed(value: date | None) -> bool:
    return value is not None and value < clock.today()


@register.simple_tag(takes_context=True)
def may(context: Any, permission: str, record: Any = None) -> bool:
    """Whether the person looking at the page has the permission on this record."""
    return bool(context["user"].has_perm(permission, record))


@register.simple_tag(takes_context=True)
def second_factor_is_asked(context: Any) -> bool:
    """Whether a role of the person looking at the page asks for a second factor."""
    return second_factor.is_asked_of(context["user"])


@register.simple_tag(takes_context=True)
def token_for_joining(context: Any) -> str:
    """What a link that joins an identity of the organisation to one's account must carry."""
    return openid_connect.token_for_joining(context["request"])


@register.simple_tag(takes_context=True)
def unread_notifications(context: Any) -> int:
    """How many notifications the person looking at the page has not read; one count."""
    user = context.get("user")
    return Notification.objects.visible_to(user).unread().count() if user is not None else 0


@register.filter
def told(event: AuditEvent) -> str:
    """What happened, as the rest of a sentence that begins with who did it."""
    return timeline.told(event)


@register.filter
def changed_fields(event: AuditEvent) -> list[tuple[str, Any, Any]]:
    """(field in words, old, new) for every change that means something to a reader."""
    return timeline.changed_fields(event)


@register.filter
def every_changed_field(event: AuditEvent) -> list[tuple[str, Any, Any]]:
    """(field in words where it has any, old, new) for every change."""
    return timeline.changed_fields(event, every=True)


@register.filter
def kind_of_record(event: AuditEvent) -> str:
    return timeline.kind_of_record(event)


@register.filter
def channel_in_words(event: AuditEvent) -> str:
    """Through which door it was done."""
    return str(dict(trail_filters.CHANNELS).get(event.channel, event.channel))


@register.inclusion_tag("governance/_history.html", takes_context=True)
def history(context: Any, record: Any) -> dict[str, Any]:
    """The latest events of a record, for who may see its organisation: of a page that others read too, not for them."""
    user, organisation = context["request"].user, organisation_of(record)
    may_read = user.is_authenticated and (
        organisation is None or user.has_perm("governance.view_organisation", organisation)
    )
    return {"events": AuditEvent.objects.about(record)[: trail.PAGE_SIZE] if may_read else []}


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


@register.simple_tag
def course_chart(levels: list[float | None], ambition: int | None = None) -> SafeString:
    """A line of levels from 1 to 5 over time, with the level aimed at. Decoration: the numbers stand beside it."""

    def height(level: float) -> float:
        return 46 - 10.5 * (level - 1)

    def lines(look: str, numbers: Iterable[int]) -> SafeString:
        line = '<line class="{0}" x1="0" x2="120" y1="{1}" y2="{1}"/>'
        return format_html_join("", line, ((look, height(number)) for number in numbers))

    step = 110 / max(len(levels) - 1, 1)
    points = [(f"{5 + step * n:.1f}", f"{height(level):.1f}") for n, level in enumerate(levels) if level is not None]
    return format_html(
        '<svg class="course" viewBox="0 0 120 50" aria-hidden="true" focusable="false">{}{}<polyline points="{}"/>{}'
        "</svg>",
        lines("level", range(1, 6)),
        lines("aim", [ambition] if ambition else []),
        " ".join(f"{x},{y}" for x, y in points),
        format_html_join("", '<circle cx="{}" cy="{}" r="3.5"/>', points),
    )


STATUS_LOOK = {
    "open": ("", "○"),
    "in_progress": ("warn", "◐"),
    "met": ("good", "●"),
    "not_met": ("bad", "✕"),
    "not_applicable": ("", "–"),
    "applies": ("good", "●"),
    "does_not_apply": ("", "–"),
    "undetermined": ("warn", "?"),
    "chosen": ("good", "●"),
    "replaced": ("good", "⇄"),
    "not_applied": ("", "–"),
    "to_do": ("", "○"),
    "done": ("good", "✓"),
    "new": ("warn", "○"),
    "registered": ("good", "●"),
    "merged": ("good", "⇄"),
    "declined": ("", "✕"),
}


@register.simple_tag
def badge(code: str, label: str) -> SafeString:
    """A status as a sign, a word and a colour."""
    look, sign = STATUS_LOOK.get(code, ("", "○"))
    return format_html('<span class="badge {}"><span aria-hidden="true">{}</span> {}</span>', look, sign, label)


@register.simple_tag
def assessment_badge(assessment: Assessment | None) -> SafeString:
    status = assessment.status if assessment else Assessment.Status.OPEN
    label = str(Assessment.Status(status).label)
    if status == Assessment.Status.MET and assessment is not None:
        if assessment.verify_again:
            return format_html("{} {}", badge(status, label), again_badge(assessment))
        label += ", " + (_("verified") if assessment.verified_at else _("not yet verified"))
    return badge(status, label)


def again_badge(assessment: Assessment) -> SafeString:
    """That a claim has to be verified again, and why."""
    why = str(Assessment.VerifyAgain(assessment.verify_again).label)
    sentence = _("to be verified again: %(why)s") % {"why": why}
    return format_html('<span class="badge warn"><span aria-hidden="true">↻</span> {}</span>', sentence)


@register.simple_tag
def measure_badge(status: MeasureWork | None) -> SafeString:
    if status is None:
        return badge("open", str(MeasureWork.Choice.OPEN.label))
    if status.choice in (MeasureWork.Choice.CHOSEN, MeasureWork.Choice.REPLACED):
        code = "done" if status.progress == MeasureWork.Progress.DONE else status.progress
        return badge(code, f"{status.get_choice_display()}: {status.get_progress_display()}")
    return badge(status.choice, status.get_choice_display())


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
    if isinstance(value, date):
        return day(value)
    text = str(value)
    if text.startswith(("https://", "http://")) and " " not in text.strip():
        return as_link(text.strip())
    if "<" in text and ">" in text:
        return rich_text.clean(text)
    return linebreaksbr(text)
