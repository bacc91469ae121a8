"""Who calls, and under which names: read from the interpreter's frames, never from the user's objects."""

import ast
import dis
import sys
from collections import ChainMap
from collections.abc import Mapping
from functools import lru_cache
from inspect import CO_OPTIMIZED
from itertools import islice
from types import BuiltinFunctionType, CodeType, FrameType, FunctionType, MethodType, ModuleType, TracebackType
from typing import Any

from cellmill.dataflow.derived import derives_from
from cellmill.dataflow.magics import lines_below, opened, runs_body

# What `warnings` looks for in a frame's file name to pass over the import system (`_is_internal_filename`).
PASSED_OVER = "<cellmill, passed over by warnings as importlib._bootstrap is>"

Position = tuple[int | None, int | None, int | None, int | None]
"""First line, last line, first column, the column after the last."""

Place = tuple[str, int | None, int | None, int | None, int | None]
"""Where a call stands: the file, which for a cell is a name of its own, and its position."""

# They stand between users and what they call.
_BETWEEN = ("contextlib", "functools")
_ESTIMATING = ("fit", "predict")  # a data frame has a method `transform`
# What IPython calls the code that `%time` runs. Its source is the magic's.
TIMED = ("<timed exec>", "<timed eval>")
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_CALLING = (ast.Call, *COMPREHENSIONS)
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


def locals_of(frame: FrameType) -> dict[str, Any]:
    """Return a copy of the names of a running frame, and leave no trace of the look.

    Before Python 3.13 a function's frame keeps the snapshot that is made for who asks, for as long as it runs: what
    the function deletes would stay in memory. And it is one with what `locals()` answered earlier: of a function that
    has kept that, the answer is empty, or it would change under the function's hands.
    """
    code = frame.f_code
    if sys.version_info >= (3, 13) or not code.co_flags & CO_OPTIMIZED:  # of a module or a class it is the namespace
        return dict(frame.f_locals)
    if "locals" in code.co_names and _keeps_locals(code):
        return {}
    snapshot = frame.f_locals
    names = dict(snapshot)
    # A debugger may hold it, and writes it back into the function.
    if frame.f_trace is None and sys.getrefcount(snapshot) <= 3:
        for name in (*code.co_varnames, *code.co_cellvars, *code.co_freevars):  # others are `exec`'s, and live there
            snapshot.pop(name, None)
    return names


@lru_cache(maxsize=256)
def _keeps_locals(code: CodeType) -> bool:
    """Whether a function has a name for what `locals()` answers; `f(**locals())` and the like have not."""
    steps = [each for each in dis.get_instructions(code) if each.opname != "PRECALL"]
    answered = [two for one, two in zip(steps, steps[2:], strict=False) if one.argval == "locals"]
    # The call lies between. To put it somewhere, Python loads where; to unpack it or to ask it something, nothing.
    return any(each.opname.startswith(("STORE_", "LOAD_FAST", "LOAD_GLOBAL", "LOAD_DEREF")) for each in answered)


def name_of(value: Any, frame: FrameType | None, user_names: dict[str, Any], *, position: int) -> str | None:
    """Return the variable that holds a value: a global, else a local of the caller, by identity.

    An expression such as `test[features]` or `scaler.transform(test)` gives the name of its data, `test`; where
    nothing is found, None. Looked for in the user's code: libraries have names of their own for what they are given.
    """
    for name, bound in list(user_names.items()):
        if bound is value and not name.startswith("_"):
            return name
    frame = in_users_code(frame)
    if frame is None:
        return None
    local = {} if frame.f_globals is user_names and frame.f_code.co_name == "<module>" else locals_of(frame)
    for name, bound in local.items():
        if bound is value and not name.startswith("_"):
            return name
    return _data_in(_argument(frame, position), ChainMap(local, frame.f_globals))


def in_users_code(frame: FrameType | None) -> FrameType | None:
    """Return the nearest frame from this one on outwards that is no library's."""
    while frame is not None and _is_librarys(frame):
        frame = frame.f_back
    return frame


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

    cell, lines = _source_of(frame)
    if cell is None:
        return None, None
    found = executing.Source.executing(cell)
    # Code that a magic runs stands in the cell of the magic.
    tree = opened(found.source.text) or found.source.tree
    if not isinstance(tree, ast.Module):
        return None, None
    node: ast.AST | None = found.node if tree is found.source.tree else None
    return node if node is not None else _at(_further_down(position(frame), lines), tree), tree


