"""One step: what is wrong is said before a kernel starts."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from cellmill.core.errors import (
    CellmillError,
    FolderNotWritable,
    NotANotebook,
    NotebookMissing,
    UnknownParameter,
    WrongParameterType,
)
from cellmill.core.ports import Progress
from cellmill.pipeline.step import Step, run_step


@dataclass
class Executor:
    """A `NotebookExecutor` that writes down what it was asked."""

    asked: list[tuple[Path, Path, Mapping[str, Any], str | None]] = field(default_factory=list)

    def execute(
        self,
        notebook: Path,
        output: Path,
        parameters: Mapping[str, Any],
        *,
        kernel: str | None,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self.asked.append((notebook, output, parameters, kernel))


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    path = tmp_path / "work.ipynb"
    cell = new_code_cell("depth = 4\nname = 'ridge'\nrate = 0.1", metadata={"tags": ["parameters"]})
    nbformat.write(new_notebook(cells=[cell]), path)
    return path


def test_a_step_hands_its_notebook_to_the_executor_with_checked_values(notebook: Path, tmp_path: Path) -> None:
    executor, output = Executor(), tmp_path / "deep" / "out.ipynb"
    step = Step(notebook, output, {"rate": 1}, {"depth": "8", "name": "5"}, kernel="python3")
    run_step(step, executor)
    assert executor.asked == [(notebook, output, {"depth": 8, "name": "5", "rate": 1.0}, "python3")]
    assert output.parent.is_dir()


def test_a_value_given_as_such_comes_before_one_given_as_text(notebook: Path, tmp_path: Path) -> None:
    executor = Executor()
    run_step(Step(notebook, tmp_path / "out.ipynb", {"depth": 2}, {"depth": "8"}), executor)
    assert executor.asked[0][2] == {"depth": 2}


MISTAKES: list[tuple[str, dict[str, str], str, type[CellmillError]]] = [
    ("absent.ipynb", {}, "out.ipynb", NotebookMissing),
    (".", {}, "out.ipynb", NotANotebook),
    ("work.ipynb", {"dept": "3"}, "out.ipynb", UnknownParameter),
    ("work.ipynb", {"depth": "deep"}, "out.ipynb", WrongParameterType),
    ("work.ipynb", {}, "work.ipynb/out.ipynb", FolderNotWritable),
]


@pytest.mark.parametrize(("name", "texts", "output", "kind"), MISTAKES)
def test_a_mistake_is_said_before_anything_runs_or_is_written(
    notebook: Path, name: str, texts: dict[str, str], output: str, kind: type[CellmillError]
) -> None:
    executor, folder = Executor(), notebook.parent
    before = sorted(folder.iterdir())
    with pytest.raises(kind):
        run_step(Step(folder / name, folder / output, texts=texts), executor)
    assert (executor.asked, sorted(folder.iterdir())) == ([], before)


@pytest.mark.skipif(sys.platform != "linux", reason="needs a folder in which not even root can write")
def test_a_folder_in_which_nobody_can_write_is_said_before_anything_runs(notebook: Path) -> None:
    executor = Executor()
    with pytest.raises(FolderNotWritable) as raised:
        run_step(Step(notebook, Path("/proc/out.ipynb")), executor)
    assert (raised.value.folder, executor.asked) == ("/proc", [])
