"""`models`."""

from http import HTTPStatus

from jupyter_server.auth.decorator import authorized
from tornado.web import authenticated

from cellmill.server.handlers import CellmillHandler
from cellmill.wire.models import RegistrationAsked, model_list, wire_version


class ModelsHandler(CellmillHandler):
    """The registry of a notebook's project, and registering into it."""

    @authenticated
    @authorized
    async def get(self) -> None:
        notebook = self.get_query_argument("notebook", None)
        path = self.workspace.path_of(notebook) if notebook else self.workspace.root
        watch = self.workspace.watch_of(path)
        self.answer(model_list(await watch.models()))

    @authenticated
    @authorized
    async def post(self) -> None:
        asked = self.read(RegistrationAsked)
        await self.workspace.ready(None)
        run, watch = self.workspace.run(asked.run)
        version = await watch.register(run.run, name=asked.name, alias=asked.alias)
        self.changes.tell("models")
        self.answer(wire_version(version), HTTPStatus.CREATED)
