"""The filters of the catalogue and of the list of algorithms, which pages and API share."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import QueryDict
from django.test import RequestFactory
from django.utils import timezone

from governance.filters import (
    AXIS_VALUES,
    AuditCriterionFilter,
    MeasureFilter,
    RequirementFilter,
    TermFilter,
    ToolFilter,
)
from governance.models import AuditCriterion, AuditFramework, Axis, Discipline, Measure, Requirement, Term, Tool
from registry.filters import AlgorithmFilter
from registry.models import Algorithm, AlgorithmTheme, Applicability, Classification, Compliance
from tests import factories

pytestmark = pytest.mark.django_db


def found(filterset_class, query, queryset, user=None):
    """What the query string leaves of the queryset, in order; for a visitor unless `user` looks."""
    request = RequestFactory().get("/")
    request.user = user or AnonymousUser()
    filterset = filterset_class(QueryDict(query), queryset, request=request)
    assert filterset.is_valid(), filterset.errors
    return list(filterset.qs)


def requirements(query):
    return found(RequirementFilter, query, Requirement.objects.order_by("urn"))


def measures(query):
    return found(MeasureFilter, query, Measure.objects.order_by("urn"))


def tools(query):
    return found(ToolFilter, query, Tool.objects.order_by("urn"))


def algorithms(query, user):
    return found(AlgorithmFilter, query, Algorithm.objects.visible_to(user), user)


# The catalogue


@pytest.mark.parametrize(
    "query",
    [
        "q=dat-77",
        "q=urn:nl:ak:ver:dat-77",
        "q=logboek",
        "q=Logging",
        "q=herleiden",
        "q=traceable",
        "q=inkoop",
        "q=tender",
        "q=logboek+traceable",
    ],
)
def test_search_finds_code_title_summary_and_text_in_both_languages(query):
    wanted = factories.RequirementFactory(
        urn="urn:nl:ak:ver:dat-77",
        title_nl="Houd een logboek bij",
        title_en="Logging",
        summary_nl="Besluiten zijn te herleiden.",
        summary_en="Decisions are traceable.",
        body_nl="Ook bij *inkoop*.",
        body_en="Also in a *tender*.",
    )
    factories.RequirementFactory()

    assert requirements(query) == [wanted]


def test_every_word_of_a_search_must_be_found():
    factories.RequirementFactory(title_nl="Houd een logboek bij")

    assert requirements("q=logboek+onvindbaar") == []


def test_values_of_one_filter_widen_and_filters_narrow():
    one, other = factories.TopicFactory(slug="een"), factories.TopicFactory(slug="ander")
    first = factories.RequirementFactory(phases=[1])
    second = factories.RequirementFactory(phases=[2])
    third = factories.RequirementFactory(phases=[2])
    first.topics.add(one)
    second.topics.add(one, other)
    third.topics.add(other)

    assert requirements("topic=een&topic=ander") == [first, second, third]
    assert requirements("topic=een&topic=ander&phase=fase-2") == [second, third]
    assert requirements("topic=een&phase=fase-1&phase=fase-2") == [first, second]
    assert requirements("topic=ander&phase=fase-1") == []


def test_discipline_and_law_of_a_requirement():
    lawyer = Discipline.objects.create(slug="jurist", title_nl="Jurist")
    wanted = factories.RequirementFactory(law=factories.LawFactory(slug="avg"))
    wanted.disciplines.add(lawyer)
    other = factories.RequirementFactory(law=factories.LawFactory(slug="awb"))

    assert requirements("discipline=jurist") == [wanted]
    assert requirements("law=avg") == [wanted]
    assert requirements("law=avg&law=awb") == [wanted, other]


def test_law_of_measures_and_tools_is_that_of_their_requirements_and_counts_once():
    privacy = factories.LawFactory(slug="avg")
    duties = [factories.RequirementFactory(law=privacy) for _ in range(2)]
    measure = factories.MeasureFactory(requirements=duties)
    factories.MeasureFactory()
    tool = factories.ToolFactory()
    tool.requirements.set(duties)
    factories.ToolFactory()

    assert measures("law=avg") == [measure]
    assert tools("law=avg") == [tool]


@pytest.mark.parametrize(
    ("query", "axis", "value"),
    [
        ("application_type", Axis.APPLICATION_TYPE, "ai-systeem"),
        ("risk_group", Axis.RISK_GROUP, "hoog-risico-ai-systeem"),
        ("role", Axis.ROLE, "aanbieder"),
        ("transparency", Axis.TRANSPARENCY, "transparantieverplichting"),
        ("systemic_risk", Axis.SYSTEMIC_RISK, "systeemrisico"),
        ("open_source", Axis.OPEN_SOURCE, "open-source"),
    ],
)
def test_profile_filter_keeps_requirements_with_that_value_on_the_axis(query, axis, value):
    wanted = factories.RequirementFactory(axes={axis: [value]})
    factories.RequirementFactory(axes={axis: []})

    assert requirements(f"{query}={value}") == [wanted]


@pytest.mark.data
def test_profile_filters_of_measures_and_tools_keep_what_is_linked_to_one_requirement_that_has_it_all():
    both = factories.RequirementFactory(
        axes={"risicogroep": ["hoog-risico-ai-systeem"], "rol-ai-act": ["gebruiksverantwoordelijke"]}
    )
    one, other = (
        factories.RequirementFactory(axes={"risicogroep": ["hoog-risico-ai-systeem"], "rol-ai-act": ["importeur"]}),
        factories.RequirementFactory(
            axes={"risicogroep": ["verboden-ai"], "rol-ai-act": ["gebruiksverantwoordelijke"]}
        ),
    )
    hidden = factories.RequirementFactory(organisation=factories.OrganisationFactory())
    wanted, apart = factories.MeasureFactory(requirements=[both]), factories.MeasureFactory(requirements=[one, other])
    factories.MeasureFactory()
    factories.MeasureFactory(requirements=[hidden])
    tool = factories.ToolFactory()
    tool.requirements.set([both, one])
    factories.ToolFactory()

    assert measures("risk_group=hoog-risico-ai-systeem&role=gebruiksverantwoordelijke") == [wanted]
    assert measures("risk_group=hoog-risico-ai-systeem") == [wanted, apart]
    assert tools("risk_group=hoog-risico-ai-systeem&role=gebruiksverantwoordelijke") == [tool]


def test_every_axis_value_of_the_framework_has_a_name(shared_data):
    import yaml

    named = {axis: {value for value, _name in values} for axis, values in AXIS_VALUES.items()}
    for file in (shared_data / "algoritmekader" / "2026-06").rglob("vereisten/*.md"):
        front_matter = yaml.safe_load(file.read_text("utf-8").split("---")[1]) or {}
        for axis, values in named.items():
            stated = front_matter.get(axis) or []
            assert {stated} if isinstance(stated, str) else set(stated) <= values, (file.name, axis)


def test_origin_tells_the_framework_from_an_organisations_own():
    framework = factories.MeasureFactory()
    own = factories.MeasureFactory(organisation=factories.OrganisationFactory())

    assert measures("own=framework") == [framework]
    assert measures("own=own") == [own]


def test_category_of_a_tool():
    guide = factories.ToolFactory(category="handreiking")
    register = factories.ToolFactory(category="register")
    factories.ToolFactory(category="")

    assert tools("category=handreiking&category=register") == [guide, register]


def test_criteria_of_an_audit_framework():
    adr, ark = (AuditFramework.objects.create(slug=slug, title_nl=slug) for slug in ("adr", "ark"))
    wanted = AuditCriterion.objects.create(framework=adr, number="1.1")
    AuditCriterion.objects.create(framework=ark, number="1.1")

    assert found(AuditCriterionFilter, "framework=adr", AuditCriterion.objects.all()) == [wanted]


def test_search_in_the_glossary():
    wanted = Term.objects.create(slug="dpia", term_nl="DPIA", definition_nl="Een toets op privacy.")
    Term.objects.create(slug="iama", term_nl="IAMA", definition_nl="Een toets op grondrechten.")

    assert found(TermFilter, "q=privacy", Term.objects.all()) == [wanted]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("topic=bestaat-niet", "topic"),
        ("law=bestaat-niet", "law"),
        ("risk_group=bestaat-niet", "risk_group"),
        ("own=bestaat-niet", "own"),
        ("q=" + "x" * 201, "q"),
        ("q=%00", "q"),
    ],
)
def test_unknown_value_is_an_error_of_the_form_and_leaves_the_list_as_it_is(query, field):
    factories.RequirementFactory()
    filterset = RequirementFilter(QueryDict(query), Requirement.objects.all())

    assert not filterset.is_valid()
    assert list(filterset.errors) == [field]
    assert filterset.qs.count() == 1


def test_filter_left_empty_does_not_filter():
    requirement = factories.RequirementFactory()

    assert requirements("q=&topic=&risk_group=&own=&law=") == [requirement]


# Algorithms


@pytest.fixture
def registrar():
    return factories.member("officer")


@pytest.fixture
def algorithm_of(registrar):
    """Builds an algorithm of the officer's organisation."""
    organisation = registrar.memberships.get().organisation
    return lambda **fields: factories.AlgorithmFactory(**{"organisation": organisation, **fields})


