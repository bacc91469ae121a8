"""What a later step measures of a model lies on the run that made the model, once."""

from typing import Any

import papermill
import pytest
from tests.notebooks.commands import Desk

from cellmill.capture.sessions import load_sessions

BEGIN = "import cellmill\ncellmill.begin_step({name!r}, after={after!r}, values=cellmill_values, folder='pipelines/p')"
VALUES = "cellmill_values = 'values'"
STEPS = {
    "train": (
        "from sklearn.datasets import load_diabetes\nfrom sklearn.linear_model import Ridge\n"
        "X, y = load_diabetes(return_X_y=True, as_frame=True)\nX_train, X_test, y_train, y_test = "
        "X[:300], X[300:], y[:300], y[300:]\nmodels = {'ridge': Ridge().fit(X_train, y_train)}\n"
        "guess = models['ridge'].predict(X_test)\nlisted = guess.tolist()\nimport numpy as np\n"
        "unrelated = np.zeros(len(guess))",
        ["models", "guess", "listed", "unrelated", "X_test", "y_test"],
    ),
    "evaluate": (
        "from sklearn.metrics import max_error, mean_absolute_error, mean_squared_error, r2_score\n"
        "r2 = r2_score(y_test, models['ridge'].predict(X_test))\nmae = mean_absolute_error(y_test, listed)\n"
        "max_error(y_test, unrelated)",
        ["models", "guess", "X_test", "y_test"],
    ),
    "again": (
        "score = models['ridge'].score(X_test, y_test)\n"
        "rmse = float(np.sqrt(np.mean((y_test.to_numpy() - guess) ** 2)))",
        [],
    ),
}
DOCUMENT = """
version: 1
steps:
  train: {notebook: train.ipynb}
  evaluate: {notebook: evaluate.ipynb, after: [train]}
  again: {notebook: again.ipynb, after: [evaluate]}
"""
LATER = {"r2_score_X_test", "mean_absolute_error_X_test", "rmse", "Ridge_score_X_test"}


def write(desk: Desk, name: str, more: str = "") -> None:
    after = {"train": [], "evaluate": ["train"], "again": ["evaluate"]}[name]
    source, gives = STEPS[name]
    begin, end = BEGIN.format(name=name, after=after), f"cellmill.end_step({gives!r})"
    desk.notebook(f"pipelines/p/{name}.ipynb", VALUES, begin, f"import numpy as np\n{source}{more}", end)


def run(desk: Desk) -> dict[str, str]:
    said = desk.cellmill("pipeline", "run", "p", "--json")
    assert said.code == 0, said.err
    return {step["key"]: step["state"] for step in said.json["steps"]}


def points(desk: Desk, run_id: str) -> dict[str, list[float]]:
    """Return all that the store holds of the later steps' metrics."""
    names = desk.client.get_run(run_id).data.metrics
    found = {name: desk.client.get_metric_history(run_id, name) for name in names if not name.startswith("training_")}
    return {name: [point.value for point in history] for name, history in found.items()}


def trained(desk: Desk) -> list[Any]:
    return [one for one in desk.recorded if one.data.tags.get("cellmill.model_class", "").endswith(".Ridge")]


@pytest.fixture
def pipeline(desk: Desk) -> Desk:
    for name in STEPS:
        write(desk, name)
    (desk.root / "pipelines" / "p" / "pipeline.yaml").write_text(DOCUMENT)
    return desk


def test_what_later_steps_measure_lies_on_the_run_of_the_model_once(pipeline: Desk) -> None:
    assert set(run(pipeline).values()) == {"ok"}
    [recorded] = trained(pipeline)
    first = points(pipeline, recorded.info.run_id)
    assert {name: len(values) for name, values in first.items()} == dict.fromkeys(LATER, 1)
    assert first["r2_score_X_test"] == first["Ridge_score_X_test"]

    [run_of_model] = load_sessions(pipeline.project).runs()
    assert set(run_of_model.last_metrics) >= LATER
    assert {part.part for part in run_of_model.executions} == {"trained"}

    # Nothing has changed: nothing runs, and nothing is added.
    assert set(run(pipeline).values()) == {"unchanged"}
    assert points(pipeline, recorded.info.run_id) == first

    # Of a training that is taken as it was, what is measured anew is another point.
    write(pipeline, "evaluate", "\nprint(mae)")
    again = run(pipeline)
    assert (again["train"], again["evaluate"]) == ("unchanged", "ok")
    assert [one.info.run_id for one in trained(pipeline)] == [recorded.info.run_id]
    measured = points(pipeline, recorded.info.run_id)
    assert measured["r2_score_X_test"] == first["r2_score_X_test"] * 2


def test_papermill_alone_carries_it_too(pipeline: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in pipeline.environment({}).items():
        monkeypatch.setenv(name, value)
    folder = pipeline.root / "pipelines" / "p"
    for name in ("train", "evaluate"):
        papermill.execute_notebook(
            folder / f"{name}.ipynb", pipeline.root / f"{name}.out.ipynb", cwd=str(folder), progress_bar=False
        )
    [run_of_model] = load_sessions(pipeline.project).runs()
    assert set(run_of_model.last_metrics) >= {"r2_score_X_test", "mean_absolute_error_X_test"}
