"""Finds the trainings of Keras 3, whatever its backend: each `Model.fit` is one."""

import inspect
import sys
from collections.abc import Callable, Mapping
from functools import partial
from types import ModuleType
from typing import Any

from cellmill.capture.describe import first_rows
from cellmill.capture.frames import caller, name_of
from cellmill.capture.models import EXAMPLE_ROWS
from cellmill.capture.observer import Observer, guarded
from cellmill.capture.probes.parameters import argument, number, public_name, render
from cellmill.capture.probes.torch_owners import as_array
from cellmill.capture.probes.wrapping import unseen_by_warnings, unwrap_method, wrap_method
from cellmill.capture.recording import Recording
from cellmill.core.ids import RunId

LIBRARY = "keras"
# As `mlflow.keras.autolog` leaves them out.
UNLOGGED = ("self", "x", "y", "callbacks", "validation_data", "verbose")


class KerasProbe:
    """The probe of Keras."""

    modules = ("keras",)

    def __init__(self, observer: Observer, user_names: dict[str, object]) -> None:
        self._observer = observer
        self._user_names = user_names
        self._undo: list[Callable[[], None]] = []

    @property
    def recording(self) -> Recording:
        """Where `guarded` reports an error of ours."""
        return self._observer.recording

    def install(self, module: ModuleType) -> None:
        """Wrap what a model does, where the backend's trainer defines it."""
        if not str(getattr(module, "__version__", "")).startswith("3"):
            return
        arounds = {"fit": self._fit, "evaluate": self._evaluate, "predict": self._predict}
        for name, around in arounds.items():
            owner = next((kind for kind in module.Model.__mro__ if name in vars(kind)), None)
            if owner is not None and wrap_method(owner, name, around):
                self._undo.append(partial(unwrap_method, owner, name))

    def remove(self) -> None:
        """Put everything back."""
        while self._undo:
            self._undo.pop()()

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
            data_name=name_of(data, frame, self._user_names, position=0),
            target_name=None if target is None else name_of(target, frame, self._user_names, position=1),
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
        # Keras's own format, and the backend that must be there before Keras is imported to read it.
        archive = model.__reduce__()[1][0].getvalue()
        kept = {"backend": sys.modules["keras"].backend.backend(), "archive": archive}
        example = first_rows(_plain(data), EXAMPLE_ROWS)
        self._observer.training_finished(run, kept, data=example, flavor=LIBRARY)
        self._observer.remember_model(model, run)

    # --- afterwards

    @unseen_by_warnings
    def _evaluate(self, model: Any, evaluate: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        run = self._run_asked(model)
        if run is None:
            return evaluate(*args, **kwargs)
        with self._observer.around():
            result = evaluate(*args, **kwargs)
        self._evaluated(run, model, argument(args, kwargs, 0, "x"), result)
        return result

    @guarded
    def _evaluated(self, run: RunId, model: Any, data: Any, result: Any) -> None:
        name = name_of(data, caller(), self._user_names, position=0)
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

    @unseen_by_warnings
    def _predict(self, model: Any, predict: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        run = self._run_asked(model)
        if run is None:
            return predict(*args, **kwargs)
        with self._observer.around():
            result = predict(*args, **kwargs)
        self._predicted(run, argument(args, kwargs, 0, "x"), result)
        return result

    @guarded
    def _predicted(self, run: RunId, data: Any, result: Any) -> None:
        name = name_of(data, caller(), self._user_names, position=0)
        self._observer.predicted(run, result, data=_plain(data), data_name=name)

    def _run_asked(self, model: Any) -> RunId | None:
        return self._observer.run_of(model) if self._observer.is_watching else None


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
