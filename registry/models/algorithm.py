from typing import Any, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from governance import clock
from governance.models import LifecyclePhase, Objective, Organisation
from governance.models.people import by_person


def serves_none() -> Any:
    """The condition that an algorithm serves no public value or objective in force."""
    served = Algorithm.objectives.through.objects.filter(algorithm=models.OuterRef("pk"), objective__ended=None)
    return ~models.Exists(served)


class AlgorithmQuerySet(models.QuerySet["Algorithm"]):
    def visible_to(self, user: Any) -> Self:
        return self.filter(organisation__in=Organisation.objects.visible_to(user))

    def classified(self) -> Self:
        return self.filter(classifications__until=None, classifications__isnull=False)

    def overdue(self, on: Any = None) -> Self:
        """Algorithms with something open whose due date has passed; relies on the stored compliance row."""
        return self.filter(compliance__next_due__lt=on or clock.today())

    def with_vacancies(self) -> Self:
        """Each with `lacks_accountable` and `lacks_responsible`: nobody has that letter for the whole.

        Then every phase without one of its own lacks it too; see `registry.responsibilities` for the rule.
        """
        from registry.models.responsibility import Responsibility  # which imports this module

        filling = Responsibility.objects.filling().for_the_whole().filter(algorithm=OuterRef("pk"))
        return self.annotate(
            lacks_accountable=~Exists(filling.filter(letter="A")), lacks_responsible=~Exists(filling.filter(letter="R"))
        )

    def vacant(self) -> Self:
        """Algorithms with a scope that has no Accountable or no Responsible; then the whole is such a scope."""
        return self.with_vacancies().filter(Q(lacks_accountable=True) | Q(lacks_responsible=True))

    def within(self, organisation: Organisation) -> Self:
        """Those of this organisation and of those below it."""
        return self.filter(organisation__path__startswith=organisation.path)

    def serving_none(self) -> Self:
        """Those that serve no public value or objective in force."""
        return self.filter(serves_none())

    def for_list(self) -> Self:
        """What a row of a list shows, in one query."""
        return self.select_related("organisation", "phase", "compliance")


