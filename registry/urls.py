from django.urls import path

from registry.views import algorithm, decision_aid, home, my_work, work

urlpatterns = [
    path("", home.home, name="home"),
    path("mijn-werk/", my_work.my_work, name="my-work"),
    path("organisaties/<slug:slug>/werk/", my_work.organisation_work, name="organisation-work"),
    path("algoritmes/", algorithm.algorithms, name="algorithms"),
    path("algoritmes/nieuw/", algorithm.add, name="algorithm-add"),
    path("algoritmes/<int:pk>/", algorithm.overview, name="algorithm"),
    path("algoritmes/<int:pk>/bewerken/", algorithm.edit, name="algorithm-edit"),
    path("algoritmes/<int:pk>/geschiedenis/", algorithm.history, name="algorithm-history"),
    path("algoritmes/<int:pk>/beslishulp/", decision_aid.question, name="decision-aid"),
    path("algoritmes/<int:pk>/beslishulp/feiten/", decision_aid.facts, name="decision-aid-facts"),
    path("algoritmes/<int:pk>/beslishulp/bevestigen/", decision_aid.confirm, name="decision-aid-confirm"),
    path("algoritmes/<int:pk>/beslishulp/weggooien/", decision_aid.discard, name="decision-aid-discard"),
    path("algoritmes/<int:pk>/classificatie/", decision_aid.classification, name="classification"),
    path("algoritmes/<int:pk>/vereisten/", work.requirements, name="algorithm-requirements"),
    path("algoritmes/<int:pk>/vereisten/<slug:slug>/", work.requirement, name="algorithm-requirement"),
    path("algoritmes/<int:pk>/vereisten/<slug:slug>/verifieren/", work.verify, name="algorithm-verify"),
    path("algoritmes/<int:pk>/vereisten/<slug:slug>/toepasselijkheid/", work.overrule, name="algorithm-overrule"),
    path("algoritmes/<int:pk>/maatregelen/", work.measures, name="algorithm-measures"),
    path("algoritmes/<int:pk>/maatregelen/<slug:slug>/", work.measure, name="algorithm-measure"),
]
