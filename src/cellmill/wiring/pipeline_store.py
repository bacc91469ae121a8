"""Keeps the store's run of a pipeline, and one for each step, while others run. Trouble with it stops nothing."""

import queue
import threading
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from cellmill.capture.secret_names import is_secret
from cellmill.capture.secrets import MASK, Masker
from cellmill.core.errors import CellmillError
from cellmill.core.pipeline_runs import PipelineRun, StepStanding
from cellmill.core.project import Project
from cellmill.wiring.projects import settings_of
from cellmill.wiring.store_process import StoreProcess

_Given = tuple[PipelineRun, StepStanding | None, Mapping[str, Any]]


class Recording:
    """Records in a thread of its own. Nothing is started before there is something to be recorded."""

    def __init__(self, project: Project) -> None:
        self._store = StoreProcess(project, from_fork_server=settings_of(project).warm_kernels)
        self._queue: queue.SimpleQueue[_Given | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._one_ended = threading.Event()
        self._is_given_up = False
        self._troubles: dict[str, None] = {}
        self._given = self._done = 0  # each is written by one thread

    @property
    def left(self) -> int:
        """How many steps wait for their turn, or have it."""
        return self._given - self._done

    @property
    def troubles(self) -> tuple[str, ...]:
        """What went wrong, each once."""
        return tuple(self._troubles)

    def warm(self) -> None:
        """Something will be recorded: MLflow is imported meanwhile."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, daemon=True)
            self._store.warm()
            self._thread.start()

    def put(self, run: PipelineRun, step: StepStanding, parameters: Mapping[str, Any]) -> None:
        """Record a step that has ended, when its turn comes."""
        self._give((run, step, parameters))

    def end_run(self, run: PipelineRun) -> None:
        """Record how a run has ended. One in which nothing ran is not recorded."""
        if self._thread is not None:
            self._give((run, None, {}))

    def wait(self, timeout_s: float) -> None:
        """Wait until one more is recorded, at most so long."""
        self._one_ended.wait(timeout_s)
        self._one_ended.clear()

    def close(self) -> None:
        """Finish the one in hand, and leave the others."""
        if self._thread is not None:
            self._is_given_up = True
            self._queue.put(None)
            self._thread.join()
            self._store.close()

    def _give(self, given: _Given) -> None:
        self._given += 1
        self._queue.put(given)

    def _work(self) -> None:
        while (given := self._queue.get()) is not None:
            run, step, parameters = given
            if self._is_given_up:
                continue
            try:
                if step is not None:
                    self._store.record(only=step.session)
                    head = {"pipeline": run.pipeline, "run": run.run, "started_ms": run.started_ms}
                    self._store.pipeline(head, asdict(step), _masked(parameters))
                else:
                    self._store.pipeline({**asdict(run), "parameters": _masked(run.parameters)}, None, {})
            except (CellmillError, OSError) as error:
                self._troubles[str(error)] = None
            self._done += 1
            self._one_ended.set()


def _masked(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters without the values of those that are named as secrets are, or look like some."""
    masker = Masker()
    return {
        name: MASK if is_secret(name, value) else masker.mask(value if isinstance(value, str) else repr(value))
        for name, value in parameters.items()
    }
