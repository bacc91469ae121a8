"""A run is deleted through the server: from the list, from the blobs, and in MLflow."""

from tests.server.jupyter import Jupyter, wait_for
from tests.stories import Story, a_training

from cellmill.capture.blobs import blob_path, keep_blob
from cellmill.core.events import ModelBlob, TrainingFinished, TrainingStarted
from cellmill.core.ids import RunId


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
