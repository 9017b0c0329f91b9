from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RegistryConfig(AppConfig):
    name = "registry"
    verbose_name = _("Algorithms")

    def ready(self) -> None:
        """States the register's rules, what can be commented on, proven, held and told in it, and what stands on
        pages of others; lets the catalogue say when what applies must be decided anew."""
        import registry.permissions  # noqa: F401
        from governance import (
            commenting,
            decision_tree_import,
            evidence,
            evidence_places,
            framework_import,
            leaving,
            overview,
            own_items,
            reports,
            tables,
            trail_table,
        )
        from governance import reminders as governance_reminders
        from registry import (
            assurance_tables,
            catalogue_changes,
            classifying,
            commented,
            dossier,
            evidenced,
            handover,
            held_in_use,
            organisation_report,
            oversight_reminders,
            reminders,
            timeline,
            use_reminders,
            working,
        )
        from registry import tables as registry_tables
        from registry.complaints import HandledComplaints
        from registry.conditions import HeldConditions
        from registry.findings import OwnedFindings
        from registry.impact_assessments import AssignedAssessments
        from registry.incidents import classified_anew
        from registry.models import AlgorithmEvidence
        from registry.overview import PANELS

        framework_import.after_import.append(catalogue_changes.after_framework_import)
        own_items.after_change.append(catalogue_changes.after_own_item)
        decision_tree_import.after_import.append(catalogue_changes.due_for_review)
        classifying.after_classifying.append(classified_anew)
        leaving.sources += [
            *handover.SOURCES,
            HandledComplaints(),
            AssignedAssessments(),
            HeldConditions(),
            OwnedFindings(),
            *held_in_use.SOURCES,
        ]
        for kind in commented.KINDS:
            commenting.can_be_commented(kind)
        for place in evidenced.KINDS:
            evidence_places.can_be_proven(place)
        evidence.levels[AlgorithmEvidence] = working.LEVEL
        timeline.tell()
        overview.panels.extend(PANELS)
        governance_reminders.sources.extend([*reminders.SOURCES, *use_reminders.SOURCES, *oversight_reminders.SOURCES])
        reports.offer(dossier.REPORT, organisation_report.REPORT)
        tables.offer(*registry_tables.TABLES, *assurance_tables.TABLES, trail_table.TABLE)
