"""A real browser (Debian's Chromium) on the running application; said aloud where the machine has none."""

import os
import shutil

import pytest
from django.core.management import call_command
from django.test import override_settings
from playwright.sync_api import sync_playwright
from pytest_django.live_server_helper import LiveServer

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def chromium():
    if CHROMIUM is None:
        pytest.skip("no Chromium found for the tests in a browser; install chromium")
    # Playwright runs an event loop in this thread, in which Django would otherwise refuse to ask the database anything.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="session")
def live_server(django_db_setup):
    """The server of pytest-django, over http: the middleware reads that when the server starts."""
    with override_settings(SECURE_SSL_REDIRECT=False):
        server = LiveServer("localhost")
    yield server
    server.stop()


@pytest.fixture
def installation(transactional_db, settings):
    """The application as `manage.py prepare` leaves it, reached over http."""
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = False
    call_command("createcachetable", verbosity=0)
    call_command("load_catalogue", verbosity=0)
    call_command("import_decision_tree", verbosity=0)


@pytest.fixture
def visit(chromium, live_server, installation):
    """Opens a browser for one person; every error on a page fails the test."""
    contexts = []

    def somebody():
        context = chromium.new_context(base_url=live_server.url, locale="nl-NL")
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.on("response", lambda r: page.errors.append(f"{r.status} {r.url}") if r.status >= 500 else None)
        return page

    yield somebody
    errors = [error for context in contexts for page in context.pages for error in getattr(page, "errors", [])]
    for context in contexts:
        context.close()
    assert errors == []
