"""Which predictions do names and expressions derive from? Pure: syntax and what is known of it in, labels out."""

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

Labels = frozenset[Any]
Path = tuple[str, ...]
NOTHING: Labels = frozenset()
LOOPS = (ast.For, ast.AsyncFor, ast.While)
# What these answer is of no prediction that they are given: a count, a model of its own, its own figures.
_OF_THEIR_OWN = ("len", "fit", "partial_fit", "train", "cross_val_score", "cross_validate", "cross_val_predict")


@dataclass
class Provenance:
    """What is known of names, followed through statements in the order in which they stand.

    `answer` says which prediction a call made when it last ran, None for a call that is no prediction;
    `bound` says which prediction the object is that a name holds now, None where that cannot be told.
    """

    answer: Callable[[ast.expr], Labels | None]
    methods: tuple[str, ...]
    """Those that predict: what they are given does not matter to whose prediction it is."""
    bound: Callable[[str], Labels | None] = lambda _: None
    ran: Callable[[ast.stmt], bool] = lambda _: False
    """Whether the body of a loop is known to have run at least once."""
    names: dict[Path, Labels] = field(default_factory=dict)
    """By name, and by name and constant key: a frame's column has predictions of its own."""
    earlier_rounds: int = 0
    """Above 0 while what the earlier rounds of a loop may have left is followed."""
    loops: int = 0
    """How many loops are around the statement that is followed."""

    def run(self, statements: Iterable[ast.stmt], until: ast.stmt | None = None) -> bool:
        """Follow statements, up to one of them. Returns whether that was met."""
        return any(statement is until or self._statement(statement, until) for statement in statements)

    def of(self, node: ast.AST | None) -> Labels:
        """Return what an expression derives from."""
        match node:
            case ast.Name():
                found = self.bound(node.id)
                return self._of_name(node.id) if found is None else found
            case ast.Subscript(value=ast.Name(name), slice=ast.Constant(key)):
                if any(path[0] == name and len(path) > 1 for path in self.names):
                    return self.names.get((name, repr(key)), NOTHING) | self.names.get((name,), NOTHING)
                return self.of(node.value)
            case ast.Call():
                known = self.answer(node)
                if known is None and _called(node) in _OF_THEIR_OWN:
                    return NOTHING
                if known is not None and isinstance(node.func, ast.Attribute) and node.func.attr in self.methods:
                    return known
                if known is not None:  # a function of the user's may mix in what it is given
                    return known.union(*(self.of(child) for child in ast.iter_child_nodes(node)))
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                known = self.answer(node)
                if known is not None:
                    return known.union(*(self.of(each) for each in ast.walk(node) if isinstance(each, ast.Name)))
            case ast.Lambda() | None:
                return NOTHING
        return frozenset().union(*(self.of(child) for child in ast.iter_child_nodes(node)))

    def bind(self, target: ast.expr, labels: Labels) -> None:
        """Take it that a target holds what derives from these."""
        self._put(target, labels)

    def _of_name(self, name: str) -> Labels:
        return frozenset().union(*(labels for path, labels in self.names.items() if path[0] == name))

    def _statement(self, node: ast.stmt, until: ast.stmt | None) -> bool:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                self._forget(node.name)
            case ast.Assign():
                for target in node.targets:
                    self._bind(target, node.value)
            case ast.AnnAssign(value=ast.expr() as value):
                self._bind(node.target, value)
            case ast.AugAssign():
                self._add(node.target, self.of(node.value))
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=receiver)) as call) if self.answer(call) is None and (
                _called(call) not in _OF_THEIR_OWN
            ):
                # `answers.append(p)`: what a method is given may stay in its object.
                given = [*call.args, *(keyword.value for keyword in call.keywords)]
                self._add(receiver, frozenset().union(*(self.of(each) for each in given)))
            case ast.For() | ast.AsyncFor():
                self._put(node.target, self.of(node.iter))
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    if item.optional_vars is not None:
                        self._put(item.optional_vars, self.of(item.context_expr))
        before = dict(self.names)
        if not isinstance(node, LOOPS):
            return self._inside(node, until, before)
        self.loops += 1
        self.earlier_rounds += 1
        self._inside(node, None)
        self._or(before)
        self.earlier_rounds -= 1
        ended = self._inside(node, until, before)
        self.loops -= 1
        return ended

    def _inside(self, node: ast.stmt, until: ast.stmt | None, before: dict[Path, Labels] | None = None) -> bool:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            return False
        # A loop in a loop may have run in an earlier round alone.
        surely = isinstance(node, LOOPS) and self.loops == 1 and self.ran(node)
        for part in ("body", "handlers", "orelse", "finalbody"):
            inner = getattr(node, part, None)
            if not isinstance(inner, list):
                continue
            for statements, is_whole in _blocks(node, part, inner):
                earlier = before if before is not None and is_whole and part == "body" else dict(self.names)
                if self.run(statements, until):
                    return True
                is_sure = isinstance(node, (ast.With, ast.AsyncWith)) or (surely and is_whole and part == "body")
                if not is_sure:
                    self._or(earlier)
        return False

    def _or(self, others: dict[Path, Labels]) -> None:
        """It may not have run: what was there before may be there still."""
        for path, labels in others.items():
            self.names[path] = self.names.get(path, NOTHING) | labels

    def _bind(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, (ast.Tuple, ast.List)) and isinstance(value, (ast.Tuple, ast.List)):
            plain = not any(isinstance(each, ast.Starred) for each in (*target.elts, *value.elts))
            if plain and len(target.elts) == len(value.elts):
                found = [self.of(each) for each in value.elts]
                for each, labels in zip(target.elts, found, strict=True):
                    self._put(each, labels)
                return
        keyed = _keyed(value)
        if isinstance(target, ast.Name) and keyed is not None:
            columns = {repr(key): self.of(each) for key, each in keyed.items()}
            self._forget(target.id)
            self.names.update({(target.id, key): labels for key, labels in columns.items()})
            return
        self._put(target, self.of(value))

    def _put(self, target: ast.expr, labels: Labels) -> None:
        match target:
            case ast.Name():
                self._forget(target.id)
                if labels:
                    self.names[target.id,] = labels
            case ast.Tuple() | ast.List():
                for each in target.elts:
                    self._put(each, labels)
            case ast.Starred():
                self._put(target.value, labels)
            case ast.Subscript(value=ast.Name(name), slice=ast.Constant(key)):
                self.names[name, repr(key)] = labels
            case _:
                self._add(target, labels)

    def _add(self, target: ast.expr, labels: Labels) -> None:
        while isinstance(target, (ast.Attribute, ast.Subscript, ast.Starred)):
            target = target.value
        if isinstance(target, ast.Name) and labels:
            self.names[target.id,] = self.names.get((target.id,), NOTHING) | labels

    def _forget(self, name: str) -> None:
        for path in [path for path in self.names if path[0] == name]:
            del self.names[path]


