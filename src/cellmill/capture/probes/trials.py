"""The trials of a search, written as children of its run once it is over: the best ones, up to a setting."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cellmill.capture.observer import Observer
from cellmill.core.clock import now_ms
from cellmill.core.event_parts import Failure, Outcome
from cellmill.core.events import CurveMeasured, MetricMeasured, TrainingFinished, TrainingStarted
from cellmill.core.ids import RunId, new_run_id


@dataclass(frozen=True)
class Trial:
    """One set of parameters that a search tried."""

    params: Mapping[str, str]
    metrics: Mapping[str, float]
    curves: Mapping[str, tuple[Sequence[int], Sequence[float]]] = field(default_factory=dict)
    """By name, steps and values."""
    started_ms: int | None = None
    ended_ms: int | None = None
    outcome: Outcome = "ok"
    error: Failure | None = None
    note: str | None = None


def write_trials(
    observer: Observer,
    parent: RunId,
    trials: Sequence[Trial],
    *,
    library: str,
    model_class: str,
    so_far: bool = False,
) -> str | None:
    """Write the first trials, of a list with the best ones first. Returns how many were left out, None if none was.

    `so_far` tells them of a search that goes on, to be told again: for a kernel that dies before that.
    """
    recording = observer.recording
    most = recording.settings.max_trials
    for trial in trials[:most]:
        run, execution = new_run_id(), recording.execution
        started_ms = trial.started_ms or now_ms()
        ended_ms = max(started_ms, trial.ended_ms or now_ms())
        recording.write(
            TrainingStarted(run, execution, started_ms, library, model_class, trial.params, (), "trial", parent, so_far)
        )
        for name, value in trial.metrics.items():
            recording.write(MetricMeasured(run, execution, ended_ms, name, value))
        for name, (steps, values) in trial.curves.items():
            if values:
                recording.write(CurveMeasured(run, execution, ended_ms, name, tuple(values), tuple(steps)))
        recording.write(TrainingFinished(run, ended_ms, trial.outcome, trial.error, note=trial.note))
    if len(trials) <= most:
        return None
    more = len(trials) - most
    return f"of {len(trials)} trials the best {most} are kept as runs, {more} are left out (setting max_trials)"
