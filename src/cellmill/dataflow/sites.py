"""Where do values stand in a notebook that somebody may want to turn? Pure: syntax in, places out."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from cellmill.core.parameters import Kind, Site, Span, kind_of
from cellmill.dataflow.lines import lines_of
from cellmill.dataflow.reach import Statement, call_name, touches_file

_PATH = re.compile(
    r"^(?:[\w.+-]+://\S+|[^\n<>|*?\"]{1,240}\.(?:csv|tsv|parquet|pq|json|jsonl|xlsx?|feather|pkl|pickle|"
    r"joblib|h5|hdf5?|npy|npz|txt|zip|gz|tgz|tar|bz2|xz|arff|data|db|sqlite3?|pt|pth|onnx|bin|model|png|jpe?g|pdf|"
    r"svg|html?|ya?ml|toml|ipynb|wav|mp3|nc|dta|sav|sas7bdat|orc|avro))$",
    re.IGNORECASE,
)
_FOLDER = re.compile(r"^(?:\.{0,2}/|~/)?[\w.-]+(?:/[\w.-]+)*/?$")
_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$")
_MOMENT = re.compile(r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?$")
# What a plot looks like, and how a table is shown, changes no training.
_PLOTTING = frozenset("plt ax axes fig sns px go axs figure alt plotly warnings logging logger display mpl".split())  # noqa: SIM905
_PLOTS = frozenset(
    """
    plot scatter hist bar barh boxplot figure subplots subplot legend title xlabel ylabel set_title set_xlabel
    set_ylabel imshow heatmap pairplot contour contourf fill_between axhline axvline annotate text plot_tree
    set_option print display filterwarnings simplefilter basicConfig tight_layout colorbar axis xticks yticks xlim
    ylim grid scatter_matrix set_style set_theme set_palette get_logger getLogger option_context ArgumentParser
    add_argument set_xlim set_ylim
    """.split()  # noqa: SIM905
)
_COSMETIC = frozenset(
    """
    axis inplace verbose verbosity as_frame return_X_y index header ignore_index copy sep delimiter end file flush
    color c figsize label cmap linewidth lw fontsize title marker style edgecolor facecolor dpi bbox_inches
    ascending by on how left_on right_on columns column drop_first sort disp exist_ok parents encoding indent
    ensure_ascii name dtype names low_memory engine errors keepdims out squeeze warn_only allow_pickle observed
    as_index silent unpack join_axes index_col usecols compression level suffixes loc subset prefix skipinitialspace
    comment quotechar thousands quoting mode newline orient lines parse_dates infer_datetime_format na_values
    decimal skiprows display_name n_jobs
    """.split()  # noqa: SIM905
)
_DATES = ("date", "datetime")
_MOST_ITEMS = 40


@dataclass(frozen=True)
class Found:
    """A value that stands somewhere. `role` says how: as the line of a name, an argument, an entry, or bare."""

    role: str
    name: str
    owner: str
    """The name it is bound to, the function or class called, or the dict."""
    value: Any
    kind: Kind
    site: Site
    statement: int
    in_function: bool
    names: frozenset[str] | None = None
    """Of a line of a name, that name; None where the value goes wherever its statement does."""


@dataclass
class Places:
    """Reads one cell's source by line and column of its syntax tree."""

    cell: int
    source: str
    lines: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.lines = lines_of(self.source)

    def span(self, node: ast.AST) -> Span:
        """Return where a node stands, in characters."""
        line, end_line = node.lineno, node.end_lineno  # type: ignore[attr-defined]
        return Span(
            self.cell,
            line,
            self._characters(line, node.col_offset),  # type: ignore[attr-defined]
            end_line,
            self._characters(end_line, node.end_col_offset),  # type: ignore[attr-defined]
        )

    def text(self, span: Span) -> str:
        """Return the source of a span."""
        if span.line == span.end_line:
            return self.lines[span.line - 1][span.column : span.end_column]
        first, last = self.lines[span.line - 1][span.column :], self.lines[span.end_line - 1][: span.end_column]
        return "\n".join([first, *self.lines[span.line : span.end_line - 1], last])

    def is_alone(self, statement: Span) -> bool:
        """Return whether a statement has its lines to itself, comments apart."""
        before = self.lines[statement.line - 1][: statement.column]
        after = self.lines[statement.end_line - 1][statement.end_column :].strip()
        return not before.strip() and (not after or after.startswith("#"))

    def _characters(self, line: int, offset: int) -> int:
        return len(self.lines[line - 1].encode()[:offset].decode(errors="ignore"))


