"""The values that a person turns: the notebook's own literals, where they flowed into a training."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.kernel.kernels import Answer, Kernel

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


def test_a_value_that_has_changed_since_it_was_written_down_is_the_one_that_the_training_had(kernel: Kernel) -> None:
    kernel.run("degree = 5\nnoise = 0.1\nkind = 'linear'\nbest = 0.5\ntimes = 2\nrows = 20")
    looped = kernel.run("for degree in (1, 2):\n    model = Ridge().fit(X * degree, y)\n    best = max(best, degree)")
    kernel.run("noise *= 3")
    augmented = kernel.run("model = Ridge().fit(X + noise, y)")
    twice = kernel.run("rate = 1.0\na = Ridge().fit(X * rate, y)\nrate = 2.0\nb = Ridge().fit(X * rate, y)\nafter = 7")
    changed = kernel.run("config = {'max_iter': 50}\nconfig['max_iter'] = 80\nm = Ridge(**config).fit(X, y)")
    in_function = kernel.run(
        "def fit(depth):\n    return Ridge().fit(X * depth, y)\n"
        "for depth, kind in [(2, 'rbf'), (4, 'poly')]:\n    fit(depth)"
    )
    timed = kernel.run("%%time\ntimes = 3\ntimes += 1\nm = Ridge().fit(X * times, y)\ntimes = 9")
    threaded = kernel.run(
        "import threading\nrows = 25\nrows += 1\n"
        "t = threading.Thread(target=lambda: Ridge().fit(X[:rows], y[:rows]))\nt.start(); t.join()"
    )
    hidden = kernel.run("for text in [''.join(['s', 'k-', '12'])]:\n    m = Ridge().fit(X, y)")

    assert of_each(kernel, looped) == [{"degree": "1"}, {"degree": "2"}]
    assert of_each(kernel, augmented) == [{"noise": "0.30000000000000004"}]
    assert of_each(kernel, twice) == [{"rate": "1.0"}, {"rate": "2.0"}]
    assert of_each(kernel, changed) == [{"config": "{'max_iter': 80}"}]
    assert of_each(kernel, in_function) == [{"depth": "2", "kind": "rbf"}, {"depth": "4", "kind": "poly"}]
    assert of_each(kernel, timed) == [{"times": "4"}]
    assert of_each(kernel, threaded) == [{}]
    assert of_each(kernel, hidden) == [{}]


def test_values_of_tuples_sums_and_classes_are_parameters_where_nobody_may_have_set_others(kernel: Kernel) -> None:
    kernel.run("rows, power = 4 * 5, 2\nclass CFG:\n    rate = 1 / 2\nclass Made:\n    rate = 0.5\nmade = Made()")
    of_class = kernel.run("m = Ridge().fit((CFG.rate * X ** power)[:rows], y[:rows])")
    of_object = kernel.run("made.rate = 0.7\nm = Ridge().fit(X * made.rate, y)")
    of_another = kernel.run("CFG.rate = 0.9\nm = Ridge().fit(X * CFG.rate, y)")

    assert of_each(kernel, of_class) == [{"rows": "20", "power": "2", "CFG.rate": "0.5"}]
    assert of_each(kernel, of_object) == [{}]
    assert of_each(kernel, of_another) == [{}]


def test_what_is_gathered_from_training_to_training_is_no_parameter(kernel: Kernel) -> None:
    kernel.run("scores, best_score, results = [], 0, {}\nhistory = {'loss': [], 'rate': []}\nbest = None\nbad = 0")
    kernel.run("scores = []\nlosses = []\nbest = None\nbad = 0\nfolds = 2")
    trained = kernel.run(
        "results = {}\nbest_score = 0\nfor fold in range(folds):\n    m = Ridge().fit(X, y)\n"
        "    scores.append(fold)\n    losses += [fold]\n    results[fold] = [0]\n    history['loss'].append(1)\n"
        "    if fold > best_score:\n        best_score, best = fold, m\n    else:\n        bad += 1"
    )
    kernel.run("chosen = None\nrows = 20\nkept = {'loss': []}")
    filled = kernel.run(
        "notes = {}\ndef fit(into):\n    into['a'] = 1\n    return Ridge().fit(X[:rows], y[:rows])\n"
        "m = fit(notes) if chosen is None else kept"
    )
    assert of_each(kernel, trained) == [{"folds": "2", "fold": "0"}, {"folds": "2", "fold": "1"}]
    assert of_each(kernel, filled) == [{"folds": "2", "rows": "20"}]


def of_each(kernel: Kernel, execution: Answer) -> list[dict[str, str]]:
    return [of_notebook(run) for run in kernel.runs_of(execution)]


def of_notebook(run: Run) -> dict[str, str]:
    return {parameter.name: parameter.value for parameter in run.parameters if parameter.source == "notebook"}
