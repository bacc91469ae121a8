"""What is said of a data set, and what is not asked of it."""

import tracemalloc
from typing import Any, ClassVar, NoReturn

import numpy as np
import pandas as pd
import pytest

from cellmill.capture.describe import MAX_COLUMNS, SAMPLED_BYTES, SAMPLED_ROWS, describe_data, first_rows
from cellmill.core.event_parts import Column, DataUse


def described(data: Any, name: str | None = "X") -> DataUse:
    return describe_data(data, name=name, context="training", target="y")


def columns(**kinds: str) -> tuple[Column, ...]:
    return tuple(Column(name, kind) for name, kind in kinds.items())


EVERY_TYPE = pd.DataFrame(
    {
        "flag": [True, False],
        "small": np.array([1, 2], dtype="int16"),
        "whole": [1, 2],
        "maybe": pd.array([1, None], dtype="Int64"),
        "single": np.array([1, 2], dtype="float32"),
        "double": [1.5, 2.5],
        "text": ["a", "b"],
        "kind": pd.Categorical(["a", "b"]),
        "time": pd.to_datetime(["2013-01-01", "2013-01-02"]),
        "span": pd.to_timedelta([1, 2], unit="h"),
        "lists": [[1], [2]],
    }
)

LOOKS: list[tuple[str, Any, str, int, tuple[Column, ...]]] = [
    (
        "a frame",
        EVERY_TYPE,
        "pandas",
        2,
        columns(
            flag="boolean",
            small="integer",
            whole="long",
            maybe="long",
            single="float",
            double="double",
            text="string",
            kind="string",
            time="datetime",
            span="object",
            lists="object",
        ),
    ),
    ("numbered columns", pd.DataFrame({0: [1.0], 1: ["a"]}), "pandas", 1, columns(**{"0": "double", "1": "string"})),
    ("a series", pd.Series([1.0, 2.0], name="delay"), "pandas", 2, columns(delay="double")),
    ("an array", np.zeros((5, 2)), "numpy", 5, columns(**{"0": "double", "1": "double"})),
    ("one dimension", np.zeros(5, dtype="int32"), "numpy", 5, columns(**{"0": "integer"})),
    ("three dimensions", np.zeros((5, 2, 2)), "numpy", 5, columns(**{"0": "double"})),
    ("a scalar array", np.array(1.0), "numpy", 1, columns(**{"0": "double"})),
    ("words", np.array(["a", "b"]), "numpy", 2, columns(**{"0": "string"})),
    ("objects", np.array([{}, []], dtype=object), "numpy", 2, columns(**{"0": "object"})),
    ("a list", [[1], [2], [3]], "list", 3, ()),
    ("a tuple", (1, 2), "tuple", 2, ()),
    ("nothing", None, "NoneType", 0, ()),
    ("text", "abc", "str", 0, ()),
]  # fmt: skip


@pytest.mark.parametrize(("data", "kind", "rows", "schema"), [row[1:] for row in LOOKS], ids=[row[0] for row in LOOKS])
def test_a_data_set_is_told_by_its_kind_rows_and_columns(
    data: Any, kind: str, rows: int, schema: tuple[Column, ...]
) -> None:
    use = described(data)
    assert use == DataUse("X", "training", use.digest, rows, schema, kind, "y")


def test_data_without_a_name_is_called_by_its_kind() -> None:
    assert described([1], name=None).name == "list"


CHANGES: list[tuple[str, Any, Any]] = [
    ("a cell", pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"a": [1, 3]})),
    ("a column's name", pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"b": [1, 2]})),
    ("a row", pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"a": [1]})),
    ("a type", pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"a": [1.0, 2.0]})),
    ("their order", pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"a": [2, 1]})),
    ("a number of an array", np.array([[1.0], [2.0]]), np.array([[1.0], [3.0]])),
    ("a shape", np.zeros((2, 3)), np.zeros((3, 2))),
    ("a dimension", np.zeros((2, 1)), np.zeros(2)),
    ("a list's length", [1, 2], [1]),
]


@pytest.mark.parametrize(("one", "other"), [row[1:] for row in CHANGES], ids=[row[0] for row in CHANGES])
def test_the_digest_tells_data_apart(one: Any, other: Any) -> None:
    assert described(one).digest != described(other).digest


@pytest.mark.parametrize("data", [row[1] for row in LOOKS], ids=[row[0] for row in LOOKS])
def test_the_same_data_has_the_same_digest(data: Any) -> None:
    again = data.copy() if hasattr(data, "copy") else data
    assert described(data).digest == described(again).digest


def test_the_digest_does_not_depend_on_the_index() -> None:
    frame = pd.DataFrame({"a": [1, 2]})
    assert described(frame).digest == described(frame.set_axis([7, 9])).digest


