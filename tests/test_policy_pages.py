"""Policies as each kind of person meets them on the pages."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from governance import audit_trail, policies, policy_reading, policy_templates, policy_versions
from governance.models import Objective, Policy, PolicyVersion
from tests import factories
from tests.factories import days_from_now
from tests.well_made_page import look_at

pytestmark = pytest.mark.django_db

HIDDEN = "Alleen voor de eigen organisatie"


@pytest.fixture
def organisation(client, as_somebody):
    """An organisation whose officer is logged in."""
    client.force_login(as_somebody)
    return as_somebody.memberships.get().organisation


@pytest.fixture
def manager(organisation):
    return factories.member("manager", organisation)


@pytest.fixture
def adopted(organisation):
    return factories.PolicyVersionFactory(
        policy=factories.PolicyFactory(organisation=organisation, title="Gedragscode", slug="gedragscode"),
        status="adopted",
        body="## Doel\n\nWij leggen uit wat een algoritme doet.\n\n<script>alert(1)</script>",
    )


@pytest.fixture
def draft(organisation):
    return factories.PolicyVersionFactory(
        policy=factories.PolicyFactory(organisation=organisation, title="Chatbots", slug="chatbots"),
        body="Wij zijn [naam organisatie].",
    )


def page_of(name, version, *more):
    policy = version.policy
    numbers = [version.number] if name.startswith(("policy-version", "policy-ad", "policy-r", "policy-s")) else []
    if name in ("policy-version-add", "policy-withdraw"):
        numbers = []
    if name in ("policy-difference", "policy-confirm", "policy-attach", "policy-attachment"):
        numbers = [version.number]
    return reverse(name, args=[policy.organisation.slug, policy.slug, *numbers, *more])


# Adding and describing


def test_a_policy_is_begun_from_a_template_and_what_is_to_fill_in_is_listed(client, organisation):
    topic = factories.TopicFactory(slug="governance")
    address = reverse("policy-add", args=[organisation.slug])
    choices = look_at(client, address)
    form = client.get(f"{address}?template=code-of-conduct")
    typed = {"title": "Onze gedragscode", "kind": "guideline", "topics": [topic.pk]}

    response = client.post(f"{address}?template=code-of-conduct", typed, follow=True)

    assert choices.count("?template=") == 7
    assert topic in form.context["form"]["topics"].initial
    policy = Policy.objects.get()
    assert (policy.slug, policy.template, list(policy.topics.all())) == ("onze-gedragscode", "code-of-conduct", [topic])
    assert policy.versions.get().body == policy_templates.template("code-of-conduct").body
    assert "[naam organisatie]" in response.content.decode()
    assert "naam organisatie" in response.context["places"]


def test_an_error_on_the_form_of_a_policy_loses_nothing_that_was_typed(client, organisation):
    value = Objective.objects.create(organisation=organisation, name="Gelijkheid")
    Objective.objects.create(organisation=factories.OrganisationFactory(), name=HIDDEN)
    factories.RequirementFactory(organisation=factories.OrganisationFactory(), title_nl=HIDDEN)

    page = client.post(
        f"{reverse('policy-add', args=[organisation.slug])}?template=empty",
        {"title": "", "kind": "strategy", "summary": "In het kort.", "objectives": [value.pk]},
    )

    html = page.content.decode()
    assert list(page.context["form"].errors) == ["title"]
    assert ("In het kort." in html, "Gelijkheid" in html, HIDDEN in html) == (True, True, False)
    assert page.context["form"]["objectives"].value() == [str(value.pk)]
    assert not Policy.objects.exists()


def test_who_saves_the_properties_second_sees_what_changed_and_loses_no_typing(client, adopted, somebody):
    policies.revise_policy(adopted.policy, {"summary": "Van een ander"}, seen=1, by=somebody)
    typed = {"title": "Gedragscode", "kind": "guideline", "summary": "Van mij", "seen": 1}

    second = client.post(page_of("policy-edit", adopted), typed)
    html = second.content.decode()
    client.post(page_of("policy-edit", adopted), typed | {"seen": second.context["form"]["seen"].value()})

    assert ("Van een ander" in html, "Van mij" in html) == (True, True)
    assert Policy.objects.get().summary == "Van mij"


# The list


def test_the_list_costs_the_same_however_long_it_is(client, organisation, adopted, somebody):
    address = reverse("policies", args=[organisation.slug])
    client.get(address)

    with CaptureQueriesContext(connection) as one:
        client.get(address)
    for _number in range(29):
        version = factories.PolicyVersionFactory(
            policy=factories.PolicyFactory(organisation=organisation, owner=somebody), status="adopted"
        )
        version.reading_requests.create(person=somebody)
    with CaptureQueriesContext(connection) as thirty:
        client.get(address)

    assert len(one) == len(thirty)


def test_the_list_of_readers_costs_the_same_however_long_it_is(client, organisation, adopted, somebody):
    address = page_of("policy-readers", adopted)
    adopted.reading_requests.create(person=somebody)
    client.get(address)

    with CaptureQueriesContext(connection) as one:
        client.get(address)
    for _number in range(29):
        adopted.reading_requests.create(person=factories.member("reader", organisation))
    with CaptureQueriesContext(connection) as thirty:
        client.get(address)

    assert len(one) == len(thirty)


def test_the_index_of_published_policies_costs_the_same_however_long_it_is(client, db):
    def publish():
        factories.PolicyVersionFactory(policy=factories.PolicyFactory(is_public=True), status="adopted")

    publish()
    address = reverse("published-policies")
    client.get(address)

    with CaptureQueriesContext(connection) as one:
        client.get(address)
    for _number in range(29):
        publish()
    with CaptureQueriesContext(connection) as thirty:
        client.get(address)

    assert len(one) == len(thirty)


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("", ["Chatbots", "Gedragscode", "Oud"]),
        ("kind=strategy", ["Oud"]),
        ("status=in_force", ["Gedragscode", "Oud"]),
        ("status=not_in_force", ["Chatbots"]),
        ("status=draft", ["Chatbots"]),
        ("topic=governance", ["Gedragscode"]),
        ("due=true", ["Oud"]),
        ("q=chat", ["Chatbots"]),
        ("kind=nonsens", []),
    ],
)
def test_the_list_is_narrowed(client, organisation, adopted, draft, query, titles):
    adopted.policy.topics.add(factories.TopicFactory())
    factories.PolicyVersionFactory(
        policy=factories.PolicyFactory(organisation=organisation, title="Oud", kind="strategy"),
        status="adopted",
        review_date=days_from_now(-1),
    )

    page = client.get(f"{reverse('policies', args=[organisation.slug])}?{query}")

    assert [policy.title for policy in page.context["page"]] == titles


def test_a_department_lists_what_holds_there_and_does_not_find_drafts_from_above(client, organisation, adopted, draft):
    department = factories.OrganisationFactory(parent=organisation, kind="department")
    policy_versions.start_version(adopted.policy, by=factories.member("officer", organisation))
    client.force_login(factories.member("reader", department))
    address = reverse("policies", args=[department.slug])

    html = look_at(client, address)
    drafts = client.get(f"{address}?status=draft").context["page"].object_list
    policy = client.get(adopted.policy.get_absolute_url())
    hidden = [
        client.get(address).status_code
        for address in (
            draft.policy.get_absolute_url(),
            reverse("policy-version", args=[organisation.slug, adopted.policy.slug, 2]),
            reverse("policy-difference", args=[organisation.slug, adopted.policy.slug, 1, 2]),
        )
    ]

    assert ("Gedragscode" in html, "Chatbots" in html, list(drafts)) == (True, False, [])
    assert (policy.status_code, [row.number for row in policy.context["versions"]]) == (200, [1])
    assert hidden == [404, 404, 404]


def test_the_history_is_for_who_reads_the_whole_policy(client, organisation, adopted):
    """For a department it is what holds there, however it came about."""
    with audit_trail.acting(None, "command"):
        audit_trail.record("policy.published", adopted.policy)
    department = factories.OrganisationFactory(parent=organisation)

    for place, expected in ((organisation, ["policy.published"]), (department, [])):
        client.force_login(factories.member("reader", place))
        page = client.get(adopted.policy.get_absolute_url())
        assert [event.verb for event in page.context["events"]] == expected


def test_the_history_says_what_changed_from_what_to_what(client, draft, manager):
    policy = draft.policy
    with audit_trail.acting(manager, "page"):
        policies.revise_policy(policy, {"title": "Nieuwe naam", "kind": "strategy"}, seen=policy.version, by=manager)
        policy_versions.write(draft, {"body": "Een heel andere tekst", "change_note": ""}, seen=draft.edits, by=manager)
    client.force_login(manager)

    html = look_at(client, policy.get_absolute_url())

    assert f"<strong>Titel</strong>: {draft.policy.title} → Nieuwe naam" in html
    assert "Strategie en visie" in html
    history = html[html.index("Geschiedenis") :]
    assert "Een heel andere tekst" not in history


def test_other_organisations_see_nothing(client, organisation, adopted, draft):
    client.force_login(factories.member("manager"))

    answers = {
        client.get(address).status_code
        for address in (
            reverse("policies", args=[organisation.slug]),
            adopted.policy.get_absolute_url(),
            draft.get_absolute_url(),
            page_of("policy-adopt", draft),
        )
    }

    assert answers == {404}


# Writing


def test_a_preview_shows_the_text_and_saves_nothing(client, draft):
    typed = {"body": "## Kop\n\nMet **nadruk**.", "change_note": "Nieuw.", "seen": 0, "preview": "1"}

    page = client.post(page_of("policy-version-edit", draft), typed).content.decode()

    draft.refresh_from_db()
    assert ("<strong>nadruk</strong>" in page, "Met **nadruk**." in page, "Nieuw." in page) == (True, True, True)
    assert draft.body == "Wij zijn [naam organisatie]."


def test_who_saves_the_text_second_sees_the_differences_and_loses_no_typing(client, draft, manager):
    policy_versions.write(draft, {"body": "Wij zijn van Rivierwaard."}, seen=0, by=manager)
    typed = {"body": "Wij zijn de gemeente.", "change_note": "", "seen": 0}

    second = client.post(page_of("policy-version-edit", draft), typed)
    html = second.content.decode()
    client.post(page_of("policy-version-edit", draft), typed | {"seen": second.context["form"]["seen"].value()})

    assert ("<del>" in html, "Wij zijn de gemeente." in html) == (True, True)
    draft.refresh_from_db()
    assert (draft.body, draft.edits) == ("Wij zijn de gemeente.", 2)


def test_a_text_that_was_put_up_for_review_meanwhile_is_refused_without_losing_it(client, draft, manager):
    policy_versions.submit(draft, seen=0, by=manager)

    page = client.post(page_of("policy-version-edit", draft), {"body": "Lang getypt.", "seen": 0})

    assert page.context["form"].non_field_errors()
    assert "Lang getypt." in page.content.decode()
    assert client.get(page_of("policy-version-edit", draft)).status_code == 302


def test_from_draft_to_adopted_and_published(client, draft, manager):
    client.post(page_of("policy-version-edit", draft), {"body": "Af.", "seen": 0})
    client.post(page_of("policy-submit", draft), {"seen": 1})
    own = client.get(page_of("policy-adopt", draft)).status_code
    client.force_login(manager)
    given_back = client.post(page_of("policy-return", draft), {"reason": "Noem het meldpunt."})
    reason = "Noem het meldpunt." in client.get(draft.get_absolute_url()).content.decode()
    client.post(page_of("policy-submit", draft), {"seen": 1})
    wrong = client.post(page_of("policy-adopt", draft), {"authority": "College", "seen": 1})
    client.post(
        page_of("policy-adopt", draft),
        {
            "authority": "College",
            "in_force_from": days_from_now(0).isoformat(),
            "review_date": days_from_now(300).isoformat(),
            "seen": 1,
        },
    )
    client.post(page_of("policy-publish", draft))
    client.logout()

    page = look_at(client, reverse("published-policy", args=[draft.policy.organisation.slug, draft.policy.slug]))

    assert (own, given_back.status_code, reason) == (403, 302, True)
    assert set(wrong.context["form"].errors) == {"in_force_from", "review_date"}
    assert "Af." in page


def test_who_is_the_only_author_is_told_that_another_manager_adopts(client, draft, manager):
    client.force_login(manager)
    policy_versions.write(draft, {"body": "Van mij alleen."}, seen=0, by=manager)
    policy_versions.submit(draft, seen=1, by=manager)

    page = look_at(client, draft.get_absolute_url())
    offered = page_of("policy-adopt", draft) in page
    told = client.get(page_of("policy-adopt", draft), follow=True)
    client.post(page_of("policy-adopt", draft), {"authority": "College", "seen": 1})

    assert ("Je bent de enige auteur van deze versie." in page, offered) == (True, False)
    assert told.redirect_chain == [(draft.get_absolute_url(), 302)]
    assert '<div class="notice error" role="status">Je bent de enige auteur' in told.content.decode()
    draft.refresh_from_db()
    assert draft.status == "in_review"


@pytest.mark.parametrize("role", ["reader", "auditor", "administrator", "contributor"])
def test_who_only_reads_is_offered_nothing_to_change(client, organisation, adopted, draft, role):
    client.force_login(factories.member(role, organisation))

    pages = "".join(
        look_at(client, address)
        for address in (
            reverse("policies", args=[organisation.slug]),
            adopted.policy.get_absolute_url(),
            draft.policy.get_absolute_url(),
            draft.get_absolute_url(),
        )
    )

    main = [page.partition("</header>")[2] for page in pages.split("<!doctype html>")]
    main = [re.sub(r'<section class="comments".*?</section>', "", page, flags=re.DOTALL) for page in main]
    assert not any('method="post"' in page for page in main)
    assert "bewerken" not in pages and "intrekken" not in pages


def test_the_owner_writes_their_policy(client, draft):
    owner = factories.member("contributor", draft.policy.organisation)
    Policy.objects.update(owner=owner)
    client.force_login(owner)

    client.post(page_of("policy-version-edit", draft), {"body": "Van de eigenaar.", "seen": 0})

    draft.refresh_from_db()
    assert (draft.body, list(draft.authors.all())) == ("Van de eigenaar.", [owner])


# Attachments


def test_a_file_is_added_downloaded_and_removed(client, draft):
    file = SimpleUploadedFile("nota.txt", b"Tekst.")

    client.post(page_of("policy-attach", draft), {"file": file})
    kept = draft.attachments.get()
    response = client.get(page_of("policy-attachment", draft, kept.pk))
    content = b"".join(response.streaming_content)
    client.post(reverse("policy-attachment-remove", args=[*draft_arguments(draft), kept.pk]))

    assert (content, response["Content-Disposition"]) == (b"Tekst.", 'attachment; filename="nota.txt"')
    assert not draft.attachments.current().exists()
    assert client.get(page_of("policy-attachment", draft, kept.pk)).status_code == 404


def draft_arguments(version):
    return [version.policy.organisation.slug, version.policy.slug, version.number]


def test_a_file_that_is_not_taken_is_refused_beside_the_field(client, draft):
    page = client.post(page_of("policy-attach", draft), {"file": SimpleUploadedFile("a.exe", b"MZ")})
    without = client.post(page_of("policy-attach", draft))

    assert page.context["file_form"].errors.keys() == without.context["file_form"].errors.keys() == {"file"}
    assert not draft.attachments.exists()


def test_an_attachment_of_one_version_is_not_reached_through_another(client, draft, adopted):
    client.post(page_of("policy-attach", draft), {"file": SimpleUploadedFile("nota.txt", b"Tekst.")})
    kept = draft.attachments.get()

    through = reverse("policy-attachment", args=[*draft_arguments(adopted), kept.pk])
    public = reverse("published-attachment", args=[draft.policy.organisation.slug, adopted.policy.slug, kept.pk])
    Policy.objects.update(is_public=True)

    assert (client.get(through).status_code, client.get(public).status_code) == (404, 404)


# Reading


def test_people_are_asked_to_read_and_confirm(client, organisation, adopted):
    reader = factories.member("reader", organisation)
    client.post(page_of("policy-readers", adopted), {"whom": "chosen", "people": [reader.pk]})
    asked = look_at(client, page_of("policy-readers", adopted))
    client.force_login(reader)
    before = look_at(client, adopted.policy.get_absolute_url())

    client.post(page_of("policy-confirm", adopted))

    after = look_at(client, adopted.policy.get_absolute_url())
    assert reader.name in asked
    assert "Versie 1: 0 van 1 bevestigd." in before
    assert page_of("policy-confirm", adopted) in before
    assert page_of("policy-confirm", adopted) not in after
    assert adopted.reading_requests.get().confirmed_at is not None


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"whom": "chosen"}, "people"),
        ({"whom": "everybody", "due": "2020-01-01"}, "due"),
        ({"whom": "chosen", "people": ["0"]}, "people"),
    ],
)
def test_asking_nobody_or_too_late_is_refused(client, adopted, typed, wrong):
    page = client.post(page_of("policy-readers", adopted), typed)

    assert list(page.context["form"].errors) == [wrong]
    assert not adopted.reading_requests.exists()


def test_who_was_not_asked_has_nothing_to_confirm(client, adopted):
    assert client.post(page_of("policy-confirm", adopted)).status_code == 403


# Public


def test_only_what_is_published_and_in_force_is_public(client, organisation, adopted, draft, somebody):
    address = reverse("published-policy", args=[organisation.slug, adopted.policy.slug])
    client.logout()
    before = client.get(address).status_code
    Policy.objects.update(is_public=True)

    page = look_at(client, address)
    index = look_at(client, reverse("published-policies"))
    of_draft = client.get(reverse("published-policy", args=[organisation.slug, draft.policy.slug])).status_code
    elsewhere = client.get(reverse("published-policy", args=["elders", adopted.policy.slug])).status_code
    PolicyVersion.objects.filter(pk=adopted.pk).update(in_force_from=days_from_now(1))
    to_come = client.get(address).status_code

    assert (before, of_draft, elsewhere, to_come) == (404, 404, 404, 404)
    assert ("Wij leggen uit" in page, "<script>" in page) == (True, False)
    assert ("Gedragscode" in index, "Chatbots" in index) == (True, False)


def test_the_public_page_names_no_people_and_shows_no_draft(client, organisation, adopted, somebody):
    adopted.adopted_by = somebody
    adopted.save()
    factories.PolicyVersionFactory(policy=adopted.policy, body=HIDDEN)
    Policy.objects.update(is_public=True, owner=somebody)
    client.logout()

    page = look_at(client, reverse("published-policy", args=[organisation.slug, adopted.policy.slug]))

    assert (somebody.name in page, HIDDEN in page) == (False, False)


# The rest


def test_the_catalogue_shows_the_readers_policies_about_an_item(client, adopted, draft):
    requirement, measure, topic = (
        factories.RequirementFactory(),
        factories.MeasureFactory(),
        factories.TopicFactory(),
    )
    for policy in (adopted.policy, draft.policy):
        policy.requirements.add(requirement)
        policy.measures.add(measure)
        policy.topics.add(topic)

    addresses = [item.get_absolute_url() for item in (requirement, measure, topic)]
    own = [("Gedragscode" in page, "Chatbots" in page) for page in (look_at(client, where) for where in addresses)]
    client.logout()
    public = ["Gedragscode" in look_at(client, where) for where in addresses]

    assert own == [(True, False)] * 3
    assert public == [False] * 3


def test_differences_are_shown_the_older_on_the_left_whichever_is_named_first(client, adopted, somebody):
    new = policy_versions.start_version(adopted.policy, by=somebody)
    policy_versions.write(new, {"body": adopted.body.replace("uit wat", "vooraf uit wat")}, seen=0, by=somebody)

    one, other = (
        look_at(client, reverse("policy-difference", args=[*draft_arguments(adopted)[:2], *numbers]))
        for numbers in ([1, 2], [2, 1])
    )
    whole = look_at(client, f"{page_of('policy-difference', adopted, 2)}?whole=1")

    assert one.count("<ins>") == other.count("<ins>") == 1
    assert "<del>" not in one
    assert ("Gelijk" in one, "Gelijk" in whole) == (False, True)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_page_is_well_made(client, organisation, adopted, draft, manager, somebody, language):
    adopted.policy.topics.add(factories.TopicFactory())
    policy_reading.ask_to_read(adopted, None, due=days_from_now(3), by=somebody)
    new = policy_versions.start_version(adopted.policy, by=somebody)
    policy_versions.submit(new, seen=0, by=somebody)
    client.force_login(manager)

    for address in (
        reverse("policies", args=[organisation.slug]),
        reverse("policy-add", args=[organisation.slug]),
        reverse("policy-add", args=[organisation.slug]) + "?template=empty",
        *(page_of(name, adopted) for name in ("policy", "policy-edit", "policy-withdraw", "policy-readers")),
        *(page_of(name, draft) for name in ("policy-version", "policy-version-edit", "policy-version-withdraw")),
        *(page_of(name, new) for name in ("policy-version", "policy-adopt")),
        page_of("policy-difference", new, 1),
        reverse("published-policies"),
    ):
        assert look_at(client, address, language)


def test_the_list_of_versions_leads_to_what_each_changed(client, adopted):
    client.post(page_of("policy-version-add", adopted))

    page = look_at(client, adopted.policy.get_absolute_url())

    arguments = [adopted.organisation.slug, adopted.policy.slug]
    assert f'href="{reverse("policy-difference", args=[*arguments, 2, 1])}"' in page


def test_who_makes_a_policy_is_offered_as_its_owner(client, organisation, as_somebody):
    form = client.get(f"{reverse('policy-add', args=[organisation.slug])}?template=empty").context["form"]

    assert form["owner"].value() == as_somebody.pk


def test_who_adopts_a_policy_without_an_owner_is_warned(client, organisation, manager):
    version = factories.PolicyVersionFactory(
        policy=factories.PolicyFactory(organisation=organisation, owner=None), status="in_review"
    )
    client.force_login(manager)

    without = look_at(client, page_of("policy-adopt", version))
    Policy.objects.update(owner=manager)
    with_one = look_at(client, page_of("policy-adopt", version))

    assert ["Dit beleid heeft nog geen eigenaar" in page for page in (without, with_one)] == [True, False]


def test_only_a_later_version_says_that_the_one_before_holds_until_then(client, organisation, adopted, manager):
    first = factories.PolicyVersionFactory(
        policy=factories.PolicyFactory(organisation=organisation), status="in_review"
    )
    later = factories.PolicyVersionFactory(policy=adopted.policy, number=2, status="in_review")
    client.force_login(manager)

    pages = [look_at(client, page_of("policy-adopt", version)) for version in (first, later)]

    assert ["Tot die dag geldt de versie ervoor" in page for page in pages] == [False, True]
