"""What importing a release of the Algoritmekader changes, and what the command says."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from governance import audit_trail, framework_import
from governance.framework_import import import_framework, load_built_in
from governance.models import (
    AuditCriterion,
    AuditEvent,
    CatalogueRevision,
    FrameworkRelease,
    LifecyclePhase,
    Measure,
    Requirement,
    Term,
    Tool,
    Topic,
)
from tests.factories import MeasureFactory, OrganisationFactory, RequirementFactory
from tests.framework_releases import (
    MEASURE,
    MEASURES,
    REQUIREMENT,
    REQUIREMENTS,
    TOOL,
    TOOLS,
    URN,
    problems,
    stored,
    written,
    zipped,
)


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def acting(db):
    with audit_trail.acting(None, "command"):
        yield


def test_a_second_import_finds_no_difference_and_writes_nothing(acting, tmp_path, django_assert_max_num_queries):
    import_framework(written(tmp_path))
    before = stored()

    with django_assert_max_num_queries(40):
        report = import_framework(tmp_path)

    assert not report.finds_differences
    assert {kind: counts["unchanged"] for kind, counts in report.counts.items()} == {
        "topic": 1, "phase": 1, "discipline": 1, "law": 1, "audit_framework": 1, "term": 2, "criterion": 2,
        "requirement": 1, "measure": 1, "tool": 1,
    }  # fmt: skip
    assert stored() == before


def test_a_release_without_differences_is_recorded_all_the_same(acting, tmp_path):
    import_framework(written(tmp_path / "2026-06"))

    import_framework(
        written(tmp_path / "2026-12", {f"{REQUIREMENTS}/aia-09-Toezicht.md": f"{REQUIREMENT}<!-- nieuw -->\n"})
    )

    assert list(FrameworkRelease.objects.order_by("pk").values_list("name", flat=True)) == ["2026-06", "2026-12"]
    assert Requirement.objects.get().release.name == "2026-06"


CHANGES = {
    "title": ("title: Houd toezicht", "title: Houd goed toezicht", ["title"]),
    "summary": ("toelichting: Een", "toelichting: Altijd een", ["summary"]),
    "body": ("let op, zie", "let goed op, zie", ["body"]),
    "risk": ("Niemand merkt", "Haast niemand merkt", ["risk"]),
    "sources": ("- Een boek", "- Twee boeken", ["sources"]),
    "axes": ("- aanbieder", "- aanbieder\n- importeur", ["axes"]),
    "topics": ("- data", "", ["topics"]),
    "phases": ("- ontwerp", "", ["phases"]),
    "disciplines": ("- jurist", "", ["disciplines"]),
    "title and axes": ("title: Houd toezicht", "title: Let op", ["title"]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_names_the_fields_and_keeps_the_earlier_content(change, acting, tmp_path):
    old, new, fields = CHANGES[change]
    import_framework(written(tmp_path), name="oud")
    before = Requirement.objects.get()

    file = f"{REQUIREMENTS}/aia-09-Toezicht.md"
    report = import_framework(written(tmp_path, {file: REQUIREMENT.replace(old, new, 1)}), name="nieuw")

    after = Requirement.objects.get()
    revision = CatalogueRevision.objects.get()
    assert report.changed["requirement"] == {URN["requirement"]: fields}
    assert (after.pk, after.revision, after.release.name) == (before.pk, 2, "nieuw")
    assert (revision.urn, revision.number, revision.release.name) == (URN["requirement"], 1, "oud")
    assert revision.content["title_nl"] == "Houd toezicht"
    assert revision.content["axes"][1] == "risicogroep hoog-risico-ai-systeem"
    assert Measure.objects.get().release.name == "oud"


def test_a_changed_link_is_a_change_of_the_measure(acting, tmp_path):
    import_framework(written(tmp_path))
    changed = MEASURE.replace("- aia-09-toezicht", "").replace("ARK: 3.10", "ARK: 3.01")
    table = "nummer,bron,maatregelen-ak\n3.01,ARK,[]\n3.10,ARK,[]\n"
    files = {f"{MEASURES}/0-org-01-aanwijzen.md": changed, "relatie-ak-tot-toetsingskaders.csv": table}

    report = import_framework(written(tmp_path / "nieuw", files))

    assert report.changed["measure"] == {URN["measure"]: ["criteria", "requirements"]}
    assert [str(criterion) for criterion in Measure.objects.get().criteria.all()] == ["ARK 3.01"]


def test_what_a_release_lacks_is_withdrawn_and_comes_back_with_it(acting, tmp_path):
    import_framework(written(tmp_path / "a"), name="een")
    tool, criterion = Tool.objects.get(), AuditCriterion.objects.get(number="3.01")
    lacking = {
        f"{TOOLS}/Lijst.md": None,
        f"{TOOLS}/Ander.md": TOOL,
        "relatie-ak-tot-toetsingskaders.csv": "nummer,bron,maatregelen-ak\n3.10,ARK,[]\n",
    }

    gone = import_framework(written(tmp_path / "b", lacking), name="twee")
    withdrawn_in = Tool.objects.get(pk=tool.pk).withdrawn_in.name
    criterion.refresh_from_db()
    criterion_withdrawn_in = criterion.withdrawn_in.name
    back = import_framework(tmp_path / "a", name="drie")

    assert (gone.withdrawn["tool"], gone.withdrawn["criterion"]) == ([URN["tool"]], ["ark 3.01"])
    assert (withdrawn_in, criterion_withdrawn_in) == ("twee", "twee")
    assert (back.returned["tool"], back.returned["criterion"]) == ([URN["tool"]], ["ark 3.01"])
    assert back.withdrawn["tool"] == ["urn:nl:ak:hlp:ander"]
    tool.refresh_from_db()
    assert (tool.withdrawn_in, tool.revision) == (None, 1)
    assert tool.measures.count() == 1


def terms():
    """The glossary: what is in force, and what is withdrawn."""
    return (
        set(Term.objects.in_force().values_list("slug", flat=True)),
        set(Term.objects.exclude(withdrawn_in=None).values_list("slug", flat=True)),
    )


def test_a_term_that_a_release_lacks_is_withdrawn_and_comes_back_with_it(acting, tmp_path):
    import_framework(written(tmp_path / "a"), name="een")
    lacking = written(tmp_path / "b", {"includes/begrippenlijst.md": "*[AVG]: Een verordening.\n*[Wet]: Een regel.\n"})

    gone = import_framework(lacking, name="twee")
    again = import_framework(lacking, name="twee")
    left = terms()
    back = import_framework(tmp_path / "a", name="drie")

    assert (gone.added["term"], gone.withdrawn["term"]) == (["wet"], ["ai-systeem"])
    assert (again.finds_differences, left) == (False, ({"avg", "wet"}, {"ai-systeem"}))
    assert (back.returned["term"], back.withdrawn["term"]) == (["ai-systeem"], ["wet"])
    assert terms() == ({"avg", "ai-systeem"}, {"wet"})


def test_a_release_without_a_glossary_says_nothing_of_terms(acting, tmp_path):
    import_framework(written(tmp_path / "a"))

    report = import_framework(written(tmp_path / "b", {"includes/begrippenlijst.md": None}))

    assert report.withdrawn["term"] == []
    assert terms() == ({"avg", "ai-systeem"}, set())


def test_the_glossary_is_that_of_the_release_also_when_the_built_in_catalogue_is_loaded_after_it(acting, tmp_path):
    load_built_in()
    built_in, _withdrawn = terms()
    report = import_framework(written(tmp_path))
    of_release = terms()
    FrameworkRelease.objects.filter(source="built-in").update(fingerprint="older")

    load_built_in()

    assert set(report.withdrawn["term"]) == built_in - {"avg", "ai-systeem"}
    assert of_release == terms() == ({"avg", "ai-systeem"}, built_in - {"avg", "ai-systeem"})


def test_links_to_what_is_withdrawn_stay(acting, tmp_path):
    import_framework(written(tmp_path / "a"))
    other = REQUIREMENT.replace("aia-09", "aia-10")
    renamed = {
        f"{REQUIREMENTS}/aia-09-Toezicht.md": None,
        f"{REQUIREMENTS}/aia-10-toezicht.md": other,
    }

    report = import_framework(written(tmp_path / "b", renamed))

    assert report.withdrawn["requirement"] == [URN["requirement"]]
    assert [remark.value for remark in report.remarks] == ["aia-09-toezicht", "aia-09-toezicht"]
    assert report.counts["measure"]["unchanged"] == 1
    assert [item.urn for item in Measure.objects.get().requirements.all()] == [URN["requirement"]]


def test_an_organisation_s_own_items_and_their_links_are_not_touched(acting, tmp_path):
    import_framework(written(tmp_path))
    organisation = OrganisationFactory()
    duty = RequirementFactory(organisation=organisation, urn="urn:voorbeeld:ver:1")
    way = MeasureFactory(
        organisation=organisation, urn="urn:voorbeeld:mtr:1", requirements=[Requirement.objects.first(), duty]
    )
    Measure.objects.get(urn=URN["measure"]).requirements.add(duty)

    report = import_framework(
        written(tmp_path, {f"{MEASURES}/0-org-01-aanwijzen.md": MEASURE.replace("doet het", "doet dit")})
    )

    assert report.withdrawn["measure"] == report.withdrawn["requirement"] == []
    assert report.changed["measure"] == {URN["measure"]: ["summary"]}
    assert sorted(duty.measures.values_list("urn", flat=True)) == [URN["measure"], way.urn]
    assert way.requirements.count() == 2


def test_two_items_may_trade_their_names(acting, tmp_path):
    second = MEASURE.replace("org-01", "org-02")
    import_framework(written(tmp_path, {f"{MEASURES}/0-org-02-tweede.md": second}))

    import_framework(
        written(tmp_path, {f"{MEASURES}/0-org-02-tweede.md": MEASURE, f"{MEASURES}/0-org-01-aanwijzen.md": second})
    )

    assert dict(Measure.objects.values_list("urn", "slug")) == {
        URN["measure"]: "0-org-02-tweede",
        "urn:nl:ak:mtr:org-02": "0-org-01-aanwijzen",
    }


def test_groups_keep_their_short_names_and_get_the_text_of_their_page(acting, tmp_path):
    Topic.objects.create(slug="data", title_nl="Data", summary_nl="Kort.")

    report = import_framework(written(tmp_path))

    assert report.changed["topic"] == {"data": ["body"]}
    assert Topic.objects.values_list("title_nl", "summary_nl", "body_nl").get() == ("Data", "Kort.", "Over data.")


def test_a_phase_with_another_number_is_refused(acting, tmp_path):
    LifecyclePhase.objects.create(slug="ontwerp", number=3, title_nl="Ontwerp")

    assert problems(written(tmp_path)) == [("ontwerp", None, "this phase has number 3 in the catalogue")]


# Which algorithms it touches


@pytest.fixture
def told(monkeypatch):
    """What is told after an import: the codes of requirements and of measures."""
    calls = []

    def tell(release, requirements, measures):
        items = (*Requirement.objects.filter(pk__in=requirements), *Measure.objects.filter(pk__in=measures))
        calls.append((release.name, sorted(item.code for item in items)))
        return ["Algoritme B", "Algoritme A"]

    monkeypatch.setattr(framework_import, "after_import", [tell, lambda *_ids: ["Algoritme A"]])
    return calls


def test_who_listens_is_told_what_matters_and_names_the_algorithms(told, acting, tmp_path):
    report = import_framework(written(tmp_path), name="een")

    assert told == [("een", ["aia-09", "org-01"])]
    assert report.affected == ["Algoritme A", "Algoritme B"]
    assert FrameworkRelease.objects.get().report["affected"] == ["Algoritme A", "Algoritme B"]


@pytest.mark.parametrize(
    ("old", "new", "matters"),
    [
        ("doet het", "doet dit", True),
        ("- ontwerp", "", True),
        ("- aia-09-toezicht", "", True),
        ("- jurist", "", False),
        ("- data", "", False),
        ("ARK: 3.10", "ARK: 3.01", False),
    ],
)
def test_a_change_without_consequence_touches_no_algorithm(old, new, matters, told, acting, tmp_path):
    import_framework(written(tmp_path))

    import_framework(
        written(tmp_path, {f"{MEASURES}/0-org-01-aanwijzen.md": MEASURE.replace(old, new, 1)}), name="twee"
    )

    assert told[1:] == [("twee", ["org-01"] if matters else [])]


def test_a_trial_tells_all_and_writes_nothing(told, acting, tmp_path):
    import_framework(written(tmp_path))
    before = stored()

    report = import_framework(written(tmp_path, {f"{TOOLS}/Lijst.md": None, f"{TOOLS}/Nieuw.md": TOOL}), dry_run=True)
    (tmp_path / TOOLS / "Lijst.md").unlink()
    report = import_framework(tmp_path, dry_run=True)

    assert (report.added["tool"], report.withdrawn["tool"]) == (["urn:nl:ak:hlp:nieuw"], [URN["tool"]])
    assert report.affected == ["Algoritme A", "Algoritme B"]
    assert stored() == before


# The command


def command(*arguments) -> str:
    output = io.StringIO()
    call_command("import_framework", *map(str, arguments), stdout=output)
    return output.getvalue()


def test_the_command_prints_what_it_did(db, tmp_path):
    files = {f"{MEASURES}/0-org-01-aanwijzen.md": MEASURE.replace("- data", "- daata\n- data")}

    printed = command(written(tmp_path, files), "--name", "2026-06")

    assert "requirements: 1 added, 0 changed, 0 withdrawn, 0 back again, 0 unchanged\n" in printed
    assert "1 links from measures to requirements, given in 1 entries.\n" in printed
    assert "Added:\n  urn:nl:ak:ver:aia-09\n" in printed
    assert f"  {MEASURES}/0-org-01-aanwijzen.md: onderwerp: “daata” does not exist and is left out\n" in printed
    assert AuditEvent.objects.get(verb="framework.imported").channel == "command"


def test_the_command_names_the_release_after_the_folder_or_the_zip(db, tmp_path):
    folder = written(tmp_path / "v2.4.4")
    command(folder)
    command(zipped(written(tmp_path / "x", {f"{TOOLS}/Lijst.md": TOOL + "."}), tmp_path / "2026-12.zip"))

    assert list(FrameworkRelease.objects.order_by("pk").values_list("name", flat=True)) == ["v2.4.4", "2026-12"]


def test_the_command_can_try_without_writing(db, tmp_path):
    printed = command(written(tmp_path), "--dry-run")

    assert "requirements: 1 added" in printed
    assert printed.endswith("This was a trial: nothing was changed.\n")
    assert not FrameworkRelease.objects.exists()
    assert not AuditEvent.objects.exists()


def test_the_command_says_why_it_stops(db, tmp_path):
    path = written(tmp_path, {f"{TOOLS}/Lijst.md": "geen kop"})

    with pytest.raises(CommandError) as caught:
        command(path)

    assert str(caught.value) == (
        f"{TOOLS}/Lijst.md, line 1: the file does not start with front matter between two lines of three dashes\n"
        "Nothing was changed."
    )
