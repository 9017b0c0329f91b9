"""The values in exports of the Algoritmeregister, as the publication standard 1.0 has them.

Every reader takes a value as it stands in a file and a function to remark on it: a value that is not what the standard
asks is kept or left empty, never cut off, and either way there is a remark.
"""

import json
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import date
from html import unescape
from typing import Any

from django.core.exceptions import SuspiciousOperation, ValidationError
from django.core.validators import EmailValidator, URLValidator
from django.utils.html import strip_tags
from django.utils.translation import gettext as _

from registry.models import Algorithm, AlgorithmTheme

Status, Category, Theme = Algorithm.Status, Algorithm.PublicationCategory, AlgorithmTheme.Theme

Remarks = Callable[[str, str], None]
"""Takes a reason and the value it is about."""


def plain(value: Any) -> str:
    """A value as text without white space around it: a list as lines, nothing as an empty text."""
    if value is None:
        return ""
    if isinstance(value, list):
        return "\n".join(filter(None, map(plain, value)))
    return (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)).strip()


def visible(text: str) -> str:
    """The text without markup."""
    try:
        return unescape(strip_tags(text))
    except SuspiciousOperation:  # more opening brackets than any real markup has
        return text


_ELEMENT = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^",{}]*))\s*(?:,|\Z)', re.DOTALL)


def listed(value: Any) -> list[str] | None:
    """The elements of a list or of a Postgres array literal such as {a,"b c"}; None for anything else."""
    if isinstance(value, list):
        return [text for text in map(plain, value) if text]
    text = plain(value)
    if not (text.startswith("{") and text.endswith("}")):
        return None
    elements, place, inner = [], 0, text[1:-1]
    while place < len(inner):
        match = _ELEMENT.match(inner, place)
        if not match:
            return None
        quoted, bare = match.groups()
        elements.append(bare.strip() if quoted is None else re.sub(r"\\(.)", r"\1", quoted))
        place = match.end()
    return [element for element in elements if element]


def read_text(value: Any, remark: Remarks) -> str:
    return plain(value)


def read_lines(value: Any, remark: Remarks) -> str:
    elements = listed(value)
    return plain(value) if elements is None else "\n".join(elements)


def is_address(text: str) -> bool:
    return _passes(URLValidator(schemes=["http", "https"]), text)


def _passes(validator: Callable[[str], None], text: str) -> bool:
    try:
        validator(text)
    except ValidationError:
        return False
    return True


def read_address(value: Any, remark: Remarks) -> str:
    text = plain(value)
    if text and not is_address(text):
        remark(_("not a web address"), text)
    return text


def read_contact(value: Any, remark: Remarks) -> str:
    text = plain(value)
    if text and not is_address(text) and not _passes(EmailValidator(), text):
        remark(_("neither an e-mail address nor a web address"), text)
    return text


STATUS_NAMES = {
    "actief": Status.IN_USE, "active": Status.IN_USE, "in werking": Status.IN_USE, "operationeel": Status.IN_USE,
    "in productie": Status.IN_USE, "in use": Status.IN_USE, "yn gebrûk": Status.IN_USE,
    "in development": Status.IN_DEVELOPMENT, "yn ûntwikkeling": Status.IN_DEVELOPMENT,
    "gestopt": Status.OUT_OF_USE, "beëindigd": Status.OUT_OF_USE, "niet meer in gebruik": Status.OUT_OF_USE,
    "uitgefaseerd": Status.OUT_OF_USE, "out of use": Status.OUT_OF_USE, "bûten gebrûk": Status.OUT_OF_USE,
}  # fmt: skip
CATEGORY_NAMES = {
    "hoog-risico ai-systemen": Category.HIGH_RISK, "high-risk ai-system": Category.HIGH_RISK,
    "impactful algorithms": Category.IMPACTFUL, "ympaktfolle algoritmes": Category.IMPACTFUL,
    "other algorithms": Category.OTHER, "oare algoritmes": Category.OTHER,
}  # fmt: skip
THEME_NAMES = {
    "huisvesting": Theme.HOUSING, "financiën": Theme.FINANCE,
    "organisation and business operations": Theme.BUSINESS_OPERATIONS,
    "organisaasje en bedriuwsfiering": Theme.BUSINESS_OPERATIONS,
    "culture and recreation": Theme.CULTURE, "economy": Theme.ECONOMY, "international": Theme.INTERNATIONAL,
    "migration and integration": Theme.MIGRATION, "nature and environment": Theme.NATURE,
    "natuer en miljeu": Theme.NATURE, "education and science": Theme.EDUCATION,
    "public order and safety": Theme.ORDER, "iepenbiere oarder en feilichheid": Theme.ORDER, "law": Theme.LAW,
    "space and infrastructure": Theme.SPACE, "romte en ynfrastruktuer": Theme.SPACE,
    "social security": Theme.SOCIAL_SECURITY, "traffic": Theme.TRAFFIC, "ferkear": Theme.TRAFFIC, "work": Theme.WORK,
    "health and healthcare": Theme.CARE, "soarch en sûnens": Theme.CARE,
}  # fmt: skip
"""What the values of the standard are called in its former version, in English and in Frisian."""


def _code(text: str, codes: Iterable[str], names: dict[str, Any]) -> str:
    """The value of the standard that `text` names; empty when it names none."""
    by_name = {code.casefold(): code for code in codes} | {name: str(code) for name, code in names.items()}
    return by_name.get(text.casefold(), "")


