"""Exports of the Algoritmeregister: what each row becomes, and what the report says about it."""

import json

import pytest
from django.core.management import CommandError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from governance import audit_trail
from governance.models import AuditEvent, Organisation
from registry.models import Algorithm, Applicability, ImportedRow
from registry.register_files import RegisterFileError, read_register
from registry.register_import import import_register
from tests.factories import AlgorithmFactory, OrganisationFactory, RequirementFactory
from tests.register_exports import LAYOUTS, PREFIXED, STANDARD, UNPREFIXED, row, run, write_csv


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def acting(db):
    with audit_trail.acting(None, "command"):
        yield


@pytest.fixture
def export(tmp_path):
    """Writes rows as a CSV export; columns a row does not give are empty."""

    def write(*rows, name="export.csv", **layout):
        return write_csv(tmp_path / name, rows, **layout)

    return write


@pytest.fixture
def site_data(tmp_path):
    def write(*versions, name="site.json"):
        path = tmp_path / name
        path.write_text(json.dumps({"algoritme_versions": versions, "organisation_details": []}), encoding="utf-8")
        return path

    return write


def version(language="NLD", **cells):
    cells = {**row(lars="10000001", owner="gm9999", language=language), **cells}
    del cells["algorithm_id"]
    return cells


def old_row(**cells):
    return {
        "name": "Meldingen ordenen",
        "organization": "Gemeente Voorbeeld",
        "description_short": "Ordent meldingen op urgentie.",
        **cells,
    }


def remarks_of(report, field):
    return [(remark.reason, remark.value) for _record, remark in report.remarks if remark.field == field]


def refusals_of(report):
    return [(record.row.number, record.refused.field, record.refused.reason) for record in report.refused]


def names():
    return list(Algorithm.objects.order_by("pk").values_list("organisation__name", "name"))


# What a row becomes


def test_a_row_becomes_an_algorithm_of_its_organisation(acting, export):
    path = export(
        row(
            status="In gebruik",
            category="Wonen, Verkeer",
            begin_date="2024-03",
            goal="Sneller helpen.",
            org_id="gm9999",
        )
    )

    report = import_register(path)

    algorithm = Algorithm.objects.get()
    assert (algorithm.name, algorithm.status, algorithm.begin_date, algorithm.goal, algorithm.lang) == (
        "Meldingen ordenen", "In gebruik", "2024-03", "Sneller helpen.", "nld",
    )  # fmt: skip
    assert [theme.theme for theme in algorithm.themes.all()] == ["Verkeer", "Wonen"]
    organisation = algorithm.organisation
    assert (organisation.name, organisation.slug, organisation.kind, organisation.identifier) == (
        "Gemeente Voorbeeld", "gemeente-voorbeeld", "municipality", "gm9999",
    )  # fmt: skip
    assert (len(report.added), report.matched, report.refused, report.remarks) == (1, [], [], [])


def test_the_whole_row_is_kept_as_it_was_read(acting, export):
    path = export(old_row(type="Zelflerend", **{"juridisch.dpia": "True"}), columns=PREFIXED)

    report = import_register(path)

    imported = ImportedRow.objects.get()
    assert imported.content == dict.fromkeys(PREFIXED, "") | old_row(type="Zelflerend") | {"juridisch.dpia": "True"}
    assert (imported.source, imported.row, imported.algorithm) == ("export.csv", 2, Algorithm.objects.get())
    assert report.columns_without_field == {"type": 1, "dpia": 1}


def test_what_applies_is_decided_for_every_new_algorithm(acting, export):
    RequirementFactory(urn="urn:nl:ak:ver:awb-01", law__slug="awb", facts=[])

    import_register(export(row()))

    assert Applicability.objects.filter(algorithm=Algorithm.objects.get()).count() == 1


