"""The layers of DESIGN.md, and that nothing stands outside of them."""

import subprocess
import sys
from typing import Any

from tests.shape.repository import ROOT, SOURCE, pyproject

SHELLS = {"kernel", "server", "cli"}
IN_THE_KERNEL = {"core", "dataflow", "capture", "kernel"}


def contract(kind: str, sources: set[str] | None = None) -> dict[str, Any]:
    """Return the one contract of a kind, about these packages."""
    contracts: list[dict[str, Any]] = pyproject()["tool"]["importlinter"]["contracts"]
    [found] = [c for c in contracts if c["type"] == kind and sources in (None, _packages(c.get("source_modules", [])))]
    return found


def packages() -> set[str]:
    return {path.parent.name for path in SOURCE.glob("*/__init__.py")}


def test_no_import_goes_against_the_layers() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as main; main()", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_every_package_has_its_layer() -> None:
    layers = contract("layers")
    named = {name.strip() for line in layers["layers"] for name in line.split("|")}
    modules = {path.stem for path in SOURCE.glob("*.py")} - {"__init__"}
    assert named == packages() | modules | {"_version"}
    assert layers["exhaustive"] is True


def test_the_users_kernel_is_kept_free_of_every_other_package() -> None:
    forbidden = _packages(contract("forbidden", {"kernel"})["forbidden_modules"])
    assert forbidden == packages() - IN_THE_KERNEL - SHELLS


def kept_from(library: str) -> set[str]:
    """Return the packages that some contract forbids a library."""
    contracts = pyproject()["tool"]["importlinter"]["contracts"]
    return _packages([m for c in contracts if library in c.get("forbidden_modules", []) for m in c["source_modules"]])


def test_each_library_enters_through_one_door() -> None:
    assert packages() - kept_from("mlflow") == {"stores"}
    assert packages() - kept_from("papermill") == {"executors", "cli"}  # its engine's entry point is a shell


def _packages(modules: list[str]) -> set[str]:
    return {module.removeprefix("cellmill.") for module in modules}
