"""What the user logs with MLflow by hand, or by autologging, and what we capture end in one run."""

import shutil
from pathlib import Path

import pytest
from tests.kernel.conftest import StartKernel
from tests.kernel.kernels import Kernel

from cellmill.capture.sessions import load_sessions
from cellmill.stores.mlflow_client import client_for
from cellmill.wiring.projects import run_store
from cellmill.wiring.recorder import record

AROUND = """\
with mlflow.start_run():
    mlflow.log_param("fold", 3)
    line = Ridge(alpha=0.5).fit(X_train, y_train)
    mlflow.log_metric("by_hand", 0.25)
"""
AFTERWARDS = """\
with mlflow.start_run() as later:
    mlflow.log_metric("by_hand", line.score(X_test, y_test))
"""
TWO = """\
with mlflow.start_run() as both:
    for alpha in (0.1, 0.2):
        Ridge(alpha=alpha).fit(X_train, y_train)
"""


@pytest.fixture
def tracking(start: StartKernel, empty_database: Path, monkeypatch: pytest.MonkeyPatch) -> Kernel:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    kernel = start(prepared=True)
    shutil.copy(empty_database, kernel.root / "mlflow.db")
    kernel.run("import mlflow", silent=True)
    return kernel


def recorded(kernel: Kernel) -> list[tuple[dict[str, str], dict[str, float], dict[str, str]]]:
    """Record twice, as a recorder does that was killed, and return what MLflow holds: params, metrics, tags."""
    project = kernel.project
    for _ in range(2):
        record(load_sessions(project), run_store(project))
    client = client_for(project.store)
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    runs = client.search_runs(experiments, order_by=["attributes.start_time ASC"])
    return [(run.data.params, run.data.metrics, {**run.data.tags, "id": run.info.run_id}) for run in runs]


def test_a_run_begun_around_a_fit_is_the_fits_run(tracking: Kernel) -> None:
    tracking.run(AROUND)
    [(params, metrics, tags)] = recorded(tracking)
    assert (params["fold"], params["alpha"], metrics["by_hand"]) == ("3", "0.5", 0.25)
    assert tags["cellmill.run"] == tracking.runs[0].run


def test_what_is_logged_after_a_fit_joins_it(tracking: Kernel) -> None:
    tracking.run("line = Ridge(alpha=0.5).fit(X_train, y_train)")
    tracking.run(AFTERWARDS)
    [(params, metrics, _)] = recorded(tracking)
    assert params["alpha"] == "0.5"
    assert metrics["by_hand"] == metrics["Ridge_score_X_test"]


def test_of_two_fits_in_one_run_the_second_is_shown_under_it(tracking: Kernel) -> None:
    tracking.run(TWO)
    (first, _, tags), (second, _, nested) = recorded(tracking)
    assert (first["alpha"], second["alpha"]) == ("0.1", "0.2")
    assert nested["mlflow.parentRunId"] == tags["id"]


@pytest.mark.parametrize("before", [True, False], ids=["autologging before sklearn", "autologging after"])
def test_an_autologged_fit_is_one_run(tracking: Kernel, before: bool) -> None:
    tracking.run("mlflow.sklearn.autolog(log_models=False, silent=True)", silent=before)
    tracking.run("line = Ridge(alpha=0.5).fit(X_train, y_train)")
    tracking.run("line.score(X_test, y_test)")
    [(params, metrics, tags)] = recorded(tracking)
    assert params["alpha"] == "0.5"
    assert "training_r2_score" in metrics
    assert tags["cellmill.run"] == tracking.runs[0].run
