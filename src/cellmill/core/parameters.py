"""Parameters of a notebook: those that it declares, and values in it that could become some."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["int", "float", "bool", "str", "path", "date", "datetime", "list", "dict", "tuple", "set", "any"]
Sink = Literal["training", "file", "result"]


@dataclass(frozen=True)
class Bounds:
    """What a value may be. Each is None, or empty, where nothing is said."""

    least: float | None = None
    most: float | None = None
    above: float | None = None
    """Greater than this, and not equal."""
    below: float | None = None
    choices: tuple[Any, ...] = ()

    def __bool__(self) -> bool:
        return self != Bounds()

    @property
    def words(self) -> str:
        """`1 to 20`, `at least 1`, `above 0`, `one of 'a', 'b'`; empty where nothing is said."""
        if self.choices:
            return "one of " + ", ".join(repr(choice) for choice in self.choices)
        if self.least is not None and self.most is not None:
            return f"{_shown(self.least)} to {_shown(self.most)}"
        words = [
            f"{word} {_shown(limit)}"
            for word, limit in (
                ("at least", self.least),
                ("above", self.above),
                ("at most", self.most),
                ("below", self.below),
            )
            if limit is not None
        ]
        return " and ".join(words)


NO_BOUNDS = Bounds()


@dataclass(frozen=True)
class Span:
    """A piece of a cell's source. Lines count from 1; columns are characters, from 0."""

    cell: int
    """Position of the cell among all of the notebook's."""
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True)
class Site:
    """A place where a value stands. `moves` when it is the whole right side of a line that can be lifted as it is."""

    span: Span
    statement: Span
    text: str
    """The value as written."""
    moves: bool = False
    call: str | None = None
    """What makes a value of the same type from text: `date.fromisoformat` in place of `date(2024, 1, 1)`."""


@dataclass(frozen=True)
class Proposal:
    """A value that could become a parameter."""

    name: str
    kind: Kind
    default: Any
    bounds: Bounds
    written: str
    """Where it stands, as people read it: `RandomForestRegressor(max_depth=…)`."""
    cell: str
    """Id of the first cell that it stands in."""
    number: int
    """That cell's number among the code cells, from 1."""
    line: int
    reaches: tuple[Sink, ...]
    sites: tuple[Site, ...]
    help: str | None = None
    score: float = 0.0
    seen: tuple[str, ...] = ()
    """Values that captured runs had, oldest first."""


@dataclass(frozen=True)
class Parameter:
    """A name that the notebook gives a default. `schema` is its JSON Schema, `annotation` its type as written."""

    name: str
    default: Any
    annotation: str | None = None
    kind: Kind = "any"
    schema: Mapping[str, Any] = field(default_factory=dict)
    bounds: Bounds = NO_BOUNDS
    help: str | None = None
    line: int = 1


def kind_of(value: Any) -> Kind:
    """Return the kind of a plain value; `any` for None and for what is none."""
    found: Kind | None = _KINDS.get(type(value))
    return found if found is not None else "any"


_KINDS: dict[type, Kind] = {
    int: "int",
    float: "float",
    bool: "bool",
    str: "str",
    list: "list",
    dict: "dict",
    tuple: "tuple",
    set: "set",
}


def _shown(limit: float) -> str:
    return str(int(limit)) if abs(limit) < 1e15 and float(limit).is_integer() else str(limit)
