from governance.models.access import GroupRole, Invitation
from governance.models.audit import AuditEvent
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
from governance.models.decision_tree import DecisionTree
from governance.models.organisation import Membership, Organisation
from governance.models.people import User
from governance.models.periods import Period, PeriodQuerySet

__all__ = [
    "AuditCriterion",
    "AuditEvent",
    "AuditFramework",
    "Axis",
    "AxisValue",
    "CatalogueItem",
    "CatalogueRevision",
    "DecisionTree",
    "Discipline",
    "Fact",
    "FrameworkRelease",
    "GroupRole",
    "Invitation",
    "Law",
    "LifecyclePhase",
    "Measure",
    "Membership",
    "Organisation",
    "Period",
    "PeriodQuerySet",
    "Requirement",
    "Term",
    "Tool",
    "Topic",
    "User",
]
