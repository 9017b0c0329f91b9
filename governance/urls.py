"""The site map. Page paths are Dutch, names English."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import include, path

from governance.views import account, catalogue, notifications, organisation, own_items

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
    path("<slug:slug>/", organisation.overview, name="organisation"),
]

told = [
    path("", notifications.notifications, name="notifications"),
    path("gelezen/", notifications.read_all, name="notifications-read"),
    path("voorkeuren/", notifications.preferences, name="notification-preferences"),
    path("<int:pk>/", notifications.notification, name="notification"),
    path("<int:pk>/gelezen/", notifications.read, name="notification-read"),
]

urlpatterns = [
    path("", include("registry.urls")),
    path("inloggen/", account.LogIn.as_view(), name="login"),
    path("uitloggen/", LogoutView.as_view(), name="logout"),
    path("taal/", account.language, name="language"),
    path("meldingen/", include(told)),
    path("organisaties/", include(organisations)),
    path("algoritmekader/", include(framework)),
    path("beheer/", admin.site.urls),
    path("api/v1/", include("governance.api.urls")),
]
