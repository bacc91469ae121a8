"""What a search over parameters found, in scikit-learn's way, under the names of MLflow's autologging."""

import sys
from typing import Any

from cellmill.capture.probes.parameters import number, render
from cellmill.capture.probes.trials import Trial

# Of the columns of `cv_results_`, those that say nothing of a candidate as a whole.
LEFT_OUT = ("param", "split")


def is_search(kind: type) -> bool:
    """Return whether a class is one of scikit-learn's searches, or derives from one."""
    module = sys.modules.get("sklearn.model_selection._search")
    base = getattr(module, "BaseSearchCV", None)
    return base is not None and base in kind.__mro__


def found_by_search(estimator: Any) -> dict[str, str]:
    """Return the best parameters that a search found; empty for what is no search."""
    best = vars(estimator).get("best_params_")
    return {f"best_{name}": render(value) for name, value in best.items()} if isinstance(best, dict) else {}


def trials_of(search: Any) -> list[Trial]:
    """Return the candidates of a search that has ended, the best ones first."""
    results = vars(search)["cv_results_"]
    candidates = results["params"]
    ranking = next((name for name in ("rank_test_score", *results) if name in results and "rank_test_" in name), None)
    ranks = range(len(candidates)) if ranking is None else results[ranking]
    order = sorted(range(len(candidates)), key=lambda index: int(ranks[index]))
    columns = {name: values for name, values in results.items() if not name.startswith(LEFT_OUT)}
    is_deep = not is_search(model_of(search))
    common = {name: render(value) for name, value in search.estimator.get_params(deep=is_deep).items()}
    return [
        Trial(
            params={**common, **{name: render(value) for name, value in candidates[index].items()}},
            metrics=_numbers({name: values[index] for name, values in columns.items()}),
        )
        for index in order
    ]


def model_of(search: Any) -> type:
    """Return the class of the estimator that a search is over."""
    return type(search.estimator)


def _numbers(values: dict[str, Any]) -> dict[str, float]:
    found = {name: number(value) for name, value in values.items()}
    return {name: value for name, value in found.items() if value is not None}
