"""Runs, as the sidebar shows them."""

from typing import Literal

from cellmill.core.runs import Run, TakingPart
from cellmill.wire.base import WireModel


class WireParameter(WireModel):
    """One parameter. `source` tells the estimator's own from the notebook's variables."""

    name: str
    value: str
    source: Literal["estimator", "notebook"]


class WireMetric(WireModel):
    """The newest value of a metric. Text where JSON has no number for it: NaN, Infinity, -Infinity."""

    name: str
    value: float | Literal["NaN", "Infinity", "-Infinity"]
    points: int


class WireColumn(WireModel):
    """One column of a data set."""

    name: str
    type: str


class WireData(WireModel):
    """A data set that a run saw."""

    name: str
    context: Literal["training", "evaluation"]
    digest: str
    rows: int
    columns: list[WireColumn]
    kind: str
    target: str | None


class WireExecution(WireModel):
    """An execution that took part in a run: it fed the training, was it, or evaluated the model."""

    execution: str
    number: int
    cell: str | None
    source: str
    part: Literal["fed", "trained", "evaluated"]
    outcome: Literal["ok", "error", "interrupted"] | None
    started_ms: int
    ended_ms: int | None


class WireFailure(WireModel):
    """An exception of the user's code."""

    type: str
    message: str


class RunSummary(WireModel):
    """A run in a list."""

    run: str
    notebook: str | None
    model_class: str
    library: str
    status: Literal["running", "finished", "failed", "interrupted"]
    started_ms: int
    ended_ms: int | None
    metrics: list[WireMetric]
    has_model: bool
    recorded: bool
    incomplete: list[str]


class RunDetail(RunSummary):
    """A run, whole."""

    session: str
    parameters: list[WireParameter]
    data: list[WireData]
    executions: list[WireExecution]
    error: WireFailure | None
    model_bytes: int | None
    model_note: str | None
    store_id: str | None


class RunList(WireModel):
    """The runs of one notebook, or of the whole project, newest first."""

    notebook: str | None
    runs: list[RunSummary]
    total: int


def _metrics(run: Run) -> list[WireMetric]:
    points: dict[str, int] = {}
    for metric in run.metrics:
        points[metric.name] = points.get(metric.name, 0) + 1
    return [
        WireMetric(name=name, value=_number(value), points=points[name]) for name, value in run.last_metrics.items()
    ]


def _number(value: float) -> float | Literal["NaN", "Infinity", "-Infinity"]:
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def run_summary(run: Run, *, store_id: str | None) -> RunSummary:
    """Return the run as a list shows it. `store_id` is MLflow's run id, None while it is not recorded."""
    return RunSummary(
        run=run.run,
        notebook=run.notebook,
        model_class=run.model_class,
        library=run.library,
        status=run.status,
        started_ms=run.started_ms,
        ended_ms=run.ended_ms,
        metrics=_metrics(run),
        has_model=run.model is not None,
        recorded=store_id is not None,
        incomplete=list(run.incomplete),
    )


def run_detail(run: Run, *, store_id: str | None) -> RunDetail:
    """Return the run whole."""
    return RunDetail(
        **dict(run_summary(run, store_id=store_id)),
        session=run.session,
        parameters=[WireParameter.model_validate(parameter) for parameter in run.parameters],
        data=[WireData.model_validate(data) for data in run.data],
        executions=[_execution(taking_part) for taking_part in run.executions],
        error=WireFailure.model_validate(run.error) if run.error else None,
        model_bytes=run.model.size_bytes if run.model else None,
        model_note=run.model_note,
        store_id=store_id,
    )


def _execution(taking_part: TakingPart) -> WireExecution:
    execution = taking_part.execution
    return WireExecution(
        execution=execution.execution,
        number=execution.number,
        cell=execution.cell,
        source=execution.source,
        part=taking_part.part,
        outcome=execution.outcome,
        started_ms=execution.started_ms,
        ended_ms=execution.ended_ms,
    )
