"""The demo organisation: something to see on every screen, built as people would have done it."""

import csv
import json
import re
from collections import Counter
from io import StringIO

import pytest
from django.apps import apps
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db import models
from django.urls import reverse
from django.utils import translation

from governance import commenting, maturity, organisation_level
from governance.decision_tree import tree_of
from governance.models import (
    AuditEvent,
    Comment,
    DecisionTree,
    Measure,
    Membership,
    Organisation,
    OrganisationAssessment,
    OrganisationMeasureStatus,
    Policy,
    PolicyVersion,
    ReadingRequest,
    Requirement,
    User,
)
from registry import compliance, demo, intake
from registry.classifying import draft_walk
from registry.demo import cast
from registry.demo.cast import FOLDER, read
from registry.models import (
    Algorithm,
    AlgorithmTheme,
    Applicability,
    Classification,
    ClassificationDraft,
    Complaint,
    Compliance,
    MeasureStatus,
    Proposal,
    Recommendation,
    RequirementAssessment,
)
from registry.models.applicability import Outcome
from tests import factories

pytestmark = pytest.mark.django_db


def algorithms_of(organisation: Organisation):
    return Algorithm.objects.filter(organisation__path__startswith=organisation.path)


def entries():
    """What the files say of each algorithm."""
    return [entry for path in sorted((FOLDER / "algorithms").glob("*.yaml")) for entry in read(path)]


def person(email: str) -> User:
    return User.objects.get(email=email)


def rows() -> dict[str, int]:
    """The number of rows of every model of ours."""
    ours = [*apps.get_app_config("governance").get_models(), *apps.get_app_config("registry").get_models()]
    return {model._meta.label: model.objects.count() for model in ours}


def run(**options) -> str:
    printed = StringIO()
    with translation.override("en"):
        call_command("load_demo", force=True, stdout=printed, **options)
    return printed.getvalue()


# Loading


def test_without_a_catalogue_it_says_what_to_run_first(db):
    with pytest.raises(CommandError, match=r"The catalogue is empty\. Run `manage\.py load_catalogue` first\."):
        run()

    assert not Organisation.objects.exists()


def test_without_a_decision_tree_it_says_what_to_run_first(db):
    factories.RequirementFactory()

    with pytest.raises(CommandError, match=r"Run `manage\.py import_decision_tree` first\."):
        run()

    assert not Organisation.objects.exists()


def test_a_real_installation_gets_no_accounts_with_a_known_password(db, settings):
    settings.DEBUG = False

    with pytest.raises(CommandError), translation.override("en"):
        call_command("load_demo")

    assert not User.objects.exists()


def test_loading_a_second_time_changes_nothing(municipality):
    before = rows()

    printed = run()

    assert rows() == before
    assert "The demo organisation is there already; nothing was changed." in printed


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ("avg-13", "nothing is called 'avg-99'"),
        ("'1.5': 1", "The questions are not finished: answer question 1.5 first."),
    ],
)
def test_a_file_that_does_not_fit_is_named_and_nothing_is_kept(municipality, tmp_path, monkeypatch, wrong, sentence):
    right = {"avg-13": "avg-99", "'1.5': 1": "'1.5': 7"}[wrong]
    (tmp_path / "algorithms").mkdir()
    for name in ("organisations.yaml", "algorithms/sociaal-domein.yaml"):
        text = (FOLDER / name).read_text(encoding="utf-8")
        text = text.replace("rivierwaard", "elders").replace("voorbeeldland", "daar").replace(wrong, right)
        (tmp_path / name).write_text(text, encoding="utf-8")
    for module in (demo, cast):
        monkeypatch.setattr(module, "FOLDER", tmp_path)
    monkeypatch.setattr(demo, "BEFORE_ALGORITHMS", [])
    before = rows()

    with pytest.raises(demo.DemoError) as refused, translation.override("en"):
        demo.load()

    assert str(refused.value).startswith("algorithms/sociaal-domein.yaml, Heronderzoek bijstand kiezen: ")
    assert sentence in str(refused.value)
    assert rows() == before


