"""Which executions a value needs."""

import pytest

from cellmill.core.ids import ExecutionId
from cellmill.dataflow.footprint import Namespace, footprint
from cellmill.dataflow.slice import Slice, Step, backward_slice


def ran(name: str, reads: str = "", writes: str = "", *, whole: bool = True) -> Step:
    return Step(ExecutionId(name), frozenset(reads.split()), frozenset(writes.split()), whole)


def failed(name: str, reads: str = "", writes: str = "") -> Step:
    return ran(name, reads, writes, whole=False)


STORIES = [
    (
        "what the value never read is left out",
        [ran("load", writes="frame"), ran("plot", "frame", "figure"), ran("fit", "frame", "model")],
        "model",
        ["load", "fit"],
    ),
    (
        "a later write hides an earlier one",
        [ran("first", writes="x"), ran("second", writes="x"), ran("use", "x", "y")],
        "y",
        ["second", "use"],
    ),
    (
        "a change in place keeps the name needed",
        [ran("make", writes="x"), ran("change", "x", "x"), ran("use", "x", "y")],
        "y",
        ["make", "change", "use"],
    ),
    (
        "a write after the last use does not count",
        [ran("make", writes="x"), ran("use", "x", "y"), ran("spoil", writes="x")],
        "y",
        ["make", "use"],
    ),
    (
        "a cell run twice counts twice",
        [ran("make", writes="x"), ran("add", "x", "x"), ran("add again", "x", "x")],
        "x",
        ["make", "add", "add again"],
    ),
    (
        "one that raised half-way may not have written",
        [ran("make", writes="x"), failed("replace", writes="x"), ran("use", "x", "y")],
        "y",
        ["make", "replace", "use"],
    ),
    (
        "several names are wanted at once",
        [ran("a", writes="a"), ran("b", writes="b"), ran("c", writes="c")],
        "a c",
        ["a", "c"],
    ),
    (
        "a star import may have written anything",
        [ran("star", writes="*"), ran("fit", "frame", "model")],
        "model",
        ["star", "fit"],
    ),
    (
        "but what was written after it is known",
        [ran("star", writes="*"), ran("load", writes="frame"), ran("fit", "frame", "model")],
        "model",
        ["load", "fit"],
    ),
    ("nothing writes it", [ran("load", writes="frame")], "model", []),
    ("nothing ran", [], "model", []),
    ("nothing is wanted", [ran("load", writes="frame")], "", []),
]


@pytest.mark.parametrize(("history", "wanted", "kept"), [row[1:] for row in STORIES], ids=[row[0] for row in STORIES])
def test_a_slice_holds_the_executions_that_a_value_needs(history: list[Step], wanted: str, kept: list[str]) -> None:
    assert list(backward_slice(history, wanted.split()).executions) == kept


def test_a_slice_says_what_each_execution_was_needed_for() -> None:
    history = [ran("load", writes="frame notes"), ran("tune", writes="alpha"), ran("fit", "frame alpha", "model")]
    assert backward_slice(history, ["model"]) == Slice(
        executions=(ExecutionId("load"), ExecutionId("tune"), ExecutionId("fit")),
        needed={
            ExecutionId("load"): frozenset({"frame"}),
            ExecutionId("tune"): frozenset({"alpha"}),
            ExecutionId("fit"): frozenset({"model"}),
        },
    )


def test_the_slice_of_a_real_notebook_is_the_shortest_way_to_its_model() -> None:
    cells = [
        "import pandas as pd",
        "from sklearn.linear_model import Ridge",
        "raw = pd.read_csv('flights.csv')",
        "raw.describe()",
        "def clean(frame, at_least):\n    return frame[frame.delay > at_least].drop(columns=unused)",
        "unused = ['tailnum']",
        "limit = 5",
        "limit = 10",
        "late = clean(raw, limit)",
        "late['hour'] = late.time // 100",
        "late.plot(x='hour')",
        "model = Ridge().fit(late[['hour']], late.delay)",
    ]
    namespace = Namespace()
    history = []
    for number, cell in enumerate(cells):
        found = namespace.resolve(footprint(cell))
        history.append(Step(ExecutionId(str(number)), found.reads, found.writes))
    kept = [cells[int(execution)] for execution in backward_slice(history, ["model"]).executions]
    assert kept == [cells[at] for at in (0, 1, 2, 4, 5, 7, 8, 9, 11)]


def test_who_wrote_a_name_before_something_outside_bound_it_does_not_count() -> None:
    history = [
        Step(ExecutionId("data"), frozenset(), frozenset({"X"})),
        Step(ExecutionId("scale"), frozenset({"X"}), frozenset({"Z"}), outside=frozenset({"X"})),
    ]
    assert backward_slice(history, {"Z"}).executions == ("scale",)
    assert backward_slice(history, {"X"}).executions == ()
