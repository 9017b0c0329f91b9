"""What the audit trail keeps of a decision: its conditions, what was accepted open and how the checklist was answered.

Each is a list of rows of plain values, with a `title` by which a history shows the row in one line.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from registry.gate_checklists import answered
from registry.models import Gate


def changes(gate: Gate, wanted: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """The changes that go with `gate.decided`; `wanted` are the conditions as they were written."""
    with translation.override(settings.LANGUAGE_CODE):
        return {
            "conditions": [None, [_condition(row) for row in wanted]],
            "accepted_open": [None, [_accepted(item) for item in gate.open_items if item["accepted"]]],
            "checklist": [None, _checklist(gate)],
        }


def _condition(row: Mapping[str, Any]) -> dict[str, Any]:
    text, due, assignee = row["text"].strip(), row["due"], row.get("assignee")
    who = str(assignee) if assignee else _("nobody")
    title = f"{text} ({date_format(due, 'j F Y')}, {who})"
    return {"title": title, "text": text, "due": due.isoformat(), "assignee": str(assignee) if assignee else None}


def _accepted(item: Mapping[str, Any]) -> dict[str, Any]:
    code = f"{item['kind']}-{item['code']}" if item["code"] else item["kind"]
    name = item["title"].get(translation.get_language()) or code
    return {"title": f"{name}: {item['accepted']}", "code": code, "reason": item["accepted"]}


def _checklist(gate: Gate) -> list[dict[str, Any]]:
    rows = []
    for one in answered(gate):
        title = f"{one.question.text} {one.label}"
        row = {"key": one.question.key, "answer": one.answer, "note": one.note}
        rows.append({"title": f"{title} ({one.note})" if one.note else title, **row})
    return rows
