"""What a library's function fits on its way to something else is no training of the user's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.kernel.kernels import Kernel


@pytest.mark.parametrize(
    "cell",
    [
        "from sklearn.feature_selection import mutual_info_classif\nmutual_info_classif(X, y)",
        "from sklearn.neighbors import kneighbors_graph\nkneighbors_graph(X, 3)",
        "from sklearn.model_selection import LearningCurveDisplay\nLearningCurveDisplay.from_estimator(Ridge(), X, y)",
        "from imblearn.over_sampling import SMOTE\nSMOTE().fit_resample(X, y)",
        "from statsmodels.tsa.stattools import adfuller\nadfuller(X.a)",
    ],
)
def test_a_function_that_fits_on_its_way_makes_no_run(kernel: Kernel, cell: str) -> None:
    assert kernel.runs_of(kernel.run(cell)) == []


@pytest.mark.parametrize(
    ("cell", "model"),
    [
        ("from sklearn.cluster import k_means\nk_means(X, 3, n_init=1)", "KMeans"),
        ("from sklearn.cluster import dbscan\ndbscan(X)", "DBSCAN"),
    ],
)
def test_a_function_that_stands_for_an_estimator_makes_its_run(kernel: Kernel, cell: str, model: str) -> None:
    assert kernel.run_of(kernel.run(cell)).short_class == model


def test_a_stack_whose_final_estimator_is_chosen_in_its_fit_is_a_training(kernel: Kernel) -> None:
    answer = kernel.run(
        "from sklearn.ensemble import StackingRegressor\nstack = StackingRegressor([('a', Ridge())]).fit(X, X.a)\n"
        "stack.score(X, X.a)"
    )

    assert kernel.run_of(answer).short_class == "StackingRegressor"
    assert "StackingRegressor_score_X" in kernel.run_of(answer).last_metrics


def test_an_estimator_that_derives_from_one_of_the_librarys_is_seen_through_every_method(kernel: Kernel) -> None:
    kernel.run("class Mine(KMeans):\n    pass")
    answers = [kernel.run(f"Mine(2, n_init=1).{name}(X)") for name in ("fit", "fit_predict", "fit_transform")]

    assert [run.short_class for run in kernel.runs_of(*answers)] == ["Mine"] * 3
