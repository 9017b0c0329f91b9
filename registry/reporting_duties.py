"""Whether an incident must be reported, to whom and by when: the rule, as a pure function over plain values.

Sources: AI Act (Regulation (EU) 2024/1689) art. 3(49), 26(5) and 73; GDPR (Regulation (EU) 2016/679) art. 33 and 34.
Terms are counted strictly from the moment on which the incident was known, weekends and holidays included, so that a
report is never late under any way of counting. For "without undue delay" the register takes a term of its own, and says
so. When the duties of the AI Act begin depends on the date on which its rules for high-risk AI apply (art. 113, and 111
for systems already in use), which the legislator has moved before; those dates come with the facts, from the catalogue.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from registry.models import Incident, IncidentReport

Duty, Harm, DataBreach = IncidentReport.Duty, Incident.Harm, Incident.DataBreach

PROVIDER, DEPLOYER = "aanbieder", "gebruiksverantwoordelijke"

TERM_73: dict[str, timedelta] = {
    Harm.WIDESPREAD: timedelta(days=2),  # third paragraph
    Harm.INFRASTRUCTURE: timedelta(days=2),  # third paragraph
    Harm.DEATH: timedelta(days=10),  # fourth paragraph
}
USUAL_TERM_73 = timedelta(days=15)  # second paragraph
TERM_26 = timedelta(days=1)
"""The AI Act says "immediately"; this is what the register makes of it."""
TERM_33 = timedelta(hours=72)
TERM_34 = timedelta(hours=72)
"""The GDPR says "without undue delay"; this is what the register makes of it."""


@dataclass(frozen=True)
class Facts:
    """What the duties hang on."""

    known: datetime
    harm: str = Harm.NONE
    data_breach: str = DataBreach.NONE
    is_classified: bool = True
    is_high_risk: bool = False
    """High-risk AI under the AI Act, which applies to it."""
    roles: frozenset[str] = frozenset()
    """Of the AI Act, under the framework's names; none of them known does not restrict."""
    begins: Mapping[str, date | None] = field(default_factory=dict)
    """By duty, from which day it holds for this algorithm; what is not here holds already."""


@dataclass(frozen=True)
class Found:
    """A duty that follows from an incident."""

    duty: str
    deadline: datetime
    code: str
    """Names the sentence that says why."""
    begins: date | None = None
    """From which day the duty holds, when the incident was known before."""

    @property
    def is_in_force(self) -> bool:
        return self.begins is None

    @property
    def reason(self) -> str:
        """Why it must be reported and what counts for the term, in the reader's language."""
        return {
            "provider": _(
                "You are the provider of high-risk AI, and this is a serious incident: report it within 15 days at the"
                " latest (AI Act art. 73, second paragraph)."
            ),
            "provider_death": _(
                "You are the provider of high-risk AI, and somebody died: report it within 10 days at the latest"
                " (AI Act art. 73, fourth paragraph)."
            ),
            "provider_soon": _(
                "You are the provider of high-risk AI, and this is a widespread infringement or a disruption of"
                " critical infrastructure: report it within 2 days at the latest (AI Act art. 73, third paragraph)."
            ),
            "deployer": _(
                "You use high-risk AI, and this is a serious incident: tell the provider at once, and then the importer"
                " or distributor and the market surveillance authority (AI Act art. 26, fifth paragraph). The law names"
                " no term; this register takes one day. When the provider cannot be reached, art. 73 holds for you."
            ),
            "breach": _(
                "Personal data were breached, with a risk for people: report it within 72 hours (GDPR art. 33)."
            ),
            "breach_high": _(
                "Personal data were breached, with a high risk for people: tell them without delay (GDPR art. 34)."
                " The law names no term; this register takes 72 hours."
            ),
        }[self.code]


def duties(facts: Facts) -> list[Found]:
    """The duties that follow, the earliest deadline first; those of the AI Act may begin later (`Found.begins`)."""
    found = []
    if facts.harm != Harm.NONE and facts.is_classified and facts.is_high_risk:
        if PROVIDER in facts.roles or not facts.roles:
            code = {Harm.DEATH: "provider_death"}.get(
                Harm(facts.harm), "provider_soon" if facts.harm in TERM_73 else "provider"
            )
            found.append(_found(facts, Duty.AI_ACT_73, TERM_73.get(facts.harm, USUAL_TERM_73), code))
        if DEPLOYER in facts.roles or not facts.roles:
            found.append(_found(facts, Duty.AI_ACT_26, TERM_26, "deployer"))
    if facts.data_breach in (DataBreach.RISK, DataBreach.HIGH_RISK):
        found.append(_found(facts, Duty.GDPR_33, TERM_33, "breach"))
    if facts.data_breach == DataBreach.HIGH_RISK:
        found.append(_found(facts, Duty.GDPR_34, TERM_34, "breach_high"))
    return sorted(found, key=lambda one: (one.deadline, one.duty))


def _found(facts: Facts, duty: str, term: timedelta, code: str) -> Found:
    begins = facts.begins.get(duty)
    later = begins if begins is not None and begins > timezone.localdate(facts.known) else None
    return Found(duty, facts.known + term, code, later)


def is_undetermined(facts: Facts) -> bool:
    """Whether the AI Act may ask for a report, and only a classification can tell."""
    return facts.harm != Harm.NONE and not facts.is_classified


def is_not_for_the_ai_act(facts: Facts) -> bool:
    """Whether there is harm as the AI Act means it, and yet no report, as the algorithm is no high-risk AI."""
    return facts.harm != Harm.NONE and facts.is_classified and not facts.is_high_risk
