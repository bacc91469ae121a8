"""No split is silently wrong: whatever is hard about a notebook, its steps print the same, or it is not split."""

import json
from pathlib import Path

import nbformat
import pytest
from tests.notebooks.hostile import CASES, Hostile

from cellmill.core.ports import CellRan
from cellmill.core.step_errors import SplitRefused
from cellmill.executors.kernels import LocalKernels
from cellmill.wiring.outcomes import Conditions
from cellmill.wiring.splitting import SplitMade, Splitting


def printed(ran: CellRan) -> str:
    return "".join(output["text"] for output in ran.outputs if output.get("name") == "stdout").strip()


def run_alone(notebook: Path) -> list[CellRan]:
    """Run a notebook's cells as anything would that runs notebooks, in a kernel of their own."""
    with LocalKernels().start(notebook=notebook, cwd=notebook.parent, kernel="python3", environment={}) as kernel:
        cells = json.loads(notebook.read_text("utf-8"))["cells"]
        return [kernel.run("".join(cell["source"])) for cell in cells if cell["cell_type"] == "code"]


def split(splitting: Splitting, *, border: int) -> tuple[SplitMade | None, str]:
    """Return what was made, or None and why nothing was."""
    try:
        splitting.look()
        splitting.propose([str(border)])
        return splitting.make(), ""
    except SplitRefused as refused:
        return None, str(refused)


@pytest.fixture
def notebook(tmp_path: Path, hostile: Hostile) -> Path:
    (tmp_path / ".git").mkdir()
    for name, text in hostile.files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    document = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    document.cells = [nbformat.v4.new_code_cell(cell) for cell in hostile.cells]
    path = tmp_path / "hostile.ipynb"
    nbformat.write(document, path)
    return path


@pytest.mark.parametrize("hostile", CASES.values(), ids=CASES.keys())
def test_its_steps_come_to_the_same_or_it_is_not_split(notebook: Path, hostile: Hostile) -> None:
    splitting = Splitting(notebook, "tried", LocalKernels(), Conditions(warm=True), told=lambda words, progress: None)
    made, refused = split(splitting, border=len(hostile.cells))
    if made is None:
        assert hostile.ends in ("refused", "either"), refused
        assert hostile.because in refused
        assert not splitting.folder.exists()
        return
    assert hostile.ends in ("same", "either"), f"it was split into {made.files}"
    ran = [run_alone(made.folder / file) for file in made.files[1:]]
    assert [one.error for cells in ran for one in cells if one.error is not None] == []
    assert len(ran) >= 2
    assert printed(ran[-1][-2]) == hostile.prints  # the last cell but the one that hands over
