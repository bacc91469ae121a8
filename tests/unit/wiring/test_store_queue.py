"""What is recorded while others run."""

import io
import time
from collections.abc import Callable
from typing import Any

import pytest

from cellmill.core.errors import StoreUnreachable
from cellmill.core.ids import SessionId
from cellmill.core.pipeline_runs import PipelineRun, StepStanding
from cellmill.core.project import Project
from cellmill.core.sweeps import Plan, Sweep, SweepTrial
from cellmill.wiring import sweeping
from cellmill.wiring.pipeline_store import Recording
from cellmill.wiring.store_process import StoreProcess


class BrokenOnce:
    """A store that fails as nothing should the first time that it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, *given: Any, **named: Any) -> str:
        self.asked += 1
        if self.asked == 1:
            raise TypeError("keys must be str, int, float, bool or None, not tuple")
        return "1"


def quiet(monkeypatch: pytest.MonkeyPatch, broken: BrokenOnce) -> None:
    for name in ("record", "pipeline", "sweep", "warm", "close"):
        answer: Callable[..., Any] = broken if name in ("pipeline", "sweep") else lambda *given, **named: None
        monkeypatch.setattr(StoreProcess, name, answer)


def settled(recording: Any) -> bool:
    ends_s = time.monotonic() + 10
    while recording.left and time.monotonic() < ends_s:
        recording.wait(0.1)
    return not recording.left


def test_an_error_that_nobody_has_foreseen_is_told_and_the_steps_after_it_are_recorded(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = BrokenOnce()
    quiet(monkeypatch, broken)
    recording = Recording(project)
    recording.warm()
    run = PipelineRun("p", "r", 1, ())
    for key in ("load", "fit"):
        recording.put(run, StepStanding(key, key), {})
    recording.end_run(run)
    assert settled(recording)
    recording.close()
    assert broken.asked == 3
    assert len(recording.troubles) == 1
    assert "TypeError: keys must be str" in recording.troubles[0]


def test_so_it_is_with_trials_of_a_sweep(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    quiet(monkeypatch, BrokenOnce())
    marked: list[int] = []
    monkeypatch.setattr(sweeping, "mark_recorded", lambda project, sweep, number: marked.append(number))
    trials = tuple(SweepTrial(number, {}, "finished", 1.0, SessionId("s"), 1, 2) for number in (1, 2))
    recording = sweeping._Recording(project, Sweep("s", "a.ipynb", "d", Plan((), "rmse", "minimize"), 1, trials))
    assert settled(recording)
    recording.close()
    assert (marked, len(recording.troubles)) == ([2], 1)


def test_an_answer_that_was_cut_off_by_the_end_of_the_process_is_none(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed:
        stdin, stdout = io.BytesIO(), io.BytesIO(b'{"ok": {"a"')

        def poll(self) -> None: ...

        def wait(self, timeout: float | None = None) -> int:
            return -9

    store = StoreProcess(project)
    monkeypatch.setattr(store, "_process", Killed())
    with pytest.raises(StoreUnreachable, match="the process that holds MLflow ended"):
        store.record()
