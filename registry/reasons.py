"""The reasons of one algorithm's outcomes, in sentences that name the question that would decide."""

from governance.decision_tree import tree_of
from registry import classifying
from registry.applicability import explain
from registry.models import Algorithm, Applicability, ClassificationDraft
from registry.models.applicability import Outcome


class Reasons:
    """Reads the unfinished answers of an algorithm once, then explains any number of its outcomes."""

    def __init__(self, algorithm: Algorithm) -> None:
        draft = ClassificationDraft.objects.with_tree().filter(algorithm=algorithm).first()
        record = draft.tree if draft else classifying.current_tree()
        self.tree = tree_of(record) if record else None
        self.walk = self.tree.walk(draft.answers if draft else []) if self.tree else None

    def sentence(self, row: Applicability) -> str:
        """The rule's reason, also while a person overruled it."""
        return explain(row.rule_outcome, row.reason, self.question(row))

    def question(self, row: Applicability) -> str:
        """The number of the question that would decide this outcome; empty when no question would."""
        if row.rule_outcome != Outcome.UNDETERMINED or self.tree is None or self.walk is None:
            return ""
        if row.reason["code"] == "unanswered_axis":
            return self.tree.deciding_question(row.reason["axis"], self.walk, row.reason["values"])
        if row.reason["code"] == "unfinished" and self.walk.question:
            return self.walk.question.number
        return ""
