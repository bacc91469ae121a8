"""What MLflow alone can show: that the runs are its own, and that their models load and predict."""

import json
import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from tests.contract.bench import Bench, files, mlflow_bench
from tests.stories import Story, a_training

from cellmill.capture.blobs import keep_blob
from cellmill.capture.models import pickle_model
from cellmill.capture.recording import Recording, try_recording
from cellmill.core.errors import RunWithoutModel
from cellmill.core.event_parts import Column, DataUse, ModelBlob
from cellmill.core.events import SessionStarted
from cellmill.core.ids import ExecutionId
from cellmill.core.project import Project
from cellmill.core.runs import Parameter
from cellmill.core.settings import Settings
from cellmill.registry.register import prepare

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run as MlflowRun


@pytest.fixture
def bench(project: Project, sqlite: str) -> Bench:
    """MLflow alone, on the project's own store."""
    return mlflow_bench(project, sqlite)


@pytest.fixture
def client(bench: Bench) -> "MlflowClient":
    from cellmill.stores.mlflow_client import client_for

    return client_for(bench.store.uri)


def put(bench: Bench, story: Story, digest: str = "d") -> str:
    """Put the story's one run, and return MLflow's id of it."""
    [run] = story.runs()
    known = bench.store.recorded(story.session).get(run.run)
    return bench.store.put(run, files(bench.project, run), digest=digest, known=known).store_id


def logged_models(client: "MlflowClient", run: "MlflowRun") -> list[Any]:
    return list(client.search_logged_models([run.info.experiment_id]))


def test_the_runs_of_a_notebook_are_an_experiment_of_its_name(
    bench: Bench, story: Story, client: "MlflowClient"
) -> None:
    a_training(story, model=None)
    run = client.get_run(put(bench, story))
    experiment = client.get_experiment(run.info.experiment_id)
    assert (experiment.name, run.info.run_name) == ("work.ipynb", "Ridge")
    assert experiment.artifact_location == (bench.project.root / "mlruns").as_uri()
    tags = run.data.tags
    assert {name: tags[name] for name in tags if name.startswith("mlflow.source")} == {
        "mlflow.source.name": "work.ipynb",
        "mlflow.source.type": "NOTEBOOK",
    }
    assert json.loads(tags["cellmill.executions"]) == ["load", "fit", "score"]


def test_a_model_loads_with_pyfunc_and_predicts_as_it_did_in_the_notebook(
    bench: Bench, story: Story, model: ModelBlob, ridge: tuple[Any, Any], client: "MlflowClient"
) -> None:
    import mlflow.pyfunc

    a_training(story, model=model)
    run = client.get_run(put(bench, story))
    fitted, frame = ridge
    uri = f"models:/{run.data.tags['cellmill.model_id']}"
    loaded = mlflow.pyfunc.load_model(uri)
    assert loaded.predict(frame).tolist() == fitted.predict(frame).tolist()
    signature = loaded.metadata.signature
    columns = [(column.name, column.type.name) for column in signature.inputs]
    assert columns == [("distance", "double"), ("hour", "long")]
    assert [str(made.name) for made in logged_models(client, run)] == ["model"]
    requirements = Path(mlflow.pyfunc.get_model_dependencies(uri)).read_text().split()
    assert set(model.requirements) <= set(requirements)


