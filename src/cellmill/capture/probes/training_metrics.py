"""The metrics of a fitted estimator on its own training data, named and defined as MLflow's autologging does.

They take another pass over the data while the user's cell waits, so they have a budget (`budget_of`): some
milliseconds, and never more than half a percent of a fit that takes seconds. What a pass over many rows would
take is told from small samples, each no larger than there is time for. Metrics that would take longer are left
out, and so are those that time runs out for: the run says so.

Only scikit-learn's own estimators are asked, and only those made of its own parts. The `predict` of a user's
class, or one that prints as it goes (`verbose`), may do anything a second time that the user meant to be done once.
"""

import functools
import math
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

# Half a second's fit may be followed by as much as one of five seconds, which would feel a hundredth of itself.
SHARE, SHARE_OF_MANY_SECONDS = 0.05, 0.005
MOST_OF_A_SHORT_FIT_S = 0.025
# As many rows are predicted at once without asking what it would take.
FEW_ROWS = 1_000
SAMPLES = (5, 20, 500)
# So much more may 20 rows take than 5 before we think that it is the rows.
NOISE = 1.2
NEXT_TO_NOTHING_S, ATTEMPTS = 0.001, 3
# What the metrics themselves take for each row: sorting for the area under the curve, mostly.
METRICS_S_PER_ROW = 1e-7
PREFIX = "training_"

_MET: set[type] = set()
"""The classes that have predicted here."""

Step = tuple[tuple[str, ...], Callable[[], tuple[Any, ...]]]
"""Names of metrics, and what measures them together."""


@dataclass(frozen=True)
class Fitted:
    """What an estimator was fitted on, and how long that took."""

    data: Any
    target: Any
    weights: Any
    took_s: float


def budget_of(took_s: float, least_ms: float) -> float:
    """Return the seconds that may be spent on metrics after a fit that took so many."""
    return max(least_ms / 1000, min(SHARE * took_s, MOST_OF_A_SHORT_FIT_S), SHARE_OF_MANY_SECONDS * took_s)


def training_metrics(estimator: Any, fitted: Fitted, *, least_ms: float) -> tuple[dict[str, float], str | None]:
    """Return the metrics by name, and why some are left out where they are, None where there is nothing to say.

    With 0 ms to spend at the least none are measured at all.
    """
    if least_ms <= 0:
        return {}, None
    base = sys.modules.get("sklearn.base")
    if base is None or fitted.target is None or not hasattr(fitted.data, "shape"):
        return {}, None
    if not type(estimator).__module__.startswith("sklearn."):
        return {}, None  # autologging leaves these out as well
    parts = estimator.get_params(deep=True)
    if _has_foreign_part(base, parts):
        return {}, "training metrics left out: a part of the estimator is not scikit-learn's own"
    if any(name.endswith("verbose") and value for name, value in parts.items()):
        return {}, "training metrics left out: with verbose, predicting would print"
    with _unnoticed():
        return _within_budget(base, estimator, fitted, budget_of(fitted.took_s, least_ms))


def _has_foreign_part(base: Any, parts: dict[str, Any]) -> bool:
    estimators = [part for part in parts.values() if base.BaseEstimator in type(part).__mro__]
    functions = [part for part in parts.values() if callable(part) and part not in estimators]
    return any(not type(part).__module__.startswith("sklearn.") for part in estimators) or any(
        not str(getattr(part, "__module__", "")).startswith(("sklearn.", "numpy", "scipy")) for part in functions
    )


def _within_budget(base: Any, estimator: Any, fitted: Fitted, budget_s: float) -> tuple[dict[str, float], str | None]:
    is_classifier = base.is_classifier(estimator)
    if not is_classifier and not base.is_regressor(estimator):
        return {}, None
    began_s = time.perf_counter()
    has_probability = is_classifier and hasattr(estimator, "predict_proba")
    passes = 1 + has_probability + (_score_of(estimator) not in (base.ClassifierMixin, base.RegressorMixin, None))
    try:
        would_s = passes * pass_s(estimator.predict, fitted.data, budget_s=budget_s, is_met=type(estimator) in _MET)
    except TooSlow as slow:
        return {}, f"training metrics left out: {slow}, with {budget_s * 1000:.0f} ms to spend"
    _MET.add(type(estimator))
    would_s += METRICS_S_PER_ROW * fitted.data.shape[0]
    if would_s > budget_s:
        return {}, (
            f"training metrics left out: they would take about {would_s * 1000:.0f} ms, "
            f"with {budget_s * 1000:.0f} ms to spend"
        )
    found: dict[str, float] = {}
    steps = (_of_classifier if is_classifier else _of_regressor)(base, estimator, fitted)
    for names, measure in steps:
        if time.perf_counter() - began_s > budget_s:
            left = [name for names, _ in steps for name in names if PREFIX + name not in found]
            return found, f"training metrics left out after {budget_s * 1000:.0f} ms: {', '.join(left)}"
        try:
            values = measure()
        except ValueError:
            continue  # not defined for this target: one class, or several outputs
        found.update({PREFIX + name: float(value) for name, value in zip(names, values, strict=False)})
    return found, None


class TooSlow(Exception):
    """There is no time to find out what predicting all rows would take."""

    def __init__(self, rows: int, took_s: float) -> None:
        super().__init__(f"predicting {rows} rows took {took_s * 1000:.0f} ms")


