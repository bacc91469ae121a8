"""A session's capture, without a shell: cells told by hand, the journal read back."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from contextvars import copy_context
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from tests.full_disk import files_at_most
from tests.stories import Story

from cellmill.capture.control import Control, control_path, write_control
from cellmill.capture.failures import describe_failure, outcome_of
from cellmill.capture.journal import read_events
from cellmill.capture.recording import Recording, current_recording, try_recording
from cellmill.capture.surroundings import Surroundings
from cellmill.core.event_parts import Failure
from cellmill.core.events import (
    CaptureFailed,
    CapturePaused,
    CaptureResumed,
    CellIdentified,
    Event,
    ExecutionEnded,
    ExecutionFinished,
    ExecutionPlaced,
    ExecutionStarted,
    FilesDigested,
    NotebookNamed,
    SessionStarted,
)
from cellmill.core.ids import ExecutionId
from cellmill.core.project import Project
from cellmill.core.settings import Settings


@pytest.fixture
def started(story: Story) -> SessionStarted:
    started = story.inside[0]
    assert isinstance(started, SessionStarted)
    return started


@pytest.fixture
def recording(project: Project, started: SessionStarted) -> Iterator[Recording]:
    recording = Recording(project, Settings(), started)
    yield recording
    recording.close()


def journal(recording: Recording) -> list[Event]:
    """Return what the journal holds, every time in it set to 0."""
    events, _ = read_events(recording.project.journal(recording.started.session))
    return [
        event if isinstance(event, SessionStarted | CellIdentified | ExecutionPlaced) else replace(event, at_ms=0)
        for event in events
    ]


def begin(recording: Recording, name: str, source: str = "pass") -> ExecutionId:
    recording.execution_started(ExecutionId(name), source=source, cell="c", number=1, tags=("t",))
    return ExecutionId(name)


def end(recording: Recording, execution: ExecutionId, python: str | None = "pass") -> None:
    recording.execution_finished(execution, python=python, outcome="ok", error=None)


def run(recording: Recording, name: str, source: str = "pass") -> None:
    end(recording, begin(recording, name, source), source)


def test_a_cell_is_written_down_before_and_after_it_runs(recording: Recording, started: SessionStarted) -> None:
    execution = begin(recording, "a", "y = x + 1")
    assert journal(recording)[1:] == [ExecutionStarted(execution, 0, 1, "y = x + 1", "c", ("t",))]
    recording.execution_finished(execution, python="y = x + 1", outcome="error", error=Failure("E", "no"))
    assert journal(recording) == [
        started,
        ExecutionStarted(execution, 0, 1, "y = x + 1", "c", ("t",)),
        ExecutionFinished(execution, 0, "error", ("x",), ("y",), Failure("E", "no")),
    ]


def test_a_function_of_an_earlier_cell_is_known(recording: Recording) -> None:
    run(recording, "define", "def f():\n    return rate")
    run(recording, "call", "y = f()")
    assert journal(recording)[-1] == ExecutionFinished(ExecutionId("call"), 0, "ok", ("f", "rate"), ("y",))


@pytest.mark.parametrize("python", [None, "x = = 1", "x = '\0'"])
def test_a_cell_that_is_no_python_uses_no_names(recording: Recording, python: str | None) -> None:
    end(recording, begin(recording, "a"), python)
    assert journal(recording)[-1] == ExecutionFinished(ExecutionId("a"), 0, "ok")


def test_the_projects_folder_is_private_and_ignored_by_git(recording: Recording, project: Project) -> None:
    assert (project.folder.stat().st_mode & 0o777, (project.folder / ".gitignore").read_text()) == (0o700, "*\n")


def test_it_is_known_which_execution_is_running(recording: Recording) -> None:
    seen = [(recording.execution, recording.is_recording)]
    execution = begin(recording, "a")
    seen.append((recording.execution, recording.is_recording))
    end(recording, execution)
    seen.append((recording.execution, recording.is_recording))
    assert seen == [(None, False), (execution, True), (execution, False)]


def test_nothing_is_written_while_capture_is_paused(recording: Recording, project: Project) -> None:
    path = control_path(project, recording.started.kernel)
    write_control(path, Control(paused=True))
    run(recording, "unseen")
    assert (recording.paused, recording.is_recording) == (True, False)
    write_control(path, Control())
    run(recording, "seen")
    assert journal(recording)[1:] == [
        CapturePaused(0),
        CaptureResumed(0),
        ExecutionStarted(ExecutionId("seen"), 0, 1, "pass", "c", ("t",)),
        ExecutionFinished(ExecutionId("seen"), 0, "ok"),
    ]


def test_what_cells_wrote_while_capture_was_paused_no_cell_of_the_record_has_set(
    recording: Recording, project: Project
) -> None:
    names: dict[str, object] = {"rows": [1], "other": [2], "text": ""}
    recording.compare_names(names)

    def ran(name: str, source: str) -> None:
        begin(recording, name, source)
        exec(source, names)
        recording.execution_finished(ExecutionId(name), python=source, outcome="ok", error=None)

    path = control_path(project, recording.started.kernel)
    ran("before", "len(rows), len(other)")
    write_control(path, Control(paused=True))
    ran("unseen", "rows.append(3)\nlen(other)")
    ran("unseen too", "text = 'new'")
    write_control(path, Control())
    ran("after", "total = sum(rows) + sum(other)")
    ran("later", "total += 1")
    begun = {event.execution: event.outside for event in journal(recording) if isinstance(event, ExecutionStarted)}
    assert begun == {"before": (), "after": ("rows", "text"), "later": ()}


def test_a_cell_that_pauses_capture_is_still_written_to_its_end(recording: Recording, project: Project) -> None:
    execution = begin(recording, "pauses")
    write_control(control_path(project, recording.started.kernel), Control(paused=True))
    end(recording, execution)
    assert journal(recording)[-1] == ExecutionFinished(execution, 0, "ok")


def test_a_setting_keeps_capture_off(project: Project, started: SessionStarted) -> None:
    recording = Recording(project, Settings(capture=False), started)
    run(recording, "unseen")
    recording.close()
    assert journal(recording) == [started, CapturePaused(0)]


def test_the_notebooks_new_name_is_written_before_the_next_cell(recording: Recording, project: Project) -> None:
    write_control(control_path(project, recording.started.kernel), Control(notebook="/p/new.ipynb"))
    run(recording, "a")
    run(recording, "b")
    assert recording.notebook == "/p/new.ipynb"
    assert [event for event in journal(recording) if isinstance(event, NotebookNamed)] == [
        NotebookNamed(0, "/p/new.ipynb")
    ]


def test_a_folder_that_was_removed_is_made_again_with_the_next_cell(recording: Recording, project: Project) -> None:
    run(recording, "lost")
    shutil.rmtree(project.folder)
    run(recording, "kept")
    assert journal(recording) == [
        recording.started,
        ExecutionStarted(ExecutionId("kept"), 0, 1, "pass", "c", ("t",)),
        ExecutionFinished(ExecutionId("kept"), 0, "ok"),
    ]


def test_a_full_disk_is_no_error_of_the_cell_and_capture_goes_on_after_it(recording: Recording) -> None:
    size_bytes = recording.project.journal(recording.started.session).stat().st_size
    with files_at_most(size_bytes + 5):
        run(recording, "lost")
        trouble = recording.trouble
    run(recording, "kept")
    assert trouble == "the journal cannot be written (File too large)"
    assert recording.trouble is None
    assert [e.execution for e in journal(recording) if isinstance(e, ExecutionStarted)] == ["kept"]
    lost = CaptureFailed(0, "journal", "2 events could not be written", ExecutionId("lost"))
    assert [event for event in journal(recording) if isinstance(event, CaptureFailed)] == [lost]


def test_what_was_unloaded_or_forked_records_nothing(recording: Recording) -> None:
    begin(recording, "a")
    assert recording.is_recording
    child = os.fork()
    if child == 0:
        os._exit(recording.is_recording)
    assert os.waitpid(child, 0)[1] == 0
    recording.close()
    assert not recording.is_recording


def test_a_journal_that_was_closed_writes_into_nobody_elses_file(recording: Recording, tmp_path: Path) -> None:
    recording.close()
    with ExitStack() as stack:  # one gets the journal's former number
        for index in range(20):
            stack.enter_context((tmp_path / f"mine-{index}").open("w"))
        recording.failed("after", ValueError("late"))
        recording.close()
    assert {path.read_text() for path in tmp_path.glob("mine-*")} == {""}


def test_a_task_that_a_skipped_cell_left_running_is_not_recorded(recording: Recording) -> None:
    begin(recording, "hidden", "# cellmill: skip")
    task = copy_context()
    assert not task.run(lambda: recording.is_recording)
    end(recording, ExecutionId("hidden"))
    assert not task.run(lambda: recording.is_recording)
    run(recording, "seen")
    assert not task.run(lambda: recording.is_recording)


@pytest.mark.parametrize("how", ["skipped", "paused"])
def test_what_a_cell_that_is_not_recorded_leaves_around_it_is_no_later_cells(
    recording: Recording, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    read, module = tmp_path / "patients.csv", tmp_path / f"secretly_{how}.py"
    read.write_text("a")
    module.write_text("cohort = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    around = Surroundings(project, {}, write=recording.write, failed=recording.failed)
    recording.look_around(around)
    control = control_path(project, recording.started.kernel)
    run(recording, "before")
    if how == "paused":
        write_control(control, Control(paused=True))
    begin(recording, "hidden", "# cellmill: skip")
    read.read_text()
    __import__(module.stem)
    monkeypatch.setenv("COHORT", "hiv")
    end(recording, ExecutionId("hidden"))
    write_control(control, Control())
    run(recording, "after")
    around.close()
    events = journal(recording)
    assert [type(event) for event in events if isinstance(event, FilesDigested)] == []
    assert [(e.environment, e.modules, e.files) for e in events if isinstance(e, ExecutionFinished)][1:] in (
        [({}, (), ())], [({}, (), ()), ({}, (), ())]
    )  # fmt: skip
    assert not any(b"cohort" in path.read_bytes() for path in project.blobs.rglob("*") if path.is_file())


def test_a_fault_of_ours_is_written_down_with_its_execution(recording: Recording) -> None:
    execution = begin(recording, "a")
    recording.failed("predicted", TypeError("no"))
    assert journal(recording)[-1] == CaptureFailed(0, "predicted", "TypeError: no", execution)


def test_an_execution_that_began_before_capture_did_is_not_ended(recording: Recording) -> None:
    end(recording, ExecutionId("stranger"))
    assert journal(recording) == [recording.started]


def test_a_place_that_cannot_be_written_is_a_sentence(project: Project, started: SessionStarted) -> None:
    project.folder.write_text("a file")
    recording, reason = try_recording(project, Settings(), started)
    assert recording is None
    assert reason is not None
    assert reason.endswith("Make the folder writable, or work in another one.")


def test_the_recording_of_this_process_is_known(project: Project, started: SessionStarted) -> None:
    recording, reason = try_recording(project, Settings(), started)
    assert recording is not None
    assert (current_recording(), reason) == (recording, None)
    recording.close()


# --- the user's exceptions


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (ValueError("no rows"), Failure("ValueError", "no rows")),
        (Unspeakable(), Failure("Unspeakable", "(its message cannot be shown: RuntimeError)")),
        (ValueError("x" * 9_000), Failure("ValueError", "x" * 2_000)),
    ],
    ids=["plain", "unspeakable", "long"],
)
def test_an_exception_is_kept_as_text(error: BaseException, failure: Failure) -> None:
    assert describe_failure(error) == failure


def test_an_interrupt_is_not_an_error() -> None:
    outcomes = [outcome_of(error) for error in (None, ValueError(), KeyboardInterrupt(), SystemExit())]
    assert outcomes == ["ok", "error", "interrupted", "error"]


def test_every_event_has_a_time_but_the_names_of_cells() -> None:
    without = [kind.__name__ for kind in get_args(Event) if "at_ms" not in kind.__dataclass_fields__]
    assert without == ["CellIdentified", "ExecutionPlaced"]


def test_what_took_part_is_written_once_the_reply_is_sent_and_before_anything_else_runs(recording: Recording) -> None:
    waiting: list[Callable[[], None]] = []

    def run_attended(name: str) -> None:
        execution = ExecutionId(name)
        recording.execution_started(execution, source="y = x", cell=None, number=1, tags=())
        recording.execution_finished(execution, python="y = x", outcome="ok", error=None, soon=waiting.append)

    run_attended("a")
    assert journal(recording)[-1] == ExecutionEnded(ExecutionId("a"), 0, "ok")
    waiting[0]()
    whole = ExecutionFinished(ExecutionId("a"), 0, "ok", ("x",), ("y",))
    assert journal(recording)[-1] == whole
    waiting[0]()
    assert journal(recording)[-1] == whole, "once"

    run_attended("b")
    run_attended("c")  # at once, as in a Run All: the loop has not had its turn
    kinds = [type(event) for event in journal(recording)[-5:]]
    assert kinds == [ExecutionStarted, ExecutionEnded, ExecutionFinished, ExecutionStarted, ExecutionEnded]
    recording.catch_up()
    assert journal(recording)[-1] == ExecutionFinished(ExecutionId("c"), 0, "ok", ("x",), ("y",))


def test_all_is_written_at_once_of_a_cell_that_raised(recording: Recording) -> None:
    execution = ExecutionId("a")
    recording.execution_started(execution, source="1 / 0", cell=None, number=1, tags=())
    error = Failure("ZeroDivisionError", "division by zero")
    recording.execution_finished(execution, python="1 / 0", outcome="error", error=error, soon=lambda _: None)
    assert journal(recording)[-1] == ExecutionFinished(execution, 0, "error", error=error)
