"""That a stored file which changed, is missing or is nobody's is found, and named with where it is used."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from governance import evidence, evidence_check, policy_versions
from governance.evidence_check import Trouble
from governance.models import Evidence, StoredFile
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def organisation(as_somebody):
    return as_somebody.memberships.get().organisation


@pytest.fixture
def kept(organisation, as_somebody, folder):
    """A file that proves what an algorithm does about a requirement."""
    algorithm = factories.AlgorithmFactory(organisation=organisation, name="Ordenen")
    requirement = factories.RequirementFactory(urn="urn:nl:ak:ver:aia-03")
    file = SimpleUploadedFile("nota.txt", b"Tekst.")
    return evidence.add(organisation, {"title": "Nota"}, upload=file, at=(algorithm, requirement), by=as_somebody)


def path_of(kept, folder):
    return folder / kept.stored_file.file.name


def verify(capsys, *arguments):
    """What the command says, and whether it fails."""
    try:
        call_command("verify_evidence", *arguments)
    except CommandError as error:
        return capsys.readouterr().out, str(error)
    return capsys.readouterr().out, ""


def test_files_that_are_what_was_added_are_said_to_be_so(kept, capsys):
    out, failure = verify(capsys)

    assert failure == ""
    assert out == "1 bestand bekeken.\nElk bestand is nog wat er is toegevoegd.\n"


def test_a_changed_file_is_named_with_where_it_is_used(kept, folder, organisation, capsys):
    path_of(kept, folder).write_bytes(b"Vervalst.")

    out, failure = verify(capsys)

    assert failure == "1 bestand is niet zoals het hoort."
    assert kept.stored_file.file.name in out
    assert f"{organisation}: Nota (nota.txt); aia-03, Ordenen" in out


def test_each_trouble_is_told_apart(kept, folder, as_somebody, organisation):
    draft = factories.PolicyVersionFactory(policy__organisation=organisation)
    lost = policy_versions.attach(draft, SimpleUploadedFile("bijlage.txt", b"Bijlage."), by=as_somebody)
    path_of(lost, folder).unlink()
    path_of(kept, folder).write_bytes(b"Tekst!")
    (folder / "files" / "zz").mkdir()
    (folder / "files" / "zz" / "vreemd").write_bytes(b"?")

    faults = {fault.name: (fault.trouble, len(fault.used)) for fault in evidence_check.check()}

    assert faults == {
        kept.stored_file.file.name: (Trouble.CHANGED, 1),
        lost.stored_file.file.name: (Trouble.MISSING, 1),
        "files/zz/vreemd": (Trouble.UNKNOWN, 0),
    }


def test_of_one_organisation_only_its_own_files_are_looked_at(kept, folder, organisation, capsys):
    path_of(kept, folder).unlink()
    other = factories.OrganisationFactory()

    assert verify(capsys, "--organisation", other.slug)[1] == ""
    assert verify(capsys, "--organisation", organisation.slug)[1] == "1 bestand is niet zoals het hoort."
    assert "nergens" in verify(capsys, "--organisation", "nergens")[1]


def test_an_installation_without_files_has_nothing_wrong(folder):
    assert list(evidence_check.check()) == []


def test_a_large_file_is_read_in_pieces_and_nothing_is_written(kept, folder, monkeypatch):
    monkeypatch.setattr(evidence_check, "CHUNK", 2)
    shown = []

    faults = list(evidence_check.check(progress=lambda done, total: shown.append((done, total))))

    assert (faults, shown) == ([], [(1, 1)])
    assert (StoredFile.objects.count(), Evidence.objects.count()) == (1, 1)
