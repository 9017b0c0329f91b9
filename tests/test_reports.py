"""The dossier of an algorithm and the report of an organisation: what is in them, as of which day, and as PDF."""

import re
import zlib
from datetime import date, timedelta

import pytest
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from governance import audit_chain, audit_trail, clock, exporting, maturity, organisation_level, reports
from governance.models import AuditEvent, DecisionTree, Evidence, Export
from governance.templatetags.governance import day as in_words
from registry import findings, impact_assessments, lifecycle, monitoring, working
from registry.dossier import dossier
from registry.dossier_description import values_at
from registry.models import AlgorithmEvidence, Applicability, Condition, Gate, Incident, Risk
from registry.organisation_report import organisation_report
from registry.registering import register, revise
from tests import every_model, factories
from tests.well_made_page import look_at

pytestmark = pytest.mark.django_db

needs_weasyprint = pytest.mark.skipif(not reports.can_make_pdf(), reason="WeasyPrint or Pango is not installed")
LONG_AGO = timezone.now() - timedelta(days=400)


@pytest.fixture
def organisation(somebody):
    return somebody.memberships.get().organisation


@pytest.fixture
def algorithm(as_somebody, somebody, organisation):
    """Registered 400 days ago as "Oude naam", renamed a hundred days ago; a requirement applies to it."""
    requirement = factories.RequirementFactory(urn="urn:nl:ak:ver:woo-01", law=factories.LawFactory(slug="woo"))
    with clock.at(LONG_AGO):
        fields = {"name": "Oude naam", "description_short": "Eerst.", "phase": factories.PhaseFactory(number=2)}
        made = register(organisation, fields, by=somebody)
    with clock.at(LONG_AGO + timedelta(days=300)):
        made = revise(made, {"name": "Nieuwe naam"}, seen=made.version, by=somebody)
    assert Applicability.objects.filter(algorithm=made, requirement=requirement, outcome="applies").exists()
    return made


@pytest.fixture
def claimed(algorithm, somebody):
    """A claim of two hundred days ago, verified fifty days ago, with evidence."""
    requirement = Applicability.objects.get(algorithm=algorithm).requirement
    with clock.at(clock.now() - timedelta(days=200)):
        fields = {"status": "met", "explanation": "Het staat op de website."}
        work = working.assess(algorithm, requirement, fields, seen=None, by=somebody)
        evidence = Evidence.objects.create(organisation=algorithm.organisation, title="Besluit", url="https://a.nl")
        AlgorithmEvidence.objects.create(algorithm=algorithm, requirement=requirement, evidence=evidence)
    second = factories.member("manager", algorithm.organisation)
    with clock.at(clock.now() - timedelta(days=50)), audit_trail.acting(second, "command"):
        return working.verify(work, confirmed=True, by=second)


def day(ago: int):
    return timezone.localdate(timezone.now() - timedelta(days=ago))


def part(document, title):
    return next(part for part in document.parts if part.title == title)


def rows(document, title, grid=0):
    return [[str(cell) for cell in row] for row in part(document, title).grids[grid].rows]


# The dossier


def test_the_dossier_says_of_what_when_and_by_whom_it_was_made(algorithm, somebody):
    document = dossier(algorithm, somebody)

    assert (document.subtitle, document.made_by, document.moment) == ("Nieuwe naam", somebody, document.made)
    assert document.filter == f"het algoritme Nieuwe naam van {algorithm.organisation}"


def test_a_claim_is_in_it_with_its_author_its_verifier_and_its_evidence(claimed, algorithm, somebody):
    (row,) = rows(dossier(algorithm, somebody), "Vereisten")

    assert row[0].startswith("woo-01")
    assert "voor elk algoritme van een overheidsorganisatie" in row[1]
    assert row[2] == "Voldaan"
    assert f"Gemeld door {somebody} op {in_words(claimed.claimed_at)}" in row[3]
    assert f"Geverifieerd door {claimed.verified_by} op {in_words(claimed.verified_at)}" in row[3]
    assert row[4] == "Het staat op de website.\nBesluit"


def test_on_an_earlier_day_it_stands_as_it_did(claimed, algorithm, somebody):
    before_verifying = dossier(algorithm, somebody, day(100))
    before_claiming = dossier(algorithm, somebody, day(250))

    assert "Nog niet geverifieerd" in rows(before_verifying, "Vereisten")[0][3]
    assert rows(before_claiming, "Vereisten")[0][2:5] == ["Open", "", ""]
    assert rows(before_claiming, "Bewijs") == []
    assert dict(part(before_claiming, "Algemene informatie").facts)["Naam"] == "Oude naam"
    assert dict(part(dossier(algorithm, somebody), "Algemene informatie").facts)["Naam"] == "Nieuwe naam"


