"""The projects under a server's root, and the browser's names for what lies there."""

from pathlib import Path

import pytest
from tests.stories import Story, a_training
from tornado.web import HTTPError

from cellmill.core.project import Project
from cellmill.server.workspace import Workspace


@pytest.mark.parametrize(
    ("asked", "lies_at"),
    [
        ("work/a.ipynb", "work/a.ipynb"),
        ("/below/./a.ipynb", "below/a.ipynb"),
        ("RTC:work/a.ipynb", "work/a.ipynb"),
        ("lr: 0.1.ipynb", "lr: 0.1.ipynb"),
        ("RTC:lr: 0.1.ipynb", "lr: 0.1.ipynb"),
        ("2026-11-22 10:30/a.ipynb", "2026-11-22 10:30/a.ipynb"),
        ("work/RTC:a.ipynb", "work/RTC:a.ipynb"),
        ("RTC: there.ipynb", "RTC: there.ipynb"),
        ("RTC:RTC: there.ipynb", "RTC: there.ipynb"),
        ("gone: and back.ipynb", "gone: and back.ipynb"),
    ],
)
def test_only_the_drive_of_collaboration_is_no_part_of_a_path(project_root: Path, asked: str, lies_at: str) -> None:
    workspace = Workspace(project_root)
    assert workspace.path_of(asked) == project_root / lies_at


@pytest.mark.parametrize("asked", ["../a.ipynb", "RTC:../a.ipynb", "/a/../../b.ipynb"])
def test_a_path_out_of_the_root_is_refused(project_root: Path, asked: str) -> None:
    with pytest.raises(HTTPError, match="outside the server's root"):
        Workspace(project_root).path_of(asked)


def test_runs_are_named_as_the_browser_names_them_and_none_is_copied_for_nothing(project_root: Path) -> None:
    workspace = Workspace(project_root)
    below = project_root / "below"
    (below / ".git").mkdir(parents=True)
    for number, (root, notebook) in enumerate(((project_root, "a.ipynb"), (below, "a.ipynb"), (below, None))):
        story = Story(Project(root), session=f"2026010{number + 1}T000000-00000001", notebook=notebook)
        a_training(story, f"a{number}")
        a_training(story, f"b{number}")
        story.write()
        workspace.watch_of(root).read()
    found = {run.run: run for run, _ in workspace.runs(None)}
    assert {run: one.notebook for run, one in found.items()} == {
        **dict.fromkeys(("a0", "b0"), "a.ipynb"),
        **dict.fromkeys(("a1", "b1"), "below/a.ipynb"),
        **dict.fromkeys(("a2", "b2")),
    }
    assert [run.run for run, _ in workspace.runs("below/a.ipynb")] == ["b1", "a1"]
    held = {run.run: run for watch in workspace.projects for run in watch.sessions.runs()}
    assert [run for run in sorted(found) if found[run] is held[run]] == ["a0", "a2", "b0", "b2"]


@pytest.fixture
def project_root(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    for name in ("lr: 0.1.ipynb", "RTC: there.ipynb"):
        (tmp_path / name).write_text("{}")
    return tmp_path
