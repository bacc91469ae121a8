"""Finds trainings in scikit-learn and in everything that derives from its `BaseEstimator`.

A training is the outermost `fit` of an estimator that predicts, clusters or scores samples; one that
only transforms prepares data (docs/decisions/004-what-is-a-training.md). Classes are wrapped as they
are made, so estimators of other packages and of the user's own cells are seen like scikit-learn's.
"""

import sys
import time
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

from cellmill.capture.frames import caller
from cellmill.capture.measured import Prediction
from cellmill.capture.observer import Observer, TrainingKind, guarded
from cellmill.capture.predictions import PREDICTING
from cellmill.capture.probes.batches import Batched, Batches
from cellmill.capture.probes.boosting import Native, native_training_of
from cellmill.capture.probes.families import watch_family
from cellmill.capture.probes.histories import flavor_of, histories_of, only_transforms
from cellmill.capture.probes.loops import error_of_loop
from cellmill.capture.probes.parameters import argument, number, parameters, public_name
from cellmill.capture.probes.scoring import ScoringProbe
from cellmill.capture.probes.searches import found_by_search, is_search, model_of, trials_of
from cellmill.capture.probes.training_metrics import Fitted, training_metrics
from cellmill.capture.probes.trials import write_trials
from cellmill.capture.probes.wrapping import unseen_by_warnings
from cellmill.core.clock import now_ms
from cellmill.core.ids import ExecutionId, RunId

LIBRARY = "sklearn"
# They fit clones of an estimator: one call of the user's, so one training at the most.
CROSS_VALIDATING = ("cross_val_score", "cross_validate")
FITTING_CLONES = ("cross_val_predict", "learning_curve", "validation_curve", "permutation_test_score")
# Numbers that `sklearn.metrics` returns and that say nothing of a model's predictions.
NOT_METRICS = ("check_scoring", "get_scorer", "get_scorer_names", "make_scorer", "auc")


