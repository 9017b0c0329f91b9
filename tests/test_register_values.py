"""What the values in exports of the Algoritmeregister are read as, and which remarks they bring."""

from datetime import date

import pytest
from django.utils import translation

from registry import register_values as values
from registry.register_files import Row, read_record


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


def row(**cells):
    return {"name": "Meldingen ordenen", "description_short": "Ordent meldingen op urgentie.", **cells}


def read(cells):
    """The fields and the remarks of one row."""
    record = read_record(Row(2, cells, cells))
    return record.fields, [(remark.field, remark.reason, remark.value) for remark in record.remarks]


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Actief", "In gebruik"),
        ("In werking", "In gebruik"),
        ("in gebruik", "In gebruik"),
        ("In gebruik sinds vorig jaar", "In gebruik"),
        ("Gestopt", "Buiten gebruik"),
        ("Yn gebrûk", "In gebruik"),
        ("Yn ûntwikkeling", "In ontwikkeling"),
        ("Out of use", "Buiten gebruik"),
    ],
)
def test_a_status_in_other_words_is_recognised_with_a_remark(text, status):
    fields, remarks = read(row(status=text))

    assert (fields["status"], remarks) == (status, [("status", f"read as “{status}”", text)])


@pytest.mark.parametrize("text", ["pilot", "In gebruik geweest tot 2020", "We weten het nog niet"])
def test_a_status_that_is_not_recognised_stays_empty_and_its_text_is_remarked(text):
    fields, remarks = read(row(status=text))

    assert ("status" in fields, remarks) == (False, [("status", "not a value of the standard; left empty", text)])


def test_an_exact_code_brings_no_remark():
    fields, remarks = read(row(status="Buiten gebruik", publication_category="Overige algoritmes", category="Recht"))

    assert remarks == []
    assert (fields["status"], fields["publication_category"], fields["themes"]) == (
        "Buiten gebruik", "Overige algoritmes", ["Recht"],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("value", "themes"),
    [
        ("Wonen, Natuur en milieu", ["Wonen", "Natuur en milieu"]),
        ('{Wonen,"Natuur en milieu"}', ["Wonen", "Natuur en milieu"]),
        (["Wonen", "Natuur en milieu"], ["Wonen", "Natuur en milieu"]),
        ("Wonen, Wonen", ["Wonen"]),
        ("{}", None),
        ("\xa0 ", None),
        (None, None),
    ],
)
def test_themes_are_read_from_lists_and_array_literals(value, themes):
    fields, remarks = read(row(category=value))

    assert (fields.get("themes"), remarks) == (themes, [])


def test_what_is_no_theme_is_left_out_with_a_remark_and_another_name_is_recognised():
    fields, remarks = read(row(category="Dienstverlening, Huisvesting, Werk, Bestuur"))

    assert fields["themes"] == ["Wonen", "Werk"]
    assert remarks == [
        ("category", "read as “Wonen”", "Huisvesting"),
        ("category", "not a theme of the standard; left out", "Dienstverlening, Bestuur"),
    ]


@pytest.mark.parametrize(
    ("literal", "elements"),
    [
        ('{a,"b c"}', ["a", "b c"]),
        (r'{"zegt \"nee\"","c:\\x"}', ['zegt "nee"', r"c:\x"]),
        ("{}", []),
        ('{a,"b}', None),
        ("a, b", None),
    ],
)
def test_array_literals_are_taken_apart(literal, elements):
    assert values.listed(literal) == elements


def test_impact_assessments_in_an_array_literal_become_lines():
    fields, _remarks = read(row(impacttoetsen='{DPIA,"IAMA, via anderen"}'))

    assert fields["impacttoetsen"] == "DPIA\nIAMA, via anderen"


@pytest.mark.parametrize(
    ("value", "links"),
    [
        (
            "1: Wet A, lid 2, https://voorbeeld.nl/a. 2: Wet B, https://voorbeeld.nl/b",
            [("Wet A, lid 2", "https://voorbeeld.nl/a"), ("Wet B", "https://voorbeeld.nl/b")],
        ),
        ("1: https://voorbeeld.nl/a, Wet A, lid 2", [("Wet A, lid 2", "https://voorbeeld.nl/a")]),
        ("1: DPIA", [("DPIA", "")]),
        ("1: Kantoor, met alle bestanden", [("Kantoor, met alle bestanden", "")]),
        ("1: https://voorbeeld.nl/a", [("", "https://voorbeeld.nl/a")]),
        ("1: Besluit. 3: deel van de titel, https://voorbeeld.nl", [("Besluit. 3: deel van de titel", "https://voorbeeld.nl")]),
        ("Zomaar een zin", [("Zomaar een zin", "")]),
        ('[{"title": "A", "link": "https://voorbeeld.nl"}]', [("A", "https://voorbeeld.nl")]),
        ("[concept] Wet A", [("[concept] Wet A", "")]),
        ([{"title": " A ", "link": None}, {"title": "", "link": ""}, "B"], [("A", ""), ("B", "")]),
    ],
)  # fmt: skip
def test_groupings_become_lists_of_title_and_link(value, links):
    fields, remarks = read(row(lawful_basis_grouping=value))

    assert fields["lawful_basis_grouping"] == [{"title": title, "link": link} for title, link in links]
    assert remarks == []


