"""The journal's events, folded into executions and runs. Pure: the same events give the same runs."""

from collections.abc import Iterable
from dataclasses import replace

from cellmill.capture.history import History, sources_of, with_digests, with_end
from cellmill.capture.notebook_values import values_that_flowed
from cellmill.capture.together import one_for_each, run_parameters, with_notebooks_failure
from cellmill.capture.trainings import Training, metrics_left_out, model_note, status_of, take_training
from cellmill.core.event_parts import DataUse, Output
from cellmill.core.events import (
    CaptureFailed,
    CapturePaused,
    CaptureResumed,
    CellIdentified,
    ClientSeen,
    CurveMeasured,
    DataEvaluated,
    DistributionsSeen,
    Event,
    ExecutionEnded,
    ExecutionFinished,
    ExecutionPlaced,
    ExecutionStarted,
    FilesDigested,
    GitSeen,
    MetricLeftOut,
    MetricMeasured,
    ModelKept,
    NotebookExecuted,
    NotebookNamed,
    OfAnExecution,
    OutputsShown,
    ReplayEnded,
    RunDeleted,
    RunMeasured,
    SessionEnded,
    SessionStarted,
    TrackedElsewhere,
    TrainingFinished,
    TrainingsLeftOut,
    TrainingStarted,
)
from cellmill.core.ids import ExecutionId, RunId, SessionId
from cellmill.core.project import Project
from cellmill.core.runs import Execution, Part, Run, Session, Surroundings, TakingPart


def fold(events: Iterable[Event], project: Project, *, is_alive: bool) -> Session | None:
    """Return the session that the events tell of, None when its start is not among them.

    `is_alive` says whether the kernel may still write: of a dead one, what was open is interrupted.
    Events of the kernel's journal and of the one kept outside may come in any interleaving.
    """
    folding = Folding(project)
    for event in events:
        folding.take(event)
    return folding.session(is_alive=is_alive)


