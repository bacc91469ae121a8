"""Sees the runs that other trackers make for the same training: MLflow by hand or by autologging, wandb, comet.

Nothing is logged twice then: the recorder completes the MLflow run that is there already. Which training
a run belongs to is told by time: the one that runs while the run is active; else, for a run that begins
when nothing is trained, the training before it, once.
"""

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from cellmill.capture.observer import Observer, guarded
from cellmill.capture.probes.patching import PatchingProbe
from cellmill.capture.probes.wrapping import unseen_by_warnings
from cellmill.core.ids import RunId


class TrackersProbe(PatchingProbe):
    """The probe of other experiment trackers."""

    modules = ("mlflow.tracking.client", "wandb", "comet_ml")

    def __init__(self, observer: Observer, user_names: dict[str, object]) -> None:
        super().__init__(observer, user_names)
        self._latest: RunId | None = None
        """The training seen last, while no tracker has a run for it."""
        self._claimed: set[str] = set()

    def install(self, module: ModuleType) -> None:
        """Watch runs being made in one of `modules`."""
        if not self._undo:
            self._undo.append(self._observer.when_training_starts(self._training_started))
        if module.__name__ == "mlflow.tracking.client":
            self.wrap(module.MlflowClient, "create_run", self._create_run)

    def _training_started(self, run: RunId) -> None:
        self._latest = run
        self._look_for_active_runs(run)

    @guarded
    def _look_for_active_runs(self, run: RunId) -> None:
        for system, active in (("mlflow", _active_in_mlflow), ("wandb", _active_in_wandb), ("comet", _active_in_comet)):
            found = active()
            if found is not None:
                self._claim(run, system, *found)

    def _claim(self, run: RunId, system: Any, identity: str, uri: str | None) -> None:
        self._latest = None
        self._claimed.add(identity)
        self._observer.tracked_elsewhere(run, system, identity, uri)

    @unseen_by_warnings
    def _create_run(
        self, _client: Any, create: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        made = create(*args, **kwargs)
        self._made(made)
        return made

    @guarded
    def _made(self, made: Any) -> None:
        if not self._observer.recording.is_recording:
            return
        run = self._observer.training_here or self._latest
        # A search that is autologged makes more runs, for its candidates, once its own is claimed.
        if run is not None and run == self._latest:
            self._claim(run, "mlflow", made.info.run_id, _mlflow_uri())


def _mlflow_uri() -> str | None:
    mlflow = sys.modules.get("mlflow")
    return str(mlflow.get_tracking_uri()) if mlflow is not None else None


def _active_in_mlflow() -> tuple[str, str | None] | None:
    mlflow = sys.modules.get("mlflow")
    if mlflow is None or "mlflow.tracking.fluent" not in sys.modules:
        return None
    active = sys.modules["mlflow.tracking.fluent"].active_run()
    return None if active is None else (active.info.run_id, _mlflow_uri())


def _active_in_wandb() -> tuple[str, str | None] | None:
    active = getattr(sys.modules.get("wandb"), "run", None)
    return None if active is None else (str(active.id), str(getattr(active, "url", None) or "") or None)


def _active_in_comet() -> tuple[str, str | None] | None:
    comet = sys.modules.get("comet_ml")
    ask = getattr(comet, "get_running_experiment", None) or getattr(comet, "get_global_experiment", None)
    active = ask() if ask is not None else None
    return None if active is None else (str(active.get_key()), str(active.url or "") or None)
