"""How organisations deal with algorithms: to look at here, to change on the pages, whose verbs check and record."""

from django.contrib import admin

from governance.admin.register_admin import ViewOnlyAdmin, VisibleFilter
from governance.models import (
    Comment,
    Evidence,
    Export,
    Knowledge,
    MaturityAssessment,
    Notification,
    Objective,
    OfficialBody,
    OrganisationAssessment,
    OrganisationEvidence,
    OrganisationMeasureStatus,
    Policy,
    PolicyAttachment,
    PolicyVersion,
    Position,
    ReadingRequest,
    RoleAssignment,
    StoredFile,
    Training,
)

ORGANISATION = ("organisation", VisibleFilter)
CURRENT = ("until", admin.EmptyFieldListFilter)


@admin.register(OfficialBody)
class OfficialBodyAdmin(ViewOnlyAdmin):
    list_display = ["name", "kind", "identifier"]
    list_filter = ["kind"]
    search_fields = ["name", "identifier"]


@admin.register(Objective)
class ObjectiveAdmin(ViewOnlyAdmin):
    list_display = ["name", "kind", "organisation", "created", "ended"]
    list_filter = ["kind", ORGANISATION, ("ended", admin.EmptyFieldListFilter)]
    list_select_related = ["organisation"]
    search_fields = ["name", "description"]


@admin.register(Policy)
class PolicyAdmin(ViewOnlyAdmin):
    list_display = ["title", "kind", "organisation", "owner", "is_public", "created"]
    list_filter = ["kind", ORGANISATION, "is_public", "topics"]
    list_select_related = ["organisation", "owner"]
    search_fields = ["title", "summary"]
    date_hierarchy = "created"


@admin.register(PolicyVersion)
class PolicyVersionAdmin(ViewOnlyAdmin):
    list_display = ["policy", "number", "status", "adopted_at", "adopted_by", "in_force_from", "review_date"]
    list_filter = ["status", ("policy__organisation", VisibleFilter), "review_date"]
    list_select_related = ["policy", "adopted_by"]
    search_fields = ["policy__title", "authority"]


@admin.register(PolicyAttachment)
class PolicyAttachmentAdmin(ViewOnlyAdmin):
    list_display = ["name", "policy_version", "added", "added_by", "removed"]
    list_filter = [("policy_version__policy__organisation", VisibleFilter), "added"]
    list_select_related = ["policy_version__policy", "added_by"]
    search_fields = ["name", "policy_version__policy__title"]


@admin.register(StoredFile)
class StoredFileAdmin(ViewOnlyAdmin):
    """What is kept; the file itself is downloaded from the record it hangs on."""

    list_display = ["sha256", "media_type", "size", "stored"]
    list_filter = ["media_type", "stored"]
    search_fields = ["sha256"]
    exclude = ["file"]


@admin.register(ReadingRequest)
class ReadingRequestAdmin(ViewOnlyAdmin):
    list_display = ["policy_version", "person", "asked", "due", "confirmed_at"]
    list_filter = [("policy_version__policy__organisation", VisibleFilter), "due"]
    list_select_related = ["policy_version__policy", "person"]
    search_fields = ["policy_version__policy__title", "person__name"]


@admin.register(Position)
class PositionAdmin(ViewOnlyAdmin):
    list_display = ["name", "organisation", "line", "discipline", "governs_algorithms", "ended"]
    list_filter = ["line", ORGANISATION, "discipline", ("ended", admin.EmptyFieldListFilter)]
    list_select_related = ["organisation", "discipline"]
    search_fields = ["name", "description"]


@admin.register(RoleAssignment)
class RoleAssignmentAdmin(ViewOnlyAdmin):
    list_display = ["position", "person", "is_deputy", "since", "until", "by"]
    list_filter = ["is_deputy", ("position__organisation", VisibleFilter), CURRENT]
    list_select_related = ["position", "person", "by"]
    search_fields = ["position__name", "person__name"]
    date_hierarchy = "since"


