"""Which values are worth turning."""

from typing import Any

import pytest

from cellmill.core.parameters import Bounds, Proposal
from cellmill.dataflow.proposals import CodeCell, propose

IMPORTS = "from sklearn.ensemble import RandomForestRegressor\nimport pandas as pd"
DATA = "df = pd.read_csv('data/train.csv')\nX, y = df.drop(columns='price'), df.price"
FIT = "model.fit(X, y)\nprint(model.score(X, y))"


def proposed(*sources: str, **more: Any) -> dict[str, Proposal]:
    """What is proposed for cells, best first, by name."""
    cells = [CodeCell(index, index + 1, f"cell-{index}", source) for index, source in enumerate(sources)]
    found = propose(cells, **more)
    assert len({one.name for one in found}) == len(found)
    return {one.name: one for one in found}


def test_a_keyword_of_an_estimator_and_a_plain_name_are_proposed_with_all_that_is_known() -> None:
    found = proposed(
        IMPORTS,
        "depth = 4  # 1..20, of a tree",
        DATA,
        "model = RandomForestRegressor(50, max_depth=depth, ccp_alpha=0.1)",
        FIT,
    )
    depth, alpha = found["depth"], found["ccp_alpha"]
    assert (depth.kind, depth.default, depth.bounds, depth.help) == ("int", 4, Bounds(least=1, most=20), "of a tree")
    assert (depth.number, depth.cell, depth.line, depth.written) == (2, "cell-1", 1, "depth = 4")
    assert depth.reaches == ("training", "result")
    assert (alpha.kind, alpha.default, alpha.bounds) == ("float", 0.1, Bounds(least=0))
    assert alpha.written == "RandomForestRegressor(ccp_alpha=0.1)"


def test_what_reaches_a_training_stands_before_what_is_only_shown() -> None:
    found = proposed(
        IMPORTS, "shown = 12\ndepth = 4", DATA, "model = RandomForestRegressor(max_depth=depth)", FIT, "print(shown)"
    )
    assert list(found).index("depth") < list(found).index("shown")
    assert found["shown"].reaches == ("result",)


def test_a_value_that_flows_nowhere_is_not_proposed() -> None:
    assert "unused" not in proposed(IMPORTS, "unused = 7", DATA, "model = RandomForestRegressor()", FIT)


def test_the_flow_goes_through_names_functions_and_later_cells() -> None:
    found = proposed(
        IMPORTS,
        "rounds = 30\nother = rounds * 2",
        "def build():\n    return RandomForestRegressor(n_estimators=other)",
        DATA,
        "def go(model):\n    model.fit(X, y)",
        "go(build())",
    )
    assert "training" in found["rounds"].reaches


def test_a_name_that_is_bound_anew_carries_nothing_on() -> None:
    found = proposed(
        IMPORTS, "a = 5\nb = a", "b = pd.DataFrame()", DATA, "model = RandomForestRegressor(max_depth=b)", FIT
    )
    assert "a" not in found


def test_counters_and_what_is_filled_later_are_no_parameters() -> None:
    found = proposed(
        IMPORTS,
        "losses = [0]\nrounds_done = 0",
        DATA,
        "model = RandomForestRegressor()\nmodel.fit(X, y)",
        "losses.append(1)\nrounds_done += 1\nprint(losses, rounds_done)",
    )
    assert set(found) == {"train_path"}


def test_entries_of_a_dict_are_proposed_and_the_dict_whole_after_them() -> None:
    found = proposed(
        IMPORTS, "settings = {'max_depth': 4, 'ccp_alpha': 0.0}", DATA, "model = RandomForestRegressor(**settings)", FIT
    )
    order = list(found)
    assert found["max_depth"].written == "settings['max_depth']: 4"
    assert order.index("max_depth") < order.index("settings")
    assert found["settings"].kind == "dict"


def test_files_and_dates_are_proposed_wherever_they_stand() -> None:
    found = proposed(
        IMPORTS + "\nfrom datetime import date",
        DATA,
        "df = df[df.when >= '2020-01-31']\nbefore = date(2021, 2, 3)\ndf = df[df.day < before]",
        "model = RandomForestRegressor().fit(df, df.price)\ndf.to_csv('out/table.csv')",
    )
    assert [(found[n].kind, found[n].default) for n in ("train_path", "table_path")] == [
        ("path", "data/train.csv"),
        ("path", "out/table.csv"),
    ]
    assert (found["start_date"].kind, found["start_date"].default) == ("date", "2020-01-31")
    assert (found["before_date"].kind, found["before_date"].default) == ("date", "2021-02-03")
    assert found["before_date"].sites[0].call == "date.fromisoformat"


