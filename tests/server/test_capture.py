"""A notebook's life in the server: its kernel starts, runs cells, is paused, renamed, restarted, and dies."""

from pathlib import Path

import psutil
import pytest
from tests.server.jupyter import Jupyter, Notebook, wait_for

from cellmill._version import __version__
from cellmill.core.project import Project

DATA = "from sklearn.linear_model import Lasso, Ridge\nX, y = [[1.0], [2.0], [3.0]], [1.0, 2.0, 3.5]"
FIT = "alpha = 0.5\nmodel = Ridge(alpha=alpha).fit(X, y)"
SCORE = "print(model.score(X, y))"
SLOW = """
import time
class Slow(Ridge):
    def fit(self, X, y):
        time.sleep(600)
slow = Slow().fit(X, y)
"""


def statuses(notebook: Notebook) -> list[str]:
    return [run["status"] for run in notebook.server.runs(notebook.path)]


def test_a_notebook_without_a_kernel_is_not_captured(server: Jupyter) -> None:
    assert server.get("capture", notebook="nobody.ipynb") == {
        "capture": "none",
        "reason": None,
        "notebook": "nobody.ipynb",
        "session": None,
        "root": str(server.root),
        "store": f"sqlite:///{server.root}/mlflow.db",
        "version": __version__,
        "failures": [],
    }


def test_from_the_first_cell_to_a_registered_version(server: Jupyter) -> None:
    """One kernel for the whole of the main job."""
    with server.changes() as told, server.notebook("job/main.ipynb") as notebook:
        state = notebook.wait_until_captured()
        assert (state["reason"], state["notebook"]) == (None, "job/main.ipynb")
        assert server.project.journal(state["session"]).exists()

        notebook.run(DATA, FIT)
        told.until("runs", "job/main.ipynb")
        [run] = wait_for(
            lambda: server.runs("job/main.ipynb"), lambda seen: [one["status"] for one in seen] == ["finished"]
        )
        assert (run["model_class"], run["has_model"]) == ("sklearn.linear_model.Ridge", True)
        notebook.run(SCORE)
        detail = wait_for(lambda: server.get(f"runs/{run['run']}"), lambda found: bool(found["metrics"]))
        assert [(e["part"], e["source"]) for e in detail["executions"]] == [
            ("fed", DATA),
            ("trained", FIT),
            ("evaluated", SCORE),
        ]
        assert detail["parameters"][0] == {"name": "alpha", "value": "0.5", "source": "notebook"}
        assert [metric["name"] for metric in detail["metrics"]] == ["Ridge_score_X"]

        recorded = wait_for(lambda: server.get(f"runs/{run['run']}"), lambda found: found["recorded"])
        assert recorded["store_id"]
        told.until("runs", None)

        preview = server.get(f"runs/{run['run']}/registration")
        assert (preview["suggested_name"], preview["existing_names"]) == ("main", [])
        assert preview["tags"]["cellmill.run"] == run["run"]

        asked = {"run": run["run"], "name": "flight-delay", "alias": "challenger"}
        answer = server.ask("models", "POST", asked)
        version = answer.json()
        assert (answer.status_code, version) == (
            201,
            {
                "name": "flight-delay",
                "version": "1",
                "aliases": ["challenger"],
                "run": run["run"],
                "notebook": "job/main.ipynb",
                "created_ms": version["created_ms"],
            },
        )
        told.until("models", None)
        models = server.get("models", notebook="job/main.ipynb")["models"]
        assert {"name": "flight-delay", "versions": [version]} in models
        assert "flight-delay" in server.get(f"runs/{run['run']}/registration")["existing_names"]


