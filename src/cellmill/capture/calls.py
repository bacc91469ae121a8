"""Which calls are running in the user's own code, and is one still the same call of its function?

Told without keeping a frame, which would keep its values. `Activation`s that differ are of different calls;
of two calls one after the other they may be the same.
"""

import dis
import sys
from collections.abc import Hashable
from dataclasses import dataclass
from functools import lru_cache
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR
from types import CodeType, FrameType

from cellmill.capture.frames import cell_around, locals_of

# The calls that are running, the innermost first.
Calls = tuple[tuple[CodeType, int], ...]
MAX_DEPTH = 8
# Who resumes such a frame may be another each time, and while it waits it is on no stack.
_RESUMED = CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR
_BINDING = ("STORE_FAST", "DELETE_FAST", "STORE_DEREF", "DELETE_DEREF", "MAKE_CELL")


@dataclass(frozen=True)
class Activation:
    """What stays the same as long as one call of a function runs."""

    code: CodeType
    frame: int
    given: tuple[int, ...]
    """The arguments that are never bound anew, by identity: the frame holds them."""
    around: Hashable
    """Who calls, and from where."""


def activation_of(frame: FrameType, around: FrameType | None) -> Activation:
    """Return the key of a call; `around` is the nearest frame of the user's that called it."""
    code = frame.f_code
    names = _kept_arguments(code)
    local = locals_of(frame) if names else {}
    given = tuple(id(local[name]) for name in names if name in local)
    is_called = around is not None and not code.co_flags & _RESUMED
    return Activation(
        code, id(frame), given, (id(around), around.f_lasti) if around is not None and is_called else None
    )


def have_ended(activations: "set[Activation]") -> "set[Activation]":
    """Return which calls are over, being not on this thread's stack; those of another thread are not asked for."""
    running = set()
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        running.add(id(frame))
        frame = frame.f_back
    return {each for each in activations if not each.code.co_flags & _RESUMED and each.frame not in running}


@lru_cache(maxsize=256)
def _kept_arguments(code: CodeType) -> tuple[str, ...]:
    count = code.co_argcount + code.co_kwonlyargcount
    bound = {each.argval for each in dis.get_instructions(code) if each.opname.startswith(_BINDING)}
    names = {name for one in bound for name in (one if isinstance(one, tuple) else (one,))}
    return tuple(name for name in code.co_varnames[:count] if name not in names)


def calls_of(frame: FrameType | None) -> Calls:
    """Return where the user's own code is at that calls, through functions of its own, up to the cell."""
    return () if frame is None else tuple((each.f_code, each.f_lasti) for each in users_frames(frame))


def users_frames(frame: FrameType) -> list[FrameType]:
    """Return the frames of the user's own code from this one on outwards, up to the cell's."""
    found = [frame]
    outside = around(frame)
    while outside is not None and len(found) <= MAX_DEPTH and not is_cell(found[-1]):
        found.append(outside)
        outside = around(outside)
    return found


def is_cell(frame: FrameType) -> bool:
    """Whether a frame is that of a cell, and not of code that a magic or `exec` runs in it."""
    return frame.f_code.co_name == "<module>" and cell_around(frame) is None


def around(frame: FrameType) -> FrameType | None:
    """Return the nearest frame of the user's own code around another."""
    found = frame.f_back
    while found is not None and found.f_globals.get("__name__") != "__main__":
        found = found.f_back
    return found
