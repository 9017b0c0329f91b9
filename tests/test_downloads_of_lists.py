"""What a list offers to take along is what it shows."""

import re

import pytest
from django.urls import reverse

from tests import every_model, factories

pytestmark = pytest.mark.django_db

LISTS = {
    "organisation-risks": "state=open",
    "organisation-monitoring": "state=open",
    "organisation-incidents": "seriousness=minor",
    "organisation-findings": "severity=low",
    "organisation-complaints": "kind=question",
    "evidence-list": "kind=link",
}


@pytest.mark.parametrize("route", LISTS)
def test_the_file_has_the_rows_of_the_list_with_its_filter(client, route):
    officer = factories.member("officer")
    organisation = officer.memberships.get().organisation
    factories.LawFactory(slug="aia")
    every_model.fill(organisation, officer, range(3))
    client.force_login(officer)

    for query, expected in ((LISTS[route], 3), (f"{LISTS[route]}&q=niets-dat-er-is", 0)):
        answer = client.get(f"{reverse(route, args=[organisation.slug])}?{query}")
        assert answer.context["page"].paginator.count == expected
        link = re.search(r'href="([^"]*[.]csv[^"]*)"', answer.content.decode())
        if not expected:
            assert link is None
            continue
        file = b"".join(client.get(link[1].replace("&amp;", "&")).streaming_content).decode("utf-8-sig")
        assert file.split("\r\n").index("") == expected + 1  # the names of the columns, the rows, an empty line
