"""What a sweep tries: axes from what a person writes and from what the notebook declares. Pure."""

import itertools
import math
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cellmill.core.errors import UnknownParameter
from cellmill.core.parameters import Parameter
from cellmill.core.sweep_errors import BadSpace
from cellmill.core.sweeps import Axis, Plan
from cellmill.notebook.parameters import check_parameters, read_texts

_RANGE = re.compile(r"^(?P<low>[^:]+?)\.\.(?P<high>[^:]+?)(?P<log>:log)?$")
MOST_COMBINATIONS = 100_000


def axes_of(
    grid: Sequence[str], ranges: Sequence[str], declared: tuple[Parameter, ...], *, notebook: str, cell: int | None
) -> tuple[Axis, ...]:
    """Return the axes of `max_depth=2,4,8` and of `lr=0.001..0.1:log`, in the order in which they are written.

    Raises `BadSpace`, and the errors of a parameter for a value that the notebook does not take.
    """
    found: dict[str, Axis] = {}
    for given in grid:
        name, values = _named(given, "--grid max_depth=2,4,8")
        parameter = _declared(name, declared, notebook, cell)
        choices = [_checked(text, parameter, declared, notebook, cell) for text in _split(values)]
        _add(found, Axis(name, choices=tuple(_unique(choices))), given)
    for given in ranges:
        name, text = _named(given, "--range lr=0.001..0.1:log")
        parameter = _declared(name, declared, notebook, cell)
        written = _RANGE.match(text.strip())
        if written is None:
            raise BadSpace(given, reason="a range is LOW..HIGH or LOW..HIGH:log")
        ends = [_checked(written[side], parameter, declared, notebook, cell) for side in ("low", "high")]
        _add(found, _between(name, ends[0], ends[1], is_log=written["log"] is not None, given=given), given)
    return tuple(found.values())


def declared_axes(declared: Sequence[Parameter]) -> tuple[Axis, ...]:
    """Return an axis for each parameter that the notebook bounds on both sides, or lets be one of some values."""
    found: list[Axis] = []
    for one in declared:
        bounds = one.bounds
        low = bounds.least if bounds.least is not None else bounds.above
        high = bounds.most if bounds.most is not None else bounds.below
        if bounds.choices:
            found.append(Axis(one.name, choices=bounds.choices))
        elif one.kind == "bool":
            found.append(Axis(one.name, choices=(False, True)))
        elif one.kind in ("int", "float") and low is not None and high is not None:
            found.append(_inside(one, low, high))
    return tuple(found)


def at_most(random_trials: int, axes: Sequence[Axis]) -> int:
    """Return how many trials can be drawn: no more than there are combinations."""
    return min(random_trials, _combinations(axes)) if _is_countable(axes) else random_trials


def _is_countable(axes: Sequence[Axis]) -> bool:
    return all(axis.choices for axis in axes) and _combinations(axes) <= MOST_COMBINATIONS


def _combinations(axes: Sequence[Axis]) -> int:
    return math.prod(len(axis.choices) for axis in axes)


def check_plan(plan: Plan) -> None:
    """Raise `BadSpace` where there is nothing to try, or what cannot all be tried."""
    if not plan.axes:
        raise BadSpace("", reason="no parameter is turned")
    if plan.random or plan.optuna:
        return
    endless = [axis for axis in plan.axes if not axis.choices]
    if endless:
        raise BadSpace(endless[0].words, reason="a range has no end of values: say how many with --random or --optuna")
    if plan.size > MOST_COMBINATIONS:
        raise BadSpace("", reason=f"these are {plan.size:,} combinations: draw some of them with --random or --optuna")


def combinations(plan: Plan) -> Iterator[dict[str, Any]]:
    """Give every combination of the choices, the last axis turning fastest."""
    for values in itertools.product(*(axis.choices for axis in plan.axes)):
        yield dict(zip((axis.name for axis in plan.axes), values, strict=True))


