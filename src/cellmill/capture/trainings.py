"""What the journal says of one training."""

from dataclasses import dataclass, field

from cellmill.core.event_parts import DataUse, ModelBlob
from cellmill.core.events import (
    CurveMeasured,
    DataEvaluated,
    MetricLeftOut,
    MetricMeasured,
    ModelKept,
    ReplayEnded,
    TrackedElsewhere,
    TrainingFinished,
    TrainingStarted,
)
from cellmill.core.ids import ExecutionId
from cellmill.core.runs import Metric, Run, RunStatus
from cellmill.core.verdicts import Verdict


@dataclass
class Training:
    """All that was told of it, and the run last made of it: None when it must be made anew."""

    started: TrainingStarted
    finished: TrainingFinished | None = None
    metrics: list[Metric] = field(default_factory=list)
    so_far: dict[str, list[Metric]] = field(default_factory=dict)
    """Curves as they were told last while the training went on, by name."""
    evaluated_in: dict[ExecutionId, None] = field(default_factory=dict)
    evaluations: list[DataUse] = field(default_factory=list)
    left_out: list[MetricLeftOut] = field(default_factory=list)
    tracked: list[TrackedElsewhere] = field(default_factory=list)
    model: ModelBlob | None = None
    verdict: Verdict | None = None
    run: Run | None = None

    def measured(self, *, is_alive: bool) -> tuple[Metric, ...]:
        """Return its metrics as they were measured, with the curves so far where it was cut short."""
        cut_short = status_of(self.finished, is_alive) == "interrupted" and self.finished is None
        names = {metric.name for metric in self.metrics}
        left = [each for name, curve in self.so_far.items() if name not in names for each in curve] if cut_short else []
        return tuple(sorted([*self.metrics, *left], key=lambda metric: metric.at_ms))


def take_training(
    training: Training,
    event: TrainingFinished
    | ModelKept
    | MetricMeasured
    | MetricLeftOut
    | CurveMeasured
    | DataEvaluated
    | TrackedElsewhere
    | ReplayEnded,
) -> None:
    """Add what one event tells."""
    match event:
        case TrainingFinished():
            training.finished = event
        case ModelKept():
            training.model = event.model
        case MetricMeasured():
            training.metrics.append(Metric(event.name, event.value, event.step, event.at_ms, event.session))
        case MetricLeftOut():
            training.left_out.append(event)
        case CurveMeasured():
            steps = event.steps or range(len(event.values))
            points = zip(steps, event.values, strict=False)
            curve = [Metric(event.name, value, step, event.at_ms, event.session) for step, value in points]
            if event.so_far:
                training.so_far[event.name] = curve
            else:
                training.metrics += curve
        case DataEvaluated():
            training.evaluations.append(event.data)
        case TrackedElsewhere():
            training.tracked.append(event)
        case ReplayEnded():
            if training.verdict is None or event.at_ms >= training.verdict.at_ms:
                training.verdict = event.verdict
    if not isinstance(event, MetricMeasured | CurveMeasured | DataEvaluated) or event.execution is None:
        return
    if event.session is None:  # of another session the execution is not here
        training.evaluated_in[event.execution] = None


def model_note(training: Training, is_alive: bool) -> str | None:
    """Return why there is no model, None where there is one, or where a failed training says it."""
    finished = training.finished
    if finished is None or training.model is not None or finished.model is not None or finished.outcome != "ok":
        return finished.note if finished is not None else None
    # A large one is written after the cell has ended.
    return finished.note or ("it is still being written" if is_alive else "the kernel ended before it was written")


def metrics_left_out(training: Training) -> list[str]:
    """Return a sentence for each metric that was measured too often in one place."""
    return [
        f"{event.name} was measured more than {event.times} times in one place: of the points after those some are "
        f"kept, the last one among them"
        if event.is_thinned
        else f"{event.name} was measured {event.times} times and more in one place with no new prediction in between, "
        f"as in a bootstrap: what it was before counts"
        for event in training.left_out
    ]


def status_of(finished: TrainingFinished | None, is_alive: bool) -> RunStatus:
    """Return how a training stands; one that a dead kernel left open was interrupted."""
    if finished is None:
        return "running" if is_alive else "interrupted"
    return {"ok": "finished", "error": "failed", "interrupted": "interrupted"}[finished.outcome]  # type: ignore[return-value]
