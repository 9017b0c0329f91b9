"""Tables as files: CSV, Excel and OpenDocument, written row by row, so that their length costs no memory.

Each file says what it is about: which filter, of which moment, how many rows, made by whom. Excel and OpenDocument
say so on a sheet of its own; CSV below the table, after an empty line, so that its first line names the columns.

Text never becomes a formula, whatever it begins with. Numbers, also negative ones, stay numbers.
"""

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any
from xml.sax.saxutils import escape, quoteattr

import xlsxwriter
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from governance.models import Export

Format = Export.Format

RUNS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""Text that begins with one of these is a formula to a spreadsheet that reads CSV, or when somebody edits the cell."""
LONGEST = 32_767
"""The most characters that a cell of a spreadsheet holds."""
MOST_ROWS = 1_048_575
"""The most rows that a sheet holds below the names of its columns."""
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

MEDIA_TYPES = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.ODS: "application/vnd.oasis.opendocument.spreadsheet",
    Format.PDF: "application/pdf",
}

Row = Sequence[Any]


@dataclass(frozen=True)
class About:
    """What a table is: it is written into every file."""

    title: str
    moment: datetime
    total: int
    filter: Sequence[tuple[str, str]] = field(default=())
    """What narrows it, each with what was chosen; nothing when it has every row that the person may see."""
    made_by: str = ""

    def lines(self) -> list[tuple[str, Any]]:
        narrowed: list[tuple[str, Any]] = [(_("Filter: %s") % label, text) for label, text in self.filter]
        return [
            (_("Table"), self.title),
            *(narrowed or [(_("Filter"), _("none: everything that may be seen by who made it"))]),
            (_("As it stood on"), self.moment),
            (_("Number of rows"), self.total),
            *([(_("Made by"), self.made_by)] if self.made_by else []),
        ]


class TooManyRows(ValueError):
    """The table does not fit on a sheet; the message is a sentence for who asked for it."""

    def __init__(self, total: int) -> None:
        sentence = _("The table has %(total)s rows, and a sheet holds %(most)s at most. Choose CSV, or narrow it.")
        numbers = {"total": total, "most": MOST_ROWS}
        super().__init__(sentence % {name: number_format(n, force_grouping=True) for name, n in numbers.items()})


def plain(value: Any) -> Any:
    """The value as a number, a day, a moment by the local clock, or text that every format can hold."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, int | float | Decimal):
        return value
    if isinstance(value, datetime):
        return timezone.localtime(value) if timezone.is_aware(value) else value
    if isinstance(value, date):
        return value
    text = NOT_IN_XML.sub("\ufffd", str(value).replace("\r\n", "\n"))
    if len(text) > LONGEST:
        sentence = " … " + _("(cut off: the cell holds no more)")
        return text[: LONGEST - len(sentence)] + sentence
    return text


