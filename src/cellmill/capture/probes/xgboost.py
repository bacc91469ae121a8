"""Finds the native trainings of xgboost: `xgboost.train` and `xgboost.cv`."""

import weakref
from collections.abc import Callable, Mapping
from types import FrameType, ModuleType
from typing import Any

from cellmill.capture.describe import describe_data, first_rows
from cellmill.capture.frames import caller
from cellmill.capture.models import EXAMPLE_ROWS
from cellmill.capture.observer import Observer, guarded
from cellmill.capture.probes.boosting import BoostingProbe, Given, History, Native
from cellmill.capture.probes.parameters import argument, number
from cellmill.capture.probes.wrapping import unseen_by_warnings
from cellmill.core.event_parts import DataUse


class XgboostProbe(BoostingProbe):
    """The probe of xgboost."""

    modules = ("xgboost",)
    library = "xgboost"
    unlogged = (
        "params", "dtrain", "evals", "obj", "feval", "evals_result", "xgb_model", "callbacks", "learning_rates",
    )  # fmt: skip
    training_argument = "dtrain"

    def __init__(self, observer: Observer, user_names: dict[str, object]) -> None:
        super().__init__(observer, user_names)
        self._callback: Callable[[History], Any] | None = None
        self._made_of: dict[int, tuple[weakref.ref[Any], _MadeOf]] = {}

    def install(self, module: ModuleType) -> None:
        """Wrap what trains, the booster's `predict`, and the making of a `DMatrix`: it forgets what it is made of."""
        self._callback = _listener(module.callback.TrainingCallback)
        self.watch_functions(module, "xgboost.training", "xgboost.sklearn")
        self.wrap(module.Booster, "predict", self.predicting)
        self.wrap(module.DMatrix, "__init__", self._make)
        if "__init__" in vars(module.QuantileDMatrix):
            self.wrap(module.QuantileDMatrix, "__init__", self._make)

    def listening(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], history: History
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """See `BoostingProbe`."""
        assert self._callback is not None
        return args, {**kwargs, "callbacks": [*(kwargs.get("callbacks") or ()), self._callback(history)]}

    def stopped(self, booster: Any, native: Native, kwargs: Mapping[str, Any]) -> None:
        """See `BoostingProbe`. xgboost says where it was best only if it was to stop early."""
        found = booster.attributes()
        if "best_iteration" not in found:
            return
        best = int(found["best_iteration"])
        native.metrics = {"best_iteration": float(best), "best_score": float(found.get("best_score", "nan"))}
        if kwargs.get("early_stopping_rounds"):
            native.metrics["stopped_iteration"] = float(len(native.history.rounds) - 1)
            native.best = best

    # --- data

    @unseen_by_warnings
    def _make(self, matrix: Any, init: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        init(*args, **kwargs)
        if self._observer.is_watching:
            self._made(matrix, argument(args, kwargs, 0, "data"), argument(args, kwargs, 1, "label"))

    @guarded
    def _made(self, matrix: Any, data: Any, label: Any) -> None:
        frame = caller()
        key = id(matrix)
        name, target, rows = self.name(data, frame, 0), self.name(label, frame, 1), first_rows(data, EXAMPLE_ROWS)
        # Now: `DMatrix(X.iloc[train])` leaves nobody who holds what it was made of.
        use = describe_data(data, name=name, context="training", target=target) if rows is not None else None
        self._made_of[key] = (
            weakref.ref(matrix, lambda _: self._made_of.pop(key, None)),
            _MadeOf(use, name, target, rows),
        )

    def given(self, data: Any, frame: FrameType | None, position: int) -> Given:
        """See `BoostingProbe`. What a matrix was made of is described in its place."""
        found = self._made_of.get(id(data))
        if found is None or found[0]() is not data:
            return Given(data, self.name(data, frame, position))
        made = found[1]
        name = made.name or self.name(data, frame, position)
        return Given(data if made.use is None else made.use, name, made.target, made.rows)


class _MadeOf:
    """What a `DMatrix` was made of."""

    def __init__(self, use: DataUse | None, name: str | None, target: str | None, rows: Any) -> None:
        self.use = use
        self.name = name
        self.target = target
        self.rows = rows


def _listener(base: type) -> Callable[[History], Any]:
    """Return a maker of callbacks, which xgboost wants to derive from its own class."""

    def after_iteration(callback: Any, _model: Any, epoch: int, evals_log: Any) -> bool:
        results = {}
        for data, metrics in evals_log.items():
            for metric, values in metrics.items():
                value = number(values[-1])
                if value is not None:
                    results[f"{data}-{metric}"] = value
        callback.history.add(epoch, results)
        return False

    listener: Any = type("Listener", (base,), {"after_iteration": after_iteration})

    def made(history: History) -> Any:
        callback = listener()
        callback.history = history
        return callback

    return made
