"""What a user's mistake gets: a sentence that says what to do, nothing half-written, no traceback of ours."""

import ast
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest
from tests.notebooks.commands import EVALUATE, PARAMETERS, TRAIN, Desk, Said

DIES = """\
import ast
import os
from sklearn.base import BaseEstimator
class Dies(BaseEstimator):
    def fit(self, X, y):
        os.kill(os.getpid(), 9)
    def predict(self, X):
        return X
Dies().fit(X_train, y_train)"""


def is_refused(said: Said, *words: str, code: int = 2) -> bool:
    """Whether it ended with that code, said these words, and showed no traceback. pytest shows what was said."""
    return said.code == code and "Traceback" not in said.err and all(word in said.err for word in words)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("alhpa=1", ("no parameter 'alhpa'", "Did you mean 'alpha'?")),
        ("depth=1", ("no parameter 'depth'", "it declares in cell 1: alpha, features")),
        ("alpha=high", ("'alpha' of ridge.ipynb takes a number", "'high'")),
        ("alpha", ("Write NAME=VALUE",)),
    ],
)
def test_a_wrong_parameter_is_refused_before_a_kernel_starts(
    desk: Desk, ridge: Path, given: str, words: tuple[str, ...]
) -> None:
    assert is_refused(desk.cellmill("run", "ridge.ipynb", "-p", given), *words)
    assert not (desk.root / "executed").exists() or not list((desk.root / "executed").iterdir())
    assert not (desk.root / ".cellmill").exists()


def test_papermill_with_our_engine_refuses_it_too(desk: Desk, ridge: Path) -> None:
    said = desk.papermill("--engine", "cellmill", "ridge.ipynb", "out.ipynb", "-p", "alhpa", "1")
    assert is_refused(said, "Did you mean 'alpha'?", code=1)
    assert not (desk.root / "out.ipynb").exists()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("notes.ipynb", "just some text", ("not a notebook",)),
        ("data.ipynb", '{"rows": []}', ("not a notebook",)),
        ("ridgee.ipynb", None, ("There is no notebook", "ridge.ipynb")),
    ],
)
def test_what_is_no_notebook_is_said(
    desk: Desk, ridge: Path, name: str, content: str | None, words: tuple[str, ...]
) -> None:
    if content is not None:
        (desk.root / name).write_text(content)
    assert is_refused(desk.cellmill("run", name), name, *words)


def test_a_kernel_that_is_not_installed_is_named(desk: Desk, ridge: Path) -> None:
    assert is_refused(desk.cellmill("run", "ridge.ipynb", "-k", "no-such"), "no kernel 'no-such'", "python3", code=1)


def test_a_folder_that_cannot_be_written_is_named(desk: Desk, ridge: Path) -> None:
    (desk.root / "file").write_text("in the way")
    assert is_refused(desk.cellmill("run", "ridge.ipynb", "-o", "file/out.ipynb"), "Cannot write in", "file")


def test_a_cell_that_raises_fails_the_run_and_keeps_everything_up_to_there(desk: Desk) -> None:
    desk.notebook("fails.ipynb", PARAMETERS, TRAIN, EVALUATE, "raise ValueError('boom')")
    said = desk.cellmill("run", "fails.ipynb", "-o", "out.ipynb")
    assert is_refused(said, "raise ValueError('boom')", "ValueError: boom", "out.ipynb", code=1)
    assert (desk.root / "out.ipynb").exists()
    (run,) = desk.runs()
    assert run["status"] == "failed"
    assert "mean_absolute_error_X_test" in run["metrics"]
    assert run["error"] == "ValueError: boom"
    database = sqlite3.connect(desk.root / "mlflow.db")
    assert database.execute("select status from runs").fetchall() == [("FAILED",)]
    database.close()


def test_a_value_whose_display_raises_is_told_with_what_it_raised(desk: Desk) -> None:
    desk.notebook(
        "shows.ipynb",
        "class Graph:\n    def _repr_mimebundle_(self, **_):\n        raise ValueError('no dot')",
        "Graph()",
    )
    said = desk.cellmill("run", "shows.ipynb")
    assert is_refused(said, "ValueError: no dot", code=1)
    assert "NoneType" not in said.err


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_kernel_that_dies_in_a_fit_leaves_an_interrupted_run_and_a_whole_journal(desk: Desk) -> None:
    desk.notebook("dies.ipynb", PARAMETERS, TRAIN, DIES)
    assert is_refused(desk.cellmill("run", "dies.ipynb"), "The kernel of dies.ipynb died", code=1)
    assert [(run["model_class"], run["status"]) for run in desk.runs()] == [
        ("Dies", "interrupted"),
        ("sklearn.linear_model.Ridge", "finished"),
    ]


@contextmanager
def locked(path: Path) -> Iterator[None]:
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("begin exclusive")
    try:
        yield
    finally:
        holder.execute("rollback")
        holder.close()


