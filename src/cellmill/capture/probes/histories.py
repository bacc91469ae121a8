"""What estimators with scikit-learn's API say of themselves: whose they are, what they do, how a training went."""

import sys
from collections.abc import Mapping
from typing import Any

from cellmill.capture.probes.parameters import number

# Libraries whose estimators MLflow has a flavor of its own for.
FLAVORS = ("xgboost", "lightgbm", "catboost")
# Attributes of scikit-learn's estimators that hold a value for each round, by the class that sets them.
CURVES: Mapping[str, tuple[str, ...]] = {
    "MLPClassifier": ("loss_curve_", "validation_scores_"),
    "MLPRegressor": ("loss_curve_", "validation_scores_"),
    "GradientBoostingClassifier": ("train_score_",),
    "GradientBoostingRegressor": ("train_score_",),
    "HistGradientBoostingClassifier": ("train_score_", "validation_score_"),
    "HistGradientBoostingRegressor": ("train_score_", "validation_score_"),
}


def flavor_of(kind: type) -> str:
    """Return the flavor that a class is packed with: its library's, `sklearn` for every other.

    A class that the user derives from a library's is `sklearn` too: the library's own format would lose it.
    """
    home = kind.__module__.partition(".")[0]
    return home if home in FLAVORS else "sklearn"


def only_transforms(estimator: Any) -> bool:
    """Return whether it prepares data and is no model.

    A pipeline answers for its last step: `hasattr` asks scikit-learn's own `available_if`.
    """
    if any(hasattr(estimator, name) for name in ("predict", "fit_predict")):
        return False
    steps = vars(estimator).get("steps")
    if type(steps) is list and steps and type(steps[-1]) is tuple and hasattr(steps[-1][-1], "get_params"):
        return only_transforms(steps[-1][-1])
    base = sys.modules.get("sklearn.base")
    if base is not None:
        predictors = (base.ClassifierMixin, base.RegressorMixin, base.ClusterMixin)
        if any(kind in type(estimator).__mro__ for kind in predictors):
            return False  # a stack may have no `predict` before `fit` has chosen its final estimator
    return any(hasattr(estimator, name) for name in ("transform", "fit_transform"))


def histories_of(estimator: Any) -> dict[str, list[float]]:
    """Return the curves that a fitted estimator holds, by name. Empty for most."""
    kind = type(estimator)
    home = kind.__module__.partition(".")[0]
    if home == "catboost":
        evaluations = estimator.get_evals_result()
        return {f"{data}-{name}": [*values] for data, found in evaluations.items() for name, values in found.items()}
    if home != "sklearn" or kind.__name__ not in CURVES:
        return {}
    held = vars(estimator)
    found = {name.rstrip("_"): held[name] for name in CURVES[kind.__name__] if held.get(name) is not None}
    return {name: [v for v in map(number, values) if v is not None] for name, values in found.items()}
