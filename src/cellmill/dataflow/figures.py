"""Which assignments of a cell make a figure of a prediction? Pure: syntax and what is known of names in, paths out.

A figure compares a prediction with something else, mostly the truth: `rmse = np.sqrt(np.mean((y - p) ** 2))`.
What is made of predictions alone (their mean, a quantile, a threshold) measures no model.
"""

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from cellmill.dataflow.provenance import NOTHING, Labels, Path, Provenance

# By such a name a figure may be a whole number, and may come from a function that compares inside.
_METRIC = re.compile(
    r"(?:^|_)(?:acc|accuracy|auc|ap|brier|dice|error|f1|fbeta|gini|iou|kappa|logloss|loss|mae|mape|mcc|medae|mse|msle|nll|"
    r"precision|r2|r_squared|recall|rmse|rmsle|score|smape|specificity|sensitivity)(?:$|_)"
)
_CHOSEN = re.compile(
    r"(?:^|_)(?:threshold|thresh|thr|cutoff|cut|alpha|eps|tol|bias|offset|idx|index|count|n|num)(?:$|_)"
)


@dataclass(frozen=True)
class Figure:
    """An assignment that may have made a figure. `path` is a name, or a name and the `repr` of a constant key."""

    path: Path
    labels: Labels
    may_be_whole: bool


def is_metric_name(name: str) -> bool:
    """Return whether a variable is named as metrics are."""
    return _METRIC.search(name.lower()) is not None


def is_figure_of(value: float, metric: float) -> bool:
    """Return whether a number is a metric again: itself, rounded, or in per cent."""
    if value == metric or (value != value and metric != metric):
        return True
    return any(value in (round(metric, digits), round(100 * metric, digits)) for digits in range(1, 7)) or (
        value == 100 * metric
    )


@dataclass
class Figures(Provenance):
    """Provenance that remembers too which names compare a prediction with something else."""

    is_data: Callable[[str], bool] = lambda _: False
    """Whether a name holds data, such as the truth: not a number, a module or a function."""
    data_of: Callable[[Labels], frozenset[str]] = lambda _: frozenset()
    """The names of the data that predictions were made of."""
    compared: set[Path] = field(default_factory=set)
    _made: dict[Path, ast.expr] = field(default_factory=dict)
    maybe: int = 0
    """Above 0 inside of what may not have run."""

    def made(self) -> list[Figure]:
        """Return the figures that the statements made, each name or key once, in the order of their first assignment.

        Left out is what stands in an `if`, a `try` or a function: it may not have run.
        """
        return [
            Figure(path, self.names[path], is_metric_name(_plain(path)))
            for path, value in self._made.items()
            if path in self.names and self._is_figure(path, value)
        ]

    def _is_figure(self, path: Path, value: ast.expr) -> bool:
        name = _plain(path)
        if name.startswith("_") or _CHOSEN.search(name.lower()) or isinstance(value, (ast.Name, ast.Constant)):
            return False
        if path in self.compared:
            return True
        # The function may compare with a truth that it knows itself.
        inside = any(isinstance(each, ast.Call) and self._is_users_function(each) for each in ast.walk(value))
        return inside and is_metric_name(name)

    def _is_users_function(self, call: ast.Call) -> bool:
        predicts = isinstance(call.func, ast.Attribute) and call.func.attr in self.methods
        return not predicts and self.answer(call) is not None

    # --- which names compare

    def _statement(self, node: ast.stmt, until: ast.stmt | None) -> bool:
        found = [(target, value, self._compares(value)) for target, value in _assigned(node)]
        before = set(self.compared)
        ended = super()._statement(node, until)
        for target, value, compares in found:
            path = _path(target)
            if path is None:
                continue
            if compares or (isinstance(node, ast.AugAssign) and path in before):
                self.compared.add(path)
            elif not isinstance(node, ast.Expr):
                self.compared.discard(path)
            if self.maybe or isinstance(node, ast.Expr):
                self._made.pop(path, None)
            else:
                self._made[path] = value
        return ended

    def _inside(self, node: ast.stmt, until: ast.stmt | None, before: dict[Path, Labels] | None = None) -> bool:
        maybe = isinstance(node, (ast.If, ast.Try, ast.Match))
        self.maybe += maybe
        ended = super()._inside(node, until, before)
        self.maybe -= maybe
        return ended

    def _forget(self, name: str) -> None:
        super()._forget(name)
        self.compared = {path for path in self.compared if path[0] != name}

    def _compares(self, value: ast.expr) -> bool:
        if isinstance(value, ast.Subscript) and not self.of(value.value):
            return False  # chosen by what was predicted, as a threshold is
        return bool(self.of(value)) and self._has_other(value, frozenset())

    def _has_other(self, node: ast.AST, apart: frozenset[str]) -> bool:
        """Whether an expression has data that no prediction is, or what was compared. `apart` does not count."""
        match node:
            case ast.Name(name):
                known = self.bound(name) or self._of_name(name)
                return any(path[0] == name for path in self.compared) if known else self._is_other(name, apart)
            case ast.Subscript(value=ast.Name(name), slice=ast.Constant(key)) if self._of_name(name):
                return self._has_other_part(node, name, key, apart)
            case ast.Attribute(value=ast.Name(name), attr=key) if self._of_name(name):
                return self._has_other_part(node, name, key, apart)
            case ast.Lambda():
                return False
            case ast.Call():
                if self._is_users_function(node):
                    apart |= self.data_of(self.of(node))
                elif self.answer(node) is not None:
                    return False
                owner = [node.func.value] if isinstance(node.func, ast.Attribute) else []
                return any(self._has_other(each, apart) for each in (*owner, *node.args, *node.keywords))
        return any(self._has_other(child, apart) for child in ast.iter_child_nodes(node))

    def _has_other_part(self, node: ast.AST, name: str, key: object, apart: frozenset[str]) -> bool:
        """Of a frame with predictions in some of its columns, another column is the truth."""
        if self._has_parts(name) and not self.names.get((name,), NOTHING) | self.names.get((name, repr(key)), NOTHING):
            return self._is_other(name, apart)
        return (name,) in self.compared or (name, repr(key)) in self.compared

    def _is_other(self, name: str, apart: frozenset[str]) -> bool:
        return name not in apart and self.is_data(name)


def _assigned(node: ast.stmt) -> Iterator[tuple[ast.expr, ast.expr]]:
    match node:
        case ast.Assign():
            for target in node.targets:
                yield from _each(target, node.value)
        case ast.AnnAssign(value=ast.expr() as value) | ast.AugAssign(value=value):
            yield node.target, value
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=receiver)) as call):
            yield from ((receiver, each) for each in (*call.args, *(keyword.value for keyword in call.keywords)))


def _each(target: ast.expr, value: ast.expr) -> Iterable[tuple[ast.expr, ast.expr]]:
    if not isinstance(target, (ast.Tuple, ast.List)):
        return [(target, value)]
    if isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts):
        return list(zip(target.elts, value.elts, strict=True))
    return [(each, value) for each in target.elts]


def _path(target: ast.expr) -> Path | None:
    match target:
        case ast.Name(name):
            return (name,)
        case ast.Subscript(value=ast.Name(name), slice=ast.Constant(key)):
            return (name, repr(key))
        case ast.Subscript() | ast.Attribute() | ast.Starred():
            return _path(target.value)
    return None


def _plain(path: Path) -> str:
    """The name, or the key, that a figure goes by."""
    return path[0] if len(path) == 1 else path[1].strip("'\"")
