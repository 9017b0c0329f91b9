"""Tables as files: what each format holds, that no cell runs, and that length costs no memory."""

import csv
import io
import tracemalloc
import xml.etree.ElementTree as ET
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.utils import translation

from governance import stored_files, table_files
from governance.table_files import About, Format, TooManyRows, cell, plain, write

ABOUT = About("Algoritmes", datetime(2026, 3, 2, 9, 30, tzinfo=UTC), 2, [("Fase", "Ontwerp")], "Anouk")
COLUMNS = ["Naam", "Aantal", "Dag", "Moment"]
ROWS = [
    ["=1+1", -5, date(2026, 3, 2), datetime(2026, 7, 1, 12, 0, tzinfo=UTC)],
    ["Twee\nregels  & <tekens>", Decimal("-0.5"), None, None],
]
RUNS = ["=HYPERLINK('x')", "+31", "-2+3", "@SUM(A1)", "\t=1", "\r=1"]
SPREADSHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
ODF = {name: f"urn:oasis:names:tc:opendocument:xmlns:{name}:1.0" for name in ("office", "table", "text")}


def written(kind, about=ABOUT, columns=COLUMNS, rows=ROWS) -> bytes:
    to = io.BytesIO()
    write(kind, to, about, columns, rows)
    return to.getvalue()


def part(file: bytes, name: str) -> ET.Element:
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        return ET.fromstring(archive.read(name))  # noqa: S314


def csv_rows(file: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(file.decode("utf-8-sig")), delimiter=";"))


def xlsx_cells(file: bytes, sheet: int = 1) -> list[list[tuple[str | None, str]]]:
    """(type, text) of every cell, row by row."""
    return [
        [(cell.get("t"), "".join(cell.itertext())) for cell in row]
        for row in part(file, f"xl/worksheets/sheet{sheet}.xml").iter(f"{SPREADSHEET}row")
    ]


def ods_cells(file: bytes, sheet: int = 0) -> list[list[tuple[str | None, str | None, str]]]:
    """(type, value, text) of every cell, row by row."""
    office, tables = f"{{{ODF['office']}}}", part(file, "content.xml").findall(".//table:table", ODF)
    return [
        [
            (
                cell.get(f"{office}value-type"),
                cell.get(f"{office}value") or cell.get(f"{office}date-value"),
                "\n".join("".join(line.itertext()) for line in cell.findall("text:p", ODF)),
            )
            for cell in row.findall("table:table-cell", ODF)
        ]
        for row in tables[sheet].iter(f"{{{ODF['table']}}}table-row")
    ]


FACTS = [
    ["Tabel", "Algoritmes"],
    ["Filter: Fase", "Ontwerp"],
    ["Zoals het was op", "2026-03-02T10:30:00+01:00"],
    ["Aantal rijen", "2"],
    ["Gemaakt door", "Anouk"],
]


def test_csv_begins_with_the_columns_and_ends_with_what_it_is():
    assert csv_rows(written(Format.CSV)) == [
        COLUMNS,
        ["'=1+1", "-5", "2026-03-02", "2026-07-01T14:00:00+02:00"],
        ["Twee\nregels  & <tekens>", "-0,5", "", ""],
        [],
        *FACTS,
    ]


def test_excel_has_a_sheet_that_says_what_the_table_is():
    file = written(Format.XLSX)

    head, first, second = xlsx_cells(file)
    assert [text for _type, text in head] == COLUMNS
    assert [text for _type, text in first] == ["=1+1", "-5", "46083", "46204.58333333334"]
    assert [text for _type, text in second] == ["Twee\nregels  & <tekens>", "-0.5"]
    assert [[text for _type, text in row] for row in xlsx_cells(file, 2)] == [
        *FACTS[:2],
        [FACTS[2][0], "46083.4375"],
        *FACTS[3:],
    ]


def test_opendocument_has_a_sheet_that_says_what_the_table_is():
    file = written(Format.ODS)

    head, first, second = ods_cells(file)
    assert [text for _type, _value, text in head] == COLUMNS
    assert first == [
        ("string", None, "=1+1"),
        ("float", "-5", "-5"),
        ("date", "2026-03-02", "2026-03-02"),
        ("date", "2026-07-01T14:00:00", "2026-07-01 14:00"),
    ]
    assert second == [
        ("string", None, "Twee\nregels& <tekens>"),
        ("float", "-0.5", "-0.5"),
        (None, None, ""),
        (None, None, ""),
    ]
    assert b'regels<text:s text:c="2"/>&amp;' in zipfile.ZipFile(io.BytesIO(file)).read("content.xml")
    assert [row[0][2] for row in ods_cells(file, 1)] == [name for name, _value in FACTS]


