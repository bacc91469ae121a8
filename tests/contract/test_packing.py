"""Every flavor that a probe names can be packed, and `mlflow.pyfunc` predicts the same with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cloudpickle
import numpy as np
import pandas as pd
import pytest

from cellmill.stores.packing import NoPacker, packer_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

X = pd.DataFrame(np.random.RandomState(0).rand(80, 3), columns=["a", "b", "c"])
Y = pd.Series((X.a + X.b > 1).astype(int), name="y")


def sklearn_pipeline() -> tuple[Any, Any]:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y)
    return model, model.predict(X)


def xgboost_booster() -> tuple[Any, Any]:
    xgboost = pytest.importorskip("xgboost")
    data = xgboost.DMatrix(X, label=Y)
    model = xgboost.train({"objective": "binary:logistic"}, data, 3)
    return model, model.predict(data)


def xgboost_estimator() -> tuple[Any, Any]:
    model = pytest.importorskip("xgboost").XGBClassifier(n_estimators=3).fit(X, Y)
    return model, model.predict(X)


def lightgbm_booster() -> tuple[Any, Any]:
    lightgbm = pytest.importorskip("lightgbm")
    model = lightgbm.train({"objective": "binary", "verbose": -1}, lightgbm.Dataset(X, label=Y), 3)
    return model, model.predict(X)


def lightgbm_estimator() -> tuple[Any, Any]:
    model = pytest.importorskip("lightgbm").LGBMRegressor(n_estimators=3, verbose=-1).fit(X, Y)
    return model, model.predict(X)


def catboost_estimator() -> tuple[Any, Any]:
    catboost = pytest.importorskip("catboost")
    model = catboost.CatBoostRegressor(iterations=3, verbose=False, allow_writing_files=False).fit(X, Y)
    return model, model.predict(X)


def statsmodels_results() -> tuple[Any, Any]:
    statsmodels = pytest.importorskip("statsmodels.api")
    model = statsmodels.OLS(Y, X).fit()
    return model, model.predict(X)


@pytest.mark.parametrize(
    ("flavor", "trained"),
    [
        ("sklearn", sklearn_pipeline),
        ("xgboost", xgboost_booster),
        ("xgboost", xgboost_estimator),
        ("lightgbm", lightgbm_booster),
        ("lightgbm", lightgbm_estimator),
        ("catboost", catboost_estimator),
        ("statsmodels", statsmodels_results),
    ],
    ids=lambda given: given if isinstance(given, str) else given.__name__,
)
@pytest.mark.filterwarnings("ignore")
def test_a_pickled_model_packs_with_a_signature_and_predicts_the_same(
    flavor: str, trained: Callable[[], tuple[Any, Any]], tmp_path: Path
) -> None:
    import mlflow

    model, expected = trained()
    packed = packer_for(flavor)(cloudpickle.loads(cloudpickle.dumps(model)), X.head(5))
    packed.flavor.save_model(
        path=tmp_path / "model",
        signature=packed.signature,
        input_example=packed.example,
        pip_requirements=["numpy"],
        **packed.arguments,
    )

    assert packed.signature is not None
    assert packed.signature.inputs.input_names() == ["a", "b", "c"]
    loaded = mlflow.pyfunc.load_model(str(tmp_path / "model"))
    np.testing.assert_allclose(loaded.predict(X), expected, rtol=1e-6)


def test_a_flavor_without_a_packer_says_so() -> None:
    with pytest.raises(NoPacker, match="no way to pack a model of flavor 'prophet'"):
        packer_for("prophet")
