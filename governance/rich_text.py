"""Markdown of the catalogue, shown as safe HTML.

Knows the framework's extensions: admonitions (`!!! tip "…"`), text that folds (`??? expander "…"`), tables, footnotes,
attributes in braces, explained terms, and links from page to page. Everything leaves through one filter, `clean`.
"""

import hashlib
import html
import re
from collections.abc import Callable, Mapping
from typing import Any
from xml.etree.ElementTree import Element, SubElement

import nh3
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from markdown import Markdown
from markdown.extensions import Extension
from markdown.extensions.abbr import AbbrExtension
from markdown.extensions.admonition import AdmonitionExtension, AdmonitionProcessor
from markdown.extensions.attr_list import AttrListExtension
from markdown.extensions.footnotes import FootnoteExtension
from markdown.extensions.sane_lists import SaneListExtension
from markdown.extensions.tables import TableExtension
from markdown.extensions.toc import TocExtension
from markdown.treeprocessors import Treeprocessor
from markdown.util import STX

from governance.framework_pages import site_address

LinkFor = Callable[[str], str | None]
"""Gives the address for a path within the framework, or None to show the words without a link."""

ROUTES = {
    "vereisten": "requirement",
    "maatregelen": "measure",
    "hulpmiddelen": "tool",
    "onderwerpen": "topic",
    "levenscyclus": "phase",
    "rollen": "discipline",
}
"""The page that shows what lies in a folder of the framework."""

NOT_ITEMS = {"index", "over-de-levenscyclus"}

ANCHOR = "text-"
"""Stands before every anchor in a text, so that none can be mistaken for a part of the page around it."""

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)
_ICON = re.compile(r":(?:material|fontawesome|octicons|simple)-[\w-]+:")

REL = "noopener noreferrer nofollow"
_ANCHOR_TAG = re.compile(r'<a((?: [\w-]+="[^"]*")*)>')
_ANCHOR_ELEMENT = re.compile(r"<a((?: [\w-]+=\"[^\"]*\")*)>(.*?)</a>", re.DOTALL)
_ID = re.compile(r' id="([^"]*)"')
_WITHIN = re.compile(r' href="#([^"]*)"')
_OUTWARD = re.compile(r' href="(?!#|/["?\w-])')

TAGS = {
    "a", "abbr", "b", "blockquote", "br", "code", "dd", "del", "details", "div", "dl", "dt", "em", "h2", "h3", "h4",
    "h5", "h6", "hr", "i", "ins", "kbd", "li", "ol", "p", "pre", "s", "small", "span", "strong", "sub", "summary",
    "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul",
}  # fmt: skip

ADMONITIONS = {
    "abstract", "attention", "bug", "caution", "danger", "error", "example", "failure", "hint", "important", "info",
    "note", "question", "quote", "success", "tip", "warning",
}  # fmt: skip

_filter = nh3.Cleaner(
    tags=TAGS,
    clean_content_tags={"script", "style", "svg", "math", "iframe", "object", "template", "noscript", "textarea"},
    attributes={
        "*": {"lang", "dir"},
        "a": {"href", "title", "id"},
        "abbr": {"title"},
        "details": {"open"},
        "li": {"id", "value"},
        "ol": {"start"},
        "sup": {"id"},
        "td": {"colspan", "rowspan"},
        "th": {"colspan", "rowspan"},
        **{f"h{level}": {"id"} for level in range(2, 7)},
    },
    tag_attribute_values={tag: {"align": {"left", "center", "right"}} for tag in ("td", "th")},
    attribute_filter=lambda tag, name, value: _attribute(tag, name, value),
    allowed_classes={
        "a": {"button", "footnote-ref", "footnote-backref"},
        "div": {"admonition", "footnote", *ADMONITIONS},
        "p": {"admonition-title"},
        "span": {"picture"},
    },
    link_rel=REL,
    url_schemes={"http", "https", "mailto"},
)


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name == "id" and not value.startswith(ANCHOR):
        return None
    if name == "href" and value == "#":
        return None
    return value


