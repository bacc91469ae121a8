"""What a cell binds its names to: plain values in its source, loops, and what changes them. Pure.

Told for the parameters of a run, where a wrong value is worse than none: a name that is bound in a second way,
or changed in place, has no value that its source tells.
"""

import ast
import operator
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cellmill.dataflow.magics import python_in

_CHANGING = frozenset(
    [
        "add",
        "append",
        "clear",
        "difference_update",
        "discard",
        "extend",
        "insert",
        "intersection_update",
        "pop",
        "popitem",
        "remove",
        "reverse",
        "setdefault",
        "sort",
        "symmetric_difference_update",
        "update",
        "__setitem__",
    ]
)
_ARITHMETIC: dict[type[ast.operator], Any] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow,
}  # fmt: skip
LARGEST_POWER, LARGEST_BASE = 64, 1e6
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


@dataclass(frozen=True)
class Known:
    """A plain value in the source, in the statement of that number. `path` is `lr`."""

    path: str
    value: Any
    statement: int

    @property
    def name(self) -> str:
        """The name that is bound."""
        return self.path.partition(".")[0]


@dataclass(frozen=True)
class _Touched:
    """Where a name is bound, changed in place or read, besides what is `Known`."""

    name: str
    line: int
    statement: int


class Bindings:
    """What the source of a cell says of its names. A source that is no Python says nothing."""

    def __init__(self, source: str) -> None:
        tree = python_in(source)
        self._body = tree.body if tree is not None else []
        self.known: list[Known] = []
        self._changes: list[_Touched] = []
        self._reads: list[_Touched] = []
        for number, node in enumerate(self._body):
            pairs = _plain_pairs(node)
            self.known += [Known(path, value, number) for path, value in pairs]
            for name, line in _changed(node, {path.partition(".")[0] for path, _ in pairs}):
                self._changes.append(_Touched(name, line, number))
            for each in ast.walk(node):
                if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load):
                    self._reads.append(_Touched(each.id, each.lineno, number))
        nodes = [each for node in self._body for each in ast.walk(node)]
        asked = {id(each.value) for each in nodes if isinstance(each, ast.Attribute)}
        loaded = [each for each in nodes if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)]
        self.used_whole = frozenset(each.id for each in loaded if id(each) not in asked)
        """Names that are read otherwise than for an attribute: a class that is made into objects, or handed on."""
        self.bound = frozenset([*(k.name for k in self.known), *(c.name for c in self._changes)])
        """Names that the cell binds or changes in any way."""
        self.known_names = tuple(dict.fromkeys(known.name for known in self.known))

    def at_end(self) -> dict[str, Any]:
        """Return the plain values that the source alone tells, as of its end.

        Of a name bound to several values the last counts, unless one before it is read.
        """
        changed = {change.name for change in self._changes}
        found: dict[str, Any] = {}
        for name, each in self._by_name().items():
            first, last = each[0].statement, each[-1].statement
            is_one = len({repr(known.value) for known in each if known.path == each[-1].path}) == 1
            between = any(read.name == name and first < read.statement <= last for read in self._reads)
            if name not in changed and (is_one or not between):
                found.update({known.path: known.value for known in each})
        return found

    def is_bound_once(self, name: str) -> bool:
        """Whether a single statement binds a name to plain values."""
        return len({known.statement for known in self.known if known.name == name}) == 1

    def before(self, line: int) -> dict[str, Any]:
        """Return the plain values bound in statements before the one that has this line."""
        running = self._running(line)
        return {known.path: known.value for known in self.known if known.statement < running}

    def looped(self, line: int) -> tuple[str, ...]:
        """Return the targets of the loops that go on at a line."""
        found: dict[str, None] = {}
        for node in (each for statement in self._body for each in _own_scope(statement)):
            if isinstance(node, ast.For | ast.AsyncFor) and node.lineno <= line <= (node.end_lineno or node.lineno):
                found.update({each.id: None for each in ast.walk(node.target) if isinstance(each, ast.Name)})
        return tuple(found)

    def gathered(self, line: int) -> frozenset[str]:
        """Return the names that are changed only after a line, as what is gathered from training to training.

        In the same statement, or in a later one where none up to here has read them.
        """
        running = self._running(line)
        early = {read.name for read in self._reads if read.statement <= running}
        found = {c.name for c in self._changes if c.statement == running and c.line > line}
        found -= {c.name for c in self._changes if c.statement == running and c.line <= line}
        return frozenset(found | {c.name for c in self._changes if c.statement > running and c.name not in early})

    def _running(self, line: int) -> int:
        """Return the number of the statement that has a line; of several on it the last."""
        return max((n for n, node in enumerate(self._body) if _first_line(node) <= line), default=-1)

    def _by_name(self) -> dict[str, list[Known]]:
        found: dict[str, list[Known]] = {}
        for known in self.known:
            found.setdefault(known.name, []).append(known)
        return found


