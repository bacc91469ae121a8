"""`runs/RUN/recipe`, `runs/RUN/replay` and `replays`: a run's recipe, and replaying runs."""

import asyncio
from http import HTTPStatus

from jupyter_server.auth.decorator import authorized
from tornado.web import HTTPError, authenticated

from cellmill.core.runs import Run
from cellmill.server.handlers import CellmillHandler
from cellmill.server.workspace import ProjectWatch
from cellmill.wire.verdicts import ReplaysAsked, WireRecipe, WireReplays
from cellmill.wiring.recipes import recipe_of, write_recipe


class RecipeHandler(CellmillHandler):
    """The recipe of a run."""

    @authenticated
    @authorized
    async def get(self, run: str) -> None:
        await self.workspace.ready(None)
        found, watch = self.workspace.run(run)
        self.answer(await asyncio.to_thread(_recipe, watch, watch.sessions.run(found.run)))


class ReplayHandler(CellmillHandler):
    """The replay of one run: begun, or given up."""

    @authenticated
    @authorized
    async def post(self, run: str) -> None:
        await self.workspace.ready(None)
        found, watch = self.workspace.run(run)
        if found.parent is not None:
            raise HTTPError(HTTPStatus.BAD_REQUEST, f"run {found.run} is a trial, and is replayed with its search")
        if found.status == "running":
            raise HTTPError(HTTPStatus.BAD_REQUEST, f"run {found.run} still runs. Replay it when it has finished")
        self.replays.ask(watch, [found])
        self.answer(WireReplays(runs=self.replays.under_way(watch)), HTTPStatus.ACCEPTED)

    @authenticated
    @authorized
    async def delete(self, run: str) -> None:
        await self.workspace.ready(None)
        found, watch = self.workspace.run(run)
        self.replays.cancel(watch, [found])
        self.answer(WireReplays(runs=self.replays.under_way(watch)))


class ReplaysHandler(CellmillHandler):
    """The replays of every run of a notebook."""

    @authenticated
    @authorized
    async def post(self) -> None:
        asked = self.read(ReplaysAsked)
        runs, watch = await self._runs_of(asked.notebook)
        ready = [run for run in runs if run.parent is None and run.status != "running"]
        self.replays.ask(watch, ready)
        self.answer(WireReplays(runs=self.replays.under_way(watch)), HTTPStatus.ACCEPTED)

    @authenticated
    @authorized
    async def delete(self) -> None:
        runs, watch = await self._runs_of(self.get_query_argument("notebook"))
        self.replays.cancel(watch, runs)
        self.answer(WireReplays(runs=self.replays.under_way(watch)))

    async def _runs_of(self, notebook: str) -> tuple[list[Run], ProjectWatch]:
        await self.workspace.ready(notebook)
        watch = self.workspace.watch_of(self.workspace.path_of(notebook))
        return [run for run, _ in self.workspace.runs(notebook)], watch


def _recipe(watch: ProjectWatch, run: Run) -> WireRecipe:
    """Beside the server's loop: it reads the notebook for its headings."""
    recipe = recipe_of(watch.sessions.session_of(run), run)
    written = write_recipe(watch.project, run, recipe)
    return WireRecipe(run=run.run, notebook=written.notebook, executions=len(recipe.ingredients), of=recipe.of)
