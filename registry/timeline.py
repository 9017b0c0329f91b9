"""How the histories of algorithms, proposals and complaints read; see `governance.timeline`."""

from django.utils.translation import gettext as _

from governance import timeline
from registry.models import (
    Algorithm,
    AlgorithmTheme,
    Applicability,
    Complaint,
    Condition,
    Gate,
    Involvement,
    MeasureStatus,
    Proposal,
    RequirementAssessment,
    TeamMember,
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
    "responsibility.changed": lambda: _("changed the responsibility of"),
    "team.joined": lambda: _("put in the team:"),
    "team.task_given": lambda: _("changed the task in the team of"),
    "team.left": lambda: _("ended a place in the team:"),
    "involvement.recorded": lambda: _("recorded the involvement of"),
    "involvement.revised": lambda: _("changed the involvement of"),
    "involvement.withdrawn": lambda: _("withdrew the involvement of"),
    "algorithm.proposal_merged": lambda: _("merged a proposal with the algorithm"),
    "algorithm.decision_asked": lambda: _("asked for a decision about the algorithm"),
    "algorithm.moved": lambda: _("moved the algorithm by a decision"),
    "algorithm.not_moved": lambda: _("decided no-go about the algorithm"),
    "gate.requested": lambda: _("asked for the decision"),
    "gate.taken_back": lambda: _("took the request back"),
    "gate.decided": lambda: _("decided"),
    "condition.settled": lambda: _("settled the condition:"),
    "condition.revised": lambda: _("changed the condition:"),
    "proposal.made": lambda: _("proposed the algorithm"),
    "proposal.registered": lambda: _("registered the proposed algorithm"),
    "proposal.merged": lambda: _("merged the proposal with an algorithm in the register"),
    "proposal.declined": lambda: _("declined the proposal"),
    "complaint.recorded": lambda: _("recorded what came in"),
    "complaint.revised": lambda: _("changed what is recorded"),
    "complaint.handled": lambda: _("closed it"),
    "complaint.reopened": lambda: _("opened it again"),
}


def tell() -> None:
    timeline.tells(
        VERBS,
        about_a_part=[
            "requirement.",
            "measure.",
            "applicability.",
            "responsibility.",
            "team.",
            "involvement.",
            "condition.",
        ],
        fields={
            "overruling": lambda: _("Reason for overruling"),
            "labels": lambda: _("Labels"),
            "themes": lambda: _("Themes"),
            "objectives": lambda: _("public values and objectives"),
            "tree": lambda: _("Decision tree"),
            "letters": lambda: _("Letters"),
            "from": lambda: _("From"),
            "gate": lambda: _("Decision"),
            "conditions": lambda: _("Conditions"),
            "proposal": lambda: _("Proposed algorithm"),
        },
        histories=[
            [Algorithm, RequirementAssessment, MeasureStatus, Applicability, Involvement, TeamMember],
            [Complaint],
            [Proposal],
            [Gate, Condition],
        ],
        choices={"themes": AlgorithmTheme.Theme.choices},
    )
