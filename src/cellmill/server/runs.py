"""`runs`, `runs/RUN` and `runs/RUN/registration`."""

import asyncio

from jupyter_server.auth.decorator import authorized
from tornado.web import authenticated

from cellmill.server.handlers import CellmillHandler
from cellmill.wire.models import registration_preview
from cellmill.wire.runs import RunList, run_detail, run_summary
from cellmill.wiring.registering import preview

MOST = 500


class RunsHandler(CellmillHandler):
    """The runs of a notebook, or of all."""

    @authenticated
    @authorized
    async def get(self) -> None:
        notebook = self.get_query_argument("notebook", None)
        await self.workspace.ready(notebook)
        found = self.workspace.runs(notebook)
        runs = [run_summary(run, store_id=store_id) for run, store_id in found[:MOST]]
        self.answer(RunList(notebook=notebook, runs=runs, total=len(found)))


class RunHandler(CellmillHandler):
    """One run, whole."""

    @authenticated
    @authorized
    async def get(self, run: str) -> None:
        await self.workspace.ready(None)
        found, watch = self.workspace.run(run)
        self.answer(run_detail(found, store_id=watch.store_ids.get(found.run)))


class RegistrationHandler(CellmillHandler):
    """What registering a run would record."""

    @authenticated
    @authorized
    async def get(self, run: str) -> None:
        found, watch = self.workspace.run(run)
        registration = preview(watch.sessions.run(found.run))
        models = await asyncio.to_thread(watch.store.models)
        names = tuple(model.name for model in models)
        self.answer(registration_preview(registration, model_class=found.model_class, existing_names=names))
