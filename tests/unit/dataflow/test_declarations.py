"""What annotations and comments declare, as JSON Schema, and which values pass."""

from typing import Any

import jsonschema
import pytest

from cellmill.core.errors import ParameterOutOfBounds, UnknownParameter, WrongParameterType
from cellmill.core.parameters import Bounds
from cellmill.dataflow.declarations import declarations
from cellmill.notebook.parameters import check_parameters, json_schema, read_texts

# What is written, the schema without default and description, values that pass, values that do not.
WRITTEN: list[tuple[str, dict[str, Any], list[Any], list[Any]]] = [
    ("x: int = 6  # 1..20, depth", {"type": "integer", "minimum": 1, "maximum": 20}, [1, 20], [0, 21, 2.0, True, "3"]),
    ("x = 0.5  # (0, 1]", {"type": "number", "exclusiveMinimum": 0, "maximum": 1}, [1, 0.1], [0, 1.5, "a", True]),
    ("x: float = 1", {"type": "number"}, [2, 2.5], ["2", None]),
    ("x: bool = True", {"type": "boolean"}, [False], [0, "true"]),
    ("x: Literal['a', 'b'] = 'a'", {"type": "string", "enum": ["a", "b"]}, ["b"], ["c", 1]),
    ("x = 'sqrt'  # one of: sqrt, log2", {"type": "string", "enum": ["sqrt", "log2"]}, ["log2"], ["none"]),
    ("x = '1'  # 1 | 2", {"type": "string", "enum": ["1", "2"]}, ["2"], ["3", 2]),
    ("x: Optional[int] = None", {"type": ["integer", "null"]}, [3, None], [1.5, "a"]),
    ("x: int | str = 'auto'", {"type": ["integer", "string"]}, [3, "a"], [1.5, None]),
    ("x: int = None", {"type": ["integer", "null"]}, [3, None], ["a"]),
    ("x: list[int] = [1]", {"type": "array", "items": {"type": "integer"}}, [[], [2, 3]], [["a"], [1.5], 3]),
    (
        "x: dict[str, float] = {'a': 1.0}",
        {"type": "object", "additionalProperties": {"type": "number"}},
        [{}, {"b": 2}],
        [{"b": "c"}, []],
    ),
    ("x: Path = 'a.csv'", {"type": "string", "format": "path", "minLength": 1}, ["b.csv"], ["", "a\0b", 3]),
    ("x = 'a.csv'  # path: the table", {"type": "string", "format": "path", "minLength": 1}, ["b"], [""]),
    ("x: date = '2024-01-31'", {"type": "string", "format": "date"}, ["2024-02-29"], ["2023-02-29", "soon", ""]),
    ("x = '2024-01-31T08:00'  # datetime", {"type": "string", "format": "date-time"}, ["2024-02-29 09:30"], ["9"]),
    (
        "x: Annotated[int, Field(ge=1, lt=9, description='depth')] = 3",
        {"type": "integer", "minimum": 1, "exclusiveMaximum": 9},
        [1, 8],
        [0, 9],
    ),
    ("x: Annotated[float, Gt(0), Le(1)] = 0.5", {"type": "number", "exclusiveMinimum": 0, "maximum": 1}, [1], [0, 2]),
    ("x: Annotated[int, '1..5, depth'] = 3", {"type": "integer", "minimum": 1, "maximum": 5}, [5], [6]),
    ("x: PositiveInt = 3", {"type": "integer", "exclusiveMinimum": 0}, [1], [0]),
    ("x: 'int' = 3", {"type": "integer"}, [1], ["a"]),
    ("x = 3  # type: float", {"type": "number"}, [0.5], ["a"]),
    ("x: Unheard = 3", {"type": "integer"}, [4], ["a"]),
    ("x: tuple[int, str] = (1, 'a')", {"type": "array", "minItems": 2, "maxItems": 2}, [(2, "b")], [(2,), ("b", 2)]),
]


