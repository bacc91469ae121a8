"""Searches: one run, and a trial of its own for each candidate, up to a setting."""

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
import numpy as np
import pandas as pd
import optuna
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.ensemble import RandomForestClassifier
from sklearn.experimental import enable_halving_search_cv
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV, RandomizedSearchCV, cross_val_score
optuna.logging.set_verbosity(optuna.logging.ERROR)
X = pd.DataFrame(np.random.RandomState(0).rand(120, 3), columns=["a", "b", "c"])
y = (X.a + X.b > 1).astype(int)
"""


@pytest.fixture(scope="module")
def kernel(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    root = tmp_path_factory.mktemp("searches") / "project"
    with kernel_with(root, home, settings="max_trials = 6\n", cell=IMPORTS) as kernel:
        yield kernel


def test_a_grid_search_has_a_trial_for_each_candidate_the_best_first(kernel: Kernel) -> None:
    answer = kernel.run("search = GridSearchCV(LogisticRegression(), {'C': [0.01, 1.0, 100.0]}, cv=2).fit(X, y)")
    search = kernel.run_of(answer)
    trials = kernel.trials_of(search)

    assert (search.kind, search.status) == ("search", "finished")
    assert search.last_metrics["best_cv_score"] == trials[0].last_metrics["mean_test_score"]
    assert parameters(search)["best_C"] == parameters(trials[0])["C"]
    assert {parameters(trial)["C"] for trial in trials} == {"0.01", "1.0", "100.0"}
    assert parameters(trials[0])["max_iter"] == "100"
    assert trials[0].last_metrics["rank_test_score"] == 1.0
    assert {"mean_fit_time", "std_test_score"} <= trials[0].last_metrics.keys()
    assert {(trial.kind, trial.short_class, trial.status) for trial in trials} == {
        ("trial", "LogisticRegression", "finished")
    }


@pytest.mark.parametrize(
    "search",
    [
        "RandomizedSearchCV(Ridge(), {'alpha': np.arange(1, 99)}, n_iter=4, cv=2, random_state=0)",
        "HalvingGridSearchCV(RandomForestClassifier(n_estimators=2), {'max_depth': [1, 2, 3]}, cv=2)",
        "GridSearchCV(Ridge(), {'alpha': [1, 2, 3, 4]}, cv=2, n_jobs=2)",
    ],
)
def test_other_searches_have_trials_too(kernel: Kernel, search: str) -> None:
    run = kernel.run_of(kernel.run(f"search = {search}.fit(X, y)"))
    assert run.kind == "search"
    assert len(kernel.trials_of(run)) >= 4


def test_more_trials_than_the_setting_are_counted_and_not_kept(kernel: Kernel) -> None:
    run = kernel.run_of(kernel.run("GridSearchCV(Ridge(), {'alpha': list(range(1, 10))}, cv=2).fit(X, y)"))
    trials = kernel.trials_of(run)
    assert [trial.last_metrics["rank_test_score"] for trial in trials] == [1, 2, 3, 4, 5, 6]
    assert run.model_note == "of 9 trials the best 6 are kept as runs, 3 are left out (setting max_trials)"


def test_a_cross_validation_is_a_validation(kernel: Kernel) -> None:
    assert kernel.run_of(kernel.run("cross_val_score(Ridge(), X, y, cv=3)")).kind == "validation"


OPTUNA = """\
def objective(trial):
    c = trial.suggest_float("C", 0.01, 10.0, log=True)
    for step in range(3):
        trial.report(c + step, step)
    if trial.number == 1:
        raise optuna.TrialPruned
    if trial.number == 2:
        raise ValueError("no luck")
    return LogisticRegression(C=c).fit(X, y).score(X, y)

