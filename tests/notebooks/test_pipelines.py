"""Pipelines as a user runs them: only what changed, on from where it stopped, and each trouble in a sentence."""

import json
import signal
import time
from typing import Any

import pytest
from tests.notebooks.commands import Desk

LOAD = (
    "rows = 30",
    "import os\nos.makedirs('../../data', exist_ok=True)\nparts = ['a', 'b']\n"
    "with open('../../data/x.csv', 'w') as file:\n    file.writelines(f'{n},{2 * n}\\n' for n in range(rows))",
)
FIT = (
    "alpha = 1.0",
    "import numpy as np\nfrom sklearn.linear_model import Ridge\n"
    "data = np.loadtxt(open('../../data/x.csv'), delimiter=',')\n"
    "model = Ridge(alpha=alpha).fit(data[:, :1], data[:, 1])\n"
    "open('../../data/score.txt', 'w').write(str(round(model.score(data[:, :1], data[:, 1]), 6)))",
)
PART = (
    "part = ''\ncellmill_values = 'nowhere'\ncellmill_item = ''",
    "import cellmill\ncellmill.begin_step('part', values=cellmill_values, item=cellmill_item, folder='pipelines/p')",
    "size = len(part)\nopen(f'../../data/{part}.txt', 'w').write(part)",
    "cellmill.end_step(['size'])",
)
TOTAL = (
    "cellmill_values = 'nowhere'",
    "import cellmill\ncellmill.begin_step('total', after=['part'], values=cellmill_values)",
    "print(size)",
)
END = ("title = ''", "print(title, open('../../data/score.txt').read(), __import__('os').environ['PYTHONHASHSEED'])")
DOCUMENT = """
version: 1
parameters: {title: all}
steps:
  load: {notebook: load.ipynb, writes: [data/x.csv]}
  fit: {notebook: fit.ipynb, after: [load]}
  part: {notebook: part.ipynb, after: [load], when: load.rows > 10, for_each: {parameter: part, in: load.parts}}
  total: {notebook: total.ipynb, after: [part]}
  end: {notebook: end.ipynb, after: [fit]}
"""


def run(desk: Desk, *words: str, code: int = 0) -> dict[str, Any]:
    """Run the pipeline and return each step's state, with why it ran."""
    said = desk.cellmill("pipeline", "run", "p", "--json", *words)
    assert said.code == code, said.err
    return {step["key"]: step for step in said.json["steps"]}


def states(steps: dict[str, Any]) -> dict[str, str]:
    return {key: step["state"] for key, step in steps.items()}


def document(desk: Desk, text: str) -> None:
    folder = desk.root / "pipelines" / "p"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pipeline.yaml").write_text(text)


@pytest.fixture
def flights(desk: Desk) -> Desk:
    for name, cells in {"load": LOAD, "fit": FIT, "part": PART, "total": TOTAL, "end": END}.items():
        desk.notebook(f"pipelines/p/{name}.ipynb", *cells)
    document(desk, DOCUMENT)
    return desk


