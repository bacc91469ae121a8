"""Which names does a piece of source read and write? Pure: text in, names out.

A missing edge makes a recipe wrong and a superfluous one makes it long, so doubt counts as an edge:
a write that may not happen (in an `if`, in a loop) is also a read, for it may leave the old value there.
"""

import ast
import builtins
from collections.abc import Iterable
from dataclasses import dataclass, field

from cellmill.dataflow.magics import magic_body
from cellmill.dataflow.scopes import COMPREHENSIONS, bound_by_pattern, free_names, named_in_query

EVERYTHING = "*"  # what `from module import *` writes
_BUILTINS = frozenset(dir(builtins))

# Called for its effect on the object it belongs to, even where the result is used.
_MUTATORS = frozenset(
    """
    fit fit_transform fit_predict partial_fit train eval append extend insert add update pop popitem remove discard
    clear sort reverse setdefault set_params seed shuffle compile load_state_dict
    """.split()  # noqa: SIM905 - a list of forty quoted words reads worse
)
# Called for what they answer, even where a cell ends with one and shows it.
_LOOKING = frozenset(
    """
    head tail describe info sample show plot hist boxplot value_counts nunique unique query groupby corr isna notna
    sum mean median std min max count round sort_values sort_index score predict predict_proba decision_function
    transform items keys values get copy assign
    """.split()  # noqa: SIM905
)
# Functions of these leave their arguments alone; of others, bare calls may be made to change them.
_LOOKING_PACKAGES = frozenset(
    "sklearn numpy pandas polars scipy math statistics matplotlib seaborn IPython pprint".split()  # noqa: SIM905
)
_LOOKING_FUNCTIONS = frozenset(["print", "display"]) | (_BUILTINS - {"setattr", "delattr", "exec", "eval", "next"})


@dataclass(frozen=True)
class Footprint:
    """Global names that a source reads and writes, and what its functions will read when called."""

    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    deferred: dict[str, frozenset[str]] = field(default_factory=dict)
    changed: dict[str, frozenset[str]] = field(default_factory=dict)
    """Global names that a function writes or changes in place when it is called."""
    handed: dict[str, frozenset[str]] = field(default_factory=dict)
    """Arguments of bare calls, by the function called: written, unless the function is known to only look."""
    imported: dict[str, str] = field(default_factory=dict)
    """Imported names, with the package each came from."""
    bound: frozenset[str] = frozenset()
    """Of the names written, those that the source itself binds or deletes; the others may be changed in place."""
    beside: frozenset[str] = frozenset()
    """What was imported from where a function is from that is called for its effect: it may answer otherwise now."""


def footprint(source: str) -> Footprint:
    """Return the names that a cell's Python source reads and writes. Raises SyntaxError where Python would."""
    visitor = _Module()
    visitor.run(ast.parse(source).body, certain=True)
    return Footprint(
        frozenset(visitor.reads),
        frozenset(visitor.writes),
        visitor.deferred,
        visitor.changed,
        {function: frozenset(names) for function, names in visitor.handed.items()},
        visitor.imported,
        frozenset(visitor.bound),
    )


class Namespace:
    """Remembers which functions a session defined: calling one counts as reading and changing what it does."""

    def __init__(self) -> None:
        self._deferred: dict[str, frozenset[str]] = {}
        self._changed: dict[str, frozenset[str]] = {}
        self._written: set[str] = set()
        self._imported: dict[str, str] = {}

    def resolve(self, found: Footprint) -> Footprint:
        """Return the footprint with the reads of called functions added and unshadowed builtins left out."""
        for name in found.writes:
            self._deferred.pop(name, None)
            self._changed.pop(name, None)
            self._imported.pop(name, None)
        self._deferred.update(found.deferred)
        self._changed.update(found.changed)
        self._imported.update(found.imported)
        writes, beside = set(found.writes), set[str]()
        for function, names in found.handed.items():
            if not self._only_looks(function):
                writes |= names
                beside |= self._imported_with(function)
        reads = set(found.reads)
        queue = [name for name in reads if name in self._deferred]
        while queue:
            called = queue.pop()
            writes |= self._changed.get(called, frozenset())
            for name in self._deferred[called] - reads:
                reads.add(name)
                if name in self._deferred:
                    queue.append(name)
        self._written |= writes
        own = frozenset(name for name in reads if name not in _BUILTINS or name in self._written)
        return Footprint(own, frozenset(writes), bound=found.bound, beside=frozenset(beside))

    def _imported_with(self, function: str) -> frozenset[str]:
        """Return what was imported from where a function is from, itself too."""
        home = self._imported.get(function)
        return frozenset(name for name, other in self._imported.items() if home is not None and other == home)

    def _only_looks(self, function: str) -> bool:
        if function in _LOOKING_FUNCTIONS and function not in self._written:
            return True
        return self._imported.get(function) in _LOOKING_PACKAGES


