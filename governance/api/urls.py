from django.urls import include, path, re_path
from rest_framework.routers import SimpleRouter

from governance.api import views

app_name = "api"

catalogue = SimpleRouter(trailing_slash=False, use_regex_path=False)
catalogue.register("topics", views.TopicViewSet, "topic")
catalogue.register("phases", views.PhaseViewSet, "lifecyclephase")
catalogue.register("disciplines", views.DisciplineViewSet, "discipline")
catalogue.register("laws", views.LawViewSet, "law")
catalogue.register("requirements", views.RequirementViewSet, "requirement")
catalogue.register("measures", views.MeasureViewSet, "measure")
catalogue.register("tools", views.ToolViewSet, "tool")
catalogue.register("audit-frameworks", views.AuditFrameworkViewSet, "auditframework")
catalogue.register("audit-criteria", views.AuditCriterionViewSet, "auditcriterion")
catalogue.register("terms", views.TermViewSet, "term")
catalogue.register("organisations", views.OrganisationViewSet, "organisation")

urlpatterns = [
    *catalogue.urls,
    path("", include("registry.api.urls")),
    re_path("", views.NothingHere.as_view(), name="nothing-here"),
]