def test_a_locked_store_stops_nothing_and_the_run_appears_later(desk: Desk, ridge: Path) -> None:
    with locked(desk.root / "mlflow.db"):
        said = desk.papermill("--engine", "cellmill", "ridge.ipynb", "out.ipynb", "--no-progress-bar")
    assert said.code == 0, said.err
    assert "Nothing is lost" in said.err
    (run,) = desk.runs()
    assert run["mlflow_run_id"]


def test_an_unreachable_store_stops_nothing_and_the_run_appears_later(desk: Desk, ridge: Path) -> None:
    nobody = "http://127.0.0.1:9"
    said = desk.papermill(
        "--engine", "cellmill", "ridge.ipynb", "out.ipynb", "--no-progress-bar", MLFLOW_TRACKING_URI=nobody
    )
    assert said.code == 0, said.err
    assert "does not answer" in said.err
    assert desk.cellmill("sync").code == 0
    (run,) = desk.runs()
    assert run["mlflow_run_id"]


def test_a_cellmill_folder_that_cannot_be_made_stops_nothing_and_is_said(desk: Desk, ridge: Path) -> None:
    (desk.root / ".cellmill").write_text("a file where the folder should be")
    said = desk.papermill("--engine", "cellmill", "ridge.ipynb", "out.ipynb", "--no-progress-bar")
    assert said.code == 0, said.err
    assert "nothing was captured" in said.err
    assert (desk.root / "out.ipynb").exists()


def test_names_and_runs_that_cannot_be_are_refused(desk: Desk, ridge: Path) -> None:
    assert desk.cellmill("run", "ridge.ipynb").code == 0
    (run,) = desk.runs()
    assert is_refused(desk.cellmill("register", run["run"], "--name", "a/b"), "'a/b' cannot name a model")
    assert is_refused(desk.cellmill("register", run["run"], "--name", "ok", "--alias", "v1"), "'v1' cannot be an alias")
    unknown = ("register", "0", "--name", "ok") if run["run"][0] != "0" else ("show", "x")
    assert is_refused(desk.cellmill(*unknown), "There is no run")
    assert desk.cellmill("models", "--json").json == []


def test_settings_that_cannot_be_read_are_said_with_the_line(desk: Desk, ridge: Path) -> None:
    (desk.root / ".cellmill").mkdir()
    (desk.root / ".cellmill" / "settings.toml").write_text("keep_modells = false")
    said = desk.papermill("--engine", "cellmill", "ridge.ipynb", "out.ipynb", "--no-progress-bar")
    assert said.code == 0, said.err
    assert "nothing was captured" in said.err


def test_an_empty_project_says_what_to_do(desk: Desk) -> None:
    assert "Run a notebook that fits a model" in desk.cellmill("runs").out
    assert "Register one with" in desk.cellmill("models").out
    assert is_refused(desk.cellmill("compare", "abc", "def"), "There is no run abc")


TYPED = """\
depth: int = 4  # 1..20, of a tree
text = "a"
words: list[str] = ["a"]
table: Path = "a.csv" """


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("depth=21", ("takes an integer, 1 to 20, and 21 is not", "cell 2, which is tagged 'parameters'")),
        ("depth=4.5", ("takes an integer, and 4.5 is not one",)),
        ("words=[1]", ("takes a list of texts",)),
        ("table=", ("takes a path",)),
    ],
)
def test_bounds_and_types_are_looked_at_before_a_kernel_starts(desk: Desk, given: str, words: tuple[str, ...]) -> None:
    path = desk.notebook("typed.ipynb", "from pathlib import Path", TYPED)
    document = desk.read(path)
    document.cells[0].metadata["tags"], document.cells[1].metadata["tags"] = [], ["parameters"]
    nbformat.write(document, path)
    assert is_refused(desk.cellmill("run", "typed.ipynb", "-p", given), *words)
    assert not (desk.root / ".cellmill").exists()


INJECTING = [
    '"); import os; os._exit(3) #',
    "'''\nimport os\nos._exit(3)\n'''",
    "\\",
    '{x!r} \\N{DASH} \u2028 "\'"',
    "\\\n",
]


def test_text_arrives_as_that_text_whatever_it_holds(desk: Desk) -> None:
    desk.notebook(
        "typed.ipynb",
        "a = ''\nb = ''\nc = ''\nd = ''\ne = ''\nf = ['']\ng = {'k': ''}\nh = {0}\ni = {}",
        "print([a, b, c, d, e, f, g, h, i])",
    )
    given = {
        **dict(zip("abcde", INJECTING, strict=True)),
        "f": repr(INJECTING),
        "g": repr({INJECTING[0]: INJECTING[1]}),
        "h": "{7, 8}",  # of which, and of the next, JSON knows nothing
        "i": "{1: 2, 'a': 3}",
    }
    said = desk.cellmill(
        "run", "typed.ipynb", "-o", "out.ipynb", *(w for n, v in given.items() for w in ("-p", f"{n}={v}"))
    )
    assert said.code == 0, said.err
    (shown,) = desk.read("out.ipynb").cells[-1].outputs
    assert ast.literal_eval(shown.text) == [*INJECTING, INJECTING, {INJECTING[0]: INJECTING[1]}, {7, 8}, {1: 2, "a": 3}]
