"""Logging in, one's own account, and the people of an organisation."""

from typing import Any

from tests.permission_rows import EVERYBODY, NOBODY, THEIRS, WITH_ACCOUNT, Role, Row
from tests.permission_world import World

ADMINISTRATOR = frozenset({Role.ADMINISTRATOR})


def organisation(world: World) -> list[Any]:
    return [world.own.slug]


def person(world: World) -> list[Any]:
    return [world.own.slug, world.assigned.pk]


ROWS = [
    Row("favicon", EVERYBODY),
    Row("account_login", EVERYBODY),
    Row("account_logout", EVERYBODY, method="post"),
    Row("mfa_login_webauthn", WITH_ACCOUNT),
    Row("openid_connect_login", NOBODY),
    Row("openid_connect_callback", NOBODY),
    Row("mfa_authenticate", WITH_ACCOUNT),
    Row("invitation", EVERYBODY, lambda world: [world.invitation_token]),
    Row("account_reset_password", EVERYBODY),
    Row("account_reset_password_done", EVERYBODY),
    Row("account_reset_password_from_key", EVERYBODY, lambda world: ["1", "verlopen"]),
    Row("account_reset_password_from_key_done", EVERYBODY),
    Row("staff-logout", EVERYBODY, method="post"),
    Row("staff-password", EVERYBODY),
    Row("account", WITH_ACCOUNT),
    Row("account_reauthenticate", WITH_ACCOUNT),
    Row("account_change_password", WITH_ACCOUNT),
    Row("account_set_password", WITH_ACCOUNT),
    Row("usersessions_list", WITH_ACCOUNT),
    Row("socialaccount_connections", WITH_ACCOUNT),
    Row("mfa_index", WITH_ACCOUNT),
    Row("mfa_reauthenticate", WITH_ACCOUNT),
    Row("mfa_activate_totp", WITH_ACCOUNT),
    Row("mfa_deactivate_totp", THEIRS),
    Row("mfa_view_recovery_codes", THEIRS),
    Row("mfa_generate_recovery_codes", WITH_ACCOUNT),
    Row("mfa_download_recovery_codes", THEIRS),
    Row("mfa_list_webauthn", WITH_ACCOUNT),
    Row("mfa_add_webauthn", WITH_ACCOUNT),
    Row("mfa_reauthenticate_webauthn", WITH_ACCOUNT),
    Row("mfa_edit_webauthn", WITH_ACCOUNT, lambda world: [1]),
    Row("mfa_remove_webauthn", WITH_ACCOUNT, lambda world: [1]),
    Row("member-organisations", ADMINISTRATOR, anywhere=True, operator=True),
    Row("members", ADMINISTRATOR, organisation, operator=True),
    Row("member-invite", ADMINISTRATOR, organisation, operator=True),
    Row("member-invite", ADMINISTRATOR, organisation, operator=True, method="post"),
    Row(
        "member-invitation-resend",
        ADMINISTRATOR,
        lambda world: [world.own.slug, world.invitation.pk],
        operator=True,
        method="post",
    ),
    Row(
        "member-invitation-withdraw",
        ADMINISTRATOR,
        lambda world: [world.own.slug, world.invitation.pk],
        operator=True,
        method="post",
    ),
    Row("member-access", ADMINISTRATOR, organisation, operator=True),
    Row("member-access", ADMINISTRATOR, organisation, operator=True, method="post"),
    Row(
        "member-group-remove",
        ADMINISTRATOR,
        lambda world: [world.own.slug, world.group_role.pk],
        operator=True,
        method="post",
    ),
    Row("member", ADMINISTRATOR, person, operator=True),
    Row("member", ADMINISTRATOR, person, operator=True, method="post"),
    Row("member-role-end", ADMINISTRATOR, lambda world: [*person(world), world.membership.pk], operator=True),
    Row(
        "member-role-end",
        ADMINISTRATOR,
        lambda world: [*person(world), world.membership.pk],
        operator=True,
        method="post",
    ),
    Row("member-deactivate", ADMINISTRATOR, person, operator=True),
    Row("member-deactivate", ADMINISTRATOR, person, operator=True, method="post"),
]
