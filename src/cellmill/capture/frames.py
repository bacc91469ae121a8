"""Who calls, and under which names: read from the interpreter's frames, never from the user's objects."""

import ast
import sys
from types import FrameType, TracebackType
from typing import Any

from cellmill.dataflow.derived import derives_from

_OURS = __name__.rpartition(".capture.")[0] + "."  # "cellmill."


def caller() -> FrameType | None:
    """Return the nearest frame that is not Cellmill's."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and is_ours(frame):
        frame = frame.f_back
    return frame


def is_ours(frame: FrameType) -> bool:
    """Return whether a frame runs Cellmill's own code."""
    return str(frame.f_globals.get("__name__", "")).startswith(_OURS)


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
    if frame is None:
        return False
    import executing

    running = executing.Source.executing(frame)
    if not isinstance(running.node, ast.Call) or running.source.tree is None:
        return False
    return derives_from(running.node, running.source.tree, methods)


def _argument(frame: FrameType, position: int) -> ast.expr | None:
    """Return the source of the running call's positional argument."""
    # IPython brings `executing` with it; it is asked only when no variable holds the value.
    import executing

    node = executing.Source.executing(frame).node
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


def pass_unseen(error: BaseException) -> None:
    """Take Cellmill's frames out of an error that goes through one of them, that one included.

    Called where the error was caught. A bare `raise` then goes on without adding the frame again.
    """
    traceback = error.__traceback__
    while traceback is not None and is_ours(traceback.tb_frame):
        traceback = traceback.tb_next
    without_ours(traceback)
    error.__traceback__ = traceback
