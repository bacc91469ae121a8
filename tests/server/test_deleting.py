"""A run is deleted through the server: from the list, from the blobs, and in MLflow."""

import shutil
from functools import partial
from pathlib import Path

from tests.server.jupyter import Jupyter, wait_for
from tests.stories import Story, a_training

from cellmill.capture.blobs import blob_path, keep_blob
from cellmill.capture.sessions import load_sessions
from cellmill.core.event_parts import ModelBlob
from cellmill.core.events import TrainingFinished, TrainingStarted
from cellmill.core.ids import RunId
from cellmill.core.project import Project
from cellmill.stores.mlflow_client import client_for


def test_a_deleted_run_is_gone_with_what_it_alone_kept(server: Jupyter) -> None:
    story = Story(server.project, notebook="deleting.ipynb", session="20260101T000000-f1000000")
    content = b"a model that only this run has"
    model = ModelBlob(keep_blob(server.project, content), len(content), "sklearn")
    a_training(story, "w100000001", model=model)
    a_training(story, "w200000001", model=None)
    story.write()
    wait_for(lambda: server.runs("deleting.ipynb"), lambda found: len(found) == 2)

    with server.changes() as changes:
        answer = server.ask("runs/w1", "DELETE")
        assert answer.json() == {"run": "w100000001", "trials": 0, "blobs": 1, "freed_bytes": len(content)}
        changes.until("runs", "deleting.ipynb")
    assert [run["run"] for run in server.runs("deleting.ipynb")] == ["w200000001"]
    assert server.ask("runs/w1").status_code == 404
    assert server.ask("runs/w1", "DELETE").status_code == 404
    assert not blob_path(server.project, model.sha256).exists()


def test_trials_stand_under_their_search_and_go_with_it(server: Jupyter) -> None:
    story = Story(server.project, notebook="searching.ipynb", session="20260101T000000-f2000000")
    search = RunId("v100000001")
    with story.cell("search", "search.fit(X, y)") as execution:
        story.says(TrainingStarted(search, execution, story.tick(), "sklearn", "sklearn.GridSearchCV", kind="search"))
        for number in range(3):
            trial = RunId(f"v20000000{number}")
            params = {"alpha": str(number)}
            story.says(
                TrainingStarted(trial, execution, story.tick(), "sklearn", "sklearn.Ridge", params, (), "trial", search)
            )
            story.says(TrainingFinished(trial, story.tick(), "ok"))
        story.says(TrainingFinished(search, story.tick(), "ok"))
    story.write()
    [listed] = wait_for(lambda: server.runs("searching.ipynb"))
    assert (listed["run"], listed["kind"], listed["trials"]) == (search, "search", 3)
    found = server.get("runs/v1/trials")
    assert [trial["parameters"][0]["value"] for trial in found["trials"]] == ["0", "1", "2"]
    assert server.get("runs/v200000001/trials")["trials"] == []
    assert server.ask("runs/v1", "DELETE").json()["trials"] == 3
    assert server.runs("searching.ipynb") == []
    assert server.ask("runs/v200000001").status_code == 404


def test_a_run_is_deleted_in_mlflow_too_with_its_model_and_what_it_showed(server: Jupyter) -> None:
    """From a real cell to a real MLflow, and back."""
    with server.notebook("real.ipynb") as notebook:
        notebook.wait_until_captured()
        notebook.run(
            "from sklearn.linear_model import Ridge",
            "print('x' * 5_000)\nmodel = Ridge(alpha=0.123).fit([[1.0], [2.0]], [1.0, 2.0])",
        )
        [run] = wait_for(lambda: server.runs("real.ipynb"), lambda found: [one["recorded"] for one in found] == [True])
        detail = server.get(f"runs/{run['run']}")
        client = client_for(server.project.store)
        assert client.get_run(detail["store_id"]).info.lifecycle_stage == "active"
        kept = wait_for(lambda: blobs_of(server, run["run"]), lambda found: len(found) == 2)
        assert all(path.exists() for path in kept)

        answer = server.ask(f"runs/{run['run']}", "DELETE")
        assert (answer.status_code, answer.json()["blobs"]) == (200, len(kept))
        wait_for(lambda: client.get_run(detail["store_id"]).info.lifecycle_stage, lambda stage: stage == "deleted")
        assert [path for path in kept if path.exists()] == []
        assert server.ask(f"runs/{run['run']}").status_code == 404


def blobs_of(server: Jupyter, run: str) -> list[Path]:
    """Return the files of a run's model, its example and what its cells showed."""
    found = load_sessions(server.project).run(run)
    outputs = {output.sha256 for part in found.executions for output in part.execution.outputs}
    names = {found.model.sha256, found.model.example_sha256} if found.model is not None else set()
    return [blob_path(server.project, name) for name in outputs | names if name is not None]


def test_a_run_that_two_projects_have_is_neither_shown_nor_deleted(server: Jupyter, empty_database: Path) -> None:
    """A project that was copied whole: which is meant cannot be guessed."""
    folders = [server.root / name for name in ("original", "copy")]
    for folder in folders:
        (folder / ".cellmill").mkdir(parents=True)
        shutil.copyfile(empty_database, folder / "mlflow.db")
        story = Story(Project(folder), notebook="twice.ipynb", session="20260101T000000-f3000000")
        a_training(story, "u100000001", model=None)
        story.write()
    for folder in folders:
        wait_for(partial(server.runs, f"{folder.name}/twice.ipynb"))
    for method in ("GET", "DELETE"):
        refused = server.ask("runs/u100000001", method)
        error = refused.json()["error"]
        assert (refused.status_code, error["kind"]) == (409, "ambiguous_run")
        assert all(str(folder) in error["message"] for folder in folders)
    assert [len(server.runs(f"{folder.name}/twice.ipynb")) for folder in folders] == [1, 1]
