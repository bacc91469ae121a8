"""Proposals made parameters: papermill's own cell, and each value in its place replaced by the name. Text to text."""

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from nbformat import NotebookNode

from cellmill.core.parameters import Proposal, Site
from cellmill.core.picks import NotProposed, PickRefused
from cellmill.dataflow.magics import python_of
from cellmill.dataflow.remarks import comments_of
from cellmill.notebook.parameters import TAG, declared_parameters
from cellmill.notebook.raw import raw_cells, with_changes


@dataclass(frozen=True)
class Picked:
    """A notebook's text with parameters made. `position` is that of the parameters' cell, among all cells."""

    text: str
    position: int
    is_new: bool
    lines: tuple[str, ...]
    """What that cell was given."""
    changed: tuple[int, ...]
    """Positions of the other cells that changed, as they were before."""


def choose(names: Sequence[str], proposals: Sequence[Proposal], *, notebook: str) -> tuple[Proposal, ...]:
    """Return the proposals of these names. `depth:max_depth` takes `depth`, under the name `max_depth`.

    Raises `NotProposed`, `PickRefused`.
    """
    by_name = {one.name: one for one in proposals}
    found: dict[str, Proposal] = {}
    for given in names:
        name, _, other = given.strip().partition(":")
        if name not in by_name:
            raise NotProposed(name, notebook=notebook, proposed=tuple(by_name))
        one = by_name[name]
        if other and any(site.moves for site in one.sites):
            raise PickRefused(notebook, reason=f"{name!r} is the notebook's own name, and keeps it")
        if other and (not other.isidentifier() or other in by_name):
            raise PickRefused(notebook, reason=f"{other!r} cannot be its name")
        found[name] = replace(one, name=other) if other else one
    return tuple(found.values())


def pick(text: str, notebook: NotebookNode, picks: Sequence[Proposal], *, name: str) -> Picked:
    """Return the notebook's text with these made parameters; all else in it stays as it is, byte for byte.

    Raises `PickRefused` where that cannot be done.
    """
    if len(raw_cells(text)) != len(notebook.cells):
        raise PickRefused(name, reason="it is written in an old format. Open it in JupyterLab and save it")
    _check_names(notebook, picks, name)
    sites = [(one, site) for one in picks for site in one.sites]
    _check_apart([site for _, site in sites], picks, name)
    cells = {position: notebook.cells[position].source for position in {site.span.cell for _, site in sites}}
    lines = tuple(_line(one, cells) for one in picks)
    sources = {
        position: _rewritten(source, [(one, site) for one, site in sites if site.span.cell == position])
        for position, source in cells.items()
    }
    changed = tuple(sorted(sources))
    highest = _first_use(notebook, picks)
    declaring = next((i for i, cell in enumerate(notebook.cells) if _declares(cell)), None)
    if declaring is not None:
        if declaring > highest:
            raise PickRefused(
                name, reason="the cell tagged 'parameters' stands below what would read them. Move it up first"
            )
        own = sources.get(declaring, notebook.cells[declaring].source)
        sources[declaring] = "\n".join([*([own.rstrip("\n")] if own.strip() else []), *lines])
        return Picked(with_changes(text, sources), declaring, False, lines, changed)
    at = _place(notebook, highest)
    made = with_changes(text, sources, cell=_cell(notebook, lines, at), at=at)
    return Picked(made, at, True, lines, changed)


def _declares(cell: NotebookNode) -> bool:
    return bool(cell.cell_type == "code" and TAG in cell.metadata.get("tags", []))


def _check_names(notebook: NotebookNode, picks: Sequence[Proposal], name: str) -> None:
    declared = {parameter.name for parameter in declared_parameters(notebook)}
    words = [set(re.findall(r"\w+", cell.source)) for cell in notebook.cells if cell.cell_type == "code"]
    names: set[str] = set()
    for one in picks:
        if one.name in declared or one.name in names:
            raise PickRefused(name, reason=f"{one.name!r} is a parameter already")
        names.add(one.name)
        renamed = not any(site.moves for site in one.sites) and not _is_own(one)
        if renamed and any(one.name in found for found in words) and _is_bound(notebook, one.name):
            raise PickRefused(name, reason=f"{one.name!r} has another meaning in it. Give it a name: NAME:OTHER")


def _is_own(one: Proposal) -> bool:
    """Whether the name is the one that the notebook binds the value to."""
    return one.written.startswith(f"{one.name} = ")


def _is_bound(notebook: NotebookNode, name: str) -> bool:
    for cell in notebook.cells:
        tree = python_of(cell.source) if cell.cell_type == "code" else None
        for node in ast.walk(tree) if tree is not None else ():
            bound = getattr(node, "id", None) or (getattr(node, "arg", None) if isinstance(node, ast.arg) else None)
            if name in (bound, getattr(node, "name", None), getattr(node, "asname", None)):
                return True
    return False


