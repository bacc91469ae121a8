"""`sweeps/SWEEP/picture`: a sweep as parallel coordinates, a page of its own."""

import asyncio
from http import HTTPStatus

from jupyter_server.auth.decorator import authorized
from tornado.web import HTTPError, authenticated

from cellmill.core.sweeps import Sweep
from cellmill.pipeline.picture import Theme, page
from cellmill.server.handlers import CellmillHandler
from cellmill.server.workspace import ProjectWatch
from cellmill.wiring.sweeps import all_sweeps

# It runs its own script, and gets nothing of this server; names in it are the user's.
ALONE = "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


class SweepPictureHandler(CellmillHandler):
    """The page of one sweep, in the colours of whoever shows it."""

    @property
    def content_security_policy(self) -> str:
        return f"{ALONE}; frame-ancestors 'self'"

    @authenticated
    @authorized
    async def get(self, sweep: str) -> None:
        theme: Theme = "dark" if self.get_query_argument("theme", "light") == "dark" else "light"
        found = await asyncio.to_thread(_sweep, self.workspace.projects, sweep)
        if found is None:
            raise HTTPError(HTTPStatus.NOT_FOUND, f"there is no sweep {sweep}")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.finish(page(found, theme=theme), set_content_type="text/html")


def _sweep(projects: tuple[ProjectWatch, ...], wanted: str) -> Sweep | None:
    found = (one for watch in projects for one in all_sweeps(watch.project) if one.sweep == wanted)
    return next(found, None)
