"""Files that people add to records: checked, kept once under the SHA-256 of their content, and given back as downloads.

A file is what its content says it is, and its name must say the same. What it may weigh and be is in the settings
`UPLOAD_MAX_BYTES` and `UPLOAD_TYPES`.
"""

import codecs
import hashlib
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePath
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files import File
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import FileResponse
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from governance import audit_trail
from governance.models import Evidence, StoredFile, User
from governance.models.files import Attached

OFFICE = "application/vnd.openxmlformats-officedocument."
OPEN_DOCUMENT = "application/vnd.oasis.opendocument."
MEDIA_TYPES = {
    "pdf": "application/pdf",
    "docx": f"{OFFICE}wordprocessingml.document",
    "xlsx": f"{OFFICE}spreadsheetml.sheet",
    "pptx": f"{OFFICE}presentationml.presentation",
    "odt": f"{OPEN_DOCUMENT}text",
    "ods": f"{OPEN_DOCUMENT}spreadsheet",
    "odp": f"{OPEN_DOCUMENT}presentation",
    "png": "image/png",
    "jpg": "image/jpeg",
    "txt": "text/plain",
    "csv": "text/csv",
    "md": "text/markdown",
}
BEGINNINGS = {b"%PDF-": "pdf", b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg"}
TEXTS = ("txt", "csv", "md")
OTHER_NAMES = {"jpeg": "jpg"}
FOLDER = "files"
"""Where the storage keeps them."""
UNREADABLE = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, EOFError, ValueError)
"""What reading a damaged, encrypted or hostile zip file may raise."""
IN_MEMORY = 1024 * 1024
MAIN_PART = 1024 * 1024
"""More than any list of parts of an office file needs; what is longer is not unpacked."""


@contextmanager
def stored(upload: UploadedFile) -> Iterator[StoredFile]:
    """The upload as a stored file, in one transaction with what is written inside: if that fails, neither row nor file
    stays.

    Raises `ValidationError` with a sentence for the person who chose the file.
    """
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as content:
        digest, size = _received(upload, content)
        media_type = _media_type(PurePath(upload.name or "").suffix, content)
        name = f"{FOLDER}/{digest[:2]}/{digest[2:4]}/{digest}"
        fields = {"size": size, "media_type": media_type, "file": name}
        committing = False
        try:
            with transaction.atomic():
                # From here others who add the same content wait for this transaction, so the file is nobody else's.
                row, is_new = StoredFile.objects.get_or_create(sha256=digest, defaults=fields)
                try:
                    if is_new or not default_storage.exists(name):
                        _write(name, content)
                    yield row
                except BaseException:
                    if is_new:
                        default_storage.delete(name)
                    raise
                committing = True
        except BaseException:
            if committing:
                _leave_nothing(digest, fields)
            raise


def _leave_nothing(digest: str, fields: dict[str, Any]) -> None:
    """Deletes a file whose row was not committed, unless somebody else added the same content meanwhile."""
    with transaction.atomic():
        # The row that is not kept makes others with the same content wait until the file is gone.
        _row, is_new = StoredFile.objects.get_or_create(sha256=digest, defaults=fields)
        if is_new:
            default_storage.delete(fields["file"])
            transaction.set_rollback(True)


def serve(attached: Attached | Evidence, permission: str, user: User) -> FileResponse:
    """The attached file as a download, recorded in the audit trail.

    Raises `PermissionDenied`, and `FileNotFoundError` as `download` does: then nothing is recorded.
    """
    if not user.has_perm(permission, attached):
        raise PermissionDenied
    response = download(attached)
    try:
        with transaction.atomic():
            audit_trail.record(f"{attached._meta.model_name}.downloaded", attached)
    except BaseException:
        content: Any = response.file_to_stream
        content.close()
        raise
    return response


