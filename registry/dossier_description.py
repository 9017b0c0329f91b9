"""The description of an algorithm at a moment: as it is now, with what the audit trail says changed since put back."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import DateField
from django.utils.translation import gettext as _

from governance.models import AuditEvent
from registry.forms import DESCRIPTION
from registry.models import Algorithm, AlgorithmTheme, LifecyclePeriod


def values_now(algorithm: Algorithm) -> dict[str, Any]:
    """Every field of the description as the audit trail writes it down: choices and themes by their codes."""
    values: dict[str, Any] = {name: getattr(algorithm, name, None) for _title, names in DESCRIPTION for name in names}
    values["phase"] = str(algorithm.phase) if algorithm.phase else None
    values["themes"] = [row.theme for row in algorithm.themes.all()]
    values["objectives"] = [str(objective) for objective in algorithm.objectives.all()]
    return values


def values_at(algorithm: Algorithm, moment: datetime) -> dict[str, Any]:
    """As `values_now`, with the changes after the moment undone, the latest first, whatever made them."""
    values = values_now(algorithm)
    since = AuditEvent.objects.about(algorithm).filter(moment__gt=moment)
    for changes in since.order_by("-moment", "-pk").values_list("changes", flat=True):
        values |= {name: _read_back(name, change[0]) for name, change in changes.items() if name in values}
    period = LifecyclePeriod.objects.as_of(moment).filter(algorithm=algorithm).select_related("phase").first()
    if period is not None:
        values |= {"phase": str(period.phase) if period.phase else None, "status": period.status}
    return values


def _read_back(name: str, written: Any) -> Any:
    """A value as it was before the audit trail wrote it down: a day is text there."""
    if written and name not in ("themes", "objectives") and isinstance(Algorithm._meta.get_field(name), DateField):
        return date.fromisoformat(written)
    return written


def description_at(algorithm: Algorithm, moment: datetime) -> list[tuple[Any, list[tuple[str, Any]]]]:
    """The filled-in fields in the groups of the publication standard, in words."""
    values = values_at(algorithm, moment)
    return [(title, [(_label(name), _in_words(name, values)) for name in names]) for title, names in DESCRIPTION]


def _label(name: str) -> str:
    label = _("Themes") if name == "themes" else str(Algorithm._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
    return label[:1].upper() + label[1:]


def _in_words(name: str, values: Mapping[str, Any]) -> Any:
    value = values[name]
    if name == "themes":
        known = dict(AlgorithmTheme.Theme.choices)
        return ", ".join(str(known.get(theme, theme)) for theme in value or [])
    if name == "objectives":
        return ", ".join(map(str, value)) if isinstance(value, list) else value
    choices = getattr(Algorithm._meta.get_field(name), "flatchoices", None)
    return str(dict(choices).get(value, value)) if choices and value else value
