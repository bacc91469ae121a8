"""Sessions with what is hard to make again: each is captured in a kernel, and its run replayed in another."""

from pathlib import Path

import pytest
from tests.notebooks.recorded import recorded

from cellmill.executors.kernels import LocalKernels
from cellmill.wiring.attempts import GIVEN, Options
from cellmill.wiring.replaying import NEEDED_ALL, find_verdict

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


UNHEARD, PUT = "import os\nname = '.'.join(['made', 'bin'])", "count = os.write(os.open(name, 65), X.tobytes())"
GOT = "X = np.frombuffer(os.read(os.open(name, 0), 320)).reshape(20, 2) * 2"


@pytest.mark.parametrize(
    ("cells", "note"),
    [
        pytest.param((UNHEARD, DATA, PUT, GOT, FIT), NEEDED_ALL, id="a cell that was not kept"),
        pytest.param(
            (UNHEARD, DATA, f"# cellmill: skip\n{PUT}", GOT, FIT), f"{GIVEN}: made.bin.", id="nobody who is known"
        ),
    ],
)
def test_the_users_leftover_file_does_not_hide_that_its_writer_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cells: tuple[str, ...], note: str
) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    project, session = recorded(tmp_path / "project", cells)
    verdict = find_verdict(project, session, session.runs[0], LocalKernels(), Options(warm=False))
    assert (verdict.judgement, verdict.reason, verdict.notes) == ("exact", None, (note,))


def test_a_module_that_was_changed_in_the_session_is_replayed_as_each_execution_had_it(tmp_path: Path) -> None:
    module = "import numpy as np\ndef load():\n    return (np.arange(40.0).reshape(20, 2) % 7) ** "
    cells = (
        "import own_data, importlib, subprocess\nfrom pathlib import Path",
        "X = own_data.load()",
        # By another process, as an editor would. The cell names the file, so that it may have written it.
        "subprocess.run(['sed', '-i', 's/[*][*] 1/** 3/', 'own_data.py'], check=True)",
        "Z = own_data.load()",
        "importlib.reload(own_data)",
        "y = own_data.load()[:, 0] + Z[:, 1]",
        FIT,
    )
    project, session = recorded(tmp_path / "project", cells, files={"own_data.py": f"{module}1\n"})
    verdict = find_verdict(project, session, session.runs[0], LocalKernels(), Options(warm=False))
    numbers = {execution.execution: execution.number for execution in session.executions}
    assert (verdict.judgement, verdict.reason) == ("exact", None)
    assert verdict.notes == ("Modules were changed since, and replayed as they had been: own_data.",)
    assert tuple(numbers[execution] for execution in verdict.kept) == (1, 2, 3, 4, 5, 6, 7)


def test_variables_that_the_kernel_was_started_with_are_given_to_the_replay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OWN_SCALE", "3")
    monkeypatch.setenv("PYTHONHASHSEED", "42")
    ordered = "import os\nX = X * float(os.environ.get('OWN_SCALE', '1'))\ny = y + hash('word') % 1000"
    project, session = recorded(tmp_path / "project", (DATA, ordered, FIT))
    monkeypatch.delenv("OWN_SCALE")
    monkeypatch.delenv("PYTHONHASHSEED")
    verdict = find_verdict(project, session, session.runs[0], LocalKernels(), Options())
    assert (verdict.judgement, verdict.reason, verdict.notes) == ("exact", None, ())


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
