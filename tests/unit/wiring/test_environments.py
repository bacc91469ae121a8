"""Environments made again, several at a time."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cellmill.core.project import Project
from cellmill.core.replay_errors import EnvironmentNotBuilt
from cellmill.wiring import environments
from cellmill.wiring.environments import rebuilt_environment


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A run whose lock names one package."""
    monkeypatch.setattr(environments, "lock_of", lambda around: "numpy==2.0")
    monkeypatch.setattr(environments, "_uv", lambda run: "uv")
    return SimpleNamespace(run="aa", surroundings=SimpleNamespace(python="3.11.7"))


def test_two_replays_of_one_lock_make_one_environment(
    project: Project, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []
    asked: list[list[str]] = []

    def do(run: Any, command: list[str]) -> str:
        asked.append(command)
        if command[1] == "venv":
            folder = Path(command[-1])
            (folder / "bin").mkdir(parents=True)
            (folder / "bin" / "python").touch()
            made.append(folder)
            time.sleep(0.2)  # in which the other one comes
        if command[1] == "pip":
            time.sleep(0.2)
            (made[-1] / "numpy").touch()
        return f"{made[-1]}\n"

    monkeypatch.setattr(environments, "_do", do)
    monkeypatch.setattr(environments, "_lend_cellmill", lambda *given: None)
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: rebuilt_environment(project, run), range(2))
    assert first == second == made[0] / "bin" / "python"
    assert [command[1] for command in asked if command[0] == "uv"] == ["venv", "pip"]
    assert (made[0] / "numpy").exists()

    first.unlink()  # as when the Python that it was made with is removed: it is made anew
    assert rebuilt_environment(project, run) == first
    assert first.exists()


@pytest.mark.parametrize("last", ["false", "/nowhere/python"])
def test_an_environment_whose_python_cannot_be_run_is_told(
    project: Project, run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, last: str
) -> None:
    with pytest.raises(EnvironmentNotBuilt, match=r"false ended with 1|/nowhere/python cannot be run"):
        environments._lend_cellmill(run, tmp_path, Path(last))
