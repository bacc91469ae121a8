"""The form of a notebook's parameters: fields, refusals, runs, picks and the picture of a sweep."""

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from tests.server.jupyter import Jupyter, wait_for

from cellmill.core.ids import SessionId
from cellmill.core.sweeps import Axis, Plan, Sweep, SweepTrial
from cellmill.wiring.sweeps import add_trial, begin_sweep

PARAMETERS = """\
depth = 3  # 1..20, depth of a tree
rate: float = 0.5
kind = "a"  # one of: a, b
fast = True
start = "2024-01-31"  # date
columns = ["x", "y"]
limit: int | None = None
hold = ""
api_key = "k-1234\""""
WORK = "import os, time\nprint(depth, repr(hold))\nif depth == 13:\n    raise ValueError('unlucky')"
HOLD = "while hold and not os.path.exists(hold):\n    time.sleep(0.05)"


def written(server: Jupyter, name: str, *cells: str, tagged: bool = True) -> Path:
    made = [new_code_cell(source, id=f"cell-{at}") for at, source in enumerate(cells)]
    if tagged:
        made[0].metadata["tags"] = ["parameters"]
    path = server.root / name
    kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(new_notebook(cells=made, metadata={"kernelspec": kernelspec}), path)
    return path


def asked(server: Jupyter, notebook: str, run: bool = True, **texts: str) -> dict[str, Any]:
    answer = server.ask("parameters", "POST", {"notebook": notebook, "texts": texts, "run": run})
    assert answer.status_code in (200, 202), answer.text
    found: dict[str, Any] = answer.json()
    return found


def ended(server: Jupyter, notebook: str) -> dict[str, Any]:
    return wait_for(
        lambda: server.get("parameters/activity", notebook=notebook)["activity"],
        lambda found: found["stage"] != "running",
    )


@pytest.fixture
def form(server: Jupyter, request: pytest.FixtureRequest) -> str:
    """A notebook of this test alone."""
    return written(server, f"{request.node.name}.ipynb", PARAMETERS, WORK, HOLD).name


def test_each_parameter_is_a_field_with_its_default_as_one_would_type_it(server: Jupyter, form: str) -> None:
    found = server.get("parameters", notebook=form)
    assert (found["problem"], found["cell"], found["undoable"], found["sweeps"]) == (None, 1, [], [])
    assert {one["name"]: (one["field"], one["default"]) for one in found["parameters"]} == {
        "depth": ("integer", "3"),
        "rate": ("number", "0.5"),
        "kind": ("choice", "a"),
        "fast": ("boolean", "true"),
        "start": ("date", "2024-01-31"),
        "columns": ("list", '["x", "y"]'),
        "limit": ("other", "none"),
        "hold": ("text", ""),
        "api_key": ("text", "…"),
    }
    by_name = {one["name"]: one for one in found["parameters"]}
    depth = by_name["depth"]
    assert (depth["minimum"], depth["maximum"], depth["help"]) == (1, 20, "depth of a tree")
    assert depth["takes"] == "an integer, 1 to 20"
    assert by_name["kind"]["choices"] == ["a", "b"]
    assert [name for name, one in by_name.items() if one["is_secret"]] == ["api_key"]
    # What stands in the fields is taken back as the value that it was.
    defaults = {one["name"]: one["default"] for one in found["parameters"]}
    assert asked(server, form, run=False, **defaults) == {"problems": [], "activity": None}
    gone = server.get("parameters", notebook="gone.ipynb")
    assert gone["problem"].startswith("There is no notebook at")
    assert gone["parameters"] == []


def test_what_does_not_fit_is_said_of_its_field_and_nothing_runs(server: Jupyter, form: str) -> None:
    found = asked(server, form, depth="30", rate="fast", limt="1", hold="7")
    said = {one["name"]: one["message"] for one in found["problems"]}
    assert list(said) == ["depth", "rate", "limt"]
    assert "takes an integer, 1 to 20, and 30 is not" in said["depth"]
    assert "takes a number, and 'fast' is not one" in said["rate"]
    assert "Did you mean 'limit'?" in said["limt"]
    assert found["activity"] is None


