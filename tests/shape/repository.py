"""The repository, as the tests of its shape look at it."""

import subprocess
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "cellmill"


@cache
def pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


@cache
def modules() -> tuple[Path, ...]:
    """Every module of the package."""
    return tuple(sorted(SOURCE.rglob("*.py")))


@cache
def committed() -> tuple[Path, ...]:
    """Every file that is, or would be with the next commit, in the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    paths = [ROOT / name.decode() for name in listed.stdout.split(b"\0") if name]
    return tuple(path for path in paths if path.is_file())


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def pages(*folders: str) -> str:
    """Return the text of every page of documentation in some folders of `docs/`."""
    found = [page for folder in folders for page in sorted((ROOT / "docs" / folder).glob("*.md"))]
    return "\n".join(page.read_text("utf-8") for page in found)
