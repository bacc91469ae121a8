"""One notebook, many times: in parallel, recorded under one run, stopped and gone on with."""

import json
import signal
from pathlib import Path

import pytest
from tests.notebooks.commands import PATIENCE_S, Desk, is_refused
from tests.server.jupyter import wait_for

PARAMETERS = "depth = 3  # 1..20\nkind = 'a'  # one of: a, b\nhold = ''"
WORK = "%precision 1\nimport os, time\nloss = (depth - 7) ** 2 + (0.501 if kind == 'b' else 0)"
HOLD = "while hold and depth > 4 and not os.path.exists(hold):\n    time.sleep(0.05)"


@pytest.fixture
def work(desk: Desk) -> Path:
    return desk.notebook("work.ipynb", PARAMETERS, WORK, HOLD)


def test_every_combination_is_a_run_under_the_one_of_the_sweep(desk: Desk, work: Path) -> None:
    words = ("--grid", "depth=2,8,30", "--metric", "loss")
    is_refused(desk.cellmill("sweep", "work.ipynb", *words), "takes an integer, 1 to 20, and 30 is not")
    assert not (desk.root / ".cellmill").exists()

    grid = ("--grid", "depth=2,8", "--grid", "kind=a,b", "--metric", "loss")
    said = desk.cellmill("sweep", "work.ipynb", *grid, "--plot", "sweep.html", "--json")

    assert said.code == 0, said.err
    assert (desk.root / "sweep.html").read_text().count('<g class="line') == 4
    found = {(t["parameters"]["depth"], t["parameters"]["kind"]): t for t in said.json["trials"]}
    assert {given: trial["value"] for given, trial in found.items()} == {
        (2, "a"): 25.0,
        (2, "b"): 25.501,  # whole, however the notebook shows numbers
        (8, "a"): 1.0,
        (8, "b"): 1.501,
    }
    assert said.json["best"] == found[8, "a"]["number"]
    assert said.json["plan"]["direction"] == "minimize"  # a loss is better when lower
    executed = desk.read(found[8, "b"]["output"])
    assert executed.cells[1].source == '# Parameters\ndepth = 8\nkind = "b"\n'

    recorded = {record.info.run_name: record for record in desk.recorded}
    parent = recorded.pop("sweep")
    assert parent.data.metrics == {"best_loss": 1.0}
    assert {record.data.tags["mlflow.parentRunId"] for record in recorded.values()} == {parent.info.run_id}
    assert {name.partition(": ")[2]: record.data.metrics["loss"] for name, record in recorded.items()} == {
        "depth=2, kind=a": 25.0,
        "depth=2, kind=b": 25.501,
        "depth=8, kind=a": 1.0,
        "depth=8, kind=b": 1.501,
    }


def test_a_sweep_is_interrupted_and_gone_on_with(desk: Desk, work: Path) -> None:
    words = ("sweep", "work.ipynb", "--grid", "depth=1,2,3,9,10", "-p", "hold=go", "--metric", "loss", "-j", "1")
    process = desk.begin(*words)
    kept = desk.root / ".cellmill" / "sweeps"
    wait_for(lambda: [file.read_text().count('"session"') for file in kept.glob("*.jsonl")] == [3])
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 130, err
    assert "Interrupted, with 2 trials left. Go on with: cellmill sweep work.ipynb --resume" in err
    (desk.root / "go").touch()
    said = desk.cellmill("sweep", "work.ipynb", "--resume", "--json")
    assert said.code == 0, said.err
    trials = sorted(said.json["trials"], key=lambda trial: trial["number"])
    assert [trial["value"] for trial in trials] == [36.0, 25.0, 16.0, 4.0, 9.0]
    assert [trial["number"] for trial in trials] == [1, 2, 3, 4, 5]
    assert len([record for record in desk.recorded if record.info.run_name == "sweep"]) == 1
    assert len(desk.recorded) == 6
    is_refused(desk.cellmill("sweep", "work.ipynb", "--resume"), "no unfinished sweep")


def test_a_trial_that_fails_stops_no_other(desk: Desk) -> None:
    desk.notebook("fails.ipynb", "a = 1", "value = 1 / (a - 2)")
    said = desk.cellmill("sweep", "fails.ipynb", "--grid", "a=1,2,3", "--metric", "value", "--json")
    assert said.code == 0, said.err
    assert "The name value does not tell which way is best, so the highest counts as best." in said.err
    assert [(t["state"], t["value"]) for t in sorted(said.json["trials"], key=lambda t: t["number"])] == [
        ("finished", -1.0),
        ("failed", None),
        ("finished", 1.0),
    ]
    (failed,) = [trial for trial in said.json["trials"] if trial["state"] == "failed"]
    assert failed["error"] == "cell 2 raised ZeroDivisionError: division by zero"
    assert "ZeroDivisionError" in json.dumps(desk.read(failed["output"]).cells[-1].outputs)
