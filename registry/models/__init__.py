from registry.models.algorithm import Algorithm, AlgorithmTheme, ImportedRow
from registry.models.applicability import Applicability, Recommendation
from registry.models.classification import Classification, ClassificationDraft
from registry.models.compliance import Compliance
from registry.models.work import MeasureStatus, RequirementAssessment

__all__ = [
    "Algorithm",
    "AlgorithmTheme",
    "Applicability",
    "Classification",
    "ClassificationDraft",
    "Compliance",
    "ImportedRow",
    "MeasureStatus",
    "Recommendation",
    "RequirementAssessment",
]
