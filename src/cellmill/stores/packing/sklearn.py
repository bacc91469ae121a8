"""scikit-learn's models, and everything with its API that has no flavor of its own."""

from typing import Any

from cellmill.stores.packing.packed import Packed, signature_of


def pack(model: Any, example: Any) -> Packed:
    """Return an estimator, pickled by cloudpickle: a class from a cell travels by value."""
    import mlflow.sklearn

    return Packed(
        flavor=mlflow.sklearn,
        arguments={
            "sk_model": model,
            "serialization_format": mlflow.sklearn.SERIALIZATION_FORMAT_CLOUDPICKLE,
        },
        signature=signature_of(model.predict, example) if hasattr(model, "predict") else None,
        example=example,
    )
