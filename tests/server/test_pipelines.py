"""Pipelines in the sidebar: which there are, their graph, running them; and splitting a notebook into one."""

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from tests.server.jupyter import Jupyter, wait_for

KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
DOCUMENT = """\
version: 1
steps:
  load:
    notebook: load.ipynb
    writes: [{name}.txt]
  fit:
    notebook: fit.ipynb
    after: [load]
"""


def written(path: Path, *cells: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=list(cells), metadata={"kernelspec": KERNEL}), path)
    return path


@pytest.fixture
def folder(server: Jupyter, request: pytest.FixtureRequest) -> str:
    """A pipeline of this test alone: `fit` fails while there is a file `NAME.bad`, and waits for `NAME.hold` to go."""
    name = request.node.name
    place = server.root / "pipelines" / name
    text = f"from pathlib import Path\nPath('../../{name}.txt').write_text('7')"
    written(place / "load.ipynb", new_code_cell(text))
    hold = f"import time\nfrom pathlib import Path\nwhile Path('../../{name}.hold').exists():\n    time.sleep(0.05)"
    fit = f"assert not Path('../../{name}.bad').exists(), 'bad'\nprint(Path('../../{name}.txt').read_text())"
    written(place / "fit.ipynb", new_code_cell(hold), new_code_cell(fit))
    (place / "pipeline.yaml").write_text(DOCUMENT.format(name=name))
    return f"pipelines/{name}"


def graph(server: Jupyter, folder: str) -> dict[str, Any]:
    found: dict[str, Any] = server.get("pipelines/graph", folder=folder)
    return found


def ran(server: Jupyter, folder: str, start: str | None = None) -> dict[str, Any]:
    answer = server.ask("pipelines/runs", "POST", {"folder": folder, "start": start})
    assert answer.status_code == 202, answer.text
    return ended(server, folder)


def ended(server: Jupyter, folder: str) -> dict[str, Any]:
    return wait_for(
        lambda: server.get("pipelines/runs", folder=folder)["run"], lambda found: found["stage"] != "running"
    )


def states(run: dict[str, Any]) -> dict[str, str]:
    return {one["step"]: one["state"] for one in run["steps"]}


def test_a_pipeline_is_shown_run_cancelled_and_gone_on_with(server: Jupyter, folder: str) -> None:
    name = folder.rpartition("/")[2]
    (server.root / "elsewhere" / ".git").mkdir(parents=True)
    first = graph(server, folder)
    assert [(step["name"], step["what"], step["reasons"]) for step in first["steps"]] == [
        ("load", "runs", ["never run"]),
        ("fit", "runs", ["never run"]),
    ]
    assert (first["problem"], first["run"], first["document"]) == (None, None, f"{folder}/pipeline.yaml")
    hold, bad = server.root / f"{name}.hold", server.root / f"{name}.bad"
    hold.touch()
    with server.changes() as changes:
        assert server.ask("pipelines/runs", "POST", {"folder": folder}).status_code == 202
        changes.until("pipelines", None)
        wait_for(
            lambda: server.get("pipelines/runs", folder=folder)["run"],
            lambda found: states(found) == {"load": "ok", "fit": "running"},
        )
        assert server.ask("pipelines/runs", "POST", {"folder": folder}).status_code == 200  # one at a time
        told = server.ask("pipelines/runs", "DELETE", folder=folder).json()["run"]
        assert (told["stage"], told["is_cancelled"]) == ("running", True)  # its steps end first
        run = ended(server, folder)
    assert (run["stage"], states(run)) == ("cancelled", {"load": "ok", "fit": "interrupted"})

    hold.unlink()
    bad.touch()
    run = ran(server, folder)
    assert (run["stage"], run["message"], states(run)) == ("failed", None, {"load": "unchanged", "fit": "failed"})
    by_step = {step["name"]: step for step in graph(server, folder)["steps"]}
    assert "AssertionError: bad" in by_step["fit"]["error"]
    assert "ell 2 of" in by_step["fit"]["error"]
    assert "This cell raised an error" in (server.root / by_step["fit"]["output"]).read_text()
    [listed] = [one for one in server.get("pipelines")["pipelines"] if one["folder"] == folder]
    assert server.get("pipelines", notebook="elsewhere/work.ipynb")["pipelines"] == []
    assert (listed["steps"], listed["to_run"], listed["failed"], listed["stage"]) == (2, 1, 1, "failed")

    bad.unlink()
    assert states(ran(server, folder)) == {"load": "unchanged", "fit": "ok"}
    assert states(ran(server, folder, start="fit")) == {"load": "left out", "fit": "ok"}
    last = graph(server, folder)
    assert [step["what"] for step in last["steps"]] == ["unchanged", "unchanged"]
    assert [(edge["before"], edge["after"], edge["files"]) for edge in last["edges"]] == [
        ("load", "fit", [f"{name}.txt"])
    ]


