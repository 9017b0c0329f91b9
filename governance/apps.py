from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GovernanceConfig(AppConfig):
    name = "governance"
    verbose_name = _("Organisation and framework")

    def ready(self) -> None:
        """Listens to who logs in, and states what people hold, comment on and prove at organisation level."""
        from governance import (
            commented,
            commenting,
            evidence,
            evidence_places,
            evidenced,
            leaving,
            organisation_level,
            positions,
            signing_in,
        )
        from governance.models import OrganisationEvidence
        from governance.policies import PolicyOwners

        signing_in.listen()
        leaving.sources += [positions.PositionsHeld(), PolicyOwners()]
        for kind in commented.KINDS:
            commenting.can_be_commented(kind)
        for place in evidenced.KINDS:
            evidence_places.can_be_proven(place)
        evidence.levels[OrganisationEvidence] = organisation_level.LEVEL