def pass_s(predict: Callable[[Any], Any], data: Any, *, budget_s: float = math.inf, is_met: bool = False) -> float:
    """Return what predicting all rows would take, 0 where they are few: rather too much than too little.

    A larger sample is asked for only where the smaller says that there is the time. `is_met` says that such a
    model has predicted before. Raises `TooSlow`.
    """
    rows = data.shape[0]
    if rows <= FEW_ROWS:
        return 0.0
    until_s = time.perf_counter() + budget_s
    few, some, many = ((data.iloc[:count] if hasattr(data, "iloc") else data[:count]) for count in SAMPLES)
    if not is_met:  # it may import, or start threads: taken for the price of few rows, it would hide the rest
        first_s = _once_s(predict, few)
        if time.perf_counter() > until_s:
            raise TooSlow(SAMPLES[0], first_s)
    few_s = _took_s(predict, few)
    if few_s * SAMPLES[1] / SAMPLES[0] > until_s - time.perf_counter():  # were it all the rows'
        raise TooSlow(SAMPLES[0], few_s)
    some_s = _took_s(predict, some)
    each_s = (some_s - few_s) / (SAMPLES[1] - SAMPLES[0]) if some_s > NOISE * few_s else 0.0
    if some_s + each_s * (SAMPLES[2] - SAMPLES[1]) > until_s - time.perf_counter():
        return float(some_s + each_s * (rows - SAMPLES[1]))
    many_s = _took_s(predict, many)
    each_s = (many_s - some_s) / (SAMPLES[2] - SAMPLES[1])
    if each_s <= 0:  # noise: then all of it may be the rows'
        each_s = many_s / SAMPLES[2]
    return float(many_s + each_s * (rows - SAMPLES[2]))


def _once_s(predict: Callable[[Any], Any], data: Any) -> float:
    began_s = time.perf_counter()
    predict(data)
    return time.perf_counter() - began_s


def _took_s(predict: Callable[[Any], Any], data: Any) -> float:
    """Return what predicting takes: the least of several times where it is next to nothing."""
    taken: list[float] = []
    while not taken or (sum(taken) < NEXT_TO_NOTHING_S and len(taken) < ATTEMPTS):
        taken.append(_once_s(predict, data))
    return min(taken)


def _of_classifier(base: Any, estimator: Any, fitted: Fitted) -> list[Step]:
    metrics = sys.modules["sklearn.metrics"]
    target, weights, data = fitted.target, fitted.weights, fitted.data
    predicted = functools.cache(lambda: estimator.predict(data))
    probability = functools.cache(lambda: estimator.predict_proba(data))

    def accuracy() -> tuple[Any, ...]:
        value = metrics.accuracy_score(target, predicted(), sample_weight=weights)
        return (value, value)

    def area() -> tuple[Any, ...]:
        of_both = probability()
        scores = of_both[:, 1] if of_both.shape[1] == 2 else of_both
        given = {"average": "weighted", "multi_class": "ovo", "sample_weight": weights}
        return (metrics.roc_auc_score(target, scores, **given),)

    # What the estimator's own `score` says is of most the accuracy: it is measured once.
    own = _score_of(estimator) is not base.ClassifierMixin
    steps: list[Step] = [
        (("accuracy_score",) if own else ("accuracy_score", "score"), accuracy),
        (  # the three of them in one pass: the values are the same as of the three functions
            ("precision_score", "recall_score", "f1_score"),
            lambda: metrics.precision_recall_fscore_support(
                target, predicted(), average="weighted", sample_weight=weights
            ),
        ),
    ]
    if own and hasattr(estimator, "score"):
        steps.append(_own_score(estimator, fitted))
    if hasattr(estimator, "predict_proba"):
        steps += [
            (("log_loss",), lambda: (metrics.log_loss(target, probability(), sample_weight=weights),)),
            (("roc_auc",), area),
        ]
    return steps


def _of_regressor(base: Any, estimator: Any, fitted: Fitted) -> list[Step]:
    metrics = sys.modules["sklearn.metrics"]
    given = functools.cache(lambda: (fitted.target, estimator.predict(fitted.data)))

    def squared() -> tuple[Any, ...]:
        value = metrics.mean_squared_error(*given(), sample_weight=fitted.weights)
        return (value, value**0.5)

    def explained() -> tuple[Any, ...]:
        value = metrics.r2_score(*given(), sample_weight=fitted.weights)
        return (value, value)

    own = _score_of(estimator) is not base.RegressorMixin
    steps: list[Step] = [
        (("mean_squared_error", "root_mean_squared_error"), squared),
        (("mean_absolute_error",), lambda: (metrics.mean_absolute_error(*given(), sample_weight=fitted.weights),)),
        (("r2_score",) if own else ("r2_score", "score"), explained),
    ]
    return [*steps, _own_score(estimator, fitted)] if own and hasattr(estimator, "score") else steps


def _own_score(estimator: Any, fitted: Fitted) -> Step:
    weights = {} if fitted.weights is None else {"sample_weight": fitted.weights}
    return ("score",), lambda: (estimator.score(fitted.data, fitted.target, **weights),)


def _score_of(estimator: Any) -> type | None:
    """Return the class that defines the estimator's `score`."""
    return next((kind for kind in type(estimator).__mro__ if "score" in vars(kind)), None)


@contextmanager
def _unnoticed() -> Iterator[None]:
    """Keep warnings from the user's cell and put the random state back.

    Not with `warnings.catch_warnings`: that makes Python forget which warnings it has shown, and the user's
    own would be shown once more.
    """
    silent = ("ignore", None, Warning, None, 0)
    random = getattr(sys.modules.get("numpy"), "random", None)
    state = random.get_state() if random is not None else None
    warnings.filters.insert(0, silent)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        warnings.filters.remove(silent)  # type: ignore[attr-defined]
        if random is not None:
            random.set_state(state)
