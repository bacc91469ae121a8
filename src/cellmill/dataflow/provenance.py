"""Which predictions do names and expressions derive from? Pure: syntax and what is known of it in, labels out."""

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from cellmill.dataflow.targets import called, column_of, keyed, root_of, rows_named, viewed, written_by

Labels = frozenset[Any]
Path = tuple[str, ...]
NOTHING: Labels = frozenset()
LOOPS = (ast.For, ast.AsyncFor, ast.While)
# In a path: what a clusterer answered of the data that it was trained on, its `labels_`.
LEARNED = ".labels_"
# In a path, behind the source of an object: what was written into it since that was bound, as `p += q` does.
WITHIN = ".within"
# In a path, before another name: both were given one object.
SAME = ".same"
_MARKS = frozenset([LEARNED, WITHIN, SAME])
_LEARNING = ("fit", "fit_predict", "fit_transform", "partial_fit")
# What these answer is of no prediction that they are given: a count, a model of its own, its own figures.
_OF_THEIR_OWN = ("len", "fit", "partial_fit", "train", "cross_val_score", "cross_validate", "cross_val_predict")


@dataclass(frozen=True, eq=False)
class Part:
    """Some rows of an array or a frame that were written. Compared by identity: to write them anew is another."""

    names: frozenset[str]
    """Those on which it depends which rows they are."""
    labels: Labels


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
    learned: Callable[[ast.expr], Labels | None] = lambda _: None
    """Which prediction the `labels_` are that a call of `fit` left in its object, None where it left none."""
    may_fill: Callable[[ast.Call], bool] = lambda _: True
    """Whether a function of the user's may write into what it is given."""
    may_hold: Callable[[str], bool] = lambda _: True
    """Whether a name may keep what a method of it is given; a module, as in `np.save(path, p)`, does not."""
    model_of: Callable[[Any], Any] = lambda label: label
    """Whose prediction a label is: those of one model, of several data, are no mixture."""
    names: dict[Path, Labels] = field(default_factory=dict)
    """By name, and by name and constant key: a frame's column has predictions of its own."""
    parts: dict[str, Part] = field(default_factory=dict)
    """By the source of `oof[va]`: those whose rows were written last, and that nothing has touched since."""
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
                return self._of_name(node.id) if found is None else self.mixed(found, node)
            case ast.Subscript() if self.parts and (part := self.parts.get(ast.unparse(node))) is not None:
                return part.labels
            case ast.Subscript() if (path := column_of(node)) is not None:
                if self._has_parts(path[0]):
                    return self.names.get(path, NOTHING) | self.names.get(path[:1], NOTHING)
                return self.of(node.value)
            case ast.Attribute(value=ast.Name(name), attr="labels_") if (name, LEARNED) in self.names:
                return self.names[name, LEARNED]
            case ast.Attribute(value=ast.Call() as call, attr="labels_") if (left := self.learned(call)) is not None:
                return left
            case ast.Call():
                known = self.answer(node)
                if known is None and called(node) in _OF_THEIR_OWN:
                    return NOTHING
                if known is not None and isinstance(node.func, ast.Attribute) and node.func.attr in self.methods:
                    return known
                if known is not None:  # a function of the user's may mix in what it is given
                    return known.union(*(self.of(child) for child in ast.iter_child_nodes(node)))
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                if self.parts:  # `oof[va]` in there may be of another `va`
                    parts, self.parts = self.parts, {}
                    known = self.of(node)
                    self.parts = parts
                    return known
                known = self.answer(node)
                if known is not None:
                    return known.union(*(self.of(each) for each in ast.walk(node) if isinstance(each, ast.Name)))
            case ast.Lambda() | None:
                return NOTHING
        return frozenset().union(*(self.of(child) for child in ast.iter_child_nodes(node)))

    def bind_each(self, target: ast.expr, iterated: ast.expr) -> None:
        """Take it that a target holds an item of what is iterated."""
        listed = iterated.elts if isinstance(iterated, (ast.Tuple, ast.List)) else []
        written = [self._written_into(each.id) for each in listed if isinstance(each, ast.Name)]
        self._put(target, self.of(iterated))
        if isinstance(target, ast.Name):
            self.wrote(target.id, NOTHING.union(*written))

    def bind(self, target: ast.expr, labels: Labels) -> None:
        """Take it that a target holds what derives from these."""
        self._put(target, labels)

    def mixed(self, known: Labels, node: ast.expr) -> Labels:
        """Return what an array derives from: the model that answered it, and those that were written into it since."""
        models = {self.model_of(label) for label in known}
        return known | {label for label in self.written(node) if self.model_of(label) not in models}

    def written(self, node: ast.AST) -> Labels:
        """Return what was written into the arrays that an expression names, since those were bound."""
        match node:
            case ast.Name(name):
                return self._written_into(name) if self.bound(name) is not None else NOTHING
            case ast.Subscript() | ast.Attribute() if (root := root_of(node)) is not None:
                if self.bound(root) is not None:
                    return self.written(ast.Name(root))
                return self.names.get((root, ast.unparse(viewed(node)), WITHIN), NOTHING)
        return frozenset().union(*(self.written(child) for child in ast.iter_child_nodes(node)))

    def wrote(self, name: str, labels: Labels) -> None:
        """Take it that these were written into what a name holds."""
        if labels:
            self.names[name, name, WITHIN] = self._written_into(name) | labels

    def _written_into(self, name: str) -> Labels:
        return self.names.get((name, name, WITHIN), NOTHING)

    def _of_name(self, name: str) -> Labels:
        return frozenset().union(*(labels for _, labels in self._items(name)))

    def _items(self, name: str) -> list[tuple[Path, Labels]]:
        """What a name holds by itself and by key. A clusterer itself is no prediction."""
        return [each for each in self.names.items() if each[0][0] == name and not _MARKS.intersection(each[0][1:])]

    def _has_parts(self, name: str) -> bool:
        return any(len(path) > 1 for path, _ in self._items(name))

    def _statement(self, node: ast.stmt, until: ast.stmt | None) -> bool:
        self._calls_touch(node)
        self._writes(node)
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                self._forget(node.name)
            case ast.Assign():
                for target in node.targets:
                    self._bind(target, node.value)
            case ast.AnnAssign(value=ast.expr() as value):
                self._bind(node.target, value)
            case ast.AugAssign():
                self._touch(root_of(node.target))
                self._add(node.target, self.of(node.value))
            case ast.Delete():
                for target in node.targets:
                    self._touch(root_of(target))
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=receiver)) as call) if self.answer(call) is None and (
                called(call) not in _OF_THEIR_OWN
            ):
                # `answers.append(p)`: what a method is given may stay in its object.
                given = [*call.args, *(keyword.value for keyword in call.keywords)]
                self._touch(root_of(receiver))
                self._add(receiver, frozenset().union(*(self.of(each) for each in given)))
            case ast.For() | ast.AsyncFor():
                self.bind_each(node.target, node.iter)
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    if item.optional_vars is not None:
                        self._put(item.optional_vars, self.of(item.context_expr))
        self._learns(node)
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
                parts = dict(self.parts)
                if self.run(statements, until):
                    return True
                is_sure = isinstance(node, (ast.With, ast.AsyncWith)) or (surely and is_whole and part == "body")
                if not is_sure:
                    self._or(earlier)
                if not isinstance(node, (ast.With, ast.AsyncWith)):
                    self.parts = {key: part for key, part in self.parts.items() if parts.get(key) is part}
        return False

    def _writes(self, node: ast.stmt) -> None:
        """Note what a statement writes into objects in place: they stay the same, and are made of more."""
        for target, value in written_by(node):
            root = root_of(target)
            if root is None:
                continue
            names = self.names
            if isinstance(target, ast.Name):  # what is made of itself is no mixture
                self.names = {path: labels for path, labels in names.items() if path[0] != root}
            labels, self.names = self.of(value), names
            if labels:
                path = (root, ast.unparse(target), WITHIN)
                self.names[path] = self.names.get(path, NOTHING) | labels
                for each in self._sharing(root) if isinstance(target, ast.Name) else []:
                    self.wrote(each, labels)

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
        by_key = keyed(value)
        if isinstance(target, ast.Name) and by_key is not None:
            columns = {repr(key): self.of(each) for key, each in by_key.items()}
            self._forget(target.id)
            self.names.update({(target.id, key): labels for key, labels in columns.items()})
            return
        if isinstance(target, ast.Name) and isinstance(value, ast.Name) and target.id != value.id:
            self._forget(target.id)
            self._share(target.id, value.id)
            return
        self._put(target, self.of(value))

    def _share(self, name: str, other: str) -> None:
        """A name is given what another holds: what is written there under one name is found under all."""
        for path, labels in self._items(other):
            self.names[name, *path[1:]] = labels
        self.wrote(name, self._written_into(other))
        for each in [other, *self._sharing(other)]:
            self.names[name, SAME, each] = self.names[each, SAME, name] = NOTHING

    def _sharing(self, name: str | None) -> list[str]:
        return [path[2] for path in self.names if path[0] == name and path[1:2] == (SAME,)]

    def _put(self, target: ast.expr, labels: Labels) -> None:
        if isinstance(target, ast.Subscript):
            self._touch(root_of(target))
            names = rows_named(target)
            if names is not None:
                self.parts[ast.unparse(target)] = Part(names, labels)
        if isinstance(target, (ast.Subscript, ast.Attribute)) and (root := root_of(target)) is not None:
            self.names.pop((root, ast.unparse(target), WITHIN), None)
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
            case ast.Subscript() if (path := column_of(target)) is not None:
                earlier = NOTHING if isinstance(target.slice, ast.Constant) else self.names.get(path, NOTHING)
                self.names[path] = earlier | labels
                for name in self._sharing(path[0]):
                    self._touch(name)
                    self.names[name, path[1]] = earlier | labels
            case _:
                self._add(target, labels)

    def _add(self, target: ast.expr, labels: Labels) -> None:
        name = root_of(target)
        if name is not None and labels and self.may_hold(name):
            # Of a number, `q = p; q += 1` makes another.
            for each in (name, *([] if isinstance(target, ast.Name) else self._sharing(name))):
                self.names[each,] = self.names.get((each,), NOTHING) | labels

    def _calls_touch(self, node: ast.stmt) -> None:
        """What a statement calls, and binds with `:=`, may write the parts and columns that are known."""
        if isinstance(node, (ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return)):
            for call in ast.walk(node):
                self._may_be_filled(call)
        if not self.parts:
            return
        for each in ast.walk(node):
            match each:
                case ast.NamedExpr(ast.Name(name)):
                    self._touch(name)
                case ast.Call() if not (isinstance(each.func, ast.Attribute) and each.func.attr in self.methods):
                    if self.answer(each) is not None:  # a function of the user's that predicts, into the array perhaps
                        self.parts.clear()
                    for given in (*each.args, *(keyword.value for keyword in each.keywords)):
                        self._touch(given.id if isinstance(given, ast.Name) else None)

    def _may_be_filled(self, call: ast.AST) -> None:
        """A function of the user's that predicts may have written it into a column of what it was given."""
        if not isinstance(call, ast.Call) or called(call) in self.methods:
            return
        labels = self.answer(call)
        if not labels or not self.may_fill(call):
            return
        given = [getattr(call.func, "value", None), *call.args, *(keyword.value for keyword in call.keywords)]
        names = {each.id for each in given if isinstance(each, ast.Name)}
        for path in [path for name in names for path, _ in self._items(name) if len(path) > 1]:
            self.names[path] |= labels

    def _learns(self, node: ast.stmt) -> None:
        """What a statement trains has other `labels_` from now on, and so may have what is given to a call."""
        calls = [each for each in ast.walk(node) if isinstance(each, ast.Call)]
        if any(called(each) not in _LEARNING and self.learned(each) is not None for each in calls):
            # A function of the user's trained one, whichever it was.
            self.names = {path: labels for path, labels in self.names.items() if path[1:] != (LEARNED,)}
        for call in calls if isinstance(node, (ast.Assign, ast.AnnAssign, ast.Expr, ast.Return)) else ():
            trained = [*call.args, *(keyword.value for keyword in call.keywords)]
            left: Labels | None = None
            if isinstance(call.func, ast.Attribute) and call.func.attr in _LEARNING:
                left = self.learned(call)
                trained.append(call.func.value)
                if isinstance(node, ast.Assign) and node.value is call and call.func.attr == "fit":
                    trained += node.targets
            for each in trained:
                if isinstance(each, ast.Name):
                    self.names.pop((each.id, LEARNED), None)
                    is_it = left is not None and each not in call.args
                    self.names.update({(each.id, LEARNED): left} if is_it and left is not None else {})

    def _touch(self, name: str | None) -> None:
        if name is not None and self.parts:
            self.parts = {key: part for key, part in self.parts.items() if name not in part.names}

    def _forget(self, name: str) -> None:
        self._touch(name)
        for path in [path for path in self.names if path[0] == name or path[1:] == (SAME, name)]:
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
    if not plain or called(call) != function.name:
        every = NOTHING.union(*(of(each) for each in values))
        return dict.fromkeys(named, every | {None}) if every else {}
    if names[:1] == ["self"] and isinstance(call.func, ast.Attribute):
        names = names[1:]
    given = dict(zip(names, call.args, strict=False))
    given.update({each.arg: each.value for each in call.keywords if each.arg in named})
    return {name: of(value) for name, value in given.items()}
