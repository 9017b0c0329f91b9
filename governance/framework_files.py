"""The files of the Algoritmekader on disk: found in a checkout, folder or zip, and read in memory."""

import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

ITEMS = "docs/voldoen-aan-wetten-en-regels"
FOLDERS = {
    "requirement": f"{ITEMS}/vereisten",
    "measure": f"{ITEMS}/maatregelen",
    "tool": f"{ITEMS}/hulpmiddelen",
    "topic": "docs/onderwerpen",
    "phase": "docs/levenscyclus",
    "discipline": "docs/rollen",
}
GLOSSARY = "includes/begrippenlijst.md"
CRITERIA = "relatie-ak-tot-toetsingskaders.csv"

MAX_FILE = 2_000_000
MAX_TOTAL = 50_000_000
"""Bytes. The whole framework is about one million; more than this is something else, or a zip that explodes."""


@dataclass(frozen=True)
class Problem:
    """Why a release cannot be imported."""

    file: str
    reason: str
    line: int | None = None

    def __str__(self) -> str:
        if self.line is None:
            return f"{self.file}: {self.reason}"
        return _("%(file)s, line %(line)d: %(reason)s") % {"file": self.file, "line": self.line, "reason": self.reason}


class FrameworkError(Exception):
    """A release, or its place on disk, is not as it should be; `problems` are all that were found."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def _is_read(name: str) -> bool:
    folder, _slash, file = name.rpartition("/")
    return name in (GLOSSARY, CRITERIA) or (folder in FOLDERS.values() and file.endswith(".md") and file != "index.md")


def read_files(path: Path) -> dict[str, bytes]:
    """What is read of a release, by its path from the framework's root, sorted."""
    try:
        if path.is_dir():
            found = _read_folder(path)
        elif path.is_file() and zipfile.is_zipfile(path):
            found = _read_zip(path)
        elif path.exists():
            raise FrameworkError(Problem(str(path), _("this is neither a folder nor a zip file")))
        else:
            raise FrameworkError(Problem(str(path), _("there is no such folder or file")))
    except OSError as error:
        raise FrameworkError(Problem(error.filename or str(path), _reason(error))) from error
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError) as error:
        raise FrameworkError(Problem(str(path), _("the zip file cannot be read: %s") % error)) from error
    missing = [folder for folder in FOLDERS.values() if not any(name.startswith(f"{folder}/") for name in found)]
    if FOLDERS["requirement"] in missing:
        expected = _("this folder holds no Algoritmekader: expected %s with pages in it") % FOLDERS["requirement"]
        raise FrameworkError(Problem(str(path), expected))
    if missing:
        reason = _("the layout of this Algoritmekader is unknown: there are no pages in this folder")
        raise FrameworkError(*(Problem(folder, reason) for folder in missing))
    return dict(sorted(found.items()))


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


def _read_folder(path: Path) -> dict[str, bytes]:
    below = [folder.name for folder in path.iterdir() if (folder / FOLDERS["requirement"]).is_dir()]
    root = path if (path / FOLDERS["requirement"]).is_dir() else path / _the_one(below, path)
    places = [root / folder for folder in FOLDERS.values() if (root / folder).is_dir()]
    pages = [page for place in places for page in place.iterdir()]
    found: dict[str, bytes] = {}
    for file in (*pages, root / GLOSSARY, root / CRITERIA):
        name = file.relative_to(root).as_posix()
        if _is_read(name) and (file.exists() or file.is_symlink()):
            if not file.is_file():
                raise _no_file(name)
            with file.open("rb") as stream:
                found[name] = _take(stream, name, found)
    return found


def _the_one(roots: Iterable[str], path: Path) -> str:
    """The one folder with a release in it; empty where there is none. Raises `FrameworkError` where there are more."""
    names = sorted(root.rstrip("/") for root in roots)
    if len(names) > 1:
        several = {"n": len(names), "folders": ", ".join(names)}
        reason = _("there are %(n)d releases in it, in %(folders)s: import one of them") % several
        raise FrameworkError(Problem(str(path), reason))
    return names[0] if names else ""


def _no_file(name: str) -> FrameworkError:
    return FrameworkError(Problem(name, _("this is not a file but a folder, or a link to something that is not there")))


def _read_zip(path: Path) -> dict[str, bytes]:
    """Reads the members in memory and never extracts: where a member says that it belongs makes no difference."""
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        marks = {member.filename.partition(FOLDERS["requirement"])[0] for member in members if ITEMS in member.filename}
        roots = {mark for mark in marks if mark == "" or (mark.count("/") == 1 and mark.endswith("/"))}
        root = "" if "" in roots or not roots else f"{_the_one(roots, path)}/"
        found: dict[str, bytes] = {}
        for member in members:
            name = member.filename.removeprefix(root).rstrip("/")
            if member.filename.startswith(root) and _is_read(name):
                if member.is_dir():
                    raise _no_file(name)
                with archive.open(member) as stream:
                    found[name] = _take(stream, name, found)
    return found


def _take(stream: Any, name: str, found: Mapping[str, bytes]) -> bytes:
    content: bytes = stream.read(MAX_FILE + 1)
    if len(content) > MAX_FILE or len(content) + sum(map(len, found.values())) > MAX_TOTAL:
        raise FrameworkError(Problem(name, _("this is too large to be a page of the Algoritmekader")))
    return content