def test_what_decisions_and_revisions_changed_later_is_put_back_in_the_description(algorithm, somebody):
    first, second = date(2027, 1, 31), date(2028, 1, 31)
    with clock.at(LONG_AGO + timedelta(days=310)):
        algorithm = revise(algorithm, {"review_date": first}, seen=algorithm.version, by=somebody)
    algorithm = revise(algorithm, {"review_date": second}, seen=algorithm.version, by=somebody)
    gate = Gate.objects.create(algorithm=algorithm, kind="into_use")
    into_use = {"status": "In gebruik", "begin_date": "2026-03"}
    lifecycle.move(algorithm, into_use, gate=gate, by=somebody)

    def told(ago: int) -> dict:
        values = values_at(algorithm, timezone.now() - timedelta(days=ago))
        return {name: values[name] for name in ("status", "begin_date", "review_date")}

    assert told(0) == {**into_use, "review_date": second}
    assert told(10) == {"status": "", "begin_date": "", "review_date": first}


def test_what_was_recorded_later_is_not_in_the_dossier_of_an_earlier_day(algorithm, somebody):
    Risk.objects.create(algorithm=algorithm, title="Onterecht afgewezen", likelihood_before=4, impact_before=5)
    Incident.objects.create(
        algorithm=algorithm, summary="Storing", description="Zo.", known=clock.now(), seriousness="minor"
    )

    now, before = dossier(algorithm, somebody), dossier(algorithm, somebody, day(10))

    assert rows(now, "Risico's")[0][:2] == ["Onterecht afgewezen", "20 (kans 4, gevolg 5)"]
    assert rows(now, "Incidenten")[0][0] == "Storing"
    assert (rows(before, "Risico's"), rows(before, "Incidenten")) == ([], [])


def test_an_answer_to_a_finding_that_came_later_is_not_in_the_dossier_of_an_earlier_day(algorithm, somebody):
    auditor = factories.member("auditor", algorithm.organisation)
    fields = {"title": "Geen toets", "observation": "Zo.", "severity": "high"}
    with clock.at(clock.now() - timedelta(days=20)), audit_trail.acting(auditor, "command"):
        finding = findings.raise_finding(algorithm.organisation, fields, algorithm=algorithm, by=auditor)
    answer = {"response": "agreed", "response_text": "Komt in orde.", "owner": somebody, "due": day(-30)}
    findings.respond(finding, answer, seen=finding.version, by=somebody)

    now, before = dossier(algorithm, somebody), dossier(algorithm, somebody, day(10))

    assert rows(now, "Bevindingen")[0][5:8] == ["Mee eens\nKomt in orde.", str(somebody), str(day(-30))]
    assert rows(before, "Bevindingen")[0][5:8] == ["", "None", "None"]
    assert part(before, "Bevindingen").note.startswith("Wat toen was vastgelegd.")


def test_what_was_concluded_or_settled_later_is_not_in_the_dossier_of_an_earlier_day(algorithm, somebody):
    long_ago = clock.now() - timedelta(days=20)
    with clock.at(long_ago):
        assessment = impact_assessments.begin(algorithm, {"tool": factories.ToolFactory()}, by=somebody)
        evaluation = monitoring.ask(algorithm, {"trigger": "other", "trigger_note": "Zo."}, by=somebody)
        decided = {"decision": "conditional_go", "decided_by": somebody, "decided": long_ago, "decided_on": day(20)}
        gate = Gate.objects.create(algorithm=algorithm, kind="into_use", requested=long_ago, reason="Zo.", **decided)
        Condition.objects.create(gate=gate, text="Toets", due=day(0), settled=timezone.now(), result="Gedaan.")
    concluded = {"carried_out_on": day(15), "outcome": "acceptable", "conclusion": "Het mag."}
    impact_assessments.record(assessment, concluded, seen=assessment.version, by=somebody)
    seen = {"held_on": day(15), "outcome": "in_order", "findings": "Niets."}
    monitoring.hold_evaluation(evaluation, seen, seen=evaluation.version, by=somebody)

    def told(document) -> list[bool]:
        (assessed,) = rows(document, "Impacttoetsen")
        (evaluated,) = rows(document, "Monitoring en evaluaties", 1)
        (condition,) = rows(document, "Levenscyclus en beslismomenten", 2)
        return ["Het mag." in assessed, "Niets." in evaluated, "Gedaan." in condition]

    assert told(dossier(algorithm, somebody)) == [True, True, True]
    assert told(dossier(algorithm, somebody, day(10))) == [False, False, False]


