from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GovernanceConfig(AppConfig):
    name = "governance"
    verbose_name = _("Organisation and framework")

    def ready(self) -> None:
        """States what people hold at organisation level."""
        from governance import leaving, work_held

        leaving.sources.extend(work_held.SOURCES)
