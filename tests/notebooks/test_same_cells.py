"""One notebook means the same to whoever runs it: which of its cells run, and what is a good end."""

import nbformat
import pytest
from tests.notebooks.commands import Desk

PARAMETERS = "size = 3  # 1..9"
SKIPPED = "rows = rows[:1]"
TOTAL = "scale = 2\ntotal = float(sum(rows))\nwith open('out.txt', 'w') as out:\n    out.write(str(total * scale))"


@pytest.fixture
def work(desk: Desk) -> Desk:
    """A notebook with a cell for a quick look, that is tagged to be passed over, and with `sys.exit()` at its end."""
    (desk.root / "pyproject.toml").write_text("")
    path = desk.notebook(
        "work.ipynb", PARAMETERS, "rows = list(range(size * 2))", SKIPPED, TOTAL, "import sys\nsys.exit()"
    )
    document = desk.read(path)
    document.cells[2].metadata["tags"] = ["skip-execution"]
    nbformat.write(document, path)
    return desk


def test_a_run_passes_cells_over_and_ends_well(work: Desk) -> None:
    said = work.cellmill("run", "work.ipynb")
    assert said.code == 0, said.err
    assert (work.root / "out.txt").read_text() == "30.0"


def test_a_trial_of_a_sweep_does(work: Desk) -> None:
    said = work.cellmill("sweep", "work.ipynb", "--grid", "size=1,2", "--metric", "total", "--json")
    assert said.code == 0, said.err
    trials = {trial["parameters"]["size"]: (trial["state"], trial["value"]) for trial in said.json["trials"]}
    assert trials == {1: ("finished", 1.0), 2: ("finished", 6.0)}


def test_a_pick_is_checked_so(work: Desk) -> None:
    said = work.cellmill("params", "work.ipynb", "--pick", "scale", "--json")
    assert said.code == 0, said.err
    assert said.json["notes"] == ["Not compared, for it cannot be read: out."]


def test_a_split_is_verified_as_its_steps_run(work: Desk) -> None:
    said = work.cellmill("split", "work.ipynb", "--name", "parts", "--yes", "--at", "4", "--json")
    assert said.code == 0, said.err
    said = work.cellmill("pipeline", "run", "parts")
    assert said.code == 0, said.err
    assert (work.root / "out.txt").read_text() == "30.0"
