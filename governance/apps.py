from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GovernanceConfig(AppConfig):
    name = "governance"
    verbose_name = _("Organisation and framework")

    def ready(self) -> None:
        """Says what people hold at the organisation level."""
        from governance import leaving
        from governance.policies import PolicyOwners

        leaving.sources.append(PolicyOwners())
