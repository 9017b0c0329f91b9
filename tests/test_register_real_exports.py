"""The real exports of the Algoritmeregister: every row becomes an algorithm or a reported line, no text is cut off."""

import pytest
from django.utils import translation

from governance import audit_trail
from governance.models import Organisation
from registry.models import Algorithm, ImportedRow
from registry.register_files import read_register
from registry.register_import import import_register
from tests import factories

EXPORTS = {
    "public_register_2023-02-02.csv": 109,
    "register_export_NLD.csv": 36,
    "register_site_data.json": 36,
}


@pytest.fixture
def acting(db):
    with translation.override("en"), audit_trail.acting(None, "command"):
        yield


@pytest.mark.data
@pytest.mark.parametrize("name", EXPORTS)
def test_every_row_of_a_real_export_becomes_an_algorithm_or_a_reported_line(acting, shared_data, name):
    path = shared_data / "algoritmeregister" / name

    report = import_register(path)
    again = import_register(path)

    assert (report.rows, len(report.added) + len(report.refused)) == (EXPORTS[name], EXPORTS[name])
    assert Algorithm.objects.count() == len(report.added) == EXPORTS[name]
    assert (len(again.added), len(again.matched), again.differing) == (0, len(report.added), [])


@pytest.mark.data
@pytest.mark.parametrize("name", EXPORTS)
def test_no_text_of_a_real_export_is_shorter_in_the_register(acting, shared_data, name):
    path = shared_data / "algoritmeregister" / name
    texts = [
        "name", "description_short", "goal", "proportionality", "human_intervention", "risks", "lawful_basis",
        "source_data", "methods_and_models", "contact_email", "website", "url", "department", "provider", "tags",
    ]  # fmt: skip

    import_register(path)

    stored = {row.row: row for row in ImportedRow.objects.select_related("algorithm")}
    for row_ in read_register(path).rows:
        imported = stored[row_.number]
        assert imported.content == row_.content
        for text in texts:
            assert getattr(imported.algorithm, text) == (row_.cells.get(text) or "").strip()


@pytest.mark.data
@pytest.mark.parametrize("order", [1, -1])
def test_the_csv_and_the_json_of_one_export_are_the_same_algorithms(acting, shared_data, order):
    first, second = ["register_export_NLD.csv", "register_site_data.json"][::order]
    import_register(shared_data / "algoritmeregister" / first)

    report = import_register(shared_data / "algoritmeregister" / second)

    assert (len(report.added), len(report.matched), report.refused) == (0, 36, [])
    assert (Algorithm.objects.count(), ImportedRow.objects.count()) == (36, 36)


@pytest.mark.data
def test_the_report_on_the_first_export_names_long_texts_and_free_statuses(acting, shared_data):
    report = import_register(shared_data / "algoritmeregister" / "public_register_2023-02-02.csv")

    long_texts = [
        (record.row.number, remark.field) for record, remark in report.remarks if "the standard allows" in remark.reason
    ]
    statuses = {remark.value for _record, remark in report.remarks if remark.field == "status"}
    assert len([number for number, field in long_texts if field == "description_short"]) == 17
    assert (96, "name") in long_texts
    assert {"Actief", "In werking", "Gestopt", "pilot"} <= statuses
    assert report.columns_without_field["impact"] == 58


@pytest.mark.data
@pytest.mark.parametrize("name", EXPORTS)
def test_the_page_of_every_imported_algorithm_opens(acting, client, shared_data, name):
    import_register(shared_data / "algoritmeregister" / name)
    reader = factories.UserFactory()
    for organisation in Organisation.objects.all():
        factories.MembershipFactory(user=reader, organisation=organisation, role="reader")
    client.force_login(reader)

    answers = {a.pk: client.get(a.get_absolute_url()).status_code for a in Algorithm.objects.all()}

    assert set(answers.values()) == {200}