def applies_to(algorithm, requirement, outcome="applies", **period):
    Applicability.objects.create(
        algorithm=algorithm,
        requirement=requirement,
        outcome=outcome,
        rule_outcome=outcome,
        reason={"code": "always"},
        **period,
    )


def classified(algorithm, risk_group, **period):
    tree = factories.governance.DecisionTree.objects.get_or_create(fingerprint="f", defaults={"content": {}})[0]
    Classification.objects.create(
        algorithm=algorithm, tree=tree, conclusion="11.1", ai_act_applies=True, risk_group=risk_group, **period
    )


@pytest.mark.parametrize("query", ["q=parkeer", "q=boetes", "q=handhaving", "q=leverancier", "q=parkeer+boetes"])
def test_search_finds_name_description_department_and_supplier(query, registrar, algorithm_of):
    wanted = algorithm_of(
        name="Parkeercontrole",
        description_short="Stelt boetes voor.",
        department="Handhaving",
        provider="Leverancier BV",
    )
    algorithm_of()

    assert algorithms(query, registrar) == [wanted]


def test_organisation_filter_offers_the_visible_organisations_only(registrar, algorithm_of):
    here = algorithm_of()
    elsewhere = factories.AlgorithmFactory()
    own = here.organisation.slug

    assert algorithms(f"organisation={own}", registrar) == [here]
    request = RequestFactory().get("/")
    request.user = registrar
    hidden = AlgorithmFilter(QueryDict(f"organisation={elsewhere.organisation.slug}"), request=request)
    assert list(hidden.errors) == ["organisation"]
    assert [organisation.slug for organisation in hidden.form.fields["organisation"].queryset] == [own]


