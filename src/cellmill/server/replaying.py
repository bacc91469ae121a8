"""Replays that browsers asked for: `cellmill replay` in a process of its own, one at a time for each project."""

import asyncio
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from cellmill.core.clock import now_ms
from cellmill.core.ids import RunId
from cellmill.core.runs import Run
from cellmill.server.changes import Changes
from cellmill.server.following import follow
from cellmill.server.workspace import ProjectWatch, Workspace
from cellmill.wire.verdicts import IDLE, ReplayState


@dataclass
class _Queue:
    """The replays of one project. `running` is None between two of them."""

    waiting: "deque[Run]" = field(default_factory=deque)
    running: Run | None = None
    cancelled_s: float | None = None
    at_work: "asyncio.Task[None] | None" = None


class Replays:
    """Starts the processes, and knows which runs they are at. They end with the server: their input does."""

    def __init__(self, workspace: Workspace, changes: Changes, log: Any) -> None:
        self._workspace = workspace
        self._changes = changes
        self._log = log
        self._queues: dict[ProjectWatch, _Queue] = {}
        self._problems: dict[RunId, str] = {}

    def state_of(self, run: RunId) -> ReplayState:
        """Return how the replay of a run stands. May be asked beside the server's loop, of a list of runs."""
        for queue in tuple(self._queues.values()):
            running = queue.running
            if running is not None and running.run == run:
                return ReplayState("running")
            if any(other.run == run for other in tuple(queue.waiting)):
                return ReplayState("waiting")
        problem = self._problems.get(run)
        return ReplayState(problem=problem) if problem is not None else IDLE

    def under_way(self, watch: ProjectWatch) -> list[str]:
        """Return the runs of a project that are being replayed: the one that is now, then those that wait."""
        queue = self._queues.get(watch)
        if queue is None:
            return []
        return [run.run for run in (*((queue.running,) if queue.running is not None else ()), *queue.waiting)]

    def ask(self, watch: ProjectWatch, runs: Iterable[Run]) -> None:
        """Replay runs, after those that were asked for before. One that is under way is not begun again."""
        queue = self._queues.setdefault(watch, _Queue())
        known: set[str] = set(self.under_way(watch))
        for run in runs:
            if run.run not in known:
                known.add(run.run)
                queue.waiting.append(run)
                self._problems.pop(run.run, None)
                self._changes.tell("runs", run.notebook)
        if queue.waiting and (queue.at_work is None or queue.at_work.done()):
            queue.at_work = asyncio.ensure_future(self._work(watch, queue))

    def cancel(self, watch: ProjectWatch, runs: Iterable[Run]) -> None:
        """Let runs be as they are. Of the one that is replayed now the process is told to end."""
        queue = self._queues.get(watch)
        unwanted = {run.run for run in runs}
        if queue is None:
            return
        for run in [run for run in queue.waiting if run.run in unwanted]:
            queue.waiting.remove(run)
            self._changes.tell("runs", run.notebook)
        if queue.running is not None and queue.running.run in unwanted and queue.cancelled_s is None:
            queue.cancelled_s = time.monotonic()

    # --- one after another

    async def _work(self, watch: ProjectWatch, queue: _Queue) -> None:
        while queue.waiting:
            run = queue.waiting.popleft()
            queue.running, queue.cancelled_s = run, None
            self._changes.tell("runs", run.notebook)
            try:
                problem = await self._replay(watch, queue, run)
            except Exception as error:  # noqa: BLE001 - the next one must have its turn
                self._log.exception("Cellmill could not replay run %s", run.run)
                problem = f"The replay could not be started ({type(error).__name__}: {error})."
            finally:
                queue.running = None
            if problem is not None:
                self._problems[run.run] = problem
            self._changes.tell("runs", run.notebook)

    async def _replay(self, watch: ProjectWatch, queue: _Queue, run: Run) -> str | None:
        """Return why there is no verdict; None where there is one, or the user did not want it any more."""
        began_ms = now_ms()
        root = watch.project.root
        ended = await follow(
            ["replay", run.run, "--folder", str(root), "--json", "--attended"],
            root,
            cancelled_s=lambda: queue.cancelled_s,
            hear=lambda record: None,  # the verdict comes through the journal
            tell=lambda: None,
        )
        # Whoever hears that the replay has ended finds its verdict. That there is one says more than the
        # exit code, which is 1 for a verdict that is not the same, and for a traceback.
        await asyncio.to_thread(watch.read_ahead)
        verdicts = [one.verdict for one in watch.sessions.runs() if one.run == run.run]
        if queue.cancelled_s is not None or any(v is not None and v.at_ms >= began_ms for v in verdicts):
            return None
        self._log.warning("Cellmill: the replay of run %s ended with %s: %s", run.run, ended.code, ended.words)
        return ended.words or f"The replay's process ended with {ended.code} and said nothing."
