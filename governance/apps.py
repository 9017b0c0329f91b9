from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GovernanceConfig(AppConfig):
    name = "governance"
    verbose_name = _("Organisation and framework")

    def ready(self) -> None:
        """Listens to who logs in, and states what people hold and comment on at the level of the organisation."""
        from governance import commented, commenting, leaving, positions, signing_in
        from governance.policies import PolicyOwners

        signing_in.listen()
        leaving.sources += [positions.PositionsHeld(), PolicyOwners()]
        for kind in commented.KINDS:
            commenting.can_be_commented(kind)