class Folding:
    """Takes events as they come, and says at any time what they amount to.

    Only runs that something has happened to are made anew.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._started: SessionStarted | None = None
        self._ended: SessionEnded | None = None
        self._executed: NotebookExecuted | None = None
        self._notebook: str | None = None
        self._named_ms = 0
        self._paused = self._was_paused = False
        self._was_alive = True
        self._history = History()
        self._outputs: dict[ExecutionId, list[Output]] = {}
        self._displays: dict[str, dict[ExecutionId, None]] = {}
        """The executions that have shown a display."""
        self._digests: dict[ExecutionId, FilesDigested] = {}
        self._placed: dict[ExecutionId, str] = {}
        self._trainings: dict[RunId, Training] = {}
        self._deleted: set[RunId] = set()
        self._failures: list[CaptureFailed] = []
        self._left_out: dict[ExecutionId, TrainingsLeftOut] = {}
        self._git: list[GitSeen] = []
        self._distributions: list[DistributionsSeen] = []
        self._clients: list[ClientSeen] = []
        self._touched: set[ExecutionId] = set()
        self._measured: dict[SessionId, None] = {}

    def take(self, event: Event) -> None:
        """Take one event. Those of the kernel's journal and of the one kept outside come in any interleaving."""
        if isinstance(event, OfAnExecution):
            self._touched.add(event.execution)
            self._take_execution(event)
            return
        match event:
            case TrainingStarted():
                self._trainings.setdefault(event.run, Training(event))
            case (
                TrainingFinished()
                | ModelKept()
                | MetricMeasured()
                | MetricLeftOut()
                | CurveMeasured()
                | DataEvaluated()
                | TrackedElsewhere()
                | ReplayEnded()
            ):
                training = self._trainings.get(event.run)
                if training is not None:
                    training.run = None
                    take_training(training, event)
            case RunDeleted():
                trials = {run for run, training in self._trainings.items() if training.started.parent == event.run}
                self._deleted |= {event.run, *trials}
            case RunMeasured():
                self._measured[event.session] = None
            case TrainingsLeftOut():
                self._touched.add(event.execution)
                self._left_out[event.execution] = event
            case CapturePaused():
                self._paused = self._was_paused = True
            case CaptureResumed():
                self._paused = False
            case _:
                self._take_of_all(event)

    def _take_execution(self, event: OfAnExecution) -> None:
        match event:
            case ExecutionStarted():
                self._history.put(
                    Execution(
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
                        random=event.random,
                        cwd=event.cwd,
                        outside=event.outside,
                    )
                )
            case ExecutionEnded():
                self._history.end(event)
            case ExecutionFinished():
                began = self._history.get(event.execution)
                if began is not None:
                    self._history.put(with_digests(with_end(began, event), self._digests.get(event.execution)))
            case CellIdentified():
                self._history.identify(event)
            case ExecutionPlaced():
                self._placed[event.execution] = event.notebook
            case FilesDigested():
                self._digests[event.execution] = event  # a small file's may come before the execution's end
                ended = self._history.get(event.execution)
                if ended is not None:
                    self._history.put(with_digests(ended, event))
            case OutputsShown():
                self._take_outputs(event)
        known = self._history.get(event.execution)
        outputs = tuple(self._outputs.get(event.execution, ()))
        notebook = self._placed.get(event.execution)
        if known is not None and (known.outputs, known.notebook) != (outputs, notebook):
            self._history.put(replace(known, outputs=outputs, notebook=notebook))

    def _take_outputs(self, event: OutputsShown) -> None:
        """Add what was shown. A display that is shown again or updated changes wherever it stands."""
        mine = [] if event.is_cleared else self._outputs.get(event.execution, [])
        self._outputs[event.execution] = mine
        for display in dict.fromkeys(output.display for output in (*event.outputs, *event.updates)):
            if display is None:
                continue
            state = [output for output in (*event.outputs, *event.updates) if output.display == display]
            places = self._displays.setdefault(display, {})
            for execution in places:
                self._outputs[execution] = _with_display(self._outputs[execution], state)
                self._put_outputs(execution)
            if not places:  # of one that was first shown before capture began
                mine.extend(output for output in event.updates if output.display == display)
            places[event.execution] = None
        self._outputs[event.execution] = [*self._outputs[event.execution], *event.outputs]

    def _put_outputs(self, execution: ExecutionId) -> None:
        known, outputs = self._history.get(execution), tuple(self._outputs.get(execution, ()))
        if known is not None and known.outputs != outputs:
            self._touched.add(execution)
            self._history.put(replace(known, outputs=outputs))

    def _take_of_all(self, event: Event) -> None:
        """Take an event that every run of the session shows."""
        for training in self._trainings.values():
            training.run = None
        match event:
            case SessionStarted():
                if self._started is None:  # written again when the journal had to be started anew
                    self._started = event
                    self._notebook = self._notebook or event.notebook
            case NotebookNamed():
                if event.at_ms >= self._named_ms:  # kernel and server both say it, in files of their own
                    self._notebook, self._named_ms = event.notebook, event.at_ms
            case CaptureFailed():
                self._failures.append(event)
            case GitSeen():
                self._git.append(event)
            case DistributionsSeen():
                self._distributions.append(event)
            case ClientSeen():
                self._clients.append(event)
            case SessionEnded():
                self._ended = event
            case NotebookExecuted():
                self._executed = event

    # --- the session

    def session(self, *, is_alive: bool) -> Session | None:
        """Return the session so far, None when its start is not known. A kernel that is not alive writes no more."""
        if self._started is None:
            return None
        is_alive = is_alive and self._ended is None
        if is_alive != self._was_alive:
            self._was_alive = is_alive
            for training in self._trainings.values():
                training.run = None
        executions = self._history.all(is_alive=is_alive)
        self._touched |= self._history.resliced
        runs = tuple(
            self._run(training, is_alive=is_alive)
            for run, training in self._trainings.items()
            if run not in self._deleted and not self._is_told_again(training, is_alive=is_alive)
        )
        self._touched.clear()
        self._history.resliced.clear()
        return Session(
            session=self._started.session,
            kernel=self._started.kernel,
            notebook=self._project.relative(self._notebook),
            started_ms=self._started.at_ms,
            started_by=self._started.started_by,
            pid=self._started.pid,
            process_started_s=self._started.process_started_s,
            host=self._started.host,
            python=self._started.python,
            ended=self._ended.how if self._ended else None if is_alive else "died",
            paused=self._paused,
            executions=executions,
            deleted=tuple(sorted(self._deleted)),
            failures=tuple(dict.fromkeys(f"{failure.where}: {failure.reason}" for failure in self._failures)),
            runs=one_for_each(with_notebooks_failure(runs, self._executed)),
            measured=tuple(self._measured),
            was_paused=self._was_paused,
        )

    # --- a run

    def _is_told_again(self, training: Training, *, is_alive: bool) -> bool:
        """Whether it is a trial told before its search had ended, and that did end, or still may."""
        if not training.started.so_far:
            return False
        search = None if training.started.parent is None else self._trainings.get(training.started.parent)
        return is_alive or search is None or search.finished is not None

    def _run(self, training: Training, *, is_alive: bool) -> Run:
        run = training.run
        if run is None or any(part.execution.execution in self._touched for part in run.executions):
            run = training.run = self._made(training, is_alive=is_alive)
        return run

    def _made(self, training: Training, *, is_alive: bool) -> Run:
        assert self._started is not None
        started, finished = training.started, training.finished
        taking_part = self._taking_part(training)
        of_notebook = values_that_flowed(self._history, training)
        placed = self._placed.get(started.execution) if started.execution is not None else None
        return Run(
            run=started.run,
            session=self._started.session,
            notebook=self._project.relative(placed or self._notebook),
            library=started.library,
            model_class=started.model_class,
            status=status_of(finished, is_alive),
            started_ms=started.at_ms,
            ended_ms=finished.at_ms if finished else None,
            parameters=run_parameters(started.params, finished.params if finished else {}, of_notebook),
            metrics=training.measured(is_alive=is_alive),
            data=_unlike([*started.data, *training.evaluations]),
            executions=taking_part,
            model=training.model or (finished.model if finished else None),
            model_note=model_note(training, is_alive),
            error=finished.error if finished else None,
            incomplete=self._incomplete(training, taking_part),
            executed_notebook=self._executed.sha256 if self._executed else None,
            kind=started.kind,
            parent=started.parent,
            tracked=tuple(training.tracked),
            sources=sources_of(part.execution for part in taking_part if part.part != "evaluated"),
            surroundings=self._surroundings(training),
            verdict=training.verdict,
        )

    def _taking_part(self, training: Training) -> tuple[TakingPart, ...]:
        """Return the executions of a run in the order they ran."""
        history = self._history
        trained = history.get(training.started.execution)
        parts: dict[ExecutionId, Part] = {}
        if trained is not None:
            parts.update(dict.fromkeys(history.fed(trained.execution).executions, "fed"))
            parts[trained.execution] = "trained"
        for execution in training.evaluated_in:
            parts.setdefault(execution, "evaluated")
        return tuple(TakingPart(e, parts[e.execution]) for e in history.in_order(parts))

    def _incomplete(self, training: Training, taking_part: tuple[TakingPart, ...]) -> tuple[str, ...]:
        started, run = training.started, training.started.run
        mine = {part.execution.execution for part in taking_part}
        reasons = [
            f"{failure.where}: {failure.reason}"
            for failure in self._failures
            if failure.run == run or (failure.run is None and (failure.execution is None or failure.execution in mine))
        ]
        more = self._left_out.get(started.execution) if started.execution is not None else None
        if more is not None:
            reasons.append(
                f"its cell trained {more.kept + more.left_out} models, of which the first {more.kept} are kept as runs "
                f"(setting max_runs_per_cell)"
            )
        return tuple(dict.fromkeys([*reasons, *metrics_left_out(training)]))

    def _surroundings(self, training: Training) -> Surroundings:
        assert self._started is not None
        began = self._started
        trained = self._history.get(training.started.execution)
        until_ms = trained.ended_ms if trained is not None else training.started.at_ms
        seen = [event for event in self._distributions if until_ms is None or event.at_ms <= until_ms]
        before = [event for event in self._git if event.at_ms <= training.started.at_ms]
        users, front_end = self._who(until_ms)
        return Surroundings(
            python=began.python,
            executable=began.executable,
            platform=began.platform,
            host=began.host,
            cores=began.cores,
            memory_bytes=began.memory_bytes,
            user=users or began.user,
            front_end=front_end or began.front_end,
            cellmill=began.cellmill,
            cwd=began.cwd,
            path=began.path,
            distributions={name: version for event in seen for name, version in event.distributions.items()},
            git=before[-1] if before else next(iter(self._git), None),
        )

    def _who(self, until_ms: int | None) -> tuple[str | None, str | None]:
        """Return the users who had turned to the kernel by then, and the last front end.

        Whoever came first counts in any case: the server may be a second late with it.
        """
        there = [one for one in self._clients if until_ms is None or one.at_ms <= until_ms]
        users = [one.user for one in there if one.user] or [one.user for one in self._clients if one.user][:1]
        pages = [one.front_end for one in there if one.front_end][-1:]
        pages = pages or [one.front_end for one in self._clients if one.front_end][:1]
        return ", ".join(dict.fromkeys(users)) or None, next(iter(pages), None)


def _with_display(outputs: list[Output], state: list[Output]) -> list[Output]:
    """Return the outputs with another state of a display wherever it stands among them."""
    found: list[Output] = []
    former: str | None = None
    for output in outputs:
        if output.display != state[0].display:
            found.append(output)
        elif former != output.display:
            found += state
        former = output.display
    return found


def _unlike(data: list[DataUse]) -> tuple[DataUse, ...]:
    return tuple({(use.context, use.name, use.digest): use for use in data}.values())
