"""However a notebook is run headlessly, each of its runs is an ordinary MLflow run in the end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import nbformat
import psutil
import pytest
from tests.notebooks.conftest import NOTEBOOK, WORK
from tests.processes import is_running

if TYPE_CHECKING:
    from tests.notebooks.commands import Desk
    from tests.notebooks.conftest import Ran

STRENGTHS = {"plain": "0.5", "with_parameters": "2.5", "by_papermill": "4.5"}


def test_a_run_is_finished_in_mlflow_under_its_notebooks_name(door: Ran) -> None:
    record = door.record
    experiment = door.desk.client.get_experiment(record.info.experiment_id)
    assert (experiment.name, record.info.run_name, record.info.status) == (NOTEBOOK, "Ridge", "FINISHED")
    assert (record.info.start_time, record.info.end_time) == (door.ridge.started_ms, door.ridge.ended_ms)
    tags = record.data.tags
    assert (tags["cellmill.session"], tags["mlflow.source.name"], tags["mlflow.source.type"]) == (
        door.session,
        NOTEBOOK,
        "NOTEBOOK",
    )


def test_its_parameters_are_the_notebooks_and_the_estimators(door: Ran, request: pytest.FixtureRequest) -> None:
    strength = STRENGTHS[request.node.callspec.params["door"]]
    params = door.record.data.params
    assert {name: params.get(name) for name in ("strength", "rows", "alpha", "fit_intercept", "title", "quick")} == {
        "strength": strength,
        "rows": "300",
        "alpha": strength,
        "fit_intercept": "True",
        "title": None,
        "quick": None,
    }


def test_its_metrics_are_the_figures_that_the_notebook_printed(door: Ran) -> None:
    metrics = door.record.data.metrics
    assert {name: value for name, value in metrics.items() if not name.startswith("training_")} == {
        "mean_absolute_error_X_test": float(door.printed("cell-4")),
        "Ridge_score_X_test": float(door.printed("cell-5")),
    }


def test_its_model_loads_with_mlflow_alone_and_predicts_what_the_notebook_did(door: Ran) -> None:
    from sklearn.datasets import load_diabetes

    rows = load_diabetes(return_X_y=True, as_frame=True)[0][300:305]
    model = door.desk.load_model(f"runs:/{door.record.info.run_id}/model")

    assert model.predict(rows).tolist() == pytest.approx(json.loads(door.printed("cell-6")))
    assert model.metadata.signature.inputs.input_names() == list(rows.columns)


def test_its_data_are_inputs_with_their_context(door: Ran) -> None:
    assert door.record.inputs is not None
    found = {given.dataset.name: _described(given) for given in door.record.inputs.dataset_inputs}
    assert found == {"X_train": ("training", 300, "age"), "X_test": ("evaluation", 142, "age")}


def _described(given: Any) -> tuple[str, int, str]:
    (context,) = [tag.value for tag in given.tags if tag.key == "mlflow.data.context"]
    first_column = json.loads(given.dataset.schema)["mlflow_colspec"][0]["name"]
    return context, json.loads(given.dataset.profile)["num_rows"], first_column


def test_the_executed_notebook_and_the_executions_are_its_artifacts(door: Ran) -> None:
    artifacts = door.desk.artifacts(door.record)
    executed, executions = (
        nbformat.reads(artifacts[f"cellmill/{name}.ipynb"].decode(), as_version=4)
        for name in ("notebook", "executions")
    )
    assert [(cell.id, cell.outputs) for cell in executed.cells] == [
        (cell.id, cell.outputs) for cell in door.executed.cells
    ]
    parts = {cell.metadata["cellmill"]["cell"]: cell.metadata["cellmill"]["part"] for cell in executions.cells[1:]}
    assert {part: [cell for cell in parts if parts[cell] == part][-3:] for part in parts.values()} == {
        "fed the training": [*parts][:-4],
        "the training": ["cell-2"],
        "evaluated the model": ["cell-3", "cell-4", "cell-5"],
    }
    assert "cell-1" in parts


def test_a_cross_validation_is_a_run_beside_it_without_a_model(door: Ran) -> None:
    record = door.desk.record_of(door.cross_validated)
    assert record.info.status == "FINISHED"
    assert record.data.metrics.keys() == {"cross_val_score", "cross_val_score_mean"}
    assert record.data.tags["cellmill.model_note"].startswith("a cross-validation keeps none")


def test_the_notebook_itself_is_not_changed(door: Ran) -> None:
    assert [(cell.source, cell.outputs) for cell in door.desk.read(NOTEBOOK).cells] == [(cell, []) for cell in WORK]


def test_cellmill_run_says_what_it_captured_and_where_the_notebook_lies(plain: Ran) -> None:
    assert plain.said.err == ""
    assert plain.output.parent == plain.desk.root / "executed"
    for words in (NOTEBOOK, plain.ridge.run, "Ridge", "finished", "strength 0.5", plain.cross_validated.run):
        assert words in plain.said.out
    assert f"Executed notebook: executed/{plain.output.name}" in plain.said.out


def test_papermill_says_where_its_runs_were_recorded(by_papermill: Ran) -> None:
    said = f"cellmill: 2 runs recorded in {by_papermill.desk.store}. See them with: cellmill runs"
    assert said in by_papermill.said.err


@pytest.mark.parametrize(("name", "value"), [("with_parameters", "strength = 2.5"), ("by_papermill", "strength = 4.5")])
def test_values_are_injected_after_the_cell_that_declares_them(
    name: str, value: str, request: pytest.FixtureRequest
) -> None:
    ran: Ran = request.getfixturevalue(name)
    first, second, *_ = ran.executed.cells
    assert first.id == "cell-0"
    assert value in second.source
    assert second.metadata.tags == ["injected-parameters"]


def test_nothing_is_left_running(shared: Desk, door: Ran) -> None:
    commands = [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]
    assert [command for command in commands if str(shared.root) in command] == []
    assert [session.ended for session in shared.sessions if session.session == door.session] == ["shut down"]
    assert not any(is_running(session.pid) for session in shared.sessions)


def test_recording_again_doubles_nothing(shared: Desk, door: Ran) -> None:
    before = [run.to_dictionary() for run in shared.recorded]
    again = shared.cellmill("sync")
    assert (again.code, again.out) == (0, f"Nothing to do: {shared.store} is up to date.\n")

    for mark in shared.project.recorded.iterdir():
        mark.unlink()  # only a cache: the store itself is asked
    assert shared.cellmill("sync").code == 0
    after = [run.to_dictionary() for run in shared.recorded]
    assert after == before
    assert len(after) == 2 * len(shared.sessions)
