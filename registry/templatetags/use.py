"""How risks, evaluations and incidents are shown."""

from datetime import datetime
from typing import Any

from django import template
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from registry.risks import IMPACT, LIKELIHOOD, Level, level_of

register = template.Library()

LEVELS = {Level.HIGH: ("bad", "▲"), Level.MIDDLE: ("warn", "◆"), Level.LOW: ("good", "●"), Level.UNJUDGED: ("", "?")}


@register.filter
def level_sign(level: Level) -> str:
    return LEVELS[level][1]


@register.simple_tag
def risk_level(score: int | None) -> SafeString:
    """A score (1 to 25) as a sign, a word, its number and a colour."""
    level = level_of(score)
    look, sign = LEVELS[level]
    number = f" ({score})" if score is not None else ""
    return format_html(
        '<span class="badge {}"><span aria-hidden="true">{}</span> {}{}</span>', look, sign, level.label, number
    )


def _on(scale: dict[int, Any], number: int | None) -> str:
    return f"{number} – {scale[number]}" if number else "–"


@register.filter
def likelihood(number: int | None) -> str:
    """A number of the scale with what it means."""
    return _on(LIKELIHOOD, number)


@register.filter
def impact(number: int | None) -> str:
    """A number of the scale with what it means."""
    return _on(IMPACT, number)


@register.filter
def moment(value: datetime | None) -> str:
    """A moment as people write it: 23 november 2026, 14:05."""
    return formats.date_format(timezone.localtime(value), "j F Y, H:i") if value else ""
