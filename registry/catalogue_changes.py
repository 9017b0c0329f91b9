"""What a change of the catalogue means for the algorithms: decided anew, and named in the report."""

from governance.models import CatalogueItem, DecisionTree, FrameworkRelease, Measure, Requirement
from registry.classifying import decide_all
from registry.models import (
    Algorithm,
    Applicability,
    Classification,
    MeasureStatus,
    Recommendation,
    RequirementAssessment,
)
from registry.monitoring import law_changed, touched_by_law


def after_framework_import(release: FrameworkRelease, requirements: set[int], measures: set[int]) -> list[str]:
    """Decides anew for every algorithm, and returns the names of those that a changed item touches.

    Those in use to which a changed requirement applies, before or after, are to be evaluated.

    An algorithm is touched when a changed requirement applies to it or is undetermined, when a changed measure is
    recommended to it, or when somebody worked on either, before or after the change.
    """
    touched, law = _touched_by(requirements, measures), touched_by_law(requirements)
    algorithms = list(Algorithm.objects.select_related("organisation").order_by("organisation", "name", "pk"))
    decide_all(algorithms, is_recorded=True)
    touched |= _touched_by(requirements, measures)
    law |= touched_by_law(requirements)
    law_changed(law, {row.pk: row.code for row in Requirement.objects.filter(pk__in=requirements)}, release)
    return [f"{algorithm.organisation}: {algorithm}" for algorithm in algorithms if algorithm.pk in touched]


def _touched_by(requirements: set[int], measures: set[int]) -> set[int]:
    rows = [
        Applicability.objects.current().filter(requirement__in=requirements).exclude(outcome="does_not_apply"),
        Applicability.objects.current().filter(requirement__in=requirements).overruled(),
        RequirementAssessment.objects.current().filter(requirement__in=requirements),
        Recommendation.objects.current().filter(measure__in=measures),
        MeasureStatus.objects.current().filter(measure__in=measures),
    ]
    return {pk for found in rows for pk in found.order_by().values_list("algorithm", flat=True).distinct()}


def after_own_item(item: CatalogueItem) -> None:
    """Decides anew for the algorithms of the organisation whose own requirement or measure changed."""
    if isinstance(item, Requirement | Measure) and item.organisation is not None:
        below = Algorithm.objects.filter(organisation__path__startswith=item.organisation.path)
        decide_all(below.select_related("organisation"), is_recorded=True)


def due_for_review(tree: DecisionTree) -> int:
    """How many current classifications were made with another tree than the one in use."""
    return Classification.objects.current().filter(tree__is_current=False).count()