def test_opendocument_says_first_and_uncompressed_what_it_is():
    file = written(Format.ODS)

    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        first = archive.infolist()[0]
        listed = {entry.get(entry.keys()[0]) for entry in part(file, "META-INF/manifest.xml")}
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
        assert {*archive.namelist(), "/"} == listed | {"mimetype", "META-INF/manifest.xml"}
    assert file[30:38] == b"mimetype"
    assert file[38:84] == b"application/vnd.oasis.opendocument.spreadsheet"


@pytest.mark.parametrize(("kind", "extension"), [(Format.XLSX, "xlsx"), (Format.ODS, "ods")])
def test_the_file_is_what_its_name_says(kind, extension):
    assert stored_files._kind_of(io.BytesIO(written(kind))) == extension


@pytest.mark.parametrize("text", RUNS)
def test_no_cell_becomes_a_formula(text):
    csv_file, xlsx, ods = (written(kind, columns=["=A1"], rows=[[text]]) for kind in WRITTEN)

    assert csv_rows(csv_file)[:2] == [["'=A1"], [f"'{text}"]]
    assert [row[0][0] for row in xlsx_cells(xlsx)] == ["inlineStr", "inlineStr"]
    assert not list(part(xlsx, "xl/worksheets/sheet1.xml").iter(f"{SPREADSHEET}f"))
    assert b'quotePrefix="1"' in zipfile.ZipFile(io.BytesIO(xlsx)).read("xl/styles.xml")
    assert [row[0][0] for row in ods_cells(ods)] == ["string", "string"]
    assert b"formula" not in zipfile.ZipFile(io.BytesIO(ods)).read("content.xml")


WRITTEN = [Format.CSV, Format.XLSX, Format.ODS]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=SUM(A1)", "'=SUM(A1)"),
        ("-5", "'-5"),
        (-5, "-5"),
        (Decimal("-1.5"), "-1,5"),
        (True, "Ja"),
        (None, ""),
        ("Tekst", "Tekst"),
        (date(2026, 3, 2), "2026-03-02"),
    ],
)
def test_text_is_guarded_and_a_number_stays_a_number(value, text):
    assert cell(value) == text


def test_a_decimal_has_the_sign_of_the_language():
    with translation.override("en"):
        assert cell(0.5) == "0.5"


@pytest.mark.parametrize("kind", WRITTEN)
def test_characters_that_no_file_may_hold_are_replaced(kind):
    file = written(kind, rows=[["a\x00b\x0bc\ufffe", "", "", ""]])

    read = {Format.CSV: csv_rows, Format.XLSX: xlsx_cells, Format.ODS: ods_cells}[kind](file)[1][0]
    assert (read if kind == Format.CSV else read[-1]) == "a\ufffdb\ufffdc\ufffd"


def test_a_text_that_a_cell_cannot_hold_is_cut_off_and_says_so():
    text = plain("x" * 40_000)

    assert len(text) == table_files.LONGEST
    assert text.endswith("… (afgekapt: meer past niet in de cel)")


@pytest.mark.parametrize("kind", [Format.XLSX, Format.ODS])
def test_more_rows_than_a_sheet_holds_are_refused_in_a_sentence(kind):
    with pytest.raises(TooManyRows, match=r"1\.048\.576 rijen") as refused:
        written(kind, about=About("Veel", ABOUT.moment, 1_048_576))

    assert "Kies CSV" in str(refused.value)


def test_without_a_filter_it_says_that_there_is_none():
    about = About("Alles", ABOUT.moment, 0)

    assert ("Filter", "geen: alles wat de maker mag zien") in about.lines()


class Bin(io.RawIOBase):
    """Takes what is written and keeps nothing but where it is."""

    at = 0

    def writable(self):
        return True

    def seekable(self):
        return True

    def seek(self, offset, whence=0):
        self.at = offset if whence == 0 else self.at + offset
        return self.at

    def tell(self):
        return self.at

    def write(self, content):
        self.at += len(content)
        return len(content)


@pytest.mark.parametrize("kind", WRITTEN)
def test_twenty_thousand_rows_cost_no_more_memory_than_two_thousand(kind):
    def peak(number: int) -> int:
        rows = ([f"Algoritme {n}", n, date(2026, 1, 1), "Een tekst van enige lengte. " * 20] for n in range(number))
        tracemalloc.start()
        write(kind, Bin(), About("Veel", ABOUT.moment, number), COLUMNS, rows)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(10)
    assert peak(20_000) < peak(2_000) + 300_000
