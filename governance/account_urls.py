"""Coming in and going out, and one's own account. The names are those that allauth asks for."""

from allauth.account import views as log_in
from allauth.mfa.base import views as second_factor
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from allauth.socialaccount.views import connections
from allauth.usersessions.views import list_usersessions
from django.urls import include, path, re_path

from governance.openid_connect import PROVIDER, come_back
from governance.openid_connect import log_in as log_in_elsewhere
from governance.views import account, invitations

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

urlpatterns = [
    path("inloggen/", log_in.login, name="account_login"),
    path("inloggen/toegangssleutel/", webauthn.login_webauthn, name="mfa_login_webauthn"),
    path("inloggen/organisatie/", log_in_elsewhere, PROVIDER, name="openid_connect_login"),
    path("inloggen/organisatie/terug/", come_back, PROVIDER, name="openid_connect_callback"),
    path("inloggen/tweede-factor/", second_factor.authenticate, name="mfa_authenticate"),
    path("uitloggen/", log_in.logout, name="account_logout"),
    path("uitnodiging/<str:token>/", invitations.invitation, name="invitation"),
    path("account/", include(own_account)),
]