study = optuna.create_study(direction="maximize", study_name="tuning", sampler=optuna.samplers.RandomSampler(seed=0))
study.optimize(objective, n_trials=5, catch=(ValueError,))
"""


def test_a_study_is_one_run_with_its_trials_and_what_they_train_is_theirs(kernel: Kernel) -> None:
    study = kernel.run_of(kernel.run(OPTUNA))
    trials = sorted(kernel.trials_of(study), key=lambda trial: int(parameters(trial)["number"]))

    assert (study.library, study.kind, study.status) == ("optuna", "search", "finished")
    given = {"study_name": "tuning", "sampler": "RandomSampler", "direction": "maximize", "n_trials": "5"}
    assert given.items() <= parameters(study).items()
    assert "best_C" in parameters(study)
    values = [trial.last_metrics["value"] for trial in trials if "value" in trial.last_metrics]
    assert study.last_metrics["best_value"] == max(values)
    assert [m.step for m in study.metrics if m.name == "value"] == [0, 3, 4]
    assert [parameters(trial)["state"] for trial in trials] == ["COMPLETE", "PRUNED", "FAIL", "COMPLETE", "COMPLETE"]
    assert [trial.status for trial in trials] == ["finished", "finished", "failed", "finished", "finished"]
    assert trials[1].model_note == "it was pruned"
    assert [m.step for m in trials[0].metrics if m.name == "intermediate_value"] == [0, 1, 2]
    assert study.incomplete == ()


def test_a_study_that_fails_is_a_failed_run_with_the_trials_so_far(kernel: Kernel) -> None:
    cell = OPTUNA.replace(", catch=(ValueError,)", "")
    study = kernel.run_of(kernel.run(cell, may_fail=True))
    assert study.status == "failed"
    assert len(kernel.trials_of(study)) == 3


def test_trials_asked_for_and_told_are_one_search_of_their_cell(kernel: Kernel) -> None:
    cell = """\
study = optuna.create_study()
for _ in range(3):
    trial = study.ask()
    study.tell(trial, trial.suggest_float("x", 0, 1) ** 2)
"""
    study = kernel.run_of(kernel.run(cell))
    assert (study.kind, study.status) == ("search", "finished")
    assert len(kernel.trials_of(study)) == 3
    assert [m.step for m in study.metrics if m.name == "best_value_so_far"] == [0, 1, 2]


KILLED = """\
def objective(trial):
    x = trial.suggest_float("x", 0, 1)
    if trial.number == {last}:
        __import__("os").kill(__import__("os").getpid(), 9)
    return -x if trial.number % 2 else x

study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
"""


@pytest.mark.parametrize(
    "way",
    [
        "study.optimize(objective, n_trials=50)",
        "for _ in range(9):\n    t = study.ask()\n    study.tell(t, objective(t))",
    ],
    ids=["optimize", "ask and tell"],
)
def test_a_study_that_is_killed_keeps_the_trials_that_had_ended(home: Path, tmp_path: Path, way: str) -> None:
    with kernel_with(tmp_path / "project", home, settings="", cell=IMPORTS) as kernel:
        answer = kernel.run(KILLED.format(last=4) + way, may_fail=True)
        study = kernel.run_of(answer)
        trials = kernel.trials_of(study)

    assert (answer.status, study.status) == ("died", "interrupted")
    assert [(parameters(trial)["number"], trial.status) for trial in trials] == [(str(n), "finished") for n in range(4)]
    assert all("value" in trial.last_metrics for trial in trials)


def test_of_a_killed_study_with_more_trials_than_are_kept_the_best_so_far_is_there(home: Path, tmp_path: Path) -> None:
    settings = "max_trials = 3\n"
    with kernel_with(tmp_path / "project", home, settings=settings, cell=IMPORTS) as kernel:
        cell = KILLED.format(last=12).replace("return -x if trial.number % 2 else x", "return -trial.number")
        answer = kernel.run(cell + "study.optimize(objective, n_trials=50)", may_fail=True)
        trials = kernel.trials_of(kernel.run_of(answer))
    assert min(trial.last_metrics["value"] for trial in trials) == -11


def test_a_callback_of_the_users_and_an_objective_that_raises_are_as_without_us(kernel: Kernel) -> None:
    answer = kernel.run(
        "heard = []\nmine = [lambda study, trial: heard.append(trial.number)]\n"
        "study = optuna.create_study()\n"
        "study.optimize(lambda trial: trial.suggest_float('x', 0, 1), 3, None, 1, (), mine)\n"
        "heard, len(mine)"
    )
    assert answer.result == "([0, 1, 2], 1)"
    assert len(kernel.trials_of(kernel.run_of(answer))) == 3


def parameters(run: Run) -> dict[str, str]:
    return {parameter.name: parameter.value for parameter in run.parameters}
