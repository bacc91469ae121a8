"""Who calls, and under which names: read from the interpreter's frames, never from the user's objects."""

import ast
import sys
from itertools import islice
from types import FrameType, TracebackType
from typing import Any

from cellmill.dataflow.derived import derives_from

# What `warnings` looks for in a frame's file name to pass over the import system (`_is_internal_filename`).
PASSED_OVER = "<cellmill, passed over by warnings as importlib._bootstrap is>"

Position = tuple[int | None, int | None, int | None, int | None]
"""First line, last line, first column, the column after the last."""

_CAUSE, _CONTEXT = BaseException.__dict__["__cause__"], BaseException.__dict__["__context__"]
_OURS = __name__.rpartition(".capture.")[0] + "."  # "cellmill."


def caller() -> FrameType | None:
    """Return the nearest frame that is not Cellmill's."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and is_ours(frame):
        frame = frame.f_back
    return frame


def is_ours(frame: FrameType) -> bool:
    """Return whether a frame runs Cellmill's own code."""
    return str(frame.f_globals.get("__name__", "")).startswith(_OURS) or frame.f_code.co_filename == PASSED_OVER


def name_of(value: Any, frame: FrameType | None, user_names: dict[str, Any], *, position: int) -> str | None:
    """Return the variable that holds a value: a global, else a local of the caller, by identity.

    An expression such as `test[features]` gives its first name, `test`; where neither is found, None.
    """
    for name, bound in list(user_names.items()):
        if bound is value and not name.startswith("_"):
            return name
    if frame is None:
        return None
    if frame.f_globals is not user_names or frame.f_code.co_name != "<module>":
        for name, bound in list(frame.f_locals.items()):
            if bound is value and not name.startswith("_"):
                return name
    return _first_name(_argument(frame, position))


def runs_in(module: str) -> bool:
    """Return whether the calling code was called, however indirectly, by a module."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_globals.get("__name__") == module:
            return True
        frame = frame.f_back
    return False


def call_derives_from(frame: FrameType | None, methods: tuple[str, ...]) -> bool:
    """Return whether an argument of the running call was made from what one of the methods answered.

    Told from the source around the call; False where that cannot be had.
    """
    node, tree = (None, None) if frame is None else running(frame)
    return isinstance(node, ast.Call) and tree is not None and derives_from(node, tree, methods)


def running(frame: FrameType) -> tuple[ast.AST | None, ast.Module | None]:
    """Return the node that a frame runs now and the source around it, None for what cannot be had.

    The nodes of the source have their parents as `parent`.
    """
    # IPython brings `executing` with it; it is asked only where the source has to tell.
    import executing

    found = executing.Source.executing(frame)
    tree = found.source.tree
    if not isinstance(tree, ast.Module):
        return None, None
    node: ast.AST | None = found.node
    return node if node is not None else _at(position(frame), tree), tree


def position(frame: FrameType) -> Position | None:
    """Return the lines and columns (in bytes) of what a frame runs now."""
    if not hasattr(frame.f_code, "co_positions"):
        return None
    return next(islice(frame.f_code.co_positions(), frame.f_lasti // 2, None), None)


def _at(wanted: Position | None, tree: ast.Module) -> ast.Call | None:
    """Find a call by its position: of several statements in a line of a cell, `executing` cannot tell which it is."""
    if wanted is None or None in wanted:
        return None
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return next((node for node in calls if position_of(node) == wanted), None)


def position_of(node: ast.expr) -> Position:
    """Return the lines and columns (in bytes) of an expression."""
    return (node.lineno, node.end_lineno, node.col_offset, node.end_col_offset)


def _argument(frame: FrameType, position: int) -> ast.expr | None:
    """Return the source of the running call's positional argument."""
    node, _ = running(frame)
    if isinstance(node, ast.Call) and position < len(node.args):
        return node.args[position]
    return None


def _first_name(node: ast.expr | None) -> str | None:
    while node is not None:
        match node:
            case ast.Name():
                return node.id
            case ast.Subscript() | ast.Attribute() | ast.Starred():
                node = node.value
            case ast.Call():
                node = node.func
            case _:
                return None
    return None


def without_ours(traceback: TracebackType | None) -> None:
    """Take Cellmill's frames out of a traceback, in place: users see their error as if we were not there."""
    while traceback is not None:
        while traceback.tb_next is not None and is_ours(traceback.tb_next.tb_frame):
            traceback.tb_next = traceback.tb_next.tb_next
        traceback = traceback.tb_next


def clean_error(error: BaseException | None) -> None:
    """Take Cellmill's frames out of an error and of those that it came from."""
    waiting, seen = [error], set()
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        without_ours(one.__traceback__)
        # Asked of `BaseException`: a class of the user's may answer in its own way.
        waiting += [_CAUSE.__get__(one), _CONTEXT.__get__(one)]


def pass_unseen(error: BaseException) -> None:
    """Take Cellmill's frames out of an error that goes through one of them, that one included.

    Called where the error was caught. A bare `raise` then goes on without adding the frame again.
    """
    traceback = error.__traceback__
    while traceback is not None and is_ours(traceback.tb_frame):
        traceback = traceback.tb_next
    without_ours(traceback)
    error.__traceback__ = traceback
