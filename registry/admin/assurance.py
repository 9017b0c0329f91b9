"""Evidence, decisions, risks, incidents and findings: to look at here, to change on the pages, whose verbs check."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from governance.admin import ViewOnlyAdmin, VisibleFilter
from governance.models import Organisation
from registry.admin.algorithms import CURRENT, ORGANISATION, OfAlgorithmAdmin
from registry.models import (
    AcceptedDeviation,
    AcceptedItem,
    AlgorithmEvidence,
    Audit,
    Condition,
    Evaluation,
    Finding,
    FollowUp,
    Gate,
    ImpactAssessment,
    Incident,
    IncidentReport,
    LifecyclePeriod,
    MonitoringPoint,
    Risk,
    SampledAlgorithm,
)

OWN = ("organisation", VisibleFilter)


class PartAdmin(ViewOnlyAdmin):
    """Rows that hang on a record of an organisation; `owner` is the path of fields to it."""

    owner: str

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        visible = {f"{self.owner}__in": Organisation.objects.visible_to(request.user)}
        return super().get_queryset(request).filter(**visible)


@admin.register(AlgorithmEvidence)
class AlgorithmEvidenceAdmin(OfAlgorithmAdmin):
    list_display = ["evidence", "algorithm", "requirement", "measure", "gate", "since", "until", "by"]
    list_filter = [CURRENT, "since", ORGANISATION]
    list_select_related = ["evidence", "algorithm", "requirement", "measure", "gate__to_phase", "by"]
    search_fields = ["evidence__title", "algorithm__name"]
    date_hierarchy = "since"


@admin.register(ImpactAssessment)
class ImpactAssessmentAdmin(OfAlgorithmAdmin):
    list_display = ["algorithm", "tool", "carried_out_on", "outcome", "next_on", "withdrawn"]
    list_filter = ["outcome", "carried_out_on", "next_on", ORGANISATION]
    list_select_related = ["algorithm", "tool"]
    search_fields = ["algorithm__name", "tool__title_nl", "conclusion"]


@admin.register(LifecyclePeriod)
class LifecyclePeriodAdmin(OfAlgorithmAdmin):
    list_display = ["algorithm", "phase", "status", "is_paused", "since", "until", "by"]
    list_filter = ["status", "is_paused", CURRENT, "phase", ORGANISATION]
    list_select_related = ["algorithm", "phase", "by"]
    date_hierarchy = "since"


@admin.register(Gate)
class GateAdmin(OfAlgorithmAdmin):
    list_display = ["algorithm", "kind", "from_phase", "to_phase", "decision", "decided_on", "decided_by", "requested"]
    list_filter = ["kind", "decision", "decided_on", ORGANISATION]
    list_select_related = ["algorithm", "from_phase", "to_phase", "decided_by"]
    search_fields = ["algorithm__name", "request", "reason"]
    date_hierarchy = "requested"


@admin.register(AcceptedItem)
class AcceptedItemAdmin(PartAdmin):
    owner = "gate__algorithm__organisation"
    list_display = ["gate", "requirement", "measure", "reason"]
    list_filter = [("gate__algorithm__organisation", VisibleFilter)]
    list_select_related = ["gate__to_phase", "requirement", "measure"]
    search_fields = ["gate__algorithm__name", "reason"]


@admin.register(Condition)
class ConditionAdmin(ViewOnlyAdmin):
    list_display = ["text", "gate", "due", "assignee", "settled"]
    list_filter = ["due", ("settled", admin.EmptyFieldListFilter), ("gate__algorithm__organisation", VisibleFilter)]
    list_select_related = ["gate__to_phase", "assignee"]
    search_fields = ["text", "gate__algorithm__name"]


@admin.register(Risk)
class RiskAdmin(OfAlgorithmAdmin):
    list_display = ["title", "algorithm", "treatment", "owner", "accepted_until", "identified", "closed"]
    list_filter = ["treatment", "accepted_until", ("closed", admin.EmptyFieldListFilter), ORGANISATION]
    list_select_related = ["algorithm", "owner"]
    search_fields = ["title", "description", "algorithm__name"]
    date_hierarchy = "identified"


@admin.register(MonitoringPoint)
class MonitoringPointAdmin(OfAlgorithmAdmin):
    list_display = ["what", "algorithm", "every_months", "next_on", "assignee", "ended"]
    list_filter = ["next_on", ("ended", admin.EmptyFieldListFilter), ORGANISATION]
    list_select_related = ["algorithm", "assignee"]
    search_fields = ["what", "algorithm__name"]


@admin.register(Evaluation)
class EvaluationAdmin(OfAlgorithmAdmin):
    list_display = ["algorithm", "point", "trigger", "due", "assignee", "held_on", "outcome"]
    list_filter = ["trigger", "outcome", "due", ORGANISATION]
    list_select_related = ["algorithm", "point", "assignee"]
    search_fields = ["algorithm__name", "point__what", "findings"]
    date_hierarchy = "due"


@admin.register(Incident)
class IncidentAdmin(OfAlgorithmAdmin):
    list_display = ["summary", "algorithm", "seriousness", "harm", "data_breach", "known", "handler", "closed"]
    list_filter = ["seriousness", "harm", "data_breach", ("closed", admin.EmptyFieldListFilter), ORGANISATION]
    list_select_related = ["algorithm", "handler"]
    search_fields = ["summary", "description", "algorithm__name"]
    date_hierarchy = "known"


@admin.register(IncidentReport)
class IncidentReportAdmin(ViewOnlyAdmin):
    list_display = ["incident", "duty", "deadline", "reported", "reference"]
    list_filter = ["duty", "deadline", ("incident__algorithm__organisation", VisibleFilter)]
    list_select_related = ["incident"]
    search_fields = ["incident__summary", "reference"]


@admin.register(Audit)
class AuditAdmin(ViewOnlyAdmin):
    list_display = ["title", "organisation", "period_from", "period_to", "lead", "started", "concluded"]
    list_filter = [OWN, "started", ("concluded", admin.EmptyFieldListFilter)]
    list_select_related = ["organisation", "lead"]
    search_fields = ["title", "scope"]
    date_hierarchy = "started"


@admin.register(SampledAlgorithm)
class SampledAlgorithmAdmin(PartAdmin):
    owner = "audit__organisation"
    list_display = ["audit", "number", "algorithm", "replaced"]
    list_filter = [("audit__organisation", VisibleFilter)]
    list_select_related = ["audit", "algorithm"]
    search_fields = ["audit__title", "algorithm__name"]


@admin.register(Finding)
class FindingAdmin(ViewOnlyAdmin):
    list_display = ["title", "organisation", "severity", "algorithm", "raised", "raised_by", "owner", "due", "closed"]
    list_filter = ["severity", OWN, "response", "due", ("closed", admin.EmptyFieldListFilter)]
    list_select_related = ["organisation", "algorithm", "raised_by", "owner"]
    search_fields = ["title", "observation", "recommendation"]
    date_hierarchy = "raised"


@admin.register(FollowUp)
class FollowUpAdmin(ViewOnlyAdmin):
    list_display = ["finding", "moment", "by", "asks_to_close"]
    list_filter = ["moment", "asks_to_close", ("finding__organisation", VisibleFilter)]
    list_select_related = ["finding", "by"]
    search_fields = ["text", "finding__title"]


@admin.register(AcceptedDeviation)
class AcceptedDeviationAdmin(ViewOnlyAdmin):
    list_display = ["check_code", "organisation", "subject_type", "subject_id", "until", "accepted_by", "withdrawn"]
    list_filter = ["check_code", OWN, "until"]
    list_select_related = ["organisation", "accepted_by"]
    search_fields = ["reason", "check_code"]
