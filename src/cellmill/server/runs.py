"""`runs`, `runs/RUN`, `runs/RUN/trials` and `runs/RUN/registration`."""

import asyncio

from jupyter_server.auth.decorator import authorized
from tornado.web import authenticated

from cellmill.core.runs import Run
from cellmill.server.blobs import try_beginning
from cellmill.server.handlers import CellmillHandler
from cellmill.server.workspace import ProjectWatch, Workspace
from cellmill.wire.models import registration_preview
from cellmill.wire.outputs import MOST_CHARACTERS
from cellmill.wire.runs import RunDetail, RunList, RunRemoved, Stands, run_detail, run_list, trial_list
from cellmill.wire.verdicts import ReplayState
from cellmill.wiring.registering import preview

MOST = 500


class RunsHandler(CellmillHandler):
    """The runs of a notebook, or of all."""

    @authenticated
    @authorized
    async def get(self) -> None:
        notebook = self.get_query_argument("notebook", None)
        await self.workspace.ready(notebook)
        # Beside the server's loop: there may be thousands.
        self.answer(await asyncio.to_thread(_list, notebook, self.workspace, self.replays.state_of))


class RunHandler(CellmillHandler):
    """One run, whole; and its deletion."""

    @authenticated
    @authorized
    async def get(self, run: str) -> None:
        await self.workspace.ready(None)
        found, watch = self.workspace.run(run)
        trials = len(self.workspace.trials(found, watch))
        self.answer(await asyncio.to_thread(_detail, found, watch, trials, self.replays.state_of(found.run)))

    @authenticated
    @authorized
    async def delete(self, run: str) -> None:
        await self.workspace.ready(None)
        found, watch = self.workspace.run(run)
        deleted = await asyncio.to_thread(watch.delete, found)
        self.changes.tell("runs", found.notebook)
        self.answer(RunRemoved.model_validate(deleted))


class TrialsHandler(CellmillHandler):
    """The trials of a search. Any other run has none."""

    @authenticated
    @authorized
    async def get(self, run: str) -> None:
        await self.workspace.ready(None)
        found, watch = self.workspace.run(run)
        self.answer(trial_list(found.run, self.workspace.trials(found, watch), most=MOST))


class RegistrationHandler(CellmillHandler):
    """What registering a run would record."""

    @authenticated
    @authorized
    async def get(self, run: str) -> None:
        found, watch = self.workspace.run(run)
        registration = preview(watch.sessions.run(found.run))
        models = await watch.models()
        names = tuple(model.name for model in models)
        self.answer(registration_preview(registration, model_class=found.model_class, existing_names=names))


def _list(notebook: str | None, workspace: Workspace, replay_of: Stands) -> RunList:
    return run_list(notebook, workspace.runs(notebook), most=MOST, replay_of=replay_of)


def _detail(run: Run, watch: ProjectWatch, trials: int, replay: ReplayState) -> RunDetail:
    """Beside the server's loop: it reads what was too long for the journal."""
    project = watch.project
    return run_detail(
        run,
        store_id=watch.store_ids.get(run.run),
        trials=trials,
        replay=replay,
        relative=lambda path: project.relative(path) or path,
        text_of=lambda sha256: try_beginning(project, sha256, MOST_CHARACTERS),
    )