def test_a_model_requires_what_is_inside_it_too(bench: Bench, story: Story, client: "MlflowClient") -> None:
    import lightgbm
    import mlflow.pyfunc
    import xgboost
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rows, truth = [[float(i)] for i in range(8)], [0, 1] * 4
    search = GridSearchCV(lightgbm.LGBMClassifier(n_estimators=2, verbose=-1), {"max_depth": [2]}, cv=2)
    models = [
        make_pipeline(StandardScaler(), xgboost.XGBClassifier(n_estimators=2)).fit(rows, truth),
        search.fit(rows, truth),
    ]
    for number, fitted in enumerate(models):
        pickled, _ = pickle_model(Settings(), fitted, rows, flavor="sklearn")
        assert pickled is not None
        a_training(story, f"aa0000000{number}", model=pickled.keep(bench.project))
    added = []
    for run in sorted(story.runs(), key=lambda run: run.run):
        stored = bench.store.put(run, files(bench.project, run), digest="d", known=None).store_id
        uri = f"models:/{client.get_run(stored).data.tags['cellmill.model_id']}"
        requirements = Path(mlflow.pyfunc.get_model_dependencies(uri)).read_text().split()
        added.append({each for each in requirements if each.startswith(("xgboost", "lightgbm"))})
    assert [[each.partition("==")[2] for each in found] for found in added] == [
        [xgboost.__version__],
        [lightgbm.__version__],
    ]


def test_a_registered_version_loads_by_its_alias(
    bench: Bench, story: Story, model: ModelBlob, ridge: tuple[Any, Any]
) -> None:
    import mlflow.pyfunc

    a_training(story, model=model)
    store_id = put(bench, story)
    registration = prepare(story.runs()[0], name="flight-delay", alias="challenger", user="ada")
    bench.registry.register(registration, store_id=store_id)
    fitted, frame = ridge
    loaded = mlflow.pyfunc.load_model("models:/flight-delay@challenger")
    assert loaded.predict(frame).tolist() == fitted.predict(frame).tolist()


def test_a_model_is_packed_once(bench: Bench, story: Story, model: ModelBlob, client: "MlflowClient") -> None:
    a_training(story, model=model)
    run = client.get_run(put(bench, story))
    put(bench, story, "other")
    assert len(logged_models(client, run)) == 1


def test_a_parameter_keeps_its_first_value_for_mlflow_never_changes_one(bench: Bench, story: Story) -> None:
    a_training(story, model=None)
    [run] = story.runs()
    first = bench.store.put(run, files(bench.project, run), digest="d", known=None)
    changed = replace(run, parameters=(Parameter("alpha", "0.9"), Parameter("late", "1")))
    bench.store.put(changed, files(bench.project, changed), digest="e", known=first)
    assert bench.look(first.store_id).params == {"alpha": "0.5", "tol": "0.0001", "late": "1"}


class Once:
    """Loads, and then does not let itself be saved again."""

    def __reduce__(self) -> NoReturn:
        raise RuntimeError("not again")


class Loading:
    """What a pickle of `Once` would be."""

    def __reduce__(self) -> tuple[type[Once], tuple[()]]:
        return Once, ()


def test_a_model_that_mlflow_cannot_save_leaves_no_half_of_one(
    bench: Bench, story: Story, client: "MlflowClient"
) -> None:
    content = pickle.dumps(Loading())
    a_training(story, model=ModelBlob(keep_blob(bench.project, content), len(content), "sklearn"))
    run = client.get_run(put(bench, story))
    assert run.data.tags["cellmill.model_note"] == "it cannot be packed for MLflow (RuntimeError: not again)"
    assert logged_models(client, run) == []


def test_a_model_packed_by_a_recorder_that_was_killed_is_found_again(
    bench: Bench, story: Story, model: ModelBlob, client: "MlflowClient"
) -> None:
    a_training(story, model=model)
    run = client.get_run(put(bench, story))
    for tag in ("cellmill.model_id", "cellmill.digest"):
        client.delete_tag(run.info.run_id, tag)
    assert bench.store.recorded(story.session)[story.runs()[0].run].digest == ""
    assert put(bench, story) == run.info.run_id
    assert client.get_run(run.info.run_id).data.tags == run.data.tags
    assert len(logged_models(client, run)) == 1