def test_every_new_algorithm_and_organisation_is_in_the_audit_trail(acting, export):
    import_register(export(row()))

    algorithm = Algorithm.objects.get()
    events = AuditEvent.objects.order_by("pk")
    assert [(event.verb, event.channel, event.organisation, event.changes) for event in events] == [
        (
            "organisation.added", "command", algorithm.organisation,
            {"name": [None, "Gemeente Voorbeeld"], "kind": [None, "municipality"], "identifier": [None, ""]},
        ),
        (
            "algorithm.imported", "command", algorithm.organisation,
            {"file": [None, "export.csv"], "row": [None, 2], "key": [None, "id:10000001"], "lang": [None, "nld"],
             "name": [None, "Meldingen ordenen"], "description_short": [None, "Ordent meldingen op urgentie."]},
        ),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Provincie Voorbeeld", "province"),
        ("Hoogheemraadschap van Voorbeeld", "water_board"),
        ("Ministerie van Voorbeelden", "ministry"),
        ("Veiligheidsregio Voorbeeld", "safety_region"),
        ("Veiligheids- en Gezondheidsregio Voorbeeld", "safety_region"),
        ("Omgevingsdienst Voorbeeld", "environment_service"),
        ("Voorbeeldkamer", "other"),
    ],
)
def test_the_kind_of_a_new_organisation_follows_from_its_name(acting, export, name, kind):
    import_register(export(row(organization=name)))

    assert Organisation.objects.get().kind == kind


def test_an_organisation_is_found_by_name_in_any_case_or_by_identifier(acting, export):
    by_name = OrganisationFactory(name="Gemeente Voorbeeld")
    by_identifier = OrganisationFactory(name="Gemeente Nieuwe Naam", identifier="GM0001")
    path = export(
        row(organization=" gemeente  VOORBEELD "),
        row(organization="Gemeente Oude Naam", org_id="gm0001", algorithm_id="2", name="Tweede"),
    )

    report = import_register(path)

    assert names() == [(by_name.name, "Meldingen ordenen"), (by_identifier.name, "Tweede")]
    assert report.organisations == []


def test_organisations_whose_names_give_one_slug_or_the_address_of_a_page_get_another(acting, export):
    import_register(export(row(organization="Dienst A/B"), row(organization="Dienst A, B", algorithm_id="2")))

    assert set(Organisation.objects.values_list("slug", flat=True)) == {"dienst-ab", "dienst-a-b"}

    import_register(export(row(organization="Dienst A-B", algorithm_id="3"), row(organization="Leden")))

    assert Organisation.objects.get(name="Dienst A-B").slug == "dienst-a-b-2"
    assert Organisation.objects.get(name="Leden").slug == "leden-2"


# Refused rows


def test_a_row_without_a_name_or_an_organisation_is_refused_with_its_number(acting, export):
    path = export(row(name="\xa0"), row(organization="", algorithm_id="2"), row(algorithm_id="3"))

    report = import_register(path)

    assert refusals_of(report) == [(2, "name", "is empty"), (3, "organization", "is empty")]
    assert len(report.added) == 1


def test_a_name_for_which_there_is_no_room_is_refused_not_cut(acting, export):
    report = import_register(export(row(name="a" * 1025), row(organization="b" * 201, algorithm_id="2")))

    assert refusals_of(report) == [
        (2, "name", "longer than the 1024 characters that can be stored"),
        (3, "organization", "longer than the 200 characters that can be stored"),
    ]


def test_a_row_with_a_character_no_database_takes_is_refused(acting, site_data):
    path = site_data(version(goal="a\0b"), version(lars="2", risks="\ud800"), version(lars="3", tags="x"))

    report = import_register(path)

    assert refusals_of(report) == [
        (1, "goal", "holds a character that is not text"),
        (2, "risks", "holds a character that is not text"),
    ]
    assert len(report.added) == 1


def test_a_row_that_stands_in_the_file_twice_is_refused_the_second_time(acting, export):
    by_id = import_register(export(row(), row(name="Andere naam")))
    whole = import_register(export(old_row(name="Los"), old_row(name="Los"), columns=PREFIXED))

    assert refusals_of(by_id) == [(3, "algorithm_id", "stands in the file before, in row 2")]
    assert refusals_of(whole) == [(3, "name", "stands in the file before, in row 2")]
    assert names() == [("Gemeente Voorbeeld", "Meldingen ordenen"), ("Gemeente Voorbeeld", "Los")]


def test_a_department_for_which_there_is_no_room_stays_with_the_imported_row(acting, export):
    text = "a" * 501

    report = import_register(export(old_row(department=text), columns=PREFIXED))

    assert Algorithm.objects.get().department == ""
    assert remarks_of(report, "department") == [
        ("longer than the 500 characters that can be stored; kept with the imported row", text)
    ]
    assert len(report.added) == 1


