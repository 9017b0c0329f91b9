"""The pages about one algorithm; see `governance.tabs`."""

from django.utils.translation import gettext_lazy as _

from governance.tabs import Tab

ALGORITHM = [
    Tab("overview", _("Overview"), "algorithm"),
    Tab("classification", _("Classification"), "classification"),
    Tab("requirements", _("Requirements"), "algorithm-requirements"),
    Tab("measures", _("Measures"), "algorithm-measures"),
    Tab(
        "proof",
        _("Evidence"),
        pages=[
            Tab("evidence", _("Evidence"), "algorithm-evidence"),
            Tab("impact-assessments", _("Impact assessments"), "algorithm-impact-assessments"),
        ],
    ),
    Tab(
        "people",
        _("People"),
        pages=[
            Tab("responsibilities", _("Responsibilities"), "algorithm-responsibilities"),
            Tab("team", _("Team"), "algorithm-team"),
        ],
    ),
    Tab("risks", _("Risks"), "algorithm-risks"),
    Tab(
        "decisions",
        _("Decisions"),
        pages=[
            Tab("lifecycle", _("Life and decisions"), "algorithm-lifecycle"),
        ],
    ),
    Tab(
        "use",
        _("In use"),
        pages=[
            Tab("monitoring", _("Evaluations"), "algorithm-monitoring"),
            Tab("incidents", _("Incidents"), "algorithm-incidents"),
            Tab("complaints", _("Complaints and questions"), "algorithm-complaints"),
        ],
    ),
    Tab(
        "oversight",
        _("Oversight"),
        pages=[
            Tab("findings", _("Findings"), "algorithm-findings"),
            Tab("consistency", _("Checks"), "algorithm-consistency"),
        ],
    ),
    Tab(
        "record",
        _("History"),
        pages=[
            Tab("history", _("What happened"), "algorithm-history"),
            Tab("state", _("State on a day"), "algorithm-state"),
            Tab("dossier", _("Dossier"), "algorithm-dossier"),
        ],
    ),
]