def test_an_organisation_is_filtered_with_what_is_below_it(registrar, algorithm_of):
    here = algorithm_of(name="a")
    unit = factories.OrganisationFactory(parent=here.organisation)
    below = factories.AlgorithmFactory(organisation=unit, name="b")
    deeper = factories.AlgorithmFactory(organisation=factories.OrganisationFactory(parent=unit), name="c")
    beside = factories.AlgorithmFactory(organisation=factories.OrganisationFactory(parent=here.organisation), name="d")

    assert algorithms(f"organisation={here.organisation.slug}", registrar) == [here, below, deeper, beside]
    assert algorithms(f"organisation={unit.slug}", registrar) == [below, deeper]
    both = f"organisation={unit.slug}&organisation={beside.organisation.slug}"
    assert algorithms(both, registrar) == [below, deeper, beside]


def test_phase_status_category_and_theme(registrar, algorithm_of):
    wanted = algorithm_of(
        phase=factories.PhaseFactory(number=3), status="In gebruik", publication_category="Impactvolle algoritmes"
    )
    for theme in ("Werk", "Verkeer"):
        AlgorithmTheme.objects.create(algorithm=wanted, theme=theme)
    algorithm_of(phase=factories.PhaseFactory(number=4), status="Buiten gebruik")

    for query in (
        "phase=fase-3",
        "status=In+gebruik&status=In+ontwikkeling",
        "publication_category=Impactvolle+algoritmes",
        "theme=Werk&theme=Verkeer",
    ):
        assert algorithms(query, registrar) == [wanted], query


def test_risk_group_is_that_of_the_current_classification(registrar, algorithm_of):
    high, lowered, never = algorithm_of(name="a"), algorithm_of(name="b"), algorithm_of(name="c")
    classified(high, "hoog-risico-ai-systeem")
    classified(lowered, "hoog-risico-ai-systeem", until=timezone.now())
    classified(lowered, "ai-act-does-not-apply")

    assert algorithms("risk_group=hoog-risico-ai-systeem", registrar) == [high]
    assert algorithms("risk_group=ai-act-does-not-apply", registrar) == [lowered]
    assert algorithms("risk_group=unclassified", registrar) == [never]
    assert algorithms("risk_group=unclassified&risk_group=hoog-risico-ai-systeem", registrar) == [high, never]


