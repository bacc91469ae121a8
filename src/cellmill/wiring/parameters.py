"""The parameters of a notebook and the values in it that could become some, with what captured runs tell of them."""

from dataclasses import dataclass, replace
from pathlib import Path

from nbformat import NotebookNode

from cellmill.capture.secrets import Masker, is_named_like_a_secret
from cellmill.capture.sessions import load_sessions
from cellmill.core.errors import CellmillError
from cellmill.core.parameters import Parameter, Proposal
from cellmill.notebook.documents import read_notebook
from cellmill.notebook.parameters import declared_parameters, declaring_cell
from cellmill.notebook.proposals import propose_parameters
from cellmill.wiring.projects import project_of

MOST_SEEN = 8


@dataclass(frozen=True)
class Turnable:
    """What can be turned in a notebook: `declared` now, `proposed` once picked. `cell` is the declaring one."""

    notebook: Path
    document: NotebookNode
    cell: int | None
    declared: tuple[Parameter, ...]
    proposed: tuple[Proposal, ...]


def turnable(notebook: Path) -> Turnable:
    """Return what can be turned in a notebook. Nothing runs and nothing is written.

    What looks like a secret is not proposed. Raises `NotebookMissing`, `NotANotebook`.
    """
    document = read_notebook(notebook)
    masker = Masker({})
    proposed = tuple(
        one
        for one in propose_parameters(document, seen=_seen(notebook))
        if not is_named_like_a_secret(one.name) and masker.mask(one.written) == one.written
    )
    return Turnable(notebook, document, declaring_cell(document), declared_parameters(document), proposed)


def _seen(notebook: Path) -> dict[str, list[str]]:
    """Return the values that the notebook's captured runs had, oldest first: by name, and by class and name."""
    found: dict[str, dict[str, None]] = {}
    try:
        sessions = load_sessions(project_of(notebook.resolve()))
        runs = sessions.runs(sessions.project.relative(str(notebook.resolve())))
    except (CellmillError, OSError):
        return {}  # a journal that cannot be read takes nothing from what the source tells
    for run in reversed(runs):
        for parameter in run.parameters:
            name = parameter.name if parameter.source == "notebook" else f"{run.short_class}.{parameter.name}"
            found.setdefault(name, {})[parameter.value] = None
    return {name: list(values)[-MOST_SEEN:] for name, values in found.items()}


def without_default(parameter: Parameter) -> Parameter:
    """Return a parameter whose default is not shown, where it is named as secrets are."""
    if not is_named_like_a_secret(parameter.name) or not isinstance(parameter.default, str):
        return parameter
    schema = {**parameter.schema, "default": "…"}
    return replace(parameter, default="…", schema=schema)
