"""The results of statsmodels' fits: they are what predicts."""

from typing import Any

from cellmill.stores.packing.packed import Packed, signature_of


def pack(model: Any, example: Any) -> Packed:
    """Return a fitted model's results. What `predict` answers to the first rows of its data is the signature."""
    import mlflow.statsmodels

    return Packed(mlflow.statsmodels, {"statsmodels_model": model}, signature_of(model.predict, example), example)