@pytest.mark.parametrize(("source", "schema", "passing", "refused"), WRITTEN, ids=[row[0] for row in WRITTEN])
def test_what_is_written_is_what_passes(
    source: str, schema: dict[str, Any], passing: list[Any], refused: list[Any]
) -> None:
    declared = declarations(source)
    (one,) = declared
    found = {key: value for key, value in one.schema.items() if key not in ("default", "description", "prefixItems")}
    assert found == schema
    for value in passing:
        checked = check_parameters({"x": value}, declared, notebook="a.ipynb")["x"]
        assert checked == value
        assert type(checked) is (float if one.kind == "float" else type(value))
    for value in refused:
        with pytest.raises((WrongParameterType, ParameterOutOfBounds)):
            check_parameters({"x": value}, declared, notebook="a.ipynb")


def test_a_value_out_of_bounds_is_told_from_one_of_another_type() -> None:
    declared = declarations("depth: int = 6  # 1..20, depth of a tree")
    with pytest.raises(ParameterOutOfBounds) as raised:
        check_parameters({"depth": 21}, declared, notebook="a.ipynb", cell=2)
    assert str(raised.value) == (
        "'depth' of a.ipynb takes an integer, 1 to 20, and 21 is not. "
        "Give another value, or change the bounds in cell 2, which is tagged 'parameters'."
    )
    with pytest.raises(WrongParameterType, match="takes an integer, and 'six' is not one"):
        check_parameters({"depth": "six"}, declared, notebook="a.ipynb")


def test_not_a_number_is_within_no_bounds() -> None:
    declared = declarations("rate = 0.5  # 0..1\nfree = 0.5")
    assert "free" in check_parameters({"free": float("nan")}, declared, notebook="a.ipynb")
    with pytest.raises(ParameterOutOfBounds):
        check_parameters({"rate": float("nan")}, declared, notebook="a.ipynb")


def test_choices_may_be_a_class_of_the_notebook() -> None:
    classes = "from enum import Enum\nclass Kind(str, Enum):\n    RIDGE = 'ridge'\n    LASSO = 'lasso'"
    (one,) = declarations("kind: Kind = 'ridge'", before=[classes])
    assert one.bounds == Bounds(choices=("ridge", "lasso"))


def test_help_stands_beside_a_value_or_above_it() -> None:
    source = "# how deep\n# a tree is\ndepth = 3\n\n# a heading\n\nrate = 0.1  # 0..1, step\n"
    source += "names = [\n    'a',\n]  # columns"
    assert {one.name: one.help for one in declarations(source)} == {
        "depth": "how deep a tree is",
        "rate": "step",
        "names": "columns",
    }


def test_the_schema_is_one_that_others_can_use() -> None:
    declared = declarations(
        "depth: int = 6  # 1..20, of a tree\nkind: Literal['a', 'b'] = 'a'\nlimit: int | None = None"
    )
    schema = json_schema(declared, title="a.ipynb")
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["properties"]["depth"] == {
        "type": "integer",
        "minimum": 1,
        "maximum": 20,
        "description": "of a tree",
        "default": 6,
    }
    jsonschema.validate({one.name: one.default for one in declared}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"dept": 3}, schema)


@pytest.mark.parametrize(
    ("source", "text", "value"),
    [
        ("x: int | str = 'auto'", "3", 3),
        ("x: int | str = 'auto'", "many", "many"),
        ("x: str | None = 'a'", "3", "3"),
        ("x: str | None = 'a'", "none", None),
        ("x = [1]", "[true, null]", [True, None]),
        ("x: Path = 'a.csv'", "2024", "2024"),
        ("x = 'a'", '"); import os; os.abort(', '"); import os; os.abort('),
        ("x = 'a'", "__import__('os').abort()", "__import__('os').abort()"),
    ],
)
def test_text_typed_by_a_person_is_read_by_the_schema(source: str, text: str, value: Any) -> None:
    declared = declarations(source)
    assert check_parameters(read_texts({"x": text}, declared), declared, notebook="a.ipynb") == {"x": value}


def test_the_nearest_known_name_and_the_cell_are_named() -> None:
    with pytest.raises(UnknownParameter) as raised:
        check_parameters({"dept": 1}, declarations("depth = 3\nrate = 0.1"), notebook="a.ipynb", cell=4)
    assert str(raised.value) == (
        "a.ipynb has no parameter 'dept' (it declares in cell 4: depth, rate). Did you mean 'depth'?"
    )
