"""The tree of organisations, and the government's lists of public bodies from which they are chosen."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from governance import audit_trail, organisations
from governance.conflict import Conflict
from governance.models import AuditEvent, Invitation, Membership, OfficialBody, Organisation, User
from governance.official_bodies import BadRow, import_official_bodies
from tests import factories
from tests.well_made_page import look_at

pytestmark = pytest.mark.django_db

ADD = "/organisaties/toevoegen/"


@pytest.fixture
def acting():
    with audit_trail.acting(None, "command"):
        yield


@pytest.fixture
def operator(client):
    person = factories.UserFactory(is_superuser=True)
    client.force_login(person)
    return person


@pytest.fixture
def administrator(client):
    person = factories.member("administrator", factories.OrganisationFactory(slug="waterdam", name="Gemeente Waterdam"))
    client.force_login(person)
    return person


@pytest.fixture
def waterdam(administrator):
    return Organisation.objects.get(slug="waterdam")


def lists(folder, **rows):
    """The five lists in that folder, empty but for these rows."""
    for name in ("Gemeenten", "Omgevingsdiensten", "Provincies", "Veiligheidsregios", "Waterschappen"):
        lines = ["name;identifier;org_id", *rows.get(name, [])]
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def edited(organisation, **fields):
    typed = {"name": organisation.name, "kind": organisation.kind, "identifier": organisation.identifier}
    return typed | {"seen": organisations.fingerprint(organisation)} | fields


def test_operator_of_an_empty_installation_begins_with_an_organisation(client, operator):
    empty = look_at(client, reverse("home"))
    factories.OrganisationFactory()
    begun = look_at(client, reverse("home"))

    assert "Begin met een organisatie" in empty and f'href="{ADD}"' in empty
    assert "Begin met een organisatie" not in begun and reverse("member-organisations") in begun
    assert "nog geen algoritme" not in empty + begun


def test_operator_adds_an_organisation_with_its_first_administrator(client, operator):
    person = factories.UserFactory(email="Baas@waterdam.nl")

    answer = client.post(
        ADD, {"name": "Gemeente Waterdam", "kind": "municipality", "administrator": "baas@Waterdam.nl"}, follow=True
    )

    organisation = Organisation.objects.get()
    assert (organisation.slug, organisation.parent, organisation.path) == (
        "gemeente-waterdam",
        None,
        f"/{organisation.pk}/",
    )
    membership = Membership.objects.get()
    assert (membership.user, membership.organisation, membership.role) == (person, organisation, "administrator")
    assert "Gemeente Waterdam is toegevoegd." in answer.content.decode()
    assert set(AuditEvent.objects.values_list("verb", "actor", "organisation")) == {
        ("organisation.added", operator.pk, organisation.pk),
        ("membership.given", operator.pk, organisation.pk),
    }


def test_first_administrator_without_an_account_is_invited(client, operator, mailoutbox):
    typed = {"name": "Gemeente Waterdam", "kind": "municipality", "administrator": "nieuw@waterdam.nl"}

    nameless = client.post(ADD, typed)
    answer = client.post(ADD, typed | {"administrator_name": "Noor Nieuw"}, follow=True)

    invitation = Invitation.objects.open().get()
    assert list(nameless.context["form"].errors) == ["administrator_name"]
    assert (invitation.organisation.name, invitation.email, invitation.name, invitation.roles) == (
        "Gemeente Waterdam",
        "nieuw@waterdam.nl",
        "Noor Nieuw",
        ["administrator"],
    )
    assert [mail.to for mail in mailoutbox] == [["nieuw@waterdam.nl"]]
    page = answer.content.decode()
    assert "Noor Nieuw wordt beheerder door de uitnodiging aan te nemen." in page
    assert "De uitnodiging is onderweg naar nieuw@waterdam.nl." in page


@pytest.mark.parametrize("typed", ["", "niemand@", "Jan de Vries"])
def test_organisation_at_the_top_needs_an_administrator_whom_one_person_is(client, operator, typed):
    factories.UserFactory.create_batch(2, name="Jan de Vries")

    answer = client.post(ADD, {"name": "Gemeente Waterdam", "kind": "municipality", "administrator": typed})

    assert list(answer.context["form"].errors) == ["administrator"]
    assert answer.context["form"]["name"].value() == "Gemeente Waterdam"
    assert not Organisation.objects.exists()


def test_name_of_the_governments_list_brings_kind_and_identifier_along(client, operator):
    OfficialBody.objects.create(kind="water_board", name="Waterschap Rivierenland", identifier="ws0621")
    factories.UserFactory(name="Fenna Baas")

    offered = look_at(client, ADD)
    client.post(ADD, {"name": "waterschap rivierenland", "administrator": "Fenna Baas"})

    organisation = Organisation.objects.get()
    assert '<option value="Waterschap Rivierenland">' in offered
    assert (organisation.kind, organisation.identifier) == ("water_board", "ws0621")


def test_other_name_needs_a_kind(client, operator):
    factories.UserFactory(name="Fenna Baas")

    answer = client.post(ADD, {"name": "Gemeente Nergenshuizen", "administrator": "Fenna Baas"})

    assert list(answer.context["form"].errors) == ["kind"]


def test_administrator_adds_a_part_below_theirs_and_nowhere_else(client, administrator, waterdam):
    foreign = factories.OrganisationFactory(name="Gemeente Elders")
    part = {"name": "Sociaal Domein", "kind": "department"}

    page = look_at(client, f"{ADD}?onder=waterdam")
    refused = [client.post(ADD, part | {"parent": parent}) for parent in (foreign.pk, "")]
    added = client.post(ADD, part | {"parent": waterdam.pk, "administrator": administrator.email})

    assert f'<option value="{waterdam.pk}" selected>' in page
    assert "Gemeente Elders" not in page and "administrator" not in page
    assert [list(answer.context["form"].errors) for answer in refused] == [["parent"], ["parent"]]
    department = Organisation.objects.get(name="Sociaal Domein")
    assert (department.parent, department.path) == (waterdam, f"{waterdam.path}{department.pk}/")
    assert added.url == department.get_absolute_url()
    assert Membership.objects.count() == 1


def test_two_of_one_name_get_slugs_of_their_own():
    with audit_trail.acting(None, "command"):
        one = organisations.add_organisation({"name": "Rijn & Waal", "kind": "agency"}, by=None)
        other = organisations.add_organisation({"name": "Rijn, Waal!", "kind": "agency"}, by=None)
        page = organisations.add_organisation({"name": "Toevoegen", "kind": "agency"}, by=None)

    assert [one.slug, other.slug, page.slug] == ["rijn-waal", "rijn-waal-2", "toevoegen-2"]


def test_one_place_has_no_two_organisations_of_one_name_and_a_department_is_part_of_one():
    parent = factories.OrganisationFactory()
    factories.OrganisationFactory(name="Sociaal Domein", parent=parent)

    with audit_trail.acting(None, "command"):
        for fields, field in (
            ({"name": "sociaal domein", "kind": "department", "parent": parent}, "name"),
            ({"name": "Ruimte", "kind": "department"}, "parent"),
        ):
            with pytest.raises(ValidationError) as refused:
                organisations.add_organisation(fields, by=None)
            assert list(refused.value.error_dict) == [field]


def test_administrator_renames_and_moves_a_part_with_all_below_it(client, administrator, waterdam):
    one, other = factories.OrganisationFactory.create_batch(2, parent=waterdam)
    below = factories.OrganisationFactory(parent=one, kind="department")

    client.post(
        reverse("organisation-edit", args=[one.slug]), edited(one, name="Dienst Oost", parent=other.pk), follow=True
    )

    one.refresh_from_db()
    below.refresh_from_db()
    assert (one.name, one.path) == ("Dienst Oost", f"{other.path}{one.pk}/")
    assert below.path == f"{other.path}{one.pk}/{below.pk}/"
    event = AuditEvent.objects.get(verb="organisation.changed")
    assert event.changes["parent"] == ["Gemeente Waterdam", other.name]


def test_nothing_can_be_moved_below_itself_or_out_of_reach(client, administrator, waterdam):
    one = factories.OrganisationFactory(parent=waterdam)
    below = factories.OrganisationFactory(parent=one)
    foreign = factories.OrganisationFactory()

    answers = [
        client.post(reverse("organisation-edit", args=[one.slug]), edited(one, parent=parent))
        for parent in (one.pk, below.pk, foreign.pk, "")
    ]

    assert [list(answer.context["form"].errors) for answer in answers] == [["parent"]] * 4
    with audit_trail.acting(None, "command"), pytest.raises(ValidationError):
        organisations.revise_organisation(one, {"parent": below}, seen=organisations.fingerprint(one), by=None)


def test_administrator_of_a_part_does_not_move_it(client):
    parent = factories.OrganisationFactory()
    own = factories.OrganisationFactory(parent=parent)
    other = factories.OrganisationFactory(parent=parent)
    client.force_login(factories.member("administrator", own))

    client.post(reverse("organisation-edit", args=[own.slug]), edited(own, name="Dienst Oost", parent=other.pk))

    own.refresh_from_db()
    assert (own.name, own.parent) == ("Dienst Oost", parent)


def test_second_writer_sees_what_stands_and_keeps_the_typing(client, administrator, waterdam):
    address, typed = reverse("organisation-edit", args=["waterdam"]), edited(waterdam, name="Van mij")
    Organisation.objects.filter(pk=waterdam.pk).update(name="Van een ander")

    told = client.post(address, typed)
    saved = client.post(address, typed | {"seen": told.context["form"]["seen"].value()})

    assert told.context["form"]["name"].value() == "Van mij"
    assert "Van een ander" in told.content.decode()
    assert saved.status_code == 302
    assert Organisation.objects.get(pk=waterdam.pk).name == "Van mij"


def test_revising_with_an_old_fingerprint_is_a_conflict():
    organisation = factories.OrganisationFactory()

    with audit_trail.acting(None, "command"), pytest.raises(Conflict):
        organisations.revise_organisation(organisation, {"name": "Anders"}, seen="oud", by=None)


def test_people_are_those_with_a_role_here_or_above_and_where_asked_below_or_earlier():
    top = factories.OrganisationFactory()
    here = factories.OrganisationFactory(parent=top)
    part = factories.OrganisationFactory(parent=here)
    names = {"above": top, "here": here, "below": part, "was above": top, "was here": here, "was below": part}
    ended = {"since": timezone.now() - timedelta(days=9), "until": timezone.now() - timedelta(days=1)}
    for name, organisation in (names | {"closed": here, "elsewhere": factories.OrganisationFactory()}).items():
        row = factories.MembershipFactory(organisation=organisation, user__name=name, role="manager")
        Membership.objects.filter(pk=row.pk).update(**(ended if name.startswith("was") else {}))
    User.objects.filter(name__in=["closed", "was here"]).update(is_active=False)

    def named(*roles, **asked):
        return set(here.people(*roles, **asked).values_list("name", flat=True))

    assert named() == {"above", "here"}
    assert named(below=True) == {"above", "here", "below"}
    assert named(former=True) == {"above", "here", "was here", "closed"}
    assert named(["manager"], below=True, former=True) == set(names) - {"was above"} | {"closed"}
    assert named(["reader"], below=True, former=True) == set()


def test_pages_of_organisations_are_well_made(client, administrator, waterdam):
    factories.OrganisationFactory(parent=waterdam)

    for address in (
        "/organisaties/",
        ADD,
        waterdam.get_absolute_url(),
        reverse("organisation-edit", args=["waterdam"]),
    ):
        look_at(client, address)
        look_at(client, address, language="en")


# The government's lists


def test_lists_are_read_and_reading_them_again_changes_nothing(acting, tmp_path):
    lists(tmp_path, Gemeenten=["Gemeente Aalsmeer;GM0358;gm0358"], Waterschappen=["Waterschap Limburg;WS60;ws0665"])

    first = import_official_bodies(tmp_path)
    again = import_official_bodies(tmp_path)

    assert set(OfficialBody.objects.values_list("kind", "name", "identifier")) == {
        ("municipality", "Gemeente Aalsmeer", "gm0358"),
        ("water_board", "Waterschap Limburg", "ws0665"),
    }
    assert (first.added, first.changed, first.unchanged) == (2, 0, 0)
    assert (again.added, again.changed, again.unchanged) == (0, 0, 2)


def test_changed_name_is_followed_and_what_is_gone_from_a_list_stays(acting, tmp_path):
    gone = OfficialBody.objects.create(kind="municipality", name="Gemeente Weesp", identifier="gm0457")
    OfficialBody.objects.create(kind="province", name="Provincie Friesland", identifier="pv21")
    lists(tmp_path, Provincies=["Provincie Fryslân;PV21;pv21"])

    report = import_official_bodies(tmp_path)

    assert (report.added, report.changed, report.unchanged) == (0, 1, 0)
    assert OfficialBody.objects.get(identifier="pv21").name == "Provincie Fryslân"
    assert OfficialBody.objects.filter(pk=gone.pk).exists()


def test_rows_that_are_not_right_are_named_and_the_others_read(acting, tmp_path):
    rows = ["Gemeente Aalsmeer;GM0358;gm0358", "", ";GM1;gm0001", "Gemeente Nergens", "Gemeente Dubbel;GM2;gm0358"]
    lists(tmp_path, Gemeenten=rows)

    report = import_official_bodies(tmp_path)

    missing = "de naam of de code ontbreekt"
    assert report.refused == [
        BadRow("Gemeenten.csv", 4, missing),
        BadRow("Gemeenten.csv", 5, missing),
        BadRow("Gemeenten.csv", 6, "Gemeente Dubbel heeft de code gm0358, die Gemeente Aalsmeer ook heeft"),
    ]
    assert report.added == 1


def test_folder_that_lacks_a_list_or_has_another_file_changes_nothing(tmp_path):
    lists(tmp_path, Gemeenten=["Gemeente Aalsmeer;GM0358;gm0358"])
    (tmp_path / "Waterschappen.csv").write_text("naam,code\nWaterschap,1\n")

    with pytest.raises(CommandError, match=r"Waterschappen\.csv"):
        call_command("import_official_bodies", tmp_path)
    (tmp_path / "Waterschappen.csv").unlink()
    with pytest.raises(CommandError, match=r"Waterschappen\.csv"):
        call_command("import_official_bodies", tmp_path)

    assert not OfficialBody.objects.exists()


@pytest.mark.data
def test_real_lists_are_read_with_one_row_that_is_not_right(shared_data, capsys):
    call_command("import_official_bodies", shared_data / "algoritmeregister" / "organisations")

    told = capsys.readouterr().out.splitlines()
    assert told[0] == "Officiële organisaties: 427 toegevoegd, 0 gewijzigd, 0 ongewijzigd."
    assert [line.split(":")[0].strip() for line in told[1:]] == ["Omgevingsdiensten.csv, rij 27"]
    assert OfficialBody.objects.filter(kind="municipality").count() == 342
