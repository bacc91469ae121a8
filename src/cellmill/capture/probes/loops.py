"""A training that is a loop of the user's: where it runs, and whether the cell's error came out of it."""

import ast
import linecache
import sys
from dataclasses import dataclass
from typing import Any

from cellmill.core.event_parts import Failure, Outcome


@dataclass(frozen=True)
class Place:
    """A line that was running when a loop made a step: where an error is looked for, too."""

    code: Any
    line: int


def error_of_loop(ending: tuple[Outcome, Failure | None], places: tuple[Place, ...]) -> BaseException | None:
    """Return the error that a cell ended with where it came out of the loop, None where the loop had ended before.

    `ending` is the cell's (`Recording.ending`).
    """
    outcome, failure = ending
    if outcome == "ok":
        return None
    error = getattr(sys, "last_value", None)  # IPython has shown it
    if not isinstance(error, BaseException) or failure is None or type(error).__name__ != failure.type:
        return KeyboardInterrupt() if outcome == "interrupted" else RuntimeError(failure.message if failure else "")
    return error if raised_in_loop(places, error) else None


def raised_in_loop(places: tuple[Place, ...], error: BaseException) -> bool:
    """Whether an error came out of the loop that stepped, and not from a line after it.

    The frames that were running at the first step are compared with those of the traceback: in one of them the
    error's line must be inside a loop that holds the step's line, too. Where the source cannot be had, it was.
    """
    entry = error.__traceback__
    lines: dict[Any, int] = {}
    while entry is not None:
        lines[_function(entry.tb_frame.f_code)] = entry.tb_lineno
        entry = entry.tb_next
    known = False
    for place in places:
        line = lines.get(_function(place.code))
        if line is None:
            continue
        known = True
        loops = _loops(place.code)
        if loops is None or line == place.line:
            return True
        if any(first <= place.line <= last and first <= line <= last for first, last in loops):
            return True
    return not known


def _function(code: Any) -> tuple[Any, ...]:
    """Return what tells functions apart. IPython compiles each statement of a cell by itself: they are one."""
    return (code.co_filename, *(() if code.co_name.startswith("<") else (code.co_name, code.co_firstlineno)))


def _loops(code: Any) -> list[tuple[int, int]] | None:
    source = "".join(linecache.getlines(code.co_filename))
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return None
    if not source:
        return None
    kinds = (ast.For, ast.While, ast.AsyncFor)
    return [(node.lineno, node.end_lineno or node.lineno) for node in ast.walk(tree) if isinstance(node, kinds)]
