"""Runs, as the sidebar shows them."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Literal

from cellmill.core.ids import RunId
from cellmill.core.runs import Run, TakingPart
from cellmill.wire.base import WireModel
from cellmill.wire.curves import WireCurve, WireNumber, curves_of, wire_number
from cellmill.wire.outputs import TextOf, WireFigure, WireOutput, wire_figures, wire_outputs
from cellmill.wire.surroundings import (
    MOST_FILES,
    Relative,
    WireEnvironment,
    WireFile,
    WireSource,
    wire_environment,
    wire_files,
    wire_sources,
)
from cellmill.wire.verdicts import IDLE, Judged, ReplayState, WireVerdict, wire_verdict


class WireParameter(WireModel):
    """One parameter. `source` tells the estimator's own from the notebook's variables."""

    name: str
    value: str
    source: Literal["estimator", "notebook"]


class WireMetric(WireModel):
    """The newest value of a metric. Text where JSON has no number for it: NaN, Infinity, -Infinity."""

    name: str
    value: WireNumber
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
    outputs: list[WireOutput]
    more_outputs: bool


class WireTracked(WireModel):
    """A run that another tracker has of the same training."""

    system: Literal["mlflow", "wandb", "comet"]
    id: str
    uri: str | None


class WireFailure(WireModel):
    """An exception of the user's code."""

    type: str
    message: str


class RunSummary(WireModel):
    """A run in a list. `trials` is how many a search has, `cells` are those of the notebook that took part.

    `trained_in` is the execution that trained it; one may train many. `differing` are the parameters that tell
    it from the others of its notebook and model class in the same list.
    While it is `replaying` it may still wait for another's replay; `replay_problem` says why the last
    replay ended without a judgement.
    """

    run: str
    kind: Literal["fit", "loop", "search", "trial", "validation"]
    parent: str | None
    trials: int
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
    cells: list[str]
    trained_in: str | None
    differing: list[WireParameter]
    judgement: Judged | None
    judged_ms: int | None
    judged_reason: str | None
    replaying: bool
    replay_waits: bool
    replay_problem: str | None


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
    curves: list[WireCurve]
    sources: list[WireSource]
    environment: WireEnvironment | None
    files: list[WireFile]
    more_files: int
    figures: list[WireFigure]
    tracked: list[WireTracked]
    nested_in: str | None
    verdict: WireVerdict | None


class RunList(WireModel):
    """The runs of one notebook, or of the whole project, newest first. Trials stand under their search alone."""

    notebook: str | None
    runs: list[RunSummary]
    total: int


class WireTrial(RunSummary):
    """A trial of a search, with the parameters in which the trials differ."""

    parameters: list[WireParameter]


class TrialList(WireModel):
    """The trials of a search, in the order they began."""

    run: str
    trials: list[WireTrial]
    total: int


class RunRemoved(WireModel):
    """What a deletion took away."""

    run: str
    trials: int
    blobs: int
    freed_bytes: int


Found = tuple[Run, str | None]
"""A run with the store's id of it, None while it is not recorded."""
Stands = Callable[[RunId], ReplayState]
"""How the replay of a run stands."""


def _nothing_replays(run: RunId) -> ReplayState:
    return IDLE


def run_list(
    notebook: str | None, found: Sequence[Found], *, most: int, replay_of: Stands = _nothing_replays
) -> RunList:
    """Return the newest runs that are no trials of a search among them."""
    known = {run.run for run, _ in found}
    trials = Counter(run.parent for run, _ in found)
    own = [(run, store_id) for run, store_id in found if run.parent not in known]
    listed = own[:most]
    alike: dict[tuple[str | None, str], list[Run]] = defaultdict(list)
    for run, _ in listed:
        alike[run.notebook, run.model_class].append(run)
    telling = {kind: _telling(runs) for kind, runs in alike.items()}
    return RunList(
        notebook=notebook,
        runs=[
            run_summary(
                run,
                store_id=store_id,
                trials=trials[run.run],
                replay=replay_of(run.run),
                telling=telling[run.notebook, run.model_class],
            )
            for run, store_id in listed
        ],
        total=len(own),
    )


