"""How the histories of algorithms, proposals and complaints read; see `governance.timeline`."""

from django.urls import reverse
from django.utils.translation import gettext as _

from governance import timeline, trail, trail_filters
from registry.models import (
    Algorithm,
    AlgorithmTheme,
    Applicability,
    Complaint,
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
    "proposal.made": lambda: _("proposed the algorithm"),
    "proposal.registered": lambda: _("registered the proposed algorithm"),
    "proposal.merged": lambda: _("merged the proposal with an algorithm in the register"),
    "proposal.declined": lambda: _("declined the proposal"),
    "complaint.recorded": lambda: _("recorded what came in"),
    "complaint.revised": lambda: _("changed what is recorded"),
    "complaint.handled": lambda: _("closed it"),
    "complaint.reopened": lambda: _("opened it again"),
    "algorithm.decided_anew": lambda: _("let be decided anew what applies, as the catalogue changed"),
    "person.handed_over": lambda: _("handed over what somebody held:"),
    "raci_default.added": lambda: _("added to who is responsible by default:"),
    "raci_default.removed": lambda: _("removed from who is responsible by default:"),
    "organisation.complaints_exported": lambda: _("downloaded the complaints and questions"),
}


def tell() -> None:
    trail_filters.belong("algorithm", ["algorithm.", "classification.", "proposal."])
    trail_filters.belong("work", ["applicability."])
    trail_filters.belong("responsibility", ["responsibility.", "team.", "raci_default.", "person.handed_over"])
    trail_filters.belong("catalogue", ["algorithm.imported"])
    trail.PAGES |= {
        "registry.racidefault": lambda row: reverse("raci-defaults", args=[row.organisation.slug]),
        "registry.teammember": lambda row: reverse("algorithm-team", args=[row.algorithm_id]),
    }
    timeline.tells(
        VERBS,
        about_a_part=[
            "requirement.",
            "measure.",
            "applicability.",
            "responsibility.",
            "team.",
            "involvement.",
            "person.",
            "raci_default.",
        ],
        fields={
            "overruling": lambda: _("Reason for overruling"),
            "labels": lambda: _("Labels"),
            "themes": lambda: _("Themes"),
            "objectives": lambda: _("public values and objectives"),
            "tree": lambda: _("Decision tree"),
            "letters": lambda: _("Letters"),
            "from": lambda: _("From"),
            "proposal": lambda: _("Proposed algorithm"),
        },
        histories=[
            [Algorithm, RequirementAssessment, MeasureStatus, Applicability, Involvement, TeamMember],
            [Complaint],
            [Proposal],
        ],
        choices={"themes": AlgorithmTheme.Theme.choices},
    )
