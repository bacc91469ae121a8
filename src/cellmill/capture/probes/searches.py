"""What a search over parameters found, in scikit-learn's way."""

from typing import Any

from cellmill.capture.probes.parameters import render


def found_by_search(estimator: Any) -> dict[str, str]:
    """Return what a search found, under the names of MLflow's autologging."""
    best = vars(estimator).get("best_params_")
    return {f"best_{name}": render(value) for name, value in best.items()} if isinstance(best, dict) else {}
