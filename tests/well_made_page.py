"""What every page must be: one h1, headings in order, labelled tables and fields, nothing inline, no id twice.

Data for a script (`type="application/json"`) is not run, and may stand in a page.
"""

from html.parser import HTMLParser


class Outline(HTMLParser):
    """What a page must have in order: its headings, tables, fields and ids, and nothing inline."""

    def __init__(self, html):
        super().__init__()
        self.headings, self.tables, self.captions, self.inline = [], 0, 0, []
        self.fields, self.labelled, self.open, self.ids = [], set(), [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.open.append(tag)
        if tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
            self.headings.append(int(tag[1]))
        if "id" in attrs:
            self.ids.append(attrs["id"])
        self.tables += tag == "table"
        self.captions += tag == "caption"
        is_data = attrs.get("type") == "application/json"
        if "style" in attrs or (tag == "script" and "src" not in attrs and not is_data) or tag == "style":
            self.inline.append(tag)
        self.inline += [name for name in attrs if name.startswith("on")]
        if tag == "label":
            self.labelled.add(attrs.get("for"))
        if tag in ("input", "select", "textarea") and attrs.get("type") != "hidden" and "label" not in self.open:
            self.fields.append(attrs.get("id"))
        if tag in ("input", "img", "br", "meta", "link", "hr"):
            self.open.pop()

    def handle_endtag(self, tag):
        while self.open and self.open.pop() != tag:
            pass


def look_at(client, address, language="nl"):
    """The page's HTML, which must be a well-made page."""
    client.cookies["django_language"] = language
    response = client.get(address)
    assert response.status_code == 200, address
    html = response.content.decode()
    outline = Outline(html)
    assert f'<html lang="{language}">' in html
    assert outline.headings.count(1) == 1 and outline.headings[0] == 1, address
    assert all(after <= before + 1 for before, after in zip(outline.headings, outline.headings[1:], strict=False))
    assert outline.tables == outline.captions, address
    assert outline.inline == [], address
    assert sorted(outline.ids) == sorted(set(outline.ids)), address
    assert set(outline.fields) <= outline.labelled, address
    return html
