"""What a sweep tries next: in order, drawn, or chosen by Optuna. Optuna enters here alone."""

import importlib.util
import itertools
import threading
from collections.abc import Mapping
from typing import Any

from cellmill.core.sweep_errors import OptunaMissing
from cellmill.core.sweeps import Axis, Sweep, SweepTrial
from cellmill.pipeline.spaces import combinations, draw


def check_optuna() -> None:
    """Raise `OptunaMissing` where Optuna is not installed. It is not loaded for that."""
    if importlib.util.find_spec("optuna") is None:
        raise OptunaMissing


class Study:
    """Gives each trial its parameters, and hears what came of it. Safe to use from several threads."""

    def __init__(self, sweep: Sweep) -> None:
        """What a sweep has tried already is not tried again, but for trials that failed or were torn off."""
        self._plan = sweep.plan
        self._lock = threading.Lock()
        self._optuna = _Optuna(sweep) if sweep.plan.optuna else None

    def next(self, number: int) -> dict[str, Any]:
        """Return what trial `number` is given. Raises `OptunaMissing` at the latest here."""
        with self._lock:
            if not self._plan.random and not self._plan.optuna:
                return next(itertools.islice(combinations(self._plan), number - 1, None))
            if number <= self._plan.random or self._optuna is None:
                return draw(self._plan, number)
            return self._optuna.ask(number)

    def report(self, number: int, step: int, value: float) -> bool:
        """Hear how far a trial has come. Returns whether it is not worth going on with."""
        with self._lock:
            return self._optuna is not None and self._optuna.report(number, step, value)

    def tell(self, trial: SweepTrial) -> None:
        """Hear what came of a trial."""
        with self._lock:
            if self._optuna is not None:
                self._optuna.tell(trial)


class _Optuna:
    def __init__(self, sweep: Sweep) -> None:
        check_optuna()
        import optuna

        self._optuna = optuna
        self._axes = {axis.name: axis for axis in sweep.plan.axes}
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        seed = sweep.plan.seed + len(sweep.trials)  # resumed, it does not choose the same again
        self._study = optuna.create_study(
            direction=sweep.plan.direction,
            sampler=optuna.samplers.TPESampler(seed=seed, constant_liar=True),
            pruner=optuna.pruners.MedianPruner(),
        )
        self._asked: dict[int, Any] = {}
        for trial in sweep.trials:
            self.tell(trial)

    def ask(self, number: int) -> dict[str, Any]:
        trial = self._study.ask(self._distributions())
        self._asked[number] = trial
        return {name: self._value(self._axes[name], given) for name, given in trial.params.items()}

    def report(self, number: int, step: int, value: float) -> bool:
        trial = self._asked.get(number)
        if trial is None:
            return False
        trial.report(value, step)
        return bool(trial.should_prune())

    def tell(self, trial: SweepTrial) -> None:
        states = self._optuna.trial.TrialState
        is_number = trial.value is not None and trial.value == trial.value
        state = {"finished": states.COMPLETE if is_number else states.FAIL, "pruned": states.PRUNED}.get(
            trial.state, states.FAIL
        )
        value = trial.value if state == states.COMPLETE else None
        asked = self._asked.pop(trial.number, None)
        if asked is not None:
            self._study.tell(asked, value, state)
            return
        if state == states.FAIL:
            return
        self._study.add_trial(
            self._optuna.trial.create_trial(
                params=self._given(trial.parameters),
                distributions=self._distributions(),
                value=value,
                state=state,
                intermediate_values=dict(trial.steps),
            )
        )

    def _distributions(self) -> dict[str, Any]:
        return {axis.name: self._distribution(axis) for axis in self._axes.values()}

    def _distribution(self, axis: Axis) -> Any:
        kinds = self._optuna.distributions
        if axis.choices:  # by their places: Optuna takes no lists
            return kinds.CategoricalDistribution(list(range(len(axis.choices))))
        if axis.is_whole:
            return kinds.IntDistribution(axis.low, axis.high, log=axis.is_log)
        return kinds.FloatDistribution(axis.low, axis.high, log=axis.is_log)

    @staticmethod
    def _value(axis: Axis, given: Any) -> Any:
        return axis.choices[given] if axis.choices else given

    def _given(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        found = {}
        for name, axis in self._axes.items():
            value = parameters[name]
            found[name] = list(map(repr, axis.choices)).index(repr(value)) if axis.choices else value
        return found
