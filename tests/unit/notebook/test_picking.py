"""Proposals made parameters: what the cells read afterwards."""

import json

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from cellmill.core.picks import NotProposed, PickRefused
from cellmill.notebook.parameters import declared_parameters
from cellmill.notebook.picking import Picked, choose, pick
from cellmill.notebook.proposals import propose_parameters

IMPORTS = "import pandas as pd\nfrom sklearn.ensemble import RandomForestRegressor"
FIT = "model.fit(X, y)\nmodel.score(X, y)"


def notebook(*sources: str, tagged: int | None = None) -> NotebookNode:
    cells = [new_code_cell(source, id=f"cell-{i}") for i, source in enumerate(sources)]
    if tagged is not None:
        cells[tagged].metadata["tags"] = ["parameters"]
    made: NotebookNode = new_notebook(cells=cells)
    return made


def picked(document: NotebookNode, *names: str) -> tuple[Picked, list[str]]:
    """Pick, and return what came of it with the sources of all cells."""
    text: str = nbformat.writes(document)
    picks = choose(names, propose_parameters(document), notebook="a.ipynb")
    made = pick(text, document, picks, name="a.ipynb")
    after = nbformat.reads(made.text, as_version=4)
    nbformat.validate(after)
    assert {one.name: one.default for one in declared_parameters(after)}.items() >= {
        (one.name, one.default) for one in picks if not isinstance(one.default, (list, dict))
    }
    return made, [cell.source for cell in after.cells]


def test_a_line_moves_and_an_argument_is_replaced_by_its_name() -> None:
    document = notebook(
        IMPORTS,
        "rate = 0.1  # 0..1\nX, y = pd.read_csv('a.csv'), 1",
        "model = RandomForestRegressor(max_depth=4, ccp_alpha=rate)",
        FIT,
    )
    made, sources = picked(document, "rate", "max_depth")
    assert sources == [
        IMPORTS,
        "rate = 0.1  # 0..1\nmax_depth = 4  # at least 1, RandomForestRegressor",
        "X, y = pd.read_csv('a.csv'), 1",
        "model = RandomForestRegressor(max_depth=max_depth, ccp_alpha=rate)",
        FIT,
    ]
    assert (made.position, made.is_new, made.changed) == (1, True, (1, 2))


def test_a_cell_for_parameters_that_is_there_gets_them_at_its_end() -> None:
    document = notebook(
        "depth = 3", IMPORTS, "model = RandomForestRegressor(max_depth=depth, ccp_alpha=0.5)", FIT, tagged=0
    )
    made, sources = picked(document, "ccp_alpha")
    assert sources[0] == "depth = 3\nccp_alpha = 0.5  # at least 0, RandomForestRegressor"
    assert (made.position, made.is_new) == (0, False)


def test_the_cell_stands_above_all_that_reads_them_functions_too() -> None:
    document = notebook(
        "def make():\n    return RandomForestRegressor(max_depth=depth)", IMPORTS, "depth = 4", "model = make()", FIT
    )
    made, sources = picked(document, "depth")
    assert (made.position, sources[0], sources[3]) == (0, "depth = 4  # at least 1", "")


@pytest.mark.parametrize(
    ("line", "name", "parameter", "left"),
    [
        ("a, depth = 1, 4", "depth", "depth = 4  # at least 1", "a, depth = 1, depth"),
        ("a = 1; depth = 4", "depth", "depth = 4  # at least 1", "a = 1; depth = depth"),
        ("depth = 2 * 2  # of a tree", "depth", "depth = 4  # of a tree", ""),
        ("größe = 'ä'; depth = 4", "depth", "depth = 4  # at least 1", "größe = 'ä'; depth = depth"),
        ("d = {'depth': 4,\n     'b': 5}\ndepth = d", "d_depth", "d_depth = 4  # at least 1, d", None),
        ("depth = [\n    1,  # one\n    2,\n]", "depth", "depth = [\n    1,  # one\n    2,\n]", ""),
        ("day = date(2024, 1, 3)\ndepth = day", "day_date", "day_date = '2024-01-03'  # date", "day = date.fromisoformat(day_date)\ndepth = day"),  # noqa: E501
        ("depth = Path('data/x.csv')", "x_path", "x_path = 'data/x.csv'  # path, Path", "depth = Path(x_path)"),
        ("depth = open('a'\n  'b.csv')", "ab_path", "ab_path = 'ab.csv'  # path, open", "depth = open(ab_path)"),
        ("depth: int = 4", "depth", "depth: int = 4  # at least 1", ""),
        ("%time depth = 4\ndepth = 4", "depth", "depth = 4  # at least 1", "%time depth = 4"),
    ],
)  # fmt: skip
def test_what_stays_is_what_it_was(line: str, name: str, parameter: str, left: str | None) -> None:
    document = notebook(IMPORTS, line, "model = RandomForestRegressor(max_depth=depth)", FIT)
    made, sources = picked(document, name)
    assert made.lines == (parameter,)
    if left is not None:
        assert sources[2] == left


