"""The comments about a record, on any page: `{% load comments %}{% comments record part %}`."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.core.paginator import Paginator
from django.db import models
from django.utils.safestring import SafeString

from governance import commenting
from governance.comment_forms import CommentForm
from governance.models import Comment

register = template.Library()


@register.inclusion_tag("_comments.html", takes_context=True)
def comments(context: Any, record: Any, part: Any = None) -> dict[str, Any]:
    """The comments about the record, or about a part of it (such as a requirement), with what the reader may do.

    The kind of record must be stated in `commenting.kinds`.
    """
    user, request = context["user"], context["request"]
    kind = commenting.kinds[record._meta.label_lower]
    about = Comment.objects.about(record, commenting.part_code(part))
    found = commenting.in_order(about).select_related("author", "resolved_by").prefetch_related("mentions")
    page = Paginator(found, commenting.PAGE_SIZE).get_page(request.GET.get("comments"))
    may_comment = user.has_perm(kind.permission, record)
    may_resolve = user.has_perm("governance.resolve_comment", record)
    for written in page:
        written.may_be_resolved = may_resolve or (may_comment and written.author_id == user.pk)
    form = None
    if may_comment:
        organisation = commenting.organisation_of(record)
        form = CommentForm(
            initial={"part": commenting.part_code(part)}, organisation=organisation, by=user, auto_id="comment_%s"
        )
    return {
        "record": record,
        "kind": kind,
        "page": page,
        "unresolved": about.unresolved().count() if page else 0,
        "form": form,
        "request": request,
        "csrf_token": context.get("csrf_token"),
    }


@register.simple_tag
def comment_figures(rows: Iterable[models.Model], of: models.Model | None = None) -> dict[str, tuple[int, int]]:
    """For `comments_link`: the comments about these records, or these parts `of` a record, in one query."""
    return commenting.figures(rows, of)


@register.inclusion_tag("_comments_link.html")
def comments_link(row: Any, figures: dict[str, tuple[int, int]], of: Any = None) -> dict[str, Any]:
    """The way from a line in a list to the comments about it, with how many there are."""
    record, part = (row, None) if of is None else (of, row)
    unresolved, total = figures.get(commenting.part_code(row), (0, 0))
    return {
        "address": commenting.kinds[record._meta.label_lower].place(record, part),
        "unresolved": unresolved,
        "total": total,
        "row": row,
    }


@register.filter
def shown(written: Comment) -> SafeString:
    """The text of a comment as safe HTML."""
    return commenting.shown(written.text, written.mentions.all())
