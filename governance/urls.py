"""The site map. Page paths are Dutch, names English."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import include, path

from governance.views import (
    account,
    catalogue,
    organisation,
    own_items,
    policies,
    policy_versions,
    published_policies,
)

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

policy: list[Any] = [
    path("", policies.policy, name="policy"),
    path("bewerken/", policies.edit, name="policy-edit"),
    path("publiceren/", policies.publish, name="policy-publish"),
    path("intrekken/", policies.withdraw, name="policy-withdraw"),
    path("versies/nieuw/", policy_versions.add, name="policy-version-add"),
    path("versies/<int:number>/", policy_versions.version, name="policy-version"),
    path("versies/<int:number>/bewerken/", policy_versions.edit, name="policy-version-edit"),
    path("versies/<int:number>/indienen/", policy_versions.submit, name="policy-submit"),
    path("versies/<int:number>/teruggeven/", policy_versions.give_back, name="policy-return"),
    path("versies/<int:number>/vaststellen/", policy_versions.adopt, name="policy-adopt"),
    path("versies/<int:number>/intrekken/", policy_versions.withdraw, name="policy-version-withdraw"),
    path("versies/<int:number>/verschillen/<int:other>/", policy_versions.difference, name="policy-difference"),
    path("versies/<int:number>/lezers/", policy_versions.readers, name="policy-readers"),
    path("versies/<int:number>/gelezen/", policy_versions.confirm, name="policy-confirm"),
    path("versies/<int:number>/bijlagen/", policy_versions.attach, name="policy-attach"),
    path("versies/<int:number>/bijlagen/<int:pk>/", policy_versions.attachment, name="policy-attachment"),
    path(
        "versies/<int:number>/bijlagen/<int:pk>/verwijderen/",
        policy_versions.attachment_remove,
        name="policy-attachment-remove",
    ),
]

organisations: list[Any] = [
    path("", organisation.organisations, name="organisations"),
    path("<slug:slug>/", organisation.overview, name="organisation"),
    path("<slug:slug>/beleid/", policies.policy_list, name="policies"),
    path("<slug:slug>/beleid/nieuw/", policies.add, name="policy-add"),
    path("<slug:slug>/beleid/<slug:policy>/", include(policy)),
]

urlpatterns = [
    path("", include("registry.urls")),
    path("inloggen/", account.LogIn.as_view(), name="login"),
    path("uitloggen/", LogoutView.as_view(), name="logout"),
    path("taal/", account.language, name="language"),
    path("organisaties/", include(organisations)),
    path("beleid/", published_policies.index, name="published-policies"),
    path("beleid/<slug:organisation>/<slug:policy>/", published_policies.policy, name="published-policy"),
    path(
        "beleid/<slug:organisation>/<slug:policy>/bijlagen/<int:pk>/",
        published_policies.attachment,
        name="published-attachment",
    ),
    path("algoritmekader/", include(framework)),
    path("beheer/", admin.site.urls),
    path("api/v1/", include("governance.api.urls")),
]
