"""Finds the trainings of PyTorch Lightning: each `Trainer.fit` is one, named and measured as MLflow's autologging does.

It listens through a callback that is among the trainer's for the time of the call only.
"""

import weakref
from collections.abc import Callable, Mapping
from functools import partial
from types import ModuleType
from typing import Any

from cellmill.capture.frames import caller
from cellmill.capture.observer import guarded
from cellmill.capture.probes.parameters import argument, public_name, render
from cellmill.capture.probes.patching import PatchingProbe
from cellmill.capture.probes.torch_loop import kept
from cellmill.capture.probes.torch_owners import Surroundings, first_rows_of, isinstance_of, training_data
from cellmill.capture.probes.wrapping import Around, unseen_by_warnings
from cellmill.core.ids import RunId

STOPPING = ("monitor", "mode", "patience", "min_delta", "stopped_epoch")


class LightningProbe(PatchingProbe):
    """The probe of PyTorch Lightning, under both of its names."""

    modules = ("lightning.pytorch", "pytorch_lightning")

    def install(self, module: ModuleType) -> None:
        """Wrap what a `Trainer` does."""
        arounds: dict[str, Around] = {
            "fit": partial(self._fit, module),
            "test": partial(self._evaluate, "test"),
            "validate": partial(self._evaluate, "validate"),
            "predict": self._predict,
        }
        for name, around in arounds.items():
            self.wrap(module.Trainer, name, around)

    # --- fit

    @unseen_by_warnings
    def _fit(
        self, library: ModuleType, trainer: Any, fit: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        model = argument(args, kwargs, 0, "model")
        if not self._observer.is_watching or model is None:
            return fit(*args, **kwargs)
        self._observer.forget_model(model)
        run = self._begin(library, trainer, model, argument(args, kwargs, 1, "train_dataloaders"))
        heard = self._listen(library, trainer)
        try:
            with self._observer.around(training=True):
                result = fit(*args, **kwargs)
        except BaseException as error:
            self._stop_listening(trainer, heard)
            self._write_curves(run, heard)
            self._observer.training_raised(run, _as_interrupted(trainer, error))
            raise
        self._stop_listening(trainer, heard)
        self._write_curves(run, heard)
        self._keep(library, run, trainer, model, heard)
        return result

    @guarded
    def _begin(self, library: ModuleType, trainer: Any, model: Any, loader: Any) -> RunId | None:
        params = {"epochs": render(trainer.max_epochs)}
        for callback in _stopping(library, trainer):
            params.update({name: render(getattr(callback, name)) for name in STOPPING if hasattr(callback, name)})
        data = training_data(Surroundings(loader=loader)) if type(loader).__name__ == "DataLoader" else None
        return self._observer.training_started(
            library="lightning",
            model_class=public_name(type(model)),
            params=params,
            data=data,
            data_name=self.name(loader, caller(), 1) if data is not None else None,
        )

    @guarded
    def _listen(self, library: ModuleType, trainer: Any) -> Any:
        heard = _listener(library.Callback)(self)
        trainer.callbacks.append(heard)
        return heard

    @guarded
    def _stop_listening(self, trainer: Any, heard: Any) -> None:
        trainer.callbacks[:] = [callback for callback in trainer.callbacks if callback is not heard]

    @guarded
    def _write_curves(self, run: RunId | None, heard: Any) -> None:
        if run is None or heard is None:
            return
        for name, points in heard.curves.items():
            self._observer.curve(run, name, list(points.values()), list(points))

    @guarded
    def _keep(self, library: ModuleType, run: RunId | None, trainer: Any, model: Any, heard: Any) -> None:
        if run is None:
            return
        params: Mapping[str, str] = heard.params if heard is not None else {}
        for callback in _stopping(library, trainer):
            self._stopped(run, callback)
        example = heard.example if heard is not None else None
        best = getattr(trainer.checkpoint_callback, "best_model_path", "") if trainer.checkpoint_callback else ""
        if best:
            params = {**params, "best_model_path": str(best)}
        self._observer.remember_model(model, run)
        self._observer.training_finished(run, kept({"": model}), data=example, flavor="pytorch", params=params)

    def _stopped(self, run: RunId, callback: Any) -> None:
        """As MLflow: the epoch where it stopped, the one that was best, the score there."""
        stopped = int(callback.stopped_epoch)
        if stopped == 0:
            return
        measured = {"stopped_epoch": stopped, "restored_epoch": stopped - max(1, int(callback.patience))}
        measured.update({name: getattr(callback, name) for name in ("best_score", "wait_count")})
        for name, value in measured.items():
            self._observer.metric(run, name, float(value))

    @guarded
    def hear_start(self, heard: Any, trainer: Any) -> None:
        """The optimisers are there now."""
        optimizer = trainer.optimizers[0] if trainer.optimizers else None
        optimizer = getattr(optimizer, "_optimizer", optimizer)  # Lightning may have wrapped it
        if optimizer is not None:
            heard.params["optimizer_name"] = type(optimizer).__name__
            heard.params.update({name: render(value) for name, value in optimizer.defaults.items()})

    @guarded
    def hear_batch(self, heard: Any, batch: Any) -> None:
        """The first batch is the model's input example."""
        heard.batches += 1
        if heard.batches == 1:
            heard.example = first_rows_of(batch[0] if type(batch) in (list, tuple) and batch else batch)

    @guarded
    def hear_epoch(self, heard: Any, trainer: Any, model: Any) -> None:
        """What was logged by the end of an epoch."""
        for name, value in trainer.callback_metrics.items():
            heard.curves.setdefault(str(name), {})[int(model.current_epoch)] = float(value)

    # --- afterwards

    @unseen_by_warnings
    def _evaluate(
        self, _name: str, trainer: Any, evaluate: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        run = self._run_asked(trainer, argument(args, kwargs, 0, "model"))
        if run is None:
            return evaluate(*args, **kwargs)
        with self._observer.around():
            result = evaluate(*args, **kwargs)
        self._evaluated(run, result, argument(args, kwargs, 1, "dataloaders"))
        return result

    @guarded
    def _evaluated(self, run: RunId, result: Any, loader: Any) -> None:
        data = training_data(Surroundings(loader=loader)) if type(loader).__name__ == "DataLoader" else None
        if data is not None:
            name = self.name(loader, caller(), 1)
            self._observer.evaluated(run, data=data, data_name=name)
        for measured in result:
            for name, value in measured.items():
                self._observer.metric(run, str(name), float(value))

    @unseen_by_warnings
    def _predict(self, trainer: Any, predict: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        run = self._run_asked(trainer, argument(args, kwargs, 0, "model"))
        if run is None:
            return predict(*args, **kwargs)
        with self._observer.around():
            result = predict(*args, **kwargs)
        for batch in result or ():
            self._observer.predicted(run, batch, data=None, data_name=None)
        return result

    def _run_asked(self, trainer: Any, model: Any) -> RunId | None:
        if not self._observer.is_watching:
            return None
        return self._observer.run_of(model if model is not None else self._own_model(trainer))

    @guarded
    def _own_model(self, trainer: Any) -> Any:
        return trainer.lightning_module


_listeners: "weakref.WeakKeyDictionary[type, type]" = weakref.WeakKeyDictionary()


def _listener(base: type) -> Any:
    """Return a class of callbacks that derives from the library's own; it has no state that a checkpoint would keep."""
    if base in _listeners:
        return _listeners[base]

    def start(self: Any, probe: LightningProbe) -> None:
        self.probe, self.params, self.curves = probe, {}, {}
        self.batches, self.example = 0, None

    def on_train_start(self: Any, trainer: Any, _model: Any) -> None:
        self.probe.hear_start(self, trainer)

    def on_train_batch_start(self: Any, _trainer: Any, _model: Any, batch: Any, _index: int, *_: Any) -> None:
        if not self.batches:
            self.probe.hear_batch(self, batch)

    def on_train_epoch_end(self: Any, trainer: Any, model: Any) -> None:
        self.probe.hear_epoch(self, trainer, model)

    hooks = (on_train_start, on_train_batch_start, on_train_epoch_end)
    made = type("Listening", (base,), {"__init__": start, **{hook.__name__: hook for hook in hooks}})
    _listeners[base] = made
    return made


def _stopping(library: ModuleType, trainer: Any) -> list[Any]:
    kind = library.callbacks.EarlyStopping
    return [callback for callback in trainer.callbacks if isinstance_of(callback, kind)]


def _as_interrupted(trainer: Any, error: BaseException) -> BaseException:
    """Lightning answers an interrupt by leaving the process."""
    status = getattr(getattr(trainer, "state", None), "status", None)
    if isinstance(error, SystemExit) and str(getattr(status, "value", status)).endswith("interrupted"):
        return KeyboardInterrupt()
    return error