def clean(text: str) -> SafeString:
    """HTML without anything that runs, loads or imitates the page; links that lead outward say so in `rel`.

    Of a link without an address the words are left.
    """

    def inward_without_rel(found: re.Match[str]) -> str:
        return found[0] if _OUTWARD.search(found[1]) else found[0].replace(f' rel="{REL}"', "")

    def words_without_address(found: re.Match[str]) -> str:
        return found[0] if " href=" in found[1] or _ID.search(found[1]) else found[2]

    cleaned = _ANCHOR_ELEMENT.sub(words_without_address, _filter.clean(text))
    return SafeString(_ANCHOR_TAG.sub(inward_without_rel, cleaned))


def _without_dead_ends(shown: str) -> SafeString:
    """Of a link to a part of this text that is not in it, the words are left."""
    places = set(_ID.findall(shown))

    def words_of_dead_end(found: re.Match[str]) -> str:
        within = _WITHIN.search(found[1])
        return found[2] if within and within[1] not in places else found[0]

    return SafeString(_ANCHOR_ELEMENT.sub(words_of_dead_end, shown))


def _with_scrolling_tables(shown: str) -> SafeString:
    """Each table in a part of the page of its own, which the keyboard reaches where it is wider than the screen."""
    opening = format_html('<div class="table-scroll" tabindex="0" role="group" aria-label="{}"><table>', _("Table"))
    return SafeString(shown.replace("<table>", opening).replace("</table>", "</table></div>"))


def render(
    markdown_text: str,
    link_for: LinkFor | None = None,
    terms: Mapping[str, str] | None = None,
    *,
    top: int = 2,
) -> SafeString:
    """Safe HTML of a Markdown text, with its headings from level `top` down.

    `terms` are explained where they occur (term to definition). A link within the framework goes where `link_for`
    says, by default to our own page of that item; one to a part of the text that is not there shows its words only.
    """
    if not markdown_text.strip():
        return SafeString("")
    mark = hashlib.sha256(markdown_text.encode()).hexdigest()[:6]
    converter = Markdown(
        extensions=[
            AbbrExtension(glossary=dict(terms or {})),
            AdmonitionExtension(),
            AttrListExtension(),
            FootnoteExtension(UNIQUE_IDS=False, BACKLINK_TITLE=_("Back to the text")),
            SaneListExtension(),
            TableExtension(use_align_attribute=True),
            TocExtension(),
            FrameworkExtension(link_for or address_of, top, mark),
        ],
        output_format="html",
    )
    return _with_scrolling_tables(_without_dead_ends(clean(converter.convert(_ICON.sub("", markdown_text)))))


def plain(markdown_text: str, length: int | None = None) -> str:
    """The words of a Markdown text on one line, cut off when longer than `length` characters."""
    words = html.unescape(nh3.clean(str(render(markdown_text)).replace("<", " <"), tags=set()))
    words = re.sub(r"\s+([.,;:!?)])", r"\1", " ".join(words.split()))
    return Truncator(words).chars(length) if length else words


def address_of(path: str) -> str | None:
    """Our page of the requirement, measure, tool, topic, phase or discipline at this path within the framework.

    Its other pages and files are on the framework's own site; a path of ours stays as it is. None where it is unclear.
    """
    way, mark, fragment = path.partition("#")
    parts = [part for part in way.split("/") if part not in ("", ".", "..")]
    if not parts or "." not in parts[-1]:
        return path if way.startswith("/") else None
    folder, name = (parts[-2] if len(parts) > 1 else ""), parts[-1].removesuffix(".md")
    if parts[-1].endswith(".md") and folder in ROUTES and name not in NOT_ITEMS:
        try:
            page = reverse(ROUTES[folder], args=[name.lower()])
        except NoReverseMatch:
            return None
        return f"{page}#{ANCHOR}{fragment}" if fragment else page
    return site_address("/".join(parts) + mark + fragment) if folder or way.startswith("/") else None


