from django.urls import path

from registry.views import algorithm, decision_aid, handover, home, objectives, raci, responsibilities, team, work

urlpatterns = [
    path("", home.home, name="home"),
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
    path(
        "algoritmes/<int:pk>/verantwoordelijkheden/",
        responsibilities.responsibilities,
        name="algorithm-responsibilities",
    ),
    path(
        "algoritmes/<int:pk>/verantwoordelijkheden/bewerken/",
        responsibilities.edit,
        name="algorithm-responsibilities-edit",
    ),
    path(
        "algoritmes/<int:pk>/verantwoordelijkheden/geven/", responsibilities.give, name="algorithm-responsibility-give"
    ),
    path("algoritmes/<int:pk>/verantwoordelijkheden/voorstel/", responsibilities.proposals, name="algorithm-proposals"),
    path(
        "algoritmes/<int:pk>/verantwoordelijkheden/geschiedenis/",
        responsibilities.history,
        name="algorithm-responsibilities-history",
    ),
    path(
        "algoritmes/<int:pk>/verantwoordelijkheden/<int:responsibility>/beeindigen/",
        responsibilities.end,
        name="algorithm-responsibility-end",
    ),
    path("algoritmes/<int:pk>/team/", team.team, name="algorithm-team"),
    path("algoritmes/<int:pk>/team/toevoegen/", team.member_add, name="algorithm-team-add"),
    path("algoritmes/<int:pk>/team/<int:member>/", team.member, name="algorithm-team-member"),
    path("algoritmes/<int:pk>/betrokkenen/toevoegen/", team.involvement_add, name="algorithm-involvement-add"),
    path(
        "algoritmes/<int:pk>/betrokkenen/<int:involvement>/", team.involvement_edit, name="algorithm-involvement-edit"
    ),
    path(
        "algoritmes/<int:pk>/betrokkenen/<int:involvement>/intrekken/",
        team.involvement_withdraw,
        name="algorithm-involvement-withdraw",
    ),
    path("organisaties/<slug:slug>/raci/", raci.defaults, name="raci-defaults"),
    path("organisaties/<slug:slug>/raci/<int:pk>/verwijderen/", raci.default_remove, name="raci-default-remove"),
    path("organisaties/<slug:slug>/overdracht/", handover.start, name="handover"),
    path("organisaties/<slug:slug>/overdracht/<int:pk>/", handover.person, name="handover-person"),
    path("algoritmes/<int:pk>/vereisten/", work.requirements, name="algorithm-requirements"),
    path("algoritmes/<int:pk>/vereisten/<slug:slug>/", work.requirement, name="algorithm-requirement"),
    path("algoritmes/<int:pk>/vereisten/<slug:slug>/verifieren/", work.verify, name="algorithm-verify"),
    path("algoritmes/<int:pk>/vereisten/<slug:slug>/toepasselijkheid/", work.overrule, name="algorithm-overrule"),
    path("algoritmes/<int:pk>/maatregelen/", work.measures, name="algorithm-measures"),
    path("algoritmes/<int:pk>/maatregelen/<slug:slug>/", work.measure, name="algorithm-measure"),
    path("organisaties/<slug:slug>/waarden/", objectives.objectives, name="objectives"),
]
