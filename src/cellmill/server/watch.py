"""The server's eye on the journals: what changed goes to the browsers and, a little later, to the store."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any

from tornado.ioloop import PeriodicCallback

from cellmill.core.errors import CellmillError
from cellmill.core.ids import SessionId
from cellmill.server.changes import Changes
from cellmill.server.clients import Clients
from cellmill.server.kernels import Kernels
from cellmill.server.workspace import ProjectWatch, Workspace
from cellmill.wiring.marks import pending

LOOK_EVERY_S = 0.2
NAMES_EVERY_S = 1.0
# A burst of cells is recorded at once, when it is over.
SETTLE_S = 0.5
# One that does not end is not waited for: a cell that prints, a loop with a metric each moment.
SETTLE_AT_MOST_S = 3.0
# Whoever registers a model waits for so many runs at the most.
RECORDED_AT_ONCE = 2
# While the store cannot be had: tried again, at longer and longer intervals.
RETRY_S = (5.0, 15.0, 60.0)
# The store's process is ended when nobody has needed it for so long.
QUIET_S = 600.0


@dataclass
class _Recording:
    """How the recording of one project stands."""

    not_before_s: float
    failures: int = 0
    is_due: bool = True
    changing_since_s: float | None = None
    """When the first change came that no recording has seen."""
    at_work: "asyncio.Future[None] | None" = None
    left: tuple[SessionId, ...] = ()
    """What was pending when it was last recorded, without a change since: pending again, nothing came of it."""

    def has_changed(self, now_s: float) -> None:
        """Put the recording off until it is quiet, though not for long. After a failure its interval stays."""
        self.is_due, self.left = True, ()
        if self.changing_since_s is None:
            self.changing_since_s = now_s
        if self.failures == 0:
            self.not_before_s = min(now_s + SETTLE_S, self.changing_since_s + SETTLE_AT_MOST_S)

    def begins(self) -> None:
        """What changes from now on wants another recording."""
        self.is_due, self.changing_since_s = False, None


class Watch:
    """Looks on as long as the server runs."""

    def __init__(self, workspace: Workspace, kernels: Kernels, clients: Clients, changes: Changes, log: Any) -> None:
        self._workspace = workspace
        self._kernels = kernels
        self._clients = clients
        self._changes = changes
        self._log = log
        self._recording: dict[ProjectWatch, _Recording] = {}
        self._callbacks = (
            PeriodicCallback(self._look_on, LOOK_EVERY_S * 1000),
            PeriodicCallback(self._name_on, NAMES_EVERY_S * 1000),
        )

    def start(self) -> None:
        """Begin. It ends with the server's loop."""
        for callback in self._callbacks:
            callback.start()

    async def _look_on(self) -> None:
        for watch in self._workspace.projects:
            try:
                await self._look(watch)
            except Exception:  # noqa: BLE001 - logged whole, and looked at again in a moment
                self._log.exception("Cellmill could not read the journals in %s", watch.project.journals)

    async def _look(self, watch: ProjectWatch) -> None:
        changed = await asyncio.to_thread(watch.read)
        for notebook in self._workspace.notebooks_of(watch, changed):
            self._changes.tell("runs", notebook)
            self._changes.tell("capture", notebook)
        self._record_when_due(watch, has_changed=bool(changed))

    async def _name_on(self) -> None:
        try:
            for notebook in await self._kernels.tell_names():
                self._changes.tell("runs", notebook)
            await asyncio.to_thread(self._clients.tell)
        except CellmillError as error:
            self._log.warning("Cellmill: %s", error)
        except Exception:  # noqa: BLE001 - logged whole, and tried again in a moment
            self._log.exception("Cellmill could not tell a kernel its notebook")

    # --- recording

    def _record_when_due(self, watch: ProjectWatch, *, has_changed: bool) -> None:
        now_s = time.monotonic()
        state = self._recording.setdefault(watch, _Recording(not_before_s=now_s))
        if has_changed:
            state.has_changed(now_s)
        if (state.at_work is not None and not state.at_work.done()) or now_s < state.not_before_s:
            return
        if state.is_due:
            state.at_work = asyncio.ensure_future(self._record(watch, state))
        elif now_s - watch.store_used_at_s > QUIET_S:
            state.at_work = asyncio.ensure_future(watch.close_store())

    async def _record(self, watch: ProjectWatch, state: _Recording) -> None:
        state.begins()
        # Asked only when something changed, and beside the loop: it looks at a file for each session.
        waiting = await asyncio.to_thread(pending, watch.sessions, watch.project.store)
        if not waiting:
            return
        if waiting == state.left:
            state.not_before_s = max(state.not_before_s, time.monotonic() + RETRY_S[-1])
        state.is_due = True  # until nothing is pending: more may be than are recorded at once
        try:
            await watch.record(at_most=RECORDED_AT_ONCE)
        except CellmillError as error:
            if state.failures == 0:
                self._log.warning("Cellmill: %s", error)
            state.not_before_s = time.monotonic() + RETRY_S[min(state.failures, len(RETRY_S) - 1)]
            state.failures += 1
        else:
            state.failures, state.left = 0, waiting
            self._changes.tell("runs")