def _read_code(text: str, code: str, remark: Remarks, otherwise: str = "") -> str:
    if text and not code:
        remark(otherwise or _("not a value of the standard; left empty"), text)
    elif text != code:
        remark(_("read as “%s”") % code, text)
    return code


_IN_USE_AND_MORE = re.compile(r"in gebruik\b(?!.*\b(?:tot|geweest)\b)", re.IGNORECASE | re.DOTALL)


def read_status(value: Any, remark: Remarks) -> str:
    text = plain(value)
    code = _code(text, Status.values, STATUS_NAMES)
    if not code and _IN_USE_AND_MORE.match(text):
        code = Status.IN_USE.value
    return _read_code(text, code, remark)


def read_category(value: Any, remark: Remarks) -> str:
    text = plain(value)
    return _read_code(text, _code(text, Category.values, CATEGORY_NAMES), remark)


def read_themes(value: Any, remark: Remarks) -> list[str]:
    """The themes in a list, an array literal or "a, b"."""
    elements = listed(value)
    if elements is None:
        elements = [part.strip() for part in plain(value).split(",")]
    codes = {text: _code(text, Theme.values, THEME_NAMES) for text in elements if text}
    for text, code in codes.items():
        if code and text != code:
            remark(_("read as “%s”") % code, text)
    if unknown := [text for text, code in codes.items() if not code]:
        remark(_("not a theme of the standard; left out"), ", ".join(unknown))
    return list(dict.fromkeys(filter(None, codes.values())))


LANGUAGES = {
    "nld": "nld", "nl": "nld", "nederlands": "nld", "dutch": "nld", "eng": "eng", "en": "eng", "engels": "eng",
    "english": "eng", "fry": "fry", "fy": "fry", "fries": "fry", "frysk": "fry",
}  # fmt: skip


def read_language(value: Any, remark: Remarks) -> str:
    text = plain(value)
    code = LANGUAGES.get(text.casefold(), "")
    if text and not code:
        remark(_("not a language code; Dutch is assumed"), text)
    return code


MONTHS = [
    "januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november",
    "december",
]  # fmt: skip
_YEAR_FIRST = re.compile(r"(?P<year>\d{4})-(?P<month>\d\d?)(?:-(?P<day>\d\d?)(?:[ T]\d\d:\d\d(?::\d\d)?.*)?)?")
_YEAR_LAST = re.compile(r"(?:(?P<day>\d\d?)-)?(?P<month>\d\d?)-(?P<year>\d{4})")
_IN_WORDS = re.compile(rf"(?:(?P<day>\d\d?) )?(?P<month>{'|'.join(MONTHS)}) (?P<year>\d{{4}})", re.IGNORECASE)


def _date(text: str) -> tuple[date, bool] | None:
    """The day, or the first day of the month, that is meant, and whether a day was named."""
    for pattern in (_YEAR_FIRST, _YEAR_LAST, _IN_WORDS):
        if match := pattern.fullmatch(text):
            month = match["month"]
            number = int(month) if month.isdigit() else MONTHS.index(month.lower()) + 1
            try:
                return date(int(match["year"]), number, int(match["day"] or 1)), match["day"] is not None
            except ValueError:
                return None
    return None


def read_month(value: Any, remark: Remarks) -> str:
    text = plain(value)
    found = _date(text)
    code = f"{found[0]:%Y-%m}" if found else ""
    return _read_code(text, code, remark, otherwise=_("not a month such as 2026-03; left empty"))


def read_day(value: Any, remark: Remarks) -> date | None:
    text = plain(value)
    found = _date(text)
    if text and not (found and found[1]):
        remark(_("not a date; left empty"), text)
    elif found and not text.startswith(found[0].isoformat()):
        remark(_("read as “%s”") % found[0], text)
    return found[0] if found and found[1] else None


def read_links(value: Any, remark: Remarks) -> list[dict[str, str]]:
    """{title, link} of each entry: from a list, also as JSON text, or from "1: title, link. 2: title, link"."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        with suppress(ValueError):
            value = json.loads(value)
    if isinstance(value, list):
        pairs = [
            (plain(entry.get("title")), plain(entry.get("link"))) if isinstance(entry, dict) else _pair(plain(entry))
            for entry in value
        ]
    else:
        pairs = [_pair(entry) for entry in _numbered(plain(value))]
    links = []
    for title, link in pairs:
        if link and not is_address(link) and is_address(title):
            remark(_("title and link were the other way round"), title)
            title, link = link, title
        if link and not is_address(link):
            remark(_("not a web address"), link)
        if title or link:
            links.append({"title": title, "link": link})
    return links


def _numbered(text: str) -> list[str]:
    """The entries of "1: a. 2: b"; a text without numbers is one entry."""
    if not text.startswith("1:"):
        return [text]
    entries, number, rest = [], 2, text[2:]
    while f". {number}: " in rest:
        entry, rest = rest.split(f". {number}: ", 1)
        entries.append(entry.strip())
        number += 1
    return [*entries, rest.strip()]


def _pair(entry: str) -> tuple[str, str]:
    """Title and link of an entry. Both may hold a comma: where no end of it is an address, all of it is the title."""
    title, _comma, link = (part.strip() for part in entry.rpartition(", "))
    if is_address(link):
        return title, link
    link, _comma, title = (part.strip() for part in entry.partition(", "))
    return (title, link) if is_address(link) else (entry, "")
