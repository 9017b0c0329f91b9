"""Files that people add: what is taken, where it is kept, and that nothing is left behind when it fails."""

import hashlib
import io
import zipfile

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError
from django.urls import reverse

from governance import policy_versions, stored_files
from governance.models import AuditEvent, PolicyAttachment, StoredFile
from tests import factories

pytestmark = pytest.mark.django_db

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def package(parts):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        for name, text in parts.items():
            file.writestr(name, text)
    return content.getvalue()


def office(kind):
    said = f'<Override ContentType="application/vnd.openxmlformats-officedocument.{kind}.main+xml"/>'
    return package({"[Content_Types].xml": said, "main.xml": "x"})


CONTENTS = {
    "a.pdf": b"%PDF-1.7 en verder",
    "a.docx": office("wordprocessingml.document"),
    "a.xlsx": office("spreadsheetml.sheet"),
    "a.pptx": office("presentationml.presentation"),
    "a.odt": package({"mimetype": "application/vnd.oasis.opendocument.text"}),
    "a.ods": package({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}),
    "a.odp": package({"mimetype": "application/vnd.oasis.opendocument.presentation"}),
    "a.png": PNG,
    "a.jpg": b"\xff\xd8\xff\xe0 beeld",
    "a.txt": "Één regel.".encode(),
    "a.csv": b"naam;aantal\nbeslisboom;3\n",
    "a.md": b"# Kop\n",
}


def upload(name, content=b"Tekst."):
    return SimpleUploadedFile(name, content)


def stored(file):
    with stored_files.stored(file) as row:
        return row


def files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("name", CONTENTS)
def test_each_kind_of_file_is_taken_for_what_it_is(name, folder, settings):
    assert {file.removeprefix("a.") for file in CONTENTS} == set(settings.KNOWN_UPLOAD_TYPES)

    row = stored(upload(name.upper(), CONTENTS[name]))

    digest = hashlib.sha256(CONTENTS[name]).hexdigest()
    assert (row.sha256, row.size) == (digest, len(CONTENTS[name]))
    assert row.media_type == stored_files.MEDIA_TYPES[name.removeprefix("a.")]
    assert [path.relative_to(folder).as_posix() for path in files(folder)] == [
        f"files/{digest[:2]}/{digest[2:4]}/{digest}"
    ]
    with default_storage.open(row.file.name) as kept:
        assert kept.read() == CONTENTS[name]


@pytest.mark.parametrize("name", CONTENTS)
@pytest.mark.parametrize("other", CONTENTS)
def test_a_name_that_says_otherwise_is_refused(name, other, folder):
    texts = {"a.txt", "a.csv", "a.md"}
    if name == other or {name, other} <= texts:
        return

    with pytest.raises(ValidationError):
        stored(upload(name, CONTENTS[other]))

    assert (files(folder), StoredFile.objects.count()) == ([], 0)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.exe", b"MZ", "Dit soort bestand kan niet worden toegevoegd."),
        ("a", b"Tekst", "Dit soort bestand kan niet worden toegevoegd."),
        ("a.svg", b"<svg onload='alert(1)'/>", "Dit soort bestand kan niet worden toegevoegd."),
        ("a.html", b"<script>alert(1)</script>", "Dit soort bestand kan niet worden toegevoegd."),
        ("a.txt", b"", "Dit bestand is leeg."),
        ("a.txt", b"Tekst\0", "Dit is geen platte tekst."),
        ("a.csv", "café".encode("latin-1"), "Dit is geen platte tekst."),
        (
            "a.docx",
            package({"[Content_Types].xml": "application/vnd.ms-word.document.macroEnabled.main+xml"}),
            "De inhoud",
        ),
        ("a.docx", package({"word.xml": "x"}), "De inhoud"),
        ("a.docx", b"PK\x03\x04 stuk", "De inhoud"),
        ("a.odt", package({"mimetype": "application/vnd.oasis.opendocument.text-template"}), "De inhoud"),
    ],
)
def test_what_is_not_taken_is_refused_with_the_reason(name, content, sentence, folder):
    with pytest.raises(ValidationError) as refused:
        stored(upload(name, content))

    assert refused.value.messages[0].startswith(sentence)
    assert (files(folder), StoredFile.objects.count()) == ([], 0)


def test_a_text_is_read_across_the_borders_of_its_pieces(monkeypatch):
    monkeypatch.setattr(stored_files, "IN_MEMORY", 3)

    row = stored(upload("a.txt", "ééééé".encode()))

    assert row.media_type == "text/plain"


def test_a_file_may_be_as_large_as_the_setting_says_and_no_larger(settings, folder):
    settings.UPLOAD_MAX_BYTES = 10

    stored(upload("a.txt", b"x" * 10))
    with pytest.raises(ValidationError) as refused:
        stored(upload("b.txt", b"x" * 11))

    assert "10" in refused.value.messages[0]
    assert len(files(folder)) == StoredFile.objects.count() == 1


