import re
from typing import Any
from urllib.parse import urlencode

from django import template
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from governance.models import AuditEvent, Fact, Organisation
from governance.templatetags.governance import day
from registry.compliance import at_a_glance
from registry.first_steps import first_steps
from registry.models import (
    Algorithm,
    AlgorithmTheme,
    Applicability,
    Complaint,
    Involvement,
    Letter,
    MeasureStatus,
    Proposal,
    RequirementAssessment,
    TeamMember,
)
from registry.responsibilities import name_of

register = template.Library()


@register.inclusion_tag("registry/_algorithms_of.html")
def algorithms_of(organisation: Organisation) -> dict[str, Any]:
    """What the page of an organisation says about its algorithms and those of what is below it; two queries.

    For who may see the organisation, and so all of these.
    """
    inside = Organisation.objects.filter(path__startswith=organisation.path).order_by("path")
    there = urlencode([("organisation", slug) for slug in inside.values_list("slug", flat=True)])
    algorithms = Algorithm.objects.filter(organisation__path__startswith=organisation.path)
    return {"there": there, **at_a_glance(algorithms)}


@register.inclusion_tag("registry/_first_steps.html", takes_context=True)
def first_steps_of(context: Any, organisation: Organisation) -> dict[str, Any]:
    """What who arranges a new organisation has to do first, on the page of the organisation."""
    steps = first_steps(organisation, context["user"])
    return {"steps": steps, "done": sum(step.is_done for step in steps)}


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
    "responsibility.changed": lambda: _("changed the responsibility of"),
    "team.joined": lambda: _("put in the team:"),
    "team.task_given": lambda: _("changed the task in the team of"),
    "team.left": lambda: _("ended a place in the team:"),
    "involvement.recorded": lambda: _("recorded the involvement of"),
    "involvement.revised": lambda: _("changed the involvement of"),
    "involvement.withdrawn": lambda: _("withdrew the involvement of"),
    "algorithm.proposal_merged": lambda: _("merged a proposal with the algorithm"),
    "proposal.made": lambda: _("proposed the algorithm"),
    "proposal.registered": lambda: _("registered the proposed algorithm"),
    "proposal.merged": lambda: _("merged the proposal with an algorithm in the register"),
    "proposal.declined": lambda: _("declined the proposal"),
    "complaint.recorded": lambda: _("recorded what came in"),
    "complaint.revised": lambda: _("changed what is recorded"),
    "complaint.handled": lambda: _("closed it"),
    "complaint.reopened": lambda: _("opened it again"),
    "comment.added": lambda: _("commented on"),
    "comment.resolved": lambda: _("resolved a comment on"),
    "comment.reopened": lambda: _("opened a comment again on"),
    "organisation.added": lambda: _("added the organisation"),
    "organisation.changed": lambda: _("changed the organisation"),
    "maturity.assessed": lambda: _("assessed the maturity of the organisation"),
    "objective.added": lambda: _("added the value or objective"),
    "objective.revised": lambda: _("changed the value or objective"),
    "objective.ended": lambda: _("ended the value or objective"),
    "position.added": lambda: _("added the function"),
    "position.revised": lambda: _("changed the function"),
    "position.ended": lambda: _("ended the function"),
    "position.assigned": lambda: _("said who holds the function, or stands in"),
    "position.unassigned": lambda: _("said when somebody's function ends"),
    "knowledge.added": lambda: _("added what people have to know"),
    "knowledge.revised": lambda: _("changed what people have to know"),
    "knowledge.ended": lambda: _("ended what people have to know"),
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
ABOUT_AN_ITEM = (
    "requirement.",
    "measure.",
    "applicability.",
    "responsibility.",
    "team.",
    "involvement.",
    "comment.",
    "policyversion.",
)


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
    models = [
        Algorithm,
        RequirementAssessment,
        MeasureStatus,
        Applicability,
        Involvement,
        TeamMember,
        Complaint,
        Proposal,
    ]
    return [field for model in models for field in model._meta.fields if field.name == name]


def field_name(name: str) -> str:
    """The name of a field in words; empty for what means nothing to a reader."""
    known = {
        "overruling": _("Reason for overruling"),
        "labels": _("Labels"),
        "themes": _("Themes"),
        "objectives": _("public values and objectives"),
        "tree": _("Decision tree"),
        "letters": _("Letters"),
        "from": _("From"),
        "comment": _("Comment"),
        "proposal": _("Proposed algorithm"),
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
