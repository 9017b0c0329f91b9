"""The catalogue: what the law asks and how others meet it, from the national framework or from an organisation itself.

Texts exist in Dutch and English (`title_nl`, `title_en`); `title` is the reader's. The framework is Dutch, so an
English text may be missing and then the Dutch one stands in.
"""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from governance import clock
from governance.models.organisation import Organisation


class Translated:
    """Reads `<name>_<language>` of the current language, or the Dutch one where that is empty."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self
        own = getattr(instance, f"{self.name}_en", "") if (get_language() or "").startswith("en") else ""
        return own or getattr(instance, f"{self.name}_nl")


class Axis(models.TextChoices):
    """The six axes on which the framework says to which AI systems a requirement applies."""

    APPLICATION_TYPE = "soort-toepassing", _("Kind of application")
    RISK_GROUP = "risicogroep", _("Risk group")
    ROLE = "rol-ai-act", _("Role under the AI Act")
    TRANSPARENCY = "transparantieverplichting", _("Transparency obligation")
    SYSTEMIC_RISK = "systeemrisico", _("Systemic risk")
    OPEN_SOURCE = "open-source", _("Open source")


class Fact(models.TextChoices):
    """What the other laws hang on and the AI Act's decision tree does not ask."""

    PERSONAL_DATA = "personal_data", _("Personal data are processed")
    SPECIAL_CATEGORIES = "special_categories", _("Special categories of personal data are processed")
    AUTOMATED_DECISIONS = "automated_decisions", _("Decisions about people are taken without human intervention")
    PUBLIC_LAW_DECISION = "public_law_decision", _("The outcome is part of a decision under public law")
    OTHERS_WORKS = "others_works", _("Protected works or databases of others are used")
    ACQUIRED = "acquired", _("The algorithm is bought or taken over from others")


class FrameworkRelease(models.Model):
    class Source(models.TextChoices):
        BUILT_IN = "built-in", _("Built-in catalogue")
        ALGORITMEKADER = "algoritmekader", _("Algoritmekader")

    source = models.CharField(_("source"), max_length=20, choices=Source.choices)
    name = models.CharField(_("name"), max_length=100)
    fingerprint = models.CharField(_("fingerprint"), max_length=64, help_text=_("SHA-256 of what was read"))
    imported = models.DateTimeField(_("imported"), default=clock.now)
    report = models.JSONField(_("report"), default=dict)

    class Meta:
        verbose_name = _("framework release")
        verbose_name_plural = _("framework releases")
        ordering = ["-imported", "-pk"]

    def __str__(self) -> str:
        return f"{self.get_source_display()} {self.name}"


class CatalogueGroup(models.Model):
    """Something by which items are grouped: topic, phase, discipline, law."""

    slug = models.SlugField(_("slug"), max_length=100, unique=True)
    title_nl = models.CharField(_("title (Dutch)"), max_length=300)
    title_en = models.CharField(_("title (English)"), max_length=300, blank=True)
    summary_nl = models.TextField(_("summary (Dutch)"), blank=True)
    summary_en = models.TextField(_("summary (English)"), blank=True)
    body_nl = models.TextField(_("text (Dutch)"), blank=True)

    title = Translated("title")
    summary = Translated("summary")
    route: ClassVar[str]

    class Meta:
        abstract = True
        ordering = ["title_nl"]

    def __str__(self) -> str:
        return str(self.title)

    def get_absolute_url(self) -> str:
        return reverse(self.route, args=[self.slug])


class Topic(CatalogueGroup):
    route = "topic"

    class Meta(CatalogueGroup.Meta):
        verbose_name = _("topic")
        verbose_name_plural = _("topics")


class LifecyclePhase(CatalogueGroup):
    ORGANISATION_NUMBER: ClassVar[int] = 0

    number = models.PositiveSmallIntegerField(_("number"), unique=True, help_text=_("0 is the organisation level."))
    route = "phase"

    class Meta(CatalogueGroup.Meta):
        verbose_name = _("lifecycle phase")
        verbose_name_plural = _("lifecycle phases")
        ordering = ["number"]


