"""What a department inherits goes into files with its status; the words of the organisation above for its readers."""

import pytest
from django.http import QueryDict

from governance import audit_trail, clock
from governance.tables import TABLES
from registry.classifying import decide_all
from registry.dossier import dossier
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def algorithm():
    """Of a department, whose municipality met a requirement of phase 0."""
    municipality = factories.OrganisationFactory()
    department = factories.OrganisationFactory(parent=municipality, kind="department")
    requirement = factories.phase_zero("woo-98", slug="woo-98")
    algorithm = factories.AlgorithmFactory(organisation=department)
    with audit_trail.acting(None, "command"):
        decide_all([algorithm])
    municipality.assessments.create(
        requirement=requirement, status="met", explanation="Alleen binnenshuis.",
        claimed_by=factories.member("officer", municipality), claimed_at=clock.now(),
    )  # fmt: skip
    return algorithm


def told(algorithm, reader):
    """The row of the table, and the dossier, as text."""
    selection = TABLES["vereisten"].select(reader, QueryDict())
    cells = [str(cell) for row in selection.lines(selection.keys()) for cell in row]
    with audit_trail.acting(reader, "command"):
        parts = dossier(algorithm, reader).parts
    grids = [row for part in parts for grid in part.grids for row in grid.rows]
    return "\n".join(cells), "\n".join(str(cell) for row in grids for cell in row)


@pytest.mark.parametrize("sees_the_municipality", [True, False])
def test_the_explanation_of_the_organisation_above_is_for_who_sees_it(algorithm, sees_the_municipality):
    department = algorithm.organisation
    reader = factories.member("officer", department.parent if sees_the_municipality else department)

    for text in told(algorithm, reader):
        assert "Voldaan" in text
        assert ("Alleen binnenshuis." in text) is sees_the_municipality
