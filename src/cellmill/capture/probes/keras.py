"""Finds the trainings of Keras 3, whatever its backend: each `Model.fit` is one."""

import functools
import inspect
import math
import re
import sys
from collections.abc import Callable, Mapping
from types import FrameType, ModuleType
from typing import Any

from cellmill.capture.describe import first_rows
from cellmill.capture.frames import caller
from cellmill.capture.models import EXAMPLE_ROWS, ToCopy
from cellmill.capture.observer import guarded
from cellmill.capture.probes.parameters import argument, number, public_name, render
from cellmill.capture.probes.patching import PatchingProbe
from cellmill.capture.probes.torch_owners import as_array
from cellmill.capture.probes.wrapping import unseen_by_warnings
from cellmill.core.ids import RunId

LIBRARY = "keras"
# As `mlflow.keras.autolog` leaves them out.
UNLOGGED = ("self", "x", "y", "callbacks", "validation_data", "verbose")


class KerasProbe(PatchingProbe):
    """The probe of Keras."""

    modules = ("keras",)
    data_argument = "x"

    def install(self, module: ModuleType) -> None:
        """Wrap what a model does, where the backend's trainer defines it."""
        if not str(getattr(module, "__version__", "")).startswith("3"):
            return
        arounds = {"fit": self._fit, "evaluate": self._evaluate, "predict": self.predicting}
        for name, around in arounds.items():
            owner = next((kind for kind in module.Model.__mro__ if name in vars(kind)), None)
            if owner is not None:
                self.wrap(owner, name, around)

    # --- fit

    @unseen_by_warnings
    def _fit(self, model: Any, fit: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        self._observer.forget_model(model)
        if not self._observer.is_watching:
            return fit(*args, **kwargs)
        run = self._begin(model, fit, args, kwargs)
        before = vars(model).get("history")
        try:
            with self._observer.around(training=True):
                result = fit(*args, **kwargs)
        except BaseException as error:
            heard = vars(model).get("history")
            self._write_curves(run, heard if heard is not before else None)
            self._observer.training_raised(run, error)
            raise
        self._write_curves(run, result)
        self._keep(run, model, argument(args, kwargs, 0, "x"))
        return result

    @guarded
    def _begin(
        self, model: Any, fit: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> RunId | None:
        given = inspect.signature(fit).bind(*args, **kwargs)
        given.apply_defaults()
        params = {name: render(value) for name, value in given.arguments.items() if name not in UNLOGGED}
        batch_size = getattr(given.arguments.get("x"), "batch_size", None)  # a loader's, a data set's
        if params.get("batch_size") == "None" and type(batch_size) is int:
            params["batch_size"] = str(batch_size)
        optimizer = getattr(model, "optimizer", None)
        if optimizer is not None:
            params.update({f"optimizer_{name}": _render(value) for name, value in optimizer.get_config().items()})
        data, target = given.arguments.get("x"), given.arguments.get("y")
        frame = caller()
        return self._observer.training_started(
            library=LIBRARY,
            model_class=_class_name(model),
            params=params,
            data=_plain(data),
            data_name=self.name(data, frame, 0),
            target_name=self.name(target, frame, 1),
        )

    @guarded
    def _write_curves(self, run: RunId | None, history: Any) -> None:
        if run is None or history is None:
            return
        for name, values in history.history.items():
            self._observer.curve(
                run, str(name), [float(value) for value in values], list(history.epoch)[-len(values) :]
            )

    @guarded
    def _keep(self, run: RunId | None, model: Any, data: Any) -> None:
        if run is None:
            return
        example = first_rows(_plain(data), EXAMPLE_ROWS)
        self._observer.remember_model(model, run)
        kept = ToCopy(sum(map(_size_bytes, model.weights)), functools.partial(_archived, model))
        self._observer.training_finished(run, kept, data=example, flavor=LIBRARY)

    # --- afterwards

    @unseen_by_warnings
    def _evaluate(self, model: Any, evaluate: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        run = self.run_asked(model)
        if run is None:
            return evaluate(*args, **kwargs)
        with self._observer.around():
            result = evaluate(*args, **kwargs)
        self._evaluated(run, model, argument(args, kwargs, 0, "x"), result)
        return result

    @guarded
    def _evaluated(self, run: RunId, model: Any, data: Any, result: Any) -> None:
        name = self.name(data, caller(), 0)
        self._observer.evaluated(run, data=_plain(data), data_name=name)
        if type(result) is dict:
            measured = result
        else:
            values = list(result) if type(result) in (list, tuple) else [result]
            # `metrics_names` has one name for all compiled metrics; the tracker knows each.
            names = list(model.get_metrics_result()) if len(values) > 1 else ["loss"]
            measured = dict(zip(names, values, strict=False))
        for metric, value in measured.items():
            found = number(value)
            if found is not None:
                self._observer.metric(run, f"evaluate_{metric}", found, data_name=name)

    def data_behind(self, given: Any, frame: FrameType | None) -> tuple[Any, str | None]:
        """See `PatchingProbe`."""
        return _plain(given), self.name(given, frame, 0)


def _archived(model: Any) -> dict[str, Any]:
    """Keras's own format, and the backend that must be there before Keras is imported to read it."""
    return {"backend": sys.modules["keras"].backend.backend(), "archive": model.__reduce__()[1][0].getvalue()}


def _size_bytes(variable: Any) -> int:
    bits = re.search(r"\d+", str(variable.dtype))  # `float32`, `bfloat16`, `bool`
    return int(math.prod(variable.shape)) * max(1, int(bits[0]) // 8 if bits else 1)


def _class_name(model: Any) -> str:
    """`keras.Sequential`: Keras defines it some modules further down."""
    kind = type(model)
    return f"keras.{kind.__qualname__}" if kind.__module__.startswith("keras.src.") else public_name(kind)


def _render(value: Any) -> str:
    return render(value.item() if type(value).__module__ == "numpy" and getattr(value, "ndim", None) == 0 else value)


def _plain(data: Any) -> Any:
    """A tensor of torch's on the CPU as an array; everything else as it is."""
    torch = sys.modules.get("torch")
    return as_array(data) if torch is not None and type(data) is torch.Tensor else data
