"""Which kernel serves which notebook: what the server knows and the kernel must be told."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cellmill.capture.control import control_path, read_control, write_control
from cellmill.capture.journal import append_once
from cellmill.core.clock import now_ms
from cellmill.core.events import NotebookNamed, SessionEnded
from cellmill.server.workspace import Workspace, without_drive

_ACTIONS = "https://events.jupyter.org/jupyter_server/kernel_actions/v1"


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

    async def serving(self) -> tuple[Serving, ...]:
        """Return every notebook that has a kernel."""
        sessions = await self._session_manager.list_sessions()
        return tuple(
            Serving(
                kernel=session["kernel"]["id"],
                is_starting=session["kernel"].get("execution_state") in ("starting", "unknown"),
                notebook=without_drive(session["path"]),
                path=self._workspace.path_of(session["path"]),
            )
            for session in sessions
            if session.get("type") == "notebook" and session.get("kernel")
        )

    async def kernel_of(self, notebook: str) -> Serving | None:
        """Return what serves a notebook, None when nothing does."""
        return next((s for s in await self.serving() if s.notebook == without_drive(notebook)), None)

    async def tell_names(self) -> set[str]:
        """Tell each kernel whose notebook was renamed or changed. Returns the notebooks concerned."""
        told: set[str] = set()
        for serving in await self.serving():
            watch = self._workspace.watch_of(serving.path)
            session = self._workspace.session_of_kernel(watch, serving.kernel)
            if session is None or session.notebook == watch.project.relative(str(serving.path)):
                continue
            path = control_path(watch.project, serving.kernel)
            write_control(path, replace(read_control(path), notebook=str(serving.path)))
            # The kernel looks before its next cell; what has run already belongs to the new name now.
            named = NotebookNamed(now_ms(), str(serving.path))
            append_once(watch.project.outside_journal(session.session), named)
            told.add(serving.notebook)
        return told

    def listen(self, event_logger: Any) -> None:
        """Write down how kernels end, as the server does it. One that dies by itself is found by its process."""

        async def acted(logger: Any, schema_id: str, data: dict[str, Any]) -> None:
            if data.get("status") == "success" and data.get("action") in ("shutdown", "restart"):
                self._ended(data["kernel_id"], restarted=data["action"] == "restart")

        event_logger.add_listener(schema_id=_ACTIONS, listener=acted)

    def _ended(self, kernel: str, *, restarted: bool) -> None:
        for watch in self._workspace.projects:
            for session in watch.sessions.all():
                if session.kernel == kernel and session.ended is None:
                    ended = SessionEnded(now_ms(), "restarted" if restarted else "shut down")
                    append_once(watch.project.outside_journal(session.session), ended)
