"""`runs/RUN/figures/SHA`: a picture that a run's executions showed."""

import asyncio
from http import HTTPStatus

from jupyter_server.auth.decorator import authorized
from tornado.web import HTTPError, authenticated

from cellmill.server.blobs import try_content
from cellmill.server.handlers import CellmillHandler
from cellmill.wire.outputs import wire_figures

# An SVG is a document that may hold scripts: opened by itself it gets nothing of this server.
ALONE = "sandbox; default-src 'none'; img-src data:; font-src data:; style-src 'unsafe-inline'; frame-ancestors 'none'"


class FigureHandler(CellmillHandler):
    """One picture. Only what belongs to the run is given, however it is asked for."""

    @property
    def content_security_policy(self) -> str:
        return ALONE

    @authenticated
    @authorized
    async def get(self, run: str, sha256: str) -> None:
        await self.workspace.ready(None)
        found, watch = self.workspace.run(run)
        shown = {figure.sha256: figure for figure in wire_figures(part.execution for part in found.executions)}
        if sha256 not in shown:
            raise HTTPError(HTTPStatus.NOT_FOUND, f"run {found.run} has no such picture")
        content = await asyncio.to_thread(try_content, watch.project, sha256)
        if content is None:
            raise HTTPError(HTTPStatus.NOT_FOUND, "the picture has been removed")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cache-Control", "private, max-age=31536000, immutable")  # its name is its content
        self.finish(content, set_content_type=shown[sha256].mime)
