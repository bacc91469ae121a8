"""What would have to cross a border between two cells? Pure: sources in, names and statements out.

Beyond names, a cell may lean on what no namespace holds: the outputs that IPython keeps (`_`, `Out`), the names as a
whole (`globals()`), attributes that were put into modules, statements that set the shell up.
"""

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cellmill.dataflow.footprint import EVERYTHING, Footprint, Namespace, footprint
from cellmill.dataflow.magics import python_of
from cellmill.dataflow.texts import named_in_texts

_ASKS_FOR_ALL = frozenset(["globals", "locals", "vars", "dir", "eval", "exec", "__import__"])
_ALL_MAGICS = frozenset(["who", "who_ls", "whos", "run", "store", "reset", "reset_selective", "xdel", "macro"])
_KEPT_BY_IPYTHON = re.compile(r"_+|_i+|_i?\d+|In|Out|_ih|_oh|_dh")
# Said to the shell, and in force from then on: said again to each kernel.
_SET_UP = re.compile(r"^%(matplotlib|config|load_ext|autoreload|precision|reload_ext|colors)\b[^\n]*$", re.MULTILINE)
_OTHER_LANGUAGE = re.compile(
    r"%%(bash|sh|script|html|HTML|javascript|js|latex|markdown|svg|SVG|writefile|perl|ruby|cmd)\b"
)
_SHELL_LINE = re.compile(r"^[ \t]*(?:[\w., ]*=[ \t]*)?[%!].*$", re.MULTILINE)
_OF_SETS = frozenset(["union", "intersection", "difference", "symmetric_difference"])
_KNOWN_SETTINGS = frozenset(["rcParams", "environ", "path", "modules", "options"])


@dataclass(frozen=True)
class Leaning:
    """What one cell takes from before it, and leaves."""

    reads: frozenset[str]
    certain: frozenset[str]
    """Names that it surely binds before it reads them."""
    binds: frozenset[str] = frozenset()
    """All names that it binds or deletes."""
    wants_all: bool = False
    """It asks for names as a whole: `globals()`."""
    wants_history: bool = False
    """It reads what IPython keeps of earlier cells: `_`, `Out[3]`."""
    patches: tuple[str, ...] = ()
    """Dotted places that it assigns to, as `pd.DataFrame.shout`."""
    set_up: tuple[str, ...] = ()
    imports: tuple["Import", ...] = ()
    imported: frozenset[str] = frozenset()
    """Names that it binds by imports alone."""
    is_set_up: bool = False
    """It only imports, defines or sets up: nothing is computed."""
    hashes: bool = False
    """It has sets or hashes in its source: what it comes to may be otherwise in another process."""


@dataclass(frozen=True)
class Import:
    """A statement at a cell's top level, and the names that it binds."""

    text: str
    names: frozenset[str]
    adds: bool = False
    """`import a.b` binds `a`, with what an earlier import of it brought."""


_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def leanings(sources: Sequence[str]) -> tuple[Leaning, ...]:
    """Return what each cell leans on. A cell in a language that is not known asks for all names."""
    names = Namespace()
    return tuple(_leaning(source, names) for source in sources)


def live(cells: Sequence[Leaning]) -> tuple[frozenset[str], ...]:
    """Return, for the place before each cell and the one after the last, the names that are read from there on."""
    found: list[frozenset[str]] = [frozenset()]
    for cell in reversed(cells):
        found.append(cell.reads | (found[-1] - cell.certain))
    return tuple(reversed(found))


def _leaning(source: str, names: Namespace) -> Leaning:
    set_up = tuple(match.group(0) for match in _SET_UP.finditer(source))
    tree = python_of(source)
    if tree is None:
        other = _OTHER_LANGUAGE.match(source.lstrip()) is not None
        return Leaning(frozenset(_named_in_magics(source)), frozenset(), wants_all=not other)
    set_up += tuple(_formats(tree))
    try:
        python = ast.unparse(tree)
        own, in_texts = footprint(python), named_in_texts(python)
    except (SyntaxError, RecursionError):
        own, in_texts = Footprint(), frozenset()
    resolved = names.resolve(own)
    reads = (resolved.reads | in_texts | _named_in_magics(source)) - {EVERYTHING}
    calls = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    magics = set(re.findall(r"^\s*%+(\w+)", source, re.MULTILINE))
    imports = tuple(_imports(tree))
    stored = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    stored |= {node.name for node in ast.walk(tree) if isinstance(node, _DEFINITIONS)}
    return Leaning(
        reads=frozenset(name for name in reads if not _KEPT_BY_IPYTHON.fullmatch(name)),
        certain=frozenset(own.bound - own.reads),
        binds=own.bound,
        wants_all=bool(calls & _ASKS_FOR_ALL) or bool(magics & _ALL_MAGICS) or EVERYTHING in resolved.reads,
        wants_history=_reads_history(tree),
        patches=tuple(dict.fromkeys(_patches(tree))),
        set_up=set_up,
        imports=imports,
        imported=frozenset().union(*(each.names for each in imports)) - stored,
        is_set_up=_only_sets_up(tree),
        hashes=any(_hashes(node) for node in ast.walk(tree)),
    )


