"""Whether a requirement applies to an algorithm, and why: the rule, as a pure function over plain values.

The rule is that of the domain: on every axis at least one of the algorithm's labels is among the requirement's values;
an axis without a label does not restrict once the classification is finished, and leaves the outcome undetermined
before. AI Act requirements do not apply where the AI Act does not; other laws hang on facts of their own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from governance.decision_tree import AXIS_OF_LABEL, Walk
from governance.models import Axis, Fact
from registry.models.applicability import Outcome

NOT_APPLICABLE = "niet-van-toepassing"
EXCEPTION = "uitzondering-van-toepassing"

POSSIBLE: dict[str, frozenset[str]] = {}
"""Per axis every value that a label can still give."""
for _axis, _value in AXIS_OF_LABEL.values():
    POSSIBLE[_axis] = POSSIBLE.get(_axis, frozenset()) | {_value}


@dataclass(frozen=True)
class Profile:
    """What is known of an algorithm: its values per axis, whether they are final, its facts (absent: unanswered)."""

    values: Mapping[str, frozenset[str]] = field(default_factory=dict)
    is_finished: bool = False
    ai_act_applies: bool | None = None
    facts: Mapping[str, bool] = field(default_factory=dict)

    @property
    def has_systemic_risk_model(self) -> bool:
        """A general-purpose AI model with systemic risk (AI Act art. 51)."""
        return "ai-model-voor-algemene-doeleinden" in self.values.get(
            Axis.APPLICATION_TYPE, frozenset()
        ) and "systeemrisico" in self.values.get(Axis.SYSTEMIC_RISK, frozenset())


def axis_values(labels: Iterable[str]) -> dict[str, frozenset[str]]:
    """The labels of the decision aid, as the framework's values per axis."""
    values: dict[str, frozenset[str]] = {}
    for label in labels:
        if label in AXIS_OF_LABEL:
            axis, value = AXIS_OF_LABEL[label]
            values[axis] = values.get(axis, frozenset()) | {value}
    return values


def profile_of(walk: Walk | None, facts: Mapping[str, bool], acquisition: str = "") -> Profile:
    """What a walk through the decision aid (finished or not), facts and the way of acquiring say of an algorithm."""
    facts = dict(facts)
    if acquisition:
        facts[Fact.ACQUIRED] = acquisition != "developed"
    if walk is None:
        return Profile(facts=facts)
    return Profile(
        values=axis_values(walk.labels),
        is_finished=walk.is_finished,
        ai_act_applies=walk.conclusion.ai_act_applies if walk.conclusion else None,
        facts=facts,
    )


@dataclass(frozen=True)
class Duty:
    """What the rule needs to know of a requirement."""

    axes: Mapping[str, frozenset[str]]
    is_ai_act: bool
    facts: tuple[str, ...] = ()


def decide(profile: Profile, duty: Duty) -> tuple[str, dict[str, Any]]:
    """The outcome for one requirement, with its reason as a code and parameters.

    What excludes is looked for first, what is still unknown after it: a requirement that cannot apply any more is not
    left undetermined. Sources: AI Act art. 2, 5, 6, 50, 51; the framework's six axes.
    """
    if duty.is_ai_act and profile.ai_act_applies is False and not profile.has_systemic_risk_model:
        return Outcome.DOES_NOT_APPLY, {"code": "ai_act_does_not_apply"}
    unknown: dict[str, Any] | None = None
    matched: dict[str, list[str]] = {}
    for axis, allowed in duty.axes.items():
        carried = _carried(profile, axis, is_ai_act=duty.is_ai_act)
        if carried:
            if not carried & allowed:
                return Outcome.DOES_NOT_APPLY, {"code": "axis", "axis": axis, "values": sorted(carried)}
            telling = carried & allowed - {NOT_APPLICABLE}
            if telling and not POSSIBLE[axis] <= allowed:
                matched[axis] = sorted(telling)
        elif not profile.is_finished and not POSSIBLE[axis] <= allowed and unknown is None:
            unknown = {"code": "unanswered_axis", "axis": axis, "values": sorted(allowed & POSSIBLE[axis])}
    for fact in duty.facts:
        if profile.facts.get(fact) is False:
            return Outcome.DOES_NOT_APPLY, {"code": "fact", "fact": fact}
        if fact not in profile.facts and unknown is None:
            unknown = {"code": "unanswered_fact", "fact": fact}
    if unknown:
        return Outcome.UNDETERMINED, unknown
    if duty.is_ai_act and profile.ai_act_applies is None:
        return Outcome.UNDETERMINED, {"code": "unfinished"}
    if duty.facts:
        return Outcome.APPLIES, {"code": "facts", "facts": list(duty.facts)}
    if matched:
        return Outcome.APPLIES, {"code": "axes", "axes": matched}
    return Outcome.APPLIES, {"code": "every_ai_system" if duty.is_ai_act else "always"}


