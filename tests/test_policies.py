"""Policies and their versions: who drafts, reviews, adopts and withdraws what, and what holds when."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance import leaving, policies, policy_reading, policy_versions
from governance.conflict import Conflict
from governance.models import AuditEvent, Notification, Policy, PolicyVersion, ReadingRequest
from tests import factories
from tests.factories import days_from_now

pytestmark = pytest.mark.django_db


@pytest.fixture
def organisation(as_somebody):
    return as_somebody.memberships.get().organisation


@pytest.fixture
def manager(organisation):
    return factories.member("manager", organisation)


def adoption(**fields):
    return {
        "authority": "Het college, besluit 12",
        "in_force_from": days_from_now(0),
        "review_date": days_from_now(365),
        **fields,
    }


def version_of(policy, number=1):
    return PolicyVersion.objects.get(policy=policy, number=number)


def in_review(organisation, author, **fields):
    return factories.PolicyVersionFactory(
        policy=factories.PolicyFactory(organisation=organisation), status="in_review", authors=[author], **fields
    )


def adopted(organisation, **fields):
    return factories.PolicyVersionFactory(
        policy=factories.PolicyFactory(organisation=organisation), status="adopted", **fields
    )


# Policies


def test_a_new_policy_has_an_address_of_its_own_and_a_first_draft(organisation, somebody):
    topic = factories.TopicFactory()
    fields = {"kind": "strategy", "title": "Nieuw", "owner": somebody, "topics": [topic]}

    first = policies.add_policy(organisation, fields, body="Tekst", by=somebody)
    second = policies.add_policy(organisation, fields, by=somebody)

    assert (first.slug, second.slug) == ("nieuw-2", "nieuw-3")
    assert (first.owner, list(first.topics.all())) == (somebody, [topic])
    draft = version_of(first)
    assert (draft.number, draft.status, draft.body, list(draft.authors.all())) == (1, "draft", "Tekst", [somebody])
    assert set(AuditEvent.objects.about(first).values_list("verb", flat=True)) == {
        "policy.added",
        "policyversion.started",
    }


@pytest.mark.parametrize(
    ("fields", "wrong"), [({"title": ""}, "title"), ({"kind": "law"}, "kind"), ({"title": "x" * 201}, "title")]
)
def test_a_policy_that_is_not_right_is_not_added(organisation, somebody, fields, wrong):
    with pytest.raises(ValidationError) as refused:
        policies.add_policy(organisation, {"kind": "guideline", "title": "Code", **fields}, by=somebody)

    assert wrong in refused.value.error_dict
    assert not Policy.objects.exists()


def test_a_policy_is_linked_to_nothing_of_another_organisation(organisation, somebody):
    foreign = factories.RequirementFactory(organisation=factories.OrganisationFactory())

    with pytest.raises(ValidationError) as refused:
        policies.add_policy(
            organisation, {"kind": "guideline", "title": "Code", "requirements": [foreign]}, by=somebody
        )

    assert list(refused.value.error_dict) == ["requirements"]


@pytest.mark.parametrize("role", ["reader", "auditor", "administrator"])
def test_the_owner_is_somebody_who_works_there(organisation, somebody, role):
    with pytest.raises(ValidationError) as refused:
        policies.add_policy(
            organisation,
            {"kind": "guideline", "title": "Code", "owner": factories.member(role, organisation)},
            by=somebody,
        )

    assert list(refused.value.error_dict) == ["owner"]


def test_who_revises_second_is_told_and_the_address_stays(organisation, somebody):
    policy = factories.PolicyFactory(organisation=organisation, title="Code", slug="code")

    policies.revise_policy(policy, {"title": "Gedragscode"}, seen=1, by=somebody)
    with pytest.raises(Conflict) as conflict:
        policies.revise_policy(policy, {"title": "Leidraad"}, seen=1, by=somebody)

    policy.refresh_from_db()
    assert (policy.title, policy.slug, policy.version) == ("Gedragscode", "code", 2)
    assert conflict.value.current.title == "Gedragscode"


def test_saving_a_policy_as_it_was_changes_nothing(organisation, somebody):
    policy = factories.PolicyFactory(organisation=organisation)

    policies.revise_policy(policy, {"title": policy.title, "topics": []}, seen=1, by=somebody)

    policy.refresh_from_db()
    assert (policy.version, AuditEvent.objects.count()) == (1, 0)


def test_an_owner_describes_their_policy_and_does_not_give_it_away(organisation):
    owner, other = factories.member("contributor", organisation), factories.member("contributor", organisation)
    policy = factories.PolicyFactory(organisation=organisation, owner=owner)

    policies.revise_policy(policy, {"summary": "Kort.", "owner": owner}, seen=1, by=owner)
    with pytest.raises(PermissionDenied):
        policies.revise_policy(policy, {"owner": other}, seen=2, by=owner)
    with pytest.raises(PermissionDenied):
        policies.revise_policy(policy, {"summary": "Van mij."}, seen=2, by=other)

    policy.refresh_from_db()
    assert (policy.summary, policy.owner) == ("Kort.", owner)


def test_an_owner_without_a_role_there_any_more_changes_nothing(organisation):
    policy = factories.PolicyFactory(organisation=organisation, owner=factories.member("contributor"))

    with pytest.raises(PermissionDenied):
        policies.revise_policy(policy, {"summary": "Nog even."}, seen=1, by=policy.owner)


# Writing and reviewing


def test_a_draft_begins_with_the_adopted_text_and_its_attachments(organisation, somebody):
    version = adopted(organisation, body="Zo doen wij het.")
    content = factories.governance.StoredFile.objects.create(sha256="a", size=1, media_type="text/plain", file="a")
    version.attachments.create(stored_file=content, name="blijft.txt")
    version.attachments.create(stored_file=content, name="weg.txt", removed=version.created)

    draft = policy_versions.start_version(version.policy, by=somebody)

    assert (draft.number, draft.status, draft.body) == (2, "draft", "Zo doen wij het.")
    assert list(draft.attachments.values_list("name", flat=True)) == ["blijft.txt"]
    with pytest.raises(ValidationError):
        policy_versions.start_version(version.policy, by=somebody)


def test_of_two_writers_the_second_is_told_and_both_are_authors_when_both_wrote(organisation, somebody, manager):
    draft = factories.PolicyVersionFactory(policy__organisation=organisation, authors=[somebody])

    policy_versions.write(draft, {"body": "Van de een\r\nen verder"}, seen=0, by=somebody)
    with pytest.raises(Conflict) as conflict:
        policy_versions.write(draft, {"body": "Van de ander"}, seen=0, by=manager)
    policy_versions.write(draft, {"body": "Van de ander"}, seen=1, by=manager)

    draft.refresh_from_db()
    assert conflict.value.current.body == "Van de een\nen verder"
    assert (draft.body, draft.edits, set(draft.authors.all())) == ("Van de ander", 2, {somebody, manager})


def test_saving_a_draft_as_it_was_makes_nobody_an_author(organisation, manager):
    draft = factories.PolicyVersionFactory(policy__organisation=organisation, body="Een\nTwee")

    policy_versions.write(draft, {"body": "Een\r\nTwee", "change_note": ""}, seen=0, by=manager)

    draft.refresh_from_db()
    assert (draft.edits, list(draft.authors.all())) == (0, [])


@pytest.mark.parametrize("status", ["in_review", "adopted", "superseded", "withdrawn"])
def test_only_a_draft_is_written(organisation, somebody, status):
    version = factories.PolicyVersionFactory(policy__organisation=organisation, status=status)

    with pytest.raises(ValidationError):
        policy_versions.write(version, {"body": "Toch anders"}, seen=0, by=somebody)

    version.refresh_from_db()
    assert version.body != "Toch anders"


def test_putting_up_for_review_costs_the_same_for_one_manager_and_for_twenty(organisation, somebody, manager):
    def queries():
        version = factories.PolicyVersionFactory(policy__organisation=organisation, authors=[somebody])
        with CaptureQueriesContext(connection) as captured:
            policy_versions.submit(version, seen=0, by=somebody)
        return len(captured)

    one = queries()
    for _number in range(19):
        factories.member("manager", organisation)

    assert queries() == one


def test_what_is_put_up_for_review_is_told_to_the_managers_who_may_adopt_it(organisation, somebody, manager):
    alone = factories.PolicyVersionFactory(policy__organisation=organisation, authors=[manager])
    shared = factories.PolicyVersionFactory(
        policy=factories.PolicyFactory(organisation=organisation), authors=[manager, somebody]
    )

    policy_versions.submit(alone, seen=0, by=somebody)
    policy_versions.submit(shared, seen=0, by=somebody)

    told = Notification.objects.get()
    assert (told.recipient, told.kind, told.url) == (manager, "decision", shared.get_absolute_url())
    assert list(PolicyVersion.objects.waiting_for(manager)) == [shared]
    assert list(PolicyVersion.objects.waiting_for(somebody)) == []


def test_a_draft_without_text_or_that_changed_meanwhile_is_not_put_up_for_review(organisation, somebody):
    empty = factories.PolicyVersionFactory(policy__organisation=organisation, body=" ")
    changed = factories.PolicyVersionFactory(policy=factories.PolicyFactory(organisation=organisation), edits=1)

    with pytest.raises(ValidationError):
        policy_versions.submit(empty, seen=0, by=somebody)
    with pytest.raises(Conflict):
        policy_versions.submit(changed, seen=0, by=somebody)

    assert set(PolicyVersion.objects.values_list("status", flat=True)) == {"draft"}


def test_a_returned_draft_says_why_until_it_is_put_up_again(organisation, somebody, manager):
    version = in_review(organisation, somebody)

    with pytest.raises(ValidationError):
        policy_versions.return_to_draft(version, " ", by=manager)
    returned = policy_versions.return_to_draft(version, "Noem het meldpunt.", by=manager)
    reason = returned.returned_reason
    again = policy_versions.submit(version, seen=0, by=somebody)

    assert (returned.status, reason) == ("draft", "Noem het meldpunt.")
    assert (again.status, again.returned_reason) == ("in_review", "")
    assert set(Notification.objects.values_list("recipient", "kind")) == {
        (somebody.pk, "assigned"),
        (manager.pk, "decision"),
    }


# Adopting


def test_a_manager_adopts_on_somebodys_authority(organisation, somebody, manager):
    version = in_review(organisation, somebody)

    policy_versions.adopt(version, adoption(), seen=0, by=manager)

    version.refresh_from_db()
    assert (version.status, version.adopted_by, version.authority) == ("adopted", manager, "Het college, besluit 12")
    assert (version.in_force_from, version.in_force_until) == (days_from_now(0), None)
    assert list(PolicyVersion.objects.in_force()) == [version]
    assert AuditEvent.objects.get(verb="policyversion.adopted").changes["status"] == ["in_review", "adopted"]


@pytest.mark.parametrize("role", ["officer", "contributor", "reader", "auditor", "administrator"])
def test_nobody_else_adopts(organisation, somebody, role):
    version = in_review(organisation, somebody)

    with pytest.raises(PermissionDenied):
        policy_versions.adopt(version, adoption(), seen=0, by=factories.member(role, organisation))


def test_a_manager_elsewhere_does_not_adopt(organisation, somebody):
    version = in_review(organisation, somebody)

    with pytest.raises(PermissionDenied):
        policy_versions.adopt(version, adoption(), seen=0, by=factories.member("manager"))


def test_the_only_author_does_not_adopt_and_one_of_several_does(organisation, somebody, manager):
    alone, shared = in_review(organisation, manager), in_review(organisation, manager)
    shared.authors.add(somebody)

    with pytest.raises(ValidationError):
        policy_versions.adopt(alone, adoption(), seen=0, by=manager)
    policy_versions.adopt(shared, adoption(), seen=0, by=manager)

    assert list(PolicyVersion.objects.adopted()) == [shared]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"authority": " "}, "authority"),
        ({"in_force_from": None}, "in_force_from"),
        ({"review_date": None}, "review_date"),
        ({"review_date": days_from_now(0)}, "review_date"),
        ({"adopted_on": days_from_now(1)}, "adopted_on"),
    ],
)
def test_adopting_names_what_is_missing(organisation, somebody, manager, fields, wrong):
    version = in_review(organisation, somebody)

    with pytest.raises(ValidationError) as refused:
        policy_versions.adopt(version, adoption(**fields), seen=0, by=manager)

    assert list(refused.value.error_dict) == [wrong]
    assert not PolicyVersion.objects.adopted().exists()


def test_what_was_rewritten_since_the_manager_read_it_is_not_adopted(organisation, somebody, manager):
    version = in_review(organisation, somebody, edits=3)

    with pytest.raises(Conflict):
        policy_versions.adopt(version, adoption(), seen=2, by=manager)


def test_the_former_version_holds_until_the_new_one_enters_into_force(organisation, somebody, manager):
    former = adopted(organisation)
    new = factories.PolicyVersionFactory(policy=former.policy, status="in_review", authors=[somebody])

    policy_versions.adopt(new, adoption(in_force_from=days_from_now(10)), seen=0, by=manager)

    former.refresh_from_db()
    assert (former.status, former.in_force_until) == ("superseded", days_from_now(10))
    assert list(PolicyVersion.objects.in_force()) == [former]
    assert list(PolicyVersion.objects.in_force(days_from_now(9))) == [former]
    assert list(PolicyVersion.objects.in_force(days_from_now(10))) == [new]


def test_a_version_never_begins_before_one_that_has_been_in_force(organisation, somebody, manager):
    former = adopted(organisation, in_force_from=days_from_now(-5))
    new = factories.PolicyVersionFactory(policy=former.policy, status="in_review", authors=[somebody])

    with pytest.raises(ValidationError) as refused:
        policy_versions.adopt(new, adoption(in_force_from=days_from_now(-5)), seen=0, by=manager)
    policy_versions.adopt(new, adoption(in_force_from=days_from_now(-4)), seen=0, by=manager)

    assert list(refused.value.error_dict) == ["in_force_from"]
    assert list(PolicyVersion.objects.in_force(days_from_now(-5))) == [former]
    assert list(PolicyVersion.objects.in_force(days_from_now(-4))) == [new]


def test_a_version_that_overtakes_one_to_come_takes_its_place(organisation, somebody, manager):
    first = adopted(organisation)
    second = factories.PolicyVersionFactory(policy=first.policy, status="in_review", authors=[somebody])
    policy_versions.adopt(second, adoption(in_force_from=days_from_now(60)), seen=0, by=manager)
    third = factories.PolicyVersionFactory(policy=first.policy, status="in_review", authors=[somebody])

    policy_versions.adopt(third, adoption(in_force_from=days_from_now(20)), seen=0, by=manager)

    held = [list(PolicyVersion.objects.in_force(days_from_now(day))) for day in (0, 19, 20, 60, 90)]
    assert held == [[first], [first], [third], [third], [third]]


def test_what_was_decided_earlier_is_entered_with_its_day(organisation, somebody, manager):
    version = in_review(organisation, somebody)

    policy_versions.adopt(
        version, adoption(adopted_on=days_from_now(-400), in_force_from=days_from_now(-390)), seen=0, by=manager
    )

    version.refresh_from_db()
    assert (version.adopted_at.date(), version.is_in_force) == (days_from_now(-400), True)


# Ending


def test_a_manager_withdraws_an_adopted_version_with_a_reason(organisation, somebody, manager):
    version = adopted(organisation)

    with pytest.raises(PermissionDenied):
        policy_versions.withdraw_version(version, "Achterhaald.", by=somebody)
    with pytest.raises(ValidationError):
        policy_versions.withdraw_version(version, "", by=manager)
    policy_versions.withdraw_version(version, "Achterhaald.", by=manager)

    version.refresh_from_db()
    assert (version.status, version.ended_by, version.ended_reason) == ("withdrawn", manager, "Achterhaald.")
    assert list(PolicyVersion.objects.in_force()) == []
    assert list(PolicyVersion.objects.in_force(days_from_now(-1))) == [version]


def test_an_officer_withdraws_a_draft(organisation, somebody):
    draft = factories.PolicyVersionFactory(policy__organisation=organisation)

    policy_versions.withdraw_version(draft, "Toch niet nodig.", by=somebody)

    assert policy_versions.start_version(draft.policy, by=somebody).number == 2


def test_when_what_was_to_come_is_withdrawn_the_version_before_it_holds_on(organisation, somebody, manager):
    former = adopted(organisation)
    new = factories.PolicyVersionFactory(policy=former.policy, status="in_review", authors=[somebody])
    policy_versions.adopt(new, adoption(in_force_from=days_from_now(10)), seen=0, by=manager)

    policy_versions.withdraw_version(new, "Te vroeg.", by=manager)

    former.refresh_from_db()
    assert (former.status, former.in_force_until) == ("adopted", None)
    assert list(PolicyVersion.objects.in_force(days_from_now(30))) == [former]


def test_a_withdrawn_policy_has_nothing_in_force_and_nothing_published(organisation, somebody, manager):
    former = adopted(organisation)
    policies.publish(former.policy, by=somebody)
    new = factories.PolicyVersionFactory(policy=former.policy, status="in_review", authors=[somebody])
    policy_versions.adopt(new, adoption(in_force_from=days_from_now(10)), seen=0, by=manager)
    factories.PolicyVersionFactory(policy=former.policy)

    policies.withdraw_policy(former.policy, "Opgegaan in ander beleid.", by=manager)

    policy = Policy.objects.get()
    assert set(policy.versions.values_list("status", flat=True)) == {"withdrawn"}
    assert (policy.is_public, list(PolicyVersion.objects.in_force())) == (False, [])
    assert list(PolicyVersion.objects.in_force(days_from_now(30))) == []
    with pytest.raises(ValidationError):
        policies.withdraw_policy(policy, "Nog eens.", by=manager)


def test_only_an_adopted_policy_is_published_and_taken_back(organisation, somebody):
    draft = factories.PolicyVersionFactory(policy__organisation=organisation)
    version = adopted(organisation)

    with pytest.raises(ValidationError):
        policies.publish(draft.policy, by=somebody)
    policies.publish(version.policy, by=somebody)
    published = list(Policy.objects.published())
    policies.unpublish(version.policy, by=somebody)

    assert published == [version.policy]
    assert list(Policy.objects.published()) == []


# Reading


def test_everybody_with_a_role_is_asked_once(organisation, somebody, manager):
    department = factories.OrganisationFactory(parent=organisation, kind="department")
    below, outsider = factories.member("reader", department), factories.member("reader")
    gone = factories.member("reader", organisation)
    gone.is_active = False
    gone.save()
    version = adopted(organisation)

    first = policy_reading.ask_to_read(version, [below], due=days_from_now(14), by=somebody)
    rest = policy_reading.ask_to_read(version, None, due=None, by=somebody)
    again = policy_reading.ask_to_read(version, None, due=None, by=somebody)

    assert (first, rest, again) == (1, 2, 0)
    assert set(version.reading_requests.values_list("person", "due")) == {
        (below.pk, days_from_now(14)),
        (somebody.pk, None),
        (manager.pk, None),
    }
    assert set(Notification.objects.values_list("recipient", flat=True)) == {below.pk, manager.pk}
    with pytest.raises(ValidationError) as refused:
        policy_reading.ask_to_read(version, [outsider], due=None, by=somebody)
    assert list(refused.value.error_dict) == ["people"]


@pytest.mark.parametrize("status", ["draft", "in_review", "superseded", "withdrawn"])
def test_only_an_adopted_version_is_put_to_readers(organisation, somebody, status):
    version = factories.PolicyVersionFactory(policy__organisation=organisation, status=status)

    with pytest.raises(ValidationError):
        policy_reading.ask_to_read(version, None, due=None, by=somebody)


def test_nobody_confirms_for_another(organisation, somebody):
    reader = factories.member("reader", organisation)
    version = adopted(organisation)
    policy_reading.ask_to_read(version, [reader], due=None, by=somebody)
    request = ReadingRequest.objects.get()
    waiting = list(policies.reading_for(reader))

    with pytest.raises(PermissionDenied):
        policy_reading.confirm_read(request, by=somebody)
    confirmed = policy_reading.confirm_read(request, by=reader)
    again = policy_reading.confirm_read(request, by=reader)

    assert waiting == [request]
    assert confirmed.confirmed_at == again.confirmed_at is not None
    assert list(policies.reading_for(reader)) == []


def test_a_request_about_a_version_that_does_not_count_any_more_is_nobodys_work(organisation, somebody, manager):
    reader = factories.member("reader", organisation)
    version = adopted(organisation)
    policy_reading.ask_to_read(version, [reader], due=None, by=somebody)
    policy_versions.withdraw_version(version, "Achterhaald.", by=manager)

    assert list(policies.reading_for(reader)) == []
    with pytest.raises(ValidationError):
        policy_reading.confirm_read(ReadingRequest.objects.get(), by=reader)


# What waits for whom, and what one sees


def test_below_the_organisation_one_sees_what_was_adopted_and_no_drafts(organisation):
    department = factories.OrganisationFactory(parent=organisation, kind="department")
    below = factories.member("reader", department)
    version = adopted(organisation)
    factories.PolicyVersionFactory(policy=version.policy)
    factories.PolicyVersionFactory(policy=factories.PolicyFactory(organisation=organisation))
    factories.PolicyVersionFactory(status="adopted")

    assert list(Policy.objects.visible_to(below)) == [version.policy]
    assert list(PolicyVersion.objects.visible_to(below)) == [version]
    assert below.has_perm("governance.view_policy", version.policy)
    assert not below.has_perm("governance.change_policy", version.policy)


def test_policies_are_handed_over_with_what_else_somebody_holds(organisation, somebody):
    owner, successor = factories.member("contributor", organisation), factories.member("officer", organisation)
    policy = factories.PolicyFactory(organisation=organisation, owner=owner)
    factories.PolicyFactory(owner=owner)
    source = next(source for source in leaving.sources if source.name == "policy")
    here = factories.governance.Organisation.objects.filter(pk=organisation.pk)

    held = source.held_by(owner, here)
    handed_over = source.hand_over([policy.pk], successor, None, by=somebody)

    assert [(holding.key, holding.what) for holding in held] == [(f"policy:{policy.pk}", policy.title)]
    policy.refresh_from_db()
    assert (handed_over, policy.owner) == (1, successor)
    assert source.held_by(owner, here) == []
    with pytest.raises(ValidationError):
        source.hand_over([policy.pk], factories.member("reader", organisation), None, by=somebody)
