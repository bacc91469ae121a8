"""The recorder when it is killed, and on file systems whose locks are not those of a healthy disk."""

import errno
import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from benchmarks.kill_recorders import kill_recorders
from tests.stories import Story, a_training

from cellmill.capture.sessions import load_sessions
from cellmill.core.errors import StoreLocked
from cellmill.core.ids import RunId
from cellmill.core.ports import RunStore
from cellmill.core.project import Project
from cellmill.stores.memory import MemoryRunStore
from cellmill.wiring import recorder
from cellmill.wiring.recorder import record

RUN = RunId("aa00000001")


@pytest.fixture
def store() -> MemoryRunStore:
    return MemoryRunStore()


def recorded(project: Project, store: RunStore) -> dict[RunId, str]:
    """Record whatever the journals hold by now, as a command does that has just been started."""
    return record(load_sessions(project), store)


def test_recorders_killed_at_any_moment_leave_each_run_once_and_whole(project: Project, sqlite: str) -> None:
    """The long version is `python -m benchmarks.kills recorders`."""
    toll = kill_recorders(6, seed=2, project=project, within_s=4.0, whole=False)
    assert (toll.missing, toll.doubled, toll.incomplete) == ([], [], [])
    assert (toll.kills, toll.in_work >= 1, toll.runs >= 4) == (6, True, True)


HOLD = """\
import sys, time, filelock
lock = getattr(filelock, sys.argv[2])(sys.argv[1])
lock.acquire()
print("held", flush=True)
time.sleep(60)
"""


@contextmanager
def held_by_another(lock: Path, kind: str) -> Iterator["subprocess.Popen[str]"]:
    """Another process holds a lock, until it is killed."""
    lock.parent.mkdir(exist_ok=True)
    command = [sys.executable, "-c", HOLD, str(lock), kind]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        try:
            yield other
        finally:
            other.kill()


def test_a_lock_that_another_holds_is_waited_for_and_then_said(
    story: Story, store: MemoryRunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "LOCK_PATIENCE_S", 0.2)
    a_training(story)
    story.write()
    with held_by_another(story.project.folder / "recorder.lock", "FileLock"):
        with pytest.raises(StoreLocked):
            recorded(story.project, store)
        assert store.puts == 0
    assert list(recorded(story.project, store)) == [RUN]


def test_a_lock_of_a_process_that_was_killed_holds_nobody_up(story: Story, store: MemoryRunStore) -> None:
    a_training(story)
    story.write()
    with held_by_another(story.project.folder / "recorder.lock", "FileLock") as other:
        other.kill()
        other.wait()
        began_s = time.monotonic()
        assert list(recorded(story.project, store)) == [RUN]
    assert time.monotonic() - began_s < 5


@pytest.mark.parametrize("refusal", [errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS])
@pytest.mark.filterwarnings("ignore")  # the library says that it must do without
def test_where_the_file_system_has_no_locks_a_file_is_one(
    story: Story, store: MemoryRunStore, monkeypatch: pytest.MonkeyPatch, refusal: int
) -> None:
    """As some network file systems: the system call itself is refused."""
    a_training(story)
    story.write()

    def refuse(*_: object) -> None:
        raise OSError(refusal, os.strerror(refusal))

    monkeypatch.setattr(fcntl, "flock", refuse)
    assert list(recorded(story.project, store)) == [RUN]
    if refusal != errno.ENOSYS:  # there the library finds its own way
        monkeypatch.setattr(recorder, "LOCK_PATIENCE_S", 0.2)
        with story.cell("late", "model.score(X_val, y_val)"):
            story.measures(RUN, "late", 0.5)
        story.write()
        with held_by_another(story.project.folder / "recorder.owner", "SoftFileLock"), pytest.raises(StoreLocked):
            recorded(story.project, store)
