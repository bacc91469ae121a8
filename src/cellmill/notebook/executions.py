"""The executions of a run, written as a notebook: what ran, in the order it ran."""

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from cellmill.core.runs import Run

_PART = {"fed": "fed the training", "trained": "the training", "evaluated": "evaluated the model"}


def executions_notebook(run: Run) -> bytes:
    """Return an `.ipynb` of the executions that took part. The same run gives the same bytes."""
    title = f"# {run.short_class}\n\nThe executions of run `{run.run}`"
    title += f" in `{run.notebook}`." if run.notebook else "."
    notebook: NotebookNode = new_notebook(
        cells=[_with_id(new_markdown_cell(title), "title")],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    for index, part in enumerate(run.executions):
        execution = part.execution
        cell = new_code_cell(
            execution.source,
            execution_count=execution.number,
            metadata={
                "cellmill": {
                    "execution": execution.execution,
                    "cell": execution.cell,
                    "part": _PART[part.part],
                }
            },
        )
        notebook.cells.append(_with_id(cell, f"execution-{index}"))
    text: str = nbformat.writes(notebook)
    return text.encode()


def _with_id(cell: NotebookNode, identity: str) -> NotebookNode:
    cell["id"] = identity  # nbformat's own are random
    return cell
