"""Which kernel serves which notebook: what the server knows and the kernel must be told."""

import asyncio
import functools
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from cellmill.capture.control import control_path, read_control, write_control
from cellmill.capture.journal import append_once
from cellmill.capture.sessions import is_alive
from cellmill.core.clock import now_ms
from cellmill.core.events import ExecutionPlaced, NotebookNamed, SessionEnded
from cellmill.core.ids import SessionId
from cellmill.core.runs import Session
from cellmill.server.workspace import ProjectWatch, Workspace

_ACTIONS = "https://events.jupyter.org/jupyter_server/kernel_actions/v1"
_Ending = Literal["shut down", "restarted"]
_ENDINGS: dict[str, _Ending] = {"shutdown": "shut down", "restart": "restarted"}
"""Actions of a kernel manager, and how a session has ended by them."""


@dataclass(frozen=True)
class Serving:
    """A kernel and its notebook."""

    kernel: str
    is_starting: bool
    notebook: str
    path: Path


class Kernels:
    """The kernels of this server's notebooks."""

    def __init__(self, session_manager: Any, workspace: Workspace) -> None:
        self._session_manager = session_manager
        self._workspace = workspace
        self._cells = _SavedCells()
        self._ending: dict[str, tuple[_Ending, dict[SessionId, ProjectWatch]]] = {}
        """How kernels were asked to end, and their sessions that lived then."""

    async def serving(self) -> tuple[Serving, ...]:
        """Return every notebook that has a kernel."""
        sessions = await self._session_manager.list_sessions()
        return tuple(
            Serving(
                kernel=session["kernel"]["id"],
                is_starting=session["kernel"].get("execution_state") in ("starting", "unknown"),
                notebook=self._workspace.without_drive(session["path"]),
                path=self._workspace.path_of(session["path"]),
            )
            for session in sessions
            if session.get("type") == "notebook" and session.get("kernel")
        )

    async def kernel_of(self, notebook: str) -> Serving | None:
        """Return what serves a notebook, None when nothing does."""
        local = self._workspace.without_drive(notebook)
        return next((s for s in await self.serving() if s.notebook == local), None)

    async def tell_names(self) -> set[str]:
        """Tell each kernel whose notebook was renamed or changed. Returns the notebooks concerned."""
        by_kernel: dict[str, list[Serving]] = {}
        for serving in await self.serving():
            by_kernel.setdefault(serving.kernel, []).append(serving)
        told: set[str] = set()
        for kernel, servings in by_kernel.items():
            watch = self._workspace.watch_of(servings[0].path)
            session = self._workspace.session_of_kernel(watch, kernel)
            if session is None:
                continue
            names = {watch.project.relative(str(serving.path)): serving for serving in servings}
            if len(names) > 1:
                told |= await asyncio.to_thread(self._place, watch, session, servings)
            if session.notebook not in names:
                self._tell_name(watch, session, servings[0])
                told.add(servings[0].notebook)
        return told

    def _tell_name(self, watch: ProjectWatch, session: Session, serving: Serving) -> None:
        path = control_path(watch.project, serving.kernel)
        write_control(path, replace(read_control(path), notebook=str(serving.path)))
        # The kernel looks before its next cell; what has run already belongs to the new name now.
        append_once(watch.project.outside_journal(session.session), NotebookNamed(now_ms(), str(serving.path)))

    def _place(self, watch: ProjectWatch, session: Session, servings: list[Serving]) -> set[str]:
        """Say of which notebook each execution is, for a kernel that serves several: told by the saved cells."""
        events: list[ExecutionPlaced] = []
        told: set[str] = set()
        for execution in session.executions:
            if execution.cell is None or execution.notebook is not None:
                continue
            homes = [serving for serving in servings if execution.cell in self._cells.of(serving.path)]
            if len(homes) == 1:
                events.append(ExecutionPlaced(execution.execution, str(homes[0].path)))
                told.add(homes[0].notebook)
        if events:
            append_once(watch.project.outside_journal(session.session), *events)
            watch.read_ahead()
        return told

    def listen(self, event_logger: Any, kernel_manager: Any) -> None:
        """Write down how kernels end, as the server does it. One that dies by itself is found by its process.

        The server says so when it is done, and by then the process is long seen to be gone: so whether the kernel
        still lived is looked up when it is asked to end.
        """

        async def acted(logger: Any, schema_id: str, data: dict[str, Any]) -> None:
            if data.get("status") == "success" and data.get("action") in _ENDINGS:
                self._ended(data["kernel_id"], _ENDINGS[data["action"]])

        event_logger.add_listener(schema_id=_ACTIONS, listener=acted)
        for action, how in _ENDINGS.items():
            original = getattr(kernel_manager, f"{action}_kernel")
            setattr(kernel_manager, f"{action}_kernel", self._asked_first(original, how))
        everything = kernel_manager.shutdown_all

        @functools.wraps(everything)
        def shutdown_all(*args: Any, **kwargs: Any) -> Any:
            for kernel in kernel_manager.list_kernel_ids():
                self._asked_to_end(kernel, "shut down")
            return everything(*args, **kwargs)

        kernel_manager.shutdown_all = shutdown_all

    def _asked_first(self, original: Any, how: _Ending) -> Any:
        @functools.wraps(original)
        def ending(kernel_id: str, *args: Any, **kwargs: Any) -> Any:
            self._asked_to_end(kernel_id, how)
            return original(kernel_id, *args, **kwargs)

        return ending

    def _asked_to_end(self, kernel: str, how: _Ending) -> None:
        for watch in self._workspace.projects:
            watch.read_ahead()  # one that was started a moment ago is seen before it ends
        ending = {
            session.session: watch
            for watch in self._workspace.projects
            for session in watch.sessions.all()
            if session.kernel == kernel and session.ended is None and is_alive(session)
        }
        self._ending[kernel] = how, ending

    def _ended(self, kernel: str, how: _Ending) -> None:
        asked = self._ending.get(kernel)
        if asked is None or asked[0] != how:  # it died, and is started again; or is shut down in order to be
            return
        del self._ending[kernel]
        ending = asked[1] | {
            session.session: watch  # began to be captured after it was asked
            for watch in self._workspace.projects
            for session in watch.sessions.all()
            if session.kernel == kernel and session.ended is None and not is_alive(session)
        }
        for session, watch in ending.items():
            append_once(watch.project.outside_journal(session), SessionEnded(now_ms(), how))


class _SavedCells:
    """The ids of the cells of notebooks on disk, read again when a file has changed."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[int, frozenset[str]]] = {}

    def of(self, notebook: Path) -> frozenset[str]:
        """Return the cells of a notebook; none of one that cannot be read now."""
        try:
            changed_ns = notebook.stat().st_mtime_ns
            known = self._known.get(notebook)
            if known is None or known[0] != changed_ns:
                cells = json.loads(notebook.read_text("utf-8"))["cells"]
                known = changed_ns, frozenset(cell["id"] for cell in cells if "id" in cell)
                self._known[notebook] = known
        except (OSError, ValueError, KeyError, TypeError):  # being saved, or of an older format
            return frozenset()
        return known[1]
