"""The pages of the catalogue, as a visitor, an organisation and an outsider see them."""

from datetime import date

import pytest
from django.core.management import call_command
from django.urls import reverse

from governance.filters import AXIS_VALUES
from governance.models import (
    AuditCriterion,
    AuditFramework,
    Axis,
    Discipline,
    Fact,
    FrameworkRelease,
    Law,
    LifecyclePhase,
    Measure,
    Organisation,
    Requirement,
    Term,
    Tool,
    Topic,
)
from tests import factories
from tests.well_made_page import look_at

pytestmark = pytest.mark.django_db

HIDDEN = "Alleen voor de eigen organisatie"


def shown(client, address, name):
    """The codes of the items that a page lists under this name."""
    client.cookies["django_language"] = "nl"
    rows = client.get(address).context[name]
    return [item.code for item in rows]


@pytest.fixture
def linked():
    """A requirement, a measure and a tool, linked to each other and to one of every group."""
    discipline, _ = Discipline.objects.get_or_create(slug="jurist", defaults={"title_nl": "Jurist"})
    adr = AuditFramework.objects.create(slug="adr", title_nl="Kader van de auditdienst")
    release = FrameworkRelease.objects.create(source="algoritmekader", name="2026-06", fingerprint="f")
    requirement = factories.RequirementFactory(
        urn="urn:nl:ak:ver:aia-03",
        title_en="Risk management",
        summary_nl="Een *hoog* risico.",
        risk_nl="Schade.",
        effective_from=date(2027, 12, 2),
        release=release,
        sources=[{"title_nl": "Artikel 9", "title_en": "Article 9", "url": "https://wet.example/9"}],
        axes={"rol-ai-act": ["aanbieder"]},
    )
    measure = factories.MeasureFactory(urn="urn:nl:ak:mtr:owp-05", requirements=[requirement])
    tool = factories.ToolFactory(urn="urn:nl:ak:hlp:iama", category="impact-assessment", url="https://iama.example/")
    tool.requirements.add(requirement)
    tool.measures.add(measure)
    for item in (requirement, measure, tool):
        item.topics.add(factories.TopicFactory())
        item.phases.set([factories.PhaseFactory(number=2)])
        item.disciplines.add(discipline)
    criterion = AuditCriterion.objects.create(framework=adr, number="SV.4")
    criterion.measures.add(measure)
    Term.objects.create(slug="risico", term_nl="risico", definition_nl="Kans maal gevolg.", term_en="risk")
    return requirement, measure, tool


@pytest.fixture
def own():
    """A requirement and a measure of one organisation's own, linked to a requirement of the framework."""
    organisation = factories.OrganisationFactory(slug="waterdam")
    requirement = factories.RequirementFactory(
        urn="urn:nl:waterdam:ver:01", slug="waterdam-ver-01", title_nl=HIDDEN, organisation=organisation, axes={}
    )
    requirement.axis_values.all().delete()
    measure = factories.MeasureFactory(
        urn="urn:nl:waterdam:mtr:01",
        slug="waterdam-mtr-01",
        title_nl=HIDDEN,
        organisation=organisation,
        requirements=[*Requirement.objects.all()],
    )
    for item in (requirement, measure):
        item.topics.add(factories.TopicFactory())
        item.disciplines.set(Discipline.objects.all())
    requirement.measures.set(Measure.objects.all())
    requirement.tools.set(Tool.objects.all())
    measure.tools.set(Tool.objects.all())
    measure.criteria.set(AuditCriterion.objects.all())
    return requirement, measure


PUBLIC = [
    reverse("framework"),
    reverse("topic", args=["governance"]),
    reverse("phase", args=["fase-2"]),
    reverse("discipline", args=["jurist"]),
    reverse("law", args=["aia"]),
    reverse("audit-framework", args=["adr"]),
    reverse("requirements"),
    reverse("requirement", args=["aia-03"]),
    reverse("measures"),
    reverse("measure", args=["owp-05"]),
    reverse("tools"),
    reverse("tool", args=["iama"]),
    reverse("glossary"),
    reverse("account_login"),
]


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("address", PUBLIC)
def test_every_page_works_without_an_account_in_both_languages(client, linked, address, language):
    assert look_at(client, address, language)


