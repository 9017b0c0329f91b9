"""How the histories of algorithms, proposals and complaints read; see `governance.timeline`."""

from django.utils.translation import gettext as _

from governance import timeline
from registry.models import (
    AcceptedDeviation,
    Algorithm,
    AlgorithmTheme,
    Applicability,
    Audit,
    Complaint,
    Finding,
    FollowUp,
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
    "finding.raised": lambda: _("recorded the finding"),
    "finding.revised": lambda: _("changed the text of the finding"),
    "finding.responded": lambda: _("answered on behalf of management"),
    "finding.followed_up": lambda: _("told what was done"),
    "finding.kept_open": lambda: _("did not close it"),
    "finding.closed": lambda: _("closed the finding"),
    "finding.reopened": lambda: _("opened the finding again"),
    "finding.handed_over": lambda: _("handed the finding over"),
    "audit.opened": lambda: _("opened the audit"),
    "audit.revised": lambda: _("changed the audit or its report"),
    "audit.sample_drawn": lambda: _("drew the sample"),
    "audit.concluded": lambda: _("concluded the audit"),
    "deviation.accepted": lambda: _("accepted what a check finds"),
    "deviation.acceptance_withdrawn": lambda: _("accepted no longer what a check finds"),
}


def tell() -> None:
    timeline.tells(
        VERBS,
        about_a_part=["requirement.", "measure.", "applicability.", "responsibility.", "team.", "involvement."],
        fields={
            "overruling": lambda: _("Reason for overruling"),
            "labels": lambda: _("Labels"),
            "themes": lambda: _("Themes"),
            "objectives": lambda: _("public values and objectives"),
            "tree": lambda: _("Decision tree"),
            "letters": lambda: _("Letters"),
            "from": lambda: _("From"),
            "proposal": lambda: _("Proposed algorithm"),
            "report_text": str,  # two whole texts
            "responded": str,  # stands above it: who and when
            "responded_by": str,
            "follow_up": lambda: _("What was done"),
            "sample": lambda: _("Drawn algorithms"),
            "sample_size": lambda: _("How many algorithms"),
        },
        histories=[
            [Algorithm, RequirementAssessment, MeasureStatus, Applicability, Involvement, TeamMember],
            [Complaint],
            [Finding, FollowUp],
            [Audit],
            [AcceptedDeviation],
            [Proposal],
        ],
        choices={"themes": AlgorithmTheme.Theme.choices},
    )
