"""What an installation relies on: settings that stop the start when they are wrong, and pinned requirements."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.core.management import call_command
from django.templatetags.static import static

PROJECT = Path(__file__).resolve().parent.parent
IN_PRODUCTION = {
    "SECRET_KEY": "a-secret-of-one-installation-0123456789-abcdefghijklmnop",
    "DEBUG": "0",
    "ALLOWED_HOSTS": "register.example.nl",
    "DATABASE_URL": "sqlite://:memory:",
}


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs manage.py with this environment and nothing of ours but the path."""
    return subprocess.run(
        [sys.executable, str(PROJECT / "manage.py"), *arguments],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def requirements(name: str) -> dict[str, list[str]]:
    """The pinned packages (`django==5.2.1`) of a requirements file, each with its hashes."""
    pinned: dict[str, list[str]] = {}
    text = (PROJECT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            package, *hashes = line.split()
            pinned[package] = hashes
    return pinned


def test_the_production_settings_pass_the_deployment_check():
    check = manage("check", "--deploy", "--fail-level", "WARNING", **IN_PRODUCTION)

    assert (check.returncode, check.stdout) == (0, "System check identified no issues (0 silenced).\n"), check.stderr


def test_an_installation_with_an_identity_provider_and_a_mail_server_passes_the_check():
    configured = {
        "OIDC_SERVER_URL": "https://sso.example.nl",
        "OIDC_CLIENT_ID": "register",
        "OIDC_CLIENT_SECRET": "geheim",
        "EMAIL_URL": "smtp+tls://register:geheim@mail.example.nl:587",
        "BEHIND_PROXY": "1",
    }

    check = manage("check", "--deploy", "--fail-level", "WARNING", **IN_PRODUCTION, **configured)

    assert check.returncode == 0, check.stderr


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is not set. Put SECRET_KEY=<at least 50 random characters>"),
        ({"DATABASE_URL": "mysql://user@host/name"}, "DATABASE_URL must be sqlite:///path or postgres://"),
        ({"DATABASE_URL": "register.sqlite3"}, "DATABASE_URL must be sqlite:///path or postgres://"),
        ({"EMAIL_URL": "mail.example.nl"}, "EMAIL_URL must be smtp+tls://user:password@host:587"),
        ({"OIDC_SERVER_URL": "https://sso.example.nl"}, "set OIDC_CLIENT_ID and OIDC_CLIENT_SECRET as well"),
        ({"FILE_STORAGE": "nowhere.Storage"}, "leave FILE_STORAGE empty to keep files in MEDIA_ROOT"),
        (
            {"OIDC_SERVER_URL": "http://sso.example.nl", "OIDC_CLIENT_ID": "register", "OIDC_CLIENT_SECRET": "geheim"},
            "OIDC_SERVER_URL must start with https://",
        ),
    ],
)
def test_a_wrong_setting_stops_the_start_with_a_sentence_that_says_what_to_set(wrong, sentence):
    check = manage("check", **{**IN_PRODUCTION, **wrong})

    assert check.returncode != 0
    assert sentence in check.stderr.splitlines()[-1]


def test_the_example_environment_names_every_setting_and_no_other():
    settings = (PROJECT / "governance" / "settings.py").read_text(encoding="utf-8")
    example = (PROJECT / ".env.example").read_text(encoding="utf-8")

    read = set(re.findall(r"\benv(?:\.\w+)?\(\s*\"([A-Z_]+)\"", settings))

    assert set(re.findall(r"^#? ?([A-Z_]+)=", example, re.MULTILINE)) == read


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_requirements_are_pinned_and_hashed_and_name_no_index(name):
    pinned = requirements(name)

    assert pinned
    assert [package for package in pinned if not re.fullmatch(r"[a-z0-9.-]+==[\w.]+", package)] == []
    assert [package for package, hashes in pinned.items() if not hashes] == []
    assert {found[:14] for hashes in pinned.values() for found in hashes} == {"--hash=sha256:"}


def test_every_requirement_is_pinned_and_none_is_left_that_is_no_longer_asked_for():
    asked = (PROJECT / "requirements.in").read_text(encoding="utf-8").lower().splitlines()
    pinned = (PROJECT / "requirements.txt").read_text(encoding="utf-8")

    for line in asked:
        assert re.search(rf"^{re.match(r'[a-z0-9.-]+', line)[0]}==", pinned, re.MULTILINE), line
    assert pinned.count("-r requirements.in") == len(asked)


def test_tests_run_with_the_packages_that_are_installed_in_production():
    production, development = requirements("requirements.txt"), requirements("requirements-dev.txt")

    assert production.items() <= development.items()


def test_static_files_can_be_collected_for_production(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }

    call_command("collectstatic", interactive=False, verbosity=0)

    assert (tmp_path / "staticfiles.json").exists()


def test_the_icon_that_browsers_ask_for_unseen_leads_to_the_mark(client):
    answer = client.get("/favicon.ico")

    assert (answer.status_code, answer.url) == (302, static("img/mark.svg"))


def test_publiccode_says_the_licence_version_and_languages_of_the_project():
    about = yaml.safe_load((PROJECT / "publiccode.yml").read_text(encoding="utf-8"))
    project = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")

    assert f'version = "{about["softwareVersion"]}"' in project
    assert f'license = "{about["legal"]["license"]}"' in project
    assert about["localisation"]["availableLanguages"] == ["nl", "en"]
    assert [len(text["shortDescription"]) <= 150 for text in about["description"].values()] == [True, True]
    assert [len(text["longDescription"]) >= 150 for text in about["description"].values()] == [True, True]
