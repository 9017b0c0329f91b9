from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from governance.models import AuditEvent
from registry.models import Algorithm, MeasureStatus, RequirementAssessment

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
    "classification.discarded": lambda: _("threw the unfinished answers away"),
    "requirement.assessed": lambda: _("worked on requirement"),
    "requirement.verified": lambda: _("verified requirement"),
    "requirement.returned": lambda: _("returned the claim about requirement"),
    "measure.recorded": lambda: _("worked on measure"),
    "applicability.overruled": lambda: _("overruled whether this applies: requirement"),
    "applicability.follows_rule": lambda: _("let the rule count again for requirement"),
    "policy.added": lambda: _("added the policy"),
    "policy.revised": lambda: _("changed properties or links"),
    "policy.published": lambda: _("published the policy"),
    "policy.unpublished": lambda: _("took the policy out of publication"),
    "policy.withdrawn": lambda: _("withdrew the policy"),
    "policyversion.started": lambda: _("began version"),
    "policyversion.written": lambda: _("wrote on version"),
    "policyversion.attached": lambda: _("added a file to version"),
    "policyversion.attachment_removed": lambda: _("removed a file from version"),
    "policyversion.submitted": lambda: _("put up for review: version"),
    "policyversion.returned": lambda: _("gave back to its authors: version"),
    "policyversion.adopted": lambda: _("adopted version"),
    "policyversion.superseded": lambda: _("set an end to version"),
    "policyversion.holds_on": lambda: _("let hold on: version"),
    "policyversion.withdrawn": lambda: _("withdrew version"),
    "policyversion.reading_asked": lambda: _("asked people to read version"),
}
ABOUT_AN_ITEM = ("requirement.", "measure.", "applicability.", "policyversion.")


@register.filter
def told(event: AuditEvent) -> str:
    """What happened, as the rest of a sentence that begins with who did it."""
    verb = VERBS[event.verb]() if event.verb in VERBS else event.verb
    return f"{verb} {event.label}" if event.verb.startswith(ABOUT_AN_ITEM) else verb


@register.filter
def changed_fields(event: AuditEvent) -> list[tuple[str, Any, Any]]:
    """(field in words, old, new) for every change that means something to a reader."""
    rows = []
    for name, (old, new) in event.changes.items():
        label = field_name(name)
        if label and not isinstance(old or new, dict):
            rows.append((label, _in_words(name, old), _in_words(name, new)))
    return rows


def field_name(name: str) -> str:
    for model in (Algorithm, RequirementAssessment, MeasureStatus):
        if name in {field.name for field in model._meta.get_fields()}:
            field = model._meta.get_field(name)
            text = str(getattr(field, "verbose_name", name))
            return text[:1].upper() + text[1:]
    return {"outcome": _("Outcome"), "overruling": _("Reason for overruling"), "conclusion": _("Conclusion")}.get(
        name, ""
    )


def _in_words(name: str, value: Any) -> Any:
    if value in (None, "", []):
        return _("empty")
    if isinstance(value, list):
        return ", ".join(str(row.get("title", row)) if isinstance(row, dict) else str(row) for row in value)
    for choices in (
        RequirementAssessment.Status,
        MeasureStatus.Choice,
        MeasureStatus.Progress,
    ):
        if name in ("status", "choice", "progress") and value in choices.values:
            return choices(value).label
    return value


@register.filter
def get(mapping: Any, key: str) -> Any:
    return mapping.get(key, "")