def draw(plan: Plan, number: int) -> dict[str, Any]:
    """Return what trial `number` is given when it is drawn: the same for the same seed, whichever came before.

    Of combinations that can be counted none comes twice.
    """
    if _is_countable(plan.axes):
        order = list(range(_combinations(plan.axes)))
        random.Random(plan.seed).shuffle(order)
        place = order[(number - 1) % len(order)]
        return next(itertools.islice(combinations(plan), place, None))
    source = random.Random(f"{plan.seed}:{number}")
    return {axis.name: _drawn(axis, source) for axis in plan.axes}


def _drawn(axis: Axis, source: random.Random) -> Any:
    if axis.choices:
        return source.choice(axis.choices)
    assert axis.low is not None
    assert axis.high is not None
    if axis.is_log:
        value = math.exp(source.uniform(math.log(axis.low), math.log(axis.high)))
    else:
        value = source.uniform(axis.low, axis.high + (1 if axis.is_whole else 0))
    if axis.is_whole:
        return min(math.floor(value) if not axis.is_log else round(value), int(axis.high))
    return min(max(value, axis.low), axis.high)


def _add(found: dict[str, Axis], axis: Axis, given: str) -> None:
    if axis.name in found:
        raise BadSpace(given, reason=f"{axis.name} is there already")
    found[axis.name] = axis


def _named(given: str, example: str) -> tuple[str, str]:
    name, equals, values = given.partition("=")
    if not equals or not name.strip().isidentifier() or not values.strip():
        raise BadSpace(given, reason=f"write it as in: {example}")
    return name.strip(), values


def _declared(name: str, declared: tuple[Parameter, ...], notebook: str, cell: int | None) -> Parameter:
    for one in declared:
        if one.name == name:
            return one
    raise UnknownParameter(name, notebook=notebook, declared=tuple(one.name for one in declared), cell=cell)


def _checked(text: str, parameter: Parameter, declared: tuple[Parameter, ...], notebook: str, cell: int | None) -> Any:
    values = read_texts({parameter.name: text.strip()}, declared)
    return check_parameters(values, declared, notebook=notebook, cell=cell)[parameter.name]


def _split(text: str) -> list[str]:
    """Split at commas that stand in no bracket and in no quotes."""
    parts, depth, quote = [""], 0, ""
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth -= 1
        if letter == "," and depth == 0 and not quote:
            parts.append("")
        else:
            parts[-1] += letter
    return [part for part in parts if part.strip()]


def _unique(values: Sequence[Any]) -> list[Any]:
    return [value for i, value in enumerate(values) if repr(value) not in map(repr, values[:i])]


def _between(name: str, low: Any, high: Any, *, is_log: bool, given: str) -> Axis:
    if isinstance(low, bool) or not isinstance(low, (int, float)) or not isinstance(high, (int, float)):
        raise BadSpace(given, reason="a range is of numbers: list the others with --grid")
    if not low < high:
        raise BadSpace(given, reason="a range goes from the lower to the higher")
    if is_log and low <= 0:
        raise BadSpace(given, reason="a logarithmic range begins above 0")
    return Axis(name, low=low, high=high, is_log=is_log, is_whole=isinstance(low, int) and isinstance(high, int))


def _inside(one: Parameter, low: float, high: float) -> Axis:
    """Within the bounds of a parameter, those that it does not take left out."""
    bounded_below = one.bounds.least is not None
    if one.kind == "int":
        first = int(low) + (not bounded_below)
        last = int(high) - (one.bounds.most is None)
        return Axis(one.name, low=first, high=last, is_whole=True)
    is_log = bounded_below and low > 0 and high / low >= 1_000
    margin = (high - low) * 1e-6
    low += 0 if bounded_below else margin
    high -= margin if one.bounds.most is None else 0
    return Axis(one.name, low=low, high=high, is_log=is_log)


def as_text(parameters: Mapping[str, Any]) -> str:
    """Return parameters as a person reads them."""
    return ", ".join(f"{name}={_short(value)}" for name, value in parameters.items())


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