def position(frame: FrameType) -> Position | None:
    """Return the lines and columns (in bytes) of what a frame runs now."""
    if not hasattr(frame.f_code, "co_positions"):
        return None
    return next(islice(frame.f_code.co_positions(), frame.f_lasti // 2, None), None)


def place(frame: FrameType) -> Place | None:
    """Return where the call stands that a frame runs now; of code that a magic runs, where `magics.opened` has it."""
    cell, lines = _source_of(frame)
    at = _further_down(position(frame), lines)
    return None if cell is None or at is None else (cell.f_code.co_filename, *at)


def file_of(frame: FrameType) -> str:
    """Return the file of `place`."""
    cell, _ = _source_of(frame)
    return (cell or frame).f_code.co_filename


def cell_around(frame: FrameType) -> FrameType | None:
    """Return the frame of the user's names around one that runs in them too: the cell whose magic runs it, mostly."""
    around = frame.f_back
    while around is not None and around.f_globals is not frame.f_globals:
        around = around.f_back
    return around


def _source_of(frame: FrameType) -> tuple[FrameType | None, int]:
    """Return the frame of the cell in which the code of a frame stands, and how many lines further down it is there.

    That is the frame itself, but for code that a magic runs.
    """
    module: FrameType | None = frame
    if frame.f_code.co_name != "<module>":
        if frame.f_code.co_filename not in TIMED:
            return frame, 0
        while module is not None and (module.f_code.co_name != "<module>" or module.f_code.co_filename not in TIMED):
            module = module.f_back
        if module is None or not _is_part(frame.f_code, module.f_code):
            return None, 0  # it was made in another cell, whose source nobody keeps
    cell = cell_around(module)  # type: ignore[arg-type]
    if cell is None or cell.f_code.co_name != "<module>":
        return frame, 0
    magic, _ = running(cell)
    if not isinstance(magic, ast.Call) or not runs_body(magic):
        return frame, 0
    return _source_of(cell)[0], lines_below(magic.lineno)


def _is_part(code: CodeType, whole_code: CodeType) -> bool:
    parts = [each for each in whole_code.co_consts if isinstance(each, CodeType)]
    return any(each is code or _is_part(code, each) for each in parts)


def _further_down(position: Position | None, lines: int) -> Position | None:
    if position is None or not lines or position[0] is None or position[1] is None:
        return position
    return (position[0] + lines, position[1] + lines, *position[2:])


def _at(wanted: Position | None, tree: ast.Module) -> ast.expr | None:
    """Find a call by its position: of several statements in a line of a cell, `executing` cannot tell which it is."""
    if wanted is None or None in wanted:
        return None
    calls = (node for node in ast.walk(tree) if isinstance(node, _CALLING))
    return next((node for node in calls if position_of(node) == wanted), None)


def position_of(node: ast.expr) -> Position:
    """Return the lines and columns (in bytes) of an expression."""
    return (node.lineno, node.end_lineno, node.col_offset, node.end_col_offset)


def scope_of(node: ast.AST) -> ast.AST | None:
    """Return what gives a node its names: a function, a comprehension. `executing` has noted the parents."""
    scopes = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, *COMPREHENSIONS)
    found: ast.AST | None = getattr(node, "parent", None)
    while found is not None and not isinstance(found, scopes):
        found = getattr(found, "parent", None)
    return found


def in_comprehension(node: ast.AST) -> bool:
    """Return whether a node stands in a comprehension: from Python 3.12 on those have no frame of their own."""
    return isinstance(scope_of(node), COMPREHENSIONS)


def statement_of(node: ast.AST | None) -> ast.stmt | None:
    """Return the statement in which a node stands, None where it stands in none."""
    while node is not None and not isinstance(node, ast.stmt):
        node = getattr(node, "parent", None)
    return node


def _argument(frame: FrameType, position: int) -> ast.expr | None:
    """Return the source of the running call's positional argument."""
    node, _ = running(frame)
    if isinstance(node, ast.Call) and position < len(node.args):
        return node.args[position]
    return None


def _is_librarys(frame: FrameType) -> bool:
    file = frame.f_code.co_filename
    return "site-packages" in file or "dist-packages" in file or frame.f_globals.get("__name__") in _BETWEEN


def _data_in(node: ast.expr | None, names: Mapping[str, Any]) -> str | None:
    """Return the name of the data in an expression: not that of the module, function or estimator that works on it."""
    match node:
        case ast.Name(name):
            return None if _works_on_data(name, names) else name
        case ast.Attribute(value=ast.Name("self" | "cls"), attr=name):
            return name
        case ast.Subscript() | ast.Attribute() | ast.Starred():
            return _data_in(node.value, names)
        case ast.Call():
            if isinstance(node.func, ast.Attribute) and (owner := _data_in(node.func.value, names)) is not None:
                return owner
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            return _data_in(given[0], names) if given else None
    return None


def _works_on_data(name: str, names: Mapping[str, Any]) -> bool:
    value = names.get(name)
    if name in ("self", "cls") or isinstance(value, (ModuleType, FunctionType, BuiltinFunctionType, MethodType, type)):
        return True
    return any(method in vars(kind) for kind in type(value).__mro__ for method in _ESTIMATING)


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
