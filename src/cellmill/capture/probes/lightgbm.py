"""Finds the native trainings of lightgbm: `lightgbm.train` and `lightgbm.cv`."""

from collections.abc import Mapping
from types import FrameType, ModuleType
from typing import Any

from cellmill.capture.probes.boosting import BoostingProbe, Given, History, Native
from cellmill.capture.probes.parameters import number

# Of `callbacks` in the signature of `lightgbm.train`.
CALLBACKS = 8


class LightgbmProbe(BoostingProbe):
    """The probe of lightgbm."""

    modules = ("lightgbm",)
    library = "lightgbm"
    unlogged = (
        "params", "train_set", "valid_sets", "valid_names", "fobj", "feval", "init_model", "learning_rates",
        "callbacks", "folds", "fpreproc",
    )  # fmt: skip
    training_argument = "train_set"

    def install(self, module: ModuleType) -> None:
        """Wrap what trains, and the booster's `predict`."""
        self.watch_functions(module, "lightgbm.engine", "lightgbm.sklearn")
        self.wrap(module.Booster, "predict", self.predicting)

    def listening(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], history: History
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """See `BoostingProbe`."""
        if len(args) > CALLBACKS:
            callbacks = [*(args[CALLBACKS] or ()), _Listener(history)]
            return (*args[:CALLBACKS], callbacks, *args[CALLBACKS + 1 :]), kwargs
        return args, {**kwargs, "callbacks": [*(kwargs.get("callbacks") or ()), _Listener(history)]}

    def stopped(self, booster: Any, native: Native, kwargs: Mapping[str, Any]) -> None:
        """See `BoostingProbe`. lightgbm counts rounds from 1; 0 says that it was not to stop early."""
        best = booster.best_iteration
        if best > 0:
            rounds = len(native.history.rounds)
            native.metrics = {"best_iteration": float(best), "stopped_iteration": float(rounds)}
            native.best = best - 1

    def given(self, data: Any, frame: FrameType | None, position: int) -> Given:
        """See `BoostingProbe`. A `Dataset` holds what it is made of until it is first trained on."""
        held = vars(data) if type(data).__module__.partition(".")[0] == "lightgbm" else {}
        source, label = held.get("data"), held.get("label")
        if source is None or isinstance(source, str):
            return Given(data, self.name(data, frame, position))
        name = self.name(source, None, position) or self.name(data, frame, position)
        return Given(source, name, self.name(label, None, position))


class _Listener:
    """A callback of `lightgbm.train`."""

    def __init__(self, history: History) -> None:
        self._history = history

    def __call__(self, env: Any) -> None:
        results = {}
        for data, metric, value, *_ in env.evaluation_result_list or ():
            found = number(value)
            if found is not None:
                results[f"{data}-{metric}"] = found
        self._history.add(env.iteration, results)
