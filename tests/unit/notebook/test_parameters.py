"""What a notebook lets itself be given, and what is made of the values."""

from typing import Any

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from cellmill.core.errors import CellmillError, UnknownParameter, WrongParameterType
from cellmill.dataflow.declarations import declare
from cellmill.dataflow.remarks import remark_of
from cellmill.notebook.parameters import check_parameters, declared_parameters, declaring_cell, read_texts

DECLARED = (
    declare("depth", 4),
    declare("rate", 0.1),
    declare("name", "ridge"),
    declare("fast", True),
    declare("months", [1, 2]),
    declare("options", {"a": 1}),
    declare("limit", 10, "int | None"),
    declare("anything", None),
    declare("pair", (1, 2)),
)


def notebook(*cells: tuple[str, list[str]]) -> NotebookNode:
    made = [new_code_cell(source, metadata={"tags": tags}) for source, tags in cells]
    document: NotebookNode = new_notebook(cells=[new_markdown_cell("x = 1", metadata={"tags": ["parameters"]}), *made])
    return document


# --- declared


def test_parameters_are_the_literals_of_the_tagged_cell() -> None:
    document = notebook(
        ("import pandas", []),
        ("# how deep\ndepth: int = 4\nrate = 0.1\nsize = depth * 2", ["slow", "parameters"]),
        ("other = 1", []),
    )
    assert declared_parameters(document) == (
        declare("depth", 4, "int", remark_of("how deep"), line=2),
        declare("rate", 0.1, line=3),
    )
    assert declaring_cell(document) == 2


def test_of_a_name_that_is_given_twice_the_last_value_counts() -> None:
    assert declared_parameters(notebook(("a = 1\na = 2", ["parameters"]))) == (declare("a", 2, line=2),)


def test_without_a_tagged_cell_nothing_can_be_given() -> None:
    assert declared_parameters(notebook(("depth = 4", ["injected-parameters"]))) == ()
    assert declared_parameters(new_notebook(cells=[new_code_cell("depth = 4")])) == ()


# --- checked


@pytest.mark.parametrize(
    ("name", "value", "seen"),
    [
        ("depth", 5, 5),
        ("rate", 0.5, 0.5),
        ("rate", 1, 1.0),
        ("name", "lasso", "lasso"),
        ("fast", False, False),
        ("months", [], []),
        ("options", {}, {}),
        ("limit", 5, 5),
        ("limit", None, None),
        ("anything", None, None),
        ("anything", "text", "text"),
        ("pair", (3, 4), (3, 4)),
    ],
)
def test_a_value_like_its_default_is_taken(name: str, value: Any, seen: Any) -> None:
    checked = check_parameters({name: value}, DECLARED, notebook="a.ipynb")
    assert checked == {name: seen}
    assert type(checked[name]) is type(seen)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("depth", 5.0, "an integer"),
        ("depth", True, "an integer"),
        ("depth", "deep", "an integer"),
        ("depth", None, "an integer"),
        ("rate", "fast", "a number"),
        ("rate", True, "a number"),
        ("name", 3, "text"),
        ("fast", 1, "True or False"),
        ("fast", "yes", "True or False"),
        ("months", (1, 2), "a list"),
        ("options", [1], "a dict"),
        ("limit", "many", "an integer or None"),
        ("pair", [3, 4], "a tuple"),
    ],
)
def test_a_value_of_another_type_is_refused_with_the_one_expected(name: str, value: Any, expected: str) -> None:
    with pytest.raises(WrongParameterType) as raised:
        check_parameters({name: value}, DECLARED, notebook="a.ipynb", cell=3)
    assert raised.value.facts == {
        "name": name,
        "value": repr(value),
        "notebook": "a.ipynb",
        "expected": expected,
        "cell": 3,
    }


def test_a_name_that_is_not_declared_is_refused_with_those_that_are() -> None:
    with pytest.raises(UnknownParameter) as raised:
        check_parameters({"depth": 5, "dept": 5}, DECLARED[:2], notebook="a.ipynb")
    assert raised.value.facts == {
        "name": "dept",
        "notebook": "a.ipynb",
        "declared": ("depth", "rate"),
        "cell": None,
    }


# --- typed on a command line


TEXTS: list[tuple[str, str, Any]] = [
    ("depth", "5", 5),
    ("depth", "5.5", WrongParameterType),
    ("depth", "five", WrongParameterType),
    ("depth", "", WrongParameterType),
    ("rate", "5", 5.0),
    ("rate", "1e-3", 0.001),
    ("rate", "-2", -2.0),
    ("rate", "nan", WrongParameterType),
    ("name", "5", "5"),
    ("name", "true", "true"),
    ("name", "", ""),
    ("name", "a=b", "a=b"),
    ("fast", "true", True),
    ("fast", "False", False),
    ("fast", "1", WrongParameterType),
    ("months", "[3, 4]", [3, 4]),
    ("months", "3", WrongParameterType),
    ("options", "{'b': 2}", {"b": 2}),
    ("limit", "None", None),
    ("limit", "null", None),
    ("limit", "7", 7),
    ("anything", "7", 7),
    ("anything", "seven", "seven"),
    ("nobody", "7", UnknownParameter),
]


@pytest.mark.parametrize(("name", "text", "seen"), TEXTS)
def test_text_is_read_as_the_default_is(name: str, text: str, seen: Any) -> None:
    given = read_texts({name: text}, DECLARED)
    if isinstance(seen, type) and issubclass(seen, CellmillError):
        with pytest.raises(seen):
            check_parameters(given, DECLARED, notebook="a.ipynb")
    else:
        checked = check_parameters(given, DECLARED, notebook="a.ipynb")
        assert checked == {name: seen}
        assert type(checked[name]) is type(seen)