class FrameworkExtension(Extension):
    def __init__(self, link_for: LinkFor, top: int, mark: str) -> None:
        super().__init__()
        self.link_for, self.top, self.mark = link_for, top, mark

    def extendMarkdown(self, md: Markdown) -> None:
        md.parser.blockprocessors.register(FoldingText(md.parser), "folding", 106)
        # After inline text, footnotes, attributes and anchors have become elements.
        md.treeprocessors.register(InOurPages(self.link_for, self.top, self.mark), "in-our-pages", 3)


class FoldingText(AdmonitionProcessor):
    """`??? expander "Title"` with indented text below it; `???+` is open from the start."""

    RE = re.compile(r'(?:^|\n)\?\?\?(\+)?[ ]?(?:[\w-]+(?:[ ]+[\w-]+)*)?(?:[ ]+"(.*?)")?[ ]*(?:\n|$)')
    FOLDED = "folding-text"

    def parse_content(self, parent: Element, block: str) -> tuple[Any, str, str]:
        """Text that goes on in the folding text before it, which the library knows by its class."""
        folding = self.lastChild(parent)
        if folding is None or folding.tag != "details":
            return None, block, ""
        if not block.startswith(" " * self.tab_length):
            return None, block, ""
        inside, rest = self.detab(block)
        return folding, inside, rest

    def run(self, parent: Element, blocks: list[str]) -> None:
        block = blocks.pop(0)
        opening = self.RE.search(block)
        if opening:
            if opening.start() > 0:
                self.parser.parseBlocks(parent, [block[: opening.start()]])
            folding = SubElement(parent, "details")
            if opening[1]:
                folding.set("open", "open")
            SubElement(folding, "summary").text = opening[2] or _("Details")
            inside, rest = self.detab(block[opening.end() :])
        else:
            folding, inside, rest = self.parse_content(parent, block)
        self.parser.parseChunk(folding, inside)
        if rest:
            blocks.insert(0, rest)


class InOurPages(Treeprocessor):
    """Makes a text part of our page: its links, anchors, pictures and heading levels."""

    def __init__(self, link_for: LinkFor, top: int, mark: str) -> None:
        super().__init__()
        self.link_for, self.top, self.mark = link_for, top, mark

    def run(self, root: Element) -> None:
        levels = [int(element.tag[1]) for element in root.iter() if _is_heading(element)]
        for element in root.iter():
            if _is_heading(element):
                element.tag = f"h{min(6, int(element.tag[1]) - min(levels) + self.top)}"
            if element.get("id"):
                element.set("id", self._anchor(element.get("id", "")))
            if element.tag == "a" and element.get("href"):
                self._lead(element, element.get("href", ""))
            elif element.tag == "img":
                _describe(element)

    def _lead(self, link: Element, target: str) -> None:
        if target.startswith("#"):
            if len(target) > 1:
                link.set("href", f"#{self._anchor(target[1:])}")
        elif not _ADDRESS.match(target) and not target.startswith(STX):  # the library hides mail addresses behind STX
            address = self.link_for(target)
            if address:
                link.set("href", address)
            else:
                link.tag = "span"

    def _anchor(self, name: str) -> str:
        """Footnotes get a mark of the text they belong to, because a page may show several texts."""
        return f"{ANCHOR}{self.mark}-{name}" if re.match(r"fn(ref\d*)?:", name) else f"{ANCHOR}{name}"


def _is_heading(element: Element) -> bool:
    return isinstance(element.tag, str) and bool(re.fullmatch(r"h[1-6]", element.tag))


def _describe(picture: Element) -> None:
    """A picture becomes its description: pages here load nothing from elsewhere."""
    description = re.sub(r"<[^>]*>", "", picture.get("alt", "")).strip()
    picture.tag = "span"
    picture.attrib.clear()
    picture.set("class", "picture")
    picture.text = _("Picture: %(description)s") % {"description": description} if description else ""
