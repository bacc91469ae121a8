"""MLflow's own autologging goes on beside ours when the user has switched it on."""

import shutil
from pathlib import Path

from tests.kernel.conftest import StartKernel

AUTOLOG = """\
import mlflow
mlflow.sklearn.autolog(log_models=False, silent=True)
line = LinearRegression().fit(X, y)
mlflow.MlflowClient().search_runs(["0"])[0].data.params["fit_intercept"]"""


def test_autologging_patches_what_we_have_wrapped(start: StartKernel, empty_database: Path) -> None:
    kernel = start(prepared=True)
    shutil.copy(empty_database, kernel.root / "mlflow.db")
    answer = kernel.run(AUTOLOG)
    assert answer.result == "'True'"
    assert kernel.run_of(answer).model_class == "sklearn.linear_model.LinearRegression"