class Discipline(CatalogueGroup):
    """The framework's *rol*: one of the four disciplines that a team needs."""

    route = "discipline"

    class Meta(CatalogueGroup.Meta):
        verbose_name = _("discipline")
        verbose_name_plural = _("disciplines")


class Law(CatalogueGroup):
    short_nl = models.CharField(_("short name (Dutch)"), max_length=50)
    short_en = models.CharField(_("short name (English)"), max_length=50, blank=True)
    url = models.URLField(_("address"), max_length=500, blank=True)
    short = Translated("short")
    route = "law"

    AI_ACT: ClassVar[str] = "aia"

    class Meta(CatalogueGroup.Meta):
        verbose_name = _("law")
        verbose_name_plural = _("laws")


class CatalogueItemQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> Self:
        """The framework's items are for everybody; an organisation's own for its people and those below it."""
        return self.filter(Q(organisation=None) | Q(organisation__in=Organisation.objects.counting_for(user)))

    def for_organisation(self, organisation: Organisation) -> Self:
        """The framework's items, and the own items of this organisation and of those above it."""
        return self.filter(Q(organisation=None) | Q(organisation__in=organisation.above))

    def in_force(self) -> Self:
        return self.filter(withdrawn_in=None, withdrawn_on=None)

    def with_organisation_phase(self) -> Self:
        """What has phase 0, alone or beside others: the organisation works on it."""
        return self.filter(phases__number=LifecyclePhase.ORGANISATION_NUMBER)

    def at_organisation_level(self) -> Self:
        """What has phase 0 and no other: arranged once for all algorithms."""
        return self.filter(phases__number=0).exclude(phases__number__gt=0)

    def at_algorithm_level(self) -> Self:
        """What has a phase of its own in an algorithm's life, or no phase at all."""
        phase = self.model.phases.through.objects.filter(**{self.model._meta.model_name: models.OuterRef("pk")})
        return self.filter(models.Exists(phase.filter(lifecyclephase__number__gt=0)) | ~models.Exists(phase))


