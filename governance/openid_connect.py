"""Logging in through the identity provider of the organisation (OpenID Connect), where settings name one.

Somebody is known by the provider's identifier of them. An identity that is new here is joined to an account only by
the person themself, logged in with their password, or by its e-mail address, where the provider says that it is
verified and the operator trusts it in that (`OIDC_TRUST_EMAIL`).
"""

import logging
import secrets
from collections.abc import Mapping
from typing import Any, NoReturn

from allauth.account.internal.decorators import login_not_required
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthError
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from requests import RequestException

from governance import audit_trail, group_roles
from governance.membership import home_of
from governance.models import User

log = logging.getLogger(__name__)

PROVIDER = {"provider_id": "organisatie"}
JOINING = "token_for_joining_an_identity"


def _refuse(sentence: str) -> NoReturn:
    raise ImmediateHttpResponse(_refusal(sentence))


def _refusal(sentence: str) -> HttpResponse:
    """Back to where one logs in, with the sentence that says why it did not work."""
    messages.error(context.request, sentence)
    return HttpResponseRedirect(reverse("account_login"))


class IdentityAdapter(DefaultSocialAccountAdapter):
    """Whom the register lets in on the word of the provider."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, **kwargs: Any
    ) -> None:
        if error == AuthError.CANCELLED:
            _refuse(_("You stopped logging in through %(provider)s.") % {"provider": provider.name})
        log.warning("Logging in through the identity provider failed: %s", exception or error)
        _refuse(_("Logging in through %(provider)s did not work. Try again.") % {"provider": provider.name})

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Lets a known and active person pass, joins or makes an account where that is allowed, refuses all else."""
        if sociallogin.state.get("process") == "connect":
            return
        if not sociallogin.is_existing:
            try:
                with transaction.atomic():
                    person = self._account_by_address(sociallogin) or self._new_account(sociallogin)
                    if person.is_active:
                        sociallogin.connect(request, person)
            except ImmediateHttpResponse:
                stranger = User(email=_verified_address(sociallogin) or str(sociallogin.account.uid))
                audit_trail.record("user.log_in_failed", stranger, {"method": [None, "socialaccount"]})
                raise
        else:
            person = sociallogin.user
        if not person.is_active:
            changes = {"method": [None, "socialaccount"]}
            audit_trail.record("user.log_in_failed", person, changes, organisation=home_of(person))
            _refuse(_("This account is closed. Ask the administrator of your organisation."))

    def _account_by_address(self, sociallogin: SocialLogin) -> User | None:
        """The account with the verified address of this identity, where the provider is trusted in that."""
        address = _verified_address(sociallogin)
        if not address:
            _refuse(
                _("%(provider)s has not verified your e-mail address, so you cannot be let in with it.")
                % {"provider": sociallogin.provider.name}
            )
        person = User.objects.filter(email__iexact=address).first()
        if person and not settings.OIDC_TRUST_EMAIL:
            _unknown(sociallogin)
        return person

    def _new_account(self, sociallogin: SocialLogin) -> User:
        """An account for whom a group gives a role, where accounts may be made so; refuses all others."""
        claims = sociallogin.account.extra_data
        if not settings.OIDC_CREATE_ACCOUNTS or not group_roles.give_any(groups_in(claims)):
            _unknown(sociallogin)
        address = _verified_address(sociallogin)
        person = User(email=User.objects.normalize_email(address), name=str(_claim(claims, "name") or address)[:150])
        person.set_unusable_password()
        person.full_clean(exclude=["password"])
        person.save()
        with audit_trail.on_behalf_of(person):
            changes = {"email": [None, person.email], "name": [None, person.name]}
            audit_trail.record("user.added", person, changes)
        return person


def _unknown(sociallogin: SocialLogin) -> NoReturn:
    _refuse(
        _(
            "You are not known here by your account of %(provider)s. Log in with your password and join the two under "
            "“My account”, or ask the administrator of your organisation for an invitation."
        )
        % {"provider": sociallogin.provider.name}
    )


def _claim(claims: Mapping[str, Any], path: str) -> Any:
    """What the provider says under this name, in its user information or else in its signed token."""
    for part in ("userinfo", "id_token"):
        value: Any = claims.get(part) or {}
        for name in path.split(".") if path not in value else [path]:
            value = value.get(name) if isinstance(value, Mapping) else None
        if value is not None:
            return value
    return None


def _verified_address(sociallogin: SocialLogin) -> str:
    """The e-mail address, if the provider says outright that it is verified; empty otherwise."""
    claims = sociallogin.account.extra_data
    address = str(_claim(claims, "email") or "").strip()
    try:
        validate_email(address)
    except ValidationError:
        return ""
    return address if _claim(claims, "email_verified") is True else ""


def groups_in(claims: Mapping[str, Any]) -> set[str]:
    """The groups that the provider says somebody is in. None at all when it says nothing about them."""
    groups = _claim(claims, settings.OIDC_GROUPS_CLAIM)
    if isinstance(groups, str):
        return {groups}
    return {group for group in groups if isinstance(group, str)} if isinstance(groups, list) else set()


def follow_groups(person: User, sociallogin: SocialLogin) -> None:
    """Makes the roles that come from groups what the provider says now."""
    group_roles.follow(person, groups_in(sociallogin.account.extra_data))


class SignedTokenAdapter(OpenIDConnectOAuth2Adapter):
    """Demands an identity token, checks its signature always, and that all is about the same person."""

    did_fetch_access_token: bool

    def complete_login(self, request: HttpRequest, app: SocialApp, token: Any, **kwargs: Any) -> SocialLogin:
        if not kwargs["response"].get("id_token"):
            raise OAuth2Error("no id_token")
        try:
            login = super().complete_login(request, app, token, **kwargs)
            claims = login.account.extra_data
            if "userinfo" in claims and claims["userinfo"]["sub"] != claims["id_token"]["sub"]:
                raise OAuth2Error("userinfo is about somebody else")
        except (KeyError, TypeError, ValueError) as error:
            raise OAuth2Error(f"an answer that cannot be read: {error!r}") from error
        return login

    def _decode_id_token(self, app: SocialApp, id_token: str) -> dict[str, Any]:
        fetched, self.did_fetch_access_token = self.did_fetch_access_token, False  # else the signature is skipped
        try:
            return super()._decode_id_token(app, id_token)
        finally:
            self.did_fetch_access_token = fetched


@login_not_required
def log_in(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Sends the person to the provider, to log in or (`process=connect`, with the token of their session) to join."""
    if request.GET.get("process", "login") != "login":
        token = request.session.get(JOINING, "")
        if not token or not constant_time_compare(request.GET.get("token", ""), token):
            return HttpResponseRedirect(reverse("socialaccount_connections"))
    return _pass_on(request, provider_id, OAuth2LoginView)


@login_not_required
def come_back(request: HttpRequest, provider_id: str) -> HttpResponse:
    return _pass_on(request, provider_id, OAuth2CallbackView)


def _pass_on(request: HttpRequest, provider_id: str, view: Any) -> HttpResponse:
    try:
        return view.adapter_view(SignedTokenAdapter(request, provider_id))(request)
    except SocialApp.DoesNotExist as error:
        raise Http404 from error
    except (RequestException, KeyError) as error:
        log.warning("The identity provider cannot be reached: %s", error)
        return _refusal(_("Logging in through your organisation is not possible now. Try again later."))


def token_for_joining(request: HttpRequest) -> str:
    """What a link to join an identity must carry, so that only the person themself can follow it."""
    return request.session.setdefault(JOINING, secrets.token_urlsafe(16))