# People


def test_an_account_for_every_kind_of_user_is_printed_and_works(municipality, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]

    printed = run()

    assert {account.role for account in demo.accounts()} == set(Membership.Role)
    for account in demo.accounts():
        with translation.override("en"):
            kind = str(account.role.label)
        columns = re.compile(rf"{kind} +{account.organisation} +{account.email} +{demo.PASSWORD}")
        assert columns.search(printed)
        assert Membership.objects.get(user__email=account.email).role == account.role
    officer = person("algoritmefunctionaris@rivierwaard.example")
    assert authenticate(username=officer.email, password=demo.PASSWORD) == officer
    assert set(User.objects.values_list("password", flat=True)) == {officer.password}


def test_only_administrator_and_officer_open_the_administration_pages(municipality):
    staff = User.objects.filter(is_staff=True).order_by("email").values_list("email", "is_superuser")

    assert list(staff) == [
        ("algoritmefunctionaris@rivierwaard.example", False),
        ("beheerder@rivierwaard.example", True),
    ]


def test_the_two_organisations_see_nothing_of_each_other(municipality):
    officer = person("algoritmefunctionaris@rivierwaard.example")
    other = person("algoritmefunctionaris@voorbeeldland.example")

    seen, seen_by_other = Algorithm.objects.visible_to(officer), Algorithm.objects.visible_to(other)

    assert set(seen) == set(algorithms_of(municipality))
    assert (len(seen), len(seen_by_other)) == (15, 2)
    assert not set(seen) & set(seen_by_other)
    assert set(AuditEvent.objects.visible_to(other).values_list("actor__email", flat=True)) <= {None, other.email}
    for item in (Requirement, Measure):
        own = item.objects.get(organisation=municipality)
        assert (own in item.objects.visible_to(officer), own in item.objects.visible_to(other)) == (True, False)


def test_a_contributor_of_one_department_sees_that_department(municipality):
    seen = Algorithm.objects.visible_to(person("projectleider@rivierwaard.example"))

    assert {algorithm.organisation.name for algorithm in seen} == {"Sociaal Domein"}


@pytest.mark.parametrize("work", [RequirementAssessment, MeasureStatus])
def test_contributors_did_only_what_was_assigned_to_them(municipality, work):
    subject = "requirement" if work is RequirementAssessment else "measure"
    by_contributors = work.objects.filter(by__memberships__role=Membership.Role.CONTRIBUTOR)

    for row in by_contributors:
        same = {"algorithm": row.algorithm, subject: getattr(row, subject)}
        assert work.objects.filter(**same, until__lte=row.since).latest("until").assignee == row.by

    assert by_contributors.exists()


def test_the_auditor_changed_audits_and_findings_only_and_a_reader_proposed_an_algorithm(municipality):
    def changed(role):
        events = AuditEvent.objects.filter(actor__memberships__role=role)
        return set(events.values_list("subject_type", flat=True))

    assert changed("auditor") == {"registry.audit", "registry.finding"}
    assert changed("reader") == {"registry.proposal"}


# Something to see


def test_every_risk_group_and_stage_of_classifying_is_there(municipality):
    ours = algorithms_of(municipality)
    current = Classification.objects.current().filter(algorithm__in=ours)

    assert Counter(current.values_list("risk_group", flat=True)) == {
        "hoog-risico-ai-systeem": 3,
        "geen-hoog-risico-ai-systeem": 5,
        "ai-act-does-not-apply": 3,
    }
    assert sum("transparantieverplichting" in row.labels for row in current) == 1
    assert sum("uitzondering van toepassing" in row.labels for row in current) == 1
    assert ClassificationDraft.objects.filter(algorithm__in=ours).count() == 1
    assert ours.filter(classifications=None, classification_draft=None).count() == 3
    assert Classification.objects.exclude(until=None).exists()


