"""Kernels that are installed and cannot be started."""

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cellmill.cli import app, steps
from cellmill.core.errors import KernelMissing
from cellmill.executors.kernels import LocalKernels
from cellmill.notebook.plain import as_bytes, new_code_cell, new_notebook


@pytest.fixture
def gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Two kernels whose program was removed: `old`, which is ipykernel's, and `other`, which is another's."""
    program = str(tmp_path / "venv" / "bin" / "python")
    for name, words in {"old": ["-m", "ipykernel_launcher", "-f"], "other": ["--connect"]}.items():
        folder = tmp_path / "kernels" / name
        folder.mkdir(parents=True)
        spec = {"argv": [program, *words, "{connection_file}"], "display_name": name, "language": "python"}
        (folder / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    (tmp_path / "a.ipynb").write_bytes(as_bytes(new_notebook([new_code_cell("c0", "1")], {})))
    return program


@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
@pytest.mark.parametrize("name", ["old", "other"])
def test_a_kernel_whose_interpreter_was_removed_is_told_with_its_path(
    gone: str, tmp_path: Path, name: str, warm: bool
) -> None:
    kernels = LocalKernels()
    with (
        pytest.raises(KernelMissing) as raised,
        kernels.start(notebook=tmp_path / "a.ipynb", cwd=tmp_path, kernel=name, environment={}, warm=warm),
    ):
        pass
    assert str(raised.value) == (
        f"The kernel {name!r} cannot be started: {gone} cannot be run (no such file or directory). "
        f"Choose another with --kernel, or remove it with: jupyter kernelspec remove {name}"
    )


def test_a_run_with_it_ends_in_a_sentence(gone: str, tmp_path: Path) -> None:
    assert steps is not None
    ended = CliRunner().invoke(app, ["run", str(tmp_path / "a.ipynb"), "--kernel", "old", "--retries", "2"])
    assert isinstance(ended.exception, KernelMissing)


def test_a_folder_that_is_gone_is_not_taken_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "kernels" / "here"
    folder.mkdir(parents=True)
    words = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (folder / "kernel.json").write_text(json.dumps({"argv": words}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    nowhere = tmp_path / "nowhere"
    with (
        pytest.raises(FileNotFoundError),
        LocalKernels().start(notebook=tmp_path / "a.ipynb", cwd=nowhere, kernel="here", environment={}, warm=False),
    ):
        pass