def test_a_tool_says_what_goes_wrong_without_it(client, linked):
    Tool.objects.update(risk_nl="Niemand weegt *grondrechten*.")

    page = look_at(client, reverse("tool", args=["iama"]))

    assert "<p>Niemand weegt <em>grondrechten</em>.</p>" in page


@pytest.mark.parametrize("address", [address for address in PUBLIC if address != reverse("account_login")])
def test_no_page_shows_an_own_item_to_a_visitor_or_to_another_organisation(client, linked, own, address):
    to_a_visitor = look_at(client, address)
    client.force_login(factories.member("officer"))
    to_an_outsider = look_at(client, address)

    assert HIDDEN not in to_a_visitor + to_an_outsider


@pytest.mark.parametrize(
    "address",
    [
        reverse("topic", args=["governance"]),
        reverse("phase", args=["fase-2"]),
        reverse("discipline", args=["jurist"]),
        reverse("law", args=["aia"]),
        reverse("audit-framework", args=["adr"]),
        reverse("requirements"),
        reverse("requirement", args=["aia-03"]),
        reverse("measures"),
        reverse("measure", args=["owp-05"]),
        reverse("tool", args=["iama"]),
    ],
)
def test_own_items_are_marked_for_whoever_sees_that_organisation(client, linked, own, address):
    client.force_login(factories.member("reader", own[0].organisation))

    html = look_at(client, address)

    assert HIDDEN in html
    assert own[0].organisation.name in html


def test_the_counts_of_the_framework_are_the_same_for_everybody(client, linked, own):
    address = reverse("framework")

    outside = client.get(address).context
    client.force_login(factories.member("reader", own[0].organisation))
    inside = client.get(address).context

    def counted(context):
        topic = context["topics"].get()
        return context["counts"], (topic.requirement_count, topic.measure_count, topic.tool_count)

    assert counted(outside) == ({"requirement": 1, "measure": 1, "tool": 1}, (1, 1, 1))
    assert counted(inside) == counted(outside)


def test_the_page_of_an_own_item_exists_for_its_organisation_only(client, own):
    addresses = [item.get_absolute_url() for item in own]

    outside = [client.get(address).status_code for address in addresses]
    client.force_login(factories.member("reader", own[0].organisation))
    inside = [look_at(client, address) for address in addresses]

    assert outside == [404, 404]
    assert all(own[0].organisation.name in html for html in inside)


def test_items_link_to_each_other_both_ways(client, linked):
    requirement, measure, tool = linked

    pages = {item: look_at(client, item.get_absolute_url()) for item in linked}

    for item in linked:
        for other in {requirement, measure, tool} - {item}:
            assert f'href="{other.get_absolute_url()}"' in pages[item]
    assert reverse("audit-framework", args=["adr"]) in pages[measure]
    assert measure.get_absolute_url() in look_at(client, reverse("audit-framework", args=["adr"]))


def test_a_requirement_says_for_whom_it_holds_on_the_axes_that_restrict_it(client, linked):
    response = client.get(linked[0].get_absolute_url())

    assert response.context["profile"] == [(Axis.ROLE.label, [dict(AXIS_VALUES[Axis.ROLE])["aanbieder"]])]
    assert "2 december 2027" in response.content.decode()


def test_an_axis_that_does_not_play_a_part_is_not_said(client):
    requirement = factories.RequirementFactory(axes={"systeemrisico": ["niet-van-toepassing"]})

    assert client.get(requirement.get_absolute_url()).context["profile"] == []


def test_a_requirement_of_another_law_says_which_facts_it_hangs_on(client):
    requirement = factories.RequirementFactory(facts=["personal_data"], axes={})

    facts = client.get(requirement.get_absolute_url()).context["facts"]

    assert facts == [Fact.PERSONAL_DATA.label]


def test_words_of_the_glossary_are_explained_where_a_text_uses_them(client, linked):
    html = look_at(client, linked[0].get_absolute_url())

    assert '<abbr title="Kans maal gevolg.">risico</abbr>' in html


def test_a_text_is_markdown_and_cannot_run_anything(client):
    requirement = factories.RequirementFactory(
        body_nl="# Kop\n\n**vet** <script>alert(1)</script> [x](javascript:alert(1))",
        sources=[{"title_nl": "Bron", "url": "javascript:alert(1)"}],
    )

    html = look_at(client, requirement.get_absolute_url())

    assert "<strong>vet</strong>" in html
    assert "<script" not in html and 'href="javascript' not in html