def test_every_answer_in_the_files_lies_on_the_path(municipality):
    tree = tree_of(DecisionTree.objects.get(is_current=True))

    for entry in entries():
        for step in [*entry.get("classifications", []), *entry.get("reclassified", [])]:
            walk = tree.walk(list(step["answers"].items()))
            assert (walk.is_finished, dict(walk.answers)) == (True, step["answers"]), entry["fields"]["name"]
    assert draft_walk(ClassificationDraft.objects.get()).question.number == "2.4"


@pytest.mark.parametrize(
    ("rows", "field", "values"),
    [
        (Algorithm.objects.all, "status", Algorithm.Status.values),
        (Algorithm.objects.all, "acquisition", Algorithm.Acquisition.values),
        (Algorithm.objects.exclude(publication_category="").all, "publication_category",
         Algorithm.PublicationCategory.values),
        (Algorithm.objects.all, "phase__number", list(range(1, 9))),
        (Applicability.objects.current, "outcome", Outcome.values),
        (RequirementAssessment.objects.current, "status", [code for code, _name in RequirementAssessment.STATUSES]),
        (MeasureStatus.objects.current, "choice", MeasureStatus.Choice.values),
        (MeasureStatus.objects.current, "progress", MeasureStatus.Progress.values),
        (Proposal.objects.all, "status", Proposal.Status.values),
        (Proposal.objects.all, "origin", Proposal.Origin.values),
        (Complaint.objects.all, "kind", Complaint.Kind.values),
    ],
)  # fmt: skip
def test_every_value_that_a_screen_can_show_occurs_and_no_other(municipality, rows, field, values):
    assert sorted(set(rows().values_list(field, flat=True))) == sorted(values)


def test_themes_are_those_of_the_publication_standard(municipality):
    themes = set(AlgorithmTheme.objects.values_list("theme", flat=True))

    assert len(themes) > 5
    assert themes <= set(AlgorithmTheme.Theme.values)


def test_claims_are_verified_waiting_and_returned_and_an_outcome_is_overruled(municipality):
    current = RequirementAssessment.objects.current()

    assert current.exclude(verified_at=None).count() > 20
    assert current.met().filter(verified_at=None).count() > 20
    assert current.exclude(returned_reason="").count() == 3
    assert Applicability.objects.current().exclude(overruling="").count() == 1


def test_some_algorithms_are_overdue_and_some_have_all_work_assigned(municipality):
    overdue = Algorithm.objects.overdue().count()

    assert 5 <= overdue <= Algorithm.objects.count() - 5
    assert Compliance.objects.filter(unassigned=0).exists()
    assert Compliance.objects.filter(unassigned__gt=0).exists()


def test_a_proposal_that_waits_resembles_an_algorithm_in_the_register(municipality):
    proposal = Proposal.objects.undecided().get(name__startswith="Scanauto")

    alike = intake.likely_duplicates(proposal, algorithms_of(municipality))

    assert alike[0].name == "Parkeren controleren met de scanauto"


def test_complaints_are_open_overdue_closed_and_held_by_nobody_and_comments_open_and_resolved(municipality):
    complaints = Complaint.objects.filter(organisation__path__startswith=municipality.path)

    assert complaints.count() >= 12
    assert complaints.overdue().exists() and complaints.unhandled().exclude(pk__in=complaints.overdue()).exists()
    assert complaints.exclude(closed_on=None).exists() and complaints.filter(handler=None).exists()
    assert Comment.objects.unresolved().exists() and Comment.objects.exclude(resolved_at=None).exists()
    assert set(Comment.objects.values_list("subject_type", flat=True)) == set(commenting.kinds)
    assert Comment.objects.exclude(mentions=None).exists() and Comment.objects.exclude(part="").exists()


def test_work_is_about_what_applies_but_for_what_was_set_aside(municipality):
    assessed = RequirementAssessment.objects.current()
    applying = Applicability.objects.current().applying().filter(requirement=models.OuterRef("requirement"))
    recommended = Recommendation.objects.current().filter(measure=models.OuterRef("measure"))

    aside = assessed.exclude(models.Exists(applying.filter(algorithm=models.OuterRef("algorithm"))))
    superfluous = MeasureStatus.objects.current().exclude(
        models.Exists(recommended.filter(algorithm=models.OuterRef("algorithm")))
    )

    assert [(row.algorithm.name, row.requirement.code) for row in aside] == [
        ("Onderzoek naar energiearmoede per buurt", "aia-36")
    ]
    assert not superfluous.exists()
    assert not assessed.filter(requirement__in=Requirement.objects.at_organisation_level()).exists()


