"""What the probes of xgboost and lightgbm have in common: native `train` and `cv`, and boosters that predict.

Their estimators with scikit-learn's API call the same `train`. That is one training, the estimator's:
what `train` was given and what it measured is handed to the estimator's run (`native_training_of`).
"""

import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import FrameType, ModuleType
from typing import Any

from cellmill.capture.describe import first_rows
from cellmill.capture.frames import caller, locals_of
from cellmill.capture.models import EXAMPLE_ROWS
from cellmill.capture.observer import Observer, guarded
from cellmill.capture.probes.parameters import argument, call_parameters, number, render
from cellmill.capture.probes.patching import PatchingProbe, is_loaded
from cellmill.capture.probes.wrapping import unseen_by_warnings
from cellmill.core.ids import RunId

# An estimator's `fit` is that near to the `train` that it calls, autologging's frames between them included.
FRAMES_TO_FIT = 24


@dataclass
class History:
    """The evaluations of a training, round by round, under the names of MLflow's autologging."""

    rounds: list[int] = field(default_factory=list)
    values: dict[str, list[float]] = field(default_factory=dict)

    def add(self, iteration: int, results: Mapping[str, float]) -> None:
        """Take the results of one round."""
        self.rounds.append(iteration)
        for name, value in results.items():
            self.values.setdefault(name.replace("@", "_at_"), []).append(value)


@dataclass
class Native:
    """One call of a native `train`: what it was given and what it measured."""

    params: dict[str, str]
    history: History
    metrics: dict[str, float] = field(default_factory=dict)
    best: int | None = None
    """Where early stopping was asked for, the index of the best round. It is repeated as one more step, as
    autologging does."""
    rows: Any = None
    """First rows of the data, for the signature: the library may free the data itself."""

    def report(self, observer: Observer, run: RunId) -> None:
        """Write the curves and metrics to a run."""
        steps = self.history.rounds
        for name, values in self.history.values.items():
            if self.best is not None and self.best < len(values) == len(steps):
                observer.curve(run, name, [*values, values[self.best]], [*steps, len(steps)])
            else:
                observer.curve(run, name, values, steps[: len(values)])
        for name, value in self.metrics.items():
            observer.metric(run, name, value)


@dataclass
class _Within(threading.local):
    """The latest `train` that an estimator called in this thread."""

    estimator: Any = None
    native: Native | None = None


_within = _Within()


def native_training_of(estimator: Any) -> Native | None:
    """Return what the `fit` of this estimator that has just ended did natively. It is forgotten with that."""
    found = _within.native if _within.estimator is estimator else None
    _within.estimator = _within.native = None
    return found


@dataclass(frozen=True)
class Given:
    """The data of a training or a prediction, as far as it can be known."""

    data: Any
    """A data set, or where it may be gone by now its description (`DataUse`)."""
    name: str | None
    target: str | None = None
    rows: Any = None
    """The first rows, where the data itself may be gone."""