def test_a_seed_is_replaced_wherever_it_stands() -> None:
    document = notebook(
        IMPORTS,
        "a = RandomForestRegressor(random_state=3).fit(X, y)",
        "b = RandomForestRegressor(random_state=3).fit(X, y)",
    )
    _, sources = picked(document, "random_state")
    assert sources[1:] == [
        "random_state = 3  # 0 to 4294967295, RandomForestRegressor",
        "a = RandomForestRegressor(random_state=random_state).fit(X, y)",
        "b = RandomForestRegressor(random_state=random_state).fit(X, y)",
    ]


def test_a_pick_may_get_another_name() -> None:
    document = notebook(IMPORTS, "a = RandomForestRegressor(max_depth=3).fit(X, y)")
    _, sources = picked(document, "max_depth:levels")
    assert sources[1:] == [
        "levels = 3  # at least 1, RandomForestRegressor",
        "a = RandomForestRegressor(max_depth=levels).fit(X, y)",
    ]


def test_all_but_the_cells_that_change_stays_byte_for_byte() -> None:
    document = notebook(IMPORTS, "depth = 4", "model = RandomForestRegressor(max_depth=depth)", FIT)
    document.cells.insert(1, new_markdown_cell("# Größe", id="words"))
    document.metadata["anything"] = {"of": ["others", 1.50]}
    text = json.dumps(document, indent=3, ensure_ascii=False)
    picks = choose(["depth"], propose_parameters(document), notebook="a.ipynb")
    made = pick(text, document, picks, name="a.ipynb").text
    before, after = text.splitlines(), made.splitlines()
    assert [line for line in before if line not in after] == ['         "source": "depth = 4",']
    assert made.endswith(text[text.index('"model = RandomForest') :])


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("settings", "max_depth"), "one inside the other"),
        (("max_depth:pd",), "another meaning"),
        (("max_depth:not a name",), "cannot be its name"),
        (("rate:speed",), "keeps it"),
    ],
)
def test_what_cannot_be_made_is_refused_with_the_reason(names: tuple[str, ...], words: str) -> None:
    document = notebook(
        IMPORTS,
        "rate = 0.5\nsettings = {'max_depth': 4, 'a': 1}\nother = rate",
        "model = RandomForestRegressor(other, **settings)",
        FIT,
    )
    with pytest.raises(PickRefused, match=words):
        picked(document, *names)


def test_a_name_that_is_not_proposed_is_refused_with_the_nearest() -> None:
    document = notebook(IMPORTS, "model = RandomForestRegressor(max_depth=4)", FIT)
    with pytest.raises(NotProposed, match="Did you mean 'max_depth'"):
        picked(document, "max_dept")


def test_a_cell_for_parameters_below_what_reads_them_is_said() -> None:
    document = notebook(IMPORTS, "model = RandomForestRegressor(max_depth=4)", "rate = 1", FIT, tagged=2)
    with pytest.raises(PickRefused, match="Move it up first"):
        picked(document, "max_depth")


def test_a_notebook_of_the_old_format_is_refused() -> None:
    document = notebook(IMPORTS, "model = RandomForestRegressor(max_depth=4)", FIT)
    picks = choose(["max_depth"], propose_parameters(document), notebook="a.ipynb")
    with pytest.raises(PickRefused, match="old format"):
        pick('{"worksheets": []}', document, picks, name="a.ipynb")
