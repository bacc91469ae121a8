"""What models have learned, set side by side: models of real libraries, trained twice."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.ensemble import RandomForestRegressor
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import Ridge
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KernelDensity
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from cellmill.kernel.learned import compare

X = np.random.default_rng(0).normal(size=(60, 3))
Y = X @ [1.0, 2.0, 3.0]
Train = Callable[[Any, Any], Any]


def ols(x: Any, y: Any) -> Any:
    import statsmodels.api as sm  # type: ignore[import-untyped]

    return sm.OLS(y, x).fit()


@pytest.mark.parametrize(
    "train",
    [
        pytest.param(lambda x, y: Ridge().fit(x, y), id="linear"),
        pytest.param(lambda x, y: make_pipeline(StandardScaler(), Ridge()).fit(x, y), id="pipeline"),
        pytest.param(lambda x, y: RandomForestRegressor(5, random_state=0).fit(x, y), id="trees of compiled code"),
        pytest.param(lambda x, y: KernelDensity().fit(x), id="density"),
        pytest.param(lambda x, y: KMeans(2, n_init=1, random_state=0).fit(x), id="clusters"),
        pytest.param(lambda x, y: GaussianMixture(2, random_state=0).fit(x), id="mixture"),
        pytest.param(lambda x, y: GridSearchCV(Ridge(), {"alpha": [1, 2]}, cv=3).fit(x, y), id="search with times"),
        pytest.param(ols, id="statsmodels"),
    ],
)
def test_the_same_data_gives_the_same_and_other_data_another(train: Train) -> None:
    same = compare(train(X, Y), train(X.copy(), Y.copy()))
    assert same is not None
    assert (same["relative"], same["values"] > 2) == (0.0, True)
    moved = X.copy()
    moved[7] += 0.5
    other = compare(train(X, Y), train(moved, Y * 1.5))
    assert other is not None
    assert other["relative"] > 1e-6
    assert other["recorded"] != other["replayed"] or other["name"]


def test_the_address_that_a_vectorizer_keeps_is_not_learned() -> None:
    texts, words = ["one two", "two three", "three four"], [["one", "zero"], ["one", "zero"]]
    one, other = (TfidfVectorizer(stop_words=stop).fit(texts) for stop in words)
    assert one._stop_words_id != other._stop_words_id
    found = compare(one, other)
    assert found is not None
    assert found["relative"] == 0.0


def test_where_they_differ_most_is_named() -> None:
    one, other = Ridge().fit(X, Y), Ridge().fit(X, Y)
    other.coef_ = other.coef_ * (1 + 1e-12)
    found = compare(one, other)
    assert found is not None
    assert (found["name"], 1e-13 < found["relative"] < 1e-11) == ("coef_", True)


def test_an_array_of_another_shape_is_as_different_as_can_be() -> None:
    found = compare(Ridge().fit(X, Y), Ridge().fit(X[:, :2], Y))
    assert found is not None
    assert found["relative"] == 1e308


def test_numbers_that_are_none_are_equal_and_one_that_became_none_is_not() -> None:
    assert compare({"a": np.array([np.nan, 1.0])}, {"a": np.array([np.nan, 1.0])}) == {
        "values": 2, "relative": 0.0, "name": "a", "recorded": "nan, 1", "replayed": "nan, 1",
    }  # fmt: skip
    found = compare({"a": np.array([2.0, 1.0])}, {"a": np.array([np.nan, 1.0])})
    assert found is not None
    assert found["relative"] == 1e308


def test_what_has_no_number_in_it_is_not_compared() -> None:
    assert compare("a", "b") is None
    assert compare(CountVectorizer(), lambda: 1) is None


def test_one_that_holds_itself_ends() -> None:
    circle: dict[str, Any] = {"a": 1}
    circle["self"] = circle
    assert compare(circle, circle) == {"values": 1, "relative": 0.0, "name": "a", "recorded": "1", "replayed": "1"}
