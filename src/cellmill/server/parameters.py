"""`parameters`: what can be turned in a notebook, a run with other values, and making more parameters."""

import asyncio
import contextlib
from http import HTTPStatus
from pathlib import Path

from jupyter_server.auth.decorator import authorized
from tornado.web import HTTPError, authenticated

from cellmill.capture.secret_names import is_secret
from cellmill.core.errors import CellmillError, NotebookError
from cellmill.notebook.parameters import takes
from cellmill.server.handlers import CellmillHandler
from cellmill.server.workspace import ProjectWatch
from cellmill.wire.parameters import (
    MOST_PROPOSALS,
    ParameterForm,
    ParametersAnswered,
    ParametersAsked,
    PickAsked,
    WireProblem,
    wire_field,
    wire_proposal,
    wire_sweep,
)
from cellmill.wiring.parameters import problems_of, turnable, without_default
from cellmill.wiring.picking import last_picked, undo
from cellmill.wiring.sweeps import all_sweeps


class ParametersHandler(CellmillHandler):
    """The form of a notebook, and what is typed into it."""

    @authenticated
    @authorized
    async def get(self) -> None:
        name = self.get_query_argument("notebook")
        path = self.workspace.path_of(name)
        watch = self.workspace.watch_of(path)
        found = await asyncio.to_thread(_form, name, path, watch)
        # As it stands when the answer goes: reading the notebook may have outlasted a run.
        self.answer(found.model_copy(update={"activity": self.attempts.activity(name)}))

    @authenticated
    @authorized
    async def post(self) -> None:
        asked = self.read(ParametersAsked)
        path = self.workspace.path_of(asked.notebook)
        problems = await asyncio.to_thread(_problems, path, asked.texts)
        begun = asked.run and not problems
        if begun:
            self.attempts.run(asked.notebook, asked.texts)
        answer = ParametersAnswered(problems=problems, activity=self.attempts.activity(asked.notebook))
        self.answer(answer, HTTPStatus.ACCEPTED if begun else HTTPStatus.OK)


class ActivityHandler(CellmillHandler):
    """How the last run with parameters stands, or the check of a pick."""

    @authenticated
    @authorized
    async def get(self) -> None:
        name = self.get_query_argument("notebook")
        self.answer(ParametersAnswered(problems=[], activity=self.attempts.activity(name)))

    @authenticated
    @authorized
    async def delete(self) -> None:
        name = self.get_query_argument("notebook")
        self.attempts.cancel(name)
        self.answer(ParametersAnswered(problems=[], activity=self.attempts.activity(name)))


class PicksHandler(CellmillHandler):
    """Values that become parameters, and the last of them taken back."""

    @authenticated
    @authorized
    async def post(self) -> None:
        asked = self.read(PickAsked)
        if not asked.names:
            raise HTTPError(HTTPStatus.BAD_REQUEST, "names: none is given")
        self.attempts.pick(asked.notebook, asked.names)
        answer = ParametersAnswered(problems=[], activity=self.attempts.activity(asked.notebook))
        self.answer(answer, HTTPStatus.ACCEPTED)

    @authenticated
    @authorized
    async def delete(self) -> None:
        name = self.get_query_argument("notebook")
        path = self.workspace.path_of(name)
        problems = await asyncio.to_thread(_undo, path)
        if not problems:
            self.attempts.forget(name)
        self.answer(ParametersAnswered(problems=problems, activity=self.attempts.activity(name)))


def _form(name: str, path: Path, watch: ProjectWatch) -> ParameterForm:
    problem, found, project = None, None, watch.project
    with contextlib.suppress(OSError):  # a journal that cannot be read takes nothing from what the source tells
        watch.read_ahead()
    try:
        found = turnable(path, runs=watch.sessions.runs(project.relative(str(path))))
    except NotebookError as error:  # it is what the form is about, so the form says it
        problem = str(error)
    proposed = found.proposed if found is not None else ()
    relative = project.relative(str(path)) or path.name
    sweeps = [one for one in all_sweeps(project) if one.notebook == relative]
    return ParameterForm(
        notebook=name,
        problem=problem,
        cell=found.cell if found is not None else None,
        parameters=[
            wire_field(without_default(one), takes=takes(one.schema), is_secret=is_secret(one.name, one.default))
            for one in (found.declared if found is not None else ())
        ],
        proposals=[wire_proposal(one) for one in proposed[:MOST_PROPOSALS]],
        more_proposals=max(0, len(proposed) - MOST_PROPOSALS),
        undoable=list(last_picked(path)),
        activity=None,
        sweeps=[wire_sweep(one) for one in reversed(sweeps)],
    )


def _problems(path: Path, texts: dict[str, str]) -> list[WireProblem]:
    try:
        return [WireProblem(name=one.name, message=one.message) for one in problems_of(path, texts)]
    except NotebookError as error:
        return [WireProblem(name="", message=str(error))]


def _undo(path: Path) -> list[WireProblem]:
    try:
        undo(path)
    except CellmillError as error:
        return [WireProblem(name="", message=str(error))]
    return []