def find_values(statements: Sequence[Statement], sources: Sequence[str]) -> Iterator[Found]:
    """Give every value that stands in the statements and may be worth turning, in the order of the notebook."""
    places: dict[int, Places] = {}
    for index, statement in enumerate(statements):
        place = places.setdefault(statement.cell, Places(statement.cell, sources[statement.cell]))
        yield from _Walk(place, statement, index).values()


@dataclass
class _Walk:
    place: Places
    statement: Statement
    index: int

    def values(self) -> Iterator[Found]:
        node = self.statement.node
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            return
        target, value = _assigned(node)
        if target is not None and value is not None:
            whole = self._found("line", target, target, value, names=frozenset([target]), moves=True)
            if whole is not None:
                yield whole
        yield from self._inside(node, owner=target or "", in_function=False)

    def _inside(self, node: ast.AST, *, owner: str, in_function: bool) -> Iterator[Found]:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                in_function = True
            case ast.Assign() | ast.AnnAssign() if isinstance(node, ast.AnnAssign) or len(node.targets) == 1:
                target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
                owner = target.id if isinstance(target, ast.Name) else owner
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    for each, value in zip(target.elts, node.value.elts, strict=False):
                        if isinstance(each, ast.Name) and (found := self._found("pair", each.id, each.id, value)):
                            yield found
            case ast.Dict():
                for key, value in zip(node.keys, node.values, strict=True):
                    if isinstance(key, ast.Constant) and isinstance(key.value, str):
                        found = self._found("entry", key.value, owner or "dict", value, in_function=in_function)
                        if found is not None:
                            yield found
            case ast.Call():
                yield from self._of_call(node, owner=owner, in_function=in_function)
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                for side, other in ((right, left), (left, right)):
                    if isinstance(side, ast.Constant) and isinstance(side.value, str) and _DATE.match(side.value):
                        later = isinstance(op, (ast.Gt, ast.GtE)) == (side is right)
                        name = "date" if isinstance(op, (ast.Eq, ast.NotEq)) else "start_date" if later else "end_date"
                        if found := self._found("compared", name, ast.unparse(other), side, in_function=in_function):
                            yield found
            case ast.For(target=ast.Name(turn), iter=ast.Call(func=ast.Name("range"), args=[count])) if (
                "epoch" in turn or turn in ("iteration", "step")
            ):
                if found := self._found("bare", f"n_{turn.rstrip('s')}s", "range", count, in_function=in_function):
                    yield found
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.JoinedStr, ast.arguments, ast.Import, ast.ImportFrom)):
                continue
            if isinstance(node, ast.AnnAssign) and child is node.annotation:
                continue
            yield from self._inside(child, owner=owner, in_function=in_function)

    def _of_call(self, call: ast.Call, *, owner: str, in_function: bool) -> Iterator[Found]:
        name = call_name(call)
        is_file = touches_file(name) or name == "Path"
        plots = name in _PLOTS or _root(call) in _PLOTTING
        made = self._date(call, owner, in_function)
        if made is not None:
            yield made
            return
        if not plots and name:
            for keyword in call.keywords:
                if keyword.arg is None or keyword.arg in _COSMETIC:
                    continue
                found = self._found("argument", keyword.arg, name, keyword.value, in_function=in_function)
                if found is not None:
                    yield found
        for argument in call.args:
            if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
                continue
            text = argument.value
            if _PATH.match(text) or (is_file and name != "load_dataset" and _FOLDER.match(text) and "/" in text):
                found = self._found(
                    "bare", _path_name(text, owner), name, argument, kind="path", in_function=in_function
                )
            elif _DATE.match(text) or _MOMENT.match(text):
                known = owner if "date" in owner else f"{owner}_date".lstrip("_")
                found = self._found("bare", known, name, argument, in_function=in_function)
            else:
                continue
            if found is not None:
                yield found

    def _date(self, call: ast.Call, owner: str, in_function: bool) -> Found | None:
        """`date(2024, 1, 31)`: as a parameter it is text, and read where it stands."""
        if call_name(call) not in _DATES or call.keywords or not 3 <= len(call.args) <= 6:
            return None
        try:
            numbers = [ast.literal_eval(argument) for argument in call.args]
            text = "{:04d}-{:02d}-{:02d}".format(*numbers[:3])
            if len(numbers) > 3:
                text += "T{:02d}:{:02d}:{:02d}".format(*[*numbers[3:], 0, 0][:3])
        except (ValueError, TypeError, IndexError):
            return None
        span = self.place.span(call)
        site = Site(span, self._statement(), self.place.text(span), call=f"{ast.unparse(call.func)}.fromisoformat")
        name = owner if "date" in owner else f"{owner}_date".lstrip("_")
        kind: Kind = "date" if len(numbers) == 3 else "datetime"
        return Found("bare", name, ast.unparse(call.func), text, kind, site, self.index, in_function)

    def _found(
        self,
        role: str,
        name: str,
        owner: str,
        node: ast.expr,
        *,
        kind: Kind | None = None,
        names: frozenset[str] | None = None,
        moves: bool = False,
        in_function: bool = False,
    ) -> Found | None:
        value = plain_value(node)
        if value is MISSING:
            return None
        if isinstance(value, (list, dict, tuple, set)) and not 0 < len(value) <= _MOST_ITEMS:
            return None  # an empty one is where results will be put, a long one is data
        if value is None or isinstance(value, (bytes, complex, set, frozenset)):
            return None
        if isinstance(value, str) and (len(value) > 300 or "\n" in value or not value):
            return None
        span = self.place.span(node)
        statement = self._statement()
        moves = moves and self.place.is_alone(statement)
        site = Site(span, statement, self.place.text(span), moves=moves)
        return Found(role, name, owner, value, kind or _kind(value), site, self.index, in_function, names)

    def _statement(self) -> Span:
        return self.place.span(self.statement.node)


