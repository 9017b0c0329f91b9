"""Two texts side by side: paragraph by paragraph, with the words that differ marked."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise, zip_longest

Words = list[tuple[bool, str]]
"""Pieces of a paragraph in order, each with whether it differs from the other side."""

ALIKE_ENOUGH = 0.4
"""From this similarity on, two paragraphs are shown as one that changed; below it, as one gone and one new."""
LONGEST = 4000
"""Paragraphs with more characters than this together are not compared word by word, which would take too long."""


class Kind(StrEnum):
    SAME = "same"
    CHANGED = "changed"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True)
class Row:
    kind: Kind
    old: Words
    new: Words


@dataclass(frozen=True)
class Passage:
    """Rows that belong together: a run of paragraphs that are the same, or a single one that is not."""

    is_same: bool
    rows: list[Row]


RULE = re.compile(r"\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?")
"""The line below the head of a table in Markdown, without the space around it."""
BETWEEN_CELLS = re.compile(r"(?<!\\)\|")


def paragraphs(text: str) -> list[str]:
    """The lines that are not empty: in Markdown a paragraph, heading, list item or row of a table.

    A row of a table is its cells in a sentence, “Wie · Wat · Wanneer”; how its columns are drawn is left out.
    """
    found: list[str] = []
    in_table = is_rule = False
    for line, below in pairwise([*text.splitlines(), ""]):
        if is_rule:
            is_rule = False
            continue
        is_rule = not in_table and "|" in line and "|" in below and RULE.fullmatch(below.strip()) is not None
        in_table = "|" in line and (in_table or is_rule)
        if line.strip():
            found.append(_cells(line) if in_table else line.rstrip())
    return found


def _cells(row: str) -> str:
    cells = BETWEEN_CELLS.split(row.strip())
    cells = cells[1 if cells[0] == "" else 0 : -1 if cells[-1] == "" else None]
    return " · ".join(cell.strip().replace("\\|", "|") or "–" for cell in cells)


def differences(old: str, new: str) -> list[Passage]:
    """Both texts from beginning to end."""
    rows = list(_rows(paragraphs(old), paragraphs(new)))
    passages: list[Passage] = []
    for row in rows:
        is_same = row.kind == Kind.SAME
        if is_same and passages and passages[-1].is_same:
            passages[-1].rows.append(row)
        else:
            passages.append(Passage(is_same, [row]))
    return passages


def _rows(old: list[str], new: list[str]) -> Iterator[Row]:
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from (Row(Kind.SAME, [(False, text)], [(False, text)]) for text in old[i1:i2])
        else:
            for before, after in zip_longest(old[i1:i2], new[j1:j2]):
                yield from _pair(before, after)


def _pair(before: str | None, after: str | None) -> Iterator[Row]:
    if before is not None and after is not None and len(before) + len(after) <= LONGEST:
        left, right = re.findall(r"\s+|\w+|[^\w\s]", before), re.findall(r"\s+|\w+|[^\w\s]", after)
        matcher = difflib.SequenceMatcher(None, left, right, autojunk=False)
        if matcher.ratio() >= ALIKE_ENOUGH:
            old: Words = []
            new: Words = []
            for tag, i1, i2, j1, j2 in matcher.get_opcodes():
                if i2 > i1:
                    old.append((tag != "equal", "".join(left[i1:i2])))
                if j2 > j1:
                    new.append((tag != "equal", "".join(right[j1:j2])))
            yield Row(Kind.CHANGED, old, new)
            return
    if before is not None:
        yield Row(Kind.REMOVED, [(False, before)], [])
    if after is not None:
        yield Row(Kind.ADDED, [], [(False, after)])
