"""Fits of statsmodels: one run each, its results the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.kernel.kernels import kernel_with

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.kernel.kernels import Kernel

    from cellmill.core.runs import Run

IMPORTS = """\
import warnings
warnings.simplefilter("ignore")
import numpy as np
import pandas as pd
import sklearn.metrics
import statsmodels.api as sm
import statsmodels.formula.api as smf
from statsmodels.tsa.arima.model import ARIMA
rng = np.random.RandomState(0)
X = pd.DataFrame(rng.rand(120, 2), columns=["a", "b"])
y = X.a * 2 + rng.rand(120)
label = (y > y.mean()).astype(int)
frame = X.assign(y=y, label=label, group=np.arange(120) % 6)
"""


@pytest.fixture(scope="module")
def kernel(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    root = tmp_path_factory.mktemp("statsmodels") / "project"
    # Time enough for a busy machine.
    with kernel_with(root, home, settings="training_metrics_ms = 2000\n", cell=IMPORTS) as kernel:
        yield kernel


@pytest.mark.parametrize(
    ("fit", "model", "metric"),
    [
        ("sm.OLS(y, X).fit()", "OLS", "rsquared"),
        ("sm.WLS(y, X, weights=np.ones(120)).fit()", "WLS", "rsquared"),
        ("sm.GLM(label, X, family=sm.families.Binomial()).fit()", "GLM", "deviance"),
        ("sm.Logit(label, X).fit(disp=0)", "Logit", "llf"),
        ("sm.Logit(label, X).fit_regularized(disp=0)", "Logit", "llf"),
        ("sm.Poisson(label, X).fit(disp=0)", "Poisson", "aic"),
        ("smf.ols('y ~ a + b', frame).fit()", "OLS", "rsquared_adj"),
        ("smf.mixedlm('y ~ a', frame, groups=frame.group).fit()", "MixedLM", "llf"),
        ("sm.QuantReg(y, X).fit(0.5)", "QuantReg", "prsquared"),
        ("sm.RLM(y, X).fit()", "RLM", "scale"),
        ("ARIMA(y, order=(1, 0, 0)).fit()", "ARIMA", "aic"),
        ("sm.tsa.ExponentialSmoothing(y, trend='add').fit()", "ExponentialSmoothing", "sse"),
    ],
)
def test_a_fit_is_one_run_with_the_numbers_of_its_results(kernel: Kernel, fit: str, model: str, metric: str) -> None:
    kernel.run("results = None")
    answer = kernel.run(f"results = {fit}\nfloat(results.{metric})")
    run = kernel.run_of(answer)

    assert (run.library, run.short_class, run.status) == ("statsmodels", model, "finished")
    assert run.last_metrics[metric] == pytest.approx(float(answer.result or "nan"), nan_ok=True)
    assert run.data[0].rows == 120
    assert run.model is not None
    assert run.model.flavor == "statsmodels"
    assert run.incomplete == ()


def test_parameters_are_those_of_the_call_and_what_makes_the_model(kernel: Kernel) -> None:
    run = kernel.run_of(kernel.run("results = smf.ols('y ~ a + b', data=frame).fit(cov_type='HC1')"))
    assert {"cov_type": "HC1", "method": "pinv", "formula": "y ~ a + b"}.items() <= parameters(run).items()
    assert (run.data[0].name, run.data[0].target) == ("frame", "y")


def test_what_the_results_predict_is_the_runs(kernel: Kernel) -> None:
    trained = kernel.run("results = sm.OLS(y, X).fit()")
    kernel.run("X_new = X[:50].copy()\nguess = results.predict(X_new)\nsklearn.metrics.r2_score(y[:50], guess)")
    run = kernel.run_of(trained)
    assert [use.name for use in run.data if use.context == "evaluation"] == ["X_new"]
    assert "r2_score_X_new" in run.last_metrics


def test_the_users_results_have_worked_out_nothing_for_us(kernel: Kernel) -> None:
    answer = kernel.run("results = sm.OLS(y, X).fit()\nsorted(results._results._cache)")
    assert answer.result == "[]"


def test_a_fit_that_fails_is_a_failed_run(kernel: Kernel) -> None:
    answer = kernel.run("sm.Logit(label, X).fit(method='no such', disp=0)", may_fail=True)
    assert kernel.run_of(answer).status == "failed"


def parameters(run: Run) -> dict[str, str]:
    return {parameter.name: parameter.value for parameter in run.parameters}