class CatalogueItem(models.Model):
    """A requirement, measure or tool. `urn` is its identity through all releases; `revision` counts its changes."""

    urn = models.CharField(_("URN"), max_length=150, unique=True)
    slug = models.SlugField(_("slug"), max_length=150, unique=True)
    title_nl = models.CharField(_("title (Dutch)"), max_length=400)
    title_en = models.CharField(_("title (English)"), max_length=400, blank=True)
    summary_nl = models.TextField(_("summary (Dutch)"), blank=True)
    summary_en = models.TextField(_("summary (English)"), blank=True)
    body_nl = models.TextField(_("text (Dutch, Markdown)"), blank=True)
    body_en = models.TextField(_("text (English, Markdown)"), blank=True)
    sources = models.JSONField(
        _("sources"), default=list, blank=True, help_text=_("A list of {title_nl, title_en, url}.")
    )
    topics = models.ManyToManyField(Topic, verbose_name=_("topics"), blank=True, related_name="%(class)ss")
    phases = models.ManyToManyField(LifecyclePhase, verbose_name=_("phases"), blank=True, related_name="%(class)ss")
    disciplines = models.ManyToManyField(
        Discipline, verbose_name=_("disciplines"), blank=True, related_name="%(class)ss"
    )
    organisation = models.ForeignKey(
        Organisation,
        verbose_name=_("own item of"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="own_%(class)ss",
        help_text=_("Empty for an item of the national framework."),
    )
    release = models.ForeignKey(
        FrameworkRelease,
        verbose_name=_("last changed in release"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    withdrawn_in = models.ForeignKey(
        FrameworkRelease,
        verbose_name=_("withdrawn in release"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    withdrawn_on = models.DateTimeField(_("withdrawn on"), null=True, blank=True)
    revision = models.PositiveIntegerField(_("revision"), default=1)

    title = Translated("title")
    summary = Translated("summary")
    body = Translated("body")
    route: ClassVar[str]

    objects = CatalogueItemQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["urn"]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse(self.route, args=[self.slug])

    @property
    def code(self) -> str:
        """The item as people cite it: the last part of the URN (`aia-03`), for an own item with its kind (`ver-01`)."""
        *_, kind, number = self.urn.split(":")
        return f"{kind}-{number}" if self.organisation_id else number

    @property
    def is_at_organisation_level(self) -> bool:
        """Whether it has phase 0 and no other; algorithms inherit it. Asks no query when `phases` were prefetched."""
        return [phase.number for phase in self.phases.all()] == [LifecyclePhase.ORGANISATION_NUMBER]

    @property
    def is_withdrawn(self) -> bool:
        return self.withdrawn_in_id is not None or self.withdrawn_on is not None


class Requirement(CatalogueItem):
    """A legal duty. Which systems it holds for: `axis_values`, and `facts` that must all be true."""

    law = models.ForeignKey(
        Law, verbose_name=_("law"), on_delete=models.PROTECT, null=True, blank=True, related_name="requirements"
    )
    risk_nl = models.TextField(_("risk (Dutch)"), blank=True)
    risk_en = models.TextField(_("risk (English)"), blank=True)
    facts = models.JSONField(_("hangs on"), default=list, blank=True, help_text=_("Facts that must all hold."))
    effective_from = models.DateField(_("applies from"), null=True, blank=True)
    effective_from_existing = models.DateField(
        _("applies from, for systems already in use"), null=True, blank=True, help_text="AI Act art. 111"
    )

    risk = Translated("risk")
    route = "requirement"

    class Meta(CatalogueItem.Meta):
        verbose_name = _("requirement")
        verbose_name_plural = _("requirements")


class AxisValue(models.Model):
    requirement = models.ForeignKey(Requirement, on_delete=models.CASCADE, related_name="axis_values")
    axis = models.CharField(_("axis"), max_length=30, choices=Axis.choices)
    value = models.CharField(_("value"), max_length=60)

    class Meta:
        verbose_name = _("axis value")
        verbose_name_plural = _("axis values")
        ordering = ["axis", "value"]
        constraints = [models.UniqueConstraint(fields=["requirement", "axis", "value"], name="axisvalue_once")]

    def __str__(self) -> str:
        return f"{self.axis}: {self.value}"


class Measure(CatalogueItem):
    """A recommended way to meet requirements; `facts` that must all hold before it is recommended."""

    risk_nl = models.TextField(_("risk (Dutch)"), blank=True)
    risk_en = models.TextField(_("risk (English)"), blank=True)
    facts = models.JSONField(_("hangs on"), default=list, blank=True, help_text=_("Facts that must all hold."))
    requirements = models.ManyToManyField(
        Requirement, verbose_name=_("requirements"), blank=True, related_name="measures"
    )

    risk = Translated("risk")
    route = "measure"

    class Meta(CatalogueItem.Meta):
        verbose_name = _("measure")
        verbose_name_plural = _("measures")


class Tool(CatalogueItem):
    class Category(models.TextChoices):
        FACTSHEET = "factsheet", _("Fact sheet")
        GUIDE = "handreiking", _("Guide")
        IMPACT_ASSESSMENT = "impact-assessment", _("Impact assessment")
        REGISTER = "register", pgettext_lazy("category of a tool", "Register")
        ROADMAP = "roadmap", _("Roadmap")
        SELF_ASSESSMENT = "self-assessment", _("Self-assessment")
        STANDARD = "standaard", _("Standard")
        TEMPLATE = "template", _("Template")
        AUDIT_FRAMEWORK = "toetsingskader", _("Audit framework")

    category = models.CharField(_("category"), max_length=30, choices=Category.choices, blank=True)
    publisher = models.CharField(_("publisher"), max_length=200, blank=True)
    risk_nl = models.TextField(_("risk (Dutch)"), blank=True)
    risk_en = models.TextField(_("risk (English)"), blank=True)
    url = models.URLField(_("address"), max_length=500, blank=True)
    requirements = models.ManyToManyField(Requirement, verbose_name=_("requirements"), blank=True, related_name="tools")
    measures = models.ManyToManyField(Measure, verbose_name=_("measures"), blank=True, related_name="tools")

    risk = Translated("risk")
    route = "tool"

    class Meta(CatalogueItem.Meta):
        verbose_name = _("tool")
        verbose_name_plural = _("tools")


class AuditFramework(CatalogueGroup):
    """A set of numbered norms that auditors test against: ADR (Auditdienst Rijk), ARK (Algemene Rekenkamer)."""

    url = models.URLField(_("address"), max_length=500, blank=True)
    route = "audit-framework"

    class Meta(CatalogueGroup.Meta):
        verbose_name = _("audit framework")
        verbose_name_plural = _("audit frameworks")


class AuditCriterion(models.Model):
    framework = models.ForeignKey(
        AuditFramework, verbose_name=_("audit framework"), on_delete=models.PROTECT, related_name="criteria"
    )
    number = models.CharField(_("number"), max_length=20)
    order = models.PositiveIntegerField(_("order"), default=0)
    measures = models.ManyToManyField(Measure, verbose_name=_("measures"), blank=True, related_name="criteria")
    withdrawn_in = models.ForeignKey(
        FrameworkRelease,
        verbose_name=_("withdrawn in release"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )

    class Meta:
        verbose_name = _("audit criterion")
        verbose_name_plural = _("audit criteria")
        ordering = ["framework", "order", "number"]
        constraints = [models.UniqueConstraint(fields=["framework", "number"], name="auditcriterion_once")]

    def __str__(self) -> str:
        return f"{self.framework.slug.upper()} {self.number}"


class TermQuerySet(models.QuerySet["Term"]):
    def in_force(self) -> Self:
        return self.filter(withdrawn_in=None)


class Term(models.Model):
    """A word of the field and what it means; shown wherever a text uses it."""

    slug = models.SlugField(_("slug"), max_length=120, unique=True)
    term_nl = models.CharField(_("term (Dutch)"), max_length=150)
    term_en = models.CharField(_("term (English)"), max_length=150, blank=True)
    definition_nl = models.TextField(_("definition (Dutch)"))
    definition_en = models.TextField(_("definition (English)"), blank=True)
    withdrawn_in = models.ForeignKey(
        FrameworkRelease,
        verbose_name=_("withdrawn in release"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )

    term = Translated("term")
    definition = Translated("definition")

    objects = TermQuerySet.as_manager()

    class Meta:
        verbose_name = _("term")
        verbose_name_plural = _("glossary")
        ordering = ["term_nl"]

    def __str__(self) -> str:
        return str(self.term)


class CatalogueRevision(models.Model):
    """How an item read before it changed: kept so that a claim can be read beside the text it was made against."""

    urn = models.CharField(_("URN"), max_length=150)
    number = models.PositiveIntegerField(_("revision"))
    release = models.ForeignKey(
        FrameworkRelease, verbose_name=_("release"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    content = models.JSONField(_("content"))
    recorded = models.DateTimeField(_("recorded"), default=clock.now)

    class Meta:
        verbose_name = _("earlier revision")
        verbose_name_plural = _("earlier revisions")
        ordering = ["urn", "-number"]
        constraints = [models.UniqueConstraint(fields=["urn", "number"], name="cataloguerevision_once")]

    def __str__(self) -> str:
        return f"{self.urn} #{self.number}"