def download(attached: Attached | Evidence) -> FileResponse:
    """The attached file as a download for whoever asks: the caller has made sure that it is public.

    Raises `FileNotFoundError` when the storage has lost it, and for what is no file.
    """
    kept = attached.stored_file
    if kept is None:
        raise FileNotFoundError(attached.name)
    response = FileResponse(
        default_storage.open(str(kept.file.name), "rb"),
        as_attachment=True,
        filename=attached.name,
        content_type=kept.media_type,
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response


def taken() -> str:
    """A sentence that says which files can be added."""
    kinds = ", ".join(settings.UPLOAD_TYPES)
    size = filesizeformat(settings.UPLOAD_MAX_BYTES)
    return _("At most %(size)s: %(kinds)s.") % {"size": size, "kinds": kinds}


def name_of(upload: UploadedFile) -> str:
    """The name under which the file is shown: without a path or control characters, and not too long."""
    given = PurePath((upload.name or "").replace("\\", "/")).name
    name = "".join(character for character in given if character.isprintable())
    stem, suffix = PurePath(name).stem, PurePath(name).suffix
    return f"{stem[: 255 - len(suffix)]}{suffix}"


def _received(upload: UploadedFile, content: IO[bytes]) -> tuple[str, int]:
    """Writes the upload to `content`, no further than the limit; its SHA-256 and size."""
    digest, size = hashlib.sha256(), 0
    for chunk in upload.chunks():
        size += len(chunk)
        if size > settings.UPLOAD_MAX_BYTES:
            largest = filesizeformat(settings.UPLOAD_MAX_BYTES)
            raise ValidationError(_("This file is too large. A file may be %(size)s at most.") % {"size": largest})
        digest.update(chunk)
        content.write(chunk)
    if not size:
        raise ValidationError(_("This file is empty."))
    return digest.hexdigest(), size


def _write(name: str, content: IO[bytes]) -> None:
    if default_storage.exists(name):  # left by a process that was stopped, perhaps half written
        default_storage.delete(name)
    content.seek(0)
    try:
        written = default_storage.save(name, File(content))
    except BaseException:
        default_storage.delete(name)
        raise
    if written != name:
        default_storage.delete(written)
        raise OSError(f"The storage wrote {written} in place of {name}.")


def _media_type(suffix: str, content: IO[bytes]) -> str:
    """The type that both name and content say."""
    kind = suffix.lower().removeprefix(".")
    kind = OTHER_NAMES.get(kind, kind)
    if kind not in settings.UPLOAD_TYPES:
        kinds = ", ".join(settings.UPLOAD_TYPES)
        raise ValidationError(_("A file of this kind cannot be added. Choose one of: %(kinds)s.") % {"kinds": kinds})
    found = _kind_of(content)
    if kind in TEXTS and found is None:
        raise ValidationError(_("This is not plain text. Save it as text in UTF-8, and try again."))
    if found != kind and not (kind in TEXTS and found == "txt"):
        raise ValidationError(_("The content of this file is not %(kind)s, as its name says.") % {"kind": kind})
    return MEDIA_TYPES[kind]


def _kind_of(content: IO[bytes]) -> str | None:
    """The kind of file by its content; for every text `txt`, and None for what is not known."""
    content.seek(0)
    beginning = content.read(8)
    for signature, kind in BEGINNINGS.items():
        if beginning.startswith(signature):
            return kind
    if beginning.startswith(b"PK\x03\x04"):
        return _kind_of_package(content)
    return "txt" if _is_text(content) else None


def _kind_of_package(content: Any) -> str | None:
    """Which office document a zip file is, by what it says of its main part."""
    try:
        with zipfile.ZipFile(content) as package:
            names = set(package.namelist())
            if "mimetype" in names:
                said = _part(package, "mimetype").strip()
                return next((kind for kind in ("odt", "ods", "odp") if MEDIA_TYPES[kind].encode() == said), None)
            if "[Content_Types].xml" in names:
                said = _part(package, "[Content_Types].xml")
                office = ("docx", "xlsx", "pptx")
                return next((kind for kind in office if f'"{MEDIA_TYPES[kind]}.main+xml"'.encode() in said), None)
    except UNREADABLE:
        return None
    return None


def _part(package: zipfile.ZipFile, name: str) -> bytes:
    with package.open(name) as part:
        return part.read(MAIN_PART)


def _is_text(content: IO[bytes]) -> bool:
    content.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk := content.read(IN_MEMORY):
            if "\0" in decoder.decode(chunk):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
