"""Trainings that come in pieces: `partial_fit` by batches, and models that other processes fitted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.kernel.kernels import kernel_with

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.kernel.kernels import Kernel

    from cellmill.core.runs import Run

IMPORTS = """\
import joblib
import numpy as np
import pandas as pd
import sklearn.metrics
from sklearn.cluster import MiniBatchKMeans
from sklearn.linear_model import Ridge, SGDClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
X = pd.DataFrame(np.random.RandomState(0).rand(120, 3), columns=["a", "b", "c"])
y = (X.a + X.b > 1).astype(int)
X_test, y_test = X[:20], y[:20]
batches = [(X[i:i + 20], y[i:i + 20]) for i in range(0, 120, 20)]
"""
LOOP = """\
model = SGDClassifier(alpha=0.01, random_state=0)
for rows, labels in batches:
    model.partial_fit(rows, labels, classes=[0, 1])
"""


@pytest.fixture(scope="module")
def kernel(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    root = tmp_path_factory.mktemp("batches") / "project"
    with kernel_with(root, home, settings="training_metrics_ms = 0.0\n", cell=IMPORTS) as kernel:
        yield kernel


def test_batches_of_one_cell_are_one_training(kernel: Kernel) -> None:
    answer = kernel.run(LOOP)
    run = kernel.run_of(answer)

    assert (run.short_class, run.kind, run.status) == ("SGDClassifier", "loop", "finished")
    assert {name: parameters(run)[name] for name in ("alpha", "batches")} == {"alpha": "0.01", "batches": "6"}
    assert [(use.name, use.context, use.rows, use.target) for use in run.data] == [("rows", "training", 20, "labels")]
    assert run.model is not None
    assert run.model.example_sha256 is not None


def test_a_clusterer_learns_by_batches_and_a_scaler_only_prepares(kernel: Kernel) -> None:
    answer = kernel.run(
        "scaler, clusters = StandardScaler(), MiniBatchKMeans(2, n_init=1)\n"
        "for rows, _ in batches:\n    scaler.partial_fit(rows)\n    clusters.partial_fit(rows)"
    )
    run = kernel.run_of(answer)
    assert (run.short_class, parameters(run)["batches"]) == ("MiniBatchKMeans", "6")


def test_two_models_on_one_stream_are_two_trainings_and_another_cell_makes_another(kernel: Kernel) -> None:
    first = kernel.run(
        "one, two = GaussianNB(), SGDClassifier()\n"
        "for rows, labels in batches[:4]:\n"
        "    for each in (one, two):\n        each.partial_fit(rows, labels, classes=[0, 1])"
    )
    second = kernel.run("one.partial_fit(*batches[4])")

    found = [(run.short_class, parameters(run)["batches"]) for run in kernel.runs_of(first, second)]
    assert found == [("GaussianNB", "4"), ("SGDClassifier", "4"), ("GaussianNB", "1")]


def test_what_is_measured_between_batches_and_afterwards_is_its_models(kernel: Kernel) -> None:
    trained = kernel.run(LOOP + "    model.score(X_test, y_test)")
    kernel.run("sklearn.metrics.accuracy_score(y_test, model.predict(X_test))")
    names = [metric.name for metric in kernel.run_of(trained).metrics]
    assert names == ["SGDClassifier_score_X_test"] * 6 + ["accuracy_score_X_test"]


def test_a_fit_after_batches_is_a_training_of_its_own(kernel: Kernel) -> None:
    answer = kernel.run(LOOP + "model.fit(X, y)\nmodel.score(X_test, y_test)")

    by_batches, whole = kernel.runs_of(answer)
    assert [(run.kind, run.status, len(run.metrics)) for run in (by_batches, whole)] == [
        ("loop", "finished", 0),
        ("fit", "finished", 1),
    ]
    assert by_batches.model != whole.model


@pytest.mark.parametrize(
    ("cell", "statuses"),
    [
        (LOOP.replace("classes=[0, 1]", "classes=[5]"), ["failed"]),
        (LOOP + "    if len(batches) == 6: raise ValueError('enough')", ["failed"]),
        (LOOP + "raise ValueError('afterwards')", ["finished"]),
        (LOOP + "    raise KeyboardInterrupt", ["interrupted"]),
        (
            "model = SGDClassifier()\nfor given in ('no rows', X):\n"
            "    try:\n        model.partial_fit(given, y, classes=[0, 1])\n    except ValueError:\n        pass",
            ["failed", "finished"],
        ),
    ],
    ids=["in a batch", "in the loop", "after it", "interrupted", "caught"],
)
def test_a_loop_that_does_not_come_to_its_end_is_no_finished_training(
    kernel: Kernel, cell: str, statuses: list[str]
) -> None:
    answer = kernel.run(cell, may_fail=True)
    assert [run.status for run in kernel.runs_of(answer)] == statuses


def test_a_killed_loop_is_interrupted(home: Path, tmp_path: Path) -> None:
    with kernel_with(tmp_path / "project", home, settings="", cell=IMPORTS) as kernel:
        kernel.run(LOOP + "    __import__('os').kill(__import__('os').getpid(), 9)", may_fail=True)
        (run,) = kernel.runs
    assert (run.short_class, run.status) == ("SGDClassifier", "interrupted")


# --- other processes

PARALLEL = """\
def fit(alpha):
    return Ridge(alpha=alpha).fit(X, y)
