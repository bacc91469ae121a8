"""Pipelines as the sidebar shows them: the steps and what crosses between them, and how a run stands."""

from typing import Literal

from cellmill.core.pipeline_runs import StepOutcome, StepState
from cellmill.wire.base import WireModel

Stage = Literal["running", "ended", "failed", "cancelled"]


class WireStep(WireModel):
    """A step, what is to happen to it, and how its last run ended.

    `what` and `reasons` are those of `Planned`; in a loop they count for all its items. `error` and `output` are the
    last run's: of a loop those of the first item that failed, or else of the first.
    """

    name: str
    notebook: str
    when: str | None
    loop: str | None
    what: Literal["runs", "may", "unchanged", "left out"]
    reasons: list[str]
    outcome: StepOutcome | None
    ran_ms: int | None
    seconds: float | None
    output: str | None
    error: str | None


class WireEdge(WireModel):
    """That a step comes after another, and what was seen to cross: values by name, and files."""

    before: str
    after: str
    names: list[str]
    bytes: int
    files: list[str]


class WireStanding(WireModel):
    """How a step stands in a run: `done` of `of` cells have ended, and in a loop `items_done` of `items`."""

    step: str
    state: StepState
    why: list[str]
    done: int
    of: int
    items: int
    items_done: int
    attempt: int
    seconds: float | None
    output: str | None
    error: str | None


class WirePipelineRun(WireModel):
    """A run that a browser asked for: under way, or the last one. `start` is the step that it began from.

    `is_cancelled` says that it was told to end, which may take its steps a while.
    """

    stage: Stage
    is_cancelled: bool
    start: str | None
    started_ms: int
    ended_ms: int | None
    steps: list[WireStanding]
    message: str | None
    notes: list[str]


class WirePipeline(WireModel):
    """A pipeline. `problem` says why it cannot be read, or run; then there may be no steps."""

    folder: str
    name: str
    document: str
    problem: str | None
    source: str | None
    compared: int | None
    steps: list[WireStep]
    edges: list[WireEdge]
    run: WirePipelineRun | None


class WirePipelineSummary(WireModel):
    """A pipeline in a list. `to_run` counts the steps that something has changed for."""

    folder: str
    name: str
    problem: str | None
    steps: int
    to_run: int
    failed: int
    ran_ms: int | None
    stage: Stage | None


class PipelineList(WireModel):
    """The pipelines of the projects, by name."""

    pipelines: list[WirePipelineSummary]


class PipelineAnswered(WireModel):
    """How the run of a pipeline stands, None where no browser has asked for one."""

    run: WirePipelineRun | None


class PipelineRunAsked(WireModel):
    """A wish to run a pipeline: what has changed of it, or from a step on."""

    folder: str
    start: str | None = None
