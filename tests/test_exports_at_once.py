"""Exports made at once on real connections: each by one worker only, and by a thread what is asked for."""

import time

import pytest

from governance import exporting
from governance.models import Export
from tests import factories
from tests.test_concurrency import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def waiting(somebody):
    factories.AlgorithmFactory.create_batch(3, organisation=somebody.memberships.get().organisation)
    return [Export.objects.create(kind="algoritmes", format="csv", requested_by=somebody) for _n in range(6)]


def test_each_export_is_made_by_one_of_several_workers(waiting):
    made = at_once([exporting.make_waiting] * 3)

    assert sum(made) == len(waiting)
    assert all(export.is_ready and not export.failure for export in Export.objects.all())


def test_a_thread_makes_what_is_asked_for_and_what_waited(as_somebody, waiting, settings):
    settings.EXPORTS_IN = "thread"

    asked = exporting.ask("algoritmes", "ods", {}, by=as_somebody)

    until = time.monotonic() + 60
    while Export.objects.filter(finished=None).exists() and time.monotonic() < until:
        time.sleep(0.1)
    asked.refresh_from_db()
    assert asked.is_ready
    assert Export.objects.filter(finished=None).count() == 0
    with exporting._busy:  # the thread has let go of its connection when the next one may begin
        pass
