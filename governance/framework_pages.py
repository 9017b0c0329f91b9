"""A page of the Algoritmekader taken apart: front matter, sections, sources and links. Pure text, no database."""

import posixpath
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml
from django.utils.translation import gettext as _

SITE = "https://minbzk.github.io/Algoritmekader/"
"""The framework's public site, for its pages that have no page here."""


class PageError(ValueError):
    """A page that cannot be read: the line in the file, and why."""

    def __init__(self, line: int | None, reason: str) -> None:
        super().__init__(reason)
        self.line = line


class _TextLoader(yaml.SafeLoader):
    """Reads every value as text, so that criterion 3.10 stays apart from 3.1; only an empty value is None."""


_TextLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag == "tag:yaml.org,2002:null"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)^---[ \t]*$\n?", re.DOTALL | re.MULTILINE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_FENCE = re.compile(r"\s*(```|~~~)")
_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*\s*$")
_ATTRIBUTES = re.compile(r"\s*\{[^}]*\}\s*$")
_EMPTY_EXPANDER = re.compile(r"^\?\?\?\+?[^\n]*$(?!\n+[ \t]+\S)", re.MULTILINE)
_LINK = re.compile(r"\[((?:[^\[\]]|\[[^\]]*\])*)\]\(((?:[^()]|\([^()]*\))*)\)")
_ABSOLUTE = re.compile(r"(?:[a-z][a-z0-9+.-]*:|#|//|/)", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z][^>]*>", re.IGNORECASE)
_BULLET = re.compile(r"\s*[-*+]\s+")
_BUTTON = re.compile(r"\]\((https?://[^)\s]+)\)\{[^}]*button[^}]*\}")


@dataclass
class Section:
    """A heading and the text up to the next heading; level 0 is what stands before the first."""

    level: int
    title: str
    heading: str
    text: str

    @property
    def markdown(self) -> str:
        return f"{self.heading}\n{self.text}" if self.heading else self.text

    def is_called(self, *titles: str) -> bool:
        return bool(self.heading) and self.title.casefold() in {title.casefold() for title in titles}


@dataclass
class Page:
    """`data` has text, lists and mappings of text, and None only; the body has no comments and no empty sections."""

    file: str
    data: dict[str, Any]
    sections: list[Section]
    _front_matter: list[str] = field(default_factory=list, repr=False)

    @property
    def body(self) -> str:
        return _tidy("\n".join(section.markdown for section in self.sections))

    @property
    def repeated_keys(self) -> list[str]:
        """Keys that the front matter has more than once; only the last of each is read."""
        keys = Counter(line.partition(":")[0] for line in self._front_matter if re.match(r"[\w-]+:", line))
        return [key for key, times in keys.items() if times > 1]

    def line_of(self, key: str, value: str = "") -> int | None:
        """The line in the file on which a key of the front matter stands, or `value` below it."""
        below = False
        for number, line in enumerate(self._front_matter, start=2):
            below = below or line.startswith(f"{key}:")
            if below and value in line:
                return number
        return None

    def take(self, title: str) -> str:
        """Removes the section of that title, with what is below it, from the page; gives its text."""
        start = next((n for n, section in enumerate(self.sections) if section.is_called(title)), None)
        if start is None:
            return ""
        level = self.sections[start].level
        end = start + 1
        while end < len(self.sections) and self.sections[end].level > level:
            end += 1
        taken = self.sections[start:end]
        del self.sections[start:end]
        return _tidy("\n".join([taken[0].text, *(section.markdown for section in taken[1:])]))

    def drop_opening_heading(self, *titles: str) -> None:
        """Leaves out the first heading where it says no more than the page's own."""
        for section in self.sections:
            if section.heading:
                if section.is_called(*titles):
                    section.heading = ""
                return
            if section.text.strip():
                return

    def button(self) -> str:
        """The address behind the page's first button, where the page links to elsewhere with one."""
        found = _BUTTON.search(self.body)
        return found[1] if found else ""


def read_page(file: str, text: str) -> Page:
    """The page in `text`; links to other pages are written from the root of the framework (`/rollen/jurist.md`).

    Raises `PageError` with the line where the front matter is absent or not a mapping.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    found = _FRONT_MATTER.match(text)
    if not found:
        raise PageError(1, _("the file does not start with front matter between two lines of three dashes"))
    try:
        data = yaml.load(found[1], _TextLoader)  # noqa: S506  (a safe loader, reading text only)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else 1
        raise PageError(
            line, _("invalid front matter: %(reason)s") % {"reason": error.problem or error.context}
        ) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise PageError(1, _("invalid front matter: %(reason)s") % {"reason": error}) from error
    if not isinstance(data, dict) or not all(isinstance(key, str) for key in data):
        raise PageError(1, _("the front matter is not a list of names with values"))
    body = _from_root(_COMMENT.sub("", text[found.end() :]), posixpath.dirname(file.removeprefix("docs/")))
    return Page(file, data, _without_empty(list(_sections(body))), found[1].split("\n"))


def _sections(body: str) -> Iterator[Section]:
    current = Section(0, "", "", "")
    lines: list[str] = []
    fenced = False
    for line in body.split("\n"):
        fenced ^= bool(_FENCE.match(line))
        heading = None if fenced else _HEADING.match(line)
        if heading is None:
            lines.append(line)
            continue
        current.text = "\n".join(lines)
        yield current
        title = _ATTRIBUTES.sub("", heading[2])
        current, lines = Section(len(heading[1]), title, f"{heading[1]} {title}", ""), []
    current.text = "\n".join(lines)
    yield current


def _without_empty(sections: list[Section]) -> list[Section]:
    """Leaves out sections with nothing in them: on the framework's site they are filled with lists of other items."""
    kept: list[Section] = []
    for section in reversed(sections):
        section.text = _EMPTY_EXPANDER.sub("", section.text)
        if section.text.strip() or (kept and kept[0].level > section.level > 0):
            kept.insert(0, section)
    return kept


def _tidy(text: str) -> str:
    lines = [line.rstrip() for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _from_root(body: str, folder: str) -> str:
    def rewrite(found: re.Match[str]) -> str:
        target = found[2].strip()
        if not target or _ABSOLUTE.match(target):
            return found[0]
        return f"[{found[1]}]({posixpath.normpath(posixpath.join('/', folder, target)).replace(' ', '%20')})"

    return _LINK.sub(rewrite, body)


def site_address(path: str) -> str:
    """The address on the framework's public site of a page or file, by its path from the root (`/rollen/jurist.md`)."""
    path, mark, fragment = path.lstrip("/").partition("#")
    if path.endswith(".md"):
        path = path.removesuffix(".md").removesuffix("index").rstrip("/")
        path = f"{path}/" if path else ""
    return f"{SITE}{path}{mark}{fragment}"


def sources_in(text: str) -> list[dict[str, str]]:
    """What the section on sources names: `{title_nl, url}` per link, and per point of a list without one.

    Of HTML in it the words are left.
    """
    sources: list[dict[str, str]] = []
    for line in _TAG.sub("", text).split("\n"):
        links = [(title.strip(), address.strip()) for title, address in _LINK.findall(line)]
        is_point = bool(_BULLET.match(line))
        whole = _LINK.sub(r"\1", _BULLET.sub("", line, count=1)).strip(" \t|.")
        if len(links) == 1:
            links = [(whole, links[0][1])]
        elif not links and is_point and whole:
            links = [(whole, "")]
        for title, address in links:
            source = {"title_nl": title, "url": site_address(address) if address.startswith("/") else address}
            if source not in sources:
                sources.append(source)
    return sources
