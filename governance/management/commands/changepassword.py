from typing import Any

from django.contrib.auth.management.commands import changepassword

from governance import audit_trail
from governance.models import User


class Command(changepassword.Command):
    """As Django's, with the fact that the password changed in the audit trail."""

    def handle(self, *args: Any, **options: Any) -> Any:
        said = super().handle(*args, **options)
        with audit_trail.acting(None, "command"):
            audit_trail.record("user.password_changed", User.objects.get_by_natural_key(options["username"]))
        return said