def test_a_seed_that_is_written_often_is_one_proposal() -> None:
    found = proposed(
        IMPORTS,
        DATA,
        "a = RandomForestRegressor(random_state=3).fit(X, y)\nb = RandomForestRegressor(random_state=3).fit(X, y)",
    )
    assert len(found["random_state"].sites) == 2
    assert found["random_state"].written == "RandomForestRegressor(random_state=3), and 1 more"


def test_the_same_keyword_of_two_classes_has_two_names() -> None:
    found = proposed(
        IMPORTS, DATA, "a = RandomForestRegressor(max_depth=3).fit(X, y)\nb = GradientBoosting(max_depth=4).fit(X, y)"
    )
    assert {name: one.default for name, one in found.items() if "depth" in name} == {
        "random_forest_regressor_max_depth": 3,
        "gradient_boosting_max_depth": 4,
    }


def test_a_name_that_stands_elsewhere_in_the_notebook_is_not_given() -> None:
    found = proposed(
        IMPORTS, DATA, "def grow(max_depth):\n    return max_depth", "a = RandomForestRegressor(max_depth=3).fit(X, y)"
    )
    assert "max_depth" not in found
    assert found["random_forest_regressor_max_depth"].default == 3


def test_what_a_plot_looks_like_is_not_proposed() -> None:
    found = proposed(
        IMPORTS,
        DATA,
        "plt.figure(figsize=(10, 6))\nplt.scatter(X, y, alpha=0.3, s=12)\nplt.savefig('plot.png', dpi=150)",
    )
    assert set(found) == {"train_path", "plot_path"}


def test_words_that_a_name_is_compared_with_are_its_choices() -> None:
    found = proposed(
        IMPORTS,
        "kind = 'forest'",
        DATA,
        "if kind == 'forest':\n    model = RandomForestRegressor()\nelif kind == 'ridge':\n    model = Ridge()",
        FIT,
    )
    assert found["kind"].bounds == Bounds(choices=("forest", "ridge"))


def test_what_runs_had_is_shown_and_counts() -> None:
    cells = (
        IMPORTS,
        "alpha_one = 4\nalpha_two = 4",
        DATA,
        "model = RandomForestRegressor(a=alpha_one, b=alpha_two)",
        FIT,
    )
    found = proposed(*cells, seen={"alpha_two": ["2", "4"]})
    assert found["alpha_two"].seen == ("2", "4")
    assert list(found).index("alpha_two") < list(found).index("alpha_one")


def test_a_parameter_already_is_not_proposed_again() -> None:
    cells = ("depth = 4", IMPORTS, DATA, "model = RandomForestRegressor(max_depth=depth)", FIT)
    assert "depth" not in proposed(*cells, declared=["depth"])
    assert "depth" in proposed(*cells)


@pytest.mark.parametrize(
    "source",
    ["%%bash\ndepth=4", "def broken(:", "!ls\n%matplotlib inline", "", "\x00", "x = " + "[" * 200, "# only words"],
)
def test_a_cell_that_is_no_python_is_passed_over(source: str) -> None:
    assert proposed(source) == {}
    assert "depth" in proposed(
        source, IMPORTS, "depth = 4", DATA, "m = RandomForestRegressor(max_depth=depth)\nm.fit(X, y)"
    )


def test_ipythons_own_lines_hide_nothing_of_a_cell() -> None:
    found = proposed(
        "%%time\nfiles = !ls\ndepth = 4\ndepth?",
        IMPORTS,
        DATA,
        "m = RandomForestRegressor(max_depth=depth)",
        "m.fit(X, y)",
    )
    assert (found["depth"].line, found["depth"].number) == (3, 1)


def test_letters_of_several_bytes_do_not_move_a_place() -> None:
    found = proposed(
        IMPORTS, "größe = 'äöü'; depth = 4", DATA, "m = RandomForestRegressor(größe, max_depth=depth)", "m.fit(X, y)"
    )
    span = found["depth"].sites[0].span
    assert ("größe = 'äöü'; depth = 4")[span.column : span.end_column] == "4"
