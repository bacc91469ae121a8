"""Finds trainings in statsmodels: the outermost `fit` of a model. The results it answers are what predicts."""

import copy
import time
from types import ModuleType
from typing import Any

from cellmill.capture.frames import caller
from cellmill.capture.observer import guarded
from cellmill.capture.probes.families import watch_family
from cellmill.capture.probes.parameters import call_parameters, number, public_name
from cellmill.capture.probes.patching import PatchingProbe
from cellmill.capture.probes.training_metrics import budget_of
from cellmill.capture.probes.wrapping import unseen_by_warnings
from cellmill.core.ids import RunId

LIBRARY = "statsmodels"
FITTING = ("fit", "fit_regularized", "fit_constrained")
PREDICTING = ("predict", "forecast")
# What MLflow's autologging takes of the results, and what else people quote of them, the cheap ones first.
METRICS = (
    "llf", "aic", "bic", "df_model", "df_resid", "scale", "rsquared", "rsquared_adj", "fvalue", "f_pvalue",
    "mse_model", "mse_resid", "mse_total", "ess", "ssr", "centered_tss", "uncentered_tss", "condition_number",
    "prsquared", "llr_pvalue", "deviance", "pearson_chi2", "hqic", "aicc", "sse",
)  # fmt: skip
# Some of them are worked out only when they are asked for: for all of them together, at the least.
LEAST_BUDGET_MS = 10.0
# The data came with the model, not with the call of `fit`: its name is no argument of that.
NOT_AN_ARGUMENT = 1_000


class StatsmodelsProbe(PatchingProbe):
    """The probe of statsmodels."""

    modules = ("statsmodels.base.model",)
    data_argument = "exog"

    def install(self, module: ModuleType) -> None:
        """Wrap the models and their results, also those that come with modules imported later."""
        for base, wrap in ((module.Model, self._wrap_model), (module.Results, self._wrap_results)):
            undo = watch_family(base, wrap)
            if undo is not None:
                self._undo.append(undo)

    def _wrap_model(self, kind: type) -> None:
        for name in FITTING:
            self.wrap(kind, name, self._fit)

    def _wrap_results(self, kind: type) -> None:
        for name in PREDICTING:
            self.wrap(kind, name, self.predicting)

    @unseen_by_warnings
    def _fit(self, model: Any, fit: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if not self._observer.is_watching:
            return fit(*args, **kwargs)
        if self._fits_for_a_function():
            with self._observer.around(training=True):
                return fit(*args, **kwargs)
        run = self._begin(model, fit, args, kwargs)
        began_s = time.perf_counter()
        try:
            with self._observer.around(training=True):
                results = fit(*args, **kwargs)
        except BaseException as error:
            self._observer.training_raised(run, error)
            raise
        if run is not None:
            self._finish(run, model, results, time.perf_counter() - began_s)
        return results

    @guarded
    def _fits_for_a_function(self) -> bool:
        """Whether a function of statsmodels fits a model on its way, as a test for unit roots does by the dozen."""
        frame = caller()
        return frame is not None and str(frame.f_globals.get("__name__")).startswith("statsmodels.")

    @guarded
    def _begin(self, model: Any, fit: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> RunId | None:
        data, target = _data_of(model)
        frame = caller()
        return self._observer.training_started(
            library=LIBRARY,
            model_class=public_name(type(model)),
            params={**call_parameters(fit.func, args, kwargs), **_facts(model)},
            data=data,
            data_name=self.name(data, frame, NOT_AN_ARGUMENT),
            target_name=_endog(model) or self.name(target, frame, NOT_AN_ARGUMENT),
        )

    @guarded
    def _finish(self, run: RunId, model: Any, results: Any, took_s: float) -> None:
        inner = getattr(results, "_results", results)
        least_ms = max(LEAST_BUDGET_MS, self.recording.settings.training_metrics_ms)
        note = self._report(run, inner, budget_of(took_s, least_ms))
        self._observer.training_finished(run, results, data=_data_of(model)[0], flavor=LIBRARY, note=note)
        self._observer.remember_model(inner, run)

    def _report(self, run: RunId, results: Any, budget_s: float) -> str | None:
        """Write the metrics that the time allows. Returns which are left out, None if none is.

        They are asked of a copy: results keep what they have worked out, and the user's stay as they are.
        """
        asked = copy.copy(results)
        if "_cache" in vars(asked):
            asked._cache = dict(asked._cache)
        until_s = time.perf_counter() + budget_s
        for position, name in enumerate(METRICS):
            if time.perf_counter() > until_s:
                return f"metrics left out, for there was {budget_s * 1000:.0f} ms: {', '.join(METRICS[position:])}"
            try:
                with self._observer.around():
                    value = number(getattr(asked, name, None))
            except Exception:  # noqa: BLE001 - not defined for every model, and some say so by raising
                continue
            if value is not None:
                self._observer.metric(run, name, value)
        return None


def _data_of(model: Any) -> tuple[Any, Any]:
    """Return what a model was given: the formula's frame, else regressors and target as the user has them."""
    held = vars(vars(model).get("data")) if vars(model).get("data") is not None else {}
    frame = held.get("frame")
    if frame is not None:
        return frame, None
    regressors, target = held.get("orig_exog"), held.get("orig_endog")
    if regressors is None:
        return target, None  # a time series is its own past
    return regressors, target


def _endog(model: Any) -> str | None:
    """Return the target's name in a formula or a frame."""
    formula = vars(model).get("formula")
    return formula.partition("~")[0].strip() or None if isinstance(formula, str) else None


def _facts(model: Any) -> dict[str, str]:
    """Return what makes the model besides its `fit`: its formula, its order, its family."""
    held = vars(model)
    found = {name: str(held[name]) for name in ("formula", "order", "seasonal_order", "trend") if held.get(name)}
    family = held.get("family")
    if type(family).__module__.startswith("statsmodels."):
        found["family"] = type(family).__name__
    return found