def run_summary(
    run: Run,
    *,
    store_id: str | None,
    trials: int = 0,
    replay: ReplayState = IDLE,
    telling: Collection[str] = (),
) -> RunSummary:
    """Return the run as a list shows it. `store_id` is MLflow's run id, None while it is not recorded."""
    return RunSummary(
        run=run.run,
        kind=run.kind,
        parent=run.parent,
        trials=trials,
        notebook=run.notebook,
        model_class=run.model_class,
        library=run.library,
        status=run.status,
        started_ms=run.started_ms,
        ended_ms=run.ended_ms,
        metrics=_metrics(run, run.telling_metrics),
        has_model=run.model is not None,
        recorded=store_id is not None,
        incomplete=list(run.incomplete),
        cells=_cells(run),
        trained_in=next((each.execution.execution for each in run.executions if each.part == "trained"), None),
        differing=_parameters(run, telling),
        judgement=run.verdict.judgement if run.verdict else None,
        judged_ms=run.verdict.at_ms if run.verdict else None,
        judged_reason=run.verdict.reason if run.verdict else None,
        replaying=replay.stage is not None,
        replay_waits=replay.stage == "waiting",
        replay_problem=replay.problem,
    )


def trial_list(search: str, found: Sequence[Found], *, most: int) -> TrialList:
    """Return the trials of a search, each with what tells it from the others."""
    trials = [trial for trial, _ in found]
    telling = _telling(trials) if len(trials) != 1 else {parameter.name for parameter in trials[0].parameters}
    return TrialList(
        run=search,
        trials=[
            WireTrial(
                **dict(run_summary(trial, store_id=store_id)),
                parameters=_parameters(trial, telling),
            )
            for trial, store_id in found[:most]
        ],
        total=len(found),
    )


def run_detail(
    run: Run,
    *,
    store_id: str | None,
    trials: int = 0,
    replay: ReplayState = IDLE,
    relative: Relative = str,
    text_of: TextOf = lambda sha256: None,
) -> RunDetail:
    """Return the run whole. `relative` names a file as its project does; `text_of` reads a longer output."""
    executions = [taking_part.execution for taking_part in run.executions]
    files = wire_files(executions, relative)
    return RunDetail(
        **{
            **dict(run_summary(run, store_id=store_id, trials=trials, replay=replay)),
            "metrics": _metrics(run, run.last_metrics),
        },
        session=run.session,
        parameters=[WireParameter.model_validate(parameter) for parameter in run.parameters],
        data=[WireData.model_validate(data) for data in run.data],
        executions=[_execution(taking_part, text_of) for taking_part in run.executions],
        error=WireFailure.model_validate(run.error) if run.error else None,
        model_bytes=run.model.size_bytes if run.model else None,
        model_note=run.model_note,
        store_id=store_id,
        curves=curves_of(run.metrics),
        sources=wire_sources(run.sources, relative),
        environment=wire_environment(run.surroundings) if run.surroundings else None,
        files=files[:MOST_FILES],
        more_files=max(0, len(files) - MOST_FILES),
        figures=wire_figures(executions),
        tracked=[WireTracked(system=other.system, id=other.id, uri=other.uri) for other in run.tracked],
        nested_in=run.nested_in,
        verdict=wire_verdict(run.verdict) if run.verdict else None,
    )


def _telling(runs: Sequence[Run]) -> set[str]:
    """The names of parameters in which runs differ; one that only some of them have tells as well."""
    values: dict[str, set[str]] = defaultdict(set)
    for run in runs:
        for parameter in run.parameters:
            values[parameter.name].add(parameter.value)
    counts = Counter(parameter.name for run in runs for parameter in run.parameters)
    return {name for name in values if len(values[name]) > 1 or counts[name] < len(runs)}


def _parameters(run: Run, names: Collection[str]) -> list[WireParameter]:
    return [WireParameter.model_validate(parameter) for parameter in run.parameters if parameter.name in names]


def _cells(run: Run) -> list[str]:
    """The cells whose executions took part, each once, in the order they first ran."""
    ran = (taking_part.execution.cell for taking_part in run.executions)
    return list(dict.fromkeys(cell for cell in ran if cell is not None))


def _metrics(run: Run, values: Mapping[str, float]) -> list[WireMetric]:
    points = Counter(metric.name for metric in run.metrics)
    return [WireMetric(name=name, value=wire_number(value), points=points[name]) for name, value in values.items()]


def _execution(taking_part: TakingPart, text_of: TextOf) -> WireExecution:
    execution = taking_part.execution
    outputs, more = wire_outputs(execution.outputs, text_of)
    return WireExecution(
        execution=execution.execution,
        number=execution.number,
        cell=execution.cell,
        source=execution.source,
        part=taking_part.part,
        outcome=execution.outcome,
        started_ms=execution.started_ms,
        ended_ms=execution.ended_ms,
        outputs=outputs,
        more_outputs=more,
    )
