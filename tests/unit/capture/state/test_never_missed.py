"""Whatever is done to nested containers that share parts, no change of a name goes unseen."""

from collections import OrderedDict, deque
from types import SimpleNamespace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cellmill.capture.state import NamespaceState

NAMES = ("a", "b", "c", "d", "e")
MAKERS: dict[str, Any] = {
    "list": list,
    "dict": dict,
    "set": set,
    "deque": deque,
    "ordered": OrderedDict,
    "object": SimpleNamespace,
    "number": lambda: 1.5,
    "text": lambda: "x",
}
ACTIONS = ("make", "alias", "put", "put a pair", "change", "shrink", "delete", "make twice", "look")
STEP = st.tuples(
    st.sampled_from(ACTIONS),
    st.sampled_from(NAMES),
    st.sampled_from(NAMES),
    st.sampled_from(sorted(MAKERS)),
    st.integers(-3, 3),
    st.integers(0, 3),
)


def shape(value: object, seen: tuple[int, ...] = ()) -> object:
    """Return all that can be told of a value: contents, and which containers they are."""
    if id(value) in seen:
        return ("again", seen.index(id(value)))
    seen = (*seen, id(value))
    match value:
        case dict():
            return (id(value), [(key, shape(part, seen)) for key, part in value.items()])
        case SimpleNamespace():
            return (id(value), [(key, shape(part, seen)) for key, part in vars(value).items()])
        case list() | tuple() | deque():
            return (id(value), [shape(part, seen) for part in value])
        case set():
            return (id(value), sorted(map(repr, value)))
        case _:
            return (type(value), repr(value))


def within(value: Any, steps: int) -> Any:
    """Return a container found some steps inside another."""
    for _ in range(0 if isinstance(value, (str, float, set)) else steps):
        parts = list(vars(value).values()) if isinstance(value, SimpleNamespace) else value
        parts = list(parts.values()) if isinstance(parts, dict) else parts
        inner = [part for part in parts if isinstance(part, (list, dict, deque, set, SimpleNamespace))]
        if not inner:
            break
        value = inner[-1]
        if isinstance(value, set):
            break
    return value


def put(value: Any, part: Any, key: int) -> None:
    match value:
        case list() | deque():
            value.append(part)
        case dict():
            value[key] = part
        case set():
            value.add(repr(part)[:9] if isinstance(part, (str, float, int)) else key)
        case SimpleNamespace():
            setattr(value, f"x{key}", part)


def shrink(value: Any) -> None:
    match value:
        case list() | deque() | set() if value:
            value.pop()
        case OrderedDict() if value:
            value.move_to_end(next(iter(value)))
        case dict() if value:
            value.popitem()
        case SimpleNamespace():
            vars(value).clear()


def act(names: dict[str, Any], step: tuple[str, str, str, str, int, int]) -> set[str]:
    """Do one thing to the names. Returns those that a source doing it would name."""
    action, name, other, kind, number, depth = step
    match action:
        case "make":
            names[name] = MAKERS[kind]()
        case "make twice":
            names[name] = MAKERS[kind]()
            names.pop(name)
            names[name] = MAKERS[kind]()
        case "delete":
            names.pop(name, None)
        case "alias" if other in names:
            names[name] = within(names[other], depth)
        case "put" if name in names and other in names:
            put(within(names[name], depth), names[other], number)
        case "put a pair" if name in names and other in names:
            put(within(names[name], depth), (number, [names[other]]), number)
        case "change" if name in names:
            put(within(names[name], depth), number, depth)
        case "shrink" if name in names:
            shrink(within(names[name], depth))
    return {name, other}


@settings(max_examples=300, deadline=None)
@given(st.lists(STEP, max_size=30))
def test_no_change_goes_unseen(steps: list[tuple[str, str, str, str, int, int]]) -> None:
    names: dict[str, Any] = {}
    state = NamespaceState(names)
    for step in steps:
        before = {name: (id(value), shape(value)) for name, value in names.items()}
        touched = act(names, step)
        found = state.after(touched, 10.0)
        for name in before.keys() | names.keys():
            if name not in names:
                assert name in found.deleted
            elif name not in before or before[name][0] != id(names[name]):
                assert name in found.bound
            elif before[name][1] != shape(names[name]):
                assert name in found.changed
            else:
                assert name not in found.bound | found.deleted | found.unsure


@settings(max_examples=200, deadline=None)
@given(st.lists(STEP, max_size=30), st.lists(st.floats(0, 0.00005), min_size=30, max_size=30))
def test_in_little_time_a_change_is_seen_or_unsure(
    steps: list[tuple[str, str, str, str, int, int]], budgets: list[float]
) -> None:
    names: dict[str, Any] = {}
    state = NamespaceState(names)
    for step, budget in zip(steps, budgets, strict=False):
        before = {name: (id(value), shape(value)) for name, value in names.items()}
        touched = act(names, step)
        found = state.after(touched, budget)
        for name in before.keys() & names.keys():
            if before[name] != (id(names[name]), shape(names[name])):
                assert name in found.bound | found.changed | found.unsure