@pytest.mark.parametrize(
    ("content", "flavor", "reason"),
    [
        (b"not a pickle", "sklearn", "it cannot be packed for MLflow (UnpicklingError"),
        (b"", "sklearn", "it cannot be packed for MLflow (EOFError"),
        (None, "sklearn", "its pickle is no longer among the blobs"),
        (b"", "torch", "it cannot be packed for MLflow (NoPacker"),
    ],
)
def test_a_model_that_cannot_be_packed_costs_the_model_and_says_why(
    bench: Bench, story: Story, client: "MlflowClient", content: bytes | None, flavor: str, reason: str
) -> None:
    blob = ModelBlob("e" * 64, 3, flavor)
    if content is not None:
        bench.project.blobs.mkdir(parents=True)
        (bench.project.blobs / blob.sha256).write_bytes(content)
    a_training(story, model=blob)
    store_id = put(bench, story)
    run = client.get_run(store_id)
    assert run.info.status == "FINISHED"
    assert run.data.tags["cellmill.model_note"].startswith(reason)
    assert logged_models(client, run) == []
    with pytest.raises(RunWithoutModel) as raised:
        bench.registry.register(prepare(story.runs()[0], name="m", alias=None, user="ada"), store_id=store_id)
    assert raised.value.reason.startswith(reason)


def test_a_data_set_is_an_input_as_mlflow_shows_it(bench: Bench, story: Story, client: "MlflowClient") -> None:
    data = DataUse("X_train", "training", "d1", 331, (Column("age", "double"), Column("sex", "string")), "pandas")
    with story.cell("fit", "model.fit(X_train, y)"):
        story.trains("aa00000001", data=(data,), model=None)
    inputs = client.get_run(put(bench, story)).inputs
    assert inputs is not None
    [given] = inputs.dataset_inputs
    assert {tag.key: tag.value for tag in given.tags} == {"mlflow.data.context": "training"}
    assert (given.dataset.name, given.dataset.digest, given.dataset.source_type) == ("X_train", "d1", "code")
    assert json.loads(given.dataset.profile or "") == {"num_rows": 331, "num_elements": 662}
    assert json.loads(given.dataset.schema or "") == {
        "mlflow_colspec": [
            {"type": "double", "name": "age", "required": True},
            {"type": "string", "name": "sex", "required": True},
        ]
    }


def test_a_new_database_keeps_its_artifacts_beside_it_wherever_it_was_made_from(empty_database: Path) -> None:
    from cellmill.stores.mlflow_client import client_for

    assert Path.cwd() != empty_database.parent
    default = client_for(f"sqlite:///{empty_database.as_posix()}").get_experiment("0")
    assert Path(default.artifact_location.removeprefix("file://")).parent == empty_database.parent / "mlruns"


# --- what a user logs by hand


@pytest.fixture
def recording(story: Story) -> Iterator[Recording]:
    started = story.inside[0]
    assert isinstance(started, SessionStarted)
    recording, _ = try_recording(story.project, Settings(), started)
    assert recording is not None
    yield recording
    recording.close()


def test_a_run_that_a_cell_starts_by_hand_says_which_execution_made_it(
    bench: Bench, story: Story, recording: Recording, client: "MlflowClient"
) -> None:
    import mlflow

    mlflow.set_tracking_uri(bench.store.uri)
    recording.execution_started(ExecutionId("by-hand"), source="", cell=None, number=1, tags=())
    with mlflow.start_run() as mine:
        pass
    recording.execution_finished(ExecutionId("by-hand"), python="", outcome="ok", error=None)
    with mlflow.start_run() as not_mine:
        pass
    tags = client.get_run(mine.info.run_id).data.tags
    assert {name: value for name, value in tags.items() if name.startswith("cellmill.")} == {
        "cellmill.by_hand_in_session": story.session,
        "cellmill.execution": "by-hand",
        "cellmill.notebook": "work.ipynb",
    }
    assert "cellmill.execution" not in client.get_run(not_mine.info.run_id).data.tags
    assert bench.store.recorded(story.session) == {}
