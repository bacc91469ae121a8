"""`splits`: a notebook that is to become a pipeline."""

import re
from http import HTTPStatus
from pathlib import Path

from jupyter_server.auth.decorator import authorized
from tornado.web import HTTPError, authenticated

from cellmill.server.handlers import CellmillHandler
from cellmill.wire.splits import SplitAnswered, SplitAsked

LONGEST_NAME = 60


class SplitsHandler(CellmillHandler):
    """How the split of a notebook stands, beginning one, giving it up."""

    @authenticated
    @authorized
    async def get(self) -> None:
        self._answer(self.get_query_argument("notebook"))

    @authenticated
    @authorized
    async def post(self) -> None:
        asked = self.read(SplitAsked)
        if asked.at is not None and not asked.at:
            raise HTTPError(HTTPStatus.BAD_REQUEST, "at: no border is given")
        problem = self.splits.begin(asked.notebook, asked.name, asked.at, network=asked.network)
        self._answer(asked.notebook, problem, HTTPStatus.ACCEPTED if problem is None else HTTPStatus.OK)

    @authenticated
    @authorized
    async def delete(self) -> None:
        notebook = self.get_query_argument("notebook")
        self.splits.cancel(notebook)
        self._answer(notebook)

    def _answer(self, notebook: str, problem: str | None = None, status: HTTPStatus = HTTPStatus.OK) -> None:
        path = self.workspace.path_of(notebook)
        taken = self.workspace.watch_of(path).project.root / "pipelines"
        split = self.splits.split_of(notebook)
        answer = SplitAnswered(notebook=notebook, suggested=suggested(path, taken), problem=problem, split=split)
        self.answer(answer, status)


def suggested(notebook: Path, taken: Path) -> str:
    """Return a name for the pipeline of a notebook that nothing in a folder has yet."""
    name = re.sub(r"[^a-z0-9_]+", "-", notebook.stem.lower()).strip("-")[:LONGEST_NAME] or "pipeline"
    number, free = 2, name
    while (taken / free).exists():
        free, number = f"{name}-{number}", number + 1
    return free
