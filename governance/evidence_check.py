"""Whether the files that people added are still what they were: each is hashed again, where it is stored."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from django.core.files.storage import default_storage
from django.db.models import Q, TextChoices
from django.utils.translation import gettext_lazy as _

from governance import stored_files
from governance.evidence_places import place_of
from governance.models import Evidence, Organisation, PolicyAttachment, StoredFile
from governance.models.evidence import kinds_of_use

CHUNK = 1024 * 1024


class Trouble(TextChoices):
    MISSING = "missing", _("missing from the storage")
    CHANGED = "changed", _("changed: its content is not what was added")
    UNREADABLE = "unreadable", _("cannot be read")
    UNKNOWN = "unknown", _("in the storage without a record: an upload that was broken off, or is going on now")


@dataclass(frozen=True)
class Fault:
    """A file that is not as it should be, by its name in the storage, with where it is used."""

    name: str
    trouble: Trouble
    used: list[str] = field(default_factory=list)


def files_of(organisation: Organisation | None) -> Q:
    """The condition for the files of this organisation and its parts; of all, without one."""
    if organisation is None:
        return Q()
    evidence = Evidence.objects.filter(organisation__path__startswith=organisation.path)
    attached = PolicyAttachment.objects.filter(policy_version__policy__organisation__path__startswith=organisation.path)
    return Q(pk__in=evidence.values("stored_file")) | Q(pk__in=attached.values("stored_file"))


def check(
    organisation: Organisation | None = None, progress: Callable[[int, int], None] = lambda done, total: None
) -> Iterator[Fault]:
    """What is wrong with the stored files, of one organisation or of all; of all, also what nobody knows of.

    Reads each file in pieces, and writes nothing.
    """
    rows = StoredFile.objects.filter(files_of(organisation)).order_by("pk")
    total = rows.count()
    for done, row in enumerate(rows.iterator(chunk_size=500), start=1):
        trouble = _trouble_with(row)
        progress(min(done, total), total)
        if trouble is not None:
            yield Fault(str(row.file.name), trouble, list(used(row)))
    if organisation is None:
        for name in sorted(_names_in(stored_files.FOLDER)):
            if not StoredFile.objects.filter(file=name).exists():
                yield Fault(name, Trouble.UNKNOWN)


def used(row: StoredFile) -> Iterator[str]:
    """Where the file is used, in words."""
    for evidence in Evidence.objects.filter(stored_file=row).select_related("organisation"):
        names = [
            place_of(use).name
            for model in kinds_of_use()
            for use in model.objects.current().filter(evidence=evidence).with_places()
        ]
        yield f"{evidence.organisation}: {'; '.join([f'{evidence} ({evidence.name})', *names])}"
    attached = PolicyAttachment.objects.filter(stored_file=row)
    for attachment in attached.select_related("policy_version__policy__organisation"):
        policy = attachment.policy_version.policy
        yield f"{policy.organisation}: {policy} {attachment.policy_version.number} ({attachment.name})"


def _trouble_with(row: StoredFile) -> Trouble | None:
    digest, size = hashlib.sha256(), 0
    try:
        if not default_storage.exists(str(row.file.name)):
            return Trouble.MISSING
        with default_storage.open(str(row.file.name), "rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
                size += len(chunk)
    except FileNotFoundError:
        return Trouble.MISSING
    except OSError:
        return Trouble.UNREADABLE
    return None if (digest.hexdigest(), size) == (row.sha256, row.size) else Trouble.CHANGED


def _names_in(folder: str) -> Iterator[str]:
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in files:
        yield f"{folder}/{name}"
    for name in folders:
        yield from _names_in(f"{folder}/{name}")
