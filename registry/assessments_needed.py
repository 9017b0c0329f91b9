"""Which impact assessments an algorithm needs, by its classification: one rule for decisions, checks and checklists."""

from django.db.models import Q

from governance.models import Fact
from registry.models import Classification

HIGH_RISK = "hoog-risico-ai-systeem"
"""The code of the risk group."""
DPIA, IAMA = "dpia", "iama"
"""The slugs of the instruments in the catalogue."""
OF_HIGH_RISK = Q(risk_group=HIGH_RISK)
"""The condition that a classification is of high risk."""


def assessments_needed(classification: Classification | None) -> list[str]:
    """The slugs of the instruments without which such an algorithm is not ready; none while it is not classified.

    A DPIA (GDPR art. 35) where personal data meet a high risk, special categories or automated decisions; an IAMA
    where the AI system is of high risk (AI Act art. 27).
    """
    if classification is None:
        return []
    facts, is_high_risk = classification.facts, classification.risk_group == HIGH_RISK
    risky = is_high_risk or facts.get(Fact.SPECIAL_CATEGORIES) or facts.get(Fact.AUTOMATED_DECISIONS)
    needed = [DPIA] if facts.get(Fact.PERSONAL_DATA) and risky else []
    return [*needed, IAMA] if is_high_risk else needed


def is_known_unneeded(classification: Classification, instrument: str) -> bool:
    """Whether the classification says that the instrument is not needed; not where a fact is unknown yet."""
    if instrument == DPIA:
        facts = classification.facts
        risks = [facts.get(Fact.SPECIAL_CATEGORIES), facts.get(Fact.AUTOMATED_DECISIONS)]
        is_known = facts.get(Fact.PERSONAL_DATA) is False or risks == [False, False]
        return is_known and DPIA not in assessments_needed(classification)
    return instrument not in assessments_needed(classification)
