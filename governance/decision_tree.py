"""The AI Act decision aid: questions, answers and the labels they lead to, read from data.

A tree has the format of the official *Beslishulp AI-verordening* (`decision-tree.yaml`). Texts may be plain strings
(Dutch) or mappings of language to text. Conditions on redirects are parsed, never evaluated as code.
"""

import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _

from governance.models import Axis
from governance.starter_texts import in_language

AI_ACT_DOES_NOT_APPLY = "11."
"""Conclusions whose number starts so say that the AI Act does not apply."""

AXIS_OF_LABEL: dict[str, tuple[str, str]] = {
    "aanbieder": (Axis.ROLE, "aanbieder"),
    "gebruiksverantwoordelijke": (Axis.ROLE, "gebruiksverantwoordelijke"),
    "importeur": (Axis.ROLE, "importeur"),
    "distributeur": (Axis.ROLE, "distributeur"),
    "AI-systeem": (Axis.APPLICATION_TYPE, "ai-systeem"),
    "AI-systeem voor algemene doeleinden": (Axis.APPLICATION_TYPE, "ai-systeem-voor-algemene-doeleinden"),
    "AI-model voor algemene doeleinden": (Axis.APPLICATION_TYPE, "ai-model-voor-algemene-doeleinden"),
    "verboden AI": (Axis.RISK_GROUP, "verboden-ai"),
    "hoog-risico AI": (Axis.RISK_GROUP, "hoog-risico-ai-systeem"),
    "geen hoog-risico AI": (Axis.RISK_GROUP, "geen-hoog-risico-ai-systeem"),
    "uitzondering van toepassing": (Axis.RISK_GROUP, "uitzondering-van-toepassing"),
    "transparantieverplichting": (Axis.TRANSPARENCY, "transparantieverplichting"),
    "geen transparantieverplichting": (Axis.TRANSPARENCY, "geen-transparantieverplichting"),
    "systeemrisico": (Axis.SYSTEMIC_RISK, "systeemrisico"),
    "geen systeemrisico": (Axis.SYSTEMIC_RISK, "geen-systeemrisico"),
    "open-source": (Axis.OPEN_SOURCE, "open-source"),
    "geen open-source": (Axis.OPEN_SOURCE, "geen-open-source"),
}
"""The label that an answer gives, and the framework's name for it on the axis it belongs to. Labels that are not here
(in use or not, third-party conformity assessment) say nothing about what applies."""


class TreeError(ValueError):
    """A tree, condition or answer that cannot be followed; the message says where.

    `number` is that of the question or conclusion, where the fault is in one.
    """

    def __init__(self, message: str, number: str = "") -> None:
        super().__init__(message)
        self.number = number


# Conditions: `"label" in labels`, combined with `&&`, `||`, `!` and parentheses.

_TOKEN = re.compile(r'\s*(?:(?P<label>"[^"]*")\s*in\s+labels\b|(?P<sign>&&|\|\||!|\(|\)))')


@dataclass(frozen=True)
class Condition:
    """A parsed condition; `holds(labels)` says whether it is true of a set of labels."""

    operator: str  # label | not | and | or
    operands: tuple["Condition | str", ...]

    def holds(self, labels: "frozenset[str] | set[str]") -> bool:
        if self.operator == "label":
            return self.operands[0] in labels
        results = (part.holds(labels) for part in self.operands if isinstance(part, Condition))
        if self.operator == "not":
            return not next(results)
        return all(results) if self.operator == "and" else any(results)


@lru_cache(maxsize=512)
def parse_condition(text: str) -> Condition:
    """The condition in `text`. Raises `TreeError` naming the position of what is not understood."""
    tokens: list[tuple[str, int]] = []
    position = 0
    while position < (end := len(text.rstrip())):
        match = _TOKEN.match(text, position, end)
        if not match:
            position += len(text[position:]) - len(text[position:].lstrip())
            raise TreeError(
                _("Condition not understood at character %(n)d: %(text)s") % {"n": position + 1, "text": text}
            )
        tokens.append((match["label"] or match["sign"], match.start(match.lastgroup or 0)))
        position = match.end()

    def take() -> str:
        return tokens.pop(0)[0]

    def next_is(sign: str) -> bool:
        return bool(tokens) and tokens[0][0] == sign

    def unexpected() -> TreeError:
        if not tokens:
            return TreeError(_("Condition ends too early: %(text)s") % {"text": text})
        token, start = tokens[0]
        return TreeError(
            _("Unexpected %(token)s at character %(n)d of condition: %(text)s")
            % {"token": token, "n": start + 1, "text": text}
        )

    def alternatives() -> Condition:
        parts = [together()]
        while next_is("||"):
            take()
            parts.append(together())
        return parts[0] if len(parts) == 1 else Condition("or", tuple(parts))

    def together() -> Condition:
        parts = [single()]
        while next_is("&&"):
            take()
            parts.append(single())
        return parts[0] if len(parts) == 1 else Condition("and", tuple(parts))

    def single() -> Condition:
        if next_is("!"):
            take()
            return Condition("not", (single(),))
        if next_is("("):
            take()
            inner = alternatives()
            if not next_is(")"):
                raise unexpected()
            take()
            return inner
        if not tokens or not tokens[0][0].startswith('"'):
            raise unexpected()
        return Condition("label", (take()[1:-1],))

    parsed = alternatives()
    if tokens:
        raise unexpected()
    return parsed


