"""How a recipe reads as a notebook: imports first, then parameters, then the executions. Pure.

Lines are moved only where nothing before them can make a difference; what is in doubt stays where it ran.
A replay runs the notebook as it is laid out, so a move that did make a difference is found out.
"""

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cellmill.core.recipes import Ingredient, Recipe, Section
from cellmill.dataflow.footprint import footprint
from cellmill.dataflow.lines import lines_of
from cellmill.dataflow.magics import without_magics

# Behind one of these an import, or a value, may come out otherwise than before it.
_BARRIER = re.compile(
    r"environ|sys\.path|sys\.modules|putenv|chdir|import_module|__import__|reload|set_start_method|"
    r"matplotlib\.use|^[ \t]*%(?:env|cd|load_ext|pip|conda|uv|run)\b|^[ \t]*!|from\s+\S+\s+import\s*\*",
    re.MULTILINE,
)
# With the lines that it goes on over.
_INSTALLING = re.compile(
    r"^([ \t]*)(?:%(?:pip|conda|uv|mamba)|!\s*(?:\S*python\S*\s+-m\s+)?(?:pip|conda|uv|mamba))\b"
    r"(?:[^\n\\]|\\\r?\n|\\)*$",
    re.M,
)
_PYTHON_MAGICS = ("%%time", "%%timeit", "%%capture", "%%prun")


@dataclass(frozen=True)
class _Line:
    """A whole statement that may be moved."""

    index: int  # of its ingredient
    first: int  # lines, from 1
    last: int
    text: str


def lay_out(recipe: Recipe, *, tidy: bool = True) -> tuple[Section, ...]:
    """Return the code cells. Without `tidy` each execution stands exactly as it ran."""
    sources = [_without_installing(one.execution.source) for one in recipe.ingredients]
    imports: list[_Line] = []
    parameters: list[_Line] = []
    if tidy:
        imports = _movable_imports(recipe, sources)
        parameters = _movable_parameters(recipe, sources)
    for index in range(len(sources)):
        sources[index] = _without_lines(
            sources[index], [line for line in (*imports, *parameters) if line.index == index]
        )
    sections = [
        *([Section("imports", _gathered_imports(imports))] if imports else []),
        *([Section("parameters", "\n".join(line.text for line in parameters))] if parameters else []),
    ]
    moved = {line.index for line in (*imports, *parameters)}
    for index, (one, source) in enumerate(zip(recipe.ingredients, sources, strict=True)):
        if not (index in moved and _is_empty(source)) and source.strip():
            mine = [line for line in (*imports, *parameters) if line.index == index]
            names = frozenset(name for line in mine for name in footprint(line.text).writes)
            sections.append(Section("execution", source.strip("\n"), one, names))
    return tuple(sections)


def _movable_imports(recipe: Recipe, sources: list[str]) -> list[_Line]:
    bound = _bindings(sources)
    own = {module.name.partition(".")[0] for module in recipe.modules}
    found: list[_Line] = []
    homes: dict[str, set[str]] = {}
    for index, (one, source) in enumerate(zip(recipe.ingredients, sources, strict=True)):
        barrier = _barrier(source)
        for node, line in _statements(index, one, source):
            if not isinstance(node, ast.Import | ast.ImportFrom) or (barrier is not None and line.last > barrier):
                continue
            names = [(alias.asname or alias.name).split(".")[0] for alias in node.names]
            for alias, name in zip(node.names, names, strict=True):
                home = f"{node.module}:{alias.name}" if isinstance(node, ast.ImportFrom) else alias.name
                homes.setdefault(name, set()).add(home if alias.asname or ":" in home else home.split(".")[0])
            tops = [node.module or "."] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
            if isinstance(node, ast.ImportFrom) and (node.level or node.module == "__future__"):
                continue
            if not own.intersection(top.partition(".")[0] for top in tops):
                found.append(line)
        if barrier is not None:
            break
    found = [line for line in found if not _passes_one_that_raised(recipe, line.index, _names_of(line.text))]
    imported = Counter(name for line in found for name in _names_of(line.text))
    # A name that is bound otherwise somewhere, or to two things, means what it meant only where it stood.
    return [
        line
        for line in found
        if all(bound[name] == imported[name] and len(homes[name]) == 1 for name in _names_of(line.text))
    ]


def _movable_parameters(recipe: Recipe, sources: list[str]) -> list[_Line]:
    if any("parameters" in one.execution.tags for one in recipe.ingredients):
        return []  # the notebook has a cell of its own for them
    wanted = set(recipe.parameters)
    bound = _bindings(sources)
    found: list[_Line] = []
    for index, (one, source) in enumerate(zip(recipe.ingredients, sources, strict=True)):
        for node, line in _statements(index, one, source):
            target = node.targets[0] if isinstance(node, ast.Assign) and len(node.targets) == 1 else None
            if isinstance(node, ast.AnnAssign) and node.value is not None:
                target = node.target
            if isinstance(target, ast.Name) and target.id in wanted and bound[target.id] == 1 and _is_literal(node):
                found.append(line)
    return [line for line in found if not _passes_one_that_raised(recipe, line.index, footprint(line.text).bound)]


