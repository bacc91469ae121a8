"""Sessions with what is hard to make again: each is captured in a kernel, and its run replayed in another."""

from pathlib import Path

import pytest
from tests.notebooks.recorded import recorded

from cellmill.executors.kernels import LocalKernels
from cellmill.wiring.attempts import Options
from cellmill.wiring.replaying import find_verdict

DATA = "import numpy as np\nX = np.arange(40.0).reshape(20, 2) % 7\ny = X @ [1.0, 2.0] + np.arange(20) % 3"
FIT = "from sklearn.linear_model import Ridge\nmodel = Ridge().fit(X, y)\nmodel.score(X, y)"
SPLIT = "from sklearn.model_selection import train_test_split\nX, X_test, y, y_test = train_test_split(X, y)"
RANDOM = "import numpy as np\nX = np.random.rand(30, 2)\ny = X[:, 0] * 2 + np.random.rand(30)"


@pytest.mark.parametrize(
    ("cells", "kept"),
    [
        pytest.param((RANDOM, "X.mean()", FIT), (1, 3), id="numbers drawn in the cell that imports numpy, unseeded"),
        pytest.param((DATA, SPLIT, FIT), (1, 2, 3), id="an unseeded split that loads numpy.random"),
        pytest.param((DATA, "X * 2", "X = _ + Out[2]", FIT), (1, 2, 3, 4), id="results of cells before"),
        pytest.param((DATA, "%cd -q .", "X = X * 2", FIT), (1, 3, 4), id="a magic that IPython keeps a record of"),
        pytest.param(
            (DATA, "import os\nos.mkdir('out')\nnp.save('out/x.npy', X * 2)", "X = np.load('out/x.npy')", FIT),
            (1, 2, 3, 4),
            id="a folder that is made",
        ),
        pytest.param(
            (
                DATA,
                "np.savetxt('x.csv', X)",
                "np.savetxt('x.csv', np.loadtxt('x.csv') * 2)",
                "X = np.loadtxt('x.csv')",
                FIT,
            ),
            (1, 2, 3, 4, 5),
            id="a file that is read and overwritten",
        ),
        pytest.param((DATA, "globals()['k'] = 3", "X = X * globals()['k']", FIT), (1, 2, 3, 4), id="names in texts"),
    ],
)
def test_it_is_made_again_exactly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cells: tuple[str, ...], kept: tuple[int, ...]
) -> None:
    profile = tmp_path / "ipython"
    monkeypatch.setenv("IPYTHONDIR", str(profile))
    project, session = recorded(tmp_path / "project", cells)
    (run,) = session.runs
    before = {path: path.read_bytes() for path in project.root.rglob("*") if path.is_file()}
    verdict = find_verdict(project, session, run, LocalKernels(), Options(warm=False))
    numbers = {execution.execution: execution.number for execution in session.executions}
    assert (verdict.judgement, verdict.reason, verdict.notes) == ("exact", None, ())
    assert tuple(numbers[execution] for execution in verdict.kept) == kept
    assert {path: path.read_bytes() for path in project.root.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("far", ["../beside", "../../../../../../beside"])
def test_a_kernel_that_worked_outside_of_its_project(tmp_path: Path, far: str) -> None:
    """Nothing is written where it worked: not even what a replay itself has to write."""
    root = tmp_path / "1/2/3/4/5/project"
    root.parent.mkdir(parents=True)
    beside = (root / far).resolve()
    beside.mkdir()
    (beside / "recipe.ipynb").write_text("mine", "utf-8")
    project, session = recorded(root, (DATA, FIT), cwd=beside)
    verdict = find_verdict(project, session, session.runs[0], LocalKernels(), Options(warm=False))
    assert (verdict.judgement, verdict.reason) == ("exact", None)
    assert [(path.name, path.read_text("utf-8")) for path in beside.iterdir()] == [("recipe.ipynb", "mine")]
