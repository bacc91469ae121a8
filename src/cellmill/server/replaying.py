"""Replays that browsers asked for: `cellmill replay` in a process of its own, one at a time for each project."""

import asyncio
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from typing import IO, Any

from cellmill.core.clock import now_ms
from cellmill.core.ids import RunId
from cellmill.core.runs import Run
from cellmill.server.changes import Changes
from cellmill.server.workspace import ProjectWatch, Workspace
from cellmill.wire.verdicts import IDLE, ReplayState

LOOK_EVERY_S = 0.1
# A cancelled replay ends its kernel and removes its scratch folder before it goes.
LEAVE_S = 20.0
MOST_WORDS = 2_000


@dataclass
class _Queue:
    """The replays of one project. `running` is None between two of them."""

    waiting: "deque[Run]" = field(default_factory=deque)
    running: Run | None = None
    process: "subprocess.Popen[bytes] | None" = None
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
        """Return how the replay of a run stands."""
        for queue in self._queues.values():
            if queue.running is not None and queue.running.run == run:
                return ReplayState("running")
            if any(other.run == run for other in queue.waiting):
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
            if queue.process is not None:
                _close_input(queue.process)

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
        with TemporaryFile() as said:
            process = queue.process = _begin(watch, run, said)
            try:
                while process.poll() is None:
                    # Not waited for in a thread: a server that ends would wait for the thread in its turn.
                    await asyncio.sleep(LOOK_EVERY_S)
                    if queue.cancelled_s is not None:
                        _close_input(process)
                        if time.monotonic() - queue.cancelled_s > LEAVE_S:
                            process.kill()
            finally:
                queue.process = None
                _close_input(process)
            # Whoever hears that the replay has ended finds its verdict. That there is one says more than the
            # exit code, which is 1 for a verdict that is not the same, and for a traceback.
            await asyncio.to_thread(watch.read_ahead)
            verdicts = [one.verdict for one in watch.sessions.runs() if one.run == run.run]
            if queue.cancelled_s is not None or any(v is not None and v.at_ms >= began_ms for v in verdicts):
                return None
            words = last_words(said)
            self._log.warning("Cellmill: the replay of run %s ended with %s: %s", run.run, process.returncode, words)
            return words or f"The replay's process ended with {process.returncode} and said nothing."


def _begin(watch: ProjectWatch, run: Run, said: IO[bytes]) -> "subprocess.Popen[bytes]":
    asked = ["replay", run.run, "--folder", str(watch.project.root), "--json", "--attended"]
    return subprocess.Popen(
        [sys.executable, "-m", "cellmill", *asked],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,  # the verdict comes through the journal
        stderr=said,
        cwd=watch.project.root,
        start_new_session=True,  # Ctrl-C is for the server; this one ends with its input
    )


def _close_input(process: "subprocess.Popen[bytes]") -> None:
    if process.stdin is not None:
        process.stdin.close()


def last_words(said: IO[bytes]) -> str:
    """The sentence that the command line ends with, or else the end of a traceback."""
    said.seek(0)
    lines = said.read().decode("utf-8", "replace").strip().splitlines()
    ours = [line.removeprefix("cellmill: ") for line in lines if line.startswith("cellmill: ")]
    return (ours[-1] if ours else "\n".join(lines[-3:]))[:MOST_WORDS]
