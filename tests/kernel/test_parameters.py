"""The values that a person turns: the notebook's own literals, where they flowed into a training."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.kernel.kernels import Kernel

    from cellmill.core.runs import Run


def test_literals_that_flowed_into_the_training_come_first_and_others_stay_away(kernel: Kernel) -> None:
    kernel.run("strength = 0.25\nkept_rows = 30\ntitle = 'not used in the training'")
    kernel.run("rows = X[:kept_rows]\ntarget = y[:kept_rows]")
    trained = kernel.run("model = Ridge(alpha=strength).fit(rows, target)")

    run = kernel.run_of(trained)
    assert of_notebook(run) == {"strength": "0.25", "kept_rows": "30"}
    assert [parameter.name for parameter in run.parameters][:3] == ["strength", "kept_rows", "alpha"]


def test_a_literal_named_as_the_estimators_parameter_counts_once_as_the_notebooks(kernel: Kernel) -> None:
    kernel.run("alpha = 0.75")
    run = kernel.run_of(kernel.run("model = Ridge(alpha=alpha).fit(X, y)"))

    assert [(p.value, p.source) for p in run.parameters if p.name == "alpha"] == [("0.75", "notebook")]


def test_a_literal_of_that_name_which_the_estimator_was_not_given_is_not_its_parameter(kernel: Kernel) -> None:
    kernel.run("alpha = 0.75\nfactor = 2")
    run = kernel.run_of(kernel.run("model = Ridge(alpha=alpha * factor).fit(X, y)"))

    assert [(p.value, p.source) for p in run.parameters if p.name == "alpha"] == [("1.5", "estimator")]


def test_the_value_counts_that_it_had_when_the_training_ran(kernel: Kernel) -> None:
    kernel.run("rows = 20")
    kernel.run("rows = 25")
    trained = kernel.run("model = Ridge().fit(X[:rows], y[:rows])")
    kernel.run("rows = 30")

    assert of_notebook(kernel.run_of(trained)) == {"rows": "25"}


def test_what_the_user_chose_comes_before_what_the_estimator_had_anyway(kernel: Kernel) -> None:
    run = kernel.run_of(kernel.run("model = LogisticRegression(tol=0.01, max_iter=50).fit(X, y)"))
    assert {parameter.name for parameter in run.parameters[:2]} == {"max_iter", "tol"}


def test_a_secret_is_no_parameter(kernel: Kernel) -> None:
    kernel.run("api_key = 'sk-123'\npassword = 'hunter2'\nrows = 20")
    trained = kernel.run("used = [api_key, password]\nmodel = Ridge().fit(X[:rows], y[:rows]) if used else None")

    assert of_notebook(kernel.run_of(trained)) == {"rows": "20"}


def test_a_literal_reaches_the_training_through_a_function(kernel: Kernel) -> None:
    kernel.run("share = 0.5")
    kernel.run("def part(rows):\n    return rows[: int(len(rows) * share)]")
    trained = kernel.run("model = Ridge().fit(part(X), part(y))")

    assert of_notebook(kernel.run_of(trained)) == {"share": "0.5"}


def test_the_executions_that_fed_a_training_are_its_own_and_no_others(kernel: Kernel) -> None:
    kernel.run("scale = 3", cell="scale")
    kernel.run("unused = 4", cell="unused")
    kernel.run("scaled = X * scale", cell="scaled")
    kernel.run("scale = 5", cell="scale")  # the same cell, run again: the truth is in the executions
    trained = kernel.run("model = Ridge().fit(scaled, y)", cell="train")

    run = kernel.run_of(trained)
    assert [(part.execution.cell, part.execution.source, part.part) for part in run.executions] == [
        ("scale", "scale = 3", "fed"),
        ("scaled", "scaled = X * scale", "fed"),
        ("train", "model = Ridge().fit(scaled, y)", "trained"),
    ]
    assert of_notebook(run) == {"scale": "3"}


def of_notebook(run: Run) -> dict[str, str]:
    return {parameter.name: parameter.value for parameter in run.parameters if parameter.source == "notebook"}
