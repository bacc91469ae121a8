"""What scripts are given is JSON to the letter: text stands for the numbers that it does not have."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cellmill.cli import app, parameters, pipelines, sweeps
from cellmill.cli.runs import plain
from cellmill.core.ids import SessionId
from cellmill.core.project import Project
from cellmill.core.sweeps import Axis, Plan, Sweep, SweepTrial
from cellmill.notebook.plain import as_bytes, new_code_cell, new_notebook
from cellmill.pipeline.report import Report, StepReport, read_report
from cellmill.wiring.sweeps import add_trial, begin_sweep

COMMANDS_COME_FROM = (parameters, pipelines, sweeps)  # importing them gives the commands to `app`


def printed(*words: str) -> Any:
    """Return the JSON that a command prints."""
    said = CliRunner().invoke(app, words)
    assert said.exit_code == 0, said.output

    def refused(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(said.stdout, parse_constant=refused)


@pytest.fixture
def notebook(project: Project, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(project.root)
    source = "rate: float = 1e999\npairs = {(1, 2): 3.5}\nkinds = {-1e999}"
    cell = new_code_cell("c0", source, metadata={"tags": ["parameters"]})
    path = project.root / "work.ipynb"
    path.write_bytes(as_bytes(new_notebook([cell], {})))
    return path


def test_a_sweep_that_came_to_no_number(project: Project, notebook: Path) -> None:
    begin_sweep(project, Sweep("5eed", "work.ipynb", "digest", Plan((Axis("a", (1, 2)),), "loss", "minimize"), 0))
    add_trial(project, "5eed", SweepTrial(1, {"a": 1}, "finished", math.nan, SessionId("s"), 0, 1, steps={3: math.inf}))
    found = printed("sweep", "work.ipynb", "--plot", "plot.html", "--json")
    assert (found["trials"][0]["value"], found["trials"][0]["steps"]) == ("NaN", {"3": "Infinity"})
    assert found["plan"]["axes"][0]["choices"] == [1, 2]


def test_the_parameters_of_a_notebook(notebook: Path) -> None:
    defaults = {one["name"]: one["default"] for one in printed("params", "work.ipynb", "--json")["parameters"]}
    assert defaults == {"rate": "Infinity", "pairs": {"(1, 2)": 3.5}, "kinds": ["-Infinity"]}
    assert printed("params", "work.ipynb", "--json-schema")["properties"]["rate"]["default"] == "Infinity"


def test_a_pipeline(project: Project, notebook: Path) -> None:
    folder = project.root / "pipelines" / "p"
    folder.mkdir(parents=True)
    (folder / "pipeline.yaml").write_text(
        "version: 1\nsteps: {a: {notebook: ../../work.ipynb, parameters: {rate: .inf}}}\n"
    )
    (step,) = printed("pipeline", "show", "p", "--json")["steps"]
    assert step["parameters"] == {"rate": "Infinity"}
    assert printed("pipeline", "run", "p", "--dry-run", "--json")["steps"] == [step]


def test_a_report_that_was_written_as_json_is_read_back() -> None:
    report = Report("p", (StepReport("a", "ok", 1.5, "digest", {"loss": math.inf, "score": 0.5}),))
    written = plain({"pipeline": "p", "steps": [vars(step) for step in report.steps]})
    assert written["steps"][0]["metrics"] == {"loss": "Infinity", "score": 0.5}
    assert read_report(json.dumps(written)) == report
    with pytest.raises(ValueError, match="no report"):
        read_report('{"pipeline": "p", "steps": ["a"]}')
