from registry.models.algorithm import Algorithm, AlgorithmTheme, ImportedRow
from registry.models.applicability import Applicability, Recommendation
from registry.models.auditing import AcceptedDeviation, Audit, Finding, FollowUp, SampledAlgorithm
from registry.models.classification import Classification, ClassificationDraft
from registry.models.complaint import Complaint
from registry.models.compliance import Compliance
from registry.models.evidence import AlgorithmEvidence
from registry.models.impact_assessment import ImpactAssessment
from registry.models.intake import Proposal
from registry.models.lifecycle import AcceptedItem, Condition, Gate, LifecyclePeriod
from registry.models.monitoring import Evaluation, Incident, IncidentReport, MonitoringPoint
from registry.models.responsibility import Involvement, Letter, RaciDefault, Responsibility, TeamMember
from registry.models.risk import Risk
from registry.models.work import MeasureStatus, RequirementAssessment

__all__ = [
    "AcceptedDeviation",
    "AcceptedItem",
    "Algorithm",
    "AlgorithmEvidence",
    "AlgorithmTheme",
    "Applicability",
    "Audit",
    "Classification",
    "ClassificationDraft",
    "Complaint",
    "Compliance",
    "Condition",
    "Evaluation",
    "Finding",
    "FollowUp",
    "Gate",
    "ImpactAssessment",
    "ImportedRow",
    "Incident",
    "IncidentReport",
    "Involvement",
    "Letter",
    "LifecyclePeriod",
    "MeasureStatus",
    "MonitoringPoint",
    "Proposal",
    "RaciDefault",
    "Recommendation",
    "RequirementAssessment",
    "Responsibility",
    "Risk",
    "SampledAlgorithm",
    "TeamMember",
]
