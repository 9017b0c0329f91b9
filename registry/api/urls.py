from django.urls import path
from rest_framework.routers import SimpleRouter

from registry.api import views

algorithms = SimpleRouter(trailing_slash=False, use_regex_path=False)
algorithms.register("algorithms", views.AlgorithmViewSet, "algorithm")

urlpatterns = [
    *algorithms.urls,
    path("algorithms/<int:pk>/applicability", views.ApplicabilityList.as_view(), name="algorithm-applicability"),
    path("algorithms/<int:pk>/assessments", views.AssessmentList.as_view(), name="algorithm-assessments"),
    path("algorithms/<int:pk>/compliance", views.ComplianceView.as_view(), name="algorithm-compliance"),
    path("algorithms/<int:pk>/measures", views.MeasureList.as_view(), name="algorithm-measures"),
]
