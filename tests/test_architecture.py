"""The house as it was agreed: who imports whom, and what no file contains."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
NOT_OURS = {"__pycache__", "staticfiles", "media", "LICENSE", "requirements.txt", "requirements-dev.txt"}
GENERATED = {".sqlite3", ".sqlite3-shm", ".sqlite3-wal", ".sqlite3-journal", ".mo", ".log"}


def project_files(folder: Path = PROJECT) -> Iterator[Path]:
    """The files somebody wrote: no caches, virtual environments, databases or compiled texts."""
    for path in sorted(folder.iterdir()):
        if path.name in NOT_OURS or path.suffix in GENERATED or (path.name.startswith(".") and path.name != ".ci"):
            continue
        if path.is_dir():
            yield from project_files(path)
        else:
            yield path


def python_files(folder: str = "") -> list[Path]:
    return [path for path in project_files(PROJECT / folder) if path.suffix == ".py"]


def imports(path: Path) -> set[str]:
    """The modules that a file imports anywhere in it, relative ones by their full name."""
    package = path.relative_to(PROJECT).parent.parts
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*above, *([node.module] if node.module else [])])
            found |= {module} | {f"{module}.{alias.name}" for alias in node.names}
    return found


def importers(files: list[Path], forbidden: str) -> list[str]:
    """The files among `files` that import a module matching `forbidden`, each with that module."""
    return [
        f"{path.relative_to(PROJECT)} imports {module}"
        for path in files
        for module in sorted(imports(path))
        if re.fullmatch(forbidden, module)
    ]


def test_governance_never_imports_registry():
    governance = python_files("governance")

    assert importers(governance, r"registry(\..*)?") == []


def test_templates_of_governance_use_nothing_of_the_register():
    """What the register says on their pages it puts there itself: `overview.panels`, `timeline.tells`."""
    borrowing = re.compile(r"{%\s*(include|extends)\s+.registry/|{%\s*load\b[^%]*\bregistry\b")
    templates = [*(PROJECT / "templates" / "governance").rglob("*.html"), *(PROJECT / "templates").glob("*.html")]

    assert [str(path.relative_to(PROJECT)) for path in templates if borrowing.search(path.read_text("utf-8"))] == []


@pytest.mark.parametrize("app", ["governance", "registry"])
def test_models_import_no_views_forms_api_or_admin(app):
    models = python_files(f"{app}/models")

    assert importers(models, r"(governance|registry)\.(views|forms|filters|api|admin|urls)(\..*)?") == []


@pytest.mark.parametrize(
    "statement", ["import registry", "from registry import models", "from registry.models import Algorithm"]
)
def test_the_reader_of_imports_sees_an_import_anywhere_in_a_file(statement, tmp_path, monkeypatch):
    monkeypatch.setattr(f"{__name__}.PROJECT", tmp_path)
    file = tmp_path / "late.py"
    file.write_text(f"def late():\n    {statement}\n")

    assert importers([file], r"registry(\..*)?") != []


def test_the_reader_of_imports_follows_relative_imports(tmp_path, monkeypatch):
    monkeypatch.setattr(f"{__name__}.PROJECT", tmp_path)
    (tmp_path / "governance" / "models").mkdir(parents=True)
    file = tmp_path / "governance" / "models" / "people.py"
    file.write_text("from ..views import pages\nfrom . import audit\n")

    assert imports(file) == {
        "governance.views",
        "governance.views.pages",
        "governance.models",
        "governance.models.audit",
    }


def test_the_clock_is_asked_in_one_place():
    asking = re.compile(r"timezone[.]now|localdate[(][)]|date[.]today|datetime[.]now")
    files = [path for folder in ("governance", "registry") for path in python_files(folder)]
    asked = {path.relative_to(PROJECT).as_posix() for path in files if asking.search(path.read_text(encoding="utf-8"))}

    assert asked == {"governance/clock.py"}


def test_every_module_has_a_name_of_the_domain():
    nameless = {"utils", "util", "common", "helpers", "helper", "services", "base", "misc"}

    assert [path for path in python_files() if path.stem in nameless or path.parent.name in nameless] == []


def texts_to_translate_in_f_strings(path: Path) -> list[str]:
    """The f-strings of a file that call for a translation inside braces."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    f_strings = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    calls = [(text, node) for text in f_strings for node in ast.walk(text) if isinstance(node, ast.Call)]
    return [
        f"{path.relative_to(PROJECT)}:{text.lineno}"
        for text, call in calls
        if isinstance(call.func, ast.Name) and re.fullmatch(r"_|n?p?gettext(_lazy|_noop)?", call.func.id)
    ]


def test_no_text_to_translate_stands_inside_an_f_string_where_makemessages_does_not_see_it():
    files = [path for folder in ("governance", "registry") for path in python_files(folder)]

    assert [place for path in files for place in texts_to_translate_in_f_strings(path)] == []


def test_a_text_to_translate_is_found_also_deep_inside_an_f_string(tmp_path, monkeypatch):
    monkeypatch.setattr(f"{__name__}.PROJECT", tmp_path)
    file = tmp_path / "late.py"
    file.write_text('a = f"{_(\'x\')}"\nb = f"{\', \'.join([gettext(\'x\')])}"\nc = f"{a}" + _("x")\n')

    assert texts_to_translate_in_f_strings(file) == ["late.py:1", "late.py:2"]


def test_no_module_is_longer_than_600_lines():
    lengths = {
        str(path.relative_to(PROJECT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in python_files()
        if path.parent.name != "migrations"
    }

    assert {name: length for name, length in lengths.items() if length > 600} == {}


def test_no_file_names_a_place_on_somebodys_machine_or_a_package_index():
    places = re.compile(
        r"/[w]ork/|/[r]oot/|/home/[a-z]|/[U]sers/[a-z]|/tmp/[b]ash|pypi[.]org|python[h]osted|npm[j]s|deb[.]debian"
    )
    found = []
    for path in project_files():
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:  # an image or a font
            continue
        found += [f"{path.relative_to(PROJECT)}:{n}: {line}" for n, line in enumerate(lines, 1) if places.search(line)]

    assert found == []
