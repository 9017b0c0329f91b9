"""The site map. Page paths are Dutch, names English."""

from typing import Any

from allauth.account import views as log_in
from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.utils.functional import lazy
from django.views.generic import RedirectView

from governance.views import (
    account,
    arranging,
    catalogue,
    comments,
    evidence,
    exports,
    literacy,
    maturity,
    members,
    notifications,
    organisation,
    organisation_level,
    own_items,
    people,
    policies,
    policy_versions,
    positions,
    published_policies,
    trail,
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

proofs = [
    path("", evidence.of_organisation, name="evidence-list"),
    path("nieuw/", evidence.add, name="evidence-add"),
    path("<int:pk>/", evidence.evidence, name="evidence"),
    path("<int:pk>/bestand/", evidence.file, name="evidence-file"),
    path("<int:pk>/bewerken/", evidence.edit, name="evidence-edit"),
    path("<int:pk>/intrekken/", evidence.withdraw, name="evidence-withdraw"),
]

places_of_proof = [
    path("<slug:kind>/<int:key>/", evidence.attach, name="evidence-attach"),
    path("<slug:kind>/<int:key>/kiezen/<int:pk>/", evidence.choose, name="evidence-choose"),
    path("<slug:kind>/<int:key>/losmaken/<int:pk>/", evidence.detach, name="evidence-detach"),
]

roles = [
    path("", members.members, name="members"),
    path("uitnodigen/", members.invite, name="member-invite"),
    path("uitnodigingen/<int:pk>/opnieuw/", members.resend, name="member-invitation-resend"),
    path("uitnodigingen/<int:pk>/intrekken/", members.withdraw, name="member-invitation-withdraw"),
    path("toegang/", members.access, name="member-access"),
    path("toegang/groepen/<int:pk>/verwijderen/", members.remove_group_role, name="member-group-remove"),
    path("<int:pk>/", members.member, name="member"),
    path("<int:pk>/rollen/<int:membership_pk>/beeindigen/", members.end_role, name="member-role-end"),
    path("<int:pk>/vertrek/", members.deactivate, name="member-deactivate"),
]

organisations: list[Any] = [
    path("", organisation.organisations, name="organisations"),
    path("toevoegen/", organisation.add, name="organisation-add"),
    path("<slug:slug>/", organisation.overview, name="organisation"),
    path("<slug:slug>/bewerken/", organisation.edit, name="organisation-edit"),
    path("<slug:slug>/leden/", include(roles)),
    path("<slug:slug>/beleid/", policies.policy_list, name="policies"),
    path("<slug:slug>/beleid/nieuw/", policies.add, name="policy-add"),
    path("<slug:slug>/beleid/<slug:policy>/", include(policy)),
    path("<slug:slug>/bewijs/", include(proofs)),
    path("<slug:slug>/vereisten/", organisation_level.requirements, name="organisation-requirements"),
    path("<slug:slug>/vereisten/<slug:item>/", organisation_level.requirement, name="organisation-requirement"),
    path("<slug:slug>/vereisten/<slug:item>/verifieren/", organisation_level.verify, name="organisation-verify"),
    path("<slug:slug>/maatregelen/", organisation_level.measures, name="organisation-measures"),
    path("<slug:slug>/maatregelen/<slug:item>/", organisation_level.measure, name="organisation-measure"),
    path("<slug:slug>/volwassenheid/", maturity.maturity, name="maturity"),
    path("<slug:slug>/volwassenheid/nieuw/", maturity.add, name="maturity-add"),
    path("<slug:slug>/volwassenheid/<int:pk>/", maturity.assessment, name="maturity-assessment"),
    path("<slug:slug>/waarden/nieuw/", arranging.add, {"kind": "objective"}, name="objective-add"),
    path("<slug:slug>/waarden/beginnen/", arranging.start, {"kind": "objective"}, name="objectives-start"),
    path("<slug:slug>/waarden/<int:pk>/bewerken/", arranging.edit, {"kind": "objective"}, name="objective-edit"),
    path("<slug:slug>/waarden/<int:pk>/beeindigen/", arranging.end, {"kind": "objective"}, name="objective-end"),
    path("<slug:slug>/functies/", positions.positions, name="positions"),
    path("<slug:slug>/functies/nieuw/", arranging.add, {"kind": "position"}, name="position-add"),
    path("<slug:slug>/functies/beginnen/", arranging.start, {"kind": "position"}, name="positions-start"),
    path("<slug:slug>/functies/<int:pk>/", positions.position, name="position"),
    path("<slug:slug>/functies/<int:pk>/bewerken/", arranging.edit, {"kind": "position"}, name="position-edit"),
    path("<slug:slug>/functies/<int:pk>/beeindigen/", arranging.end, {"kind": "position"}, name="position-end"),
    path("<slug:slug>/functies/<int:pk>/toewijzen/", positions.assign, name="position-assign"),
    path("<slug:slug>/functies/vervulling/<int:pk>/", positions.end_assignment, name="assignment-end"),
    path("<slug:slug>/kennis/", literacy.overview, name="literacy"),
    path("<slug:slug>/kennis/nieuw/", arranging.add, {"kind": "knowledge"}, name="knowledge-add"),
    path("<slug:slug>/kennis/beginnen/", arranging.start, {"kind": "knowledge"}, name="knowledge-start"),
    path("<slug:slug>/kennis/vastleggen/", literacy.training_add, name="training-add"),
    path("<slug:slug>/kennis/<int:pk>/bewerken/", arranging.edit, {"kind": "knowledge"}, name="knowledge-edit"),
    path("<slug:slug>/kennis/<int:pk>/beeindigen/", arranging.end, {"kind": "knowledge"}, name="knowledge-end"),
    path("<slug:slug>/kennis/gevolgd/<int:pk>/intrekken/", literacy.training_withdraw, name="training-withdraw"),
    path("<slug:slug>/audittrail/", trail.of_organisation, name="organisation-trail"),
    path("<slug:slug>/mensen/<int:pk>/", people.person, name="organisation-person"),
]

remarks = [
    path("<int:pk>/", comments.comment, name="comment"),
    path("<int:pk>/afhandelen/", comments.resolve, name="comment-resolve"),
    path("<int:pk>/heropenen/", comments.reopen, name="comment-reopen"),
    path("<slug:kind>/<int:key>/", comments.add, name="comment-add"),
    path("bij/<slug:kind>/<int:key>/", comments.about, name="comments"),
]

told = [
    path("", notifications.notifications, name="notifications"),
    path("gelezen/", notifications.read_all, name="notifications-read"),
    path("voorkeuren/", notifications.preferences, name="notification-preferences"),
    path("<int:pk>/", notifications.notification, name="notification"),
    path("<int:pk>/gelezen/", notifications.read, name="notification-read"),
]

audit_trail = [
    path("", trail.everywhere, name="trail"),
    path("<int:pk>/", trail.event, name="trail-event"),
]

taken_along = [
    path("", exports.exports, name="exports"),
    path("tabellen/<slug:table>.<slug:extension>", exports.table, name="table"),
    path("<int:pk>/", exports.export, name="export"),
    path("<int:pk>/bestand/", exports.file, name="export-file"),
]

urlpatterns = [
    path("", include("registry.urls")),
    path("", include("governance.account_urls")),
    path("leden/", members.organisations, name="member-organisations"),
    path("taal/", account.language, name="language"),
    # Asked for by browsers and crawlers that read no page first.
    path("favicon.ico", RedirectView.as_view(url=lazy(static, str)("img/mark.svg")), name="favicon"),
    path("meldingen/", include(told)),
    path("organisaties/", include(organisations)),
    path("opmerkingen/", include(remarks)),
    path("bewijs/", include(places_of_proof)),
    path("audittrail/", include(audit_trail)),
    path("rapporten/", include(taken_along)),
    path("beleid/", published_policies.index, name="published-policies"),
    path("beleid/<slug:organisation>/<slug:policy>/", published_policies.policy, name="published-policy"),
    path(
        "beleid/<slug:organisation>/<slug:policy>/bijlagen/<int:pk>/",
        published_policies.attachment,
        name="published-attachment",
    ),
    path("algoritmekader/", include(framework)),
    # One way in and out, also for the administration pages.
    path("beheer/login/", RedirectView.as_view(pattern_name="account_login", query_string=True), name="staff-login"),
    path("beheer/logout/", log_in.logout, name="staff-logout"),
    path(
        "beheer/password_change/", RedirectView.as_view(pattern_name="account_change_password"), name="staff-password"
    ),
    path("beheer/", admin.site.urls),
    path("api/v1/", include("governance.api.urls")),
]
