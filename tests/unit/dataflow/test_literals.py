"""Plain values that stand in the source."""

import math
from typing import Any

import pytest

from cellmill.dataflow.literals import Literal, literal_assignments

SOURCES: list[tuple[str, list[tuple[str, Any]]]] = [
    ("max_depth = 4", [("max_depth", 4)]),
    ("rate = -0.5", [("rate", -0.5)]),
    ("limit = 1e400", [("limit", math.inf)]),
    ("name = 'ridge'", [("name", "ridge")]),
    ("on = True\noff = None", [("on", True), ("off", None)]),
    ("months = [1, 2]\nsizes = (3,)\nkinds = {'a'}\nwords = {'a': [1]}", [
        ("months", [1, 2]), ("sizes", (3,)), ("kinds", {"a"}), ("words", {"a": [1]}),
    ]),
    ("x = 1\nx = 2", [("x", 1), ("x", 2)]),
    ("x = y\nz = f()\nw = 2 * 3", []),
    ("a, b = 1, 2\na = b = 3\nc.d = 4\ne[0] = 5\nf += 6", []),
    ("if ready:\n    x = 1", []),
    ("def f():\n    x = 1", []),
    ("%matplotlib inline\n!pip list\nalpha = 0.5", [("alpha", 0.5)]),
    ("%%time\nalpha = 0.5\nmodel = fit(alpha)", [("alpha", 0.5)]),
    ("x = = 1", []),
    ("x = '\0'", []),
    ("", []),
]  # fmt: skip


@pytest.mark.parametrize(("source", "found"), SOURCES, ids=[repr(source) for source, _ in SOURCES])
def test_a_literal_is_a_name_bound_to_a_value_in_the_source(source: str, found: list[tuple[str, Any]]) -> None:
    assert [(literal.name, literal.value) for literal in literal_assignments(source)] == found


def test_a_literal_knows_its_line_and_its_type_as_written() -> None:
    assert literal_assignments("# depth\ndepth: int | None = None\nrate = 0.1") == (
        Literal("depth", None, "int | None", 2),
        Literal("rate", 0.1, None, 3),
    )


def test_a_magic_above_a_literal_does_not_move_its_line() -> None:
    assert literal_assignments("%matplotlib inline\n\nrate = 0.1") == (Literal("rate", 0.1, None, 3),)