def test_an_installation_can_take_fewer_kinds(settings):
    settings.UPLOAD_TYPES = ["pdf"]

    with pytest.raises(ValidationError) as refused:
        stored(upload("a.txt"))

    assert refused.value.messages[0].endswith("pdf.")


def test_the_same_content_is_kept_once(folder):
    first, second = stored(upload("a.txt")), stored(upload("anders.md"))

    assert first == second
    assert len(files(folder)) == 1


def test_when_what_hangs_on_it_fails_neither_row_nor_file_stays(folder):
    with pytest.raises(DatabaseError), stored_files.stored(upload("a.txt")):
        raise DatabaseError

    assert (files(folder), StoredFile.objects.count()) == ([], 0)


def test_when_what_hangs_on_it_fails_a_file_that_others_use_stays(folder):
    stored(upload("a.txt"))

    with pytest.raises(DatabaseError), stored_files.stored(upload("a.txt")):
        raise DatabaseError

    assert (len(files(folder)), StoredFile.objects.count()) == (1, 1)


def test_a_file_that_was_half_written_or_lost_is_written_again(folder):
    row = stored(upload("a.txt"))
    path = folder / row.file.name

    path.unlink()
    stored(upload("a.txt"))
    lost = path.read_bytes()
    row.delete()
    path.write_bytes(b"Tek")
    stored(upload("a.txt"))

    assert (lost, path.read_bytes(), len(files(folder))) == (b"Tekst.", b"Tekst.", 1)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Mijn documenten\\nota.txt", "nota.txt"),
        ("regel\r\nX-Kop: 1.txt", "regelX-Kop: 1.txt"),
        ("l" * 300 + ".txt", None),
    ],
)
def test_the_name_of_a_file_is_no_path_and_breaks_no_header(given, shown, client, as_somebody):
    client.force_login(as_somebody)
    draft = factories.PolicyVersionFactory(policy__organisation=as_somebody.memberships.get().organisation)
    file = upload("a.txt")
    file._name = given

    kept = policy_versions.attach(draft, file, by=as_somebody)
    response = client.get(address_of(kept))

    assert kept.name == shown or (shown is None and len(kept.name) == 255)
    assert kept.name.endswith(".txt")
    assert "\n" not in response["Content-Disposition"]
    assert b"".join(response.streaming_content) == b"Tekst."


def address_of(attachment):
    version = attachment.policy_version
    policy = version.policy
    return reverse("policy-attachment", args=[policy.organisation.slug, policy.slug, version.number, attachment.pk])


def test_a_file_is_given_back_as_a_download_and_that_is_recorded(client, as_somebody):
    client.force_login(as_somebody)
    draft = factories.PolicyVersionFactory(policy__organisation=as_somebody.memberships.get().organisation)
    kept = policy_versions.attach(draft, upload("nota.txt"), by=as_somebody)

    response = client.get(address_of(kept))

    assert response["Content-Disposition"] == 'attachment; filename="nota.txt"'
    assert (response["X-Content-Type-Options"], response["Content-Type"]) == ("nosniff", "text/plain")
    assert b"".join(response.streaming_content) == b"Tekst."
    assert AuditEvent.objects.get(verb="policyattachment.downloaded").label == "nota.txt"


def test_a_download_of_what_the_storage_lost_is_not_recorded(as_somebody):
    draft = factories.PolicyVersionFactory(policy__organisation=as_somebody.memberships.get().organisation)
    kept = policy_versions.attach(draft, upload("nota.txt"), by=as_somebody)
    default_storage.delete(kept.stored_file.file.name)

    with pytest.raises(FileNotFoundError):
        stored_files.serve(kept, "governance.view_policyattachment", as_somebody)

    assert not AuditEvent.objects.filter(verb="policyattachment.downloaded").exists()


def test_a_file_is_not_given_to_who_may_not_see_its_record(as_somebody):
    draft = factories.PolicyVersionFactory(policy__organisation=as_somebody.memberships.get().organisation)
    kept = policy_versions.attach(draft, upload("nota.txt"), by=as_somebody)
    outsider = factories.member("officer")

    with pytest.raises(PermissionDenied):
        stored_files.serve(kept, "governance.view_policyattachment", outsider)

    assert list(StoredFile.objects.visible_to(outsider)) == []
    assert list(StoredFile.objects.visible_to(as_somebody)) == [kept.stored_file]


def test_a_file_cannot_be_added_to_what_is_no_draft_and_leaves_nothing(as_somebody, folder):
    version = factories.PolicyVersionFactory(
        policy__organisation=as_somebody.memberships.get().organisation, status="in_review"
    )

    with pytest.raises(ValidationError):
        policy_versions.attach(version, upload("nota.txt"), by=as_somebody)

    assert (files(folder), PolicyAttachment.objects.count(), StoredFile.objects.count()) == ([], 0, 0)
