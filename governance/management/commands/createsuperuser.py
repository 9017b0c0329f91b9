from typing import Any

from django.contrib.auth.management.commands import createsuperuser

from governance import audit_trail
from governance.models import User


class Command(createsuperuser.Command):
    """As Django's, with the new administrator of the installation in the audit trail."""

    def handle(self, *args: Any, **options: Any) -> None:
        last = User.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        with audit_trail.acting(None, "command"):
            super().handle(*args, **options)
            for person in User.objects.filter(pk__gt=last, is_superuser=True):
                changes = {"email": [None, person.email], "name": [None, person.name], "is_superuser": [False, True]}
                audit_trail.record("user.added", person, changes)
