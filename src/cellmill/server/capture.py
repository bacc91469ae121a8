"""`capture`: whether a notebook is captured; pausing and resuming."""

import asyncio
from dataclasses import replace
from typing import Literal

from jupyter_server.auth.decorator import authorized
from tornado.web import authenticated

from cellmill._version import __version__
from cellmill.capture.control import control_path, read_control, write_control
from cellmill.capture.folder import prepare_folder
from cellmill.core.errors import CellmillError, NoSession
from cellmill.core.files import check_writable
from cellmill.server.clients import client_of
from cellmill.server.handlers import CellmillHandler
from cellmill.server.kernels import Serving
from cellmill.server.workspace import ProjectWatch
from cellmill.wire.capture import CaptureAsked, CaptureStatus
from cellmill.wiring.projects import settings_of

NO_HOOK = (
    "This kernel has no Cellmill. Install cellmill into the kernel's environment and restart it; "
    "kernels of other languages are not captured."
)


class CaptureHandler(CellmillHandler):
    """The state of capture of one notebook."""

    @authenticated
    @authorized
    async def get(self) -> None:
        notebook = self.get_query_argument("notebook", None)
        self.answer(await self._status(notebook))

    @authenticated
    @authorized
    async def put(self) -> None:
        asked = self.read(CaptureAsked)
        serving = await self.kernels.kernel_of(asked.notebook)
        if serving is None:
            raise NoSession(asked.notebook)
        project = self.workspace.watch_of(self.workspace.path_of(asked.notebook)).project
        path = control_path(project, serving.kernel)
        write_control(path, replace(read_control(path), paused=asked.capture == "paused"))
        self.changes.tell("capture", asked.notebook)
        self.answer(await self._status(asked.notebook))

    async def _status(self, notebook: str | None) -> CaptureStatus:
        await self.workspace.ready(notebook)
        path = self.workspace.path_of(notebook) if notebook else self.workspace.root
        watch = self.workspace.watch_of(path)
        serving = await self.kernels.kernel_of(notebook) if notebook else None
        if serving is not None and self.request.headers.get("Referer"):
            self.clients.opened(serving.kernel, client_of(self))
        session = self.workspace.session_of_kernel(watch, serving.kernel) if serving else None
        if serving is not None and session is None:  # it may have begun since the journals were last read
            await asyncio.to_thread(watch.read_ahead)
            session = self.workspace.session_of_kernel(watch, serving.kernel)
        capture, reason = self._state(watch, serving, has_session=session is not None)
        return CaptureStatus(
            capture=capture,
            reason=reason,
            notebook=notebook,
            session=session.session if session else None,
            root=str(watch.project.root),
            store=watch.project.store,
            version=__version__,
            failures=list(session.failures) if session else [],
        )

    def _state(
        self, watch: ProjectWatch, serving: Serving | None, *, has_session: bool
    ) -> tuple[Literal["on", "paused", "off", "none"], str | None]:
        if serving is None:
            return "none", None
        try:
            settings = settings_of(watch.project)
            prepare_folder(watch.project)
            check_writable(watch.project.folder)
        except CellmillError as error:
            return "off", str(error)
        if not has_session:
            return ("none", None) if serving.is_starting else ("off", NO_HOOK)
        if not settings.capture:
            return "off", f"The setting capture is off in {watch.project.settings}."
        paused = read_control(control_path(watch.project, serving.kernel)).paused
        return ("paused", None) if paused else ("on", None)