def _carried(profile: Profile, axis: str, *, is_ai_act: bool) -> frozenset[str]:
    """The algorithm's values on an axis.

    A general-purpose AI model with systemic risk carries "not applicable" on risk group and transparency as well, and
    an exception does not count there. Both belong to the AI Act: for other laws "not applicable" is no value at all,
    or the GDPR would cease to apply to such a model.
    """
    carried = profile.values.get(axis, frozenset())
    if is_ai_act and profile.has_systemic_risk_model and axis in (Axis.RISK_GROUP, Axis.TRANSPARENCY):
        return (carried - {EXCEPTION}) | {NOT_APPLICABLE}
    return carried


def explain(outcome: str, reason: Mapping[str, Any], question: str = "") -> str:
    """The reason in a sentence, in the reader's language.

    `question` is the number of the question that would decide an undetermined outcome.
    """
    if outcome == Outcome.UNDETERMINED:
        return _("Undetermined: %(what)s.") % {"what": _what_is_missing(reason, question)}
    if outcome == Outcome.APPLIES:
        return _("Applies: %(why)s.") % {"why": _why_it_applies(reason)}
    return _("Does not apply: %(why)s.") % {"why": _why_it_does_not(reason)}


def _what_is_missing(reason: Mapping[str, Any], question: str) -> str:
    if reason["code"] == "unanswered_fact":
        return _("answer whether this holds: %(fact)s") % {"fact": lower_first(str(Fact(reason["fact"]).label))}
    if question:
        return _("answer question %(number)s of the decision aid") % {"number": question}
    return _("finish the classification")


def _why_it_applies(reason: Mapping[str, Any]) -> str:
    match reason["code"]:
        case "axes":
            names, axes = value_names(), dict(reason["axes"])
            if len(axes) > 1:
                axes.pop(Axis.APPLICATION_TYPE, None)  # that it is AI goes without saying
            return _and([names[value] for values in axes.values() for value in values])
        case "facts":
            return _and([lower_first(str(Fact(fact).label)) for fact in reason["facts"]])
        case "every_ai_system":
            return _("this holds for every AI system")
        case _:
            return _("this holds for every algorithm of a public organisation")


def _why_it_does_not(reason: Mapping[str, Any]) -> str:
    match reason["code"]:
        case "ai_act_does_not_apply":
            return _("the AI Act does not apply to this algorithm")
        case "fact":
            return _("this does not hold: %(fact)s") % {"fact": lower_first(str(Fact(reason["fact"]).label))}
        case _:
            values, names = reason["values"], value_names()
            if reason["axis"] == Axis.ROLE and len(values) == 1:
                return _only_role()[values[0]]
            return _and([names[value] for value in values])


def value_names() -> dict[str, str]:
    """Each value of the axes as a clause that can follow "applies:"."""
    return {
        "aanbieder": _("you are its provider"),
        "gebruiksverantwoordelijke": _("you are its deployer"),
        "importeur": _("you are its importer"),
        "distributeur": _("you are its distributor"),
        "ai-systeem": _("it is an AI system"),
        "ai-systeem-voor-algemene-doeleinden": _("it is a general-purpose AI system"),
        "ai-model-voor-algemene-doeleinden": _("it is a general-purpose AI model"),
        "verboden-ai": _("it is prohibited AI"),
        "hoog-risico-ai-systeem": _("high risk"),
        "geen-hoog-risico-ai-systeem": _("no high risk"),
        EXCEPTION: _("an exception applies"),
        "transparantieverplichting": _("it has a transparency obligation"),
        "geen-transparantieverplichting": _("it has no transparency obligation"),
        "systeemrisico": _("it has systemic risk"),
        "geen-systeemrisico": _("it has no systemic risk"),
        "open-source": _("it is open source"),
        "geen-open-source": _("it is not open source"),
        NOT_APPLICABLE: _("this does not play a part for a general-purpose AI model"),
    }


def _only_role() -> dict[str, str]:
    return {
        "aanbieder": _("you only provide it"),
        "gebruiksverantwoordelijke": _("you only use it"),
        "importeur": _("you only import it"),
        "distributeur": _("you only distribute it"),
    }


def lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


def _and(parts: list[str]) -> str:
    return _(" and ").join(parts)
