"""The decision aid: one question at a time, then the facts of the other laws, then what changes, then confirm."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from governance.decision_tree import Question, tree_of
from governance.forms import add_errors
from governance.models import Fact
from registry import classifying
from registry.forms import AnswerForm, FactsForm
from registry.models import Classification, ClassificationDraft
from registry.raci_defaults import proposed_responsibilities
from registry.views.algorithm import tab, visible_algorithm

CLASSIFY = "registry.classify_algorithm"


@login_required
def question(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks the question at hand, or with `?vraag=` one that was answered before."""
    algorithm = visible_algorithm(request, pk, CLASSIFY)
    try:
        draft = classifying.draft_of(algorithm, by=request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
        return redirect(algorithm)
    tree, walk = tree_of(draft.tree), classifying.draft_walk(draft)
    chosen = {step.question.number: step.choice for step in walk.steps}
    wanted = request.POST.get("question") or request.GET.get("vraag")
    if wanted is None:
        if walk.question is None:
            return redirect("decision-aid-facts", pk)
        wanted = walk.question.number
    if wanted not in chosen and (walk.question is None or wanted != walk.question.number):
        messages.info(request, _("Question %(number)s is not on your path.") % {"number": wanted[:20]})
        return redirect("decision-aid", pk)
    asked = tree.questions[wanted]
    previous = None
    for step in walk.steps:
        if step.question.number == wanted:
            break
        previous = step.question
    form = AnswerForm(request.POST or None, question=asked, chosen=chosen.get(wanted))
    leaves = request.POST.get("then", "")
    if leaves and not request.POST.get("choice"):
        return _leave(request, pk, leaves, previous)
    if request.method == "POST" and form.is_valid():
        choice = form.cleaned_data["choice"]
        try:
            if not leaves or choice != chosen.get(wanted):
                walk = classifying.answer(algorithm, wanted, choice, by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        else:
            if leaves:
                return _leave(request, pk, leaves, previous, saved=choice != chosen.get(wanted))
            numbers = [step.question.number for step in walk.steps]
            following = numbers[numbers.index(wanted) + 1 :]
            if following:
                return redirect(f"{request.path}?vraag={following[0]}")
            return redirect("decision-aid" if walk.question else "decision-aid-facts", pk)
    earlier = [step for step in walk.steps if step.question.number != wanted]
    return render(
        request,
        "registry/decision_aid_question.html",
        tab(
            algorithm,
            "classification",
            draft=draft,
            question=asked,
            form=form,
            walk=walk,
            earlier=earlier,
            previous=previous,
        ),
    )


def _leave(
    request: HttpRequest, pk: int, leaves: str, previous: Question | None, *, saved: bool = False
) -> HttpResponse:
    """Goes back to the question before (`leaves` is "back") or to the algorithm, having saved or not."""
    if leaves == "back":
        address = reverse("decision-aid", args=[pk])
        return redirect(f"{address}?vraag={previous.number}" if previous else address)
    if saved:
        messages.success(request, _("Your answers are saved. You can go on whenever you like."))
    return redirect("algorithm", pk)


def _draft(algorithm_id: int) -> ClassificationDraft:
    return get_object_or_404(
        ClassificationDraft.objects.with_tree().select_related("algorithm__organisation"),
        algorithm=algorithm_id,
    )


@login_required
def facts(request: HttpRequest, pk: int) -> HttpResponse:
    algorithm = visible_algorithm(request, pk, CLASSIFY)
    try:
        draft = classifying.draft_of(algorithm, by=request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
        return redirect(algorithm)
    form = FactsForm(request.POST or None, known=draft.facts)
    walk = classifying.draft_walk(draft)
    if request.method == "POST" and form.is_valid():
        leaves = request.POST.get("then", "")
        if not leaves or form.has_changed():
            walk = classifying.answer_facts(algorithm, form.facts(), by=request.user)
        if leaves:
            last = walk.steps[-1].question if walk.steps else None
            return _leave(request, pk, leaves, last, saved=form.has_changed())
        return redirect("decision-aid-confirm" if walk.is_finished else "decision-aid", pk)
    return render(
        request,
        "registry/decision_aid_facts.html",
        tab(algorithm, "classification", draft=draft, form=form, walk=walk),
    )


@login_required
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Shows the outcome and what it would change; POST makes it the current classification."""
    algorithm = visible_algorithm(request, pk, CLASSIFY)
    draft = _draft(pk)
    walk = classifying.draft_walk(draft)
    if walk.conclusion is None:
        return redirect("decision-aid", pk)
    seen = draft.changed.isoformat()
    if request.method == "POST" and request.POST.get("seen") != seen:
        messages.warning(request, _("The answers changed while you looked at them. Here is how they stand now."))
    elif request.method == "POST":
        classifying.classify(algorithm, draft.answers, draft.facts, tree=draft.tree, by=request.user)
        messages.success(request, _("The classification is confirmed. Below is what applies, and why."))
        if proposed := len(proposed_responsibilities(algorithm)):
            sentence = ngettext(
                "%(n)d responsibility is proposed: see the tab Responsibilities.",
                "%(n)d responsibilities are proposed: see the tab Responsibilities.",
                proposed,
            )
            messages.info(request, sentence % {"n": proposed})
        return redirect("algorithm-requirements", pk)
    return render(
        request,
        "registry/decision_aid_confirm.html",
        tab(
            algorithm,
            "classification",
            draft=draft,
            walk=walk,
            seen=seen,
            conclusion=walk.conclusion,
            preview=classifying.preview(draft),
            unanswered=[Fact(name).label for name in FACTS_ASKED if name not in draft.facts],
            is_first=not Classification.objects.current().filter(algorithm=algorithm).exists(),
        ),
    )


FACTS_ASKED = [fact.value for fact in Fact if fact != Fact.ACQUIRED]


@login_required
@require_POST
def carry_over(request: HttpRequest, pk: int) -> HttpResponse:
    visible_algorithm(request, pk, CLASSIFY)
    draft = _draft(pk)
    before = len(classifying.draft_walk(draft).steps)
    kept = len(classifying.carry_over(draft, by=request.user).steps)
    messages.success(
        request,
        _("You go on with the newer decision tree. %(kept)d of your %(n)d answers fit it.")
        % {"kept": kept, "n": before},
    )
    return redirect("decision-aid", pk)


@login_required
@require_POST
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    algorithm = visible_algorithm(request, pk, CLASSIFY)
    draft = _draft(pk)
    classifying.discard(draft)
    messages.success(request, _("The unfinished answers are thrown away."))
    return redirect(algorithm)


@login_required
def classification(request: HttpRequest, pk: int) -> HttpResponse:
    """The current classification with its path and sources, and the earlier ones."""
    algorithm = visible_algorithm(request, pk)
    rows = Classification.objects.with_tree().filter(algorithm=algorithm)
    current = rows.current().first()
    shown = current
    if wanted := request.GET.get("versie"):
        shown = rows.filter(pk=wanted).first() if wanted.isdecimal() else None
        if shown is None:
            raise Http404
    draft = ClassificationDraft.objects.with_tree().filter(algorithm=algorithm).first()
    return render(
        request,
        "registry/classification.html",
        tab(
            algorithm,
            "classification",
            current=current,
            shown=shown,
            walk=tree_of(shown.tree).walk(shown.answers) if shown else None,
            facts=[(Fact(name).label, shown.facts.get(name)) for name in FACTS_ASKED] if shown else [],
            earlier=rows.exclude(until=None),
            draft=draft,
            draft_walk=classifying.draft_walk(draft) if draft else None,
        ),
    )