class BoostingProbe(PatchingProbe, ABC):
    """The common part: a probe derives from this and says what is different in its library."""

    library: str
    unlogged: tuple[str, ...]
    """Arguments of `train` that are no parameters: data, callbacks and the like."""
    training_argument: str
    data_argument = "data"

    # --- what differs

    @abstractmethod
    def given(self, data: Any, frame: FrameType | None, position: int) -> Given:
        """Return what is known of the library's own data object."""

    @abstractmethod
    def listening(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], history: History
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the call's arguments with a callback of ours at the end of the user's, whose list stays as it is."""

    @abstractmethod
    def stopped(self, booster: Any, native: Native, kwargs: Mapping[str, Any]) -> None:
        """Complete what early stopping found."""

    # --- installing

    def watch_functions(self, package: ModuleType, engine: str, estimators: str) -> None:
        """Wrap `train` and `cv` of a library in the module that defines them and in the package.

        Where its estimators look it up, `train` is a part of theirs.
        """
        of_estimators = [sys.modules[estimators]] if estimators in sys.modules else []
        self.wrap_function("train", self.train_within, of_estimators, late=False)
        places = [sys.modules[engine], package]
        self.wrap_function("train", self.train, places, late=is_loaded(package))
        self.wrap_function("cv", self.cross_validate, places, late=is_loaded(package))

    # --- training

    @unseen_by_warnings
    def train(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Stand around the native `train`, called by the user."""
        if not self._observer.is_watching:
            return function(*args, **kwargs)
        native = self._native(function, args, kwargs)
        run = self._begin(args, kwargs, native, "fit")
        if native is not None:
            args, kwargs = self._listening(args, kwargs, native.history) or (args, kwargs)
        try:
            with self._observer.around(training=True):
                booster = function(*args, **kwargs)
        except BaseException as error:
            self._report(run, native)
            self._observer.training_raised(run, error)
            raise
        self._finish(run, booster, native, kwargs)
        return booster

    @unseen_by_warnings
    def train_within(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Stand around the `train` that an estimator's `fit` calls."""
        if not self.recording.is_recording or self._observer.training_here is None:
            return function(*args, **kwargs)
        native = self._native(function, args, kwargs)
        if native is not None:
            args, kwargs = self._listening(args, kwargs, native.history) or (args, kwargs)
        booster = function(*args, **kwargs)
        self._hand_over(booster, native, kwargs)
        return booster

    @guarded
    def _native(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Native:
        given = argument(args, kwargs, 0, "params")
        of_booster = {str(name): render(value) for name, value in given.items()} if isinstance(given, dict) else {}
        return Native({**of_booster, **call_parameters(function, args, kwargs, self.unlogged)}, History())

    @guarded
    def _listening(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], history: History
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return self.listening(args, kwargs, history)

    @guarded
    def _hand_over(self, booster: Any, native: Native | None, kwargs: Mapping[str, Any]) -> None:
        if native is None:
            return
        estimator = _estimator_that_fits(caller())
        if estimator is not None:
            self.stopped(booster, native, kwargs)
            _within.estimator, _within.native = estimator, native

    @guarded
    def _begin(self, args: tuple[Any, ...], kwargs: dict[str, Any], native: Native | None, kind: Any) -> RunId | None:
        given = self.given(argument(args, kwargs, 1, self.training_argument), caller(), 1)
        if native is not None:
            native.rows = given.rows if given.rows is not None else first_rows(given.data, EXAMPLE_ROWS)
        return self._observer.training_started(
            library=self.library,
            model_class=f"{self.library}.Booster",
            params=native.params if native else {},
            data=given.data,
            data_name=given.name,
            target_name=given.target,
            kind=kind,
        )

    @guarded
    def _report(self, run: RunId | None, native: Native | None) -> None:
        if run is not None and native is not None:
            native.report(self._observer, run)

    @guarded
    def _finish(self, run: RunId | None, booster: Any, native: Native | None, kwargs: Mapping[str, Any]) -> None:
        if run is None:
            return
        if native is not None:
            self.stopped(booster, native, kwargs)
        self._report(run, native)
        rows = native.rows if native is not None else None
        self._observer.training_finished(run, booster, data=rows, flavor=self.library)

    # --- cross-validation

    @unseen_by_warnings
    def cross_validate(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Stand around the native `cv`."""
        if not self._observer.is_watching:
            return function(*args, **kwargs)
        native = self._native(function, args, kwargs)
        run = self._begin(args, kwargs, native, "validation")
        try:
            with self._observer.around(training=True):
                result = function(*args, **kwargs)
        except BaseException as error:
            self._observer.training_raised(run, error)
            raise
        self._cross_validated(run, result)
        return result

    @guarded
    def _cross_validated(self, run: RunId | None, result: Any) -> None:
        if run is None:
            return
        for name in list(result):  # a dict, or a frame's columns
            column = result[name]
            values = [number(value) for value in column] if hasattr(column, "__len__") else []
            if values and None not in values:
                self._observer.curve(run, str(name).replace("@", "_at_"), values)  # type: ignore[arg-type]
        self._observer.training_ended(run, note="a cross-validation keeps none of the models that it fits")

    # --- predictions

    def data_behind(self, given: Any, frame: FrameType | None) -> tuple[Any, str | None]:
        """See `PatchingProbe`."""
        found = self.given(given, frame, 0)
        return found.data, found.name


def _estimator_that_fits(frame: FrameType | None) -> Any:
    """Return the estimator whose `fit` has called, however indirectly, the code of this frame."""
    for _ in range(FRAMES_TO_FIT):
        if frame is None:
            return None
        code = frame.f_code
        if code.co_name == "fit" and code.co_varnames[:1] == ("self",):
            return locals_of(frame).get("self")
        frame = frame.f_back
    return None
