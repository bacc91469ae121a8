"""The journal's events, folded into executions and runs. Pure: the same events give the same runs."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from cellmill.core.events import (
    CaptureFailed,
    CapturePaused,
    CaptureResumed,
    CellIdentified,
    DataEvaluated,
    DataUse,
    Event,
    ExecutionFinished,
    ExecutionStarted,
    MetricMeasured,
    NotebookExecuted,
    NotebookNamed,
    Outcome,
    SessionEnded,
    SessionStarted,
    TrainingFinished,
    TrainingsLeftOut,
    TrainingStarted,
)
from cellmill.core.ids import ExecutionId, RunId
from cellmill.core.project import Project
from cellmill.core.runs import Execution, Metric, Parameter, Part, Run, RunStatus, Session, TakingPart
from cellmill.dataflow.footprint import Footprint, Namespace, footprint
from cellmill.dataflow.literals import literal_assignments
from cellmill.dataflow.magics import without_magics
from cellmill.dataflow.slice import Step, backward_slice

# Names whose values never become parameters: a value like these is shown to many.
_SECRET_WORDS = ("password", "passwd", "secret", "token", "api_key", "apikey", "credential", "private_key")


def fold(events: Iterable[Event], project: Project, *, is_alive: bool) -> Session | None:
    """Return the session that the events tell of, None when its start is not among them.

    `is_alive` says whether the kernel may still write: of a dead one, what was open is interrupted.
    Events of the kernel's journal and of the one kept outside may come in any interleaving.
    """
    folding = _Folding()
    for event in events:
        folding.take(event)
    return folding.session(project, is_alive=is_alive)


@dataclass
class _Training:
    started: TrainingStarted
    finished: TrainingFinished | None = None
    metrics: list[MetricMeasured] = field(default_factory=list)
    evaluations: list[DataEvaluated] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


class _Folding:
    def __init__(self) -> None:
        self._started: SessionStarted | None = None
        self._ended: SessionEnded | None = None
        self._executed: NotebookExecuted | None = None
        self._notebook: str | None = None
        self._named_ms = 0
        self._paused = False
        self._executions: dict[ExecutionId, Execution] = {}
        self._cells: dict[ExecutionId, CellIdentified] = {}
        self._trainings: dict[RunId, _Training] = {}
        self._failures: list[CaptureFailed] = []
        self._left_out: dict[ExecutionId, TrainingsLeftOut] = {}

    def take(self, event: Event) -> None:
        match event:
            case SessionStarted():
                if self._started is None:  # written again when the journal had to be started anew
                    self._started = event
                    self._notebook = self._notebook or event.notebook
            case NotebookNamed():
                if event.at_ms >= self._named_ms:  # kernel and server both say it, in files of their own
                    self._notebook, self._named_ms = event.notebook, event.at_ms
            case ExecutionStarted():
                self._executions[event.execution] = Execution(
                    execution=event.execution,
                    number=event.number,
                    source=event.source,
                    cell=event.cell,
                    tags=event.tags,
                    started_ms=event.at_ms,
                    ended_ms=None,
                    outcome=None,
                    error=None,
                    reads=frozenset(),
                    writes=frozenset(),
                )
            case ExecutionFinished():
                self._finish(event)
            case CellIdentified():
                self._cells[event.execution] = event
            case TrainingStarted():
                self._trainings.setdefault(event.run, _Training(event))
            case TrainingFinished():
                if event.run in self._trainings:
                    self._trainings[event.run].finished = event
            case MetricMeasured():
                if event.run in self._trainings:
                    self._trainings[event.run].metrics.append(event)
            case DataEvaluated():
                if event.run in self._trainings:
                    self._trainings[event.run].evaluations.append(event)
            case TrainingsLeftOut():
                self._left_out[event.execution] = event
            case CapturePaused():
                self._paused = True
            case CaptureResumed():
                self._paused = False
            case CaptureFailed():
                self._failures.append(event)
            case SessionEnded():
                self._ended = event
            case NotebookExecuted():
                self._executed = event

    def _finish(self, event: ExecutionFinished) -> None:
        began = self._executions.get(event.execution)
        if began is not None:
            self._executions[event.execution] = replace(
                began,
                ended_ms=event.at_ms,
                outcome=event.outcome,
                error=event.error,
                reads=frozenset(event.reads),
                writes=frozenset(event.writes),
            )

    # --- the session

    def session(self, project: Project, *, is_alive: bool) -> Session | None:
        if self._started is None:
            return None
        is_alive = is_alive and self._ended is None
        executions = tuple(
            self._named(execution if execution.outcome else _unended(execution, is_alive=is_alive))
            for execution in self._executions.values()
        )
        history = _History(executions)
        runs = tuple(self._run(training, history, project, is_alive) for training in self._trainings.values())
        return Session(
            session=self._started.session,
            kernel=self._started.kernel,
            notebook=project.relative(self._notebook),
            started_ms=self._started.at_ms,
            started_by=self._started.started_by,
            pid=self._started.pid,
            process_started_s=self._started.process_started_s,
            host=self._started.host,
            python=self._started.python,
            ended=self._ended.how if self._ended else None if is_alive else "died",
            paused=self._paused,
            executions=executions,
            runs=self._with_notebooks_failure(runs),
        )

    def _named(self, execution: Execution) -> Execution:
        cell = self._cells.get(execution.execution)
        return execution if cell is None else replace(execution, cell=cell.cell, tags=cell.tags)

    # --- a run

    def _run(self, training: _Training, history: "_History", project: Project, is_alive: bool) -> Run:
        assert self._started is not None
        started, finished = training.started, training.finished
        taking_part, parameters = _taking_part(training, history)
        metrics = sorted(training.metrics, key=lambda metric: metric.at_ms)
        return Run(
            run=started.run,
            session=self._started.session,
            notebook=project.relative(self._notebook),
            library=started.library,
            model_class=started.model_class,
            status=_status(finished, is_alive),
            started_ms=started.at_ms,
            ended_ms=finished.at_ms if finished else None,
            parameters=_parameters(training, parameters),
            metrics=tuple(Metric(m.name, m.value, m.step, m.at_ms) for m in metrics),
            data=_unlike([*started.data, *(evaluation.data for evaluation in training.evaluations)]),
            executions=taking_part,
            model=finished.model if finished else None,
            model_note=finished.note if finished else None,
            error=finished.error if finished else None,
            incomplete=self._incomplete(started, taking_part),
            executed_notebook=self._executed.sha256 if self._executed else None,
        )

    def _incomplete(self, started: TrainingStarted, taking_part: tuple[TakingPart, ...]) -> tuple[str, ...]:
        run = started.run
        mine = {part.execution.execution for part in taking_part}
        reasons = [
            f"{failure.where}: {failure.reason}"
            for failure in self._failures
            if failure.run == run or (failure.run is None and failure.execution in mine)
        ]
        more = self._left_out.get(started.execution) if started.execution is not None else None
        if more is not None:
            reasons.append(
                f"its cell trained {more.kept + more.left_out} models, of which the first {more.kept} are kept as runs "
                f"(setting max_runs_per_cell)"
            )
        return tuple(dict.fromkeys(reasons))

    def _with_notebooks_failure(self, runs: tuple[Run, ...]) -> tuple[Run, ...]:
        """A headless notebook that failed did not come to the end of its last run, nor of one it was evaluating."""
        executed = self._executed
        if executed is None or executed.failed is None or not runs:
            return runs
        latest = max(runs, key=lambda run: run.started_ms).run
        return tuple(
            replace(run, status="failed", error=run.error or executed.error)
            if run.status == "finished" and (run.run == latest or _touched(run, executed.failed))
            else run
            for run in runs
        )


def _unended(execution: Execution, *, is_alive: bool) -> Execution:
    """Return an execution whose end nobody has written: its names are those in its source."""
    try:
        names = Namespace().resolve(footprint(without_magics(execution.source)))
    except (SyntaxError, ValueError, RecursionError):
        names = Footprint()
    outcome: Outcome | None = None if is_alive else "interrupted"
    return replace(execution, outcome=outcome, reads=names.reads, writes=names.writes)


def _touched(run: Run, execution: ExecutionId) -> bool:
    return any(part.execution.execution == execution for part in run.executions)


def _status(finished: TrainingFinished | None, is_alive: bool) -> RunStatus:
    if finished is None:
        return "running" if is_alive else "interrupted"
    return {"ok": "finished", "error": "failed", "interrupted": "interrupted"}[finished.outcome]  # type: ignore[return-value]


def _taking_part(training: _Training, history: "_History") -> tuple[tuple[TakingPart, ...], dict[str, str]]:
    """Return the executions of a run in the order they ran, and the literals that flowed into its training."""
    by_id, order = history.by_id, history.order
    trained = by_id.get(training.started.execution) if training.started.execution else None
    parts: dict[ExecutionId, Part] = {}
    literals: dict[str, str] = {}
    if trained is not None:
        fed = backward_slice(history.steps[: order[trained.execution]], trained.reads)
        parts.update(dict.fromkeys(fed.executions, "fed"))
        parts[trained.execution] = "trained"
        for execution in fed.executions:
            literals.update(_literals(by_id[execution], fed.needed[execution]))
        literals.update(_literals(trained, trained.writes))
    evaluated_in = [m.execution for m in training.metrics] + [e.execution for e in training.evaluations]
    for execution_id in evaluated_in:
        if execution_id in by_id:
            parts.setdefault(execution_id, "evaluated")
    taking_part = tuple(
        TakingPart(by_id[execution], parts[execution]) for execution in sorted(parts, key=lambda e: order[e])
    )
    return taking_part, literals


class _History:
    """The executions of a session, looked up in three ways."""

    def __init__(self, executions: tuple[Execution, ...]) -> None:
        self.by_id = {execution.execution: execution for execution in executions}
        self.order = {execution.execution: index for index, execution in enumerate(executions)}
        self.steps = [_step(execution) for execution in executions]


def _step(execution: Execution) -> Step:
    return Step(execution.execution, execution.reads, execution.writes, whole=execution.outcome == "ok")


def _literals(execution: Execution, wanted: frozenset[str]) -> dict[str, str]:
    return {
        literal.name: str(literal.value)
        for literal in literal_assignments(execution.source)
        if literal.name in wanted and not any(word in literal.name.lower() for word in _SECRET_WORDS)
    }


def _parameters(training: _Training, literals: dict[str, str]) -> tuple[Parameter, ...]:
    """The notebook's own values first, for those are what a person turns.

    A value that the notebook names and the estimator was given counts once, as the notebook's.
    """
    of_estimator = {**training.started.params, **(training.finished.params if training.finished else {})}
    of_notebook = {name: value for name, value in literals.items() if of_estimator.get(name, value) == value}
    shortest_first = sorted(of_notebook.items(), key=lambda pair: pair[1].startswith(("[", "{", "(")))
    return (
        *(Parameter(name, value, "notebook") for name, value in shortest_first),
        *(Parameter(name, value, "estimator") for name, value in of_estimator.items() if name not in of_notebook),
    )


def _unlike(data: list[DataUse]) -> tuple[DataUse, ...]:
    return tuple({(use.context, use.name, use.digest): use for use in data}.values())
