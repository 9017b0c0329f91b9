import hashlib
import json
from pathlib import Path

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.utils import translation
from jsonschema import Draft202012Validator

from governance import decision_tree_import
from governance.decision_tree_import import SCHEMA, Differences, import_tree
from governance.models import AuditEvent, DecisionTree
from tests.test_decision_tree import changed, content_of, small


@pytest.fixture
def tree_file(tmp_path):
    """Writes a small tree, with these replacements in its text, and returns where."""

    def write(*replacements: tuple[str, str], name: str = "tree.yaml") -> Path:
        path = tmp_path / name
        path.write_text(changed(*replacements), encoding="utf-8")
        return path

    return write


@pytest.fixture
def english():
    with translation.override("en"):
        yield


@pytest.mark.django_db
def test_an_imported_tree_is_stored_as_read_and_taken_into_use(tree_file):
    call_command("import_decision_tree", tree_file())

    record = DecisionTree.objects.get()
    canonical = json.dumps(small(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert (record.source, record.name, record.version, record.is_current) == ("official", "Klein", "1", True)
    assert (record.content, record.fingerprint) == (small(), hashlib.sha256(canonical.encode()).hexdigest())


@pytest.mark.django_db
def test_an_import_is_in_the_audit_trail(tree_file):
    call_command("import_decision_tree", tree_file())

    record = DecisionTree.objects.get()
    assert list(AuditEvent.objects.values_list("verb", "channel", "subject_id", "label", "changes")) == [
        ("decision_tree.imported", "command", str(record.pk), "Klein 1", {"in use": [None, "Klein 1"]})
    ]


@pytest.mark.django_db
def test_the_same_tree_again_changes_nothing_however_it_is_laid_out(tree_file, tmp_path):
    call_command("import_decision_tree", tree_file())
    before = list(DecisionTree.objects.values())
    other = tmp_path / "other.yaml"
    other.write_text("# the same\n" + yaml.safe_dump(small(), sort_keys=True), encoding="utf-8")

    call_command("import_decision_tree", other)

    assert list(DecisionTree.objects.values()) == before
    assert AuditEvent.objects.count() == 1


@pytest.mark.django_db
def test_a_newer_tree_is_taken_into_use_and_the_former_stays(tree_file, as_somebody):
    import_tree(tree_file())

    report = import_tree(
        tree_file(
            ("version: '1'", "version: '2'"),
            ("Is het AI?", "Is het een AI-systeem?"),
            ("labels: [geen hoog-risico AI]", "labels: [uitzondering van toepassing]"),
            ("obligation: Veel.", "obligation: Heel veel."),
        )
    )

    assert dict(DecisionTree.objects.values_list("version", "is_current")) == {"1": False, "2": True}
    assert report.former.version == "1"
    assert report.questions == Differences(reworded=("2",), leading_elsewhere=("3",))
    assert report.conclusions == Differences(reworded=("12.0",))


@pytest.mark.django_db
def test_what_is_added_and_removed_is_named(tree_file, as_somebody):
    import_tree(tree_file())

    report = import_tree(
        tree_file(("questionId: '3'", "questionId: '3.1'"), ("nextQuestionId: '3'", "nextQuestionId: '3.1'"))
    )

    assert report.questions == Differences(added=("3.1",), removed=("3",), leading_elsewhere=("2",))


@pytest.mark.django_db
def test_an_older_tree_comes_back_into_use_only_when_asked(tree_file, as_somebody):
    import_tree(tree_file())
    import_tree(tree_file(("version: '1'", "version: '2'")))

    unasked = import_tree(tree_file())
    after_unasked = DecisionTree.objects.get(is_current=True).version
    asked = import_tree(tree_file(), make_current=True)

    assert (unasked.is_taken_into_use, after_unasked) == (False, "2")
    assert (asked.is_taken_into_use, DecisionTree.objects.get(is_current=True).version) == (True, "1")
    assert AuditEvent.objects.latest("pk").verb == "decision_tree.taken_into_use"


@pytest.mark.django_db
def test_the_built_in_tree_does_not_take_the_place_of_an_official_one_unless_asked(tree_file, as_somebody):
    import_tree(tree_file())

    unasked = import_tree()
    asked = import_tree(make_current=True)

    assert (unasked.is_new, unasked.is_taken_into_use, unasked.record.source) == (True, False, "built-in")
    assert (asked.is_new, asked.is_taken_into_use) == (False, True)


@pytest.mark.django_db
def test_the_registry_says_how_much_is_due_for_review_when_a_tree_is_taken_into_use(
    tree_file, as_somebody, monkeypatch
):
    told = []
    monkeypatch.setattr(decision_tree_import, "after_import", [lambda tree: told.append(tree) or 2, lambda tree: 3])

    first = import_tree(tree_file())
    again = import_tree(tree_file())

    assert (first.due_for_review, again.due_for_review, told) == (5, 0, [first.record])


@pytest.mark.django_db
def test_labels_without_consequence_and_places_never_reached_are_reported(tree_file, as_somebody):
    report = import_tree(
        tree_file(
            ("labels: [AI-systeem]", "labels: [AI-systeem, in gebruik]"),
            ("conclusions:\n", "conclusions:\n- {conclusionId: '13', conclusion: Nergens.}\n"),
        )
    )

    assert (report.labels_without_axis, report.unreached) == (("in gebruik",), ("13",))


@pytest.mark.django_db
def test_the_command_says_what_it_did(tree_file, capsys, english):
    call_command("import_decision_tree", tree_file())
    call_command("import_decision_tree", tree_file(("version: '1'", "version: '2'"), ("Is het AI?", "AI?")))
    call_command("import_decision_tree", tree_file(("version: '1'", "version: '2'"), ("Is het AI?", "AI?")))

    assert capsys.readouterr().out.splitlines() == [
        "Klein 1: 3 questions, 3 conclusions; all 6 paths end in a conclusion.",
        "It is now in use for new classifications.",
        "Classifications now due for review: 0",
        "Klein 2: 3 questions, 3 conclusions; all 6 paths end in a conclusion.",
        "It is now in use for new classifications.",
        "Klein 1 stays for the classifications made with it.",
        "Classifications now due for review: 0",
        "Questions, reworded (1): 2",
        "Klein 2: 3 questions, 3 conclusions; all 6 paths end in a conclusion.",
        "This tree was imported before.",
        "It was in use already; nothing changed.",
    ]


REFUSED = [
    (("version: '1'", "version: 1"), ", line 2 (version): this must be text: put it between quotes."),
    (("version: '1'", "version:"), ", line 2 (version): this is empty."),
    (("name: Klein\n", ""), ": “name” is missing."),
    (("name: Klein", "name: Klein\nname: Groot"), ", line 2: “name” is given twice."),
    (("  answers:\n  - answer: Maker", "  answers: [\n  - answer: Maker"), ", line 7: this is not YAML:"),
    (
        ("  - answer: Gebruiker\n", "  - text: Gebruiker\n"),
        ", line 10 (questions › 1 › answers › 2): “answer” is missing.",
    ),
    (
        ("  - answer: Niemand\n", "  - answer: Niemand\n    nextQuestionId: '2'\n"),
        ", line 13 (questions › 1 › answers › 3): give exactly one of nextQuestionId, nextConclusionId, redirects.",
    ),
    (
        ("answer: Ja\n    labels: [AI-systeem]", "answer: yes\n    labels: [AI-systeem]"),
        ", line 18 (questions › 2 › answers › 1 › answer): this must be text: put it between quotes.",
    ),
    (
        ("    - nextConclusionId: '12.1'\n", ""),
        ", line 21 (questions › 2 › answers › 1 › redirects): at least 2 are needed.",
    ),
    (
        ("{nl: 'Wie ben je?', en: 'Who are you?'}", "{en: 'Who are you?'}"),
        ", line 5 (questions › 1 › question): “nl” is missing.",
    ),
    (("version: '1'", "version: '1'\nsince: 2026-01-01"), ": it holds something that is no text"),
    (("version: '1'", 'version: "1\\0"'), ": it holds the character NUL"),
    (
        ("nextQuestionId: '3'", "nextQuestionId: '4'"),
        ", line 15 (questions › 2): Question 2, answer “Ja” leads to 4, which does not exist.",
    ),
    (("questionId: '3'", "questionId: '2'"), ", line 26 (questions › 2): Number 2 stands in the tree twice."),
    (
        ("'\"aanbieder\" in labels'", "'\"aanbieder\" in'"),
        ', line 15 (questions › 2): Question 2: Condition not understood at character 1: "aanbieder" in',
    ),
    (("'\"aanbieder\" in labels'", "'" + "(" * 5000 + "'"), ": A condition is nested too deeply."),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("replacement", "reason"), REFUSED)
def test_a_faulty_file_is_refused_with_line_and_reason_and_nothing_changes(tree_file, replacement, reason, english):
    path = tree_file(replacement)

    with pytest.raises(CommandError) as refusal:
        call_command("import_decision_tree", path)

    assert str(refusal.value).startswith(f"{path}{reason}")
    assert str(refusal.value).endswith("\nNothing was changed.")
    assert (DecisionTree.objects.count(), AuditEvent.objects.count()) == (0, 0)


@pytest.mark.django_db
def test_a_file_that_is_not_there_or_not_text_is_refused(tmp_path, english):
    (tmp_path / "latin.yaml").write_bytes(b"name: caf\xe9")

    with pytest.raises(CommandError) as absent:
        call_command("import_decision_tree", tmp_path / "none.yaml")
    with pytest.raises(CommandError) as latin:
        call_command("import_decision_tree", tmp_path / "latin.yaml")

    assert str(absent.value) == (
        f"{tmp_path}/none.yaml cannot be read: No such file or directory.\nNothing was changed."
    )
    assert str(latin.value) == (
        f"{tmp_path}/latin.yaml cannot be read: it is not UTF-8 text (byte 10).\nNothing was changed."
    )


@pytest.mark.django_db
@pytest.mark.parametrize("content", ["- questionId: '1.1'\n  category: x\n" * 300, "zomaar tekst", "3"])
def test_a_file_that_is_another_thing_is_refused_with_what_was_expected(content, tmp_path, english):
    path = tmp_path / "categories.yaml"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(CommandError) as refusal:
        call_command("import_decision_tree", path)

    assert str(refusal.value) == (
        f"{path}: this is no decision tree: a file with “name”, “version”, “questions” and “conclusions” is needed. "
        "Give the file with the tree itself, which the publisher calls decision-tree.yaml.\nNothing was changed."
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("replacement", "reason"),
    [
        (("questions:\n", "questions: {}\nvragen:\n"), "line 3 (questions): this must be a list."),
        (
            ("questionId: '3'", f"questionId: '{'x' * 300}!'"),
            f"line 26 (questions › {'x' * 300}! › questionId): '{'x' * 58}… does not match '^[0-9A-Za-z.-]+$'",
        ),
    ],
)
def test_the_reason_is_said_however_long_the_value_is(replacement, reason, tree_file, english):
    path = tree_file(replacement)

    with pytest.raises(CommandError) as refusal:
        call_command("import_decision_tree", path)

    assert str(refusal.value) == f"{path}, {reason}\nNothing was changed."


@pytest.mark.django_db
def test_the_schema_that_lies_beside_a_file_counts_too(tree_file, tmp_path, english):
    path = tree_file()
    schema = tmp_path / "schema_decision_tree.json"

    schema.write_text('{"properties": {"conclusions": {"maxItems": 2}}}', encoding="utf-8")
    with pytest.raises(CommandError) as refusal:
        call_command("import_decision_tree", path)
    schema.write_text('{"$ref": "https://example.org/elsewhere"}', encoding="utf-8")
    with pytest.raises(CommandError) as unusable:
        call_command("import_decision_tree", path)

    assert str(refusal.value) == f"{path}, line 36 (conclusions): at most 2 are allowed.\nNothing was changed."
    assert str(unusable.value).startswith(f"{schema} is not a usable schema: ")


@pytest.mark.data
@pytest.mark.django_db
def test_the_official_tree_has_22_questions_50_conclusions_and_3140_paths(shared_data, as_somebody):
    report = import_tree(shared_data / "beslishulp" / "decision-tree.yaml")

    assert (len(report.tree.questions), len(report.tree.conclusions), report.paths) == (22, 50, 3140)
    assert (report.unreached, report.record.source) == ((), "official")


@pytest.mark.data
def test_the_official_tree_fits_our_schema_and_its_own(shared_data):
    content = content_of(shared_data / "beslishulp" / "decision-tree.yaml")
    schemas = [SCHEMA, shared_data / "beslishulp" / "schema_decision_tree.json"]

    for schema in schemas:
        Draft202012Validator(json.loads(schema.read_text(encoding="utf-8"))).validate(content)
