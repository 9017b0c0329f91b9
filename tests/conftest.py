import os
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.test import TransactionTestCase, override_settings
from django.utils import translation

from governance import audit_guards, audit_trail
from governance.models import Organisation
from registry import demo
from tests import factories

RULES = {
    "applicability_rule",
    "architecture",
    "classifying",
    "decision_tree",
    "framework_release",
    "own_items",
    "policies",
    "policy_texts",
    "project",
    "register_values",
    "responsibilities",
    "rich_text",
    "stored_files",
    "working",
}
"""The modules of tests that try rules and verbs without opening pages: with them `make check` takes under a minute."""


def pytest_collection_modifyitems(config, items):
    """Marks as slow what opens pages or builds much, and skips aloud, where it is absent, what reads the real input.

    With REQUIRE_DATA those tests run, and fail, instead.
    """
    for item in items:
        if item.module.__name__.rpartition(".")[2].removeprefix("test_") not in RULES:
            item.add_marker(pytest.mark.slow)
    if settings.SHARED_DATA.is_dir() or os.environ.get("REQUIRE_DATA"):
        return
    absent = pytest.mark.skip(reason=f"the real input is not at {settings.SHARED_DATA} (see SHARED_DATA in the README)")
    for item in items:
        if "data" in item.keywords:
            item.add_marker(absent)


@pytest.fixture(scope="session", autouse=True)
def files_in_a_temporary_folder(tmp_path_factory):
    """What tests and the demo add never lands among the files of an installation."""
    with override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("media")):
        yield


@pytest.fixture(scope="session", autouse=True)
def tables_can_be_emptied():
    """Takes the guards of the audit trail away just while Django empties the tables after a test that commits."""
    empty = TransactionTestCase._fixture_teardown

    def without_guards(test):
        audit_guards.take_away(connection)
        empty(test)
        audit_guards.put_up(connection)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(TransactionTestCase, "_fixture_teardown", without_guards)
        yield


@pytest.fixture(autouse=True)
def plain_static_files(settings):
    """Pages are rendered without a collected manifest."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.SECURE_SSL_REDIRECT = False
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def exports_within_the_request(settings):
    """No thread makes what a test asks for: it would not see what the test wrote."""
    settings.EXPORTS_IN = "request"


@pytest.fixture(autouse=True)
def in_dutch():
    """Every test begins in Dutch, whatever language the pages of the one before were read in."""
    with translation.override(settings.LANGUAGE_CODE):
        yield


@pytest.fixture
def shared_data() -> Path:
    return settings.SHARED_DATA


@pytest.fixture
def somebody(db):
    """An officer of an organisation of their own."""
    return factories.member("officer")


@pytest.fixture
def as_somebody(somebody):
    """The same, with the verbs called on their behalf."""
    with audit_trail.acting(somebody, "command"):
        yield somebody


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker):
    """The catalogue and the demo, loaded once for the tests of a module, in a transaction around them."""
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("load_catalogue", verbosity=0)
        call_command("import_decision_tree", stdout=StringIO())
        demo.load()
        yield
        transaction.set_rollback(True)


@pytest.fixture
def municipality(loaded, db):
    """The municipality of the demo."""
    return Organisation.objects.get(slug="gemeente-rivierwaard")
