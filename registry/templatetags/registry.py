import re
from typing import Any

from django import template
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from governance.models import AuditEvent, Fact
from governance.templatetags.governance import day
from registry.models import Algorithm, AlgorithmTheme, Applicability, MeasureStatus, RequirementAssessment

register = template.Library()

STATUS_LOOK = {
    "open": ("", "○"),
    "in_progress": ("warn", "◐"),
    "met": ("good", "●"),
    "not_met": ("bad", "✕"),
    "applies": ("good", "●"),
    "does_not_apply": ("", "–"),
    "undetermined": ("warn", "?"),
    "chosen": ("good", "●"),
    "replaced": ("good", "⇄"),
    "not_applied": ("", "–"),
    "to_do": ("", "○"),
    "done": ("good", "✓"),
}


@register.simple_tag
def badge(code: str, label: str) -> SafeString:
    """A status as a sign, a word and a colour."""
    look, sign = STATUS_LOOK.get(code, ("", "○"))
    return format_html('<span class="badge {}"><span aria-hidden="true">{}</span> {}</span>', look, sign, label)


@register.simple_tag
def assessment_badge(assessment: RequirementAssessment | None) -> SafeString:
    status = assessment.status if assessment else RequirementAssessment.Status.OPEN
    label = str(RequirementAssessment.Status(status).label)
    if status == RequirementAssessment.Status.MET and assessment is not None:
        label += ", " + (_("verified") if assessment.verified_at else _("not yet verified"))
    return badge(status, label)


@register.simple_tag
def measure_badge(status: MeasureStatus | None) -> SafeString:
    if status is None:
        return badge("open", str(MeasureStatus.Choice.OPEN.label))
    if status.choice in (MeasureStatus.Choice.CHOSEN, MeasureStatus.Choice.REPLACED):
        code = "done" if status.progress == MeasureStatus.Progress.DONE else status.progress
        return badge(code, f"{status.get_choice_display()}: {status.get_progress_display()}")
    return badge(status.choice, status.get_choice_display())


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


VERBS = {
    "algorithm.registered": lambda: _("registered the algorithm"),
    "algorithm.imported": lambda: _("took the algorithm over from a register export"),
    "algorithm.revised": lambda: _("changed the description"),
    "algorithm.classified": lambda: _("confirmed the classification"),
    "classification.started": lambda: _("began to classify"),
    "classification.carried_over": lambda: _("took the unfinished answers to the newer decision tree"),
    "classification.discarded": lambda: _("threw the unfinished answers away"),
    "requirement.assessed": lambda: _("worked on requirement"),
    "requirement.verified": lambda: _("verified requirement"),
    "requirement.returned": lambda: _("returned the claim about requirement"),
    "measure.recorded": lambda: _("worked on measure"),
    "applicability.overruled": lambda: _("overruled whether this applies: requirement"),
    "applicability.follows_rule": lambda: _("let the rule count again for requirement"),
}
ABOUT_AN_ITEM = ("requirement.", "measure.", "applicability.")


@register.filter
def told(event: AuditEvent) -> str:
    """What happened, as the rest of a sentence that begins with who did it."""
    verb = VERBS[event.verb]() if event.verb in VERBS else event.verb
    return f"{verb} {event.label}" if event.verb.startswith(ABOUT_AN_ITEM) else verb


@register.filter
def changed_fields(event: AuditEvent) -> list[tuple[str, Any, Any]]:
    """(field in words, old, new) for every change that means something to a reader and can be told apart in words."""
    rows = []
    for name, (old, new) in event.changes.items():
        if name == "facts":
            before, after = old or {}, new or {}
            for fact, text in Fact.choices:
                rows.append((str(text), _in_words(fact, before.get(fact)), _in_words(fact, after.get(fact))))
        elif (label := field_name(name)) and not isinstance(old or new, dict):
            rows.append((label, _in_words(name, old), _in_words(name, new)))
    return [row for row in rows if row[1] != row[2]]


def _fields(name: str) -> list[Any]:
    models = [Algorithm, RequirementAssessment, MeasureStatus, Applicability]
    return [field for model in models for field in model._meta.fields if field.name == name]


def field_name(name: str) -> str:
    """The name of a field in words; empty for what means nothing to a reader."""
    known = {
        "overruling": _("Reason for overruling"),
        "labels": _("Labels"),
        "themes": _("Themes"),
        "tree": _("Decision tree"),
    }
    text = known.get(name) or next((str(field.verbose_name) for field in _fields(name)), "")
    return text[:1].upper() + text[1:]


ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def _in_words(name: str, value: Any) -> Any:
    """A value of a change as a reader would write it: choices by their names, moments by the local clock."""
    if value in (None, "", []):
        return _("empty")
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        rows = [row.get("title", row) if isinstance(row, dict) else _in_words(name, row) for row in value]
        return ", ".join(map(str, rows))
    choices = AlgorithmTheme.Theme.choices if name == "themes" else []
    for field in _fields(name):
        choices = [*choices, *(field.flatchoices or [])]
    if value in dict(choices):
        return str(dict(choices)[value])
    if isinstance(value, str) and ISO_DATE.match(value):
        moment = parse_datetime(value) if "T" in value else None
        if moment is not None:
            return f"{day(moment)}, {date_format(localtime(moment), 'H:i')}"
        if ISO_DATE.fullmatch(value):
            return day(parse_date(value))
    return value


@register.filter
def get(mapping: Any, key: str) -> Any:
    return mapping.get(key, "")
