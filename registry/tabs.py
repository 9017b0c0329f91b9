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
    Tab(
        "use",
        _("In use"),
        pages=[
            Tab("complaints", _("Complaints and questions"), "algorithm-complaints"),
        ],
    ),
    Tab(
        "past",
        _("History"),
        pages=[
            Tab("history", _("What happened"), "algorithm-history"),
            Tab("state", _("State on a day"), "algorithm-state"),
        ],
    ),
]
