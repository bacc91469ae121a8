"""The form of a notebook's parameters, and the runs that it tells of."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from tests.stories import Story

from cellmill.capture import sessions
from cellmill.core.project import Project
from cellmill.server.parameters import _form
from cellmill.server.workspace import ProjectWatch

VALUES = "first = 0.1\nsecond = {second}\n"
FIT = "model = Ridge(a=first, b=second).fit(X_train, y_train)"


def _nothing_is_read(*_: object) -> None:
    raise AssertionError("a journal was read that had been read before")


def test_a_form_knows_the_runs_that_were_read_before_and_those_since(
    project: Project, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From what the server holds: to read every journal anew takes seconds where there are thousands of runs."""
    path = project.root / "work.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(VALUES.format(second=0.2) + FIT)]), path)
    watch = ProjectWatch(project)

    def proposed() -> list[str]:
        return [proposal.name for proposal in _form("work.ipynb", path, watch).proposals]

    assert proposed() == ["first", "second"]
    for number, value in enumerate((0.2, 0.4)):
        story.ran(f"values{number}", VALUES.format(second=value))
        with story.cell(f"fit{number}", FIT):
            story.trains(f"aa0000000{number}")
        story.write()
        proposed()
    assert proposed() == ["second", "first"]  # what was turned before is proposed first
    assert watch.read() == {story.session}  # the browsers are told of it all the same
    monkeypatch.setattr(sessions, "read_events", _nothing_is_read)
    assert proposed() == ["second", "first"]
