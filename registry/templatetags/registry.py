from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from governance import tabs
from registry.figures import Month
from registry.models import (
    Letter,
)
from registry.responsibilities import name_of
from registry.tabs import ALGORITHM

register = template.Library()


@register.inclusion_tag("_tabs.html", takes_context=True)
def algorithm_tabs(context: Any) -> dict[str, Any]:
    """The pages about the `algorithm` of the page, of which `tab` is open."""
    algorithm, user = context["algorithm"], context["request"].user
    shown = tabs.shown(ALGORITHM, context.get("tab", ""), user, algorithm, algorithm.pk)
    return {"tabs": shown, "label": _("About this algorithm")}


RISK_GROUPS = {
    "verboden-ai": ("bad", "✕"),
    "hoog-risico-ai-systeem": ("bad", "▲"),
    "geen-hoog-risico-ai-systeem": ("good", "●"),
    "uitzondering-van-toepassing": ("", "–"),
    "ai-act-does-not-apply": ("", "–"),
    "ai-model-voor-algemene-doeleinden": ("warn", "◆"),
}


def risk_group_name(code: str | None) -> str:
    """The risk group in words; a missing one is an algorithm that is not classified."""
    return {
        None: _("Not classified"),
        "": _("No risk group"),
        "verboden-ai": _("Prohibited AI"),
        "hoog-risico-ai-systeem": _("High risk"),
        "geen-hoog-risico-ai-systeem": _("No high risk"),
        "uitzondering-van-toepassing": _("Exception"),
        "ai-act-does-not-apply": _("AI Act does not apply"),
        "ai-model-voor-algemene-doeleinden": _("General-purpose AI model"),
    }.get(code, code or "")


@register.simple_tag
def risk_badge(code: str | None) -> SafeString:
    look, sign = RISK_GROUPS.get(code or "", ("warn", "?"))
    return format_html(
        '<span class="badge {}"><span aria-hidden="true">{}</span> {}</span>', look, sign, risk_group_name(code)
    )


def letter_word(letter: str) -> str:
    """The word that a RACI letter stands for."""
    return str(Letter(letter).label).partition(":")[0]


@register.filter
def letters(value: str) -> SafeString:
    """RACI letters, each with the word it stands for."""
    return format_html_join(
        " ",
        '<span class="letter" title="{}"><span aria-hidden="true">{}</span>'
        '<span class="visually-hidden">{}</span></span>',
        ((letter_word(letter), letter, letter_word(letter)) for letter in value),
    )


@register.filter
def in_letters(missing: Any) -> str:
    """Letters as words, in a row: Accountable, Responsible."""
    return ", ".join(letter_word(letter) for letter in missing)


@register.filter
def scope_name(scope: Any) -> str:
    """What a responsibility is for, with the number of a phase."""
    number = getattr(scope, "number", None)
    name = name_of(scope)
    return f"{number}. {name}" if number is not None else name[:1].upper() + name[1:]


@register.filter
def get(mapping: Any, key: str) -> Any:
    return mapping.get(key, "")


@register.filter
def top_of(months: list[Month]) -> int:
    """What the upper line of the drawing stands for: the most that ever applied, or 1."""
    return max((month.applies for month in months), default=0) or 1


@register.simple_tag
def figures_chart(months: list[Month]) -> SafeString:
    """Lines of what applied, was claimed and was verified per month. Decoration: the numbers stand in the table."""
    top = top_of(months)
    step = 580 / max(len(months) - 1, 1)

    def points(name: str) -> str:
        heights = (190 - 170 * getattr(month, name) / top for month in months)
        return " ".join(f"{10 + step * n:.1f},{height:.1f}" for n, height in enumerate(heights))

    lines = format_html_join(
        "", '<polyline class="{}" points="{}"/>', ((name, points(name)) for name in ("applies", "claimed", "verified"))
    )
    return format_html(
        '<svg class="over-time" viewBox="0 0 600 200" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        '<line class="level" x1="10" x2="590" y1="190" y2="190"/><line class="level" x1="10" x2="590" y1="20" y2="20"/>'
        "{}</svg>",
        lines,
    )