# Reading it again


def test_running_it_twice_adds_nothing(acting, export):
    paths = [export(row(), name="new.csv"), export(old_row(name="Oud"), columns=PREFIXED, name="old.csv")]
    for path in paths:
        import_register(path)
    before = (Algorithm.objects.count(), ImportedRow.objects.count(), AuditEvent.objects.count())

    again = [import_register(path) for path in paths]

    assert [(len(r.added), len(r.matched), r.differing) for r in again] == [(0, 1, [])] * 2
    assert (Algorithm.objects.count(), ImportedRow.objects.count(), AuditEvent.objects.count()) == before


def test_the_same_id_in_csv_and_json_is_one_algorithm_and_markup_is_no_difference(acting, export, site_data):
    links = [{"title": "Wet A, lid 1", "link": "https://voorbeeld.nl/a"}, {"title": "Wet B", "link": ""}]
    import_register(
        export(row(goal="Een doelTwee", lawful_basis_grouping="1: Wet A, lid 1, https://voorbeeld.nl/a. 2: Wet B"))
    )

    report = import_register(site_data(version(goal="<p>Een doel</p>\n<p>Twee</p>", lawful_basis_grouping=links)))

    algorithm = Algorithm.objects.get()
    assert algorithm.lawful_basis_grouping == links
    assert (len(report.matched), report.differing, ImportedRow.objects.count()) == (1, [], 1)


def test_an_algorithm_registered_by_hand_is_matched_by_source_id_else_by_name(acting, export):
    home = OrganisationFactory(name="Gemeente Voorbeeld")
    by_source_id = AlgorithmFactory(organisation=home, name="Andere naam", source_id="A-1")
    by_name = AlgorithmFactory(organisation=home, name="Tweede")
    AlgorithmFactory(name="Tweede")

    report = import_register(export(row(source_id="A-1"), row(name="Tweede", algorithm_id="2")))

    assert (len(report.added), len(report.matched)) == (0, 2)
    assert dict(ImportedRow.objects.values_list("key", "algorithm")) == {
        "id:10000001": by_source_id.pk,
        "id:2": by_name.pk,
    }


def test_two_rows_with_one_name_are_two_algorithms_and_reported_as_possible_duplicates(acting, export):
    rows = old_row(**{"inzet.goal": "Het ene."}), old_row(**{"inzet.goal": "Het andere."})

    report = import_register(export(*rows, columns=PREFIXED))
    again = import_register(export(*rows, columns=PREFIXED))

    assert len(names()) == 2
    for duplicates in (report.possible_duplicates, again.possible_duplicates):
        assert {name: [r.row.number for r in records] for name, records in duplicates.items()} == {
            ("Gemeente Voorbeeld", "Meldingen ordenen"): [2, 3]
        }


def test_another_register_id_under_the_same_name_is_another_algorithm(acting, export):
    import_register(export(row()))

    report = import_register(export(row(algorithm_id="2")))

    assert len(names()) == 2
    assert list(report.possible_duplicates) == [("Gemeente Voorbeeld", "Meldingen ordenen")]


def test_a_row_of_an_old_export_that_was_edited_since_finds_its_algorithm_after_the_others_did(acting, export):
    first, second = old_row(**{"inzet.goal": "Het ene."}), old_row(**{"inzet.goal": "Het andere."})
    import_register(export(first, second, columns=PREFIXED))
    edited = {**first, "inzet.goal": "Het ene, beter gezegd."}

    report = import_register(export(edited, second, columns=PREFIXED))

    assert [(record.row.number, fields) for record, fields in report.differing] == [(2, ["goal"])]
    assert (len(report.matched), Algorithm.objects.count(), ImportedRow.objects.count()) == (2, 2, 3)


def test_a_name_that_fits_several_algorithms_is_refused(acting, export):
    home = OrganisationFactory(name="Gemeente Voorbeeld")
    AlgorithmFactory.create_batch(2, organisation=home, name="Meldingen ordenen")

    report = import_register(export(row()))

    assert refusals_of(report) == [
        (2, "name", "fits several algorithms of the organisation; give them different names, then try again")
    ]
    assert ImportedRow.objects.count() == 0


