"""Comments on records, with people mentioned in them; open until somebody resolves them.

Each part of the application states which of its records can be commented on (`kinds`). A comment is about a record,
or about a part of it: what an algorithm does about one requirement.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from governance import audit_trail, clock
from governance.conflict import Conflict
from governance.models import Comment, Measure, Notification, Organisation, Requirement, User
from governance.notifying import tell
from governance.permissions import organisation_of
from governance.rich_text import REL

PAGE_SIZE = 20
LONGEST = 5000


def has_no_parts(record: Any, part: str) -> models.Model | None:
    return None


@dataclass(frozen=True)
class Kind:
    """A kind of record that can be commented on, found among the rows that a person sees (`visible_to`)."""

    name: str
    """In the address to which its comments are sent."""
    model: type[models.Model]
    address: Callable[[Any, Any], str]
    """The page on which a record, or a part of it, stands."""
    part: Callable[[Any, str], models.Model | None] = has_no_parts
    """The part of a record with that code (`part_code`), or None when it has no such part."""
    has_only_parts: bool = False
    """Whether comments are about a part of it, and none about the record as a whole."""
    listed: tuple[type[models.Model], ...] = ()
    """The records and parts among it that stand in a list: comments about one of these have a page apart."""
    permission: str = "governance.add_comment"

    def is_listed(self, record: Any, part: Any) -> bool:
        return isinstance(part or record, self.listed)

    def place(self, record: Any, part: Any) -> str:
        """The address of the page on which the comments about a record, and a part of it or None, stand."""
        if not self.is_listed(record, part):
            return self.address(record, part)
        query = urlencode({"part": part_code(part)}, safe=":") if part is not None else ""
        return f"{reverse('comments', args=[self.name, record.pk])}{'?' if query else ''}{query}"


kinds: dict[str, Kind] = {}
"""By the label of the model, such as `registry.algorithm`."""


def can_be_commented(kind: Kind) -> None:
    """States that people may comment on this kind of record."""
    kinds[kind.model._meta.label_lower] = kind


def part_code(part: models.Model | None) -> str:
    """Names a part within its record: `requirement:12`. Nothing for the record as a whole."""
    return f"{part._meta.model_name}:{part.pk}" if part is not None else ""


def requirement_or_measure(record: Any, part: str) -> Requirement | Measure | None:
    """The requirement or measure with that code, among those that count for the record's organisation."""
    model, _colon, number = part.partition(":")
    organisation = organisation_of(record)
    if not number.isdecimal() or organisation is None or model not in ("requirement", "measure"):
        return None
    items: Any = Requirement.objects if model == "requirement" else Measure.objects
    return items.for_organisation(organisation).filter(pk=number).first()


def find(kind: Kind, key: str, part: str, user: User) -> tuple[Any, Any]:
    """The record with that key and its part, as far as this person sees them; raises `DoesNotExist`."""
    rows: Any = kind.model._default_manager.all()
    record = rows.visible_to(user).get(pk=key) if key.isdecimal() else None
    found = kind.part(record, part) if part and record is not None else None
    if record is None or (found is None and (part or kind.has_only_parts)):
        raise kind.model.DoesNotExist  # type: ignore[attr-defined]
    return record, found


def name_of(record: Any, part: Any) -> str:
    """How a comment, and whoever is told of it, names what it is about; a part without a code has a name of its own."""
    code = getattr(part, "code", "")
    return f"{code}, {record}" if code else str(part or record)


def in_order(comments: Any) -> Any:
    """Open comments in the order of the conversation, then those that are resolved."""
    return comments.order_by(F("resolved_at").asc(nulls_first=True), "created", "pk")


def figures(rows: Iterable[models.Model], of: models.Model | None = None) -> dict[str, tuple[int, int]]:
    """How many comments about each of these records, or these parts `of` a record, are open, and are there at all.

    By `part_code`; what nobody commented on is absent. All rows are of one model.
    """
    kept = list(rows)
    if not kept:
        return {}
    codes = {str(row.pk): part_code(row) for row in kept}
    if of is None:
        about = Comment.objects.filter(subject_type=kept[0]._meta.label_lower, part="", subject_id__in=codes)
    else:
        about = Comment.objects.filter(
            subject_type=of._meta.label_lower, subject_id=str(of.pk), part__in=codes.values()
        )
    column = "subject_id" if of is None else "part"
    counted = (
        about.order_by()
        .values_list(column)
        .annotate(unresolved=Count("pk", filter=Q(resolved_at=None)), total=Count("pk"))
    )
    return {codes.get(key, key): (unresolved, total) for key, unresolved, total in counted}


# Mentions


def mentioned_in(text: str, people: Iterable[User]) -> list[User]:
    """Those of `people` whose name follows an @ in the text, in any case; of two that fit, the longest name."""
    by_name: dict[str, list[User]] = {}
    for person in people:
        if person.name:
            by_name.setdefault(person.name.casefold(), []).append(person)
    if not by_name:
        return []
    names = {match[1].casefold() for match in _names_pattern(by_name).finditer(text)}
    return [person for name in by_name if name in names for person in by_name[name]]


