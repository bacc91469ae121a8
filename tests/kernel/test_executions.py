"""What the journal holds of a cell: every one of the user's own, and nobody else's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cellmill.capture.control import Control, control_path, write_control
from cellmill.core.events import CapturePaused, CaptureResumed, ExecutionFinished, ExecutionStarted, NotebookNamed

if TYPE_CHECKING:
    from tests.kernel.kernels import Kernel


def test_an_execution_is_the_request_with_its_exact_source_cell_and_number(kernel: Kernel) -> None:
    source = "# a comment\nfirst = 1\n\nsecond = first + 1  # trailing\n"
    answer = kernel.run(source, cell="cell-7")

    execution = kernel.executions[-1]
    assert (execution.execution, execution.source, execution.cell, execution.number, execution.outcome) == (
        answer.execution,
        source,
        "cell-7",
        answer.number,
        "ok",
    )
    assert (execution.reads, execution.writes) == (frozenset(), frozenset({"first", "second"}))
    assert execution.ended_ms is not None
    assert execution.ended_ms >= execution.started_ms


def test_an_execution_that_raises_keeps_the_error(kernel: Kernel) -> None:
    kernel.run("kept = 1\nraise LookupError('no such row')", may_fail=True)

    execution = kernel.executions[-1]
    assert execution.error is not None
    assert (execution.outcome, execution.error.type, execution.error.message) == ("error", "LookupError", "no such row")
    assert execution.writes == {"kept"}


def test_source_that_is_no_python_is_an_execution_too(kernel: Kernel) -> None:
    kernel.run("def broken(:", may_fail=True)

    execution = kernel.executions[-1]
    assert (execution.source, execution.outcome, execution.writes) == ("def broken(:", "error", frozenset())
    assert execution.error is not None
    assert execution.error.type == "SyntaxError"


def test_a_magic_is_recorded_as_it_was_typed_with_the_names_in_it(kernel: Kernel) -> None:
    kernel.run("rows = X\n%time total = rows.a.sum()")

    execution = kernel.executions[-1]
    assert execution.source == "rows = X\n%time total = rows.a.sum()"
    assert execution.writes >= {"rows"}


def test_the_start_of_a_cell_is_on_disk_before_the_cell_runs(kernel: Kernel) -> None:
    answer = kernel.run(f"print(open({str(kernel.journals[0])!r}).read().splitlines()[-1])", cell="looks")

    event = json.loads(answer.stdout)
    assert (event["type"], event["execution"], event["cell"]) == ("execution_started", answer.execution, "looks")


def test_silent_requests_and_those_without_history_are_not_the_users(kernel: Kernel) -> None:
    before = len(kernel.executions), len(kernel.runs)
    kernel.run("model = Ridge().fit(X, y)", silent=True)
    kernel.run("model = Ridge().fit(X, y)", store_history=False)
    # No expression: IPython would look for a semicolon in the last cell of its history, which may be no Python.
    kernel.run("score = model.score(X, y)", store_history=False)

    assert (len(kernel.executions), len(kernel.runs)) == before


def test_the_same_cell_run_three_times_is_three_executions(kernel: Kernel) -> None:
    answers = [kernel.run("count = 1", cell="again") for _ in range(3)]
    assert [e.execution for e in kernel.executions if e.cell == "again"] == [a.execution for a in answers]


def test_nothing_is_recorded_between_pause_and_resume(kernel: Kernel) -> None:
    paused = kernel.run("%cellmill pause")
    hidden = kernel.run("model = Ridge().fit(X, y)")
    kernel.run("model.score(X, y)")
    resumed = kernel.run("%cellmill resume")
    seen = kernel.run("model = Ridge().fit(X, y)")

    assert "paused" in paused.stdout
    assert "on again" in resumed.stdout
    recorded = [execution.execution for execution in kernel.executions]
    assert hidden.execution not in recorded
    assert recorded[-1] == seen.execution
    assert kernel.runs_of(hidden) == []
    assert kernel.run_of(seen).metrics == ()
    marks = [type(event) for event in kernel.events if isinstance(event, CapturePaused | CaptureResumed)]
    assert marks[-2:] == [CapturePaused, CaptureResumed]


def test_a_pause_from_outside_holds_from_the_next_cell_on(kernel: Kernel) -> None:
    """The sidebar's button, which must not wait for a cell that runs."""
    control = control_path(kernel.project, kernel.session.kernel)
    write_control(control, Control(paused=True))
    hidden = kernel.run("model = Ridge().fit(X, y)")
    assert kernel.session.paused

    write_control(control, Control(paused=False))
    seen = kernel.run("model = Ridge().fit(X, y)")
    assert not kernel.session.paused
    assert (len(kernel.runs_of(hidden)), len(kernel.runs_of(seen))) == (0, 1)


def test_a_cell_that_was_running_when_it_was_paused_is_recorded_whole(kernel: Kernel) -> None:
    answer = kernel.run("get_ipython().run_line_magic('cellmill', 'pause')\nmodel = Ridge().fit(X, y)")
    kernel.run("%cellmill resume")

    assert len(kernel.runs_of(answer)) == 1
    finished = [event.execution for event in kernel.events if isinstance(event, ExecutionFinished)]
    assert answer.execution in finished


def test_the_notebook_is_the_one_that_the_kernel_was_told_of(kernel: Kernel) -> None:
    """The server tells it through the same file, also when the notebook is renamed."""
    control = control_path(kernel.project, kernel.session.kernel)
    for name in ("draft.ipynb", "renamed.ipynb"):
        write_control(control, Control(notebook=str(kernel.root / name)))
        kernel.run("'a cell'")
        assert kernel.session.notebook == name
    assert [event.notebook for event in kernel.events if isinstance(event, NotebookNamed)] == [
        str(kernel.root / "draft.ipynb"),
        str(kernel.root / "renamed.ipynb"),
    ]


def test_every_start_has_its_end_in_the_order_they_ran(kernel: Kernel) -> None:
    kernel.run("one = 1")
    kernel.run("1 / 0", may_fail=True)

    started = [event.execution for event in kernel.events if isinstance(event, ExecutionStarted)]
    finished = [event.execution for event in kernel.events if isinstance(event, ExecutionFinished)]
    assert started == finished
