"""Reports to read and to print: what they are made of, which there are, and how one becomes PDF.

A report is a list of parts, laid out by one template for the screen, for paper and for PDF. PDF needs WeasyPrint, which
is not part of every installation; without it the pages remain, and say so.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from governance.models import User

STYLES = "css/print.css"

Cells = Sequence[Any]


@dataclass(frozen=True)
class Grid:
    """A table in a report; the first cell of a row says what the row is about."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Cells]
    empty: str = ""
    """What is said when there is no row."""


@dataclass(frozen=True)
class Part:
    title: str
    lead: str = ""
    facts: Sequence[tuple[str, Any]] = field(default=())
    """Those without a value are left out."""
    grids: Sequence[Grid] = field(default=())
    note: str = ""

    @property
    def filled(self) -> list[tuple[str, Any]]:
        return [(label, value) for label, value in self.facts if value not in (None, "", [])]


@dataclass(frozen=True)
class Document:
    title: str
    subtitle: str
    moment: datetime
    """As it stood then."""
    made: datetime
    made_by: User
    filter: str
    """What it is limited to, in words."""
    parts: Sequence[Part]


class NotAvailable(RuntimeError):
    """This installation cannot make PDF; the message is a sentence for who asked for it."""


@dataclass(frozen=True)
class Report:
    name: str
    title: Any
    made_of: Callable[[User, Mapping[str, Any]], Document]
    """For this person; raises `ObjectDoesNotExist` for what they may not see (any more)."""


REPORTS: dict[str, Report] = {}


def offer(*reports: Report) -> None:
    """Lets people ask for these reports."""
    for report in reports:
        if report.name in REPORTS:
            raise ValueError(f"{report.name} is offered twice")
        REPORTS[report.name] = report


def day_of(parameters: Mapping[str, Any]) -> date | None:
    """The past day that a report was asked for; None for now."""
    return date.fromisoformat(parameters["day"]) if parameters.get("day") else None


@cache
def _weasyprint() -> Any:
    """The library; None where it, or the text layout of the system that it needs, is missing."""
    try:
        import weasyprint
    except (ImportError, OSError):
        return None
    return weasyprint


def can_make_pdf() -> bool:
    return _weasyprint() is not None


def why_no_pdf() -> str:
    return _(
        "PDF cannot be made here: WeasyPrint is not installed. Print this page from the browser, or ask the "
        "administrator to install it (pip install weasyprint, and Pango from the system's packages)."
    )


def pdf_of(document: Document) -> bytes:
    """The document as accessible PDF (PDF/UA-1), with bookmarks from its headings. Raises `NotAvailable`."""
    return pdf(render_to_string("governance/report_pdf.html", {"document": document, "language": get_language()}))


def pdf(html: str) -> bytes:
    """The page as PDF, laid out with our own styles. It fetches nothing: no address in it is opened, on the network
    or on this machine. Raises `NotAvailable`.
    """
    library = _weasyprint()
    if library is None:
        raise NotAvailable(why_no_pdf())

    class Nothing(library.URLFetcher):  # type: ignore[name-defined]
        def fetch(self, url: str, headers: Any = None) -> Any:
            raise ValueError(f"A report fetches nothing: {url}")

    styles = library.CSS(filename=finders.find(STYLES), url_fetcher=Nothing())
    page = library.HTML(string=html, url_fetcher=Nothing())
    content: bytes = page.write_pdf(stylesheets=[styles], pdf_variant="pdf/ua-1", pdf_tags=True)
    return content
