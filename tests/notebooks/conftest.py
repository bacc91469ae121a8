"""Projects with a store made ahead, and one in which a notebook has gone through each headless door."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pytest
from tests.notebooks.commands import EVALUATE, PARAMETERS, TRAIN, Desk, new_desk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mlflow.entities import Run as MlflowRun
    from nbformat import NotebookNode
    from tests.notebooks.commands import Said

    from cellmill.core.runs import Run

NOTEBOOK = "notebooks/work.ipynb"
WORK = (
    "strength = 0.5\nrows = 300\ntitle = 'work'\nquick = True",
    "from sklearn.datasets import load_diabetes\n"
    "from sklearn.linear_model import LinearRegression, Ridge\n"
    "from sklearn.metrics import mean_absolute_error\n"
    "from sklearn.model_selection import cross_val_score\n\n"
    "X, y = load_diabetes(return_X_y=True, as_frame=True)\n"
    "X_train, X_test, y_train, y_test = X[:rows], X[rows:], y[:rows], y[rows:]",
    "ridge = Ridge(alpha=strength).fit(X_train, y_train)",
    "predicted = ridge.predict(X_test)",
    "print(mean_absolute_error(y_test, predicted))",
    "print(ridge.score(X_test, y_test))",
    "print(predicted[:5].tolist())",
    "scores = cross_val_score(LinearRegression(), X_train, y_train, cv=3)",
)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where Jupyter and IPython keep what is theirs: nothing of the user's is read or written."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def desk(tmp_path: Path, home: Path, empty_database: Path) -> Iterator[Desk]:
    """An empty project."""
    made = new_desk(tmp_path / "project", home, empty_database)
    yield made
    made.end()


@pytest.fixture
def ridge(desk: Desk) -> Path:
    """A notebook with one training and one metric, and the parameters `alpha` and `features`."""
    return desk.notebook("ridge.ipynb", PARAMETERS, TRAIN, EVALUATE)


@dataclass(frozen=True)
class Ran:
    """A notebook that has gone through a door."""

    desk: Desk
    said: Said
    session: str
    output: Path

    @cached_property
    def ridge(self) -> Run:
        return self._run("Ridge")

    @cached_property
    def cross_validated(self) -> Run:
        return self._run("LinearRegression")

    @cached_property
    def record(self) -> MlflowRun:
        """The Ridge's run in MLflow."""
        return self.desk.record_of(self.ridge)

    @cached_property
    def executed(self) -> NotebookNode:
        return self.desk.read(self.output)

    def printed(self, cell: str) -> str:
        """Return what a cell printed."""
        (found,) = [each for each in self.executed.cells if each.id == cell]
        return str(found.outputs[0].text).strip()

    def _run(self, model: str) -> Run:
        (found,) = [run for run in self.desk.captured if (run.session, run.short_class) == (self.session, model)]
        return found


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, home: Path, empty_database: Path) -> Desk:
    """The project in which the doors below are tried. To be read, and added to, but not broken."""
    desk = new_desk(tmp_path_factory.mktemp("shared") / "project", home, empty_database)
    desk.notebook(NOTEBOOK, *WORK)
    return desk


@pytest.fixture(scope="session")
def plain(shared: Desk) -> Ran:
    """`cellmill run`."""
    return _ran(shared, lambda: shared.cellmill("run", NOTEBOOK))


@pytest.fixture(scope="session")
def with_parameters(shared: Desk, plain: Ran) -> Ran:
    """`cellmill run -p … -o …`."""
    words = ("-p", "strength=2.5", "--parameter", "title=another one", "-o", "results/second.ipynb")
    return _ran(shared, lambda: shared.cellmill("run", NOTEBOOK, *words))


@pytest.fixture(scope="session")
def by_papermill(shared: Desk, with_parameters: Ran) -> Ran:
    """`papermill --engine cellmill -p …`."""
    return _ran(shared, lambda: shared.papermill(NOTEBOOK, "third.ipynb", "-p", "strength", "4.5"))


@pytest.fixture(params=["plain", "with_parameters", "by_papermill"])
def door(request: pytest.FixtureRequest) -> Ran:
    """Each door in turn."""
    ran: Ran = request.getfixturevalue(request.param)
    return ran


def _ran(desk: Desk, go: Callable[[], Said]) -> Ran:
    sessions, files = {session.session for session in desk.sessions}, desk.files()
    said = go()
    assert said.code == 0, said.err
    (session,) = {session.session for session in desk.sessions} - sessions
    (output,) = desk.files() - files
    return Ran(desk, said, session, desk.root / output)