def test_a_source_id_that_another_algorithm_has_is_left_empty_with_a_remark(acting, export):
    report = import_register(export(row(source_id="A-1"), row(source_id="A-1", name="Tweede", algorithm_id="2")))

    assert list(Algorithm.objects.order_by("pk").values_list("source_id", flat=True)) == ["A-1", ""]
    assert remarks_of(report, "source_id") == [
        ("another algorithm of the organisation has this source ID; left empty", "A-1")
    ]


def test_an_algorithm_that_moved_to_another_organisation_is_matched_and_stays_where_it_is(acting, export):
    import_register(export(row()))

    report = import_register(export(row(organization="Gemeente Elders")))

    assert names() == [("Gemeente Voorbeeld", "Meldingen ordenen")]
    assert remarks_of(report, "organization") == [
        ("the algorithm stands here under Gemeente Voorbeeld and stays there", "Gemeente Elders")
    ]


def test_a_matched_row_changes_nothing_and_its_differing_fields_are_reported(acting, export):
    import_register(export(row(status="In gebruik", goal="Oud.")))

    report = import_register(export(row(status="Buiten gebruik", goal="Nieuw.", category="Wonen")))

    algorithm = Algorithm.objects.get()
    assert (algorithm.status, algorithm.goal, algorithm.version) == ("In gebruik", "Oud.", 1)
    assert [sorted(fields) for _record, fields in report.differing] == [["goal", "status", "themes"]]
    assert report.updated == []


def test_update_applies_what_the_row_says_and_leaves_alone_what_it_leaves_empty(acting, export):
    import_register(export(row(status="In gebruik", goal="Oud.", risks="Gering.", category="Verkeer")))

    report = import_register(export(row(status="Buiten gebruik", goal="Nieuw.", category="Wonen")), update=True)

    algorithm = Algorithm.objects.get()
    assert (algorithm.status, algorithm.goal, algorithm.risks, algorithm.version) == (
        "Buiten gebruik", "Nieuw.", "Gering.", 2,
    )  # fmt: skip
    assert [theme.theme for theme in algorithm.themes.all()] == ["Wonen"]
    assert len(report.updated) == 1
    assert ImportedRow.objects.get().content["goal"] == "Nieuw."
    assert AuditEvent.objects.get(verb="algorithm.revised").changes == {
        "status": ["In gebruik", "Buiten gebruik"],
        "goal": ["Oud.", "Nieuw."],
        "themes": [["Verkeer"], ["Wonen"]],
    }
    assert import_register(export(row(goal="Nieuw.")), update=True).updated == []


def test_with_an_organisation_only_its_rows_are_taken_and_those_that_name_none(acting, export):
    home = OrganisationFactory(name="Gemeente Voorbeeld")
    path = export(
        row(),
        row(organization="Gemeente Elders", algorithm_id="2"),
        row(organization="", name="Tweede", algorithm_id="3"),
    )

    report = import_register(path, organisation=home)

    assert names() == [(home.name, "Meldingen ordenen"), (home.name, "Tweede")]
    assert (report.passed_over, report.refused) == ({"Gemeente Elders": 1}, [])


def test_a_dry_run_reports_everything_and_keeps_nothing(acting, export):
    report = import_register(export(row()), dry_run=True)

    assert len(report.added) == 1
    assert (Algorithm.objects.count(), Organisation.objects.count(), AuditEvent.objects.count()) == (0, 0, 0)


def test_the_number_of_queries_hardly_grows_with_the_rows(acting, export):
    OrganisationFactory(name="Gemeente Voorbeeld")

    def queries(*rows, **options):
        with CaptureQueriesContext(
            connection,
        ) as captured:
            import_register(export(*rows), **options)
        return len(captured)

    few = [row(algorithm_id="few", name="Weinig")]
    many = [row(algorithm_id=str(n), name=f"Algoritme {n}", category="Wonen") for n in range(60)]
    changed = [{**cells, "goal": "Nieuw.", "category": "Verkeer"} for cells in many]

    assert queries(*many) - queries(*few) < 10
    assert queries(*changed, update=True) - queries({**few[0], "goal": "x", "category": "Werk"}, update=True) < 10


# Files


