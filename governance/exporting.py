"""Taking tables and reports along: at once, or made aside with progress that can be followed, left and come back to.

What takes long is a row (`Export`), made by one process at a time: it claims the row, gives a sign of life with every
batch, and stores the file when all of it is there. A row whose maker falls silent is claimed anew and begun again.
"""

import logging
import os
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from time import monotonic
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import connections, models, transaction
from django.http import FileResponse, HttpResponseBase, QueryDict, StreamingHttpResponse
from django.utils import timezone, translation
from django.utils.text import slugify
from django.utils.translation import gettext as _

from governance import audit_trail, clock, reports
from governance.models import Export, Membership, Organisation, User
from governance.table_files import MEDIA_TYPES, Format, TooManyRows, csv_parts, write
from governance.tables import TABLES, Selection

log = logging.getLogger(__name__)

IN_MEMORY = 1024 * 1024
SIGN_OF_LIFE = 1.0
"""Seconds between two signs of life, at least."""


# Whose trail it is in


def organisations_of(user: User) -> list[Organisation]:
    """The topmost organisations in which this person sees records: those whose trail tells what they took along."""
    held = Membership.objects.current().filter(user=user).select_related("organisation")
    found = {row.organisation.path: row.organisation for row in held}
    return [one for path, one in sorted(found.items()) if not any(path != up and path.startswith(up) for up in found)]


def _record(verb: str, record: models.Model, changes: Mapping[str, Any], label: str, by: User) -> None:
    """In the trail of the record's organisation; of a table across organisations, in that of each."""
    own = getattr(record, "organisation", None)
    concerned: list[Organisation | None] = [own] if own else [*organisations_of(by)] or [None]
    for organisation in concerned:
        audit_trail.record(verb, record, changes, label=label, organisation=organisation)


# At once


def is_long(total: int) -> bool:
    return total > settings.EXPORT_AT_ONCE


def record_taken(selection: Selection, kind: str, total: int, *, by: User) -> None:
    """Records that the person takes these rows along in a file."""
    changes = {"format": [None, Format(kind).label], "rows": [None, total]}
    if selection.filter:
        changes["filter"] = [None, "; ".join(f"{label}: {text}" for label, text in selection.filter)]
    with transaction.atomic():
        _record("export.taken", by, changes, str(selection.table.title), by)


def at_once(selection: Selection, kind: str, *, by: User) -> HttpResponseBase:
    """The table as a download. Raises `TooManyRows`."""
    keys = selection.keys()
    about = selection.about(len(keys))
    record_taken(selection, kind, len(keys), by=by)
    name = file_name(selection.table.name, kind, about.moment)
    if kind == Format.CSV:
        parts = _in_language(csv_parts(about, selection.titles, selection.lines(keys)), translation.get_language())
        response: Any = StreamingHttpResponse(parts, content_type=MEDIA_TYPES[Format.CSV])
        response["Content-Disposition"] = f'attachment; filename="{name}"'
    else:
        content = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 -- the response closes it
        write(kind, content, about, selection.titles, selection.lines(keys))
        content.seek(0)
        response = FileResponse(content, as_attachment=True, filename=name, content_type=MEDIA_TYPES[Format(kind)])
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _in_language(parts: Iterator[bytes], language: str | None) -> Iterator[bytes]:
    """The parts, each made in that language, whatever is active when the response is sent."""
    while True:
        with translation.override(language):
            part = next(parts, None)
        if part is None:
            return
        yield part


def file_name(what: str, kind: str, moment: datetime, about: str = "") -> str:
    day = timezone.localtime(moment).date().isoformat()
    return "-".join(filter(None, [what, slugify(about)[:60], day])) + f".{kind}"


# Asked for


def ask(
    kind: str,
    extension: str,
    parameters: Mapping[str, Any],
    *,
    about: models.Model | None = None,
    organisation: Organisation | None = None,
    total: int | None = None,
    by: User,
) -> Export:
    """Asks for a table (`kind` its name, `parameters` with its `query`) or a report, and lets it be made.

    In the language that is active. A report is about a record (`about`) of an organisation.
    """
    if organisation is None and len(theirs := organisations_of(by)) == 1:
        organisation = theirs[0]
    with transaction.atomic():
        export = Export.objects.create(
            kind=kind,
            format=extension,
            parameters=dict(parameters),
            language=translation.get_language() or settings.LANGUAGE_CODE,
            organisation=organisation,
            requested_by=by,
            total=total,
            name=file_name(kind, extension, clock.now(), str(about or "")),
        )
        _record("export.asked", export, {"format": [None, export.get_format_display()]}, export.name, by)
    if settings.EXPORTS_IN == "request":
        make_waiting(only=export.pk)
    else:
        transaction.on_commit(start)
    export.refresh_from_db()
    return export


def title_of(export: Export) -> str:
    """What it is, in words."""
    known = TABLES.get(export.kind) or reports.REPORTS.get(export.kind)
    title = str(known.title) if known else export.kind
    return f"{title}: {export.parameters['about']}" if export.parameters.get("about") else title


# Made

_turns = threading.BoundedSemaphore(2)
"""One thread makes what waits, and one may wait to look again when that is done."""
_busy = threading.Lock()


def start() -> None:
    """Lets what waits be made in a thread of this process, where that is how it is done."""
    if settings.EXPORTS_IN == "thread":
        threading.Thread(target=_in_thread, name="exports", daemon=True).start()


def _in_thread() -> None:
    if not _turns.acquire(blocking=False):
        return
    try:
        with _busy:
            try:
                make_waiting()
            finally:
                connections.close_all()
    finally:
        _turns.release()