def _names_pattern(names: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted(names, key=len, reverse=True)
    return re.compile(rf"(?<!\w)@({'|'.join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE)


_ADDRESS = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)\]']")


def shown(text: str, mentioned: Iterable[User]) -> SafeString:
    """A comment as safe HTML: its lines, its web addresses as links, and who is mentioned as such."""
    names = [person.name for person in mentioned if person.name]
    pattern = re.compile(f"{_ADDRESS.pattern}|{_names_pattern(names).pattern}", re.IGNORECASE) if names else _ADDRESS
    pieces, end = [], 0
    for match in pattern.finditer(text):
        pieces.append(conditional_escape(text[end : match.start()]))
        if match[0].startswith("@"):
            pieces.append(format_html('<mark class="mention">{}</mark>', match[0]))
        else:
            pieces.append(format_html('<a href="{0}" rel="{1}">{0}</a>', match[0], REL))
        end = match.end()
    pieces.append(conditional_escape(text[end:]))
    return mark_safe("".join(pieces).replace("\r\n", "\n").replace("\n", "<br>"))  # noqa: S308  (every piece is escaped)


# Verbs


def comment(record: Any, text: str, *, part: Any = None, also: Iterable[User] = (), by: User) -> Comment:
    """A new comment on the record or on a part of it. Whoever is named in it, and `also`, is told.

    Only people with a role in the record's organisation can be mentioned. Raises `ValidationError` naming the field.
    """
    text = text.strip()
    if not text:
        raise ValidationError({"text": _("Write a comment first.")})
    if len(text) > LONGEST:
        raise ValidationError({"text": _("Use at most %(n)d characters.") % {"n": LONGEST}})
    organisation = organisation_of(record)
    if organisation is None:
        raise ValueError(f"{record._meta.label} {record.pk} belongs to no organisation")
    kind = kinds[record._meta.label_lower]
    people = list(organisation.people())
    chosen = {person.pk for person in also}
    named = {person.pk for person in mentioned_in(text, people)}
    mentioned = [person for person in people if person.pk in chosen | named]
    with transaction.atomic():
        written = Comment.objects.create(
            organisation=organisation,
            subject_type=record._meta.label_lower,
            subject_id=str(record.pk),
            part=part_code(part),
            label=name_of(record, part)[:255],
            url=kind.place(record, part),
            author=by,
            text=text,
        )
        written.mentions.set(mentioned)
        _recorded("comment.added", record, part, {"comment": [None, text]})
        tell(
            [person for person in mentioned if person != by],
            Notification.Kind.MENTION,
            key=f"comment:{written.pk}:mention",
            details={"sentence": "comment_mention", "who": str(by), "what": written.label, "where": str(organisation)},
            url=reverse("comment", args=[written.pk]),
            organisation=organisation,
        )
    return written


def resolve(written: Comment, *, by: User) -> Comment:
    """Says that nothing is left to do about a comment. Raises `Conflict` when somebody did so already."""
    with transaction.atomic():
        fresh = _held(written)
        if fresh.resolved_at is not None:
            raise Conflict(fresh)
        fresh.resolved_at, fresh.resolved_by = clock.now(), by
        fresh.save(update_fields=["resolved_at", "resolved_by"])
        _recorded("comment.resolved", *subject_of(fresh), {"comment": [fresh.text, None]})
    return fresh


def reopen(written: Comment, *, by: User) -> Comment:
    """Opens a resolved comment again. Raises `Conflict` when it is open already."""
    with transaction.atomic():
        fresh = _held(written)
        if fresh.resolved_at is None:
            raise Conflict(fresh)
        fresh.resolved_at = fresh.resolved_by = None
        fresh.save(update_fields=["resolved_at", "resolved_by"])
        _recorded("comment.reopened", *subject_of(fresh), {"comment": [None, fresh.text]})
    return fresh


def subject_of(written: Comment) -> tuple[Any, Any]:
    """The record that the comment is about, and the part of it or None."""
    kind = kinds[written.subject_type]
    record = kind.model._default_manager.get(pk=written.subject_id)
    return record, kind.part(record, written.part) if written.part else None


def place_of(written: Comment) -> str:
    """The address of the comment itself: its page, the page of its list, and its place on it."""
    kind = kinds[written.subject_type]
    record, part = subject_of(written)
    keys = list(in_order(Comment.objects.about(record, written.part)).values_list("pk", flat=True))
    number = keys.index(written.pk) // PAGE_SIZE + 1
    page = kind.place(record, part)
    query = f"{'&' if '?' in page else '?'}comments={number}" if number > 1 else ""
    return f"{page}{query}#comment-{written.pk}"


def _held(written: Comment) -> Comment:
    return Comment.objects.select_for_update(no_key=True, of=("self",)).get(pk=written.pk)


def _recorded(verb: str, record: Any, part: Any, changes: dict[str, Any]) -> None:
    """Comments belong to the history of the record they are about."""
    organisation: Organisation | None = organisation_of(record)
    label = getattr(part, "code", "") or str(part or record)
    audit_trail.record(verb, record, changes, organisation=organisation, label=label)
