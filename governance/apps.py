from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GovernanceConfig(AppConfig):
    name = "governance"
    verbose_name = _("Organisation and framework")

    def ready(self) -> None:
        from governance import signing_in

        signing_in.listen()
