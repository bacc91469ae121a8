"""Finds Optuna's studies: `optimize` is one search, its trials are its children. So are trials asked for and told.

What an objective trains belongs to its trial and makes no run of its own. Between `ask` and `tell` nothing
says where a trial begins and ends in the user's code, so trainings there are runs like any other.
"""

import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from types import ModuleType
from typing import Any

from cellmill.capture.observer import Observer, guarded
from cellmill.capture.probes.parameters import call_parameters, render
from cellmill.capture.probes.patching import PatchingProbe
from cellmill.capture.probes.trials import Trial, write_trials
from cellmill.capture.probes.wrapping import unseen_by_warnings
from cellmill.core.event_parts import Failure, Outcome
from cellmill.core.ids import ExecutionId, RunId

LIBRARY = "optuna"
MODEL_CLASS = "optuna.Study"
TRIAL_CLASS = "optuna.Trial"
# Of `callbacks` in the signature of `Study.optimize`.
CALLBACKS = 5


@dataclass
class _SoFar:
    """What a search that goes on has told of its trials."""

    run: RunId
    count: int = 0
    best: float | None = None


class OptunaProbe(PatchingProbe):
    """The probe of Optuna."""

    modules = ("optuna.study.study",)

    def __init__(self, observer: Observer, user_names: dict[str, object]) -> None:
        super().__init__(observer, user_names)
        self._told: dict[RunId, _SoFar] = {}
        # Of each study asked in a cell: the cell, its run, and the number of its first trial.
        self._asked: dict[int, tuple[weakref.ref[Any], ExecutionId | None, RunId | None, int]] = {}

    def install(self, module: ModuleType) -> None:
        """Wrap what runs trials."""
        for name, around in (("optimize", self._optimize), ("ask", self._ask), ("tell", self._tell)):
            self.wrap(module.Study, name, around)

    @unseen_by_warnings
    def _optimize(self, study: Any, optimize: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if not self._observer.is_watching:
            return optimize(*args, **kwargs)
        first = self._next_number(study)
        run = self._begin(study, optimize, args, kwargs)
        args, kwargs = self._listening(run, args, kwargs) or (args, kwargs)
        try:
            with self._observer.around(training=True):
                result = optimize(*args, **kwargs)
        except BaseException as error:
            self._report(study, run, first or 0)
            self._observer.training_raised(run, error)
            raise
        self._end(study, run, first or 0)
        return result

    @unseen_by_warnings
    def _ask(self, study: Any, ask: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if self._observer.is_watching:
            self._begin_asking(study)
        return ask(*args, **kwargs)

    @unseen_by_warnings
    def _tell(self, study: Any, tell: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        trial = tell(*args, **kwargs)
        found = self._asked.get(id(study)) if self._observer.is_watching else None
        if found is not None and found[0]() is study and found[2] is not None:
            self._trial_ended(self._told.setdefault(found[2], _SoFar(found[2])), study, trial)
        return trial

    @guarded
    def _listening(
        self, run: RunId | None, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the arguments of `optimize` with a callback of ours behind the user's, whose list stays as it is."""
        if run is None:
            return args, kwargs
        heard = partial(self._trial_ended, _SoFar(run))
        if len(args) > CALLBACKS:
            return (*args[:CALLBACKS], [*(args[CALLBACKS] or ()), heard], *args[CALLBACKS + 1 :]), kwargs
        return args, {**kwargs, "callbacks": [*(kwargs.get("callbacks") or ()), heard]}

    @guarded
    def _trial_ended(self, so_far: "_SoFar", study: Any, trial: Any) -> None:
        """Write a trial at once: the kernel may be killed before its search has ended."""
        value = trial.values[0] if trial.state.name == "COMPLETE" and trial.values else None
        downwards = study.directions[0].name != "MAXIMIZE"
        is_best = value is not None and (
            so_far.best is None or (value < so_far.best if downwards else value > so_far.best)
        )
        if is_best:
            so_far.best = value
        so_far.count += 1
        if is_best or so_far.count <= self.recording.settings.max_trials:
            write_trials(
                self._observer, so_far.run, [_trial(trial)], library=LIBRARY, model_class=TRIAL_CLASS, so_far=True
            )

    @guarded
    def _begin_asking(self, study: Any) -> None:
        found = self._asked.get(id(study))
        if found is not None and found[0]() is study and found[1] == self.recording.execution:
            return
        first = self._next_number(study) or 0
        run = self._begin(study, None, (), {})
        key = id(study)
        reference = weakref.ref(study, lambda _: self._asked.pop(key, None))
        self._asked[key] = (reference, self.recording.execution, run, first)
        # Held until then: what a cell asks is the cell's, whatever becomes of the name.
        self._observer.when_execution_ends(f"optuna {key}", partial(self._end, study, run, first))

    @guarded
    def _next_number(self, study: Any) -> int:
        return len(study.get_trials(deepcopy=False))

    @guarded
    def _begin(self, study: Any, optimize: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> RunId | None:
        given = {} if optimize is None else call_parameters(optimize.func, args, kwargs, ("callbacks", "catch"))
        return self._observer.training_started(
            library=LIBRARY,
            model_class=MODEL_CLASS,
            params={
                "study_name": str(study.study_name),
                "sampler": type(study.sampler).__name__,
                "pruner": type(study.pruner).__name__,
                "direction": ", ".join(direction.name.lower() for direction in study.directions),
                **given,
            },
            kind="search",
        )

    @guarded
    def _end(self, study: Any, run: RunId | None, first: int) -> None:
        if run is None:
            return
        note, params = self._report(study, run, first) or (None, {})
        self._observer.training_ended(run, params=params, note=note or "the models are the objective's own")

    @guarded
    def _report(self, study: Any, run: RunId | None, first: int) -> tuple[str | None, dict[str, str]] | None:
        """Write the trials from a number on. Returns how many were left out, and the best one's parameters."""
        if run is None:
            return None
        trials = [trial for trial in study.get_trials(deepcopy=False) if trial.number >= first]
        downwards = [direction.name != "MAXIMIZE" for direction in study.directions]
        done = [trial for trial in trials if trial.state.name == "COMPLETE" and trial.values]
        params: dict[str, str] = {}
        if done:
            if len(downwards) == 1:
                params = self._report_best(run, done, downwards[0])
            counted = {state: sum(trial.state.name == state for trial in trials) for state in ("PRUNED", "FAIL")}
            self._observer.metric(run, "n_complete", float(len(done)))
            for state, count in counted.items():
                if count:
                    self._observer.metric(run, f"n_{state.lower()}", float(count))

        def rank(trial: Any) -> tuple[bool, float, int]:
            if trial.state.name != "COMPLETE" or not trial.values:
                return True, 0.0, trial.number
            value = trial.values[0]
            return False, value if downwards[0] else -value, trial.number

        kept = [_trial(trial) for trial in sorted(trials, key=rank)]
        note = write_trials(self._observer, run, kept, library=LIBRARY, model_class=TRIAL_CLASS)
        return note, params

    def _report_best(self, run: RunId, done: list[Any], is_downwards: bool) -> dict[str, str]:
        better = min if is_downwards else max
        best_so_far: list[float] = []
        for trial in done:
            best_so_far.append(better(*best_so_far[-1:], trial.values[0]) if best_so_far else trial.values[0])
        numbers = [trial.number for trial in done]
        self._observer.curve(run, "value", [trial.values[0] for trial in done], numbers)
        self._observer.curve(run, "best_value_so_far", best_so_far, numbers)
        best = better(done, key=lambda trial: float(trial.values[0]))
        self._observer.metric(run, "best_value", float(best.values[0]))
        self._observer.metric(run, "best_trial", float(best.number))
        return {f"best_{name}": render(value) for name, value in best.params.items()}


def _trial(trial: Any) -> Trial:
    state = trial.state.name
    # A pruned one has a value too, of its last step: no rival of those that came to their end.
    values = (trial.values or []) if state == "COMPLETE" else []
    metrics = {"value": values[0]} if len(values) == 1 else {f"value_{i}": value for i, value in enumerate(values)}
    steps = sorted(trial.intermediate_values)
    is_open = state in ("RUNNING", "WAITING")
    outcome: Outcome = "error" if state == "FAIL" else "interrupted" if is_open else "ok"
    note = None if state == "COMPLETE" else "it was pruned" if state == "PRUNED" else f"its state is {state}"
    return Trial(
        params={
            "number": str(trial.number),
            "state": state,
            **{name: render(value) for name, value in trial.params.items()},
        },
        metrics={name: float(value) for name, value in metrics.items()},
        curves={"intermediate_value": (steps, [float(trial.intermediate_values[step]) for step in steps])},
        started_ms=_ms(trial.datetime_start),
        ended_ms=_ms(trial.datetime_complete),
        outcome=outcome,
        error=Failure("TrialFailed", "the objective raised, or its value was none") if state == "FAIL" else None,
        note=note,
    )


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1000)