@admin.register(Knowledge)
class KnowledgeAdmin(ViewOnlyAdmin):
    list_display = ["title", "organisation", "valid_months", "ended"]
    list_filter = [ORGANISATION, ("ended", admin.EmptyFieldListFilter)]
    list_select_related = ["organisation"]
    search_fields = ["title", "description"]


@admin.register(Training)
class TrainingAdmin(ViewOnlyAdmin):
    list_display = ["knowledge", "person", "followed_on", "valid_until", "recorded_by"]
    list_filter = [("knowledge__organisation", VisibleFilter), "valid_until"]
    list_select_related = ["knowledge", "person", "recorded_by"]
    search_fields = ["knowledge__title", "person__name", "note"]


@admin.register(MaturityAssessment)
class MaturityAssessmentAdmin(ViewOnlyAdmin):
    list_display = ["organisation", "assessed_on", "ambition", "by"]
    list_filter = [ORGANISATION, "assessed_on"]
    list_select_related = ["organisation", "by"]
    search_fields = ["organisation__name", "summary"]


@admin.register(OrganisationAssessment)
class OrganisationAssessmentAdmin(ViewOnlyAdmin):
    list_display = ["organisation", "requirement", "status", "assignee", "due", "claimed_by", "verified_by", "until"]
    list_filter = ["status", CURRENT, "due", ORGANISATION]
    list_select_related = ["organisation", "requirement", "assignee", "claimed_by", "verified_by"]
    search_fields = ["organisation__name", "requirement__urn", "requirement__title_nl"]
    date_hierarchy = "since"


@admin.register(OrganisationMeasureStatus)
class OrganisationMeasureStatusAdmin(ViewOnlyAdmin):
    list_display = ["organisation", "measure", "choice", "progress", "assignee", "due", "since", "until"]
    list_filter = ["choice", "progress", CURRENT, "due", ORGANISATION]
    list_select_related = ["organisation", "measure", "assignee"]
    search_fields = ["organisation__name", "measure__urn", "measure__title_nl"]
    date_hierarchy = "since"


@admin.register(Comment)
class CommentAdmin(ViewOnlyAdmin):
    list_display = ["created", "author", "label", "part", "resolved_at", "organisation"]
    list_filter = ["created", ORGANISATION, ("resolved_at", admin.EmptyFieldListFilter)]
    list_select_related = ["author", "organisation"]
    search_fields = ["text", "label", "author__name"]


@admin.register(Notification)
class NotificationAdmin(ViewOnlyAdmin):
    """A person's own notifications."""

    list_display = ["created", "kind", "recipient", "read_at", "mailed_at"]
    list_filter = ["kind", "created"]
    list_select_related = ["recipient"]
    search_fields = ["key"]


@admin.register(Evidence)
class EvidenceAdmin(ViewOnlyAdmin):
    """The file itself is downloaded from the page of the evidence, which records it."""

    list_display = ["title", "organisation", "name", "url", "valid_until", "added", "added_by", "withdrawn"]
    list_filter = [ORGANISATION, "valid_until", "added", ("withdrawn", admin.EmptyFieldListFilter)]
    list_select_related = ["organisation", "added_by"]
    search_fields = ["title", "description", "name"]
    date_hierarchy = "added"


@admin.register(OrganisationEvidence)
class OrganisationEvidenceAdmin(ViewOnlyAdmin):
    list_display = ["evidence", "organisation", "requirement", "measure", "policy", "since", "until", "by"]
    list_filter = [ORGANISATION, CURRENT, "since"]
    list_select_related = ["evidence", "organisation", "requirement", "measure", "policy", "by"]
    search_fields = ["evidence__title", "organisation__name"]
    date_hierarchy = "since"


@admin.register(Export)
class ExportAdmin(ViewOnlyAdmin):
    """A person's own reports and tables."""

    list_display = ["kind", "format", "organisation", "requested", "finished", "size"]
    list_filter = ["kind", "format", "requested"]
    list_select_related = ["organisation"]
    search_fields = ["kind", "name"]
    exclude = ["file"]