def _passes_one_that_raised(recipe: Recipe, index: int, names: Iterable[str]) -> bool:
    """Whether an execution before this one raised and reads a name: perhaps because the name was not there."""
    before = recipe.ingredients[:index]
    return any(one.execution.outcome == "error" and not one.execution.reads.isdisjoint(names) for one in before)


def _is_literal(node: ast.stmt) -> bool:
    value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
    if value is None or not _is_plain(node):
        return False
    try:
        ast.literal_eval(value)
    except (ValueError, TypeError, MemoryError, RecursionError):
        return False
    return True


def _is_plain(node: ast.stmt) -> bool:
    """An annotation is evaluated: only one of built-in names may be moved above the imports of others."""
    if not isinstance(node, ast.AnnAssign):
        return True
    names = {child.id for child in ast.walk(node.annotation) if isinstance(child, ast.Name)}
    return names <= {"int", "float", "str", "bool", "list", "dict", "tuple", "set"}


def _statements(index: int, one: Ingredient, source: str) -> Iterator[tuple[ast.stmt, _Line]]:
    """Give the top-level statements of a cell that have their lines to themselves."""
    if one.execution.outcome != "ok" or (
        source.lstrip().startswith("%%") and not source.lstrip().startswith(_PYTHON_MAGICS)
    ):
        return
    try:
        body = ast.parse(without_magics(source)).body
    except (SyntaxError, ValueError, RecursionError):
        return
    lines = lines_of(source)
    taken = Counter(number for node in body for number in range(_first(node), (node.end_lineno or node.lineno) + 1))
    for node in body:
        first, last = _first(node), node.end_lineno or node.lineno
        if all(taken[number] == 1 for number in range(first, last + 1)):
            text = "\n".join(lines[first - 1 : last])
            if not text.rstrip().endswith((";", "\\")):
                yield node, _Line(index, first, last, text)


def _first(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _barrier(source: str) -> int | None:
    """Return the line, from 1, behind which nothing of this cell and of later ones is moved."""
    found = _BARRIER.search(source)
    return source.count("\n", 0, found.start()) + 1 if found else None


def _bindings(sources: Iterable[str]) -> Counter[str]:
    """Return how often each name is bound, by whatever statement; one that may be bound unseen counts as twice."""
    found: Counter[str] = Counter()
    for source in sources:
        try:
            body = ast.parse(without_magics(source)).body
        except (SyntaxError, ValueError, RecursionError):
            continue
        for node in body:
            part = footprint(ast.unparse(node))
            found.update(part.bound)
            found.update(name for names in part.changed.values() for name in names if name in part.writes)
    return found


def _names_of(text: str) -> list[str]:
    node = ast.parse(text).body[0]
    assert isinstance(node, ast.Import | ast.ImportFrom)
    return [(alias.asname or alias.name).split(".")[0] for alias in node.names]


def _gathered_imports(lines: list[_Line]) -> str:
    """The standard library's first, then the others, each block in the order of first use."""
    texts = list(dict.fromkeys(line.text.strip() for line in lines))
    standard = [text for text in texts if _home(text) in sys.stdlib_module_names]
    others = [text for text in texts if text not in standard]
    return "\n".join([*standard, *([""] if standard and others else []), *others])


def _home(text: str) -> str:
    node = ast.parse(text).body[0]
    name = node.module or "" if isinstance(node, ast.ImportFrom) else node.names[0].name  # type: ignore[attr-defined]
    return name.partition(".")[0]


def _without_lines(source: str, lines: list[_Line]) -> str:
    gone = {number for line in lines for number in range(line.first, line.last + 1)}
    if not gone:
        return source
    kept: list[str] = []
    is_gap = False
    for number, text in enumerate(lines_of(source), start=1):
        if number in gone:
            is_gap = True
        elif text.strip():
            kept.append(text)
            is_gap = False
        elif not is_gap or (kept and kept[-1].strip()):  # of the blank lines around a gap, which lie in no string, one
            kept.append(text)
    return "\n".join(kept).strip("\n")


def _without_installing(source: str) -> str:
    """An environment is made from the lock; a recipe installs nothing. In a block something must stand in its place."""
    if source.lstrip().startswith("%%"):
        return source
    return _INSTALLING.sub(lambda found: f"{found[1]}pass" if found[1] else "", source)


def _is_empty(source: str) -> bool:
    """Whether nothing but comments and blank lines is left."""
    return all(not line.strip() or line.lstrip().startswith("#") for line in lines_of(source))
