"""The site map. Page paths are Dutch, names English."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import include, path

from governance.views import account, catalogue, literacy, objectives, organisation, own_items, positions

framework = [
    path("", catalogue.framework, name="framework"),
    path("onderwerpen/<slug:slug>/", catalogue.topic, name="topic"),
    path("fasen/<slug:slug>/", catalogue.phase, name="phase"),
    path("rollen/<slug:slug>/", catalogue.discipline, name="discipline"),
    path("wetten/<slug:slug>/", catalogue.law, name="law"),
    path("toetsingskaders/<slug:slug>/", catalogue.audit_framework, name="audit-framework"),
    path("vereisten/", catalogue.requirements, name="requirements"),
    path("vereisten/nieuw/", own_items.requirement_add, name="requirement-add"),
    path("vereisten/<slug:slug>/", catalogue.requirement, name="requirement"),
    path("vereisten/<slug:slug>/bewerken/", own_items.requirement_edit, name="requirement-edit"),
    path("vereisten/<slug:slug>/intrekken/", own_items.requirement_withdraw, name="requirement-withdraw"),
    path("maatregelen/", catalogue.measures, name="measures"),
    path("maatregelen/nieuw/", own_items.measure_add, name="measure-add"),
    path("maatregelen/<slug:slug>/", catalogue.measure, name="measure"),
    path("maatregelen/<slug:slug>/bewerken/", own_items.measure_edit, name="measure-edit"),
    path("maatregelen/<slug:slug>/intrekken/", own_items.measure_withdraw, name="measure-withdraw"),
    path("hulpmiddelen/", catalogue.tools, name="tools"),
    path("hulpmiddelen/<slug:slug>/", catalogue.tool, name="tool"),
    path("begrippen/", catalogue.glossary, name="glossary"),
]

organisations = [
    path("", organisation.organisations, name="organisations"),
    path("toevoegen/", organisation.add, name="organisation-add"),
    path("<slug:slug>/", organisation.overview, name="organisation"),
    path("<slug:slug>/bewerken/", organisation.edit, name="organisation-edit"),
    path("<slug:slug>/waarden/nieuw/", objectives.add, name="objective-add"),
    path("<slug:slug>/waarden/beginnen/", objectives.start, name="objectives-start"),
    path("<slug:slug>/waarden/<int:pk>/bewerken/", objectives.edit, name="objective-edit"),
    path("<slug:slug>/waarden/<int:pk>/beeindigen/", objectives.end, name="objective-end"),
    path("<slug:slug>/functies/", positions.positions, name="positions"),
    path("<slug:slug>/functies/nieuw/", positions.add, name="position-add"),
    path("<slug:slug>/functies/beginnen/", positions.start, name="positions-start"),
    path("<slug:slug>/functies/<int:pk>/bewerken/", positions.edit, name="position-edit"),
    path("<slug:slug>/functies/<int:pk>/beeindigen/", positions.end, name="position-end"),
    path("<slug:slug>/functies/<int:pk>/toewijzen/", positions.assign, name="position-assign"),
    path("<slug:slug>/functies/vervulling/<int:pk>/", positions.end_assignment, name="assignment-end"),
    path("<slug:slug>/kennis/", literacy.overview, name="literacy"),
    path("<slug:slug>/kennis/nieuw/", literacy.knowledge_add, name="knowledge-add"),
    path("<slug:slug>/kennis/beginnen/", literacy.knowledge_start, name="knowledge-start"),
    path("<slug:slug>/kennis/vastleggen/", literacy.training_add, name="training-add"),
    path("<slug:slug>/kennis/<int:pk>/bewerken/", literacy.knowledge_edit, name="knowledge-edit"),
    path("<slug:slug>/kennis/<int:pk>/beeindigen/", literacy.knowledge_end, name="knowledge-end"),
    path("<slug:slug>/kennis/gevolgd/<int:pk>/intrekken/", literacy.training_withdraw, name="training-withdraw"),
    path("<slug:slug>/mensen/<int:pk>/", literacy.person, name="organisation-person"),
]

urlpatterns = [
    path("", include("registry.urls")),
    path("inloggen/", account.LogIn.as_view(), name="login"),
    path("uitloggen/", LogoutView.as_view(), name="logout"),
    path("taal/", account.language, name="language"),
    path("organisaties/", include(organisations)),
    path("algoritmekader/", include(framework)),
    path("beheer/", admin.site.urls),
    path("api/v1/", include("governance.api.urls")),
]
