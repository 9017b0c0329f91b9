"""The pages about one algorithm; see `governance.tabs`."""

from django.utils.translation import gettext_lazy as _

from governance.tabs import Tab

ALGORITHM = [
    Tab("overview", _("Overview"), "algorithm"),
    Tab("classification", _("Classification"), "classification"),
    Tab("requirements", _("Requirements"), "algorithm-requirements"),
    Tab("measures", _("Measures"), "algorithm-measures"),
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
        "use",
        _("In use"),
        pages=[
            Tab("monitoring", _("Evaluations"), "algorithm-monitoring"),
            Tab("incidents", _("Incidents"), "algorithm-incidents"),
            Tab("complaints", _("Complaints and questions"), "algorithm-complaints"),
        ],
    ),
    Tab("history", _("History"), "algorithm-history"),
]
