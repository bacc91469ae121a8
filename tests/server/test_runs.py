"""Runs that no kernel of this server made: told by journals that were there."""

import math
from pathlib import Path

import pytest
from tests.server.jupyter import Jupyter, wait_for
from tests.stories import Story, a_training

from cellmill.capture.sessions import load_sessions
from cellmill.core.project import Project
from cellmill.wire.runs import RunDetail, run_detail


def test_a_notebook_without_runs_has_none(server: Jupyter) -> None:
    assert server.get("runs", notebook="never.ipynb") == {"notebook": "never.ipynb", "runs": [], "total": 0}


def test_the_runs_of_a_notebook_are_told_newest_first(server: Jupyter) -> None:
    story = Story(server.project, notebook="deep/er/told.ipynb", session="20260101T000000-y0000000")
    first = a_training(story, "y000000001")
    second = a_training(story, "y000000002")
    story.measures(second, "loss", math.nan)
    story.write()
    runs = wait_for(lambda: server.runs("deep/er/told.ipynb"), lambda found: len(found) == 2)
    assert [(run["run"], run["notebook"]) for run in runs] == [
        (second, "deep/er/told.ipynb"),
        (first, "deep/er/told.ipynb"),
    ]
    assert runs[0]["metrics"][-1] == {"name": "loss", "value": "NaN", "points": 1}
    assert {"y000000001", "y000000002"} <= {run["run"] for run in server.get("runs")["runs"]}


def test_a_run_is_told_whole_by_the_beginning_of_its_id(server: Jupyter) -> None:
    story = Story(server.project, notebook="whole.ipynb", session="20260101T000000-d1000000")
    a_training(story, "y100000001", model=None)
    story.write()
    wait_for(lambda: server.runs("whole.ipynb"))
    [run] = load_sessions(server.project).runs("whole.ipynb")
    found = RunDetail.model_validate(server.get("runs/y1"))
    assert found == run_detail(run, store_id=found.store_id)


@pytest.mark.parametrize("name", ["RTC:drive.ipynb", "/drive.ipynb", "./drive.ipynb", "a/../drive.ipynb"])
def test_a_path_may_be_written_as_a_browser_does(server: Jupyter, name: str) -> None:
    story = Story(server.project, notebook="drive.ipynb", session="20260101T000000-d2000000")
    if not server.project.journal(story.session).exists():
        a_training(story, "y200000001", model=None)
        story.write()
    assert [run["run"] for run in wait_for(lambda: server.runs(name))] == ["y200000001"]


def test_a_project_in_a_folder_below_is_found_when_it_is_asked_for(server: Jupyter) -> None:
    root = server.root / "below"
    (root / ".git").mkdir(parents=True)
    story = Story(Project(root), notebook="notes/own.ipynb", session="20260101T000000-d3000000")
    a_training(story, "y300000001", model=None)
    story.write()
    assert [run["notebook"] for run in server.runs("below/notes/own.ipynb")] == ["below/notes/own.ipynb"]
    assert server.get("capture", notebook="below/notes/own.ipynb")["root"] == str(root)
    assert Path(server.get("capture")["root"]) == server.root