def test_a_pipeline_runs_whole_then_what_has_changed_and_then_nothing(flights: Desk) -> None:
    first = run(flights)
    assert states(first) == dict.fromkeys(("load", "fit", "part.0", "part.1", "total", "end"), "ok")
    assert flights.read(first["total"]["output"]).cells[-1].outputs[0].text == "[1, 1]\n"
    assert first["part.1"]["why"] == ["never run"]
    assert (flights.root / "data" / "b.txt").read_text() == "b"
    assert (
        flights.read(first["end"]["output"]).cells[-1].outputs[0].text == "all 1.0 0\n"
    )  # with one seed of hashes for all steps

    assert set(states(run(flights)).values()) == {"unchanged"}

    # The values that it comes to are the same, so nothing after it runs.
    flights.notebook("pipelines/p/load.ipynb", LOAD[0], f"# a remark\n{LOAD[1]}")
    again = run(flights)
    assert again["load"]["why"] == ["its source changed"]
    assert states(again) == {**dict.fromkeys(states(again), "unchanged"), "load": "ok"}

    # What a Cellmill of before handed over is made again.
    manifest = flights.root / ".cellmill" / "pipelines" / "p" / "values" / "part.0" / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"version": 0}))
    made_again = run(flights)
    assert made_again["part.0"]["why"] == ["the values that it handed over are gone, or of another Cellmill"]
    assert states(made_again) == {**dict.fromkeys(states(again), "unchanged"), "part.0": "ok"}

    # An input that capture has seen, and a parameter of the pipeline.
    (flights.root / "data" / "score.txt").write_text("0.5")
    edited = run(flights, "-p", "title=half")
    assert edited["fit"]["why"] == ["data/score.txt was changed since it wrote it"]
    assert edited["end"]["why"] == ["title 'all' -> 'half'"]
    assert states(edited)["load"] == "unchanged"

    # A condition that does not hold any more.
    few = run(flights, "-p", "load.rows=8", "-p", "title=half")
    assert few["load"]["why"] == ["rows is 8"]
    assert (few["part"]["state"], few["part"]["why"]) == ("left out", ["load.rows > 10 does not hold"])
    assert few["total"]["why"] == ["part is left out"]

    told = "load: ok, fit: ok, part.0: ok, part.1: ok, total: ok, end: ok"
    (whole,) = [r for r in flights.recorded if r.data.tags.get("cellmill.steps") == told]
    children = [r for r in flights.recorded if r.data.tags.get("mlflow.parentRunId") == whole.info.run_id]
    assert sorted(r.info.run_name for r in children) == ["end", "fit", "load", "part.0", "part.1", "total"]
    (fit,) = [r for r in children if r.info.run_name == "fit"]
    (model,) = [r for r in flights.recorded if r.data.tags.get("mlflow.parentRunId") == fit.info.run_id]
    assert model.data.tags["cellmill.pipeline_step"] == "fit"
    registered = flights.cellmill("register", model.data.tags["cellmill.run"], "--name", "score", "--json")
    assert registered.code == 0, registered.err
    version = flights.client.get_model_version("score", "1")
    assert version.tags["cellmill.pipeline"] == "p"
    assert whole.info.run_name == f"p {version.tags['cellmill.pipeline_run']}"
    assert {r.info.status for r in (whole, *children)} == {"FINISHED"}

    # A loop that is one no more: what its items handed over is gone.
    loop = "when: load.rows > 10, for_each: {parameter: part, in: load.parts}"
    document(flights, DOCUMENT.replace(loop, "parameters: {part: whole}"))
    once = run(flights, "--only", "part", "--only", "total")
    assert flights.read(once["total"]["output"]).cells[-1].outputs[0].text == "5\n"
    values = flights.root / ".cellmill" / "pipelines" / "p" / "values"
    assert [path.name for path in values.iterdir() if path.name.startswith("part")] == ["part"]


def test_copies_of_notebooks_work_where_those_did(desk: Desk) -> None:
    desk.notebook("work/load.ipynb", "rows = 3", "import words\nopen('../data.csv', 'w').write(words.TEXT * rows)")
    (desk.root / "work" / "words.py").write_text("TEXT = 'ab'\n")
    desk.notebook("report.ipynb", "title = ''", "print(open('data.csv').read())")
    made = desk.cellmill("pipeline", "new", "p", "work/load.ipynb", "report.ipynb", "--copy", "--json")
    assert made.code == 0, made.err
    assert made.json["edges"] == [{"before": "load", "after": "report", "files": ["data.csv"]}]
    first = run(desk, "-p", "rows=2")
    assert states(first) == {"load": "ok", "report": "ok"}
    assert desk.read(first["report"]["output"]).cells[-1].outputs[0].text == "abab\n"
    assert set(states(run(desk, "-p", "rows=2")).values()) == {"unchanged"}


FATES = {
    "fails": ("open('n.txt', 'a').write('x')\nassert len(open('n.txt').read()) > 2, 'not yet'", "retries: 1"),
    "dies": (
        "import os, pathlib\nif not pathlib.Path('died').exists():\n    pathlib.Path('died').touch()\n    os._exit(1)",
        "retries: 2",
    ),
    "hangs": ("import pathlib, time\ntime.sleep(0 if pathlib.Path('died').exists() and x else 100)", "timeout: 3"),
    "forgets": ("x += 1", "writes: [out/result.csv]"),
    "goes_on": ("x += 1", "after: [dies]"),
    "waits": ("x += 1", "after: [fails]"),
}


