"""Values of parameters as JSON, and back."""

import json
from typing import Any

import pytest

from cellmill.core.given_values import from_json, is_same, to_json

VALUES: list[Any] = [
    None, True, 3, 0.5, "text", float("inf"), [1, ["a"]], {"a": {"b": 1}}, ("b", "c"), (), set(), {3, 1, 2},
    frozenset({"x"}), {("a", 1), ("b", 2)}, {1: "one", (2, 3): {"x"}}, [("a", {"k": {1.5}})], b"raw", 2 + 3j,
    {"$": "tuple", "of": [1]},
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_a_value_comes_back_as_it_was(value: Any) -> None:
    back = from_json(json.loads(json.dumps(to_json(value))))
    assert (back, type(back)) == (value, type(value))


def test_equal_sets_are_written_alike() -> None:
    one, other = {0, 8, 16}, {16, 8, 0}
    assert to_json({"x": one}) == to_json({"x": other}) == {"x": {"$": "set", "of": [0, 16, 8]}}


def test_what_is_of_another_kind_is_another_value() -> None:
    assert is_same({"x": float("nan"), "y": {1: 2}}, {"y": {1: 2}, "x": float("nan")})
    assert not is_same(("b",), ["b"])
    with pytest.raises(ValueError, match="'lock' is no kind"):
        from_json({"$": "lock", "of": 1})
