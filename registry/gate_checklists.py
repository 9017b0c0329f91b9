"""What is asked before an algorithm goes into use, pauses, goes into use again or is retired."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from registry.assessments_needed import DPIA, is_known_unneeded
from registry.models import Algorithm, Classification, Gate, ImpactAssessment


class Answer(models.TextChoices):
    YES = "yes", pgettext_lazy("checklist", "Yes")
    NO = "no", pgettext_lazy("checklist", "No")
    NOT_APPLICABLE = "not_applicable", pgettext_lazy("checklist", "Not applicable")


@dataclass(frozen=True)
class Question:
    key: str
    text: Any
    help: Any = ""


INTO_USE = [
    Question(
        "classification",
        _("Is the classification confirmed?"),
        _("So that it is known which requirements of the AI Act apply, and that the AI is not prohibited."),
    ),
    Question(
        "dpia",
        _("Has the DPIA been done, and is its outcome acceptable?"),
        _("Needed where personal data bring a high risk (GDPR art. 35). Ask your data protection officer."),
    ),
    Question(
        "human_oversight",
        _("Has human oversight been arranged?"),
        _("Who checks the outcome, can depart from it and can stop the algorithm (AI Act art. 14 and 26)."),
    ),
    Question(
        "logging",
        _("Is it recorded what the algorithm does, and are those logs kept?"),
        _("For AI systems of high risk at least six months (AI Act art. 26)."),
    ),
    Question(
        "instructions",
        _("Do the people who work with it have instructions and training?"),
        _("Also about where it goes wrong, and about AI literacy (AI Act art. 4)."),
    ),
    Question(
        "complaints",
        _("Can people complain or object, and do they find out how?"),
        _("The procedure stands on the page with complaints and questions."),
    ),
    Question(
        "publication",
        _("Is it ready to be published in the Algoritmeregister?"),
        _("Impactful algorithms and AI systems of high risk belong in it."),
    ),
    Question(
        "fallback",
        _("Can the work go on without the algorithm?"),
        _("What happens when it fails or has to be stopped at once, and who decides that."),
    ),
]

PAUSE = [
    Question(
        "stopped",
        _("Is it certain that the algorithm no longer works on cases?"),
        _("Also automatic links, planned tasks and copies at the supplier."),
    ),
    Question("work_goes_on", _("Has been arranged how the work goes on meanwhile?")),
    Question(
        "running_cases",
        _("Is it clear what happens to cases in which its outcome was already used?"),
        _("Such as checking them again, or holding back decisions."),
    ),
    Question("told", _("Have the people who work with it, the supplier and the people concerned been told?")),
    Question(
        "incident",
        _("Has been looked at whether this is an incident that must be reported?"),
        _("A serious incident (AI Act art. 73) or a data breach (GDPR art. 33)."),
    ),
    Question("back", _("Is it clear what must be in order before it goes into use again?")),
]

RESUME = [
    Question("cause", _("Is the reason for the pause gone?")),
    Question("tested", _("Has it been tested again after what was changed?")),
    Question("still_true", _("Are the classification, the impact assessments and the description still right?")),
    Question("missed_work", _("Has been arranged what happens to the cases from the pause?")),
    Question("told", _("Do the people who work with it know what changed?")),
]

RETIRE = [
    Question(
        "data",
        _("Is it clear what happens to the data?"),
        _("Which are wiped, which are kept, until when and why (GDPR art. 5; Archiefwet). Also at the supplier."),
    ),
    Question("models", _("Is it clear what happens to the models and the software?"), _("Wiped, handed over or kept.")),
    Question(
        "archive",
        _("Are the documentation and the logs kept or archived as the Archiefwet asks?"),
        _("The selection list says for how long. Decisions that it helped to make must remain explainable."),
    ),
    Question("access", _("Has access been closed?"), _("Accounts, keys and links with other systems.")),
    Question(
        "contracts",
        _("Have contracts and licences been ended?"),
        _("With agreements about returning or wiping data, and proof of it."),
    ),
    Question(
        "publication",
        _("Does the Algoritmeregister say that it is out of use?"),
        _("It stays readable there, with its end date."),
    ),
    Question(
        "concerned",
        _("Have the people who worked with it and the people concerned been told?"),
        _("Also about running complaints and objections."),
    ),
    Question("replacement", _("Is it clear how the work is done from now on?")),
]

CHECKLISTS: dict[str, list[Question]] = {
    Gate.Kind.INTO_USE: INTO_USE,
    Gate.Kind.PAUSE: PAUSE,
    Gate.Kind.RESUME: RESUME,
    Gate.Kind.RETIRE: RETIRE,
}
"""Kind of decision → its questions; the other kinds have none."""


def questions(kind: str) -> list[Question]:
    return CHECKLISTS.get(kind, [])


def known(algorithm: Algorithm, kind: str) -> Mapping[str, str]:
    """The answers that the register gives already, to begin with."""
    if kind != Gate.Kind.INTO_USE:
        return {}
    found = {}
    classification = Classification.objects.current().filter(algorithm=algorithm).first()
    if classification:
        found["classification"] = Answer.YES.value
        if is_known_unneeded(classification, DPIA):
            found["dpia"] = Answer.NOT_APPLICABLE.value
    if ImpactAssessment.objects.valid().filter(algorithm=algorithm, tool__slug=DPIA).exists():
        found["dpia"] = Answer.YES.value
    if algorithm.complaints_procedure:
        found["complaints"] = Answer.YES.value
    return found


@dataclass(frozen=True)
class Answered:
    question: Question
    answer: str
    note: str

    @property
    def label(self) -> str:
        return str(dict(Answer.choices).get(self.answer, self.answer))


def answered(gate: Gate) -> list[Answered]:
    """The checklist of a gate as it was answered; an answer to a question that is no longer asked stays readable."""
    asked = {question.key: question for question in questions(gate.kind)}
    return [
        Answered(asked.get(row["key"], Question(row["key"], row["key"])), row["answer"], row.get("note", ""))
        for row in gate.checklist
    ]