@pytest.mark.parametrize("name", ["topic", "phase", "law", "audit-framework"])
def test_the_page_of_a_group_shows_its_text_as_dutch_in_both_languages(client, linked, name):
    groups = {"topic": Topic, "phase": LifecyclePhase, "law": Law, "audit-framework": AuditFramework}
    group = groups[name].objects.get()
    group.body_nl = "Een **lange** tekst."
    group.save()

    for language in ("nl", "en"):
        html = look_at(client, group.get_absolute_url(), language)
        assert '<div class="prose" lang="nl"><p>Een <strong>lange</strong> tekst.</p>' in html


def test_a_text_that_opens_with_the_summary_does_not_say_it_twice(client):
    requirement = factories.RequirementFactory(summary_nl="Kort gezegd.", body_nl="Kort gezegd.\n\nUitgebreid.")

    html = look_at(client, requirement.get_absolute_url())

    assert html.count("Kort gezegd.") == 1
    assert '<section class="prose" lang="nl"' in html and "Uitgebreid." in html


def test_texts_come_in_the_language_of_the_reader_and_in_dutch_where_there_is_no_other(client, linked):
    requirement, measure, _tool = linked

    english = look_at(client, requirement.get_absolute_url(), "en")
    untranslated = look_at(client, measure.get_absolute_url(), "en")

    assert "Risk management" in english and "Article 9" in english
    assert measure.title_nl in untranslated


def test_a_withdrawn_item_says_so_on_its_page_and_is_listed_nowhere(client, linked):
    requirement, measure, _tool = linked
    measure.withdrawn_in = FrameworkRelease.objects.create(source="algoritmekader", name="2027-01", fingerprint="g")
    measure.save()

    html = look_at(client, measure.get_absolute_url())

    assert "2027-01" in html
    assert shown(client, reverse("measures"), "page") == []
    assert shown(client, requirement.get_absolute_url(), "measures") == []


def test_a_law_shows_what_reaches_its_requirements(client, linked):
    other = factories.MeasureFactory(
        requirements=[factories.RequirementFactory(law=factories.LawFactory(slug="avg"), urn="urn:nl:ak:ver:avg-01")]
    )

    aia, avg = reverse("law", args=["aia"]), reverse("law", args=["avg"])

    assert [shown(client, aia, name) for name in ("requirements", "measures", "tools")] == [
        ["aia-03"],
        ["owp-05"],
        ["iama"],
    ]
    assert [shown(client, avg, name) for name in ("requirements", "measures", "tools")] == [
        ["avg-01"],
        [other.code],
        [],
    ]


def test_a_list_is_searched_and_filtered_by_its_address(client, linked):
    factories.RequirementFactory(urn="urn:nl:ak:ver:aia-99", axes={"rol-ai-act": ["importeur"]})
    address = reverse("requirements")

    assert shown(client, address, "page") == ["aia-03", "aia-99"]
    assert shown(client, f"{address}?role=aanbieder", "page") == ["aia-03"]
    assert shown(client, f"{address}?topic=governance&phase=fase-2", "page") == ["aia-03"]
    assert shown(client, f"{address}?q=aia-99", "page") == ["aia-99"]
    assert shown(client, f"{address}?q=aia-99&role=aanbieder", "page") == []


def test_what_was_chosen_stays_chosen_and_can_be_cleared(client, linked):
    address = reverse("requirements")

    html = look_at(client, f"{address}?topic=governance&q=aia")

    assert '<input type="checkbox" name="topic" value="governance" checked>' in html
    assert 'value="aia"' in html
    assert f'<a href="{address}">' in html


@pytest.mark.parametrize("name", ["requirements", "measures", "tools"])
def test_a_list_in_which_nothing_is_found_says_so(client, linked, name):
    address = reverse(name)

    html = look_at(client, f"{address}?q=bestaatniet")

    assert 'class="notice"' in html and f'<a href="{address}">' in html


def test_a_filter_value_that_does_not_exist_is_an_error_and_not_everything(client, linked):
    response = client.get(reverse("requirements"), {"topic": "bestaat-niet"})

    assert list(response.context["filter"].form.errors) == ["topic"]
    assert list(response.context["page"]) == []


