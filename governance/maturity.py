"""How mature an organisation judges itself to be: a self-assessment that is repeated, never edited (org-06)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from governance import audit_trail, clock
from governance.models import MaturityAssessment, Organisation, User
from governance.starter_texts import content, in_language

Texts = Mapping[str, str]


@dataclass(frozen=True)
class Dimension:
    """What is judged, and how the organisation looks on each level, from 1 up."""

    code: str
    names: Texts
    questions: Texts
    descriptions: tuple[Texts, ...]

    @property
    def name(self) -> str:
        return in_language(self.names)

    @property
    def question(self) -> str:
        return in_language(self.questions)

    @property
    def levels(self) -> list[tuple[int, str]]:
        """Each level with its description."""
        return [(number, in_language(texts)) for number, texts in enumerate(self.descriptions, start=1)]


@dataclass(frozen=True)
class Model:
    level_names: tuple[Texts, ...]
    dimensions: tuple[Dimension, ...]

    @property
    def levels(self) -> list[tuple[int, str]]:
        """Each level with its name."""
        return [(number, in_language(texts)) for number, texts in enumerate(self.level_names, start=1)]

    def level_name(self, number: int | None) -> str:
        return dict(self.levels).get(number or 0, "")


@cache
def model() -> Model:
    """The maturity model that comes with the application."""
    entries = content("maturity")
    return Model(
        tuple(entries["levels"]),
        tuple(
            Dimension(entry["code"], entry["name"], entry["question"], tuple(entry["levels"]))
            for entry in entries["dimensions"]
        ),
    )


def judge(
    organisation: Organisation,
    levels: Mapping[str, int],
    *,
    notes: Mapping[str, str] | None = None,
    ambition: int | None = None,
    summary: str = "",
    assessed_on: date | None = None,
    by: User | None,
) -> MaturityAssessment:
    """Records how mature the organisation judges itself on a day (today, unless given), a level for every dimension.

    A mistake is corrected by judging again on the same day: the last of a day counts. Raises `ValidationError` naming
    the field: a dimension's code, `ambition` or `assessed_on`.
    """
    known, numbers = model(), {number for number, _name in model().levels}
    errors: dict[str, str] = {
        dimension.code: _("Choose one of the levels.")
        for dimension in known.dimensions
        if levels.get(dimension.code) not in numbers
    }
    if ambition is not None and ambition not in numbers:
        errors["ambition"] = _("Choose one of the levels.")
    day = assessed_on or clock.today()
    if day > clock.today():
        errors["assessed_on"] = _("This day has not come yet.")
    if errors:
        raise ValidationError(errors)
    codes = [dimension.code for dimension in known.dimensions]
    with transaction.atomic():
        assessment = MaturityAssessment.objects.create(
            organisation=organisation,
            assessed_on=day,
            levels={code: levels[code] for code in codes},
            notes={code: text.strip() for code in codes if (text := (notes or {}).get(code, "")).strip()},
            ambition=ambition,
            summary=summary.strip(),
            by=by,
        )
        values = {**assessment.levels, "assessed_on": day, "ambition": ambition}
        audit_trail.record("maturity.assessed", assessment, audit_trail.changes_between({}, values))
    return assessment


def that_count(assessments: Iterable[MaturityAssessment]) -> list[MaturityAssessment]:
    """The last of every day, the oldest day first. Relies on the order of the model: the latest first."""
    days: dict[date, MaturityAssessment] = {}
    for assessment in assessments:
        days.setdefault(assessment.assessed_on, assessment)
    return list(reversed(days.values()))


def average(assessment: MaturityAssessment) -> float:
    """The mean level, to one decimal."""
    levels = list(assessment.levels.values())
    return round(sum(levels) / len(levels), 1) if levels else 0.0


@dataclass(frozen=True)
class Course:
    """How one dimension developed over the assessments that count."""

    dimension: Dimension
    levels: list[int | None]
    """A level for every assessment, the oldest first; None where the dimension was not judged."""

    @property
    def latest(self) -> int | None:
        return self.levels[-1] if self.levels else None

    @property
    def change(self) -> int | None:
        """Levels up or down since the assessment before; None without one."""
        if len(self.levels) < 2 or self.levels[-1] is None or self.levels[-2] is None:
            return None
        return self.levels[-1] - self.levels[-2]

    @property
    def fall(self) -> int:
        """How many levels down since the assessment before."""
        return -(self.change or 0)

    @property
    def latest_name(self) -> str:
        return model().level_name(self.latest)

    @property
    def latest_description(self) -> str:
        return dict(self.dimension.levels).get(self.latest or 0, "")


def courses(assessments: list[MaturityAssessment]) -> list[Course]:
    """The development of every dimension over these assessments, which are in the order of their days."""
    return [
        Course(dimension, [row.levels.get(dimension.code) for row in assessments]) for dimension in model().dimensions
    ]


def of(organisation: Organisation) -> list[MaturityAssessment]:
    """The organisation's assessments that count, the oldest first."""
    rows: Any = MaturityAssessment.objects.filter(organisation=organisation).select_related("by")
    return that_count(rows)