def _blocks(node: ast.stmt, part: str, inner: list[Any]) -> Iterator[tuple[list[ast.stmt], bool]]:
    """Yield the statements that run together, and whether they do so from the first on.

    Where it may be left early, each statement after that may be one that did not run.
    """
    if part == "handlers":
        yield from ((handler.body, False) for handler in inner)
        return
    leaves = (position for position, each in enumerate(inner) if isinstance(node, ast.Try) or _may_leave(each))
    first = next(leaves, len(inner))
    if first:
        yield inner[:first], True
    yield from (([each], False) for each in inner[first:])


def _may_leave(statement: ast.stmt) -> bool:
    return any(isinstance(each, (ast.Break, ast.Continue)) for each in ast.walk(statement))


def given_to(
    function: ast.FunctionDef | ast.AsyncFunctionDef, call: ast.Call, of: Callable[[ast.expr], Labels]
) -> dict[str, Labels]:
    """Return what the parameters of a function derive from, in a call of it.

    Where the source cannot tell which argument is which, what they all derive from and a stranger's, `None`.
    """
    arguments = function.args
    names = [each.arg for each in (*arguments.posonlyargs, *arguments.args)]
    named = [*names, *(each.arg for each in arguments.kwonlyargs)]
    values = [*call.args, *(keyword.value for keyword in call.keywords)]
    plain = not any(isinstance(each, ast.Starred) for each in call.args) and all(each.arg for each in call.keywords)
    if not plain or _called(call) != function.name:
        every = NOTHING.union(*(of(each) for each in values))
        return dict.fromkeys(named, every | {None}) if every else {}
    if names[:1] == ["self"] and isinstance(call.func, ast.Attribute):
        names = names[1:]
    given = dict(zip(names, call.args, strict=False))
    given.update({each.arg: each.value for each in call.keywords if each.arg in named})
    return {name: of(value) for name, value in given.items()}


def _called(call: ast.Call) -> str | None:
    match call.func:
        case ast.Name(name) | ast.Attribute(attr=name):
            return name
    return None


def _keyed(value: ast.expr) -> dict[Any, ast.expr] | None:
    """Return the values by key of `{"p": p}` and of a call with it alone, as `pd.DataFrame({"p": p})`."""
    if isinstance(value, ast.Call) and len(value.args) == 1 and isinstance(value.args[0], ast.Dict):
        value = value.args[0]
    if isinstance(value, ast.Dict) and all(isinstance(key, ast.Constant) for key in value.keys):
        return {key.value: each for key, each in zip(value.keys, value.values, strict=True)}  # type: ignore[union-attr]
    return None
