from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from governance import clock
from governance.models import DecisionTree, Period, PeriodQuerySet
from registry.models.algorithm import Algorithm


class AnswersQuerySet(PeriodQuerySet):
    def with_tree(self) -> Self:
        """With the tree they were given in, but not its content: `decision_tree.tree_of` keeps that in memory."""
        return self.select_related("tree", "by").defer("tree__content")


class Answers(models.Model):
    """Answers in the decision aid and to the facts of the other laws."""

    tree = models.ForeignKey(DecisionTree, verbose_name=_("decision tree"), on_delete=models.PROTECT, related_name="+")
    answers = models.JSONField(
        _("answers"), default=list, help_text=_("A list of [question, number of the answer], in the order of the path.")
    )
    facts = models.JSONField(_("facts"), default=dict, help_text=_("Fact: true, false or, where unanswered, absent."))

    class Meta:
        abstract = True

    @property
    def needs_review(self) -> bool:
        """A newer decision tree is in use than the one these answers were given in."""
        return not self.tree.is_current


class Classification(Answers, Period):
    """A confirmed classification. One is current per algorithm; earlier ones stay readable."""

    algorithm = models.ForeignKey(
        Algorithm, verbose_name=_("algorithm"), on_delete=models.PROTECT, related_name="classifications"
    )
    labels = models.JSONField(_("labels"), default=list)
    conclusion = models.CharField(_("conclusion"), max_length=20)
    ai_act_applies = models.BooleanField(_("the AI Act applies"))
    risk_group = models.CharField(_("risk group"), max_length=40, blank=True)

    objects = AnswersQuerySet.as_manager()

    class Meta:
        verbose_name = _("classification")
        verbose_name_plural = _("classifications")
        ordering = ["-since", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["algorithm"], condition=models.Q(until=None), name="classification_one_current"
            )
        ]
        indexes = [
            models.Index(
                fields=["risk_group", "algorithm"], condition=models.Q(until=None), name="classification_by_risk_group"
            )
        ]

    def __str__(self) -> str:
        return f"{self.algorithm}: {self.conclusion}"


class ClassificationDraft(Answers):
    """Answers not yet confirmed: one per algorithm, to go on with later."""

    algorithm = models.OneToOneField(
        Algorithm, verbose_name=_("algorithm"), on_delete=models.CASCADE, related_name="classification_draft"
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("by"), on_delete=models.PROTECT, null=True, related_name="+"
    )
    started = models.DateTimeField(_("started"), default=clock.now)
    changed = models.DateTimeField(_("last changed"), auto_now=True)

    objects = AnswersQuerySet.as_manager()

    class Meta:
        verbose_name = _("unfinished classification")
        verbose_name_plural = _("unfinished classifications")

    def __str__(self) -> str:
        return str(self.algorithm)