MISSING = object()


def plain_value(node: ast.expr) -> Any:
    """Return the value of a literal, or of an arithmetic of numbers (`60 * 60`); `MISSING` for anything else."""
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, MemoryError, RecursionError, SyntaxError):
        pass
    if isinstance(node, ast.BinOp):
        left, right = plain_value(node.left), plain_value(node.right)
        if all(type(side) in (int, float) and abs(side) < 1e9 for side in (left, right)):
            try:
                return _computed(node.op, left, right)
            except (ArithmeticError, ValueError):
                return MISSING
    return MISSING


def is_path(text: str) -> bool:
    """Return whether a text names a file, by its ending or its scheme."""
    return _PATH.match(text) is not None


def _computed(op: ast.operator, left: float, right: float) -> Any:
    match op:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.Div():
            return left / right
        case ast.FloorDiv():
            return left // right
        case ast.Pow() if abs(right) <= 64:
            return left**right
    return MISSING


def _kind(value: Any) -> Kind:
    if isinstance(value, str):
        if _DATE.match(value):
            return "date"
        if _MOMENT.match(value):
            return "datetime"
        if _PATH.match(value):
            return "path"
    return kind_of(value)


def _assigned(node: ast.stmt) -> tuple[str | None, ast.expr | None]:
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id, node.value
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target.id, node.value
    return None, None


def _root(call: ast.Call) -> str:
    node: ast.expr = call.func
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _path_name(text: str, owner: str) -> str:
    stem = text.rstrip("/").rpartition("/")[2].partition(".")[0] or owner
    return stem if re.search(r"(?:^|_)(?:path|file|dir)$", stem) else f"{stem}_path"
