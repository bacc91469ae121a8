"""May the user's code around a call write into an array that is there? A quick look, without parsing anything."""

import ast
import dis
import linecache
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import CodeType, FrameType, FunctionType
from typing import Any

from cellmill.dataflow.targets import WRITING

_WRITES = re.compile(rf"(?:[-+*/%&|^@]|<<|>>)=|\]\s*=(?!=)|\bout\s*=|\b(?:{'|'.join(WRITING)}|[a-z]\w*_)\(")


def may_write(frames: Iterable[FrameType]) -> bool:
    """Return whether the sources of frames have what writes into objects: `p += q`, `p[mask] = q`, `out=p`.

    The sources, for of a cell each statement is code of its own.
    """
    return any(_may_write("".join(linecache.getlines(name))) for name in {each.f_code.co_filename for each in frames})


@lru_cache(maxsize=64)
def _may_write(source: str) -> bool:
    return _WRITES.search(source) is not None


def may_fill(call: ast.Call, user_names: Mapping[str, Any]) -> bool:
    """Return whether a function of the user's, or one that it calls, may write into what it is given."""
    if not isinstance(call.func, ast.Name):
        return True
    waiting, seen = [user_names.get(call.func.id)], set()
    while waiting:
        function = waiting.pop()
        if type(function) is not FunctionType:
            return True
        if function.__code__ in seen:
            continue
        seen.add(function.__code__)
        names = _fills(function.__code__)
        if names is None:
            return True
        called = (user_names.get(name) for name in names)
        waiting += [each for each in called if type(each) is FunctionType and each.__module__ == "__main__"]
    return False


@lru_cache(maxsize=256)
def _fills(code: CodeType) -> tuple[str, ...] | None:
    """Return the names that a function uses, None where it writes into something itself."""
    names = set(code.co_names)
    if not names.isdisjoint((*WRITING, "insert", "setattr", "eval")):
        return None
    for each in dis.get_instructions(code):
        if each.opname in ("STORE_SUBSCR", "STORE_SLICE", "STORE_ATTR", "INPLACE_ADD", "INPLACE_SUBTRACT"):
            return None
        if each.opname == "BINARY_OP" and each.argrepr.endswith("="):
            return None
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            inner = _fills(constant)
            if inner is None:
                return None
            names.update(inner)
    return tuple(names)