def read_text(value: Any) -> str:
    """A text of the tree in the reader's language, Dutch where that is missing."""
    if isinstance(value, Mapping):
        return str(in_language(value))
    return str(value or "")


@dataclass(frozen=True)
class Redirect:
    target: str
    condition: Condition | None


@dataclass(frozen=True)
class Answer:
    texts: Any
    labels: tuple[str, ...]
    redirects: tuple[Redirect, ...]
    comments: Any = ""

    @property
    def text(self) -> str:
        return read_text(self.texts)

    @property
    def comment(self) -> str:
        return read_text(self.comments)

    def target(self, labels: "frozenset[str]") -> str | None:
        """Where this answer leads with these labels (its own included): a question or a conclusion."""
        for redirect in self.redirects:
            if redirect.condition is None or redirect.condition.holds(labels):
                return redirect.target
        return None


@dataclass(frozen=True)
class Question:
    number: str
    texts: Mapping[str, Any]
    answers: tuple[Answer, ...]

    @property
    def text(self) -> str:
        return read_text(self.texts["question"])

    @property
    def explanation(self) -> str:
        return read_text(self.texts.get("explanation"))

    @property
    def subject(self) -> str:
        return read_text(self.texts.get("subcategory"))

    @property
    def category(self) -> str:
        return str(self.texts.get("category", ""))

    @property
    def sources(self) -> list[dict[str, str]]:
        return _sources(self.texts)


@dataclass(frozen=True)
class Conclusion:
    number: str
    texts: Mapping[str, Any]

    @property
    def text(self) -> str:
        return read_text(self.texts["conclusion"])

    @property
    def obligation(self) -> str:
        return read_text(self.texts.get("obligation"))

    @property
    def sources(self) -> list[dict[str, str]]:
        return _sources(self.texts)

    @property
    def ai_act_applies(self) -> bool:
        return not self.number.startswith(AI_ACT_DOES_NOT_APPLY)


def _sources(texts: Mapping[str, Any]) -> list[dict[str, str]]:
    return [{"title": read_text(s.get("source")), "url": s.get("url", "")} for s in texts.get("sources") or []]


@dataclass(frozen=True)
class Step:
    """One answered question."""

    question: Question
    choice: int

    @property
    def answer(self) -> Answer:
        return self.question.answers[self.choice]


@dataclass(frozen=True)
class Walk:
    """How far a list of answers gets: the steps taken, the labels gathered and what comes next."""

    steps: tuple[Step, ...]
    labels: frozenset[str]
    question: Question | None = None
    conclusion: Conclusion | None = None

    @property
    def is_finished(self) -> bool:
        return self.conclusion is not None

    @property
    def answers(self) -> list[list[Any]]:
        return [[step.question.number, step.choice] for step in self.steps]


