"""Models of the boosting libraries: their native boosters, and their estimators with scikit-learn's API."""

from typing import Any

from cellmill.stores.packing.packed import Packed, signature_of


def pack_xgboost(model: Any, example: Any) -> Packed:
    """Return an xgboost model. A `Booster` predicts on a `DMatrix`; MLflow's own wrapper makes one too."""
    import mlflow.xgboost
    import xgboost

    def predict(rows: Any) -> Any:
        return model.predict(xgboost.DMatrix(rows) if isinstance(model, xgboost.Booster) else rows)

    return Packed(mlflow.xgboost, {"xgb_model": model}, signature_of(predict, example), example)


def pack_lightgbm(model: Any, example: Any) -> Packed:
    """Return a lightgbm model."""
    import mlflow.lightgbm

    return Packed(mlflow.lightgbm, {"lgb_model": model}, signature_of(model.predict, example), example)


def pack_catboost(model: Any, example: Any) -> Packed:
    """Return a catboost model."""
    import mlflow.catboost

    return Packed(mlflow.catboost, {"cb_model": model}, signature_of(model.predict, example), example)