def test_topic_and_law_are_those_of_requirements_that_apply_now(registrar, algorithm_of):
    requirements = [factories.RequirementFactory(law=factories.LawFactory(slug="avg")) for _ in range(2)]
    for requirement in requirements:
        requirement.topics.add(factories.TopicFactory(slug="privacy"))
    factories.TopicFactory(slug="leeg")
    wanted, spared, earlier = algorithm_of(), algorithm_of(), algorithm_of()
    for requirement in requirements:
        applies_to(wanted, requirement)
    applies_to(spared, requirements[0], "does_not_apply")
    applies_to(earlier, requirements[0], until=timezone.now())

    assert algorithms("topic=privacy", registrar) == [wanted]
    assert algorithms("law=avg", registrar) == [wanted]
    assert algorithms("topic=privacy&law=avg", registrar) == [wanted]
    assert algorithms("topic=leeg", registrar) == []


def test_overdue_and_unassigned(registrar, algorithm_of):
    today = timezone.localdate()
    late, due_today, free = algorithm_of(name="a"), algorithm_of(name="b"), algorithm_of(name="c")
    Compliance.objects.create(algorithm=late, next_due=today - timedelta(days=1))
    Compliance.objects.create(algorithm=due_today, next_due=today, unassigned=2)

    assert algorithms("overdue=true", registrar) == [late]
    assert algorithms("overdue=false", registrar) == [due_today, free]
    assert algorithms("unassigned=true", registrar) == [due_today]
    assert algorithms("unassigned=false", registrar) == [late, free]


def test_sorting_puts_what_has_no_value_last_and_ends_in_the_key(registrar, algorithm_of):
    today = timezone.localdate()
    now = timezone.now()
    twin, same, low, bare = (
        algorithm_of(name=name, created=now - timedelta(days=days))
        for name, days in [("a", 0), ("a", 3), ("b", 2), ("c", 1)]
    )
    for algorithm, ratio, due in ((twin, 0.5, 2), (same, 0.5, 1), (low, 0.1, 3)):
        Compliance.objects.create(algorithm=algorithm, applies=10, ratio=ratio, next_due=today + timedelta(days=due))

    assert algorithms("", registrar) == [twin, same, low, bare]
    assert algorithms("sort=name", registrar) == [twin, same, low, bare]
    assert algorithms("sort=-name", registrar) == [bare, low, same, twin]
    assert algorithms("sort=compliance", registrar) == [low, twin, same, bare]
    assert algorithms("sort=-compliance", registrar) == [same, twin, low, bare]
    assert algorithms("sort=next_due", registrar) == [same, twin, low, bare]
    assert algorithms("sort=-next_due", registrar) == [low, twin, same, bare]
    assert algorithms("sort=created", registrar) == [same, low, bare, twin]
    assert algorithms("sort=-created", registrar) == [twin, bare, low, same]


def test_each_way_to_sort_has_words_of_its_own(registrar):
    choices = AlgorithmFilter.base_filters["sort"].field.choices

    words = [str(text) for _name, text in choices]
    assert len(words) == len(set(words)) == 8
    assert "Naam, Z–A" in words


@pytest.mark.parametrize("query", ["", "sort=name"])
def test_names_are_sorted_without_regard_to_capitals(query, registrar, algorithm_of):
    second, first, third = (
        algorithm_of(name="Beslisboom"),
        algorithm_of(name="adviesmodel"),
        algorithm_of(name="chatbot"),
    )

    assert algorithms(query, registrar) == [first, second, third]
    assert algorithms("sort=-name", registrar) == [third, second, first]


@pytest.mark.parametrize("query", ["sort=size", "overdue=banana", "risk_group=high", "theme=x", "status=x", "phase=x"])
def test_unknown_value_of_the_algorithm_list_is_an_error(query, registrar):
    request = RequestFactory().get("/")
    request.user = registrar

    filterset = AlgorithmFilter(QueryDict(query), Algorithm.objects.all(), request=request)

    assert list(filterset.errors) == [query.split("=")[0]]
