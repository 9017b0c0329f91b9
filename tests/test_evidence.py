"""Evidence: a file or link kept once, used where it proves something, and what follows when it counts no longer."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from governance import audit_trail, clock, evidence, organisation_level, stored_files
from governance.conflict import Conflict
from governance.evidence_places import is_proven
from governance.models import AuditEvent, Evidence, Notification, OrganisationEvidence, StoredFile
from registry import working
from registry.classifying import decide_all
from registry.models import AlgorithmEvidence, Evaluation, Gate, Incident, Risk
from tests import factories
from tests.well_made_page import look_at

pytestmark = pytest.mark.django_db

LINK = {"title": "Besluit", "url": "https://voorbeeld.nl/besluit"}
ON_EVIDENCE = {"status": "met"}


@pytest.fixture
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def organisation(as_somebody):
    return as_somebody.memberships.get().organisation


@pytest.fixture
def algorithm(organisation):
    return factories.AlgorithmFactory(organisation=organisation)


@pytest.fixture
def requirement(algorithm):
    """One that applies to the algorithm."""
    requirement = factories.RequirementFactory(urn="urn:nl:ak:ver:woo-99", law=factories.LawFactory(slug="woo"))
    decide_all([algorithm])
    return requirement


@pytest.fixture
def colleague(organisation):
    """Who verifies."""
    return factories.member("manager", organisation)


@pytest.fixture
def link(organisation):
    return factories.EvidenceFactory(organisation=organisation)


def upload(name="nota.txt", content=b"Tekst."):
    return SimpleUploadedFile(name, content)


def files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def at(algorithm, requirement):
    return reverse("evidence-attach", args=["algoritme", algorithm.pk]) + f"?part=requirement:{requirement.pk}"


def verified_on_evidence(algorithm, requirement, link, by, colleague):
    evidence.attach(link, algorithm, requirement, by=by)
    claim = working.assess(algorithm, requirement, ON_EVIDENCE, seen=None, by=by)
    return working.verify(claim, confirmed=True, by=colleague)


# Adding


def test_a_file_is_evidence_under_its_hash_with_its_name(organisation, as_somebody, folder):
    added = evidence.add(organisation, {"description": "Wie besloot."}, upload=upload(), by=as_somebody)

    assert (added.title, added.name, added.url, added.added_by) == ("nota.txt", "nota.txt", "", as_somebody)
    assert [path.name for path in files(folder)] == [added.stored_file.sha256]
    assert list(AuditEvent.objects.about(added).values_list("verb", flat=True)) == ["evidence.added"]


@pytest.mark.parametrize(
    ("fields", "file", "wrong"),
    [
        ({}, None, "file"),
        (LINK, upload(), "url"),
        ({}, upload("kwaad.exe", b"MZ"), "file"),
        ({"url": "javascript:alert(1)"}, None, "url"),
    ],
)
def test_what_is_no_evidence_is_refused_beside_the_field(organisation, as_somebody, folder, fields, file, wrong):
    with pytest.raises(ValidationError) as refused:
        evidence.add(organisation, fields, upload=file, by=as_somebody)

    assert list(refused.value.error_dict) == [wrong]
    assert (files(folder), Evidence.objects.count(), StoredFile.objects.count()) == ([], 0, 0)


class StorageThatStops(FileSystemStorage):
    """Writes half of a file, and then fails."""

    def _save(self, name, content):
        super()._save(name, ContentFile(b"Tek"))
        raise OSError("no space left")


def test_an_upload_that_the_storage_breaks_off_leaves_nothing(
    organisation, as_somebody, algorithm, requirement, folder, monkeypatch
):
    monkeypatch.setattr(stored_files, "default_storage", StorageThatStops(location=folder))

    with pytest.raises(OSError, match="no space left"):
        evidence.add(organisation, {}, upload=upload(), at=(algorithm, requirement), by=as_somebody)

    left = (files(folder), Evidence.objects.count(), StoredFile.objects.count(), AlgorithmEvidence.objects.count())
    assert left == ([], 0, 0, 0)


def test_an_upload_whose_rows_cannot_be_written_leaves_nothing(
    organisation, as_somebody, algorithm, requirement, folder, monkeypatch
):
    def fail(*args, **kwargs):
        raise DatabaseError

    monkeypatch.setattr(evidence, "attach", fail)

    with pytest.raises(DatabaseError):
        evidence.add(organisation, {}, upload=upload(), at=(algorithm, requirement), by=as_somebody)

    assert (files(folder), Evidence.objects.count(), StoredFile.objects.count()) == ([], 0, 0)


@pytest.mark.django_db(transaction=True)
def test_an_upload_whose_transaction_cannot_be_committed_leaves_nothing(folder):
    organisation = factories.OrganisationFactory()
    person = factories.member("officer", organisation)

    with pytest.raises(DatabaseError), audit_trail.acting(person, "command"), stored_files.stored(upload()):
        Evidence.objects.create(organisation_id=987654, title="Wees", url="https://voorbeeld.nl/")

    assert (files(folder), Evidence.objects.count(), StoredFile.objects.count()) == ([], 0, 0)


# Using it


def test_one_piece_is_used_in_several_places_and_once_in_each(organisation, algorithm, requirement, link, as_somebody):
    measure = factories.MeasureFactory()
    policy = factories.PolicyFactory(organisation=organisation)

    evidence.attach(link, algorithm, requirement, by=as_somebody)
    evidence.attach(link, algorithm, measure, by=as_somebody)
    evidence.attach(link, policy, by=as_somebody)
    with pytest.raises(Conflict):
        evidence.attach(link, policy, by=as_somebody)

    assert (AlgorithmEvidence.objects.current().count(), OrganisationEvidence.objects.current().count()) == (2, 1)
    assert (is_proven(algorithm, requirement), is_proven(policy)) == (True, True)
    assert list(AuditEvent.objects.about(policy).values_list("verb", "label")) == [("proof.attached", link.title)]


def test_evidence_of_an_organisation_above_can_be_used_and_that_of_another_cannot(algorithm, as_somebody, organisation):
    part = factories.OrganisationFactory(parent=organisation)
    below = factories.AlgorithmFactory(organisation=part)
    requirement = factories.RequirementFactory()

    evidence.attach(factories.EvidenceFactory(organisation=organisation), below, requirement, by=as_somebody)
    for other in (factories.EvidenceFactory(), factories.EvidenceFactory(organisation=part)):
        with pytest.raises(ValidationError):
            evidence.attach(other, algorithm, requirement, by=as_somebody)

    assert is_proven(below, requirement)
    assert not is_proven(algorithm, requirement)


def test_what_is_used_below_is_seen_there_and_nothing_else_from_above(organisation, as_somebody, client):
    below = factories.AlgorithmFactory(organisation=factories.OrganisationFactory(parent=organisation))
    reader = factories.member("reader", below.organisation)
    used, unused = (factories.EvidenceFactory(organisation=organisation) for _ in range(2))
    elsewhere = factories.AlgorithmFactory(organisation=organisation)
    requirement = factories.RequirementFactory()
    for place in (below, elsewhere):
        evidence.attach(used, place, requirement, by=as_somebody)
    client.force_login(reader)

    page = client.get(used.get_absolute_url())
    html = page.content.decode()

    assert list(Evidence.objects.visible_to(reader)) == [used]
    assert (below.name in html, elsewhere.name in html) == (True, False)
    assert (page.context["hidden"], list(page.context["events"])) == (1, [])
    assert client.get(unused.get_absolute_url()).status_code == 404


def test_it_is_added_where_it_is_needed(client, as_somebody, algorithm, requirement, folder):
    client.force_login(as_somebody)

    answer = client.post(at(algorithm, requirement), {"file": upload(), "valid_until": "2030-01-01"})

    use = AlgorithmEvidence.objects.get()
    assert (use.algorithm, use.requirement, use.by) == (algorithm, requirement, as_somebody)
    assert (use.evidence.name, use.evidence.valid_until) == ("nota.txt", date(2030, 1, 1))
    assert answer.url == reverse("algorithm-requirement", args=[algorithm.pk, requirement.slug]) + "#evidence"


def test_what_is_wrong_with_a_file_is_said_and_what_was_typed_stays(client, as_somebody, algorithm, requirement):
    client.force_login(as_somebody)

    answer = client.post(at(algorithm, requirement), {"file": upload("a.exe", b"MZ"), "title": "Ons besluit"})

    assert list(answer.context["form"].errors) == ["file"]
    assert "Ons besluit" in answer.content.decode()


def test_choosing_and_ending_a_use_from_the_page(client, as_somebody, algorithm, requirement, link):
    client.force_login(as_somebody)
    part = f"?part=requirement:{requirement.pk}"

    client.post(reverse("evidence-choose", args=["algoritme", algorithm.pk, link.pk]) + part)
    use = AlgorithmEvidence.objects.current().get()
    client.post(reverse("evidence-detach", args=["algoritme", algorithm.pk, use.pk]))

    assert not AlgorithmEvidence.objects.current().exists()
    assert AlgorithmEvidence.objects.get().until is not None
    verbs = AuditEvent.objects.about(link).values_list("verb", flat=True)
    assert list(verbs) == ["evidence.detached", "evidence.attached"]


def test_a_use_is_ended_under_its_own_record_only(client, as_somebody, algorithm, requirement, link):
    use = evidence.attach(link, algorithm, requirement, by=as_somebody)
    other = factories.AlgorithmFactory(organisation=algorithm.organisation)
    client.force_login(as_somebody)

    assert client.post(reverse("evidence-detach", args=["algoritme", other.pk, use.pk])).status_code == 404
    assert client.post(reverse("evidence-detach", args=["risico", algorithm.pk, use.pk])).status_code == 404
    assert AlgorithmEvidence.objects.current().exists()


def test_what_an_algorithm_inherits_is_proven_at_its_organisation(client, as_somebody, algorithm):
    inherited = factories.phase_zero("woo-77", slug="woo-77")
    client.force_login(as_somebody)

    assert client.get(at(algorithm, inherited)).status_code == 404


# Revising and withdrawing


def test_a_lost_update_is_a_conflict_and_loses_no_typing(client, as_somebody, link):
    evidence.revise(link, {"title": "Van een ander"}, seen=1, by=as_somebody)
    client.force_login(as_somebody)
    address = reverse("evidence-edit", args=[link.organisation.slug, link.pk])

    second = client.post(address, {"seen": 1, "title": "Van mij"})
    html = second.content.decode()
    client.post(address, {"seen": second.context["form"]["seen"].value(), "title": "Van mij"})

    link.refresh_from_db()
    assert ("Van een ander" in html, "Van mij" in html) == (True, True)
    assert (link.title, link.version) == ("Van mij", 3)


def test_saving_what_already_stands_writes_nothing(as_somebody, link):
    evidence.revise(link, {"title": link.title}, seen=1, by=as_somebody)

    assert (Evidence.objects.get().version, AuditEvent.objects.about(link).count()) == (1, 0)


def test_withdrawing_needs_a_reason_ends_every_use_and_happens_once(as_somebody, link, algorithm, requirement):
    evidence.attach(link, algorithm, requirement, by=as_somebody)

    with pytest.raises(ValidationError):
        evidence.withdraw(link, " ", by=as_somebody)
    evidence.withdraw(link, "Ingetrokken besluit.", by=as_somebody)
    with pytest.raises(Conflict):
        evidence.withdraw(link, "Nog eens.", by=as_somebody)
    with pytest.raises(Conflict):
        evidence.attach(link, algorithm, requirement, by=as_somebody)

    assert not AlgorithmEvidence.objects.current().exists()
    assert not is_proven(algorithm, requirement)
    assert Evidence.objects.get().withdrawn_because == "Ingetrokken besluit."


# Downloading


def test_a_file_is_given_as_a_download_to_who_sees_it_and_that_is_recorded(client, organisation, as_somebody, folder):
    added = evidence.add(organisation, {}, upload=upload(), by=as_somebody)
    address = reverse("evidence-file", args=[organisation.slug, added.pk])
    reader = factories.member("reader", organisation)
    client.force_login(reader)

    response = client.get(address)
    content = b"".join(response.streaming_content)
    client.force_login(factories.member("officer"))
    refused = client.get(address)

    assert response["Content-Disposition"] == 'attachment; filename="nota.txt"'
    assert (response["X-Content-Type-Options"], content) == ("nosniff", b"Tekst.")
    event = AuditEvent.objects.get(verb="evidence.downloaded")
    assert (event.actor, event.organisation, refused.status_code) == (reader, organisation, 404)


def test_a_file_that_the_storage_lost_and_a_link_are_no_download(client, organisation, as_somebody, folder, link):
    added = evidence.add(organisation, {}, upload=upload(), by=as_somebody)
    files(folder)[0].unlink()
    client.force_login(as_somebody)

    for row in (added, link):
        assert client.get(reverse("evidence-file", args=[organisation.slug, row.pk])).status_code == 404


# Claiming on evidence, and verifying again


def test_met_may_be_claimed_on_evidence_alone(algorithm, requirement, link, as_somebody):
    with pytest.raises(ValidationError):
        working.assess(algorithm, requirement, ON_EVIDENCE, seen=None, by=as_somebody)

    evidence.attach(link, algorithm, requirement, by=as_somebody)
    claim = working.assess(algorithm, requirement, ON_EVIDENCE, seen=None, by=as_somebody)

    assert (claim.status, claim.explanation, claim.on_evidence) == ("met", "", True)


def test_expired_evidence_is_no_ground_for_a_claim(algorithm, requirement, organisation, as_somebody):
    old = factories.EvidenceFactory(organisation=organisation, valid_until=date(2020, 1, 1))
    evidence.attach(old, algorithm, requirement, by=as_somebody)

    with pytest.raises(ValidationError):
        working.assess(algorithm, requirement, ON_EVIDENCE, seen=None, by=as_somebody)


def test_a_claim_on_evidence_can_still_be_planned_when_the_evidence_is_gone(
    algorithm, requirement, link, as_somebody, colleague
):
    verified = verified_on_evidence(algorithm, requirement, link, as_somebody, colleague)
    evidence.withdraw(link, "Oud.", by=as_somebody)
    again = working.current_assessment(algorithm, requirement)

    planned = working.assess(algorithm, requirement, {"assignee": colleague}, seen=again.pk, by=as_somebody)

    assert verified.verified_by == colleague
    assert (planned.status, planned.verify_again, planned.assignee) == ("met", "evidence_withdrawn", colleague)


@pytest.mark.parametrize("how", ["withdrawn", "detached", "a last day in the past"])
def test_a_verified_claim_whose_evidence_counts_no_longer_is_to_be_verified_again(
    algorithm, requirement, link, as_somebody, colleague, how
):
    verified = verified_on_evidence(algorithm, requirement, link, as_somebody, colleague)
    Notification.objects.all().delete()

    if how == "withdrawn":
        evidence.withdraw(link, "Oud.", by=as_somebody)
    elif how == "detached":
        evidence.detach(AlgorithmEvidence.objects.get(), by=as_somebody)
    else:
        evidence.revise(link, {"valid_until": clock.today() - timedelta(days=1)}, seen=1, by=as_somebody)

    now = working.current_assessment(algorithm, requirement)
    verified.refresh_from_db()
    why = "evidence_expired" if how.startswith("a last") else "evidence_withdrawn"
    assert (now.status, now.claimed_by, now.verified_by, now.verified_at) == ("met", as_somebody, None, None)
    assert (now.verify_again, now.verify_again_about) == (why, link.title)
    assert (verified.until, verified.verified_by) == (now.since, colleague)
    algorithm.compliance.refresh_from_db()
    assert (algorithm.compliance.claimed, algorithm.compliance.verified) == (1, 0)
    call_command("recount_compliance", "--check")
    told = Notification.objects.get(details__sentence="claim_again")
    assert (told.recipient, told.kind) == (colleague, "decision")
    event = AuditEvent.objects.get(verb="requirement.to_verify_again")
    assert (event.label, event.changes["verify_again"]) == (requirement.code, ["", why])


def test_a_claim_that_nobody_verified_yet_just_waits(algorithm, requirement, link, as_somebody):
    evidence.attach(link, algorithm, requirement, by=as_somebody)
    claim = working.assess(algorithm, requirement, ON_EVIDENCE, seen=None, by=as_somebody)

    evidence.withdraw(link, "Oud.", by=as_somebody)

    assert working.current_assessment(algorithm, requirement) == claim


def test_verifying_again_clears_it_and_the_same_claim_can_fall_back_more_than_once(
    algorithm, requirement, link, as_somebody, colleague
):
    verified_on_evidence(algorithm, requirement, link, as_somebody, colleague)
    for _ in range(2):
        evidence.detach(AlgorithmEvidence.objects.current().get(), by=as_somebody)
        again = working.current_assessment(algorithm, requirement)
        unread = Notification.objects.unread().filter(recipient=colleague, details__sentence="claim_again").count()
        evidence.attach(link, algorithm, requirement, by=as_somebody)
        verified = working.verify(again, confirmed=True, by=colleague)

        assert unread == 1
        assert (verified.verify_again, verified.verify_again_about, verified.verified_by) == ("", "", colleague)
    assert not Notification.objects.unread().filter(recipient=colleague).exists()
    assert Notification.objects.filter(recipient=colleague, details__sentence="claim_again").count() == 2


def test_a_claim_that_is_returned_or_made_anew_no_longer_waits_again(
    algorithm, requirement, link, as_somebody, colleague
):
    verified_on_evidence(algorithm, requirement, link, as_somebody, colleague)
    evidence.withdraw(link, "Oud.", by=as_somebody)

    again = working.current_assessment(algorithm, requirement)
    anew = working.assess(algorithm, requirement, {"explanation": "Zo dan."}, seen=again.pk, by=as_somebody)

    assert (anew.status, anew.verify_again, anew.on_evidence) == ("met", "", False)


def test_evidence_that_expires_lets_what_was_verified_on_it_fall_back_the_day_after(
    algorithm, requirement, link, as_somebody, colleague
):
    verified_on_evidence(algorithm, requirement, link, as_somebody, colleague)
    evidence.revise(link, {"valid_until": clock.today()}, seen=1, by=as_somebody)
    tomorrow = clock.now() + timedelta(days=1)

    today = evidence.let_expired_claims_fall_back(clock.today())
    with clock.at(tomorrow):
        later = [evidence.let_expired_claims_fall_back(clock.today()) for _ in range(2)]
        again = working.current_assessment(algorithm, requirement)
        working.verify(again, confirmed=True, by=colleague)
        afterwards = evidence.let_expired_claims_fall_back(clock.today())

    assert (today, later, afterwards) == (0, [1, 0], 0)
    assert (again.verify_again, again.by) == ("evidence_expired", None)
    assert AuditEvent.objects.get(verb="requirement.to_verify_again").actor is None


def test_send_reminders_says_how_many_claims_fell_back(algorithm, requirement, link, as_somebody, colleague, capsys):
    verified_on_evidence(algorithm, requirement, link, as_somebody, colleague)
    evidence.revise(link, {"valid_until": clock.today()}, seen=1, by=as_somebody)

    with clock.at(clock.now() + timedelta(days=1)):
        call_command("send_reminders")

    assert "1 melding moet opnieuw worden geverifieerd." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("fields", "again"),
    [
        ({"choice": "chosen", "progress": "in_progress"}, "measure_changed"),
        ({"explanation": "Anders."}, "measure_changed"),
        ({"links": [{"title": "X", "url": "https://voorbeeld.nl/"}]}, "measure_changed"),
        ({"due": date(2030, 1, 1)}, ""),
    ],
)
def test_a_measure_that_changes_afterwards_lets_the_claim_it_serves_fall_back(
    algorithm, requirement, as_somebody, colleague, fields, again
):
    measure = factories.MeasureFactory(requirements=[requirement])
    done = {"choice": "chosen", "progress": "done"}
    status = working.record_measure(algorithm, measure, done, seen=None, by=as_somebody)
    claim = working.assess(algorithm, requirement, {"status": "met", "explanation": "Zo."}, seen=None, by=as_somebody)
    working.verify(claim, confirmed=True, by=colleague)
    elsewhere = factories.claimed(algorithm, as_somebody, verified_by=colleague, verified_at=timezone.now())

    working.record_measure(algorithm, measure, fields, seen=status.pk, by=as_somebody)

    now = working.current_assessment(algorithm, requirement)
    elsewhere.refresh_from_db()
    assert (now.verify_again, now.verify_again_about) == (again, measure.code if again else "")
    assert elsewhere.until is None


def test_at_organisation_level_evidence_and_measures_let_claims_fall_back_too(
    organisation, as_somebody, colleague, link
):
    requirement = factories.phase_zero("woo-77", slug="woo-77")
    measure = factories.phase_zero_measure("org-77", slug="org-77")
    measure.requirements.add(requirement)
    evidence.attach(link, organisation, requirement, by=as_somebody)

    claim = organisation_level.assess(organisation, requirement, ON_EVIDENCE, seen=None, by=as_somebody)
    organisation_level.verify(claim, confirmed=True, by=colleague)
    organisation_level.record_measure(organisation, measure, {"choice": "chosen"}, seen=None, by=as_somebody)
    after_measure = organisation_level.current_assessment(organisation, requirement)
    organisation_level.verify(after_measure, confirmed=True, by=colleague)
    evidence.withdraw(link, "Oud.", by=as_somebody)
    after_evidence = organisation_level.current_assessment(organisation, requirement)

    assert claim.on_evidence
    assert (after_measure.verify_again, after_evidence.verify_again) == ("measure_changed", "evidence_withdrawn")


def test_that_a_claim_is_to_be_verified_again_is_shown(client, algorithm, requirement, link, as_somebody, colleague):
    verified_on_evidence(algorithm, requirement, link, as_somebody, colleague)
    evidence.withdraw(link, "Oud.", by=as_somebody)
    client.force_login(colleague)

    for address in (
        reverse("algorithm-requirement", args=[algorithm.pk, requirement.slug]),
        reverse("algorithm-requirements", args=[algorithm.pk]),
        reverse("my-work"),
    ):
        assert "opnieuw te verifiëren: het bewijs is ingetrokken" in look_at(client, address)


# Pages


@pytest.mark.parametrize("language", ["nl", "en"])
def test_pages_are_well_made(client, organisation, algorithm, requirement, link, as_somebody, folder, language):
    kept = evidence.add(organisation, {}, upload=upload(), by=as_somebody)
    policy = factories.PolicyFactory(organisation=organisation)
    for place in ((algorithm, requirement), (policy, None)):
        evidence.attach(kept, *place, by=as_somebody)
    evidence.attach(link, algorithm, requirement, by=as_somebody)
    evidence.withdraw(link, "Oud.", by=as_somebody)
    client.force_login(as_somebody)

    for address in [
        reverse("evidence-list", args=[organisation.slug]),
        reverse("evidence-add", args=[organisation.slug]),
        kept.get_absolute_url(),
        link.get_absolute_url(),
        reverse("evidence-edit", args=[organisation.slug, kept.pk]),
        reverse("evidence-withdraw", args=[organisation.slug, kept.pk]),
        at(algorithm, requirement),
        reverse("algorithm-requirement", args=[algorithm.pk, requirement.slug]),
        policy.get_absolute_url(),
    ]:
        look_at(client, address, language)


@pytest.mark.parametrize("page", ["list", "choose", "requirement", "piece"])
def test_showing_thirty_costs_as_many_queries_as_showing_one(
    client, organisation, algorithm, requirement, link, as_somebody, page
):
    client.force_login(as_somebody)
    address = {
        "list": reverse("evidence-list", args=[organisation.slug]),
        "choose": at(algorithm, requirement),
        "requirement": reverse("algorithm-requirement", args=[algorithm.pk, requirement.slug]),
        "piece": link.get_absolute_url(),
    }[page]

    def add(number):
        for _ in range(number):
            if page == "piece":
                row, measure = link, factories.MeasureFactory()
                evidence.attach(row, algorithm, measure, by=as_somebody)
            else:
                row = factories.EvidenceFactory(organisation=organisation)
                if page == "requirement":
                    evidence.attach(row, algorithm, requirement, by=as_somebody)

    add(1)
    client.get(address)
    with CaptureQueriesContext(connection) as one:
        client.get(address)
    add(29)
    with CaptureQueriesContext(connection) as thirty:
        client.get(address)

    assert len(thirty) == len(one)


def test_a_decision_a_risk_an_evaluation_and_an_incident_can_have_evidence_too(client, algorithm, link, as_somebody):
    of = {"algorithm": algorithm}
    records = {
        "beslismoment": Gate.objects.create(**of, kind="into_use", requested_by=as_somebody),
        "risico": Risk.objects.create(**of, title="Scheve uitkomsten"),
        "evaluatie": Evaluation.objects.create(**of, due=clock.today()),
        "incident": Incident.objects.create(
            **of, summary="Storing", description="Stil.", known=clock.now(), seriousness="minor"
        ),
    }
    client.force_login(as_somebody)

    for kind, record in records.items():
        look_at(client, reverse("evidence-attach", args=[kind, record.pk]))
        evidence.attach(link, record, by=as_somebody)
    html = look_at(client, link.get_absolute_url())

    assert all(is_proven(record) for record in records.values())
    assert all(f"{record}, {algorithm}" in html for record in records.values())
    assert AlgorithmEvidence.objects.current().filter(algorithm=algorithm).count() == 4