models = joblib.Parallel(n_jobs=2)(joblib.delayed(fit)(alpha) for alpha in (0.5, 2.0))
"""


def test_models_that_came_back_from_other_processes_are_runs_with_what_is_known(kernel: Kernel) -> None:
    trained = kernel.run(PARALLEL)
    measured = kernel.run("sklearn.metrics.mean_squared_error(y_test, models[1].predict(X_test))")

    first, second = kernel.runs_of(trained)
    assert [(run.short_class, run.status, parameters(run)["alpha"]) for run in (first, second)] == [
        ("Ridge", "finished", "0.5"),
        ("Ridge", "finished", "2.0"),
    ]
    assert first.model is not None
    assert "another process" in str(first.model_note)
    assert (first.data, first.metrics) == ((), ())
    assert f"np.float64({second.last_metrics['mean_squared_error_X_test']!r})" in (
        str(measured.result),
        f"np.float64({measured.result})",
    )


@pytest.mark.parametrize(
    ("cell", "classes"),
    [
        ("joblib.Parallel(2)(joblib.delayed(Ridge(alpha=a).fit)(X, y) for a in (1, 2))", ["Ridge", "Ridge"]),
        (PARALLEL.replace("return", "return alpha,"), ["Ridge", "Ridge"]),
        (PARALLEL.replace("n_jobs=2", "n_jobs=2, prefer='threads'"), ["Ridge", "Ridge"]),
        (PARALLEL.replace("n_jobs=2", "n_jobs=1"), ["Ridge", "Ridge"]),
        (PARALLEL.replace("Ridge(alpha=alpha)", "StandardScaler()"), []),
        ("joblib.Parallel(2)(joblib.delayed(len)(rows) for rows, _ in batches)", []),
        ("joblib.Parallel(2)(joblib.delayed(Ridge)(alpha=a) for a in (1, 2))", []),
    ],
    ids=["a method", "in tuples", "threads", "one job", "transformers", "numbers", "unfitted"],
)
def test_each_model_is_one_run_whoever_fitted_it(kernel: Kernel, cell: str, classes: list[str]) -> None:
    assert [run.short_class for run in kernel.runs_of(kernel.run(cell))] == classes


@pytest.mark.parametrize(
    "tasks", ["(joblib.delayed(measure)(m) for m in models)", "[joblib.delayed(m.get)() for m in own]"]
)
def test_a_model_that_only_came_along_is_not_trained_again(kernel: Kernel, tasks: str) -> None:
    kernel.run(PARALLEL)
    kernel.run("class Own(Ridge):\n    def get(self):\n        return self\nown = [Own().fit(X, y), Own().fit(X, y)]")
    answer = kernel.run(
        f"def measure(model):\n    return model, model.score(X_test, y_test)\nmeasured = joblib.Parallel(2)({tasks})"
    )
    assert kernel.runs_of(answer) == []


def test_fits_in_other_processes_that_fail_look_as_without_us(kernel: Kernel) -> None:
    answer = kernel.run(PARALLEL.replace("X, y", "X, y[:3]"), may_fail=True)
    assert (answer.error, kernel.runs_of(answer)) == ("ValueError", [])
    assert "cellmill" not in answer.traceback


def parameters(run: Run) -> dict[str, str]:
    return {parameter.name: parameter.value for parameter in run.parameters}