def test_an_empty_grouping_is_empty():
    assert "lawful_basis_grouping" not in read(row(lawful_basis_grouping="1: "))[0]


def test_a_link_that_is_no_address_is_kept_and_one_that_stands_as_title_is_put_right():
    value = [{"title": "https://voorbeeld.nl", "link": "Wet A"}, {"title": "B", "link": "volgt"}]

    fields, remarks = read(row(source_data_grouping=value))

    assert fields["source_data_grouping"] == [
        {"title": "Wet A", "link": "https://voorbeeld.nl"},
        {"title": "B", "link": "volgt"},
    ]
    assert remarks == [
        ("source_data_grouping", "title and link were the other way round", "https://voorbeeld.nl"),
        ("source_data_grouping", "not a web address", "volgt"),
    ]


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("2023-12-01 00:00:00", "2023-12"),
        ("2023-12-31", "2023-12"),
        ("31-12-2023", "2023-12"),
        ("12-2023", "2023-12"),
        ("december 2023", "2023-12"),
        ("2023-7", "2023-07"),
    ],
)
def test_a_month_in_another_form_is_normalised(text, month):
    fields, remarks = read(row(begin_date=text))

    assert (fields["begin_date"], remarks) == (month, [("begin_date", f"read as “{month}”", text)])


@pytest.mark.parametrize("text", ["2023", "2023-13", "12/01/2023", "vorig jaar", "2023-02-31"])
def test_what_is_no_month_is_left_empty_with_a_remark(text):
    fields, remarks = read(row(end_date=text))

    assert ("end_date" in fields, remarks) == (
        False,
        [("end_date", "not a month such as 2026-03; left empty", text)],
    )


def test_a_revision_date_becomes_the_review_date_when_it_is_a_date():
    assert read(row(revision_date="2022-11-24 00:00:00"))[0]["review_date"] == date(2022, 11, 24)
    fields, remarks = read(row(revision_date="Wordt vervolgd"))
    assert ("review_date" in fields, remarks) == (
        False, [("revision_date", "not a date; left empty", "Wordt vervolgd")],
    )  # fmt: skip


def test_the_objection_procedure_becomes_the_complaints_procedure():
    fields, _remarks = read(row(objection_procedure="Bezwaar kan.", department="Burgerzaken"))

    assert (fields["complaints_procedure"], fields["department"]) == ("Bezwaar kan.", "Burgerzaken")


@pytest.mark.parametrize("text", ["Nederlands", "NLD", "nld"])
def test_dutch_in_any_spelling_is_nld(text):
    fields, remarks = read(row(lang=text))

    assert (fields["lang"], remarks) == ("nld", [])


def test_contacts_and_addresses_that_are_none_are_kept_with_a_remark():
    fields, remarks = read(row(contact_email="14 010", website="volgt", url="https://voorbeeld.nl"))

    assert (fields["contact_email"], fields["website"], fields["url"]) == ("14 010", "volgt", "https://voorbeeld.nl")
    assert remarks == [
        ("contact_email", "neither an e-mail address nor a web address", "14 010"),
        ("website", "not a web address", "volgt"),
    ]


def test_a_text_longer_than_the_standard_allows_is_kept_whole_with_a_remark():
    text = "a" * 401

    fields, remarks = read(row(description_short=text))

    assert fields["description_short"] == text
    assert [(field, reason) for field, reason, _value in remarks] == [
        ("description_short", "the standard allows 400 characters, this is 401; kept whole")
    ]


def test_markup_does_not_count_for_the_length_and_is_kept():
    text = f"<p>{'é' * 2500}</p>"

    fields, remarks = read(row(goal=text))

    assert (fields["goal"], remarks) == (text, [])


def test_an_empty_description_is_remarked():
    assert read(row(description_short=" "))[1] == [("description_short", "is empty; the standard requires it", "")]


def test_a_row_whose_values_are_a_column_off_is_read_with_a_remark_per_field():
    shifted = row(
        status="Meldingen", category="In gebruik", begin_date="Verkeer", contact_email="2023-01", lang="a@b.nl"
    )

    fields, remarks = read(shifted)

    assert fields["name"] == "Meldingen ordenen"
    assert {field for field, _reason, _value in remarks} == {
        "status", "category", "begin_date", "contact_email", "lang",
    }  # fmt: skip