def test_a_notebook_is_paused_resumed_renamed_and_its_kernel_restarted(server: Jupyter) -> None:
    with server.changes() as told, server.notebook("life.ipynb") as notebook:
        first = notebook.wait_until_captured()["session"]
        notebook.run(DATA)

        paused = server.ask("capture", "PUT", {"notebook": "life.ipynb", "capture": "paused"})
        assert (paused.status_code, paused.json()["capture"]) == (200, "paused")
        told.until("capture", "life.ipynb")
        notebook.run("unseen = Lasso().fit(X, y)")
        resumed = server.ask("capture", "PUT", {"notebook": "life.ipynb", "capture": "on"})
        assert resumed.json()["capture"] == "on"
        notebook.run(FIT)
        runs = wait_for(lambda: server.runs("life.ipynb"))
        assert [run["model_class"].rpartition(".")[2] for run in runs] == ["Ridge"]

        (server.root / "moved").mkdir()
        notebook.rename("moved/life.ipynb")
        moved = wait_for(lambda: server.runs("moved/life.ipynb"))
        assert [run["run"] for run in moved] == [runs[0]["run"]]
        assert server.runs("life.ipynb") == []
        assert server.capture("moved/life.ipynb") == "on"

        notebook.begin(SLOW)
        wait_for(lambda: statuses(notebook), lambda found: found == ["running", "finished"])
        notebook.restart()
        wait_for(lambda: statuses(notebook), lambda found: found == ["interrupted", "finished"])
        second = wait_for(
            lambda: server.get("capture", notebook=notebook.path)["session"], lambda found: found not in (None, first)
        )
        notebook.run(DATA, FIT)
        wait_for(lambda: statuses(notebook), lambda found: found == ["finished", "interrupted", "finished"])
        assert server.get(f"runs/{server.runs(notebook.path)[0]['run']}")["session"] == second


def test_a_kernel_that_dies_in_a_fit_leaves_an_interrupted_run(server: Jupyter) -> None:
    with server.notebook("dies.ipynb") as notebook:
        notebook.wait_until_captured()
        notebook.run(DATA)
        notebook.begin(SLOW)
        [running] = wait_for(lambda: server.runs("dies.ipynb"))
        notebook.process().kill()
        wait_for(lambda: statuses(notebook), lambda found: found == ["interrupted"])
        detail = wait_for(lambda: server.get(f"runs/{running['run']}"), lambda found: found["recorded"])
        assert [(e["part"], e["outcome"]) for e in detail["executions"]] == [("fed", "ok"), ("trained", "interrupted")]
        refused = server.ask(f"runs/{running['run']}/registration")
        assert (refused.status_code, refused.json()["error"]["reason"]) == (409, "its training was interrupted")


@pytest.mark.parametrize(
    ("folder", "file", "content", "reason"),
    [
        ("mistyped", ".cellmill/settings.toml", "capture = maybe\n", "Mend the line, or remove the file"),
        ("occupied", ".cellmill", "a file where the folder should be", "Make the folder writable"),
        ("off", ".cellmill/settings.toml", "capture = false\n", "The setting capture is off"),
    ],
)
def test_where_nothing_can_be_captured_the_notebook_runs_and_the_reason_is_said(
    server: Jupyter, folder: str, file: str, content: str, reason: str
) -> None:
    project = Project(server.root / folder)
    (project.root / ".git").mkdir(parents=True)
    path = project.root / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(content)
    with server.notebook(f"{folder}/work.ipynb") as notebook:
        notebook.run("x = 1", "assert x == 1")
        state = wait_for(
            lambda: server.get("capture", notebook=notebook.path),
            lambda found: found["reason"] is not None and reason in found["reason"],
        )
        assert state["capture"] == "off"
        assert server.runs(notebook.path) == []
    assert path.read_text() == content


def test_the_server_ends_its_kernels_when_they_are_asked_to(server: Jupyter) -> None:
    with server.notebook("ends.ipynb") as notebook:
        notebook.wait_until_captured()
        kernel = notebook.process()
    assert psutil.wait_procs([kernel], timeout=30)[1] == []
    assert server.capture("ends.ipynb") == "none"
    assert Path(server.root / "ends.ipynb").exists()