@pytest.mark.parametrize(("ago", "sentence"), [(-1, "moet nog komen"), (500, "nog niet geregistreerd")])
def test_a_day_that_cannot_be_told_about_is_refused_in_a_sentence(client, algorithm, somebody, ago, sentence):
    client.force_login(somebody)

    with pytest.raises(ValidationError, match=sentence):
        dossier(algorithm, somebody, day(ago))
    page = client.get(reverse("algorithm-dossier", args=[algorithm.pk], query={"day": day(ago).isoformat()}))
    assert sentence in page.content.decode()


def test_the_trail_is_in_it_with_the_place_of_each_event_in_the_chain(algorithm, somebody):
    for event in AuditEvent.objects.about(algorithm):
        audit_chain.seal(event.organisation_id, event.pk, event.pk)

    events = rows(dossier(algorithm, somebody), "Audit trail")

    assert events[0][2] == "wijzigde de beschrijving"
    assert all(re.match(r"\d+ .+", row[4]) for row in events)


def test_records_of_every_kind_fit_in_the_dossier_and_the_report(client, somebody, organisation):
    every_model.fill(organisation, somebody, [1])
    Applicability.objects.update(reason={"code": "always"})
    DecisionTree.objects.update(content=factories.SMALL_TREE, fingerprint="klein")
    client.force_login(somebody)
    algorithm = organisation.algorithms.first()

    look_at(client, reverse("algorithm-dossier", args=[algorithm.pk]))
    look_at(client, reverse("algorithm-dossier", args=[algorithm.pk], query={"day": day(0).isoformat()}), "en")
    look_at(client, reverse("organisation-report", args=[organisation.slug]))


def test_a_longer_dossier_takes_no_more_queries(algorithm, somebody):
    def queries() -> int:
        with CaptureQueriesContext(connection) as counted:
            dossier(algorithm, somebody)
        return len(counted)

    def grow() -> None:
        factories.open_requirement(algorithm, assignee=somebody)
        factories.open_measure(algorithm)
        factories.ComplaintFactory(algorithm=algorithm)
        factories.ResponsibilityFactory(algorithm=algorithm, letter="R")
        risk = Risk.objects.create(algorithm=algorithm, title="Risico", owner=somebody)
        gate = Gate.objects.create(algorithm=algorithm, kind="on", to_phase=algorithm.phase, taken_back=clock.now())
        evidence = factories.EvidenceFactory(organisation=algorithm.organisation)
        for about in ({"risk": risk}, {"gate": gate}):
            AlgorithmEvidence.objects.create(algorithm=algorithm, evidence=evidence, **about)
        Applicability.objects.filter(reason={}).update(reason={"code": "always"})

    grow()
    queries()
    before = queries()
    for _n in range(5):
        grow()

    assert queries() == before


# The report of an organisation


def test_the_report_counts_each_with_its_base(claimed, algorithm, somebody, organisation):
    factories.AlgorithmFactory(organisation=organisation)
    factories.AlgorithmFactory()

    document = organisation_report(organisation, somebody)

    assert dict(part(document, "Algoritmes").facts)["Niet geclassificeerd"] == "2 van 2"
    law = algorithm.assessments.first().requirement.law
    assert rows(document, "Naleving per wet") == [[str(law), "1", "1 van 1", "1 van 1", "0", "0"]]
    assert len(rows(document, "Vacatures")) == 2
    assert len(rows(document, "De algoritmes")) == 2


def test_more_algorithms_in_the_report_take_no_more_queries(somebody, organisation):
    def queries() -> int:
        with CaptureQueriesContext(connection) as counted:
            organisation_report(organisation, somebody)
        return len(counted)

    def grow() -> None:
        one = factories.AlgorithmFactory(organisation=organisation)
        factories.claimed(one, by=somebody)
        factories.ResponsibilityFactory(algorithm=one)
        Risk.objects.create(algorithm=one, title="Risico", likelihood_before=5, impact_before=5, owner=somebody)
        factories.policy_in_force(organisation, f"Beleid {one.pk}")

    grow()
    queries()
    before = queries()
    for _n in range(5):
        grow()

    assert queries() == before


def test_who_sees_only_a_department_gets_no_names_and_no_maturity_of_the_organisation_above(somebody, organisation):
    department = factories.OrganisationFactory(parent=organisation, kind="department")
    requirement = factories.phase_zero("woo-01")
    with audit_trail.acting(somebody, "command"):
        fields = {"status": "met", "explanation": "Zie het besluit."}
        organisation_level.assess(organisation, requirement, fields, seen=None, by=somebody)
        levels = {dimension.code: 2 for dimension in maturity.model().dimensions}
        maturity.judge(organisation, levels, assessed_on=day(0), by=somebody)

    inside = organisation_report(department, somebody)
    below = organisation_report(department, factories.member("reader", department))

    title = "Eén keer geregeld voor alle algoritmes (fase 0)"
    assert rows(inside, title)[0][1:3] == ["Voldaan", str(somebody)]
    assert rows(below, title) == [[f"woo-01 {requirement.title}", "Voldaan"]]
    assert "Volwassenheid" in [part.title for part in inside.parts]
    assert "Volwassenheid" not in [part.title for part in below.parts]