def make_waiting(only: int | None = None) -> int:
    """Makes what waits, one after another (or `only` that one); how many were made or failed."""
    made = 0
    while (export := _claimed(only)) is not None:
        _make(export)
        made += 1
    return made


def _claimed(only: int | None) -> Export | None:
    """The one that waits longest, now ours: whoever else claims it at the same moment changes no row."""
    waiting = Export.objects.to_make().order_by("requested", "pk")
    if only is not None:
        waiting = waiting.filter(pk=only)
    while (found := waiting.first()) is not None:
        if found.attempts >= Export.MOST_ATTEMPTS:
            with translation.override(found.language):
                _fail(found, _("Making this stopped several times before it was finished. Narrow it, and ask again."))
            continue
        now = clock.now()
        ours = Export.objects.filter(pk=found.pk, started=found.started, alive=found.alive, finished=None)
        if ours.update(started=now, alive=now, done=0, attempts=models.F("attempts") + 1):
            return Export.objects.select_related("requested_by", "organisation").get(pk=found.pk)
    return None


def _fail(export: Export, why: str) -> None:
    """It will not be made, unless somebody else began it meanwhile; nothing half made stays."""
    ours = Export.objects.filter(pk=export.pk, started=export.started, finished=None)
    if ours.update(finished=clock.now(), failure=why, file="") and export.file:
        default_storage.delete(str(export.file.name))


class _Lost(Exception):
    """Somebody else began it again, because we seemed to have stopped."""


def _write_down(export: Export, **fields: Any) -> None:
    """Changes the row, as long as it is ours. Raises `_Lost`."""
    if not Export.objects.filter(pk=export.pk, started=export.started, finished=None).update(**fields):
        raise _Lost


def _make(export: Export) -> None:
    failure = ""
    try:
        if export.file:  # of who began it before, and was stopped
            default_storage.delete(str(export.file.name))
        with translation.override(export.language), tempfile.TemporaryFile() as content:
            total = _content(export, content)
            _store(export, content, total)
        return
    except _Lost:
        log.warning("%s %s was begun again by another process.", export.kind, export.pk)
        return
    except (TooManyRows, reports.NotAvailable) as error:
        failure = str(error)
    except ValidationError as error:
        failure = " ".join(error.messages)
    except ObjectDoesNotExist:
        with translation.override(export.language):
            failure = _("What this is about cannot be seen by you any more, or is not there.")
    except Exception:  # whatever it was: it is logged, and who asked hears of it
        log.exception("%s %s could not be made.", export.kind, export.pk)
        with translation.override(export.language):
            failure = _("Something went wrong here. Ask for it again; if that does not help, tell the administrator.")
    _fail(export, failure)


def _content(export: Export, to: IO[bytes]) -> int:
    """Writes the file; the number of rows."""
    user = export.requested_by
    if not user.is_active:
        raise ObjectDoesNotExist
    _write_down(export, reach=[organisation.pk for organisation in organisations_of(user)])
    if report := reports.REPORTS.get(export.kind):
        to.write(reports.pdf_of(report.made_of(user, export.parameters)))
        return 1
    if export.kind not in TABLES:
        raise ValidationError(_("This table is not made any more."))
    selection = TABLES[export.kind].select(user, QueryDict(export.parameters.get("query", "")))
    keys = selection.keys()
    _write_down(export, total=len(keys))
    lines = _followed(export, selection.lines(keys))
    write(export.format, to, selection.about(len(keys)), selection.titles, lines)
    return len(keys)


def _followed(export: Export, lines: Iterable[Any]) -> Iterator[Any]:
    """The lines, with how far it is written down about once a second. Raises `_Lost`."""
    last = monotonic()
    for done, line in enumerate(lines):
        if monotonic() - last >= SIGN_OF_LIFE:
            last = monotonic()
            _write_down(export, done=done, alive=clock.now())
        yield line


def _store(export: Export, content: IO[bytes], total: int) -> None:
    """Keeps the file. Its name is on the row before it is written, so that it is found whenever we are stopped."""
    size = content.seek(0, os.SEEK_END)
    content.seek(0)
    name = f"exports/{export.pk}/{export.attempts}/{export.name or export.kind}"
    _write_down(export, file=name)
    try:
        name = default_storage.save(name, File(content))
        _write_down(export, file=name, size=size, total=total, done=total, finished=clock.now())
    except BaseException:
        default_storage.delete(name)
        raise


# Taken, and removed


def download(export: Export, *, by: User) -> FileResponse:
    """The file, as a download for who asked for it. Raises `FileNotFoundError`."""
    content = default_storage.open(str(export.file.name), "rb")
    try:
        with transaction.atomic():
            _record("export.downloaded", export, {}, export.name, by)
    except BaseException:
        content.close()
        raise
    kind = MEDIA_TYPES[Format(export.format)]
    response = FileResponse(content, as_attachment=True, filename=export.name, content_type=kind)
    response["X-Content-Type-Options"] = "nosniff"
    return response


def remove_old() -> int:
    """Removes the files that were kept long enough; how many. The rows stay: they say what was asked."""
    removed = 0
    for export in Export.objects.out_of_date().order_by("pk").iterator(chunk_size=500):
        default_storage.delete(str(export.file.name))
        Export.objects.filter(pk=export.pk).update(file="")
        removed += 1
    return removed


def to_file(selection: Selection, kind: str, to: IO[bytes], told: Any, *, by: User) -> int:
    """Writes the table to a file of the command line, telling how far it is (`told(done, total)`); how many rows."""
    keys = selection.keys()
    record_taken(selection, kind, len(keys), by=by)

    def followed() -> Iterator[Any]:
        for done, line in enumerate(selection.lines(keys), start=1):
            yield line
            told(done, len(keys))

    write(kind, to, selection.about(len(keys)), selection.titles, followed())
    return len(keys)