def test_the_stored_counts_are_those_of_a_recount(municipality):
    assert list(compliance.differences()) == []


def test_every_step_is_in_the_audit_trail(municipality):
    events = AuditEvent.objects.exclude(subject_type="governance.organisation")
    verbs = Counter(events.values_list("verb", flat=True))

    assert verbs["algorithm.registered"] == Algorithm.objects.count()
    assert verbs["algorithm.classified"] == Classification.objects.count()
    assert verbs["measure.recorded"] == MeasureStatus.objects.count()
    assert (
        sum(verbs[f"requirement.{done}"] for done in ("assessed", "verified", "returned", "to_verify_again"))
        == RequirementAssessment.objects.count()
    )
    own = Counter(events.exclude(organisation=None).values_list("verb", flat=True))
    assert own["requirement.added"] == own["measure.added"] == 1
    assert set(AuditEvent.objects.values_list("channel", flat=True)) == {"command"}


def test_the_organisation_level_of_the_municipality_is_half_done(municipality):
    standing = organisation_level.standing(municipality)

    assert 0.3 < standing.claimed / standing.requirements < 0.7
    assert 0.3 < standing.settled / standing.measures < 0.7
    assert min(standing.verified, standing.to_verify, standing.requirements_overdue, standing.measures_overdue) > 0
    assert min(standing.requirements_unassigned, standing.measures_unassigned) > 0
    statuses = set(OrganisationAssessment.objects.current().values_list("status", flat=True))
    assert statuses == set(OrganisationAssessment.Status.values)
    events = AuditEvent.objects.filter(subject_type="governance.organisation", verb="measure.recorded")
    assert events.count() == OrganisationMeasureStatus.objects.count()


@pytest.mark.parametrize("work", [OrganisationAssessment, OrganisationMeasureStatus])
def test_contributors_did_only_what_the_organisation_assigned_to_them(municipality, work):
    for row in work.objects.filter(by__memberships__role=Membership.Role.CONTRIBUTOR):
        same = {"organisation": row.organisation, work.subject: getattr(row, work.subject)}
        assert work.objects.filter(**same, until__lte=row.since).latest("until").assignee == row.by


def test_the_municipality_grew_up_over_three_assessments(municipality):
    averages = [maturity.average(row) for row in maturity.of(municipality)]

    assert len(averages) == 3
    assert averages == sorted(averages)


# Invented


def test_links_lead_to_places_that_do_not_exist_or_to_the_law(municipality):
    links = [
        link["url"]
        for work in (RequirementAssessment, MeasureStatus)
        for row in work.objects.all()
        for link in row.links
    ]
    links += [link["link"] for row in Algorithm.objects.all() for link in row.impacttoetsen_grouping if link["link"]]
    laws = [link["link"] for row in Algorithm.objects.all() for link in row.lawful_basis_grouping]

    assert links
    assert [link for link in links if not link.startswith("https://") or ".example" not in link] == []
    assert [link for link in laws if not link.startswith("https://wetten.overheid.nl/BWBR")] == []


@pytest.mark.data
def test_no_such_organisation_exists(municipality, shared_data):
    names = set()
    for path in (shared_data / "algoritmeregister" / "organisations").glob("*.csv"):
        with path.open(encoding="utf-8-sig") as file:
            names |= {row["name"] for row in csv.DictReader(file, delimiter=";")}

    assert "Gemeente Utrecht" in names
    assert [name for name in names if "rivierwaard" in name.lower() or "voorbeeldland" in name.lower()] == []