class _Module:
    """Walks statements in order: a name surely written before is no longer read from outside."""

    def __init__(self) -> None:
        self.reads: set[str] = set()
        self.writes: set[str] = set()
        self.deferred: dict[str, frozenset[str]] = {}
        self.changed: dict[str, frozenset[str]] = {}
        self.handed: dict[str, set[str]] = {}
        self.imported: dict[str, str] = {}
        self.bound: set[str] = set()
        self._certain: set[str] = set()

    def run(self, body: Iterable[ast.stmt], *, certain: bool) -> None:
        for statement in body:
            self._statement(statement, certain=certain)

    def _statement(self, node: ast.stmt, *, certain: bool) -> None:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._read_all([*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)])
                free, globals_written = free_names(node)
                self.deferred[node.name] = free | globals_written
                self.changed[node.name] = _changed_by(node) & self.deferred[node.name]
                self._read(free)
                self._write(node.name, certain=certain)
                for name in globals_written:
                    self._write(name, certain=False)
            case ast.ClassDef():
                self._read_all([*node.decorator_list, *node.bases, *(k.value for k in node.keywords)])
                free, _ = free_names(node)
                self.deferred[node.name] = free
                self._read(free)
                self._write(node.name, certain=certain)
            case ast.Assign():
                self._read_all([node.value])
                for target in node.targets:
                    self._target(target, certain=certain)
            case ast.AnnAssign():
                self._read_all([node.annotation, *([node.value] if node.value else [])])
                if node.value is not None:
                    self._target(node.target, certain=certain)
            case ast.AugAssign():
                self._read_all([node.value])
                self._touch(node.target)
            case ast.Import() | ast.ImportFrom():
                for alias in node.names:
                    name = (alias.asname or alias.name).split(".")[0]
                    home = (node.module or "") if isinstance(node, ast.ImportFrom) else alias.name
                    self.imported[name] = home.split(".")[0]
                    self._write(name, certain=certain)
            case ast.Delete():
                for target in node.targets:
                    self._touch(target)
                    if isinstance(target, ast.Name):
                        self.bound.add(target.id)
            case ast.For() | ast.AsyncFor():
                self._read_all([node.iter])
                self._target(node.target, certain=False)
                self.run([*node.body, *node.orelse], certain=False)
            case ast.While() | ast.If():
                self._read_all([node.test])
                self.run([*node.body, *node.orelse], certain=False)
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    self._read_all([item.context_expr])
                    if item.optional_vars is not None:
                        self._target(item.optional_vars, certain=certain)
                self.run(node.body, certain=certain)
            case ast.Try() | ast.TryStar():
                self.run(node.body, certain=False)
                for handler in node.handlers:
                    self._read_all([handler.type] if handler.type else [])
                    self.run(handler.body, certain=False)
                self.run([*node.orelse, *node.finalbody], certain=False)
            case ast.Match():
                self._read_all([node.subject])
                for match_case in node.cases:
                    self._read_all([match_case.pattern])
                    for child in ast.walk(match_case.pattern):
                        for bound in bound_by_pattern(child):
                            self._write(bound, certain=False)
                    self._read_all([match_case.guard] if match_case.guard else [])
                    self.run(match_case.body, certain=False)
            case ast.Expr(value=ast.Call() as call) if (body := magic_body(call)) is not None:
                self.run(body, certain=certain)
            case ast.Expr():
                self._read_all([node.value])
                self._discarded(node.value)
            case _:
                self._read_all(list(ast.iter_child_nodes(node)))

    def _discarded(self, value: ast.expr) -> None:
        """A call whose result nobody keeps is made for its effect: on its object, or on a function's arguments."""
        value = value.value if isinstance(value, ast.Await) else value
        if not isinstance(value, ast.Call):
            return
        arguments = [*value.args, *(keyword.value for keyword in value.keywords)]
        if isinstance(value.func, ast.Attribute):
            # A class is called for the object that it makes: `pd.DataFrame(rows)` at the end of a cell shows it.
            if value.func.attr not in _LOOKING and not value.func.attr[0].isupper():
                self._touch(value.func.value)
        elif isinstance(value.func, ast.Name):
            handed = self.handed.setdefault(value.func.id, set())
            handed.update(argument.id for argument in arguments if isinstance(argument, ast.Name))

    def _read_all(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            names, walrus, touched, magics = _loads(node)
            self._read(names)
            for name in walrus:
                self._write(name, certain=False)
            for name in touched:
                self._touched(name)
            for body in magics:
                self.run(body, certain=False)

    def _read(self, names: Iterable[str]) -> None:
        self.reads.update(name for name in names if name not in self._certain and name != "get_ipython")

    def _write(self, name: str, *, certain: bool) -> None:
        self.writes.add(name)
        self.bound.add(name)
        if certain:
            self._certain.add(name)
        else:
            self._read([name])

    def _touched(self, name: str) -> None:
        self.writes.add(name)
        self._read([name])

    def _touch(self, target: ast.expr) -> None:
        """The object behind an expression changes in place, so its name is read and written."""
        root = target
        while isinstance(root, (ast.Attribute, ast.Subscript, ast.Starred, ast.Call)):
            if isinstance(root, ast.Subscript):
                self._read_all([root.slice])
            root = root.func if isinstance(root, ast.Call) else root.value
        if isinstance(root, ast.Name):
            self._touched(root.id)
        elif isinstance(root, (ast.Tuple, ast.List)):
            for element in root.elts:
                self._touch(element)

    def _target(self, target: ast.expr, *, certain: bool) -> None:
        match target:
            case ast.Name():
                self._write(target.id, certain=certain)
            case ast.Tuple() | ast.List():
                for element in target.elts:
                    self._target(element, certain=certain)
            case ast.Starred():
                self._target(target.value, certain=certain)
            case _:
                self._touch(target)


def _changed_by(function: ast.FunctionDef | ast.AsyncFunctionDef) -> frozenset[str]:
    """Return the names, its locals among them, that a call of the function may write or change in place."""
    body = _Module()
    body.run(function.body, certain=False)
    handed = [names for called, names in body.handed.items() if called not in _LOOKING_FUNCTIONS]
    return frozenset(body.writes).union(*handed, *body.changed.values())


def _loads(node: ast.AST) -> tuple[set[str], set[str], set[str], list[list[ast.stmt]]]:
    """Return what an expression reads, binds with `:=`, changes by calling a mutator, and what its magics run.

    Of a lambda or comprehension, only the names that it takes from outside are read.
    """
    names: set[str] = set()
    walrus: set[str] = set()
    touched: set[str] = set()
    magics: list[list[ast.stmt]] = []
    queue = [node]
    while queue:
        child = queue.pop()
        kind = type(child)
        if kind is ast.Name:
            if type(child.ctx) is ast.Load:  # type: ignore[attr-defined]
                names.add(child.id)  # type: ignore[attr-defined]
            continue
        if kind in _OWN_SCOPES:
            names |= free_names(child)[0]
            within = [inner for inner in ast.walk(child) if type(inner) in _CALLS]
        else:
            within = [child] if kind in _CALLS else []
            fields = _FIELDS.get(kind)
            for name in _fields(kind) if fields is None else fields:
                part = getattr(child, name, None)
                if type(part) is list:
                    queue += part
                elif part is not None:
                    queue.append(part)
        for inner in within:
            if isinstance(inner, ast.Call):
                names |= named_in_query(inner)
                if (changed := _changed_by_mutator(inner)) is not None:
                    touched.add(changed)
                if (body := magic_body(inner)) is not None:
                    magics.append(body)
            elif isinstance(inner, ast.NamedExpr):
                walrus.add(inner.target.id)
    return names, walrus, touched, magics


_OWN_SCOPES = frozenset([ast.Lambda, *COMPREHENSIONS])
_CALLS = frozenset([ast.Call, ast.NamedExpr])
# Fields that hold no expression, of any kind of node; and by kind the others, as they are first asked for.
_NO_EXPRESSIONS = frozenset(["ctx", "op", "ops", "attr", "arg", "id", "kind", "conversion", "type_comment"])
_FIELDS: dict[type, tuple[str, ...]] = {ast.Constant: ()}


def _fields(kind: type) -> tuple[str, ...]:
    """Return the fields of a kind of node that may hold expressions; nothing for what is no node."""
    names: tuple[str, ...] = getattr(kind, "_fields", ())
    found = _FIELDS[kind] = tuple(name for name in names if name not in _NO_EXPRESSIONS)
    return found


def _changed_by_mutator(call: ast.Call) -> str | None:
    """Return the name whose object a call changes in place, as far as the method's name tells; None otherwise."""
    function = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", None)
    if function == "reload" and len(call.args) == 1 and isinstance(call.args[0], ast.Name):
        return call.args[0].id
    if not isinstance(call.func, ast.Attribute):
        return None
    if call.func.attr not in _MUTATORS and not any(
        k.arg == "inplace" and isinstance(k.value, ast.Constant) and k.value.value is True for k in call.keywords
    ):
        return None
    root: ast.expr = call.func.value
    while isinstance(root, (ast.Attribute, ast.Subscript)):
        root = root.value
    return root.id if isinstance(root, ast.Name) else None
