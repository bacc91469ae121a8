"""Metrics on the training data: as autologging has them, within their time, and unnoticed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.kernel.conftest import DATA, IMPORTS
from tests.kernel.kernels import new_project, start_kernel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.kernel.kernels import Kernel

CLASSIFIER = {"accuracy_score", "score", "precision_score", "recall_score", "f1_score", "log_loss", "roc_auc"}
REGRESSOR = {"mean_squared_error", "root_mean_squared_error", "mean_absolute_error", "r2_score", "score"}


@pytest.fixture(scope="module")
def kernel(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """With time enough for a busy machine."""
    root = new_project(tmp_path_factory.mktemp("metrics") / "project")
    (root / ".cellmill").mkdir()
    (root / ".cellmill" / "settings.toml").write_text("training_metrics_ms = 2000\n")
    kernel = start_kernel(root, home)
    try:
        kernel.run(IMPORTS + DATA, silent=True)
        yield kernel
    finally:
        kernel.end()


@pytest.mark.parametrize(
    ("fit", "names"),
    [
        ("LogisticRegression().fit(X, y)", CLASSIFIER),
        ("make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)", CLASSIFIER),
        ("Ridge().fit(X, y)", REGRESSOR),
        ("KMeans(2, n_init=1).fit(X)", set()),
    ],
)
def test_a_fit_is_measured_on_its_own_data(kernel: Kernel, fit: str, names: set[str]) -> None:
    run = kernel.run_of(kernel.run(f"model = {fit}"))
    assert set(run.last_metrics) == {f"training_{name}" for name in names}
    if names:
        assert repr(run.last_metrics["training_score"]) == kernel.run("float(model.score(X, y))").result


def test_the_random_state_and_the_users_warnings_are_as_they_were(kernel: Kernel) -> None:
    cell = """\
import warnings
np.random.seed(3)
before = np.random.get_state()[2], list(warnings.filters)
model = LogisticRegression(solver="lbfgs").fit(X, y)
(np.random.get_state()[2], list(warnings.filters)) == before
"""
    answer = kernel.run(cell)
    assert (answer.result, answer.stderr) == ("True", "")


@pytest.mark.parametrize(
    ("fit", "why"),
    [
        ("RandomForestClassifier(2, verbose=1).fit(X, y)", "with verbose, predicting would print"),
        ("make_pipeline(Shift(), Ridge()).fit(X, y)", "a part of the estimator is not scikit-learn's own"),
    ],
)
def test_what_predicting_might_do_twice_is_not_done(kernel: Kernel, fit: str, why: str) -> None:
    shift = """\
class Shift(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        return self

    def transform(self, X):
        print("transformed")
        return np.asarray(X)
"""
    answer = kernel.run(shift + f"model = {fit}")
    run = kernel.run_of(answer)
    assert run.metrics == ()
    assert run.model_note == f"training metrics left out: {why}"
    assert answer.stdout.count("transformed") in (0, 1)


def test_a_pass_that_would_take_too_long_is_left_out_and_the_run_says_so(kernel: Kernel) -> None:
    cell = """\
from sklearn.neighbors import KNeighborsRegressor
rows = np.random.RandomState(0).rand(60_000, 20)
model = KNeighborsRegressor(algorithm="brute").fit(rows, rows[:, 0])
"""
    run = kernel.run_of(kernel.run(cell))
    assert run.metrics == ()
    assert run.model_note is not None
    assert run.model_note.startswith("training metrics left out: they would take about ")
