"""Comments on records: who is told, who may resolve them, and that nothing in them runs."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from governance import commenting
from governance.conflict import Conflict
from governance.models import AuditEvent, Comment, Discipline, MaturityAssessment, Notification
from registry.models import Involvement, TeamMember
from tests import factories
from tests.well_made_page import look_at

pytestmark = pytest.mark.django_db


@pytest.fixture
def organisation(somebody):
    return somebody.memberships.get().organisation


@pytest.fixture
def algorithm(organisation):
    return factories.AlgorithmFactory(organisation=organisation, name="Ordenen")


@pytest.fixture
def requirement():
    return factories.RequirementFactory(urn="urn:nl:ak:ver:woo-99", slug="woo-99", law=factories.LawFactory(slug="woo"))


def colleague(organisation, name, role="contributor"):
    return factories.MembershipFactory(organisation=organisation, role=role, user=factories.UserFactory(name=name)).user


def send(client, record, kind="algoritme", **data):
    return client.post(reverse("comment-add", args=[kind, record.pk]), data)


# Placing


def test_a_comment_stands_on_the_page_and_in_the_history_of_the_record(client, somebody, algorithm):
    client.force_login(somebody)

    answer = send(client, algorithm, text="Wie kent de leverancier?")

    written = Comment.objects.get()
    event = AuditEvent.objects.about(algorithm).get()
    assert answer.url == f"{algorithm.get_absolute_url()}#comment-{written.pk}"
    assert "Wie kent de leverancier?" in look_at(client, algorithm.get_absolute_url())
    assert (event.verb, event.changes) == ("comment.added", {"comment": [None, "Wie kent de leverancier?"]})
    history = look_at(client, reverse("algorithm-history", args=[algorithm.pk]))
    assert "Wie kent de leverancier?" in history


def test_a_comment_on_a_part_stands_with_that_part_only(client, as_somebody, algorithm, requirement):
    measure = factories.MeasureFactory(slug="imp-99", urn="urn:nl:ak:mtr:imp-99")
    client.force_login(as_somebody)

    send(client, algorithm, text="Over de maatregel", part=f"measure:{measure.pk}")

    assert Comment.objects.get().label == f"imp-99, {algorithm}"
    assert "Over de maatregel" in look_at(client, reverse("algorithm-measure", args=[algorithm.pk, "imp-99"]))
    assert "Over de maatregel" not in look_at(client, algorithm.get_absolute_url())
    assert AuditEvent.objects.about(algorithm).get().label == "imp-99"


@pytest.mark.parametrize("text", ["", "   ", "x" * (commenting.LONGEST + 1)])
def test_what_is_not_right_is_shown_again_as_it_was_typed(client, somebody, algorithm, text):
    client.force_login(somebody)

    page = send(client, algorithm, text=text)

    assert page.status_code == 200
    assert list(page.context["form"].errors) == ["text"]
    assert text.strip() in page.content.decode()
    assert not Comment.objects.exists()


@pytest.mark.parametrize("part", ["requirement:999999", "policy:1", "requirement:", "nonsense", "requirement:1;--"])
def test_a_part_that_the_record_does_not_have_is_not_found(client, somebody, algorithm, part):
    client.force_login(somebody)

    assert send(client, algorithm, text="Zo.", part=part).status_code == 404


def test_a_requirement_of_another_organisation_is_no_part(client, somebody, algorithm):
    foreign = factories.RequirementFactory(organisation=factories.OrganisationFactory(), law=None)
    client.force_login(somebody)

    assert send(client, algorithm, text="Zo.", part=f"requirement:{foreign.pk}").status_code == 404


def test_a_record_that_somebody_cannot_see_does_not_exist_for_comments(client, somebody, algorithm):
    hidden = factories.AlgorithmFactory()
    client.force_login(somebody)

    assert send(client, hidden, text="Zo.").status_code == 404
    assert send(client, algorithm, kind="onbekend", text="Zo.").status_code == 404
    assert not Comment.objects.exists()


@pytest.mark.parametrize("role", ["reader", "auditor", "administrator"])
def test_who_only_reads_sees_comments_and_no_form(client, as_somebody, algorithm, role):
    commenting.comment(algorithm, "Leesbaar", by=as_somebody)
    client.force_login(factories.member(role, algorithm.organisation))

    html = look_at(client, algorithm.get_absolute_url())

    assert ("Leesbaar" in html, "/opmerkingen/" in html) == (True, False)
    assert send(client, algorithm, text="Zo.").status_code == 403


def test_complaints_and_proposals_can_be_commented_on(client, as_somebody, algorithm):
    complaint = factories.ComplaintFactory(algorithm=algorithm)
    proposal = factories.ProposalFactory(organisation=algorithm.organisation)
    client.force_login(as_somebody)

    for kind, record in (("klacht", complaint), ("aanmelding", proposal)):
        answer = send(client, record, kind=kind, text=f"Over {kind}")

        assert answer.url.startswith(record.get_absolute_url())
        assert f"Over {kind}" in look_at(client, record.get_absolute_url())


def test_an_undecided_proposal_gives_no_rights_to_members_of_other_organisations(algorithm):
    """It has no algorithm yet, and it still belongs to its own organisation."""
    proposal = factories.ProposalFactory(organisation=algorithm.organisation)
    outsider = factories.member("officer")

    for permission in ("governance.add_comment", "registry.decide_proposal", "registry.view_proposal"):
        assert not outsider.has_perm(permission, proposal)


# Mentions


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Kijk jij, @Eva Smeets?", {"Eva Smeets"}),
        ("@eva smeets en @JORIS VAN LOON", {"Eva Smeets", "Joris van Loon"}),
        ("@Eva Smeets-de Boer weet dit", {"Eva Smeets-de Boer"}),
        ("mail@Eva Smeets", set()),
        ("@Eva", set()),
        ("@Eva Smeetsen", set()),
        ("Eva Smeets", set()),
        ("@Wim Elders", set()),
    ],
)
def test_a_full_name_after_an_at_sign_is_a_mention(as_somebody, organisation, algorithm, text, names):
    for name in ("Eva Smeets", "Eva Smeets-de Boer", "Joris van Loon"):
        colleague(organisation, name)
    colleague(factories.OrganisationFactory(), "Wim Elders")

    written = commenting.comment(algorithm, text, by=as_somebody)

    assert {person.name for person in written.mentions.all()} == names


def test_mentioned_people_are_told_once_and_the_author_is_not(client, somebody, organisation, algorithm):
    eva = colleague(organisation, "Eva Smeets", role="reader")
    wim = colleague(organisation, "Wim Kuiper")
    client.force_login(somebody)

    send(client, algorithm, text=f"@Eva Smeets, @{somebody.name}: akkoord?", also=[eva.pk, wim.pk])

    written = Comment.objects.get()
    told = {row.recipient: (row.kind, row.details["sentence"]) for row in Notification.objects.all()}
    assert told == {eva: ("mention", "comment_mention"), wim: ("mention", "comment_mention")}
    assert set(written.mentions.all()) == {eva, wim, somebody}
    client.force_login(eva)
    assert client.get(Notification.objects.first().url).url.endswith(f"#comment-{written.pk}")


def test_somebody_without_a_role_there_cannot_be_mentioned(client, as_somebody, organisation, algorithm):
    outsider = colleague(factories.OrganisationFactory(), "Wim Elders")
    left = colleague(organisation, "Oud Collega")
    left.is_active = False
    left.save()
    client.force_login(as_somebody)

    page = send(client, algorithm, text="Zo.", also=[outsider.pk])
    written = commenting.comment(algorithm, "@Oud Collega", also=[outsider, left], by=as_somebody)

    assert list(page.context["form"].errors) == ["also"]
    assert not written.mentions.exists()
    assert not Notification.objects.exists()


# How it is shown


def test_a_comment_is_text_with_lines_links_and_mentions_and_nothing_that_runs():
    eva = factories.UserFactory(name="Eva <b>Smeets</b>")

    html = commenting.shown(
        '<script>alert(1)</script>\nZie https://voorbeeld.nl/a?b=1&c="d".\n@eva <b>smeets</b>: javascript:alert(1)',
        [eva],
    )

    assert html == (
        "&lt;script&gt;alert(1)&lt;/script&gt;<br>Zie "
        '<a href="https://voorbeeld.nl/a?b=1&amp;c=" rel="noopener noreferrer nofollow">'
        "https://voorbeeld.nl/a?b=1&amp;c=</a>&quot;d&quot;.<br>"
        '<mark class="mention">@eva &lt;b&gt;smeets&lt;/b&gt;</mark>: javascript:alert(1)'
    )


def test_the_point_after_an_address_is_no_part_of_it():
    assert 'href="https://voorbeeld.nl/x"' in commenting.shown("(zie https://voorbeeld.nl/x).", [])


# Resolving


def test_resolving_and_opening_again_is_part_of_the_history(client, as_somebody, algorithm):
    written = commenting.comment(algorithm, "Klopt dit?", by=as_somebody)
    client.force_login(as_somebody)

    client.post(reverse("comment-resolve", args=[written.pk]))
    resolved = Comment.objects.get()
    client.post(reverse("comment-reopen", args=[written.pk]))
    reopened = Comment.objects.get()

    assert (resolved.resolved_by, resolved.resolved_at is None) == (as_somebody, False)
    assert (reopened.resolved_by, reopened.resolved_at) == (None, None)
    assert list(AuditEvent.objects.about(algorithm).order_by("pk").values_list("verb", flat=True)) == [
        "comment.added", "comment.resolved", "comment.reopened",
    ]  # fmt: skip


def test_a_contributor_resolves_their_own_comments_only(client, as_somebody, organisation, algorithm):
    contributor = colleague(organisation, "Eva Smeets")
    of_officer = commenting.comment(algorithm, "Van de functionaris", by=as_somebody)
    own = commenting.comment(algorithm, "Van Eva", by=contributor)
    client.force_login(contributor)

    html = look_at(client, algorithm.get_absolute_url())
    answers = [client.post(reverse("comment-resolve", args=[row.pk])).status_code for row in (of_officer, own)]

    assert answers == [403, 302]
    assert reverse("comment-resolve", args=[of_officer.pk]) not in html
    assert reverse("comment-resolve", args=[own.pk]) in html


def test_resolving_twice_is_told_and_changes_nothing(client, as_somebody, algorithm):
    other = factories.member("manager", algorithm.organisation)
    written = commenting.resolve(commenting.comment(algorithm, "Klopt dit?", by=as_somebody), by=other)
    client.force_login(as_somebody)

    answer = client.post(reverse("comment-resolve", args=[written.pk]), follow=True)

    assert [message.level_tag for message in answer.context["messages"]] == ["warning"]
    assert Comment.objects.get().resolved_by == other
    with pytest.raises(Conflict):
        commenting.reopen(commenting.reopen(written, by=other), by=other)


def test_open_comments_come_first_and_their_number_is_shown(client, as_somebody, algorithm):
    first = commenting.comment(algorithm, "Eerste", by=as_somebody)
    commenting.comment(algorithm, "Tweede", by=as_somebody)
    commenting.resolve(first, by=as_somebody)
    client.force_login(as_somebody)

    html = look_at(client, algorithm.get_absolute_url())

    assert "1 van 2 open" in html
    assert html.index("<p>Tweede</p>") < html.index("<p>Eerste</p>")


def test_beyond_twenty_there_is_a_next_page_and_a_comment_is_found_on_it(client, as_somebody, algorithm):
    written = [commenting.comment(algorithm, f"Nummer {n}.", by=as_somebody) for n in range(1, 23)]
    client.force_login(as_somebody)

    address = client.get(reverse("comment", args=[written[-1].pk])).url
    first, second = look_at(client, algorithm.get_absolute_url()), look_at(client, address)

    assert address == f"{algorithm.get_absolute_url()}?comments=2#comment-{written[-1].pk}"
    assert ("<p>Nummer 20.</p>" in first, "<p>Nummer 21.</p>" in first) == (True, False)
    assert ("<p>Nummer 20.</p>" in second, "<p>Nummer 22.</p>" in second) == (False, True)


def test_a_page_with_twenty_comments_costs_as_many_queries_as_with_one(client, as_somebody, organisation, algorithm):
    client.force_login(as_somebody)
    people = [colleague(organisation, f"Persoon Nummer{n}x") for n in range(30)]
    commenting.comment(algorithm, f"@{people[0].name}", by=people[0])
    client.get(algorithm.get_absolute_url())

    with CaptureQueriesContext(connection) as one:
        client.get(algorithm.get_absolute_url())
    for person in people[1:20]:
        commenting.comment(algorithm, f"@{person.name}", by=person)
    with CaptureQueriesContext(connection) as twenty:
        client.get(algorithm.get_absolute_url())

    assert len(one) == len(twenty)


def test_a_comment_on_a_record_that_belongs_to_nobody_is_an_error_of_ours(as_somebody, requirement):
    with pytest.raises(ValueError, match="belongs to no organisation"):
        commenting.comment(requirement, "Zo.", by=as_somebody)


def test_the_verb_refuses_an_empty_comment(as_somebody, algorithm):
    with pytest.raises(ValidationError):
        commenting.comment(algorithm, " \n ", by=as_somebody)


# At the level of the organisation


@pytest.fixture
def records(as_somebody, organisation, requirement):
    """Everything of an organisation that can be commented on: (name, record, part, the page)."""
    policy = factories.PolicyFactory(organisation=organisation, title="Algoritmebeleid")
    version = factories.PolicyVersionFactory(policy=policy)
    position = factories.PositionFactory(organisation=organisation, name="Algoritmefunctionaris")
    tracked, measure = (
        factories.phase_zero("woo-98", slug="woo-98"),
        factories.phase_zero_measure("org-98", slug="org-98"),
    )
    return [
        ("beleid", policy, None, policy.get_absolute_url()),
        ("beleid", policy, version, version.get_absolute_url()),
        ("organisatie", organisation, tracked, reverse("organisation-requirement", args=[organisation.slug, "woo-98"])),
        ("organisatie", organisation, measure, reverse("organisation-measure", args=[organisation.slug, "org-98"])),
        ("functie", position, None, reverse("position", args=[organisation.slug, position.pk])),
    ]


def comments_page(kind, record, part=None):
    query = f"?part={commenting.part_code(part)}" if part is not None else ""
    return f"{reverse('comments', args=[kind, record.pk])}{query}"


@pytest.fixture
def listed(organisation, algorithm):
    """What stands in a list and has no page of its own: (kind, record, part, the page of the list)."""
    slug = organisation.slug
    member = TeamMember.objects.create(
        algorithm=algorithm,
        person=factories.UserFactory(),
        discipline=Discipline.objects.get_or_create(slug="jurist")[0],
    )
    involved = Involvement.objects.create(
        algorithm=algorithm, kind="residents", who="Panel", how="Gesprek", held_on=date(2026, 1, 1)
    )
    responsibility = factories.ResponsibilityFactory(algorithm=algorithm)
    objective = factories.ObjectiveFactory(organisation=organisation)
    knowledge = factories.KnowledgeFactory(organisation=organisation)
    return [
        ("waarde", objective, None, reverse("objectives", args=[slug])),
        ("kennis", knowledge, None, reverse("literacy", args=[slug])),
        ("algoritme", algorithm, member, reverse("algorithm-team", args=[algorithm.pk])),
        ("algoritme", algorithm, involved, reverse("algorithm-team", args=[algorithm.pk])),
        ("algoritme", algorithm, responsibility, reverse("algorithm-responsibilities", args=[algorithm.pk])),
        ("algoritme", algorithm, responsibility, reverse("algorithm-responsibilities-history", args=[algorithm.pk])),
    ]


def test_what_stands_in_a_list_has_a_page_for_its_comments_and_the_list_leads_to_it(client, as_somebody, listed):
    client.force_login(as_somebody)

    for number, (kind, record, part, page) in enumerate(listed[:-1]):
        answer = send(client, record, kind=kind, text=f"Nummer {number}.", part=commenting.part_code(part))

        written = Comment.objects.get(text=f"Nummer {number}.")
        assert answer.url == f"{comments_page(kind, record, part)}#comment-{written.pk}"
        html = look_at(client, comments_page(kind, record, part))
        assert [n for n in range(len(listed)) if f"<p>Nummer {n}.</p>" in html] == [number]
        assert f'href="{page}"' in html
        assert AuditEvent.objects.about(record).filter(verb="comment.added").exists()
    for kind, record, part, page in listed:
        assert f'href="{comments_page(kind, record, part)}">1 opmerking, 1 open<' in look_at(client, page)


def test_a_comment_far_down_on_such_a_page_is_found_too(client, as_somebody, listed):
    kind, record, part, _page = listed[2]
    written = [commenting.comment(record, f"Nummer {n}.", part=part, by=as_somebody) for n in range(1, 22)]
    client.force_login(as_somebody)

    address = client.get(reverse("comment", args=[written[-1].pk])).url

    assert address == f"{comments_page(kind, record, part)}&comments=2#comment-{written[-1].pk}"
    assert "<p>Nummer 21.</p>" in look_at(client, address)


def test_what_has_a_page_of_its_own_has_its_comments_there(client, as_somebody, algorithm, organisation):
    assessment = MaturityAssessment.objects.create(organisation=organisation, levels={"policy": 2})
    page = reverse("maturity-assessment", args=[organisation.slug, assessment.pk])
    client.force_login(as_somebody)

    answer = send(client, assessment, kind="volwassenheid", text="Te hoog.")

    assert answer.url.startswith(page)
    assert "<p>Te hoog.</p>" in look_at(client, page)
    assert client.get(comments_page("volwassenheid", assessment)).url == page
    assert client.get(comments_page("algoritme", algorithm)).url == algorithm.get_absolute_url()


@pytest.mark.parametrize("part", ["teammember:999999", "teammember:x", "responsibility:", "position:1"])
def test_a_place_in_a_team_that_the_algorithm_does_not_have_is_no_part_of_it(client, as_somebody, algorithm, part):
    client.force_login(as_somebody)

    assert send(client, algorithm, text="Zo.", part=part).status_code == 404
    assert client.get(f"{comments_page('algoritme', algorithm)}?part={part}").status_code == 404


def test_the_team_of_another_algorithm_is_no_part_of_this_one(client, as_somebody, organisation, listed):
    other = factories.AlgorithmFactory(organisation=organisation)
    client.force_login(as_somebody)

    for _kind, _record, part, _page in listed[2:5]:
        assert client.get(comments_page("algoritme", other, part)).status_code == 404


def test_a_list_with_thirty_comments_costs_as_many_queries_as_with_one(client, as_somebody, organisation, algorithm):
    client.force_login(as_somebody)
    values = [factories.ObjectiveFactory(organisation=organisation, name=f"Waarde {n}") for n in range(30)]
    letters = [factories.ResponsibilityFactory(algorithm=algorithm, letter="I") for _ in range(30)]
    pages = [
        reverse("objectives", args=[organisation.slug]),
        reverse("algorithm-responsibilities-history", args=[algorithm.pk]),
    ]

    def count():
        with CaptureQueriesContext(connection) as queries:
            for page in pages:
                client.get(page)
        return len(queries)

    commenting.comment(values[0], "Zo.", by=as_somebody)
    commenting.comment(algorithm, "Zo.", part=letters[0], by=as_somebody)
    count()
    with_one = count()
    for value, letter in zip(values[1:], letters[1:], strict=True):
        commenting.comment(value, "Zo.", by=as_somebody)
        commenting.comment(algorithm, "Zo.", part=letter, by=as_somebody)

    assert count() == with_one


def test_who_only_reads_reads_comments_in_lists_too(client, as_somebody, listed):
    kind, record, _part, page = listed[0]
    commenting.resolve(commenting.comment(record, "Leesbaar", by=as_somebody), by=as_somebody)
    client.force_login(factories.member("auditor", record.organisation))

    html = look_at(client, comments_page(kind, record))

    assert ("<p>Leesbaar</p>" in html, reverse("comment-add", args=[kind, record.pk]) in html) == (True, False)
    assert ">1 opmerking<" in look_at(client, page)


def test_a_department_reads_a_value_from_above_without_what_is_said_about_it(client, organisation, listed):
    value = listed[0][1]
    department = factories.OrganisationFactory(parent=organisation, kind="department")
    client.force_login(factories.member("officer", department))

    html = look_at(client, reverse("objectives", args=[department.slug]))

    assert (str(value) in html, "/opmerkingen/bij/" in html) == (True, False)
    assert client.get(comments_page("waarde", value)).status_code == 404


def test_policies_versions_functions_and_the_organisations_own_work_can_be_commented_on(client, as_somebody, records):
    client.force_login(as_somebody)

    for number, (kind, record, part, page) in enumerate(records):
        answer = send(client, record, kind=kind, text=f"Nummer {number}.", part=commenting.part_code(part))

        written = Comment.objects.get(text=f"Nummer {number}.")
        assert answer.url == f"{page}#comment-{written.pk}"
        html = look_at(client, page)
        assert [n for n in range(len(records)) if f"<p>Nummer {n}.</p>" in html] == [number]
        assert AuditEvent.objects.about(record).filter(verb="comment.added").exists()


def test_a_comment_on_a_version_is_told_in_the_history_of_its_policy(client, as_somebody, records):
    _kind, policy, version, _page = records[1]
    client.force_login(as_somebody)

    written = commenting.comment(policy, "Klopt dit?", part=version, by=as_somebody)

    assert written.label == str(version)
    assert f"plaatste een opmerking bij {version}" in look_at(client, policy.get_absolute_url())


@pytest.mark.parametrize("part", ["", "requirement:999999", "requirement:x", "policyversion:1", "nonsense"])
def test_there_is_nothing_to_say_about_an_organisation_but_its_work(client, as_somebody, records, part, organisation):
    client.force_login(as_somebody)

    assert send(client, organisation, kind="organisatie", text="Zo.", part=part).status_code == 404


def test_what_the_organisation_does_not_work_on_is_no_part_of_it(client, as_somebody, organisation, requirement):
    """Neither is anything of a department, whose work is arranged above it."""
    department = factories.OrganisationFactory(parent=organisation, kind="department")
    tracked = factories.phase_zero("woo-98", slug="woo-98")
    client.force_login(as_somebody)

    for record, item in ((organisation, requirement), (department, tracked)):
        answer = send(client, record, kind="organisatie", text="Zo.", part=f"requirement:{item.pk}")
        assert answer.status_code == 404


def test_a_department_reads_a_policy_from_above_without_what_is_said_about_it(client, as_somebody, organisation):
    policy = factories.PolicyFactory(organisation=organisation)
    factories.PolicyVersionFactory(policy=policy, status="adopted")
    written = commenting.comment(policy, "Onder ons", by=as_somebody)
    below = factories.member("officer", factories.OrganisationFactory(parent=organisation, kind="department"))
    client.force_login(below)

    assert "Onder ons" not in look_at(client, policy.get_absolute_url())
    assert send(client, policy, kind="beleid", text="Zo.").status_code == 403
    assert client.get(reverse("comment", args=[written.pk])).status_code == 404
    assert not Comment.objects.visible_to(below).exists()