@pytest.mark.parametrize(("language", "average"), [("nl", "2,0"), ("en", "2.0")])
def test_the_average_maturity_is_written_as_the_language_does(as_somebody, somebody, organisation, language, average):
    levels = {dimension.code: 2 for dimension in maturity.model().dimensions}
    maturity.judge(organisation, levels, assessed_on=day(0), by=somebody)

    with translation.override(language):
        document = organisation_report(organisation, somebody)

    assert average in [value for part in document.parts for _label, value in part.facts]


# PDF


@needs_weasyprint
@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_pdf_is_tagged_and_has_a_title_a_language_and_bookmarks(claimed, algorithm, somebody, language):
    with translation.override(language):
        content = reports.pdf_of(dossier(algorithm, somebody))

    objects = unpacked(content)
    assert content.startswith(b"%PDF-1.7")
    assert f"/Lang ({language})".encode() in objects
    assert b"/MarkInfo" in objects and b"/StructTreeRoot" in objects and b"/Outlines" in objects
    assert b'pdfuaid:part="1"' in objects
    assert b"Dossier: Nieuwe naam" in objects


def unpacked(pdf: bytes) -> bytes:
    """What is in a PDF, its streams unpacked."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    found = [pdf]
    for stream in streams:
        try:
            found.append(zlib.decompress(stream))
        except zlib.error:
            found.append(stream)
    return b"\n".join(found)


@needs_weasyprint
def test_making_a_pdf_fetches_nothing(tmp_path, caplog):
    (tmp_path / "geheim.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    page = "<html lang=nl><title>x</title><body>{}</body>"
    plain = reports.pdf(page.format("<p>Tekst"))

    content = reports.pdf(
        page.format(f"<p>Tekst<img alt=x src='file://{tmp_path}/geheim.svg'><img alt=y src='//a.nl/b'>")
    )

    assert "A report fetches nothing" in caplog.text
    assert content.startswith(b"%PDF") and plain.startswith(b"%PDF")


@needs_weasyprint
def test_a_pdf_is_asked_for_with_a_button_and_holds_what_who_asked_may_see(client, claimed, algorithm, somebody):
    client.force_login(somebody)

    answer = client.post(reverse("algorithm-dossier-pdf", args=[algorithm.pk]), {"day": day(100).isoformat()})

    export = Export.objects.get()
    assert answer.url == export.get_absolute_url()
    assert (export.failure, export.organisation) == ("", algorithm.organisation)
    assert export.name == f"dossier-nieuwe-naam-{timezone.localdate()}.pdf"
    assert export.parameters["day"] == day(100).isoformat()
    with default_storage.open(export.file.name) as file:
        assert file.read(5) == b"%PDF-"
    look_at(client, export.get_absolute_url())


@needs_weasyprint
def test_the_report_of_an_organisation_is_made_as_pdf(client, somebody, organisation):
    client.force_login(somebody)

    client.post(reverse("organisation-report-pdf", args=[organisation.slug]))

    assert Export.objects.get().is_ready


def test_a_report_about_what_one_may_no_longer_see_is_not_made(as_somebody, somebody, algorithm):
    other = factories.AlgorithmFactory()

    export = exporting.ask("dossier", "pdf", {"algorithm": other.pk}, by=somebody)

    assert export.failure.startswith("Waar dit over gaat")
    with pytest.raises(ObjectDoesNotExist):
        reports.REPORTS["dossier"].made_of(somebody, {"algorithm": other.pk})


@pytest.fixture
def without_weasyprint(monkeypatch):
    monkeypatch.setattr(reports, "_weasyprint", lambda: None)


def test_without_weasyprint_the_page_says_so_and_stays(client, without_weasyprint, algorithm, somebody, organisation):
    client.force_login(somebody)

    for name, key in (("algorithm-dossier", algorithm.pk), ("organisation-report", organisation.slug)):
        page = look_at(client, reverse(name, args=[key]))
        assert "WeasyPrint is niet geïnstalleerd" in page
        assert "Maak een pdf" not in page
    assert client.post(reverse("algorithm-dossier-pdf", args=[algorithm.pk])).status_code == 409


def test_without_weasyprint_a_pdf_fails_in_a_sentence(without_weasyprint, algorithm, somebody):
    export = exporting.ask("dossier", "pdf", {"algorithm": algorithm.pk}, by=somebody)

    assert "WeasyPrint is niet geïnstalleerd" in export.failure