def _check_apart(sites: Sequence[Site], picks: Sequence[Proposal], name: str) -> None:
    def begins(site: Site) -> tuple[int, int, int]:
        whole = site.statement if site.moves else site.span
        return (site.span.cell, whole.line, whole.column)

    def ends(site: Site) -> tuple[int, int, int]:
        whole = site.statement if site.moves else site.span
        return (site.span.cell, whole.end_line, whole.end_column)

    ordered = sorted(sites, key=begins)
    for before, after in pairwise(ordered):
        if begins(after) < ends(before):
            both = " and ".join(repr(one.name) for one in picks if before in one.sites or after in one.sites)
            raise PickRefused(name, reason=f"{both} are one inside the other. Pick one of them")


def _line(one: Proposal, cells: dict[int, str]) -> str:
    """The assignment as it will stand in the parameters' cell."""
    site = one.sites[0]
    source = cells[site.span.cell]
    comment = comments_of(source).get(site.statement.end_line, "")
    if site.moves and _is_literal(site.text):
        lines = re.split(r"\r\n|\n|\r", source)[site.statement.line - 1 : site.statement.end_line]
        lines[0] = lines[0].lstrip()
        text = "\n".join(lines).rstrip()
        return text if comment else text + _remark(one)
    written = site.text if _is_literal(site.text) and "\n" not in site.text and site.call is None else repr(one.default)
    return f"{one.name} = {written}" + (f"  {comment}" if comment and site.moves else _remark(one))


def _remark(one: Proposal) -> str:
    """What the comment beside a parameter says: its kind or its bounds, and where it was taken from."""
    words: list[str] = []
    if one.kind in ("path", "date", "datetime"):
        words.append(one.kind)
    elif one.bounds:
        words.append(one.bounds.words)
    owner = re.match(r"[\w.]+(?=[(\[])", one.written)
    if owner is not None and not one.bounds.choices and one.sites[0].call is None:
        words.append(owner[0])
    return "  # " + ", ".join(words) if words else ""


def _is_literal(text: str) -> bool:
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False
    return True


def _rewritten(source: str, sites: Sequence[tuple[Proposal, Site]]) -> str:
    lines = re.split(r"(\r\n|\n|\r)", source)
    texts, breaks = lines[::2], [*lines[1::2], ""]
    gone: set[int] = set()
    ordered = sorted(sites, key=lambda pair: (pair[1].span.line, pair[1].span.column), reverse=True)
    for one, site in ordered:
        if site.moves:
            gone.update(range(site.statement.line - 1, site.statement.end_line))
            continue
        span = site.span
        new = f"{site.call}({one.name})" if site.call else one.name
        first, last = texts[span.line - 1], texts[span.end_line - 1]
        texts[span.line - 1] = first[: span.column] + new + last[span.end_column :]
        gone.update(range(span.line, span.end_line))
    kept = [text + ending for i, (text, ending) in enumerate(zip(texts, breaks, strict=True)) if i not in gone]
    made = "".join(kept)
    return made if source.endswith(("\n", "\r")) else made.rstrip("\r\n") if gone else made


def _first_use(notebook: NotebookNode, picks: Sequence[Proposal]) -> int:
    """The position of the first cell that reads one of them, or that mentions it in whatever way."""
    found = [site.span.cell for one in picks for site in one.sites]
    for one in picks:
        if any(site.moves for site in one.sites):
            word = re.compile(rf"(?<!\w){re.escape(one.name)}(?!\w)")
            cells = [(i, cell.source) for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
            found += [position for position, source in cells if word.search(source)]
    return min(found)


def _place(notebook: NotebookNode, highest: int) -> int:
    """Behind the cells that only import, as high as that: a star import must not bind over a parameter."""
    for position, cell in enumerate(notebook.cells[:highest]):
        if cell.cell_type == "code" and not _only_imports(cell.source):
            return position
    return highest


def _only_imports(source: str) -> bool:
    tree = python_of(source)
    return tree is not None and all(isinstance(node, (ast.Import, ast.ImportFrom)) for node in tree.body)


def _cell(notebook: NotebookNode, lines: Sequence[str], at: int) -> dict[str, Any]:
    source = "\n".join(lines).splitlines(keepends=True)
    cell: dict[str, Any] = {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {"tags": [TAG]},
        "outputs": [],
        "source": source,
    }
    if (notebook.nbformat, notebook.nbformat_minor) >= (4, 5):
        taken = {other.get("id") for other in notebook.cells}
        names = (TAG, *(f"{TAG}-{number}" for number in range(2, len(taken) + 3)))
        cell["id"] = next(name for name in names if name not in taken)
    return cell
