"""The executions of a run, written as a notebook: what ran, in the order it ran."""

from typing import Any

from cellmill.core.runs import Run
from cellmill.notebook.plain import as_bytes, new_code_cell, new_markdown_cell, new_notebook

_PART = {"fed": "fed the training", "trained": "the training", "evaluated": "evaluated the model"}


def executions_notebook(run: Run) -> bytes:
    """Return an `.ipynb` of the executions that took part. The same run gives the same bytes."""
    title = f"# {run.short_class}\n\nThe executions of run `{run.run}`"
    title += f" in `{run.notebook}`." if run.notebook else "."
    cells = [new_markdown_cell("title", title)]
    for index, part in enumerate(run.executions):
        execution = part.execution
        told: dict[str, Any] = {
            "execution": execution.execution,
            "cell": execution.cell,
            "part": _PART[part.part],
        }
        cells.append(
            new_code_cell(f"execution-{index}", execution.source, number=execution.number, metadata={"cellmill": told})
        )
    kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return as_bytes(new_notebook(cells, {"kernelspec": kernelspec}))
