"""What a probe may say: a training began, it ended, its model predicted, a metric was measured.

Probes wrap the user's libraries: all of it is called inside the user's cell. `guarded` keeps our errors from it.
"""

import functools
import threading
import weakref
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType
from typing import Any, Concatenate, Literal, ParamSpec, Protocol, TypeVar

from cellmill.capture.describe import describe_data, rows_of
from cellmill.capture.elsewhere import Elsewhere
from cellmill.capture.failures import describe_failure, outcome_of
from cellmill.capture.measured import Prediction
from cellmill.capture.models import Pickled, pickle_model
from cellmill.capture.points import Points
from cellmill.capture.predictions import ANSWERING, Predictions
from cellmill.capture.recording import Recording
from cellmill.core.clock import now_ms
from cellmill.core.event_parts import Context, DataUse
from cellmill.core.events import (
    CurveMeasured,
    DataEvaluated,
    MetricMeasured,
    ModelKept,
    TrackedElsewhere,
    TrainingFinished,
    TrainingStarted,
)
from cellmill.core.ids import ExecutionId, RunId, new_run_id
from cellmill.dataflow.figures import is_figure_of
from cellmill.dataflow.provenance import Labels

DESCRIBED_PER_EXECUTION = 8

TrainingKind = Literal["fit", "loop", "search", "trial", "validation"]
Tracker = Literal["mlflow", "wandb", "comet"]

P = ParamSpec("P")
R = TypeVar("R")


class Reports(Protocol):
    """Whatever can say that it failed."""

    @property
    def recording(self) -> Recording: ...


S = TypeVar("S", bound=Reports)