class SklearnProbe(ScoringProbe):
    """The probe of scikit-learn."""

    modules = ("sklearn.base", "sklearn.metrics", "sklearn.model_selection", "catboost.core")

    def __init__(self, observer: Observer, user_names: dict[str, object]) -> None:
        super().__init__(observer, user_names)
        self._batches = Batches()

    def install(self, module: ModuleType) -> None:
        """Wrap what is to be seen in one of `modules`."""
        match module.__name__:
            case "sklearn.base":
                self._watch_estimators(module.BaseEstimator)
            case "catboost.core":  # has scikit-learn's API and none of its classes
                self._watch_estimators(module.CatBoost)
            case "sklearn.metrics":
                self._wrap_functions(module, [n for n in module.__all__ if n not in NOT_METRICS], self._metric)
                self._watch_scorers(sys.modules["sklearn.metrics._scorer"])
            case "sklearn.model_selection":
                self._wrap_functions(module, CROSS_VALIDATING, self._cross_validation)
                self._wrap_functions(module, FITTING_CLONES, self._fitting_clones)

    # --- estimators

    def _watch_estimators(self, base: type) -> None:
        undo = watch_family(base, self._wrap_estimator)
        if undo is not None:
            self._undo.append(undo)

    def _wrap_estimator(self, kind: type) -> None:
        arounds = {
            "fit": self._fit,
            "fit_transform": self._fit,
            "fit_predict": self._fit_predict,
            "partial_fit": self._fit_batch,
            **dict.fromkeys(PREDICTING, self.predicting),
            "score": self._score,
        }
        for name, around in arounds.items():
            # Where it is defined: `score` comes from a mixin that is no estimator itself.
            owner = next((parent for parent in kind.__mro__ if name in vars(parent)), None)
            if owner is not None:
                self.wrap(owner, name, around)

    @unseen_by_warnings
    def _fit(self, estimator: Any, fit: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return self._fitted(estimator, fit, args, kwargs)[0]

    @unseen_by_warnings
    def _fit_predict(
        self, estimator: Any, fit: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        result, run = self._fitted(estimator, fit, args, kwargs)
        if run is not None:
            self._predicted(run, args, kwargs, result)
        return result

    @unseen_by_warnings
    def _fitted(
        self, estimator: Any, fit: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Any, RunId | None]:
        batched = self._batches.drop(estimator)
        if batched is not None:
            self._keep_batched(batched, None)
        self._observer.forget_model(estimator)
        if not self._is_watching:
            return fit(*args, **kwargs), None
        if self._fits_for_a_function(estimator) or not self._trains_a_model(estimator):
            with self._observer.around(training=True):  # what it fits in turn, as an imputer does, is its own affair
                return fit(*args, **kwargs), None
        data, target = argument(args, kwargs, 0, "X"), argument(args, kwargs, 1, "y")
        searches = is_search(type(estimator))
        run = self._begin(estimator, data, target, position=0, kind="search" if searches else "fit")
        began_s = time.perf_counter()
        result = self._train(run, fit, args, kwargs)
        fitted = Fitted(data, target, kwargs.get("sample_weight"), time.perf_counter() - began_s)
        self._keep(run, estimator, fitted)
        return result, run

    @unseen_by_warnings
    def _fit_batch(self, estimator: Any, fit: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if not self._is_watching:
            self._observer.forget_model(estimator)
            return fit(*args, **kwargs)
        if self._fits_for_a_function(estimator) or not self._trains_a_model(estimator):
            with self._observer.around(training=True):
                return fit(*args, **kwargs)
        training = self._batched(estimator, args, kwargs)
        try:
            result = self._train(training.run if training is not None else None, fit, args, kwargs)
        except BaseException:
            self._batches.drop(estimator)  # it has failed; another batch begins anew
            raise
        self._batch_fitted(training)
        return result

    @guarded
    def _batched(self, estimator: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Batched | None:
        """Return the training that a batch belongs to: the estimator's in this cell."""
        execution = self.recording.execution
        found = self._batches.of(estimator)
        if found is not None or execution is None or not self.recording.runs(execution):
            return found  # of a thread that outlives its cell nothing would tell the end
        data = argument(args, kwargs, 0, "X")
        self._observer.forget_model(estimator)
        run = self._begin(estimator, data, argument(args, kwargs, 1, "y"), position=0, kind="loop")
        self._observer.when_execution_ends("batches", partial(self._end_batches, execution))
        return self._batches.begin(estimator, execution, run, data, caller())

    @guarded
    def _batch_fitted(self, training: Batched | None) -> None:
        if training is None:
            return
        training.count()
        steady = self.recording.values.steady(training.run)
        if steady is not None:
            steady.look()
        if training.run is not None and training.batches == 1:
            self._observer.remember_model(training.estimator, training.run)

    def _end_batches(self, execution: ExecutionId) -> None:
        for training in self._batches.end(execution):
            self._keep_batched(training, error_of_loop(self.recording.ending, training.places))

    @guarded
    def _keep_batched(self, training: Batched, error: BaseException | None) -> None:
        run, estimator = training.run, training.estimator
        if run is None or training.batches == 0:
            return
        if error is not None:
            self._observer.training_raised(run, error)
            return
        self._observer.training_finished(
            run,
            estimator,
            data=training.rows,
            flavor=flavor_of(type(estimator)),
            params={**(self._parameters(estimator) or {}), "batches": str(training.batches)},
            ended_ms=training.ended_ms,
        )

    def _begin(
        self, estimator: Any, data: Any, target: Any, *, position: int, kind: TrainingKind = "fit"
    ) -> RunId | None:
        return self._observer.training_started(
            library=flavor_of(type(estimator)),
            model_class=public_name(type(estimator)),
            params=self._parameters(estimator) or {},
            data=data,
            data_name=self._name(data, position),
            target_name=self._name(target, position + 1),
            kind=kind,
        )

    @guarded
    def _parameters(self, estimator: Any) -> dict[str, str]:
        return parameters(estimator)

    @unseen_by_warnings
    def _train(
        self, run: RunId | None, train: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        try:
            with self._observer.around(training=True):
                return train(*args, **kwargs)
        except BaseException as error:
            self._observer.training_raised(run, error)
            raise

    def _keep(self, run: RunId | None, estimator: Any, fitted: Fitted) -> None:
        ended_ms = now_ms()
        native = native_training_of(estimator)
        if run is None:
            return
        params = {**(native.params if native is not None else {}), **(self._found_by_search(estimator) or {})}
        self._report_history(run, estimator, native)
        notes = [self._on_training_data(run, estimator, fitted)]
        if is_search(type(estimator)):
            notes.append(self._searched(run, estimator))
        self._observer.training_finished(
            run,
            estimator,
            data=fitted.data,
            flavor=flavor_of(type(estimator)),
            params=params,
            ended_ms=ended_ms,
            note="; ".join(filter(None, notes)) or None,
        )
        self._remember_parts(run, estimator)
        self._remember_labels(run, estimator, fitted.data)

    @guarded
    def _on_training_data(self, run: RunId, estimator: Any, fitted: Fitted) -> str | None:
        """Write the metrics on the training data that the time allows. Returns why they are left out."""
        with self._observer.around():
            measured, note = training_metrics(estimator, fitted, least_ms=self.recording.settings.training_metrics_ms)
        for name, value in measured.items():
            self._observer.metric(run, name, value)
        return note

    @guarded
    def _searched(self, run: RunId, search: Any) -> str | None:
        """Write what a search found. Returns how many trials were left out, None if none was."""
        score = number(vars(search).get("best_score_"))
        if score is not None:
            self._observer.metric(run, "best_cv_score", score)
        if "cv_results_" not in vars(search):
            return None
        kind = model_of(search)
        return write_trials(
            self._observer, run, trials_of(search), library=flavor_of(kind), model_class=public_name(kind)
        )

    @guarded
    def _report_history(self, run: RunId, estimator: Any, native: Native | None) -> None:
        if native is not None:
            native.report(self._observer, run)
        for name, values in histories_of(estimator).items():
            self._observer.curve(run, name, values)

    @guarded
    def _found_by_search(self, estimator: Any) -> dict[str, str]:
        return found_by_search(estimator)

    @guarded
    def _remember_parts(self, run: RunId, estimator: Any) -> None:
        """A search's best estimator and an estimator's native booster predict for the same run."""
        for name in ("best_estimator_", "_Booster"):
            part = vars(estimator).get(name)
            if part is not None:
                self._observer.remember_model(part, run)

    @guarded
    def _remember_labels(self, run: RunId, estimator: Any, data: Any) -> None:
        """What a clusterer found of its training data is a prediction, wherever `labels_` are measured."""
        labels = vars(estimator).get("labels_")
        if labels is not None and any(kind.__name__ == "ClusterMixin" for kind in type(estimator).__mro__):
            prediction = Prediction(run, self._name(data, 0))
            self._observer.predictions.learned(self.recording.execution, prediction, estimator, labels)
            self._observer.look_at_cells()

    @guarded
    def _fits_for_a_function(self, estimator: Any) -> bool:
        """Whether a function of a library fits it on its way, as SMOTE and `mutual_info_classif` fit neighbours.

        `k_means` and the like stand beside the class that they fit: they are another way to call it.
        """
        module = self._calling_library()
        return module is not None and module != type(estimator).__module__

    def _trains_a_model(self, estimator: Any) -> bool:
        return self._only_transforms(estimator) is not True

    @guarded
    def _only_transforms(self, estimator: Any) -> bool:
        return only_transforms(estimator)

    # --- functions that fit

    @unseen_by_warnings
    def _cross_validation(
        self, name: str, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        estimator = argument(args, kwargs, 0, "estimator")
        if not self._is_watching or estimator is None or not self._trains_a_model(estimator):
            return self._fitting_clones(name, function, args, kwargs)
        run = self._begin(
            estimator, argument(args, kwargs, 1, "X"), argument(args, kwargs, 2, "y"), position=1, kind="validation"
        )
        result = self._train(run, function, args, kwargs)
        self._cross_validated(run, name, result)
        return result

    @guarded
    def _cross_validated(self, run: RunId | None, name: str, result: Any) -> None:
        if run is None:
            return
        curves = {name: result}
        if isinstance(result, dict):
            curves = {f"{name}_{key}": scores for key, scores in result.items() if key.startswith(("test_", "train_"))}
        for curve, scores in curves.items():
            self._observer.metric(run, f"{curve}_mean", float(scores.mean()))
            for step, score in enumerate(scores):
                self._observer.metric_step(run, curve, float(score), step)
        self._observer.training_ended(run, note="a cross-validation keeps none of the models that it fits")

    @unseen_by_warnings
    def _fitting_clones(
        self, _name: str, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        with self._observer.around(training=True):
            return function(*args, **kwargs)
