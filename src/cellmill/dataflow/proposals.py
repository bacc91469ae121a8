"""Which values of a notebook are worth turning, best first? Pure: sources in, proposals out.

A value is proposed when it flows into a training, a file or a result. Nothing runs for it: the flow is that of
the names, statement by statement. What captured runs had as parameters is known on top, where they are given.
"""

import ast
import keyword
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from cellmill.core.parameters import NO_BOUNDS, Bounds, Proposal, Sink
from cellmill.dataflow.hyperparameters import is_hyperparameter, is_seed, is_within, known_bounds
from cellmill.dataflow.magics import python_of
from cellmill.dataflow.reach import Reached, Statement, reach, statements_of
from cellmill.dataflow.remarks import comments_of, remark_of
from cellmill.dataflow.sites import Found, find_values

_SINKS: dict[Sink, float] = {"training": 60, "file": 25, "result": 10}
_KINDS = {"int": 12.0, "float": 12.0, "path": 24.0, "date": 20.0, "datetime": 12.0, "str": 4.0, "bool": 2.0}
_ROLES = {"line": 14.0, "argument": 8.0, "entry": 8.0, "pair": 6.0, "bare": 4.0, "compared": 4.0}
# Names under which plain values are kept that nobody turns.
_STATE = re.compile(
    r"^(?:i|j|k|n|x|y|_.*|tmp|temp|total|counter|count|best|best_\w+|result\w*|title|label\w*|color\w*|msg|"
    r"message|text|res|idx|index|row|col|fig\w*|palette|cmap|width|height|debug|verbose)$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class CodeCell:
    """A code cell. `position` counts all cells, from 0; `number` the code cells, from 1."""

    position: int
    number: int
    identity: str
    source: str


def propose(
    cells: Sequence[CodeCell], *, seen: Mapping[str, Sequence[str]] | None = None, declared: Iterable[str] = ()
) -> tuple[Proposal, ...]:
    """Return the values worth turning, best first; none where no cell is Python.

    `seen` are the values that captured runs had, by the name of the parameter; `declared` names are parameters
    already. Each proposal has a name that nothing else in the notebook has, but for what is a line of its own:
    `max_depth = 4` keeps its name.
    """
    trees = [(cell, tree) for cell in cells if (tree := python_of(cell.source)) is not None]
    statements = statements_of([(cell.position, tree) for cell, tree in trees])
    sources = _Sources(cells)
    facts = _Facts(trees, statements)
    already = set(declared)
    kept: list[tuple[Found, Reached]] = []
    for found in find_values(statements, sources.by_position):
        if found.role == "line" and (found.name in already or not facts.is_constant(found)):
            continue
        reached = reach(statements, found.statement, found.names)
        if reached.sinks and not _is_idle(found, reached):
            kept.append((found, reached))
    groups = _grouped(kept)
    names = _named(groups, facts.taken | already, facts)
    made = [
        _proposal(name, group, sources, facts, (seen or {}).get(group[0][0].name, ()))
        for name, group in zip(names, groups, strict=True)
    ]
    order = {id(one): index for index, one in enumerate(made)}
    return tuple(sorted(made, key=lambda one: (-one.score, order[id(one)])))


class _Sources:
    def __init__(self, cells: Sequence[CodeCell]) -> None:
        self.cells = {cell.position: cell for cell in cells}
        size = max(self.cells, default=-1) + 1
        self.by_position = [self.cells[i].source if i in self.cells else "" for i in range(size)]
        self.comments = {cell.position: comments_of(cell.source) for cell in cells}


class _Facts:
    """What is known of the names of the whole notebook."""

    def __init__(self, trees: Sequence[tuple[CodeCell, ast.Module]], statements: Sequence[Statement]) -> None:
        self.taken: set[str] = set()
        self.bound: Counter[str] = Counter()
        self.changed: set[str] = set()
        self.choices: dict[str, dict[object, None]] = {}
        self.plain_cells: set[int] = set()
        for cell, tree in trees:
            for node in ast.walk(tree):
                self._take(node)
            if tree.body and all(isinstance(node, (ast.Assign, ast.AnnAssign)) for node in tree.body):
                self.plain_cells.add(cell.position)
        for statement in statements:
            self.bound.update(statement.bound)
            if not isinstance(statement.node, (ast.Assign, ast.AnnAssign)):
                self.changed |= statement.writes
            else:
                self.changed |= statement.writes - statement.bound

    def is_constant(self, found: Found) -> bool:
        """Whether a name holds this value for good: it is no counter, and nothing is put into it."""
        return found.name not in self.changed and self.bound[found.name] == 1

    def _take(self, node: ast.AST) -> None:
        match node:
            case ast.Name(name) | ast.arg(name) | ast.FunctionDef(name) | ast.ClassDef(name):
                self.taken.add(name)
            case ast.AsyncFunctionDef(name):
                self.taken.add(name)
            case ast.alias():
                self.taken.add((node.asname or node.name).partition(".")[0])
            case ast.Compare(left=ast.Name(name), ops=[ast.Eq() | ast.NotEq()], comparators=[ast.Constant(value)]):
                if isinstance(value, str):
                    self.choices.setdefault(name, {})[value] = None
            case ast.Compare(left=ast.Name(name), ops=[ast.In() | ast.NotIn()], comparators=[ast.Tuple() | ast.List()]):
                for element in node.comparators[0].elts:  # type: ignore[attr-defined]
                    if isinstance(element, ast.Constant) and isinstance(element.value, str):
                        self.choices.setdefault(name, {})[element.value] = None
            case ast.Match(subject=ast.Name(name)):
                for case in node.cases:
                    if isinstance(case.pattern, ast.MatchValue) and isinstance(case.pattern.value, ast.Constant):
                        self.choices.setdefault(name, {})[case.pattern.value.value] = None


def _is_idle(found: Found, reached: Reached) -> bool:
    """Whether a value flows somewhere, as nearly all does, and still nobody would turn it."""
    if found.kind in ("path", "date", "datetime") or is_hyperparameter(found.name):
        return False
    if found.role == "line":
        return bool(_STATE.match(found.name)) and found.name.lower() == found.name
    if found.role == "pair":
        return bool(_STATE.match(found.name))
    if found.role == "entry" and isinstance(found.value, str):
        return "training" not in reached.sinks or reached.sinks["training"] > 2
    if found.role == "argument":
        if isinstance(found.value, (bool, list, dict, tuple)):
            return not found.owner[:1].isupper() or reached.sinks.get("training", 9) > 2
        return isinstance(found.value, str) and reached.sinks.get("training", 9) > 2
    return False


def _grouped(kept: Sequence[tuple[Found, Reached]]) -> list[list[tuple[Found, Reached]]]:
    """Put together what is one value written several times: a seed, a path, a date."""
    groups: dict[object, list[tuple[Found, Reached]]] = {}
    for index, (found, reached) in enumerate(kept):
        key: object = index
        if found.role != "line" and found.kind in ("path", "date", "datetime"):
            key = (found.kind, found.value, found.name if found.kind != "path" else "", found.site.call)
        elif found.role in ("argument", "entry", "pair") and is_seed(found.name):
            key = ("seed", found.name, found.value)
        elif found.role == "argument":
            key = (found.owner, found.name, type(found.value), repr(found.value))
        groups.setdefault(key, []).append((found, reached))
    return list(groups.values())


def _named(groups: Sequence[list[tuple[Found, Reached]]], taken: set[str], facts: _Facts) -> list[str]:
    """Return a name for each group: its own where nothing else has it, with what it belongs to where something has."""
    wanted = Counter(_slug(group[0][0].name) for group in groups if group[0][0].role != "line")
    used: set[str] = set()
    names: list[str] = []
    for group in groups:
        found = group[0][0]
        plain = _slug(found.name)
        if found.role == "line" or (found.role == "pair" and facts.is_constant(found)):
            names.append(found.name)
            used.add(found.name)
            continue
        qualified = plain if found.role == "pair" else _slug(f"{_snake(found.owner)}_{plain}")
        candidates = [plain] if wanted[plain] == 1 or found.kind in ("path", "date", "datetime") else []
        if is_seed(found.name) and not any(plain == name for name in names):
            candidates = [plain]
        candidates.append(qualified)
        base = plain if found.kind in ("path", "date", "datetime") else qualified
        candidates += [f"{base}_{number}" for number in range(2, len(groups) + len(taken) + 3)]
        name = next(each for each in candidates if each not in taken and each not in used)
        used.add(name)
        names.append(name)
    return names


def _proposal(
    name: str, group: list[tuple[Found, Reached]], sources: _Sources, facts: _Facts, seen: Sequence[str]
) -> Proposal:
    found, _ = group[0]
    cell = sources.cells[found.site.span.cell]
    sinks: dict[Sink, int] = {}
    for _, reached in group:
        for sink, steps in reached.sinks.items():
            sinks[sink] = min(steps, sinks.get(sink, steps))
    remark = remark_of(sources.comments[cell.position].get(found.site.statement.end_line, ""))
    own = found.role == "line" and found.site.statement.line == found.site.span.line
    choices = tuple(facts.choices.get(found.name, ())) if found.role == "line" and isinstance(found.value, str) else ()
    bounds = remark.bounds if own and remark.bounds and _allows(remark.bounds, found.value) else NO_BOUNDS
    if not bounds and choices:
        bounds = Bounds(choices=choices if found.value in choices else (found.value, *choices))
    bounds = bounds or known_bounds(found.name, found.value)
    reaches: tuple[Sink, ...] = tuple(sink for sink in _SINKS if sink in sinks)
    proposal = Proposal(
        name=name,
        kind=found.kind,
        default=found.value,
        bounds=bounds,
        written=_written(found, len(group)),
        cell=cell.identity,
        number=cell.number,
        line=found.site.span.line,
        reaches=reaches,
        sites=tuple(each.site for each, _ in group),
        help=remark.help if own else None,
        seen=tuple(dict.fromkeys(seen)),
    )
    return replace(proposal, score=round(_score(found, sinks, cell.position in facts.plain_cells, proposal), 1))


def _score(found: Found, sinks: Mapping[Sink, int], in_plain_cell: bool, proposal: Proposal) -> float:
    score = max(weight - 3 * min(sinks[sink], 12) for sink, weight in _SINKS.items() if sink in sinks)
    score += _KINDS.get(found.kind, 0.0) + _ROLES[found.role]
    if is_hyperparameter(found.name):
        score += 12 if is_seed(found.name) or isinstance(found.value, (str, bool)) else 34
    if found.role == "argument" and found.owner[:1].isupper() and "training" in sinks:
        score += 6  # an estimator's, most likely
    if found.role == "line" and found.name.isupper() and len(found.name) > 1:
        score += 14
    if found.role == "line" and in_plain_cell:
        score += 8
    if found.role == "line" and proposal.bounds:
        score += 6
    if found.in_function:
        score -= 12
    if len(proposal.seen) > 1:
        score += 30  # it has been turned already
    elif proposal.seen:
        score += 12
    return score + min(len(proposal.sites) - 1, 4)


def _allows(bounds: Bounds, value: object) -> bool:
    if bounds.choices:
        return value in bounds.choices
    return isinstance(value, (int, float)) and not isinstance(value, bool) and is_within(value, bounds)


def _written(found: Found, times: int) -> str:
    more = f", and {times - 1} more" if times > 1 else ""
    match found.role:
        case "line" | "pair":
            return f"{found.name} = {_short(found.site.text)}{more}"
        case "argument":
            return f"{found.owner}({found.name}={_short(found.site.text)}){more}"
        case "entry":
            return f"{found.owner}[{found.name!r}]: {_short(found.site.text)}{more}"
        case "compared":
            return f"{_short(found.site.text)} beside {_short(found.owner)}{more}"
    return f"{_short(found.site.text)}{more}" if found.site.call else f"{found.owner}({_short(found.site.text)}){more}"


def _short(text: str) -> str:
    flat = re.sub(r"\s+", " ", text)
    return flat if len(flat) <= 40 else flat[:39] + "…"


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def _slug(name: str) -> str:
    slug = re.sub(r"\W+", "_", name).strip("_") or "value"
    if slug[0].isdigit():
        slug = f"p_{slug}"
    if keyword.iskeyword(slug) or keyword.issoftkeyword(slug) or slug in dir(__builtins__):
        slug += "_value"
    return slug
