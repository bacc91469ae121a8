"""What a sweep tries."""

from typing import Any

import pytest

from cellmill.core.errors import ParameterOutOfBounds, UnknownParameter, WrongParameterType
from cellmill.core.sweep_errors import BadSpace
from cellmill.core.sweeps import Axis, Plan
from cellmill.dataflow.declarations import declarations
from cellmill.pipeline.spaces import at_most, axes_of, check_plan, combinations, declared_axes, draw

DECLARED = declarations(
    "depth: int = 3  # 1..20\n"
    "rate = 0.1  # 0.0001..1\n"
    "share = 0.5  # (0, 1)\n"
    "kind: Literal['a', 'b,c'] = 'a'\n"
    "fast = True\n"
    "columns = ['x']\n"
    "free = 2.0"
)


def axes(*grid: str, ranges: tuple[str, ...] = ()) -> tuple[Axis, ...]:
    return axes_of(grid, ranges, DECLARED, notebook="a.ipynb", cell=1)


def plan(*found: Axis, **more: Any) -> Plan:
    return Plan(found, "rmse", "minimize", **more)


@pytest.mark.parametrize(
    ("given", "choices"),
    [
        ("depth=2,4,8", (2, 4, 8)),
        ("depth=2, 4 ,2", (2, 4)),
        ("rate=1,0.5", (1.0, 0.5)),
        ("kind=a", ("a",)),
        ("fast=true,false", (True, False)),
        ("columns=['x','y'],['z']", (["x", "y"], ["z"])),
    ],
)
def test_values_are_read_as_the_parameter_is(given: str, choices: tuple[Any, ...]) -> None:
    (axis,) = axes(given)
    assert axis.choices == choices
    assert [type(value) for value in axis.choices] == [type(value) for value in choices]


@pytest.mark.parametrize(
    ("given", "axis"),
    [
        ("depth=2..8", Axis("depth", low=2, high=8, is_whole=True)),
        ("rate=0.001..1:log", Axis("rate", low=0.001, high=1.0, is_log=True)),
        ("free=-1..1e3", Axis("free", low=-1.0, high=1000.0)),
    ],
)
def test_a_range_has_two_ends(given: str, axis: Axis) -> None:
    assert axes(ranges=(given,)) == (axis,)


@pytest.mark.parametrize(
    ("grid", "ranges", "error"),
    [
        (("dept=1",), (), UnknownParameter),
        (("depth=1,21",), (), ParameterOutOfBounds),
        (("depth=1,many",), (), WrongParameterType),
        (("depth",), (), BadSpace),
        (("depth=",), (), BadSpace),
        (("depth=1", "depth=2"), (), BadSpace),
        (("depth=1",), ("depth=1..2",), BadSpace),
        ((), ("depth=8..2",), BadSpace),
        ((), ("depth=2",), BadSpace),
        ((), ("kind=a..b,c",), BadSpace),
        ((), ("free=0..1:log",), BadSpace),
        ((), ("depth=0..5",), ParameterOutOfBounds),
    ],
)
def test_what_makes_no_sense_is_refused(grid: tuple[str, ...], ranges: tuple[str, ...], error: type[Exception]) -> None:
    with pytest.raises(error):
        axes(*grid, ranges=ranges)


def test_what_the_notebook_bounds_can_be_tried_without_a_word() -> None:
    assert {axis.name: axis.words for axis in declared_axes(DECLARED)} == {
        "depth": "depth from 1 to 20",
        "rate": "rate from 0.0001 to 1, logarithmic",
        "share": "share from 1e-06 to 0.999999",
        "kind": "kind in 'a', 'b,c'",
        "fast": "fast in False, True",
    }


def test_every_combination_is_tried_once() -> None:
    whole = plan(*axes("depth=1,2", "fast=true,false"))
    assert whole.size == 4
    assert list(combinations(whole)) == [
        {"depth": 1, "fast": True},
        {"depth": 1, "fast": False},
        {"depth": 2, "fast": True},
        {"depth": 2, "fast": False},
    ]


def test_what_is_drawn_lies_inside_and_is_the_same_for_the_same_seed() -> None:
    found = declared_axes(DECLARED)
    drawn = [draw(plan(*found, random=300), number) for number in range(1, 301)]
    assert drawn == [draw(plan(*found, random=300), number) for number in range(1, 301)]
    assert drawn != [draw(plan(*found, random=300, seed=1), number) for number in range(1, 301)]
    assert {one["depth"] for one in drawn} == set(range(1, 21))
    assert all(0.0001 <= one["rate"] <= 1 and 0 < one["share"] < 1 for one in drawn)
    assert sum(one["rate"] < 0.01 for one in drawn) > 100  # logarithmic: half of them


def test_combinations_that_can_be_counted_are_drawn_without_repeating() -> None:
    found = axes("depth=1,2,3", "fast=true,false")
    some = plan(*found, random=at_most(50, found))
    assert some.size == 6
    assert len({tuple(draw(some, number).items()) for number in range(1, 7)}) == 6


@pytest.mark.parametrize(
    ("found", "more"),
    [
        ((), {}),
        ((Axis("rate", low=0.0, high=1.0),), {}),
        (tuple(Axis(f"a{i}", choices=tuple(range(10))) for i in range(6)), {}),
    ],
)
def test_a_plan_without_an_end_or_a_beginning_is_refused(found: tuple[Axis, ...], more: dict[str, Any]) -> None:
    with pytest.raises(BadSpace):
        check_plan(plan(*found, **more))
    if found:
        check_plan(plan(*found, random=3))