@pytest.mark.data
def test_texts_fit_the_publication_standard(municipality, shared_data):
    standard = json.loads((shared_data / "algoritmeregister" / "standard_v1.json").read_text(encoding="utf-8"))
    longest = {field["key"]: field["max_length_text"] for field in standard["fields"] if field["max_length_text"]}

    too_long = [
        (algorithm.name, key)
        for algorithm in Algorithm.objects.all()
        for key, length in longest.items()
        if len(getattr(algorithm, key, "")) > length
    ]

    assert too_long == []


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_page_about_every_algorithm_opens(client, municipality, language):
    officer = person("algoritmefunctionaris@rivierwaard.example")
    officer.language = language
    officer.save()
    client.force_login(officer)
    names = [
        "algorithm", "algorithm-edit", "algorithm-history", "algorithm-requirements", "algorithm-measures",
        "classification", "decision-aid-facts", "algorithm-complaints",
    ]  # fmt: skip
    addresses = [reverse(name, args=[row.pk]) for row in algorithms_of(municipality) for name in names]
    here = algorithms_of(municipality)
    worked_on = RequirementAssessment.objects.current().filter(algorithm__in=here).select_related("requirement")[:10]
    addresses += [reverse("algorithm-requirement", args=[row.algorithm_id, row.requirement.slug]) for row in worked_on]
    statuses = MeasureStatus.objects.current().filter(algorithm__in=here).select_related("measure")[:10]
    addresses += [reverse("algorithm-measure", args=[row.algorithm_id, row.measure.slug]) for row in statuses]
    work = [*OrganisationAssessment.objects.current(), *OrganisationMeasureStatus.objects.current()]
    addresses += [row.get_absolute_url() for row in work if row.organisation == municipality]
    pages = ("organisation", "organisation-requirements", "organisation-measures", "maturity", "maturity-add")
    addresses += [reverse(name, args=[municipality.slug]) for name in pages]
    addresses += [row.get_absolute_url() for row in Complaint.objects.filter(algorithm__in=here)]
    addresses += [
        row.get_absolute_url() for row in Proposal.objects.filter(organisation__in=here.values("organisation"))
    ]
    addresses += [reverse("organisation-complaints", args=[municipality.slug]), reverse("proposals")]
    addresses += [reverse(name) for name in ("home", "algorithms", "algorithm-add", "framework", "requirements")]

    answers = {address: client.get(address).status_code for address in addresses}

    assert {address: status for address, status in answers.items() if status != 200} == {}


# Policies


def test_policies_are_there_in_every_state(municipality):
    assert set(PolicyVersion.objects.values_list("status", flat=True)) == set(PolicyVersion.Status.values)
    assert set(Policy.objects.values_list("kind", flat=True)) == set(Policy.Kind.values)
    assert [policy.title for policy in Policy.objects.published()] == ["Algoritmebeleid Rivierwaard"]
    assert PolicyVersion.objects.due_for_review().count() == 1
    assert PolicyVersion.objects.waiting_for(person("manager@rivierwaard.example")).exists()
    requests = ReadingRequest.objects.unconfirmed()
    assert 0 < requests.count() < ReadingRequest.objects.count()


@pytest.mark.parametrize("email", ["algoritmefunctionaris@rivierwaard.example", "manager@rivierwaard.example"])
def test_every_page_about_every_policy_opens(client, municipality, email):
    client.force_login(person(email))
    own = Policy.objects.filter(organisation__path__startswith=municipality.path)
    addresses = [reverse("policies", args=[municipality.slug]), reverse("published-policies")]
    for policy in own.select_related("organisation"):
        addresses += [policy.get_absolute_url(), reverse("policy-edit", args=[policy.organisation.slug, policy.slug])]
        for version in policy.versions.all():
            addresses.append(version.get_absolute_url())
            numbers = [policy.organisation.slug, policy.slug, version.number]
            addresses += [reverse("policy-readers", args=numbers), reverse("policy-difference", args=[*numbers, 1])]

    answers = {address: client.get(address).status_code for address in addresses}

    assert {address: status for address, status in answers.items() if status != 200} == {}
