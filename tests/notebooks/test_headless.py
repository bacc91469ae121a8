"""The two headless doors end in the same place: ordinary MLflow runs."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from tests.notebooks.commands import Desk

METRIC = "mean_absolute_error_X_test"

# Asked in a process of its own: MLflow keeps the store of its first question for good.
ASK_MLFLOW = """
import json, logging, sys, warnings
warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)
import mlflow
from sklearn.datasets import load_diabetes
mlflow.set_tracking_uri(sys.argv[1])
client = mlflow.MlflowClient()
answer = []
for run in client.search_runs([e.experiment_id for e in client.search_experiments()]):
    model = mlflow.pyfunc.load_model(f"runs:/{run.info.run_id}/model")
    data = load_diabetes(return_X_y=True, as_frame=True)[0]
    answer.append({
        "experiment": client.get_experiment(run.info.experiment_id).name,
        "status": run.info.status,
        "params": run.data.params,
        "metrics": {name: value for name, value in run.data.metrics.items() if not name.startswith("training_")},
        "data": sorted([i.dataset.name, i.tags[0].value, json.loads(i.dataset.profile)["num_rows"]]
                       for i in run.inputs.dataset_inputs),
        "artifacts": sorted(f.path for f in client.list_artifacts(run.info.run_id, "cellmill")),
        "predictions": len(model.predict(data.head(3))),
        "inputs": model.metadata.signature.inputs.input_names()[:3],
    })
