"""The texts to begin from, what is to fill in, and two texts side by side."""

import pytest
from django.utils import translation

from governance import audit_trail, policies, policy_templates
from governance.text_differences import Kind, differences, paragraphs

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_template_can_be_begun_with(somebody, language):
    organisation = somebody.memberships.get().organisation

    with translation.override(language), audit_trail.acting(somebody, "command"):
        found = policy_templates.templates()
        added = [
            policies.add_policy(organisation, template.fields, body=template.body, by=somebody) for template in found
        ]

    assert len(added) == 6
    assert all(policy_templates.places_to_fill(template.body) for template in found)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("Wij zijn [naam] en [naam], via [het\n  meldpunt].", ["naam", "het meldpunt"]),
        ("[woorden](https://adres), ![beeld](x), [a][b] en noot[^1].", []),
        ("- [ ] doen\n- [x] klaar\n\n[b]: https://adres", []),
        ("`[code]` en\n```\n[ook]\n```\nen [dit]", ["dit"]),
    ],
)
def test_places_to_fill_are_told_from_links(text, places):
    assert policy_templates.places_to_fill(text) == places


def test_differences_mark_words_in_what_changed_and_keep_the_rest_together():
    passages = differences(
        "# Kop\n\nEen.\nWij melden binnen tien dagen.\nWeg ermee", "# Kop\n\nEen.\nWij melden binnen vijf dagen.\nX y z"
    )

    assert [passage.is_same for passage in passages] == [True, False, False, False]
    assert len(passages[0].rows) == 2
    changed = passages[1].rows[0]
    assert changed.kind == Kind.CHANGED
    assert changed.old == [(False, "Wij melden binnen "), (True, "tien"), (False, " dagen.")]
    assert changed.new == [(False, "Wij melden binnen "), (True, "vijf"), (False, " dagen.")]
    assert [passage.rows[0].kind for passage in passages[2:]] == [Kind.REMOVED, Kind.ADDED]


def test_a_row_of_a_table_is_compared_and_shown_by_its_cells():
    head = "| Wie | Wat |\n| :-- | --: |\n"

    old = f"Tekst\n\n{head}| Manager | stelt vast |\n| - | - |\n\nSlot a | b"
    new = f"Tekst\n\n{head.replace('-', '---')}| Manager | trekt in \\| stelt vast |\n| - | |\n\nSlot a | b"
    rows = [row for passage in differences(old, new) for row in passage.rows]

    assert [["".join(words for _differs, words in side) for side in (row.old, row.new)] for row in rows] == [
        ["Tekst", "Tekst"],
        ["Wie · Wat", "Wie · Wat"],
        ["Manager · stelt vast", "Manager · trekt in | stelt vast"],
        ["- · -", "- · –"],
        ["Slot a | b", "Slot a | b"],
    ]


def test_a_table_without_lines_around_it_is_a_table_too():
    found = paragraphs("Wie | Wat\n--- | ---\nManager | stelt vast\nDaarna")

    assert found == ["Wie · Wat", "Manager · stelt vast", "Daarna"]


@pytest.mark.parametrize("text", ["- een | twee", "Kop | kop\n---\nTekst", "---"])
def test_what_is_no_table_stays_as_it_is(text):
    assert paragraphs(text) == text.splitlines()


def test_the_lines_of_a_template_are_those_of_its_paragraphs_items_and_rows():
    text = (
        "## Kop\nTekst die\ndoorloopt.\n\n- een\n  vervolg\n- twee\n1. drie\n   vervolg\n\n| a | b |\n| - | - |\nslot"
    )

    assert policy_templates.unwrapped(text).splitlines() == [
        "## Kop",
        "Tekst die doorloopt.",
        "",
        "- een vervolg",
        "- twee",
        "1. drie vervolg",
        "",
        "| a | b |",
        "| - | - |",
        "slot",
    ]
