from registry.models.algorithm import Algorithm, AlgorithmTheme, ImportedRow
from registry.models.applicability import Applicability, Recommendation
from registry.models.classification import Classification, ClassificationDraft
from registry.models.complaint import Complaint
from registry.models.compliance import Compliance
from registry.models.intake import Proposal
from registry.models.responsibility import Involvement, Letter, RaciDefault, Responsibility, TeamMember
from registry.models.work import MeasureStatus, RequirementAssessment

__all__ = [
    "Algorithm",
    "AlgorithmTheme",
    "Applicability",
    "Classification",
    "ClassificationDraft",
    "Complaint",
    "Compliance",
    "ImportedRow",
    "Involvement",
    "Letter",
    "MeasureStatus",
    "Proposal",
    "RaciDefault",
    "Recommendation",
    "RequirementAssessment",
    "Responsibility",
    "TeamMember",
]