def test_a_run_tells_its_cells_and_leaves_its_notebook(server: Jupyter, form: str) -> None:
    with server.changes() as changes:
        begun = asked(server, form, depth="4", hold='"); raise SystemExit #')
        assert (begun["activity"]["stage"], begun["activity"]["is_cancelled"]) == ("running", False)
        changes.until("parameters", form)
        wait_for(lambda: server.get("parameters/activity", notebook=form)["activity"]["done"] >= 3)
        again = asked(server, form, depth="5")  # one at a time: this is the first one still
        assert again["activity"]["started_ms"] == begun["activity"]["started_ms"]
        told = server.ask("parameters/activity", "DELETE", notebook=form).json()["activity"]
        assert (told["stage"], told["is_cancelled"]) == ("running", True)  # its kernel ends first
        found = ended(server, form)
    assert (found["stage"], found["message"]) == ("cancelled", None)

    asked(server, form, depth="4")
    found = ended(server, form)
    assert (found["stage"], found["done"], found["of"], found["message"]) == ("ended", 4, 4, None)
    executed = nbformat.read(server.root / found["output"], as_version=4)
    assert executed.cells[1].source == "# Parameters\ndepth = 4\n"
    assert executed.cells[2].outputs[0].text.startswith("4 ''")


def test_a_run_that_fails_says_in_which_cell_and_keeps_its_notebook(server: Jupyter, form: str) -> None:
    asked(server, form, depth="13")
    found = ended(server, form)
    assert found["stage"] == "failed"
    assert found["message"].startswith(f"Cell 3 of {form} raised ValueError: unlucky.")
    assert "This cell raised an error" in (server.root / found["output"]).read_text()


def test_a_proposal_becomes_a_parameter_and_is_taken_back(server: Jupyter) -> None:
    path = written(server, "pick.ipynb", "size = 3\nvalues = list(range(size))", "print(sum(values))", tagged=False)
    before = path.read_bytes()
    [proposal] = server.get("parameters", notebook="pick.ipynb")["proposals"]
    assert (proposal["name"], proposal["default"], proposal["cell"]) == ("size", "3", "cell-0")
    answer = server.ask("parameters/picks", "POST", {"notebook": "pick.ipynb", "names": ["size"]})
    assert (answer.status_code, answer.json()["activity"]["kind"]) == (202, "pick")
    found = ended(server, "pick.ipynb")
    assert (found["stage"], found["message"]) == ("ended", None)
    form = server.get("parameters", notebook="pick.ipynb")
    assert ([one["name"] for one in form["parameters"]], form["undoable"]) == (["size"], ["size"])
    assert server.ask("parameters/picks", "DELETE", notebook="pick.ipynb").json()["problems"] == []
    assert path.read_bytes() == before
    [problem] = server.ask("parameters/picks", "DELETE", notebook="pick.ipynb").json()["problems"]
    assert "no pick is left" in problem["message"]


def test_a_sweep_is_a_picture_that_gets_nothing_of_the_server(server: Jupyter, form: str) -> None:
    plan = Plan((Axis("depth", choices=(1, 2)),), "loss", "minimize")
    begin_sweep(server.project, Sweep("5eedf00d", form, "d", plan, 7))
    add_trial(server.project, "5eedf00d", SweepTrial(1, {"depth": 1}, "finished", 0.25, SessionId("s"), 0, 1))
    [listed] = server.get("parameters", notebook=form)["sweeps"]
    assert (listed["sweep"], listed["trials"], listed["size"], listed["best"]) == ("5eedf00d", 1, 2, "0.25")
    answer = server.ask("sweeps/5eedf00d/picture", theme="dark")
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["content-security-policy"].startswith("sandbox allow-scripts; default-src 'none'")
    assert 'data-theme="dark"' in answer.text
    assert server.ask("sweeps/0000/picture").status_code == 404
    assert json.loads(server.ask("sweeps/0000/picture").text)["error"]["kind"] == "not_found"