@pytest.mark.parametrize(
    ("columns", "layout"),
    [
        (PREFIXED, "2023-02"),
        ([*UNPREFIXED, "released", "lars"], "2023-04"),
        ([*UNPREFIXED, "lars", "provider", "process_index_url", "tags", "source_id"], "2023-04"),
        (
            [*UNPREFIXED, "lars", "provider", "process_index_url", "tags", "source_id", "begin_date", "end_date",
             "lawful_basis_link", "impacttoetsen", "source_data_link"],
            "2023-04",
        ),
        (STANDARD[:29], "1.0"),
        (STANDARD[:31], "1.0"),
        (STANDARD, "1.0"),
        ([*sorted(LAYOUTS["1.0 + 0.4"].required), "algorithm_id", "publication_dt"], "1.0 + 0.4"),
    ],
)  # fmt: skip
def test_every_generation_of_headers_is_recognised(acting, export, columns, layout):
    cells = {name: text for name, text in row(lars="1").items() if name in columns}

    report = import_register(export(cells, columns=columns))

    assert (report.layout, len(report.added)) == (layout, 1)


def test_an_unknown_layout_stops_naming_what_is_missing_and_unexpected(export):
    columns = [*(name for name in STANDARD if name != "status"), "kleur"]

    with pytest.raises(RegisterFileError) as stopped:
        read_register(export(columns=columns))

    assert str(stopped.value) == (
        "export.csv is not a known register export; nearest to layout 1.0, with missing: status; unexpected: kleur."
    )


def test_semicolons_and_line_breaks_in_quotes_are_read(acting, export):
    path = export(row(goal="Eén;\r\ntwee\u2028drie"), row(name="Tweede", algorithm_id="2"), delimiter=";")

    import_register(path)

    assert list(Algorithm.objects.order_by("pk").values_list("name", "goal")) == [
        ("Meldingen ordenen", "Eén;\r\ntwee\u2028drie"),
        ("Tweede", ""),
    ]


def header_and(text):
    return (",".join(STANDARD) + "\r\n" + text).encode()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "broken is empty."),
        (header_and("") + b"Caf\xe9", "broken, line 2: not UTF-8 text. Save the file as CSV in UTF-8."),
        (header_and("a,b\r\n"), "broken, row 2: 2 values under 32 headers."),
        (header_and('"a"b,c\r\n'), "broken, row 2: malformed CSV (',' expected after '\"')."),
        (header_and('"a,b\r\n'), "broken, row 2: malformed CSV (unexpected end of data)."),
        (b"name,name\r\n", "broken, row 1: the header names these columns twice: name."),
        (b'{"algoritme_versions": [\n', "broken, line 2: malformed JSON (Expecting value)."),
        (b'{"algoritme_versions": NaN}', "broken: malformed JSON (NaN)."),
        (b"[" * 100_000, "broken: malformed JSON (nested too deeply)."),
        (b"{}", "broken has no list “algoritme_versions”."),
        (b'{"algoritme_versions": [1]}', "broken, row 1: not an object."),
        (
            b'{"algoritme_versions": [{"name": "a", "organization": "b", "lars": "1", "kleur": "c"}]}',
            "broken is not a known register export; nearest to layout JSON, with missing: language; unexpected: kleur.",
        ),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_stops_with_one_sentence_and_changes_nothing(db, tmp_path, content, message):
    path = tmp_path / "broken"
    path.write_bytes(content)

    with pytest.raises(CommandError) as stopped:
        run(path)

    assert str(stopped.value) == f"{message} Nothing was changed."
    assert Organisation.objects.count() == 0


def test_a_file_that_is_not_there_stops_with_one_sentence(db, tmp_path):
    with pytest.raises(
        CommandError, match=r"nowhere.csv cannot be read: No such file or directory. Nothing was changed."
    ):
        run(tmp_path / "nowhere.csv")


def test_the_dutch_version_is_the_record_and_the_other_languages_are_kept(acting, site_data):
    english = version("ENG", status="In use")
    path = site_data(english, version(status="In gebruik"), version("FRY", lars="2", name="Allinnich Frysk"))

    report = import_register(path)

    algorithm, frisian = Algorithm.objects.order_by("pk")
    assert (algorithm.status, frisian.name) == ("In gebruik", "Allinnich Frysk")
    assert ImportedRow.objects.get(algorithm=algorithm).content["other_languages"] == {"ENG": english}
    assert (report.rows, report.versions) == (2, 3)
    assert remarks_of(report, "language") == [("there is no Dutch version; this one is read", "FRY")]
    assert algorithm.organisation.identifier == "gm9999"