class Algorithm(models.Model):
    """An algorithm or AI system that an organisation uses, used or means to use.

    The fields from `name` to `tags` are those of the publication standard 1.0 of the Algoritmeregister, under its
    names. Texts are kept whole, however long; the standard's lengths are checked when publishing is prepared.
    """

    class Status(models.TextChoices):
        IN_DEVELOPMENT = "In ontwikkeling", _("In development")
        IN_USE = "In gebruik", _("In use")
        OUT_OF_USE = "Buiten gebruik", _("Out of use")

    class PublicationCategory(models.TextChoices):
        HIGH_RISK = "Hoog-risico AI-systeem", _("High-risk AI system")
        IMPACTFUL = "Impactvolle algoritmes", _("Impactful algorithm")
        OTHER = "Overige algoritmes", _("Other algorithm")

    class Acquisition(models.TextChoices):
        DEVELOPED = "developed", _("Developed by the organisation")
        BOUGHT = "bought", _("Bought from a supplier")
        SHARED = "shared", _("Taken over from or shared with another public body")

    organisation = models.ForeignKey(
        Organisation, verbose_name=_("organisation"), on_delete=models.PROTECT, related_name="algorithms"
    )
    department = models.CharField(_("department"), max_length=500, blank=True)
    phase = models.ForeignKey(
        LifecyclePhase,
        verbose_name=_("lifecycle phase"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="algorithms",
    )
    acquisition = models.CharField(_("how acquired"), max_length=20, choices=Acquisition.choices, blank=True)
    review_date = models.DateField(_("review date"), null=True, blank=True)
    objectives = models.ManyToManyField(
        Objective, verbose_name=_("public values and objectives"), blank=True, related_name="algorithms"
    )
    complaints_procedure = models.TextField(_("procedure for complaints and objections"), blank=True)
    questions_contact = models.CharField(_("contact for questions"), max_length=500, blank=True)

    name = models.CharField(_("name"), max_length=1024)
    description_short = models.TextField(_("short description"))
    status = models.CharField(_("status"), max_length=30, choices=Status.choices, blank=True)
    is_paused = models.BooleanField(_("paused"), default=False, editable=False)
    begin_date = models.CharField(_("begin date"), max_length=7, blank=True, help_text=_("Year and month, as 2026-03."))
    end_date = models.CharField(_("end date"), max_length=7, blank=True, help_text=_("Year and month, as 2026-03."))
    contact_email = models.TextField(_("contact information"), blank=True)
    website = models.TextField(_("public page"), blank=True)
    publication_category = models.CharField(
        _("publication category"), max_length=30, choices=PublicationCategory.choices, blank=True
    )
    url = models.TextField(_("source registration"), blank=True)
    goal = models.TextField(_("goal and impact"), blank=True)
    proportionality = models.TextField(_("considerations"), blank=True)
    human_intervention = models.TextField(_("human intervention"), blank=True)
    risks = models.TextField(_("risk management"), blank=True)
    lawful_basis = models.TextField(_("legal basis"), blank=True)
    lawful_basis_grouping = models.JSONField(_("links to legal bases"), default=list, blank=True)
    process_index_url = models.TextField(_("link to the processing register"), blank=True)
    impacttoetsen = models.TextField(_("explanation of impact assessments"), blank=True)
    impacttoetsen_grouping = models.JSONField(_("impact assessments"), default=list, blank=True)
    source_data = models.TextField(_("data"), blank=True)
    source_data_grouping = models.JSONField(_("links to data sources"), default=list, blank=True)
    methods_and_models = models.TextField(_("technical design"), blank=True)
    provider = models.TextField(_("supplier"), blank=True)
    publiccode = models.TextField(_("link to the source code"), blank=True)
    lang = models.CharField(_("language"), max_length=10, default="nld")
    source_id = models.CharField(_("source ID"), max_length=100, blank=True)
    tags = models.TextField(_("search terms"), blank=True)

    created = models.DateTimeField(_("registered"), default=clock.now)
    created_by = by_person(_("registered by"))
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = AlgorithmQuerySet.as_manager()

    class Meta:
        verbose_name = _("algorithm")
        verbose_name_plural = _("algorithms")
        ordering = ["name", "pk"]
        indexes = [
            models.Index(fields=["organisation", "name"], name="algorithm_by_organisation"),
            models.Index(Lower("name"), "id", name="algorithm_by_lower_name"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="algorithm_has_a_name"),
            models.UniqueConstraint(
                fields=["organisation", "source_id"],
                condition=~Q(source_id=""),
                name="algorithm_source_id_once",
                violation_error_message=_("The organisation has another algorithm with this source ID."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("algorithm", args=[self.pk])


class AlgorithmTheme(models.Model):
    """A theme of the publication standard (its field `category`); the code is the Dutch label."""

    class Theme(models.TextChoices):
        BUSINESS_OPERATIONS = "Organisatie en bedrijfsvoering", _("Organisation and business operations")
        CULTURE = "Cultuur en recreatie", _("Culture and recreation")
        ECONOMY = "Economie", _("Economy")
        FINANCE = "Overheidsfinanciën", _("Public finance")
        HOUSING = "Wonen", _("Housing")
        INTERNATIONAL = "Internationaal", _("International")
        MIGRATION = "Migratie en integratie", _("Migration and integration")
        NATURE = "Natuur en milieu", _("Nature and environment")
        EDUCATION = "Onderwijs en wetenschap", _("Education and science")
        ORDER = "Openbare orde en veiligheid", _("Public order and safety")
        LAW = "Recht", _("Law and justice")
        SPACE = "Ruimte en infrastructuur", _("Space and infrastructure")
        SOCIAL_SECURITY = "Sociale zekerheid", _("Social security")
        TRAFFIC = "Verkeer", _("Traffic")
        WORK = "Werk", _("Work")
        CARE = "Zorg en gezondheid", _("Care and health")

    algorithm = models.ForeignKey(Algorithm, on_delete=models.CASCADE, related_name="themes")
    theme = models.CharField(_("theme"), max_length=60, choices=Theme.choices)

    class Meta:
        verbose_name = _("theme")
        verbose_name_plural = _("themes")
        ordering = ["theme"]
        constraints = [models.UniqueConstraint(fields=["algorithm", "theme"], name="algorithmtheme_once")]

    def __str__(self) -> str:
        return self.get_theme_display()


class ImportedRow(models.Model):
    """A row of a register export as it was read: nothing that has no field of ours is lost, nothing is read twice."""

    algorithm = models.ForeignKey(
        Algorithm, verbose_name=_("algorithm"), on_delete=models.PROTECT, related_name="imported_rows"
    )
    source = models.CharField(_("file"), max_length=200)
    row = models.PositiveIntegerField(_("row"))
    key = models.CharField(_("key in the register"), max_length=300, unique=True)
    content = models.JSONField(_("content"))
    remarks = models.JSONField(_("remarks"), default=list, help_text=_("A list of {field, reason, value}."))
    imported = models.DateTimeField(_("imported"), default=clock.now)

    class Meta:
        verbose_name = _("imported row")
        verbose_name_plural = _("imported rows")
        ordering = ["source", "row"]

    def __str__(self) -> str:
        return f"{self.source}:{self.row}"
