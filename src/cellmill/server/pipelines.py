"""`pipelines`: which there are, the graph of one, and running it."""

import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path

from jupyter_server.auth.decorator import authorized
from tornado.web import HTTPError, authenticated

from cellmill.core.errors import CellmillError
from cellmill.core.pipeline_runs import Planned, StepRecord
from cellmill.core.pipelines import DOCUMENT, PipelineStep
from cellmill.core.project import Project
from cellmill.pipeline.document import read_pipeline
from cellmill.server.handlers import CellmillHandler
from cellmill.server.workspace import Workspace
from cellmill.wire.pipelines import (
    PipelineAnswered,
    PipelineList,
    PipelineRunAsked,
    WireEdge,
    WirePipeline,
    WirePipelineRun,
    WirePipelineSummary,
    WireStep,
)
from cellmill.wiring.pipeline_edges import edges_of
from cellmill.wiring.situations import Situation, Wanted

MOST_REASONS = 4
_WEIGHT = ("runs", "may", "unchanged", "left out")


class PipelinesHandler(CellmillHandler):
    """The pipelines of a notebook's project, or of all projects that the server was asked about."""

    @authenticated
    @authorized
    async def get(self) -> None:
        notebook = self.get_query_argument("notebook", None)
        if notebook is not None:
            projects = [self.workspace.watch_of(self.workspace.path_of(notebook)).project]
        else:
            projects = [watch.project for watch in self.workspace.projects]
        found = await asyncio.to_thread(_all, self.workspace, projects)
        runs = {one.folder: self.pipeline_runs.run_of(self.workspace.path_of(one.folder)) for one in found}
        self.answer(PipelineList(pipelines=[_summary(one, runs[one.folder]) for one in found]))


class PipelineGraphHandler(CellmillHandler):
    """One pipeline: its steps, what crosses, what would run and why."""

    @authenticated
    @authorized
    async def get(self) -> None:
        folder = _folder(self.workspace, self.get_query_argument("folder"))
        project = self.workspace.watch_of(folder).project
        found = await asyncio.to_thread(_pipeline, self.workspace, project, folder)
        self.answer(found.model_copy(update={"run": self.pipeline_runs.run_of(folder)}))


class PipelineRunHandler(CellmillHandler):
    """The run of a pipeline: how it stands, beginning it, giving it up."""

    @authenticated
    @authorized
    async def get(self) -> None:
        folder = _folder(self.workspace, self.get_query_argument("folder"))
        self.answer(PipelineAnswered(run=self.pipeline_runs.run_of(folder)))

    @authenticated
    @authorized
    async def post(self) -> None:
        asked = self.read(PipelineRunAsked)
        folder = _folder(self.workspace, asked.folder)
        begun = self.pipeline_runs.run(folder, asked.start)
        answer = PipelineAnswered(run=self.pipeline_runs.run_of(folder))
        self.answer(answer, HTTPStatus.ACCEPTED if begun else HTTPStatus.OK)

    @authenticated
    @authorized
    async def delete(self) -> None:
        folder = _folder(self.workspace, self.get_query_argument("folder"))
        self.pipeline_runs.cancel(folder)
        self.answer(PipelineAnswered(run=self.pipeline_runs.run_of(folder)))


def _folder(workspace: Workspace, name: str) -> Path:
    folder = workspace.path_of(name)
    if not (folder / DOCUMENT).is_file():
        raise HTTPError(HTTPStatus.NOT_FOUND, f"there is no {DOCUMENT} in {name}")
    return folder


def _all(workspace: Workspace, projects: Sequence[Project]) -> list[WirePipeline]:
    folders = {
        document.parent: project for project in projects for document in project.root.glob(f"pipelines/*/{DOCUMENT}")
    }
    inside = sorted(folder for folder in folders if folder.is_relative_to(workspace.root))
    return [_pipeline(workspace, folders[folder], folder) for folder in inside]


def _pipeline(workspace: Workspace, project: Project, folder: Path) -> WirePipeline:
    problem, situation = None, None
    planned: tuple[Planned, ...] = ()
    try:
        # It only looks on: whoever runs the pipeline meanwhile writes the records.
        situation = Situation(project, folder, read_pipeline(folder), Wanted())
        planned = situation.plan()
    except CellmillError as error:  # it is what the graph is about, so the graph says it
        problem = str(error)
    document = workspace.name_of(folder / DOCUMENT)
    if situation is None:
        return WirePipeline(
            folder=workspace.name_of(folder),
            name=folder.name,
            document=document,
            problem=problem,
            source=None,
            compared=None,
            steps=[],
            edges=[],
            run=None,
        )
    pipeline = situation.pipeline
    compared = pipeline.verified.get("compared")
    return WirePipeline(
        folder=workspace.name_of(folder),
        name=pipeline.name,
        document=document,
        problem=problem,
        source=workspace.name_of(project.root / pipeline.source) if pipeline.source is not None else None,
        compared=compared if isinstance(compared, int) else None,
        steps=[_step(workspace, situation, step, planned) for step in pipeline.ordered],
        edges=[WireEdge.model_validate(edge) for edge in edges_of(situation)],
        run=None,
    )


def _step(workspace: Workspace, situation: Situation, step: PipelineStep, planned: Sequence[Planned]) -> WireStep:
    mine = sorted((one for one in planned if one.step == step.name), key=lambda one: _WEIGHT.index(one.what))
    records = situation.last(step)
    shown = next((one for one in records if one.outcome != "ok"), records[0] if records else None)
    reasons = dict.fromkeys(reason for one in mine if one.what == mine[0].what for reason in one.reasons)
    return WireStep(
        name=step.name,
        notebook=workspace.name_of(situation.notebook(step)),
        when=step.when,
        loop=step.for_each.words if step.for_each is not None else None,
        what=mine[0].what if mine else "unchanged",
        reasons=list(reasons)[:MOST_REASONS],
        outcome=shown.outcome if shown is not None else None,
        ran_ms=max(one.ended_ms for one in records) if records else None,
        seconds=sum(one.seconds for one in records) if records else None,
        output=_output(workspace, situation.project, shown),
        error=shown.error if shown is not None else None,
    )


def _output(workspace: Workspace, project: Project, record: StepRecord | None) -> str | None:
    if record is None or record.output is None or not (project.root / record.output).exists():
        return None
    return workspace.name_of(project.root / record.output)


def _summary(one: WirePipeline, run: WirePipelineRun | None) -> WirePipelineSummary:
    return WirePipelineSummary(
        folder=one.folder,
        name=one.name,
        problem=one.problem,
        steps=len(one.steps),
        to_run=sum(step.what in ("runs", "may") for step in one.steps),
        failed=sum(step.outcome in ("failed", "died", "timed out") for step in one.steps),
        ran_ms=max((step.ran_ms for step in one.steps if step.ran_ms is not None), default=None),
        stage=run.stage if run is not None else None,
    )