@dataclass(frozen=True)
class Tree:
    questions: Mapping[str, Question]
    conclusions: Mapping[str, Conclusion]
    first: str = field(default="")

    def walk(self, answers: Sequence[Sequence[Any]]) -> Walk:
        """Follows `answers` ([question, choice] pairs) from the start.

        Stops at the first answer that is not about the question at hand, so that after going back and answering
        otherwise the rest of the old path no longer counts.
        """
        labels: frozenset[str] = frozenset()
        steps: list[Step] = []
        place = self.first
        for number, choice in answers:
            if number != place:
                break
            question = self.questions[place]
            if not 0 <= choice < len(question.answers):
                break
            answer = question.answers[choice]
            labels |= frozenset(answer.labels)
            steps.append(Step(question, choice))
            place = self._next(question, answer, labels)
            if place in self.conclusions:
                return Walk(tuple(steps), labels, conclusion=self.conclusions[place])
        return Walk(tuple(steps), labels, question=self.questions[place])

    def _next(self, question: Question, answer: Answer, labels: frozenset[str]) -> str:
        target = answer.target(labels)
        if target is None:
            raise TreeError(
                _("Question %(number)s, answer “%(answer)s”: no condition holds for the labels %(labels)s.")
                % {"number": question.number, "answer": answer.text, "labels": ", ".join(sorted(labels)) or "–"},
                question.number,
            )
        return target

    def paths(self) -> Iterator[Walk]:
        """Every way through the tree, each as a finished walk. Raises `TreeError` where one goes nowhere or round."""
        waiting: list[tuple[str, tuple[Step, ...], frozenset[str]]] = [(self.first, (), frozenset())]
        while waiting:
            place, steps, labels = waiting.pop()
            if len(steps) > len(self.questions):
                raise TreeError(
                    _("The questions go round in a circle at question %(number)s.") % {"number": place}, place
                )
            question = self.questions[place]
            for choice, answer in enumerate(question.answers):
                gathered = labels | frozenset(answer.labels)
                taken = (*steps, Step(question, choice))
                target = self._next(question, answer, gathered)
                if target in self.conclusions:
                    yield Walk(taken, gathered, conclusion=self.conclusions[target])
                else:
                    waiting.append((target, taken, gathered))

    def deciding_question(self, axis: str, walk: Walk, values: Sequence[str] = ()) -> str:
        """The number of the question, from where `walk` is, that is the nearest to give a label on `axis`.

        With `values`: a label that stands for one of them.
        Only questions that this walk can still lead to count. Where none of them does: the question at hand, and
        nothing once the walk is finished.
        """
        if walk.question is None:
            return ""

        def gives(label: str) -> bool:
            of, value = AXIS_OF_LABEL.get(label, ("", ""))
            return of == axis and (not values or value in values)

        start = (walk.question.number, walk.labels)
        seen, queue = {start}, deque([start])
        while queue:
            place, labels = queue.popleft()
            question = self.questions[place]
            for answer in question.answers:
                if any(gives(label) for label in answer.labels):
                    return place
            for answer in question.answers:
                gathered = labels | frozenset(answer.labels)
                further = (self._next(question, answer, gathered), gathered)
                if further[0] in self.questions and further not in seen:
                    seen.add(further)
                    queue.append(further)
        return walk.question.number


def read_tree(content: Mapping[str, Any]) -> Tree:
    """The tree in `content` (already checked against the schema).

    Raises `TreeError` when a number stands twice, a reference points nowhere or a condition is not understood.
    """
    conclusions: dict[str, Conclusion] = {}
    for texts in content["conclusions"]:
        _once(texts["conclusionId"], conclusions)
        conclusions[texts["conclusionId"]] = Conclusion(texts["conclusionId"], texts)
    questions: dict[str, Question] = {}
    for texts in content["questions"]:
        _once(texts["questionId"], questions, conclusions)
        answers = tuple(
            Answer(
                texts=answer["answer"],
                labels=tuple(answer.get("labels") or ()),
                redirects=tuple(
                    Redirect(
                        target=redirect.get("nextQuestionId") or redirect.get("nextConclusionId"),
                        condition=_condition(texts["questionId"], redirect),
                    )
                    for redirect in (answer.get("redirects") or [answer])
                ),
                comments=answer.get("answerComment") or answer.get("subresult") or "",
            )
            for answer in texts["answers"]
        )
        questions[texts["questionId"]] = Question(texts["questionId"], texts, answers)
    for question in questions.values():
        for answer in question.answers:
            for redirect in answer.redirects:
                if redirect.target not in questions and redirect.target not in conclusions:
                    raise TreeError(
                        _("Question %(number)s, answer “%(answer)s” leads to %(target)s, which does not exist.")
                        % {"number": question.number, "answer": answer.text, "target": redirect.target},
                        question.number,
                    )
    return Tree(questions, conclusions, first=next(iter(questions)))


def _once(number: str, *seen: Mapping[str, Any]) -> None:
    if any(number in numbers for numbers in seen):
        raise TreeError(_("Number %(number)s stands in the tree twice.") % {"number": number}, number)


def _condition(number: str, redirect: Mapping[str, str]) -> Condition | None:
    if not redirect.get("if"):
        return None
    try:
        return parse_condition(redirect["if"])
    except TreeError as error:
        message = _("Question %(number)s: %(error)s") % {"number": number, "error": error}
        raise TreeError(message, number) from None


_read: dict[str, Tree] = {}


def tree_of(record: Any) -> Tree:
    """The tree of a stored `DecisionTree`; read once per process, since a stored tree never changes."""
    if record.fingerprint not in _read:
        _read[record.fingerprint] = read_tree(record.content)
    return _read[record.fingerprint]
