"""Keras: a `Model.fit` is one run, with its history, its evaluations and its model."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.kernel.kernels import new_project, start_kernel

from cellmill.capture.sessions import load_sessions
from cellmill.core.events import CaptureFailed
from cellmill.stores.mlflow_client import client_for
from cellmill.wiring.projects import run_store
from cellmill.wiring.recorder import record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.kernel.kernels import Kernel

    from cellmill.core.runs import Run

NAMES = """\
import keras
import numpy as np
import sklearn.metrics
X = np.random.RandomState(0).rand(40, 3).astype("float32")
y = X.sum(1, keepdims=True)
X_test, y_test = X[30:], y[30:]
def made():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(0.125), loss="mse", metrics=["mae"])
    return model
"""
FIT = "model = made()\nhistory = model.fit(X, y, epochs=3, batch_size=8, validation_data=(X_test, y_test), verbose=0)\n"


@pytest.fixture(scope="module")
def kernel(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    root = new_project(tmp_path_factory.mktemp("keras") / "project")
    kernel = start_kernel(root, home, environment={"OMP_NUM_THREADS": "1", "KERAS_BACKEND": "torch"})
    try:
        kernel.run(NAMES, silent=True)
        yield kernel
        assert [event for event in kernel.events if isinstance(event, CaptureFailed)] == []
    finally:
        kernel.end()


def values(run: Run, name: str) -> dict[int, float]:
    return {metric.step: metric.value for metric in run.metrics if metric.name == name}


def test_a_fit_is_one_run_with_its_history_as_curves(kernel: Kernel) -> None:
    answer = kernel.run(FIT + "print(*history.history['val_mae'])")
    run = kernel.run_of(answer)
    parameters = {parameter.name: parameter.value for parameter in run.parameters}

    assert (run.library, run.model_class, run.status) == ("keras", "keras.Sequential", "finished")
    expected = {"epochs": "3", "batch_size": "8", "optimizer_learning_rate": "0.125"}
    assert {name: parameters[name] for name in expected} == expected
    assert {metric.name for metric in run.metrics} == {"loss", "mae", "val_loss", "val_mae"}
    assert values(run, "val_mae") == dict(enumerate(map(float, answer.stdout.split())))
    assert [(data.name, data.target, data.rows) for data in run.data] == [("X", "y", 40)]


def test_what_is_evaluated_and_predicted_later_belongs_to_the_run(kernel: Kernel) -> None:
    answer = kernel.run(FIT)
    kernel.run("loss, mae = model.evaluate(X_test, y_test, verbose=0)")
    kernel.run("answers = model.predict(X_test, verbose=0)")
    kernel.run("sklearn.metrics.r2_score(y_test, answers)")
    run = kernel.run_of(answer)

    later = [metric.name for metric in run.metrics if metric.name.endswith("X_test")]
    assert later == ["evaluate_loss_X_test", "evaluate_mae_X_test", "r2_score_X_test"]


def test_a_fit_that_raises_is_a_failed_run_with_its_curve_so_far(kernel: Kernel) -> None:
    source = (
        "def fails(epoch, logs):\n    if epoch == 1: raise ValueError('enough')\n"
        "model = made()\nafter = keras.callbacks.LambdaCallback(on_epoch_begin=fails)\n"
        "model.fit(X, y, epochs=3, verbose=0, callbacks=[after])"
    )
    answer = kernel.run(source, may_fail=True)
    run = kernel.run_of(answer)

    assert (run.status, list(values(run, "loss"))) == ("failed", [0])
    assert "cellmill" not in answer.traceback


SETTINGS = """\
from dataclasses import replace
from cellmill.capture.recording import current_recording
current_recording().settings = replace(current_recording().settings, max_model_mb={})
"""


def test_a_model_that_cannot_be_written_or_is_too_large_for_it_has_a_note(kernel: Kernel) -> None:
    source = (
        "class Stubborn(keras.Sequential):\n    def __reduce__(self): raise ValueError('I stay')\n"
        "model = Stubborn([keras.Input((3,)), keras.layers.Dense(10)])\n"
        "model.compile(loss='mse')\nhistory = model.fit(X, y, verbose=0)"
    )
    stubborn = kernel.run_of(kernel.run(source))
    kernel.run(SETTINGS.format(0.000159), silent=True)  # its 40 weights take 160 bytes
    large = kernel.run_of(kernel.run(source))
    kernel.run(SETTINGS.format(200.0), silent=True)

    assert (stubborn.status, stubborn.model_note) == ("finished", "it cannot be copied (ValueError: I stay)")
    too_large = "its pickle is larger than the setting max_model_mb (0.000159 MB)"
    assert (large.status, large.model_note) == ("finished", too_large)


# Keras's, with torch behind it and NumPy 2.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_the_kept_model_predicts_with_mlflow(
    kernel: Kernel, empty_database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    run = kernel.run_of(kernel.run(FIT + "np.save('answers.npy', model.predict(X[:5], verbose=0))"))
    shutil.copy(empty_database, kernel.root / "mlflow.db")
    record(load_sessions(kernel.project), run_store(kernel.project))
    client = client_for(kernel.project.store)
    (stored,) = client.search_runs(
        [experiment.experiment_id for experiment in client.search_experiments()],
        filter_string=f"tags.`cellmill.run` = '{run.run}'",
    )

    assert "cellmill.model_note" not in stored.data.tags, stored.data.tags["cellmill.model_note"]
    import mlflow

    mlflow.set_tracking_uri(kernel.project.store)
    model = mlflow.pyfunc.load_model(f"models:/{stored.data.tags['cellmill.model_id']}")
    rows = np.random.RandomState(0).rand(40, 3).astype("float32")[:5]
    assert np.allclose(model.predict(rows), np.load(kernel.root / "answers.npy"), atol=1e-5)
