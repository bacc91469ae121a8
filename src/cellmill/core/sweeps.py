"""A sweep: one notebook run many times with other parameters, and what each trial came to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from cellmill.core.ids import SessionId

Direction = Literal["minimize", "maximize"]
TrialState = Literal["finished", "failed", "pruned"]


@dataclass(frozen=True)
class Axis:
    """The values of one parameter that are tried: `choices`, or everything from `low` to `high`."""

    name: str
    choices: tuple[Any, ...] = ()
    low: float | None = None
    high: float | None = None
    is_log: bool = False
    is_whole: bool = False

    @property
    def words(self) -> str:
        if self.choices:
            return f"{self.name} in {', '.join(map(repr, self.choices))}"
        return f"{self.name} from {self.low} to {self.high}{', logarithmic' if self.is_log else ''}"


@dataclass(frozen=True)
class Plan:
    """What is tried. Every combination of the choices, unless some are drawn at `random` or chosen by `optuna`."""

    axes: tuple[Axis, ...]
    metric: str
    direction: Direction
    random: int = 0
    optuna: int = 0
    seed: int = 0
    fixed: Mapping[str, Any] = field(default_factory=dict)
    """Parameters that all trials are given."""

    @property
    def size(self) -> int:
        """How many trials there are in all."""
        if self.random or self.optuna:
            return self.random + self.optuna
        size = 1
        for axis in self.axes:
            size *= len(axis.choices)
        return size


@dataclass(frozen=True)
class SweepTrial:
    """One trial that has ended. `number` counts from 1, in the order in which they were begun."""

    number: int
    parameters: Mapping[str, Any]
    state: TrialState
    value: float | None
    session: SessionId
    started_ms: int
    ended_ms: int
    output: str | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    error: str | None = None
    steps: Mapping[int, float] = field(default_factory=dict)
    """What was reported while it ran, by step."""

    @property
    def seconds(self) -> float:
        return (self.ended_ms - self.started_ms) / 1000


@dataclass(frozen=True)
class Sweep:
    """A sweep as it stands. `digest` is that of the notebook that it runs."""

    sweep: str
    notebook: str
    digest: str
    plan: Plan
    started_ms: int
    trials: tuple[SweepTrial, ...] = ()
    recorded: tuple[int, ...] = ()
    """Numbers of the trials that are in the store."""

    @property
    def is_recorded(self) -> bool:
        """Whether every trial that has ended is in the store."""
        return {trial.number for trial in self.trials} <= {*self.recorded}

    @property
    def is_done(self) -> bool:
        """Whether every trial has ended."""
        return len({trial.number for trial in self.trials}) >= self.plan.size

    @property
    def best(self) -> SweepTrial | None:
        """The best trial, the earliest of equals; None before any has finished."""
        return next(iter(self.ranked), None)

    @property
    def ranked(self) -> tuple[SweepTrial, ...]:
        """The trials that finished, best first."""
        found = [trial for trial in self.trials if trial.state == "finished" and trial.value is not None]
        sign = 1 if self.plan.direction == "minimize" else -1
        return tuple(sorted(found, key=lambda trial: (_order(trial.value, sign), trial.number)))


def _order(value: float | None, sign: int) -> tuple[bool, float]:
    """What is no number comes last."""
    return (value is None or value != value, sign * (value if value is not None and value == value else 0.0))