def test_what_goes_wrong_in_a_step_stops_what_comes_after_it_and_the_next_run_goes_on_from_there(desk: Desk) -> None:
    for name, (cell, _) in FATES.items():
        desk.notebook(f"pipelines/p/{name}.ipynb", "x = 0", cell)
    steps = "\n".join(f"  {name}: {{notebook: {name}.ipynb, {more}}}" for name, (_, more) in FATES.items())
    document(desk, f"version: 1\nsteps:\n{steps}\n")
    first = run(desk, code=1)
    assert states(first) == {
        "fails": "failed",
        "dies": "ok",
        "hangs": "failed",
        "forgets": "failed",
        "goes_on": "ok",
        "waits": "not reached",
    }
    assert "raised AssertionError: not yet" in first["fails"]["error"]
    assert "ran for longer than 3 s in all" in first["hangs"]["error"]
    assert "Allow more with a step's 'timeout' in pipeline.yaml." in first["hangs"]["error"]
    assert "Step forgets ran to its end and did not write out/result.csv." in first["forgets"]["error"]
    assert {name: step["attempt"] for name, step in first.items() if step["attempt"] > 1} == {"fails": 2, "dies": 2}

    document(desk, f"version: 1\nsteps:\n{steps}\n".replace("timeout: 3", "retries: 0"))
    said = desk.cellmill("pipeline", "run", "pipelines/p", "-p", "hangs.x=1")
    assert said.code == 1
    assert "fails: runs: failed last time" in said.err
    assert "waits: done" in said.err
    assert "goes_on: unchanged" in said.err
    assert "p: 3 ran, 2 unchanged, 1 failed, in " in said.out
    assert "forgets failed. What has run is kept; mend the cause and go on with: cellmill pipeline run" in said.err


def test_ctrl_c_ends_the_steps_under_way_and_the_next_run_resumes(desk: Desk) -> None:
    slow = "import pathlib, time\npathlib.Path('began').touch()\ntime.sleep(0 if pathlib.Path('go').exists() else 100)"
    desk.notebook("pipelines/p/slow.ipynb", "x = 1", slow)
    desk.notebook("pipelines/p/quick.ipynb", "x = 1")
    document(desk, "version: 1\nsteps: {quick: {notebook: quick.ipynb}, slow: {notebook: slow.ipynb, after: [quick]}}")
    under_way = desk.begin("pipeline", "run", "p", "--log-json")
    began = desk.root / "pipelines" / "p" / "began"
    while under_way.poll() is None and not began.exists():
        time.sleep(0.05)
    second = desk.cellmill("pipeline", "run", "p")
    assert (second.code, "being run by another process" in second.err) == (2, True)
    under_way.send_signal(signal.SIGINT)
    out, err = under_way.communicate(timeout=60)
    assert under_way.returncode == 130, out + err
    told = [json.loads(line) for line in err.splitlines()]
    words = "Interrupted, with 1 step left. What has run is kept. Go on with: cellmill pipeline run pipelines/p"
    assert (told[-1]["event"], told[-1]["left"], told[-1]["message"]) == ("interrupted", 1, words)
    began.with_name("go").touch()
    steps = run(desk)
    assert states(steps) == {"quick": "unchanged", "slow": "ok"}
    assert steps["slow"]["why"] == ["interrupted last time"]


def test_what_is_changed_while_it_runs_is_noticed(desk: Desk) -> None:
    desk.notebook("pipelines/p/b.ipynb", "y = 1")
    desk.notebook(
        "pipelines/p/a.ipynb",
        "x = 1",
        "import json\nbook = json.load(open('b.ipynb'))\nbook['cells'][0]['source'] = 'y = 2'\n"
        "json.dump(book, open('b.ipynb', 'w'))\nopen('pipeline.yaml', 'a').write('# more')",
    )
    document(desk, "version: 1\nsteps: {a: {notebook: a.ipynb}, b: {notebook: b.ipynb, after: [a]}}\n")
    said = desk.cellmill("pipeline", "run", "p")
    assert said.code == 0, said.err
    assert "b.ipynb was changed while the pipeline ran: step b runs as it is now." in said.err
    assert "pipeline.yaml was changed while the pipeline ran" in said.err
