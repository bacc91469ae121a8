"""What every file of the repository is, and is not."""

import ast
import json
import re
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from tests.shape.repository import ROOT, SOURCE, committed, modules, name_of, pyproject

from cellmill._version import __version__

MOST_LINES = 400
# Written in two parts, so that this file does not hold what it forbids.
MACHINE = ("/" + "work/main", "/" + "work/shared", "/" + "work/devenv", "/" + "root/")
REGISTRIES = ("registry." + "npmjs.org", "registry." + "yarnpkg.com", "files." + "pythonhosted.org")
# An error says by its message what it is; a property reads as a field; a handler's verbs are in rest.md.
SPEAKING = {SOURCE / "core" / "errors.py", SOURCE / "wire" / "errors.py"}
VERBS = {"get", "post", "put", "patch", "delete"}

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def texts() -> Iterator[tuple[str, str]]:
    """Every committed file that is text."""
    for path in committed():
        try:
            yield name_of(path), path.read_text("utf-8")
        except UnicodeDecodeError:
            continue


def public(node: ast.Module | ast.ClassDef) -> Iterator[Definition]:
    for child in node.body:
        if isinstance(child, Definition) and not child.name.startswith("_"):
            yield child
            if isinstance(child, ast.ClassDef):
                yield from public(child)


def is_property(node: Definition) -> bool:
    written = {ast.unparse(decorator).rpartition(".")[2] for decorator in node.decorator_list}
    return bool(written & {"property", "cached_property"})


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_a_module_says_what_it_is_for_and_so_does_what_it_offers(path: Path) -> None:
    if path.name == "_version.py":
        return  # made by the build
    tree = ast.parse(path.read_text("utf-8"))
    assert ast.get_docstring(tree)
    silent = [
        node.name
        for node in public(tree)
        if not ast.get_docstring(node)
        and not is_property(node)
        and not (path in SPEAKING and isinstance(node, ast.ClassDef))
        and not (path.parent.name == "server" and node.name in VERBS)
    ]
    assert silent == []


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_an_import_names_the_whole_module(path: Path) -> None:
    imports = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.ImportFrom)]
    assert [node.module for node in imports if node.level] == []


def test_no_file_grows_past_what_a_person_reads_at_once() -> None:
    written = (path for path in (ROOT / "labextension" / "src").rglob("*.ts*") if path.name != "generated.ts")
    sources = [*modules(), *written]
    lengths = {name_of(path): len(path.read_text("utf-8").splitlines()) for path in sources}
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}


def test_the_version_is_written_once() -> None:
    package = json.loads((ROOT / "package.json").read_text("utf-8"))
    assert "version" not in pyproject()["project"]
    assert pyproject()["project"]["dynamic"] == ["version"]
    assert pyproject()["tool"]["hatch"]["version"] == {"source": "nodejs"}
    assert {package["version"], __version__, version("cellmill")} == {package["version"]}
    assert "src/cellmill/_version.py" not in {name_of(path) for path in committed()}


def test_no_path_of_a_machine_is_committed() -> None:
    found = [(name, path) for name, text in texts() for path in MACHINE if path in text]
    assert found == []


def test_no_host_of_a_registry_is_committed() -> None:
    found = [(name, host) for name, text in texts() for host in REGISTRIES if host in text]
    assert found == []
    lock = json.loads((ROOT / "package-lock.json").read_text("utf-8"))
    assert [name for name, entry in lock["packages"].items() if "resolved" in entry and not entry.get("link")] == []


def test_no_file_name_says_nothing() -> None:
    empty = re.compile(r"(^|_)(utils?|helpers?|common|manager|misc)(_|$)")
    sources = [*modules(), *(path for path in committed() if path.suffix in (".py", ".ts", ".tsx"))]
    assert [name_of(path) for path in sources if empty.search(path.stem)] == []


def test_our_own_code_is_not_mocked() -> None:
    mock = "unittest" + ".mock"
    patched = "setattr(" + "cellmill"
    found = [name for name, text in texts() if name.startswith("tests/") and (mock in text or patched in text)]
    assert found == []
