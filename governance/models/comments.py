from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from governance import clock
from governance.models.organisation import Organisation, OwnedQuerySet
from governance.models.people import by_person


class CommentQuerySet(OwnedQuerySet):
    def visible_to(self, user: Any) -> Self:
        """Those of the organisations this person may see, on records that they see."""
        from governance.commenting import kinds

        seen = models.Q()
        for label, kind in kinds.items():
            rows: Any = kind.model._default_manager.all()
            keys = rows.visible_to(user).order_by().annotate(key=Cast("pk", models.CharField())).values("key")
            seen |= models.Q(subject_type=label, subject_id__in=keys)
        return super().visible_to(user).filter(seen)

    def about(self, record: models.Model, part: str = "") -> Self:
        """The comments on a record, or on a part of it: an algorithm's requirement `aia-03`."""
        return self.filter(subject_type=record._meta.label_lower, subject_id=str(record.pk), part=part)

    def unresolved(self) -> Self:
        return self.filter(resolved_at=None)


class Comment(models.Model):
    """What somebody says about a record; open until somebody resolves it. Its text is never changed."""

    organisation = models.ForeignKey(
        Organisation, verbose_name=_("organisation"), on_delete=models.PROTECT, related_name="+"
    )
    subject_type = models.CharField(_("kind of record"), max_length=60)
    subject_id = models.CharField(_("record"), max_length=60)
    part = models.CharField(_("part of the record"), max_length=60, blank=True)
    label = models.CharField(_("name of the record then"), max_length=255)
    url = models.CharField(_("address"), max_length=300)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("author"), on_delete=models.PROTECT, related_name="comments"
    )
    text = models.TextField(_("text"))
    mentions = models.ManyToManyField(
        settings.AUTH_USER_MODEL, verbose_name=_("mentions"), blank=True, related_name="mentioned_in"
    )
    created = models.DateTimeField(_("written"), default=clock.now)
    resolved_at = models.DateTimeField(_("resolved"), null=True, blank=True)
    resolved_by = by_person(_("resolved by"))

    objects = CommentQuerySet.as_manager()

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        ordering = ["created", "pk"]
        indexes = [models.Index(fields=["subject_type", "subject_id", "part", "created"], name="comment_of_record")]

    def __str__(self) -> str:
        return f"{self.author}: {self.text[:60]}"
