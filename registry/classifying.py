"""Classifying an algorithm in the decision aid, and deciding from it what applies."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from governance import audit_trail, clock
from governance.decision_tree import Walk, tree_of
from governance.models import Axis, DecisionTree, Measure, Organisation, Requirement, User
from registry import compliance
from registry.applicability import Duty, Profile, axis_values, decide, profile_of
from registry.models import (
    Algorithm,
    Applicability,
    Classification,
    ClassificationDraft,
    Recommendation,
    RequirementAssessment,
)
from registry.models.applicability import Outcome

BATCH = 500

after_classifying: list[Callable[[Algorithm], None]] = []
"""Called with each algorithm that was classified, in the transaction of the change."""


def current_tree() -> DecisionTree | None:
    """The decision tree in use for new classifications; None before one was imported."""
    return DecisionTree.objects.filter(is_current=True).defer("content").first()


def draft_walk(draft: ClassificationDraft) -> Walk:
    return tree_of(draft.tree).walk(draft.answers)


def draft_of(algorithm: Algorithm, *, by: User) -> ClassificationDraft:
    """The unfinished classification of this algorithm: the one that lies there, or a new one that is not yet saved.

    A new one begins with the answers and facts of the current classification, as far as they still fit the tree.
    Raises `ValidationError` when no decision tree was imported yet.
    """
    draft = ClassificationDraft.objects.with_tree().filter(algorithm=algorithm).first()
    if draft:
        return draft
    tree = current_tree()
    if tree is None:
        raise ValidationError(_("There is no decision tree yet. An administrator can import one."))
    now = Classification.objects.current().with_tree().filter(algorithm=algorithm).first()
    draft = ClassificationDraft(algorithm=algorithm, tree=tree, by=by)
    if now:
        draft.answers, draft.facts = answers_that_fit(now, tree), now.facts
    return draft


def answers_that_fit(given: Classification | ClassificationDraft, tree: DecisionTree) -> list[list[Any]]:
    """The answers that were given as far as they mean the same in `tree`: same labels, same next questions."""
    new, kept = tree_of(tree), []
    for step in tree_of(given.tree).walk(given.answers).steps:
        question = new.questions.get(step.question.number)
        if question is None or step.choice >= len(question.answers):
            break
        answer = question.answers[step.choice]
        if (answer.labels, answer.redirects) != (step.answer.labels, step.answer.redirects):
            break
        kept.append([question.number, step.choice])
    return new.walk(kept).answers


def answer(algorithm: Algorithm, question: str, choice: int, *, by: User) -> Walk:
    """Answers one question and returns how far the answers now get.

    Later answers stay as far as they still lie on the path. Raises `ValidationError` for a question that is not on
    the path or an answer it does not have.
    """
    with transaction.atomic():
        hold([algorithm.pk])
        draft = draft_of(algorithm, by=by)
        tree = tree_of(draft.tree)
        walk = tree.walk(draft.answers)
        on_path = [step.question.number for step in walk.steps]
        if question in on_path:
            place = on_path.index(question)
        elif walk.question is not None and walk.question.number == question:
            place = len(on_path)
        else:
            raise ValidationError(_("Question %(number)s is not on your path.") % {"number": question})
        if not 0 <= choice < len(tree.questions[question].answers):
            raise ValidationError(_("Choose one of the answers."))
        walk = tree.walk([*walk.answers[:place], [question, choice], *walk.answers[place + 1 :]])
        draft.answers = walk.answers
        _save_draft(draft, by=by)
    return walk


def answer_facts(algorithm: Algorithm, facts: Mapping[str, bool], *, by: User) -> Walk:
    """Records what is known of the facts that the other laws hang on; returns how far the questions are."""
    with transaction.atomic():
        hold([algorithm.pk])
        draft = draft_of(algorithm, by=by)
        draft.facts = dict(facts)
        _save_draft(draft, by=by)
    return draft_walk(draft)


def _save_draft(draft: ClassificationDraft, *, by: User) -> None:
    """Saves the answers; while nothing is confirmed they already say what can no longer apply."""
    if draft.pk is None:
        audit_trail.record("classification.started", draft.algorithm)
    draft.by = by
    draft.save()
    if not Classification.objects.current().filter(algorithm=draft.algorithm_id).exists():
        decide_all([draft.algorithm])


def carry_over(draft: ClassificationDraft, *, by: User) -> Walk:
    """Takes unfinished answers to the tree in use, as far as they fit it; returns how far they get there."""
    with transaction.atomic():
        hold([draft.algorithm_id])
        tree = current_tree()
        if tree is not None and draft.tree_id != tree.pk:
            changes = {"tree": [str(draft.tree), str(tree)]}
            draft.answers, draft.tree = answers_that_fit(draft, tree), tree
            _save_draft(draft, by=by)
            audit_trail.record("classification.carried_over", draft.algorithm, changes)
    return draft_walk(draft)


def discard(draft: ClassificationDraft) -> None:
    """Throws unfinished answers away; the current classification, if any, stays."""
    with transaction.atomic():
        audit_trail.record("classification.discarded", draft.algorithm)
        algorithm = draft.algorithm
        draft.delete()
        decide_all([algorithm])


def classify(
    algorithm: Algorithm,
    answers: Sequence[Sequence[Any]],
    facts: Mapping[str, bool],
    *,
    tree: DecisionTree,
    by: User | None,
) -> Classification:
    """Makes these answers the current classification and decides anew what applies.

    Raises `ValidationError` when the answers do not reach a conclusion. Work on what no longer applies stays and is
    back when it applies again.
    """
    walk = tree_of(tree).walk(answers)
    if walk.conclusion is None:
        raise ValidationError(_("The questions are not finished: answer question %s first.") % walk.question.number)  # type: ignore[union-attr]
    now = clock.now()
    with transaction.atomic():
        hold([algorithm.pk])
        former = Classification.objects.current().filter(algorithm=algorithm).first()
        if former:
            former.close(now)
        classification = Classification.objects.create(
            algorithm=algorithm,
            tree=tree,
            answers=walk.answers,
            facts=dict(facts),
            labels=sorted(walk.labels),
            conclusion=walk.conclusion.number,
            ai_act_applies=walk.conclusion.ai_act_applies,
            risk_group=risk_group_of(walk),
            since=now,
            by=by,
        )
        ClassificationDraft.objects.filter(algorithm=algorithm).delete()
        decide_all([algorithm], now)
        audit_trail.record("algorithm.classified", algorithm, _changes(former, classification))
        for react in after_classifying:
            react(algorithm)
    return classification


def risk_group_of(walk: Walk) -> str:
    """The one value a list filters on: the risk group, or that the AI Act does not apply."""
    if walk.conclusion and not walk.conclusion.ai_act_applies:
        return "ai-act-does-not-apply"
    values = axis_values(walk.labels)
    if "ai-model-voor-algemene-doeleinden" in values.get(Axis.APPLICATION_TYPE, frozenset()):
        return "ai-model-voor-algemene-doeleinden"
    return next(iter(sorted(values.get(Axis.RISK_GROUP, frozenset()))), "")


def _changes(former: Classification | None, new: Classification) -> dict[str, list[Any]]:
    fields = ("answers", "facts", "labels", "conclusion")
    old = {name: getattr(former, name) for name in fields} if former else {}
    return audit_trail.changes_between(old, {name: getattr(new, name) for name in fields})


def hold(algorithms: Iterable[int]) -> None:
    """Keeps other writers of these algorithms waiting until the transaction ends."""
    list(Algorithm.objects.select_for_update(no_key=True).filter(pk__in=list(algorithms)).order_by("pk").values("pk"))


# What applies


@dataclass(frozen=True)
class Catalogue:
    """The requirements and measures that count for one organisation, as plain values."""

    duties: dict[int, Duty]
    withdrawn: frozenset[int]
    measures: dict[int, tuple[tuple[str, ...], frozenset[int]]]
    """measure → (facts, linked requirements)"""

    def outcomes(self, profile: Profile) -> dict[int, tuple[str, dict[str, Any]]]:
        return {pk: decide(profile, duty) for pk, duty in self.duties.items() if pk not in self.withdrawn}

    def recommended(self, profile: Profile, outcomes: Mapping[int, str]) -> set[int]:
        """Measures that help with something that applies, or stand on their own, unless a fact rules them out."""
        return {
            pk
            for pk, (facts, requirements) in self.measures.items()
            if all(profile.facts.get(fact) is not False for fact in facts)
            and (not requirements or any(outcomes.get(r) == Outcome.APPLIES for r in requirements))
        }


def catalogue_of(organisation: Organisation) -> Catalogue:
    requirements = (
        Requirement.objects.for_organisation(organisation).select_related("law").prefetch_related("axis_values")
    )
    duties: dict[int, Duty] = {}
    withdrawn = set()
    for requirement in requirements:
        duties[requirement.pk] = duty_of(requirement)
        if requirement.is_withdrawn:
            withdrawn.add(requirement.pk)
    measures = Measure.objects.for_organisation(organisation).in_force().at_algorithm_level().only("pk", "facts")
    links: dict[int, set[int]] = {}
    through = Measure.requirements.through.objects.filter(requirement__in=duties)
    for measure_id, requirement_id in through.values_list("measure_id", "requirement_id"):
        links.setdefault(measure_id, set()).add(requirement_id)
    return Catalogue(
        duties,
        frozenset(withdrawn),
        {m.pk: (tuple(m.facts), frozenset(links.get(m.pk, ()))) for m in measures},
    )


def duty_of(requirement: Requirement) -> Duty:
    """What the rule needs of a stored requirement; relies on `law` and `axis_values` being loaded."""
    axes: dict[str, set[str]] = {}
    for row in requirement.axis_values.all():
        axes.setdefault(row.axis, set()).add(row.value)
    return Duty(
        axes={axis: frozenset(values) for axis, values in axes.items()},
        is_ai_act=requirement.law is not None and requirement.law.slug == requirement.law.AI_ACT,
        facts=tuple(requirement.facts),
    )


def profiles_of(algorithms: Sequence[Algorithm]) -> dict[int, Profile]:
    """What is known of each algorithm: from its classification, else from its unfinished answers, else nothing."""
    ids = [algorithm.pk for algorithm in algorithms]
    current = {c.algorithm_id: c for c in Classification.objects.current().filter(algorithm__in=ids)}
    drafts = {
        d.algorithm_id: d
        for d in ClassificationDraft.objects.with_tree().filter(algorithm__in=[pk for pk in ids if pk not in current])
    }
    profiles = {}
    for algorithm in algorithms:
        if classification := current.get(algorithm.pk):
            known = profile_of(None, classification.facts, algorithm.acquisition)
            profiles[algorithm.pk] = Profile(
                axis_values(classification.labels), True, classification.ai_act_applies, known.facts
            )
        elif draft := drafts.get(algorithm.pk):
            profiles[algorithm.pk] = profile_of(draft_walk(draft), draft.facts, algorithm.acquisition)
        else:
            profiles[algorithm.pk] = profile_of(None, {}, algorithm.acquisition)
    return profiles


def decide_all(algorithms: Iterable[Algorithm], moment: datetime | None = None, *, is_recorded: bool = False) -> None:
    """Decides for these algorithms what applies and which measures are recommended, writes what changed, recounts.

    `moment` (now, unless given) is when it changed, so that it coincides with the change that led to it. An overruled
    outcome stays as the person put it. A withdrawn requirement stays where it is in use: where somebody assessed it or
    ever overruled whether it applies. Where nobody did anything about it, it no longer applies, also if it did until
    then. With `is_recorded` the history of each algorithm tells what changed, as no verb on the algorithm itself does.
    """
    everything = list(algorithms)
    catalogues: dict[int, Catalogue] = {}
    for start_at in range(0, len(everything), BATCH):
        batch = everything[start_at : start_at + BATCH]
        with transaction.atomic():
            hold(algorithm.pk for algorithm in batch)
            for algorithm in batch:
                if algorithm.organisation_id not in catalogues:
                    catalogues[algorithm.organisation_id] = catalogue_of(algorithm.organisation)
            changed = _decide_batch(batch, catalogues, moment or clock.now())
            if is_recorded:
                _record(batch, changed)
            compliance.recount(algorithm.pk for algorithm in batch)


def _record(batch: Sequence[Algorithm], changed: Mapping[int, Mapping[int, list[str | None]]]) -> None:
    codes = {
        row.pk: row.code for row in Requirement.objects.filter(pk__in={pk for of in changed.values() for pk in of})
    }
    audit_trail.append(
        audit_trail.event("algorithm.decided_anew", row, {codes[pk]: change for pk, change in changed[row.pk].items()})
        for row in batch
        if row.pk in changed
    )


def _decide_batch(
    batch: Sequence[Algorithm], catalogues: Mapping[int, Catalogue], now: datetime
) -> dict[int, dict[int, list[str | None]]]:
    """Decides, and returns by algorithm and requirement the outcome that was and the one that now is."""
    changed: dict[int, dict[int, list[str | None]]] = {}
    ids = [algorithm.pk for algorithm in batch]
    profiles = profiles_of(batch)
    rows: dict[int, dict[int, Applicability]] = {}
    for row in Applicability.objects.current().filter(algorithm__in=ids):
        rows.setdefault(row.algorithm_id, {})[row.requirement_id] = row
    recommended: dict[int, dict[int, int]] = {}
    for pk, algorithm_id, measure_id in (
        Recommendation.objects.current().filter(algorithm__in=ids).values_list("pk", "algorithm_id", "measure_id")
    ):
        recommended.setdefault(algorithm_id, {})[measure_id] = pk
    worked_on = set(
        RequirementAssessment.objects.current().filter(algorithm__in=ids).values_list("algorithm_id", "requirement_id")
    ) | set(Applicability.objects.overruled().filter(algorithm__in=ids).values_list("algorithm_id", "requirement_id"))
    closed, opened = [], []
    closed_recommendations, opened_recommendations = [], []
    for algorithm in batch:
        catalogue, existing = catalogues[algorithm.organisation_id], rows.get(algorithm.pk, {})
        outcomes = {}
        for requirement, (rule_outcome, reason) in catalogue.outcomes(profiles[algorithm.pk]).items():
            row = existing.get(requirement)
            outcomes[requirement] = row.outcome if row and row.is_overruled else rule_outcome
            if row and (row.rule_outcome, row.reason) == (rule_outcome, reason):
                continue
            if row:
                closed.append(row.pk)
            if (before := row.outcome if row else None) != outcomes[requirement]:
                changed.setdefault(algorithm.pk, {})[requirement] = [before, outcomes[requirement]]
            opened.append(
                Applicability(
                    algorithm=algorithm,
                    requirement_id=requirement,
                    outcome=outcomes[requirement],
                    rule_outcome=rule_outcome,
                    reason=reason,
                    overruling=row.overruling if row else "",
                    since=now,
                    by=row.by if row and row.is_overruled else None,
                )
            )
        for requirement, row in existing.items():
            if requirement not in outcomes and (algorithm.pk, requirement) not in worked_on:
                closed.append(row.pk)
                changed.setdefault(algorithm.pk, {})[requirement] = [row.outcome, None]
        wanted, held = catalogue.recommended(profiles[algorithm.pk], outcomes), recommended.get(algorithm.pk, {})
        closed_recommendations += [pk for measure, pk in held.items() if measure not in wanted]
        opened_recommendations += [
            Recommendation(algorithm=algorithm, measure_id=measure, since=now) for measure in wanted - held.keys()
        ]
    Applicability.objects.filter(pk__in=closed).update(until=now)
    Applicability.objects.bulk_create(opened, batch_size=2000)
    Recommendation.objects.filter(pk__in=closed_recommendations).update(until=now)
    Recommendation.objects.bulk_create(opened_recommendations, batch_size=2000)
    return changed


@dataclass(frozen=True)
class Preview:
    """What confirming a classification would change."""

    added: list[Requirement]
    removed: list[Requirement]
    applying: int
    undetermined: int


def preview(draft: ClassificationDraft) -> Preview:
    """What would apply after confirming this draft that does not now, and the other way round.

    While nothing was confirmed, now is what applies without an answer: the draft's own answers already count by then.
    """
    algorithm = draft.algorithm
    catalogue = catalogue_of(algorithm.organisation)
    profile = profile_of(draft_walk(draft), draft.facts, algorithm.acquisition)
    current = {row.requirement_id: row for row in Applicability.objects.current().filter(algorithm=algorithm)}
    before = {pk: row.outcome for pk, row in current.items()}
    if not Classification.objects.current().filter(algorithm=algorithm).exists():
        unanswered = catalogue.outcomes(profile_of(None, {}, algorithm.acquisition))
        overruled = {pk for pk, row in current.items() if row.is_overruled}
        before |= {pk: outcome for pk, (outcome, _reason) in unanswered.items() if pk not in overruled}
    added, removed, applying, undetermined = set(), set(), 0, 0
    for requirement, (outcome, _reason) in catalogue.outcomes(profile).items():
        row = current.get(requirement)
        if row and row.is_overruled:
            outcome = row.outcome
        applies, applied = outcome == Outcome.APPLIES, before.get(requirement) == Outcome.APPLIES
        applying += applies
        undetermined += outcome == Outcome.UNDETERMINED
        if applies and not applied:
            added.add(requirement)
        elif applied and not applies:
            removed.add(requirement)
    requirements = Requirement.objects.filter(pk__in=added | removed).order_by("urn")
    return Preview(
        [r for r in requirements if r.pk in added], [r for r in requirements if r.pk in removed], applying, undetermined
    )
