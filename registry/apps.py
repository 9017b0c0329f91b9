from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RegistryConfig(AppConfig):
    name = "registry"
    verbose_name = _("Algorithms")

    def ready(self) -> None:
        """States the register's rules, and lets the catalogue say when what applies must be decided anew."""
        import registry.permissions  # noqa: F401
        from governance import decision_tree_import, framework_import, own_items
        from governance import reminders as governance_reminders
        from registry import catalogue_changes, reminders

        framework_import.after_import.append(catalogue_changes.after_framework_import)
        own_items.after_change.append(catalogue_changes.after_own_item)
        decision_tree_import.after_import.append(catalogue_changes.due_for_review)
        governance_reminders.sources.extend(reminders.SOURCES)