def _formats(tree: ast.Module) -> Iterable[str]:
    """`set_matplotlib_formats("retina")` tells the shell what `%config` tells it too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node) == "set_matplotlib_formats":
            formats = {one.value for one in node.args if isinstance(one, ast.Constant)}
            yield from ("%matplotlib inline", f"%config InlineBackend.figure_formats = {sorted(formats, key=str)}")


def _hashes(node: ast.AST) -> bool:
    match node:
        case ast.Set() | ast.SetComp() | ast.Name(id="set" | "frozenset" | "hash"):
            return True
        case ast.BinOp(op=ast.BitAnd() | ast.BitOr() | ast.BitXor() | ast.Sub(), left=left, right=right):
            return any(isinstance(one, ast.Call) and _called(one) == "keys" for one in (left, right))
        case ast.Call():
            return _called(node) in _OF_SETS
        case _:
            return False


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _named_in_magics(source: str) -> set[str]:
    """`!ls {folder}`, `%time fit(model)`: any word of such a line may be a name."""
    lines = [source] if source.lstrip().startswith("%%") else _SHELL_LINE.findall(source)
    return {word for line in lines for word in re.findall(r"[^\W\d]\w*", line)}


def _reads_history(tree: ast.Module) -> bool:
    """`_` is read, and the cell has not made it itself (`for _ in range(3)`)."""
    bound, read = set(), False
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and _KEPT_BY_IPYTHON.fullmatch(node.id):
            if isinstance(node.ctx, ast.Load):
                read = read or node.id not in bound
            else:
                bound.add(node.id)
    return read and not bound


def _patches(tree: ast.Module) -> Iterable[str]:
    for node in ast.walk(tree):
        targets: list[ast.expr] = []
        match node:
            case ast.Assign():
                targets = node.targets
            case ast.AugAssign() | ast.AnnAssign():
                targets = [node.target]
            case ast.Delete():
                targets = node.targets
            case ast.Call(func=ast.Name(id="setattr" | "delattr"), args=[owner, ast.Constant(value=str(name)), *_]):
                if (path := _dotted(owner)) is not None:
                    yield f"{path}.{name}"
        for target in targets:
            for one in target.elts if isinstance(target, ast.Tuple | ast.List) else [target]:
                place = one.value if isinstance(one, ast.Subscript) else one
                path = _dotted(place)
                if isinstance(place, ast.Attribute) and path is not None and not _is_known(path):
                    yield path


def _is_known(path: str) -> bool:
    """Settings cross as such: `plt.rcParams["figure.dpi"]`, `pd.options.display.max_rows`."""
    _, *middle, last = path.split(".")
    return last in _KNOWN_SETTINGS or "options" in middle


def _dotted(node: ast.expr) -> str | None:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return ".".join([node.id, *reversed(parts)])


def _imports(tree: ast.Module) -> Iterable[Import]:
    for statement in tree.body:
        if isinstance(statement, ast.Import):
            names = frozenset(alias.asname or alias.name.partition(".")[0] for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            names = frozenset(alias.asname or alias.name for alias in statement.names)
        else:
            continue
        adds = isinstance(statement, ast.Import) and not any(alias.asname for alias in statement.names)
        yield Import(ast.unparse(statement), names, adds)


def _only_sets_up(tree: ast.Module) -> bool:
    return all(
        isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        or (isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant))
        or (isinstance(node, ast.Expr) and (isinstance(node.value, ast.Constant) or _is_setting(node.value)))
        for node in tree.body
    )


def _is_setting(node: ast.expr) -> bool:
    if not isinstance(node, ast.Call):
        return False
    return _called(node).startswith(
        ("set_", "filterwarnings", "simplefilter", "run_line_magic", "basicConfig", "use", "seed")
    )
