"""The values of a notebook that are worth turning."""

from collections.abc import Mapping, Sequence

from nbformat import NotebookNode

from cellmill.core.parameters import Proposal
from cellmill.dataflow.proposals import CodeCell, propose
from cellmill.notebook.parameters import INJECTED_TAG, TAG, declared_parameters


def propose_parameters(
    notebook: NotebookNode, *, seen: Mapping[str, Sequence[str]] | None = None
) -> tuple[Proposal, ...]:
    """Return the values worth turning, best first, without those that are parameters already.

    `seen` are values that captured runs had, by name. Empty for a notebook in another language than Python.
    """
    language = notebook.metadata.get("kernelspec", {}).get("language") or "python"
    if language.lower() != "python":
        return ()
    declared = {parameter.name for parameter in declared_parameters(notebook)}
    return propose(code_cells(notebook), seen=seen, declared=declared)


def code_cells(notebook: NotebookNode) -> list[CodeCell]:
    """Return the code cells that papermill did not make."""
    found: list[CodeCell] = []
    for position, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            tags = cell.metadata.get("tags", [])
            source = "" if INJECTED_TAG in tags else cell.source
            identity = cell.get("id") or str(position)
            found.append(CodeCell(position, len(found) + 1, identity, source))
    return found


def is_declaring(cell: NotebookNode) -> bool:
    """Return whether a cell is the one that papermill takes for the parameters' defaults."""
    return bool(cell.cell_type == "code" and TAG in cell.metadata.get("tags", []))
