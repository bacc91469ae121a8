"""Checks proposed for data frames, as pandera code that a person would write. Pure: facts of columns in, text out."""

import keyword
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

MOST_CHOICES = 12


@dataclass(frozen=True)
class ColumnFacts:
    """What was seen of one column. `least` and `most` are of numbers; `choices` are few texts that recur."""

    name: Any
    dtype: str
    rows: int
    has_gaps: bool = False
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()
    is_unique: bool = False


@dataclass(frozen=True)
class FrameFacts:
    """A data frame that a step handed over."""

    name: str
    columns: tuple[ColumnFacts, ...] = field(default_factory=tuple)


def schema_code(frames: Sequence[FrameFacts]) -> str:
    """Return a cell that binds `checks`: a schema for each frame.

    Types and gaps are taken as seen. Bounds are only those that new data is likely to keep: what was never negative,
    what lay within 0 and 1, texts of which there were few.
    """
    lines = ["import pandera.pandas as pa", "", "checks = {"]
    for frame in frames:
        lines += [f"    {_text(frame.name)}: pa.DataFrameSchema(", "        {"]
        lines += [f"            {_text(column.name)}: {_column(column)}," for column in frame.columns]
        lines += ["        }", "    ),"]
    return "\n".join([*lines, "}"])


def _column(column: ColumnFacts) -> str:
    given = [_text(column.dtype)]
    check = _check(column)
    if check:
        given.append(check)
    if column.has_gaps:
        given.append("nullable=True")
    if column.is_unique:
        given.append("unique=True")
    return f"pa.Column({', '.join(given)})"


def _check(column: ColumnFacts) -> str:
    if column.choices:
        return f"pa.Check.isin([{', '.join(_text(choice) for choice in column.choices)}])"
    if column.least is None or column.most is None or column.least < 0:
        return ""
    if column.dtype.startswith("float") and column.most <= 1 and column.rows >= MOST_CHOICES:
        return "pa.Check.in_range(0, 1)"
    return "pa.Check.ge(0)"


def _text(value: Any) -> str:
    if not isinstance(value, str):
        return repr(value)
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def is_key(name: Any) -> bool:
    """Whether a column of this name is likely to hold each value once."""
    return (
        isinstance(name, str)
        and not keyword.iskeyword(name)
        and name.lower().rstrip("s").endswith(("id", "key", "uuid"))
    )
