"""The starter set of policies: texts in our own words for an organisation to copy and adapt."""

import re
from dataclasses import dataclass
from typing import Any

from governance.models import LifecyclePhase, Measure, Requirement, Tool, Topic
from governance.starter_texts import in_language, starters

_PLACE = re.compile(r"(?<![!\]])\[(?![\^ xX]\]|\^)([^\[\]]+)\](?![(\[:])")
_BEGINS_ANEW = re.compile(r"\s*(?:[-*+>|#]|\d+[.)]\s)")
_STANDS_ALONE = re.compile(r"#|\|")
_CODE = re.compile(r"```.*?```|~~~.*?~~~|`[^`\n]*`", re.DOTALL)


@dataclass(frozen=True)
class Template:
    """A policy to begin from, in the reader's language."""

    code: str
    kind: str
    title: str
    summary: str
    body: str
    links: dict[str, list[str]]
    """Slugs of topics and phases, and URNs of requirements, measures and tools."""

    @property
    def fields(self) -> dict[str, Any]:
        """What `policies.add_policy` wants; what is no longer in the catalogue is left out."""
        return {
            "kind": self.kind,
            "title": self.title,
            "summary": self.summary,
            "template": self.code,
            "topics": list(Topic.objects.filter(slug__in=self.links["topics"])),
            "phases": list(LifecyclePhase.objects.filter(slug__in=self.links["phases"])),
            "requirements": list(Requirement.objects.in_force().filter(urn__in=self.links["requirements"])),
            "measures": list(Measure.objects.in_force().filter(urn__in=self.links["measures"])),
            "tools": list(Tool.objects.in_force().filter(urn__in=self.links["tools"])),
        }


def templates() -> list[Template]:
    return [
        Template(
            code=entry["code"],
            kind=entry["kind"],
            title=in_language(entry["title"]),
            summary=in_language(entry["summary"]).strip(),
            body=unwrapped(in_language(entry["body"])),
            links={name: entry.get(name, []) for name in ("topics", "phases", "requirements", "measures", "tools")},
        )
        for entry in starters("policy_templates")
    ]


def unwrapped(text: str) -> str:
    """Markdown with each paragraph, list item and row on one line, as people type it; files break lines for readers."""
    lines: list[str] = []
    for line in text.strip().splitlines():
        goes_on = bool(lines and lines[-1] and line.strip() and not _BEGINS_ANEW.match(line))
        if goes_on and not _STANDS_ALONE.match(lines[-1]):
            lines[-1] += f" {line.strip()}"
        else:
            lines.append(line.rstrip())
    return "\n".join(lines)


def template(code: str) -> Template | None:
    return next((found for found in templates() if found.code == code), None)


def places_to_fill(text: str) -> list[str]:
    """What stands between square brackets to be filled in, each once, in order; links and footnotes are no such."""
    places = (" ".join(found[1].split()) for found in _PLACE.finditer(_CODE.sub("", text)))
    return list(dict.fromkeys(places))