@pytest.mark.parametrize("rows", [1, SAMPLED_ROWS, SAMPLED_ROWS + 1, 2 * SAMPLED_ROWS - 1, 5 * SAMPLED_ROWS])
def test_a_digest_looks_at_a_sample_of_the_rows_that_does_not_grow(rows: int) -> None:
    numbers = np.zeros(rows)
    plain = described(numbers).digest
    seen = 0
    for row in range(rows):
        numbers[row] = 1
        seen += described(numbers).digest != plain
        numbers[row] = 0
    assert min(rows, SAMPLED_ROWS // 2) <= seen <= SAMPLED_ROWS


@pytest.mark.parametrize(
    ("shape", "least"),
    [((100, 512, 512, 3), 5), ((2, 30_000_000), 2), ((40_000_000, 2), SAMPLED_ROWS // 2)],
    ids=["pictures", "two long rows", "many rows"],
)
def test_of_large_rows_fewer_are_looked_at(shape: tuple[int, ...], least: int) -> None:
    data = np.zeros(shape, dtype="uint8")
    tracemalloc.start()
    plain = described(data).digest
    _, copied = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert copied < 1.1 * SAMPLED_BYTES

    changed = 0
    for row in range(0, shape[0], -(-shape[0] // SAMPLED_ROWS)):
        data[row] = 1
        changed += described(data).digest != plain
        data[row] = 0
    assert changed >= least


@pytest.mark.parametrize("shape", [(2_000, 600), (1, 3_000)])
def test_of_a_very_wide_frame_the_first_columns_are_looked_at(shape: tuple[int, int]) -> None:
    frame = pd.DataFrame(np.zeros(shape))
    plain = described(frame).digest
    last, first = frame.copy(), frame.copy()
    last.iloc[0, -1] = first.iloc[0, MAX_COLUMNS - 1] = 1
    assert described(last).digest == plain
    assert described(first).digest != plain
    assert described(frame.iloc[:, :-1]).digest != plain


def test_of_a_wide_frame_the_first_columns_are_told() -> None:
    assert len(described(pd.DataFrame(np.zeros((1, MAX_COLUMNS + 1)))).columns) == MAX_COLUMNS
    assert len(described(np.zeros((1, MAX_COLUMNS + 1))).columns) == MAX_COLUMNS


def test_of_an_unknown_type_nothing_is_asked_but_its_shape() -> None:
    class Strange:
        shape = (7, 2)

        def _no(self, *_: object) -> NoReturn:
            raise AssertionError("this runs the user's code")

        __len__ = __iter__ = __repr__ = __str__ = __eq__ = __hash__ = __array__ = _no

    use = describe_data(Strange(), name=None, context="evaluation")
    assert (use.name, use.kind, use.rows, use.columns) == ("Strange", "Strange", 7, ())


def test_describing_leaves_the_users_random_state_as_it_was() -> None:
    before = np.random.get_state()[1].tolist()  # type: ignore[index]
    described(pd.DataFrame({"a": range(10_000)}))
    assert np.random.get_state()[1].tolist() == before  # type: ignore[index]


class Frame(pd.DataFrame):
    """A user's own: its methods may do anything."""


def test_the_first_rows_are_a_copy() -> None:
    frame = pd.DataFrame({"a": [1, 2, 3]})
    head = first_rows(frame, 2)
    assert head is not None
    head.loc[0, "a"] = 9
    assert frame["a"].tolist() == [1, 2, 3]
    array = np.arange(3)
    rows = first_rows(array, 2)
    assert rows is not None
    rows[0] = 9
    assert (array.tolist(), rows.tolist()) == ([0, 1, 2], [9, 1])
    assert first_rows([1, 2, 3], 2) is None
    assert first_rows(Frame({"a": [1]}), 2) is None
    assert first_rows(np.array(1), 2) is None


class Asked:
    """Notes when one of its methods is asked, for whoever asks may swallow what is raised."""

    asked: ClassVar[list[str]] = []

    def _raise(self, what: str) -> NoReturn:
        self.asked.append(what)
        raise AssertionError(what)

    def __hash__(self) -> NoReturn:
        self._raise("hashed")

    def __eq__(self, other: object) -> NoReturn:
        self._raise("compared")

    def __str__(self) -> NoReturn:
        self._raise("shown")

    @property
    def shape(self) -> NoReturn:
        self._raise("measured")


def test_no_method_of_the_users_is_called() -> None:
    held = pd.DataFrame({"x": [1.0, 2.0], "o": [Asked(), Asked()], "m": ["a", Asked()]})
    series = pd.Series([1.0], name="s")
    vars(series)["_name"] = Asked()  # as pandas keeps it
    for data in (held, held["o"], series, Asked()):
        describe_data(data, name="X", context="training")
    assert Asked.asked == []


@pytest.mark.parametrize("odd", [[[1], [2]], [{}, {}], [{1}, "a"]])
def test_a_column_that_cannot_be_hashed_leaves_the_others_their_part(odd: list[object]) -> None:
    one, other = (
        describe_data(pd.DataFrame({"x": [1.0, last], "odd": odd}), name="X", context="training").digest
        for last in (2.0, 3.0)
    )
    assert one != other


@pytest.mark.parametrize("one", [["a", "b"], [1, "b"], [("a", 1), ("b", 2)], [None, "c"]])
def test_object_columns_of_plain_values_are_looked_into(one: list[object]) -> None:
    kinds = (pd.Series(one, dtype=object), pd.Series(list(reversed(one)), dtype=object))
    assert len({describe_data(each, name="X", context="training").digest for each in kinds}) == 2
