from governance.models.access import GroupRole, Invitation
from governance.models.audit import AuditChain, AuditEvent, AuditSeal
from governance.models.catalogue import (
    AuditCriterion,
    AuditFramework,
    Axis,
    AxisValue,
    CatalogueItem,
    CatalogueRevision,
    Discipline,
    Fact,
    FrameworkRelease,
    Law,
    LifecyclePhase,
    Measure,
    Requirement,
    Term,
    Tool,
    Topic,
)
from governance.models.comments import Comment
from governance.models.decision_tree import DecisionTree
from governance.models.evidence import Evidence, EvidenceUse, OrganisationEvidence
from governance.models.exports import Export
from governance.models.files import StoredFile
from governance.models.maturity import MaturityAssessment
from governance.models.notifications import Notification
from governance.models.objectives import Objective
from governance.models.organisation import (
    HeldQuerySet,
    Membership,
    OfficialBody,
    Organisation,
    Owned,
    OwnedQuerySet,
)
from governance.models.people import User
from governance.models.periods import Period, PeriodQuerySet, Tenure, TenureQuerySet
from governance.models.policy import Policy, PolicyAttachment, PolicyVersion, ReadingRequest
from governance.models.positions import Knowledge, Literacy, Position, RoleAssignment, Training
from governance.models.work import (
    Assessment,
    AssessmentQuerySet,
    MeasureStatusQuerySet,
    MeasureWork,
    OrganisationAssessment,
    OrganisationMeasureStatus,
)

__all__ = [
    "Assessment",
    "AssessmentQuerySet",
    "AuditChain",
    "AuditCriterion",
    "AuditEvent",
    "AuditFramework",
    "AuditSeal",
    "Axis",
    "AxisValue",
    "CatalogueItem",
    "CatalogueRevision",
    "Comment",
    "DecisionTree",
    "Discipline",
    "Evidence",
    "EvidenceUse",
    "Export",
    "Fact",
    "FrameworkRelease",
    "GroupRole",
    "HeldQuerySet",
    "Invitation",
    "Knowledge",
    "Law",
    "LifecyclePhase",
    "Literacy",
    "MaturityAssessment",
    "Measure",
    "MeasureStatusQuerySet",
    "MeasureWork",
    "Membership",
    "Notification",
    "Objective",
    "OfficialBody",
    "Organisation",
    "OrganisationAssessment",
    "OrganisationEvidence",
    "OrganisationMeasureStatus",
    "Owned",
    "OwnedQuerySet",
    "Period",
    "PeriodQuerySet",
    "Policy",
    "PolicyAttachment",
    "PolicyVersion",
    "Position",
    "ReadingRequest",
    "Requirement",
    "RoleAssignment",
    "StoredFile",
    "Tenure",
    "TenureQuerySet",
    "Term",
    "Tool",
    "Topic",
    "Training",
    "User",
]
