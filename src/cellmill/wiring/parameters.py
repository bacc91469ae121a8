"""The parameters of a notebook and the values in it that could become some, with what captured runs tell of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nbformat import NotebookNode

from cellmill.capture.secret_names import is_secret
from cellmill.capture.secrets import Masker
from cellmill.capture.sessions import load_sessions
from cellmill.core.errors import CellmillError, NotebookError
from cellmill.core.parameters import Parameter, Proposal
from cellmill.core.runs import Run
from cellmill.core.words import shown_path
from cellmill.notebook.documents import read_notebook
from cellmill.notebook.parameters import check_parameters, declared_parameters, declaring_cell, read_texts
from cellmill.notebook.proposals import propose_parameters
from cellmill.wiring.projects import project_of

MOST_SEEN = 8


@dataclass(frozen=True)
class Problem:
    """Why a parameter cannot have the value that it was given."""

    name: str
    message: str


@dataclass(frozen=True)
class Turnable:
    """What can be turned in a notebook: `declared` now, `proposed` once picked. `cell` is the declaring one."""

    notebook: Path
    document: NotebookNode
    cell: int | None
    declared: tuple[Parameter, ...]
    proposed: tuple[Proposal, ...]


def turnable(notebook: Path, *, runs: Sequence[Run] | None = None) -> Turnable:
    """Return what can be turned in a notebook. Nothing runs and nothing is written.

    `runs` are the notebook's captured ones, newest first; without them every journal of its project is read.
    What looks like a secret is not proposed. Raises `NotebookMissing`, `NotANotebook`.
    """
    document = read_notebook(notebook)
    seen = _seen(_captured_runs(notebook) if runs is None else runs)
    masker = Masker({})
    proposed = tuple(
        one
        for one in propose_parameters(document, seen=seen)
        if not is_secret(one.name, one.default) and masker.mask(one.written) == one.written
    )
    return Turnable(notebook, document, declaring_cell(document), declared_parameters(document), proposed)


def problems_of(notebook: Path, texts: Mapping[str, str]) -> tuple[Problem, ...]:
    """Return what is wrong with values typed as text, as a headless run would say it; empty when they fit.

    Raises `NotebookMissing`, `NotANotebook`.
    """
    document = read_notebook(notebook)
    declared, cell = declared_parameters(document), declaring_cell(document)
    found = []
    for name, text in texts.items():
        try:
            given = read_texts({name: text}, declared)
            check_parameters(given, declared, notebook=shown_path(notebook), cell=cell)
        except NotebookError as error:
            found.append(Problem(name, str(error)))
    return tuple(found)


def _captured_runs(notebook: Path) -> tuple[Run, ...]:
    """Return a notebook's captured runs, newest first; none where a journal cannot be read."""
    try:
        sessions = load_sessions(project_of(notebook.resolve()))
        return sessions.runs(sessions.project.relative(str(notebook.resolve())))
    except (CellmillError, OSError):
        return ()  # it takes nothing from what the source tells


def _seen(runs: Sequence[Run]) -> dict[str, list[str]]:
    """Return the values that captured runs had, oldest first: by name, and by class and name."""
    found: dict[str, dict[str, None]] = {}
    for run in reversed(runs):
        for parameter in run.parameters:
            name = parameter.name if parameter.source == "notebook" else f"{run.short_class}.{parameter.name}"
            found.setdefault(name, {})[parameter.value] = None
    return {name: list(values)[-MOST_SEEN:] for name, values in found.items()}


def without_default(parameter: Parameter) -> Parameter:
    """Return a parameter whose default is not shown, where it is a text and a secret."""
    if not isinstance(parameter.default, str) or not is_secret(parameter.name, parameter.default):
        return parameter
    schema = {**parameter.schema, "default": "…"}
    return replace(parameter, default="…", schema=schema)