def guarded(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R | None]:
    """Keep an error of ours from the user's cell: it is written to the journal, and the answer is None.

    A probe's method that fails time after time (`recording.BREAKER`) is not called again in this session, until
    capture is resumed: its mistake must not come back with every cell. Runs that go without it say so. What
    the observer itself fails at is one probe's input, so the others go on using it.
    """
    name = method.__name__.strip("_")
    has_breaker = not method.__qualname__.startswith("Observer.")

    @functools.wraps(method)
    def safely(reporter: S, /, *args: P.args, **kwargs: P.kwargs) -> R | None:
        recording = reporter.recording
        if recording.tripped and recording.leaves_out(method.__qualname__, name):
            return None
        try:
            answer = method(reporter, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 - the rule of this module
            recording.failed(name, error)
            if has_breaker:
                recording.count_failure(method.__qualname__, error)
            return None
        if recording.failing:
            recording.failing.pop(method.__qualname__, None)
        return answer

    return safely


class Observer:
    """What probes report to, in one kernel."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self._local = threading.local()
        self._main_trains = 0
        self._main_execution: ExecutionId | None = None
        """In which execution the main thread is in a training."""
        self._listening: list[Callable[[RunId], None]] = []
        self._models: dict[int, tuple[weakref.ref[Any], RunId]] = {}
        self.predictions = Predictions()
        self.elsewhere = Elsewhere(recording)
        self._described_here: tuple[ExecutionId | None, set[tuple[RunId, str | None]]] = (None, set())
        self._measured_here: list[float] = []
        """The metrics of the cell that runs now, as far as models have predicted."""
        self._points = Points(recording, self.elsewhere)
        self.variants: dict[tuple[RunId, str], dict[str, int]] = {}
        """By run, and by metric and data: the settings it was measured with, numbered as they came."""

    # --- only the outermost call counts

    @property
    def training_here(self) -> RunId | None:
        """The training that this thread is in the middle of."""
        found: RunId | None = getattr(self._local, "training", None)
        return found

    def when_training_starts(self, action: Callable[[RunId], None]) -> Callable[[], None]:
        """Call this with the run of each training from now on, trials left out. Returns what ends it."""
        self._listening.append(action)
        return lambda: self._listening.remove(action)

    @property
    def is_watching(self) -> bool:
        """Whether a call seen now is the user's own: capture is on, and no watched call is around it.

        While the main thread is in a training, a call from another thread belongs to that training:
        joblib's threads fit the parts of an ensemble. But a cell of a subshell is the user's. Of a training in a
        thread of the user's own, only the probe can tell which other threads are its.
        """
        if getattr(self._local, "depth", 0):
            return False
        if self._main_trains and threading.current_thread() is not threading.main_thread():
            here = self.recording.execution_here()
            if here is None or here == self._main_execution:
                return False
        return self.recording.is_recording

    @contextmanager
    def around(self, *, training: bool = False) -> Iterator[None]:
        """Mark a watched call: what it calls in turn is not the user's own."""
        main_trains = training and threading.current_thread() is threading.main_thread()
        self._local.depth = getattr(self._local, "depth", 0) + 1
        self._main_trains += main_trains
        if main_trains:
            self._main_execution = self.recording.execution_here()
        try:
            yield
        finally:
            self._main_trains -= main_trains
            self._local.depth -= 1
            if training and self._local.depth == 0:
                self._local.training = None

    # --- trainings

    @guarded
    def training_started(
        self,
        *,
        library: str,
        model_class: str,
        params: Mapping[str, str],
        data: Any = None,
        data_name: str | None = None,
        target_name: str | None = None,
        kind: TrainingKind = "fit",
        parent: RunId | None = None,
        started_ms: int | None = None,
    ) -> RunId | None:
        """A training begins. Returns the run that it makes, None when the cell has made as many as are kept.

        A trial names its search as `parent`; trials are capped by whoever finds them, so they do not count here.
        `started_ms` is given by who hears of a training after it has begun.
        """
        if kind != "trial" and not self.recording.counts_training():
            return None
        self.predictions.training_begins()
        run = new_run_id()
        use = self._described(data, data_name, "training", target_name) if data is not None else None
        begins_now = started_ms is None and kind != "trial"
        values, line = self._values(run, in_steps=kind == "loop") or ({}, None) if begins_now else ({}, None)
        execution, started_ms, uses = self.recording.execution, started_ms or now_ms(), () if use is None else (use,)
        began = (run, execution, started_ms, library, model_class, params, uses, kind, parent)
        self.recording.write(TrainingStarted(*began, values=values, line=line))
        if kind != "trial":
            self._local.training = run
            for listening in self._listening:
                listening(run)
        return run

    @guarded
    def _values(self, run: RunId, *, in_steps: bool) -> tuple[dict[str, str], int | None]:
        return self.recording.values.at_start(run, in_steps=in_steps)

    @guarded
    def _described(self, data: Any, name: str | None, context: Context, target: str | None = None) -> DataUse:
        if type(data) is DataUse:  # described when it was there
            return replace(data, name=name or data.name, context=context, target=target)
        return describe_data(data, name=name, context=context, target=target)

    @guarded
    def training_finished(
        self,
        run: RunId | None,
        model: Any,
        *,
        data: Any,
        flavor: str,
        params: Mapping[str, str] | None = None,
        ended_ms: int | None = None,
        note: str | None = None,
    ) -> None:
        """The training returned: its model is kept, and known again when it predicts.

        `ended_ms` is given by who has looked at the model since; `note` says what it went without.
        """
        if run is None:
            return
        ended_ms = ended_ms or now_ms()
        said = note
        blob, note, pickled = None, None, None
        try:
            pickled, note = pickle_model(self.recording.settings, model, data, flavor=flavor)
            if pickled is not None and not pickled.is_large:
                blob = pickled.keep(self.recording.project)
        except BaseException as error:
            # Also when the user interrupts a long pickling: the training itself came to its end.
            failure = describe_failure(error)
            note = f"it could not be kept ({failure.type}: {failure.message})".replace(": )", ")")
            raise
        finally:
            notes = "; ".join(filter(None, (note, said))) or None
            stayed = self.recording.values.at_end(run)
            self.recording.write(TrainingFinished(run, ended_ms, "ok", None, blob, notes, params or {}, stayed))
            self.remember_model(model, run)
        if pickled is not None and blob is None:
            self.recording.later("model", functools.partial(self._keep, run, pickled))

    def _keep(self, run: RunId, pickled: Pickled) -> None:
        self.recording.write(ModelKept(run, now_ms(), pickled.keep(self.recording.project)))

    @guarded
    def training_ended(self, run: RunId | None, *, note: str | None, params: Mapping[str, str] | None = None) -> None:
        """The training returned and made no model that could be kept, as a cross-validation does."""
        if run is not None:
            stayed = self.recording.values.at_end(run)
            self.recording.write(TrainingFinished(run, now_ms(), "ok", None, None, note, params or {}, stayed))

    @guarded
    def training_raised(self, run: RunId | None, error: BaseException) -> None:
        """The training raised, or was interrupted."""
        if run is not None:
            failure, stayed = describe_failure(error), self.recording.values.at_end(run)
            self.recording.write(TrainingFinished(run, now_ms(), outcome_of(error), failure, values=stayed))

    # --- models and their predictions

    def remember_model(self, model: Any, run: RunId) -> None:
        """Know this object as the run's model until it is trained again."""
        key = id(model)
        try:
            # `id` is reused, so an entry must go with its object.
            self._models[key] = (weakref.ref(model, lambda _: self._models.pop(key, None)), run)
        except TypeError:
            return  # takes no weak reference: its metrics cannot be told from another's

    def forget_model(self, model: Any) -> None:
        """A model is trained again, seen or unseen: what it was is gone, and so is its run's claim on it."""
        self._models.pop(id(model), None)

    def run_of(self, model: Any) -> RunId | None:
        """Return the run that made a model, None for one that no run made."""
        found = self._models.get(id(model))
        return found[1] if found is not None and found[0]() is model else None

    def models(self) -> list[tuple[Any, RunId]]:
        """Return every object that is known as a run's model."""
        known = [(reference(), run) for reference, run in tuple(self._models.values())]
        return [(model, run) for model, run in known if model is not None]

    @guarded
    def predicted(self, run: RunId, result: Any, *, data: Any, data_name: str | None) -> None:
        """A run's model predicted: the result is known again when a metric is made of it."""
        self._evaluated(run, data, data_name)
        self.predictions.add(self.recording.execution, Prediction(run, data_name, rows_of(result)), result)
        self.look_at_cells()

    @guarded
    def stranger_predicted(self, made: int) -> None:
        """A model that no run made predicted, unless it asked one that some run did: `made` is how many had before."""
        if self.predictions.are_any and self.predictions.made == made and self.is_watching:
            self.predictions.add_stranger(self.recording.execution)

    def look_at_cells(self) -> None:
        """There are predictions: from now on figures of them are looked for when a cell has ended."""
        self.recording.when_cell_ends = self._cell_ended

    @guarded
    def _cell_ended(self, execution: ExecutionId, python: str | None) -> None:
        found = self.predictions.cell_ended(execution, python, ANSWERING, whole=self.recording.ending[0] == "ok")
        seen, self._measured_here = self._measured_here, []
        if not self.recording.runs(execution):  # excluded, or paused
            return
        for each in found:
            if not any(is_figure_of(each.value, value) for value in seen):
                self.metric(each.run, each.name, each.value)
        self._measured_here = []

    def prediction_behind(self, values: Any) -> Prediction | None:
        """Return whose prediction an array is, or is a view into: `proba[:, 1]` is still its model's."""
        return self.predictions.behind(values)

    def predictions_given(self, frame: FrameType | None, known: Labels) -> Labels:
        """Return what the running call's arguments, of which some are `known`, derive from; `None` is a stranger's."""
        return self.predictions.candidates(self.recording.execution, frame, ANSWERING, known)

    def only_prediction_here(self) -> Prediction | None:
        """Return the prediction made in this execution, if there was exactly one."""
        return self.predictions.only(self.recording.execution)

    # --- metrics

    @guarded
    def metric(
        self,
        run: RunId,
        name: str,
        value: float,
        *,
        data_name: str | None = None,
        variant: str = "",
        place: Hashable = None,
    ) -> None:
        """A metric of a run's model was measured.

        Named as MLflow's autologging names them, `f1_score-2_X_test`: the function, a number from the second
        variant of its settings on, the data's variable. What a `place` measures too often is left out.
        """
        variants = self.variants.setdefault((run, f"{name}|{data_name}"), {})
        index = variants.setdefault(variant, len(variants) + 1)
        full = name if index == 1 else f"{name}-{index}"
        if data_name:
            full = f"{full}_{data_name}"
        if not name.startswith("training_"):  # nobody asked for those, so none was assigned
            self._measured_here.append(value)
        self._points.write(run, full, value, place=place, predicted=self.predictions.made)

    @guarded
    def metric_step(self, run: RunId, name: str, value: float, step: int) -> None:
        """One point of a metric's curve."""
        self.elsewhere.write(MetricMeasured(run, self.recording.execution, now_ms(), name, value, step))

    @guarded
    def curve(
        self, run: RunId, name: str, values: Sequence[float], steps: Sequence[int] = (), *, so_far: bool = False
    ) -> None:
        """A metric's whole history: its last value is the metric. Without `steps` they count from 0.

        `so_far` tells it of a training that goes on, to be told again: for a kernel that dies before that.
        """
        if len(values) > 0:
            self.elsewhere.write(
                CurveMeasured(
                    run,
                    self.recording.execution,
                    now_ms(),
                    name,
                    tuple(float(value) for value in values),
                    tuple(int(step) for step in steps),
                    so_far,
                )
            )

    @guarded
    def tracked_elsewhere(self, run: RunId, system: Tracker, identity: str, uri: str | None = None) -> None:
        """Another tracker has a run of its own for this training."""
        self.recording.write(TrackedElsewhere(run, now_ms(), system, identity, uri))

    def when_execution_ends(self, name: str, action: Callable[[], None]) -> None:
        """Call this once, when the cell that runs now has ended: a loop's training is over then.

        The same name twice in one cell counts once. An error of the action is written to the journal.
        """
        self.recording.at_end(name, action)

    @guarded
    def evaluated(self, run: RunId, *, data: Any, data_name: str | None) -> None:
        """A run's model was scored on this data."""
        self._evaluated(run, data, data_name)

    def _evaluated(self, run: RunId, data: Any, data_name: str | None) -> None:
        execution, described = self._described_here
        if execution != self.recording.execution:
            self._described_here = (self.recording.execution, described := set())
        # Once for each variable: a loop over single rows, or over shuffled copies, must not pay for each.
        if data is not None and (run, data_name) not in described and len(described) < DESCRIBED_PER_EXECUTION:
            described.add((run, data_name))
            use = self._described(data, data_name, "evaluation")
            if use is not None:
                self.elsewhere.write(DataEvaluated(run, self.recording.execution, now_ms(), use))
