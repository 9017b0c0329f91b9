"""A small release of the Algoritmekader, made up for the tests, and what a release leaves in the database."""

import zipfile
from pathlib import Path

import pytest

from governance.framework_files import ITEMS, FrameworkError
from governance.framework_import import import_framework
from governance.models import (
    AuditCriterion,
    AuditEvent,
    AxisValue,
    CatalogueRevision,
    FrameworkRelease,
    Measure,
    Requirement,
    Term,
    Tool,
    Topic,
)

REQUIREMENTS, MEASURES, TOOLS = (f"{ITEMS}/{folder}" for folder in ("vereisten", "maatregelen", "hulpmiddelen"))

REQUIREMENT = """---
title: Houd toezicht
id: urn:nl:ak:ver:aia-09
toelichting: Een mens let op.
levenscyclus:
- ontwerp
onderwerp:
- data
rollen:
- jurist
soort-toepassing:
- ai-systeem
risicogroep:
- hoog-risico-ai-systeem
rol-ai-act:
- aanbieder
transparantieverplichting:
- geen-transparantieverplichting
systeemrisico:
- niet-van-toepassing
open-source:
- open-source
uitzondering:
- risicogroep-uitzondering-van-toepassing
---
<!-- tags -->
## Vereiste

Een mens let op, zie [ontwerp](../../levenscyclus/ontwerp.md#taken).

## Bronnen
- [Artikel 14](https://voorbeeld.nl/wet#14), lid 1
- [Data](../../onderwerpen/data.md)
- Een boek

## Van toepassing op
<!-- tags-ai-act -->

## Risico
Niemand merkt het.

### Voor wie
Voor burgers.

## Maatregelen { data-search-exclude }

<!-- list_maatregelen vereiste/aia-09-toezicht -->
"""

MEASURE = """---
title: Wijs iemand aan
id: urn:nl:ak:mtr:org-01
toelichting: Iemand doet het.
vereiste:
- aia-09-toezicht
levenscyclus:
- ontwerp
onderwerp:
- data
rollen:
- jurist
sources:
  ARK: 3.10
---
## Maatregel
Wijs iemand aan.

## Bijbehorende vereiste(n) { data-search-exclude }
??? expander "Bekijk alle vereisten"
    <!-- list_vereisten_on_maatregelen_page -->

## Risico
<!-- vul hier het risico in -->
"""

TOOL = """---
title: Vragenlijst
toelichting: Een lijst met vragen.
categorie:
- template
vereiste:
- aia-09-toezicht
maatregel:
- 0-org-01-aanwijzen
levenscyclus:
- ontwerp
onderwerp:
- data
rollen:
- jurist
---
[Naar de lijst](https://voorbeeld.nl/lijst){ .button }

## Hulpmiddel
Vul de lijst in.
"""

RELEASE = {
    f"{REQUIREMENTS}/index.md": "# Vereisten",
    f"{REQUIREMENTS}/aia-09-Toezicht.md": REQUIREMENT,
    f"{MEASURES}/0-org-01-aanwijzen.md": MEASURE,
    f"{TOOLS}/Lijst.md": TOOL,
    "docs/onderwerpen/data.md": "---\ntitle: Goede data\n---\n# Goede data\nOver data.\n",
    "docs/levenscyclus/ontwerp.md": "---\ntitle: Fase 2, ontwerp\n---\n# Fase 2: Ontwerp\nTekenen.\n",
    "docs/levenscyclus/over-de-levenscyclus.md": "---\ntitle: Over de levenscyclus\n---\nEen plaatje.\n",
    "docs/rollen/jurist.md": "---\ntitle: Jurist\n---\n# Jurist\nKent de wet.\n",
    "includes/begrippenlijst.md": "*[AVG]: Een wet.\n*[AI-systeem]:\tEen systeem.\n",
    "relatie-ak-tot-toetsingskaders.csv": (
        "nummer,bron,maatregelen-ak,urn:nl:ak:mtr:org-01\n3.01,ARK,[],0\n3.10,ARK,['urn:nl:ak:mtr:org-01'],1\n"
    ),
}

URN = {"requirement": "urn:nl:ak:ver:aia-09", "measure": "urn:nl:ak:mtr:org-01", "tool": "urn:nl:ak:hlp:lijst"}


def written(folder: Path, files: dict[str, str | bytes | None] | None = None) -> Path:
    """A release on disk: the small one, with some of its files otherwise (None: absent)."""
    for name, content in {**RELEASE, **(files or {})}.items():
        if content is not None:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def zipped(folder: Path, file: Path, inside: str = "") -> Path:
    with zipfile.ZipFile(file, "w") as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, f"{inside}{path.relative_to(folder)}")
    return file


def without(text: str, key: str) -> str:
    """A page of which the front matter lacks a key, with the list below it."""
    lines, kept, skipping = text.split("\n"), [], False
    for line in lines:
        skipping = line.startswith(f"{key}:") or (skipping and line.startswith(("-", "  ")) and line != "---")
        if not skipping:
            kept.append(line)
    return "\n".join(kept)


def stored() -> dict[str, list]:
    """All that an import can write, with primary keys."""
    tables = {
        "revisions": CatalogueRevision.objects.values_list("urn", "number"),
        "releases": FrameworkRelease.objects.values_list("pk", "name"),
        "events": AuditEvent.objects.values_list("pk", "verb"),
        "criteria": AuditCriterion.objects.values_list("pk", "number", "order", "withdrawn_in"),
        "topics": Topic.objects.values_list("pk", "slug", "title_nl", "body_nl"),
        "terms": Term.objects.values_list("pk", "slug", "definition_nl"),
        "axes": AxisValue.objects.values_list("pk", "value"),
        "measures of criteria": AuditCriterion.measures.through.objects.values_list("pk", "measure_id"),
    }
    for model in (Requirement, Measure, Tool):
        tables[model.__name__] = model.objects.values_list(*[field.attname for field in model._meta.concrete_fields])
        for field in model._meta.many_to_many:
            tables[f"{model.__name__}.{field.name}"] = field.remote_field.through.objects.values_list()
    return {name: sorted(map(str, rows)) for name, rows in tables.items()}


def remarks(report) -> list[tuple[str, str, str, str]]:
    return [(remark.code, remark.file, remark.field, remark.value) for remark in report.remarks]


def problems(path: Path) -> list[tuple[str, int | None, str]]:
    with pytest.raises(FrameworkError) as caught:
        import_framework(path)
    return [(problem.file, problem.line, problem.reason) for problem in caught.value.problems]
