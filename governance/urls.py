"""The site map. Page paths are Dutch, names English."""

from typing import Any

from allauth.account import views as log_in
from allauth.mfa.base import views as second_factor
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from allauth.socialaccount.views import connections
from allauth.usersessions.views import list_usersessions
from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from governance.openid_connect import PROVIDER, come_back
from governance.openid_connect import log_in as log_in_elsewhere
from governance.views import (
    account,
    catalogue,
    comments,
    invitations,
    literacy,
    maturity,
    members,
    notifications,
    objectives,
    organisation,
    organisation_level,
    own_items,
    policies,
    policy_versions,
    positions,
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
    path("toevoegen/", organisation.add, name="organisation-add"),
    path("<slug:slug>/", organisation.overview, name="organisation"),
    path("<slug:slug>/beleid/", policies.policy_list, name="policies"),
    path("<slug:slug>/beleid/nieuw/", policies.add, name="policy-add"),
    path("<slug:slug>/beleid/<slug:policy>/", include(policy)),
    path("<slug:slug>/vereisten/", organisation_level.requirements, name="organisation-requirements"),
    path("<slug:slug>/vereisten/<slug:item>/", organisation_level.requirement, name="organisation-requirement"),
    path("<slug:slug>/vereisten/<slug:item>/verifieren/", organisation_level.verify, name="organisation-verify"),
    path("<slug:slug>/maatregelen/", organisation_level.measures, name="organisation-measures"),
    path("<slug:slug>/maatregelen/<slug:item>/", organisation_level.measure, name="organisation-measure"),
    path("<slug:slug>/volwassenheid/", maturity.maturity, name="maturity"),
    path("<slug:slug>/volwassenheid/nieuw/", maturity.add, name="maturity-add"),
    path("<slug:slug>/volwassenheid/<int:pk>/", maturity.assessment, name="maturity-assessment"),
]

# The names are those that allauth asks for.
entrance = [
    path("inloggen/", log_in.login, name="account_login"),
    path("inloggen/toegangssleutel/", webauthn.login_webauthn, name="mfa_login_webauthn"),
    path("inloggen/organisatie/", log_in_elsewhere, PROVIDER, name="openid_connect_login"),
    path("inloggen/organisatie/terug/", come_back, PROVIDER, name="openid_connect_callback"),
    path("inloggen/tweede-factor/", second_factor.authenticate, name="mfa_authenticate"),
    path("uitloggen/", log_in.logout, name="account_logout"),
    path("uitnodiging/<str:token>/", invitations.invitation, name="invitation"),
]

second_factors = [
    path("", second_factor.index, name="mfa_index"),
    path("bevestigen/", second_factor.reauthenticate, name="mfa_reauthenticate"),
    path("app/", totp.activate_totp, name="mfa_activate_totp"),
    path("app/uitzetten/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("herstelcodes/", recovery_codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("herstelcodes/nieuw/", recovery_codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("herstelcodes/downloaden/", recovery_codes.download_recovery_codes, name="mfa_download_recovery_codes"),
    path("sleutels/", webauthn.list_webauthn, name="mfa_list_webauthn"),
    path("sleutels/nieuw/", webauthn.add_webauthn, name="mfa_add_webauthn"),
    path("sleutels/bevestigen/", webauthn.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("sleutels/<int:pk>/", webauthn.edit_webauthn, name="mfa_edit_webauthn"),
    path("sleutels/<int:pk>/verwijderen/", webauthn.remove_webauthn, name="mfa_remove_webauthn"),
]

own_account = [
    path("", account.overview, name="account"),
    path("bevestigen/", log_in.reauthenticate, name="account_reauthenticate"),
    path("wachtwoord/", log_in.password_change, name="account_change_password"),
    path("wachtwoord/instellen/", log_in.password_set, name="account_set_password"),
    path("wachtwoord/vergeten/", log_in.password_reset, name="account_reset_password"),
    path("wachtwoord/vergeten/verstuurd/", log_in.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^wachtwoord/nieuw/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        log_in.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "wachtwoord/nieuw/klaar/",
        log_in.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("sessies/", list_usersessions, name="usersessions_list"),
    path("koppelingen/", connections, name="socialaccount_connections"),
    path("tweede-factor/", include(second_factors)),
]

people = [
    path("", members.members, name="members"),
    path("uitnodigen/", members.invite, name="member-invite"),
    path("uitnodigingen/<int:pk>/opnieuw/", members.resend, name="member-invitation-resend"),
    path("uitnodigingen/<int:pk>/intrekken/", members.withdraw, name="member-invitation-withdraw"),
    path("toegang/", members.access, name="member-access"),
    path("toegang/groepen/<int:pk>/verwijderen/", members.remove_group_role, name="member-group-remove"),
    path("<int:pk>/", members.member, name="member"),
    path("<int:pk>/rollen/<int:membership_pk>/beeindigen/", members.end_role, name="member-role-end"),
    path("<int:pk>/vertrek/", members.deactivate, name="member-deactivate"),
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

remarks = [
    path("<int:pk>/", comments.comment, name="comment"),
    path("<int:pk>/afhandelen/", comments.resolve, name="comment-resolve"),
    path("<int:pk>/heropenen/", comments.reopen, name="comment-reopen"),
    path("<slug:kind>/<int:key>/", comments.add, name="comment-add"),
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
    path("", include(entrance)),
    path("account/", include(own_account)),
    path("leden/", members.organisations, name="member-organisations"),
    path("organisaties/<slug:slug>/leden/", include(people)),
    path("taal/", account.language, name="language"),
    path("meldingen/", include(told)),
    path("organisaties/", include(organisations)),
    path("opmerkingen/", include(remarks)),
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