print(json.dumps(answer))
"""


def ask_mlflow(desk: Desk) -> list[dict[str, Any]]:
    import json

    done = subprocess.run(
        [sys.executable, "-c", ASK_MLFLOW, f"sqlite:///{(desk.root / 'mlflow.db').as_posix()}"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    answer: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return answer


def test_cellmill_run_makes_an_ordinary_mlflow_run(desk: Desk, ridge: Path) -> None:
    before = ridge.read_bytes()
    said = desk.cellmill("run", "ridge.ipynb", "-p", "alpha=2", "-o", "out/ridge.ipynb")
    assert said.code == 0, said.err
    assert "Executed notebook: out/ridge.ipynb" in said.out
    assert ridge.read_bytes() == before
    executed = nbformat.read(desk.root / "out/ridge.ipynb", as_version=4)
    assert [cell.source for cell in executed.cells if "injected-parameters" in cell.metadata.get("tags", [])]
    (run,) = ask_mlflow(desk)
    metric = run["metrics"].pop(METRIC)
    assert 40 < metric < 70
    assert run["params"]["alpha"] == "2.0"
    del run["params"]
    assert run == {
        "experiment": "ridge.ipynb",
        "status": "FINISHED",
        "metrics": {},
        "data": [["X_test", "evaluation", 142], ["X_train", "training", 300]],
        "artifacts": [
            f"cellmill/{name}"
            for name in (
                "environment.json",
                "executions.ipynb",
                "files.json",
                "notebook.ipynb",
                "recipe.ipynb",
                "requirements.txt",
            )
        ],
        "predictions": 3,
        "inputs": ["age", "sex", "bmi"],
    }


def test_papermill_with_our_engine_does_the_same(desk: Desk, ridge: Path) -> None:
    said = desk.papermill("--engine", "cellmill", "ridge.ipynb", "out.ipynb", "-p", "alpha", "2", "--no-progress-bar")
    assert said.code == 0, said.err
    assert "cellmill: 1 run recorded" in said.err
    (run,) = ask_mlflow(desk)
    assert (run["status"], run["params"]["alpha"], run["predictions"]) == ("FINISHED", "2", 3)


def test_recording_again_doubles_nothing(desk: Desk, ridge: Path) -> None:
    assert desk.cellmill("run", "ridge.ipynb").code == 0
    once = ask_mlflow(desk)
    for mark in (desk.root / ".cellmill" / "recorded").iterdir():
        mark.unlink()  # only a cache: the store itself is asked
    assert desk.cellmill("sync").code == 0
    assert ask_mlflow(desk) == once
    assert len(once) == 1


def test_runs_are_listed_shown_compared_and_registered(desk: Desk, ridge: Path) -> None:
    for alpha in ("0.1", "5"):
        assert desk.cellmill("run", "ridge.ipynb", "-p", f"alpha={alpha}").code == 0
    newest, oldest = desk.runs()
    assert newest["notebook"] == "ridge.ipynb"
    assert newest["model_class"] == "sklearn.linear_model.Ridge"
    assert newest["status"] == "finished"
    assert newest["mlflow_run_id"]
    assert [(e["cell"], e["part"]) for e in newest["executions"]][-2:] == [
        ("cell-1", "trained"),
        ("cell-2", "evaluated"),
    ]
    assert METRIC in desk.cellmill("show", newest["run"]).out
    compared = desk.cellmill("compare", oldest["run"], newest["run"], "--json").json
    assert compared["parameters"] == {"alpha": ["0.1", "5.0"]}
    first = desk.cellmill("register", oldest["run"], "--name", "diabetes", "--alias", "challenger", "--json").json
    second = desk.cellmill("register", newest["run"][:6], "--name", "diabetes", "--alias", "challenger", "--json").json
    assert (first["version"], second["version"]) == ("1", "2")
    (model,) = desk.cellmill("models", "--json").json
    assert [(v["version"], v["aliases"], v["run"]) for v in model["versions"]] == [
        ("2", ["challenger"], newest["run"]),
        ("1", [], oldest["run"]),
    ]
    tags = model["versions"][0]["tags"]
    assert tags["cellmill.notebook"] == "ridge.ipynb"
    assert newest["executions"][0]["execution"] in tags["cellmill.executions"]


@pytest.mark.timeout(600)
def test_the_tour_gives_its_two_runs(desk: Desk) -> None:
    tour = Path(__file__).parents[2] / "notebooks" / "01_flight_delays.ipynb"
    (desk.root / tour.name).write_bytes(tour.read_bytes())
    said = desk.cellmill("run", tour.name, "-p", "max_iter=20", "--json", OMP_WAIT_POLICY="PASSIVE")
    assert said.code == 0, said.err
    boosted, baseline = said.json["runs"]
    assert boosted["model_class"] == "sklearn.ensemble.HistGradientBoostingRegressor"
    assert baseline["model_class"] == "sklearn.pipeline.Pipeline"
    assert boosted["parameters"]["max_iter"] == "20"
    for run in (boosted, baseline):
        assert 15 < run["metrics"][METRIC] < 30
        assert {"X_train", "X_test"} <= {use["name"] for use in run["data"]}
    cells = [execution["cell"] for execution in boosted["executions"]]
    assert "fit-trees" in cells
    assert "fit-baseline" not in cells


PRINTS_ITS_PASSWORD = """import os, sys
os.environ["DB_PWD"] = "Tr0ub" + "4dor3"
print(os.environ["DB_PWD"])"""
FITS = "from sklearn.linear_model import Ridge\nmodel = Ridge().fit([[1.0], [2.0]], [1.0, 2.0])"


@pytest.mark.parametrize("door", ["papermill", "raised"])
def test_what_only_the_kernel_knows_to_be_secret_is_masked_in_the_executed_notebook_that_is_kept(
    desk: Desk, door: str
) -> None:
    last = ["raise SystemError"] if door == "raised" else []
    desk.notebook("login.ipynb", PRINTS_ITS_PASSWORD, FITS, *last)
    said = desk.papermill("login.ipynb", "out.ipynb") if door == "papermill" else desk.cellmill("run", "login.ipynb")
    assert said.code == bool(last), said.err
    files = [path for path in desk.root.rglob("*") if path.is_file() and "executed" not in path.parts]
    kept = [path for path in files if path.name != "out.ipynb"]
    assert [path for path in kept if b"Tr0ub4dor3" in path.read_bytes()] == []
    assert any(b"cell_type" in path.read_bytes() and b"***" in path.read_bytes() for path in kept)