def write(kind: str, to: IO[bytes], about: About, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Writes the file. Raises `TooManyRows` when a sheet cannot hold them."""
    if kind != Format.CSV and about.total > MOST_ROWS:
        raise TooManyRows(about.total)
    WRITERS[Format(kind)](to, about, columns, rows)


# CSV: with semicolons and a byte order mark, as Dutch Excel reads it; dates as ISO.


def cell(value: Any) -> str:
    """The value as text that a spreadsheet shows and never runs."""
    value = plain(value)
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float | Decimal):
        return str(value).replace(".", ",") if get_language() == "nl" else str(value)
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(RUNS) else text


def csv_parts(about: About, columns: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    """The file, in parts as they come."""
    line = io.StringIO()
    writer = csv.writer(line, delimiter=";")

    def written(values: Row) -> bytes:
        writer.writerow([cell(value) for value in values])
        text = line.getvalue()
        line.seek(0)
        line.truncate()
        return text.encode()

    yield b"\xef\xbb\xbf" + written(columns)
    yield from map(written, rows)
    yield b"\r\n"
    yield from map(written, about.lines())


def _write_csv(to: IO[bytes], about: About, columns: Sequence[str], rows: Iterable[Row]) -> None:
    for part in csv_parts(about, columns, rows):
        to.write(part)


# Excel


def _write_xlsx(to: IO[bytes], about: About, columns: Sequence[str], rows: Iterable[Row]) -> None:
    book = xlsxwriter.Workbook(
        to,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "remove_timezone": True,
        },
    )
    book.set_properties({"title": about.title, "author": about.made_by, "comments": about.lines()[1][1]})
    looks = {
        "head": book.add_format({"bold": True, "text_wrap": True, "valign": "top"}),
        "day": book.add_format({"num_format": "yyyy-mm-dd"}),
        "moment": book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        # A cell with this stays text also after somebody edits it.
        "text": book.add_format({"quote_prefix": True}),
    }
    sheet = book.add_worksheet(_("Table"))
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, max(len(columns) - 1, 0), 22)
    sheet.autofilter(0, 0, max(about.total, 1), max(len(columns) - 1, 0))
    for number, title in enumerate(columns):
        sheet.write_string(0, number, str(title), looks["head"])
    for number, row in enumerate(rows, start=1):
        _xlsx_row(sheet, number, row, looks)
    facts = book.add_worksheet(_("About this table"))
    facts.set_column(0, 0, 30)
    facts.set_column(1, 1, 60)
    for number, row in enumerate(about.lines()):
        _xlsx_row(facts, number, row, looks)
    book.close()


def _xlsx_row(sheet: Any, number: int, row: Row, looks: dict[str, Any]) -> None:
    for column, value in enumerate(map(plain, row)):
        if isinstance(value, datetime):
            sheet.write_datetime(number, column, value, looks["moment"])
        elif isinstance(value, date):
            sheet.write_datetime(number, column, value, looks["day"])
        elif isinstance(value, int | float | Decimal):
            sheet.write_number(number, column, value)
        elif value:
            sheet.write_string(number, column, value, looks["text"] if value.startswith(RUNS) else None)


# OpenDocument

NAMESPACES = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" '
    'xmlns:number="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0" '
    'xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" '
    'xmlns:meta="urn:oasis:names:tc:opendocument:xmlns:meta:1.0" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" office:version="1.3"'
)
XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_DAY = '<number:year number:style="long"/><number:text>-</number:text><number:month number:style="long"/>' + (
    '<number:text>-</number:text><number:day number:style="long"/>'
)
_TIME = '<number:text> </number:text><number:hours number:style="long"/><number:text>:</number:text>' + (
    '<number:minutes number:style="long"/>'
)
STYLES = (
    f'<number:date-style style:name="D">{_DAY}</number:date-style>'
    f'<number:date-style style:name="M">{_DAY}{_TIME}</number:date-style>'
    '<style:style style:name="column" style:family="table-column">'
    '<style:table-column-properties style:column-width="4.5cm"/></style:style>'
    '<style:style style:name="head" style:family="table-cell">'
    '<style:text-properties fo:font-weight="bold"/></style:style>'
    '<style:style style:name="day" style:family="table-cell" style:data-style-name="D"/>'
    '<style:style style:name="moment" style:family="table-cell" style:data-style-name="M"/>'
)
SPACES = re.compile(" {2,}|^ | $|\t")


def _write_ods(to: IO[bytes], about: About, columns: Sequence[str], rows: Iterable[Row]) -> None:
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        # What it is stands first and uncompressed, where programs look for it.
        archive.writestr(zipfile.ZipInfo("mimetype"), MEDIA_TYPES[Format.ODS], zipfile.ZIP_STORED)
        archive.writestr("META-INF/manifest.xml", _manifest())
        archive.writestr("meta.xml", _meta(about))
        archive.writestr("styles.xml", _default_styles())
        with archive.open("content.xml", "w", force_zip64=True) as content:
            for part in _ods_content(about, columns, rows):
                content.write(part.encode())


def _manifest() -> str:
    parts = [("/", MEDIA_TYPES[Format.ODS]), *((f"{name}.xml", "text/xml") for name in ("content", "meta", "styles"))]
    entries = "".join(
        f'<manifest:file-entry manifest:full-path="{path}" manifest:media-type="{kind}"/>' for path, kind in parts
    )
    namespace = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    return f'{XML}<manifest:manifest xmlns:manifest="{namespace}" manifest:version="1.3">{entries}</manifest:manifest>'


def _meta(about: About) -> str:
    told = f"<dc:title>{escape(about.title)}</dc:title><dc:language>{get_language()}</dc:language>"
    told += f"<dc:date>{about.moment.isoformat(timespec='seconds')}</dc:date>"
    return f"{XML}<office:document-meta {NAMESPACES}><office:meta>{told}</office:meta></office:document-meta>"


def _default_styles() -> str:
    country = {"nl": "NL", "en": "GB"}.get(get_language() or "", "none")
    language = f'fo:language="{get_language()}" fo:country="{country}"'
    default = (
        f'<style:default-style style:family="table-cell"><style:text-properties {language}/></style:default-style>'
    )
    return (
        f"{XML}<office:document-styles {NAMESPACES}><office:styles>{default}</office:styles></office:document-styles>"
    )


def _ods_content(about: About, columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    yield f"{XML}<office:document-content {NAMESPACES}><office:automatic-styles>{STYLES}</office:automatic-styles>"
    yield "<office:body><office:spreadsheet>"
    table, facts = quoteattr(_("Table")), quoteattr(_("About this table"))
    yield f"<table:table table:name={table}>{_ods_columns(len(columns))}"
    head = "".join(_ods_text(str(title), "head") for title in columns)
    yield f"<table:table-header-rows><table:table-row>{head}</table:table-row></table:table-header-rows>"
    yield from map(_ods_row, rows)
    yield f"</table:table><table:table table:name={facts}>{_ods_columns(2)}"
    yield from map(_ods_row, about.lines())
    yield "</table:table></office:spreadsheet></office:body></office:document-content>"


def _ods_columns(number: int) -> str:
    return f'<table:table-column table:style-name="column" table:number-columns-repeated="{max(number, 1)}"/>'


def _ods_row(row: Row) -> str:
    return f"<table:table-row>{''.join(_ods_cell(plain(value)) for value in row)}</table:table-row>"


def _ods_cell(value: Any) -> str:
    if isinstance(value, datetime):
        return _ods_moment(value.strftime("%Y-%m-%dT%H:%M:%S"), value.strftime("%Y-%m-%d %H:%M"), "moment")
    if isinstance(value, date):
        return _ods_moment(value.isoformat(), value.isoformat(), "day")
    if isinstance(value, int | float | Decimal):
        number = f'office:value-type="float" office:value="{value}"'
        return f"<table:table-cell {number}><text:p>{value}</text:p></table:table-cell>"
    return _ods_text(value)


def _ods_moment(value: str, shown: str, style: str) -> str:
    kind = f'table:style-name="{style}" office:value-type="date" office:date-value="{value}"'
    return f"<table:table-cell {kind}><text:p>{shown}</text:p></table:table-cell>"


def _ods_text(text: str, style: str = "") -> str:
    if not text:
        return "<table:table-cell/>"
    look = f' table:style-name="{style}"' if style else ""
    lines = "".join(f"<text:p>{SPACES.sub(_ods_space, escape(line))}</text:p>" for line in text.split("\n"))
    return f'<table:table-cell{look} office:value-type="string">{lines}</table:table-cell>'


def _ods_space(found: re.Match[str]) -> str:
    return "<text:tab/>" if found[0] == "\t" else f'<text:s text:c="{len(found[0])}"/>'


WRITERS: dict[Format, Callable[[IO[bytes], About, Sequence[str], Iterable[Row]], None]] = {
    Format.CSV: _write_csv,
    Format.XLSX: _write_xlsx,
    Format.ODS: _write_ods,
}