def test_a_long_list_is_shown_in_pages_that_keep_the_filters(client):
    for _ in range(51):
        factories.RequirementFactory()

    first = look_at(client, reverse("requirements", query={"role": "aanbieder"}))
    second = client.get(reverse("requirements", query={"role": "aanbieder", "page": 2})).context["page"]

    assert "?role=aanbieder&amp;page=2" in first
    assert len(second) == 1


@pytest.mark.parametrize("name", ["topic", "phase", "law", "audit-framework", "requirement", "measure", "tool"])
def test_what_does_not_exist_is_not_found(client, name):
    assert client.get(reverse(name, args=["bestaat-niet"])).status_code == 404


def test_words_stand_in_the_order_of_the_alphabet_in_the_language_of_the_reader(client):
    Term.objects.create(slug="aanbieder", term_nl="aanbieder", definition_nl="Wie aanbiedt.", term_en="provider")
    Term.objects.create(slug="zorg", term_nl="Zorg", definition_nl="Aandacht.", term_en="Care")

    def letters(language, query=""):
        client.cookies["django_language"] = language
        response = client.get(reverse("glossary") + query)
        return [(letter, [term.term for term in terms]) for letter, terms in response.context["letters"]]

    assert letters("nl") == [("A", ["aanbieder"]), ("Z", ["Zorg"])]
    assert letters("en") == [("C", ["Care"]), ("P", ["provider"])]
    assert letters("nl", "?q=aandacht") == [("Z", ["Zorg"])]
    assert letters("nl", "?q=bestaatniet") == []


def test_a_withdrawn_term_is_not_in_the_glossary(client):
    release = FrameworkRelease.objects.create(source="algoritmekader", name="later", fingerprint="later")
    Term.objects.create(slug="zorg", term_nl="Zorg", definition_nl="Aandacht.", withdrawn_in=release)

    assert client.get(reverse("glossary")).context["letters"] == []


@pytest.mark.parametrize(
    "address",
    [
        reverse("framework"),
        reverse("topic", args=["governance"]),
        reverse("law", args=["aia"]),
        reverse("audit-framework", args=["adr"]),
        reverse("requirements"),
        reverse("measures"),
        reverse("tools"),
        reverse("requirement", args=["aia-03"]),
        reverse("measure", args=["owp-05"]),
        reverse("tool", args=["iama"]),
        reverse("glossary"),
    ],
)
def test_a_page_asks_as_many_queries_for_thirty_items_as_for_one(
    client, linked, django_assert_num_queries, django_assert_max_num_queries, address
):
    client.force_login(factories.member("officer"))
    requirement, measure, tool = linked
    with django_assert_max_num_queries(20) as asked:
        client.get(address)
    organisation = Organisation.objects.get()
    for number in range(30):
        extra = (
            factories.RequirementFactory(organisation=organisation),
            factories.MeasureFactory(requirements=[requirement], organisation=organisation),
            factories.ToolFactory(),
        )
        extra[2].requirements.add(requirement)
        extra[2].measures.add(measure)
        tool.measures.add(extra[1])
        tool.requirements.add(extra[0])
        measure.requirements.add(extra[0])
        for item in extra:
            item.topics.add(factories.TopicFactory())
        criterion = AuditCriterion.objects.create(framework=AuditFramework.objects.get(), number=f"SV.{number + 10}")
        criterion.measures.add(measure)
        Topic.objects.create(slug=f"onderwerp-{number}", title_nl=f"Onderwerp {number}")
        Term.objects.create(slug=f"woord-{number}", term_nl=f"woord {number}", definition_nl="Betekenis.")

    with django_assert_num_queries(len(asked)):
        client.get(address)


@pytest.mark.data
def test_the_topic_governance_of_the_2026_06_release_has_its_15_requirements_32_measures_and_16_tools(
    client, shared_data
):
    call_command("load_catalogue", verbosity=0)
    call_command("import_framework", str(shared_data / "algoritmekader" / "2026-06"), verbosity=0)

    context = client.get(reverse("topic", args=["governance"])).context

    assert [len(context[name]) for name in ("requirements", "measures", "tools")] == [15, 32, 16]
    look_at(client, reverse("topic", args=["governance"]))