@lru_cache(maxsize=4096)  # a session is folded again with each execution
def bindings_of(source: str) -> Bindings:
    """Return what a source says of its names."""
    return Bindings(source)


def _plain_pairs(node: ast.stmt) -> list[tuple[str, Any]]:
    """Return what a statement binds to plain values."""
    if isinstance(node, ast.ClassDef):
        return _of_class(node)
    if isinstance(node, ast.Assign):
        targets, value = node.targets, node.value
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        targets, value = [node.target], node.value
    else:
        return []
    pairs: list[tuple[str, Any]] = []
    try:
        for target in targets:
            pairs += _of_target(target, value)
    except (ValueError, TypeError, KeyError, ArithmeticError, MemoryError, RecursionError):
        return []  # an expression
    return pairs


def _of_class(node: ast.ClassDef) -> list[tuple[str, Any]]:
    """Return the attributes of a class that holds plain values and nothing else: `class CFG`."""
    if node.bases or node.keywords or node.decorator_list:
        return []
    pairs: list[tuple[str, Any]] = []
    for each in node.body:
        found = _plain_pairs(each) if not isinstance(each, ast.ClassDef) else []
        is_text = isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant)
        if not found and not is_text and not isinstance(each, ast.Pass):
            return []
        pairs += [(f"{node.name}.{path}", value) for path, value in found]
    return pairs


def _of_target(target: ast.expr, value: ast.expr) -> list[tuple[str, Any]]:
    """Return what a target is bound to. Raises ValueError where it is no name, or the value no plain one."""
    if isinstance(target, ast.Name):
        return [(target.id, _plain_value(value))]
    if isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
        both = zip(target.elts, value.elts, strict=True)
        return [pair for one, other in both for pair in _of_target(one, other)]
    raise ValueError(ast.unparse(target))


def _plain_value(node: ast.expr) -> Any:
    """Return the value of a literal, or of numbers that are reckoned with: `2 ** 5`. Raises ValueError and others."""
    if not isinstance(node, ast.BinOp):
        return ast.literal_eval(node)
    left, right = _plain_value(node.left), _plain_value(node.right)
    if type(left) not in (int, float) or type(right) not in (int, float):
        raise ValueError(ast.unparse(node))
    if isinstance(node.op, ast.Pow) and (abs(right) > LARGEST_POWER or abs(left) > LARGEST_BASE):
        raise ValueError(ast.unparse(node))  # it might take long
    found = _ARITHMETIC[type(node.op)](left, right)
    if type(found) not in (int, float):
        raise ValueError(ast.unparse(node))  # complex, of a negative base
    return found


def _changed(node: ast.stmt, known: set[str]) -> Iterator[tuple[str, int]]:
    """Yield the names that a statement binds or changes otherwise than to plain values, with their places."""
    for each in _own_scope(node):
        line = getattr(each, "lineno", 0)
        match each:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) if not (_is_target(each, node) and name in known):
                yield name, line
            case ast.Subscript(ctx=ast.Store() | ast.Del()) | ast.Attribute(ctx=ast.Store() | ast.Del()):
                if (root := _root(each)) is not None:
                    yield root, line
            case ast.Call(func=ast.Attribute(value=held, attr=method)) if method in _CHANGING:
                if (root := _root(held)) is not None:
                    yield root, line
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                if name not in known:
                    yield name, line
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                for alias in names:
                    yield alias.asname or alias.name.partition(".")[0], line
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield name, line
            case _:
                pass
    for each in ast.walk(node):
        if isinstance(each, ast.Global):
            for name in each.names:
                yield name, each.lineno


def _is_target(name: ast.Name, node: ast.stmt) -> bool:
    """Whether a name is what an assignment binds, and not, say, a walrus in its value."""
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", node)]
    return any(name is each for target in targets for each in ast.walk(target))


def _own_scope(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and those below it that run in its scope: not the bodies of functions and classes."""
    yield node
    if isinstance(node, _SCOPES):
        return
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.comprehension):
            for part in (child.iter, *child.ifs):  # its target is its own
                yield from _own_scope(part)
        else:
            yield from _own_scope(child)


def _root(node: ast.expr) -> str | None:
    while isinstance(node, ast.Subscript | ast.Attribute | ast.Starred):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(each.lineno for each in decorators)])