def test_what_is_wrong_with_a_pipeline_is_said_in_its_place(server: Jupyter, folder: str) -> None:
    document = server.root / folder / "pipeline.yaml"
    document.write_text(
        "version: 1\nsteps:\n  a: {notebook: load.ipynb, after: [b]}\n  b: {notebook: fit.ipynb, after: [a]}\n"
    )
    found = graph(server, folder)
    assert "a -> b -> a" in found["problem"] or "b -> a -> b" in found["problem"]
    assert found["steps"] == []
    assert server.ask("pipelines/graph", folder="pipelines/gone").status_code == 404
    run = ran(server, folder)
    assert run["stage"] == "failed"
    assert run["message"] == found["problem"]


def test_a_notebook_is_split_where_borders_may_stand(server: Jupyter) -> None:
    written(
        server.root / "messy 1.ipynb",
        new_markdown_cell("# Load"),
        new_code_cell("rows = list(range(1000))", id="load"),
        new_code_cell("left = iter(rows)\nfirst = next(left)", id="take"),
        new_code_cell("second = next(left)\ndel left", id="rest"),
        new_markdown_cell("# Sum"),
        new_code_cell("# all of them\ntotal = sum(rows) + first + second\nprint(total)", id="sum"),
    )
    asked = {"notebook": "messy 1.ipynb", "name": "messy-1"}
    assert server.get("splits", notebook="messy 1.ipynb") == {
        "notebook": "messy 1.ipynb",
        "suggested": "messy-1",
        "problem": None,
        "split": None,
    }
    too_early = server.ask("splits", "POST", {**asked, "at": [4]}).json()
    assert "Look at it again" in too_early["problem"]

    assert server.ask("splits", "POST", asked).status_code == 202
    looked = split_ended(server, "messy 1.ipynb")
    assert (looked["kind"], looked["stage"], looked["message"], looked["reasons"]) == ("look", "ended", None, [])
    plan = looked["plan"]
    assert [(one["number"], one["id"], one["heading"]) for one in plan["cells"]] == [
        (1, "load", "Load"),
        (2, "take", None),
        (3, "rest", None),
        (4, "sum", "Sum"),
    ]
    assert plan["cells"][3]["first_line"] == "total = sum(rows) + first + second"
    assert [(step["name"], step["first"]) for step in plan["steps"]] == [("load", 1), ("sum", 4)]
    borders = {one["number"]: one for one in plan["borders"]}
    assert list(borders) == [2, 3, 4]
    assert {each["name"] for each in borders[4]["names"]} == {"rows", "first", "second"}
    assert borders[4]["names"][0]["name"] == "rows"  # the largest
    assert borders[4]["reason"] is None

    assert server.ask("splits", "POST", {**asked, "at": [2, 4]}).status_code == 202
    made = split_ended(server, "messy 1.ipynb")
    assert (made["kind"], made["stage"], made["message"], made["reasons"]) == ("make", "ended", None, [])
    assert (made["folder"], made["plan"]) == ("pipelines/messy-1", plan)
    assert made["compared"] > 3
    steps = graph(server, "pipelines/messy-1")
    assert steps["steps"][0]["name"] == "load"
    assert len(steps["steps"]) == 3
    assert steps["source"] == "messy 1.ipynb"
    assert server.get("splits", notebook="messy 1.ipynb")["suggested"] == "messy-1-2"
    server.ask("splits", "POST", asked)
    taken = split_ended(server, "messy 1.ipynb")
    assert taken["stage"] == "failed"
    assert taken["message"].startswith("There is a pipeline in")


def split_ended(server: Jupyter, notebook: str) -> dict[str, Any]:
    return wait_for(lambda: server.get("splits", notebook=notebook)["split"], lambda found: found["stage"] != "running")
