"""Values put into a notebook, in a cell of their own, as papermill does it."""

import copy
from collections.abc import Mapping
from typing import Any

import nbformat
from nbformat import NotebookNode


def with_parameters(document: NotebookNode, parameters: Mapping[str, Any]) -> NotebookNode:
    """Return a copy with the values behind the defaults. Text is written so that it is read as that text."""
    from papermill.parameterize import parameterize_notebook

    ready: NotebookNode = copy.deepcopy(document)
    for cell in ready.cells:  # as papermill's own reader leaves them
        cell.metadata.setdefault("tags", [])
    ready.metadata.setdefault("papermill", nbformat.from_dict({"parameters": {}}))
    made: NotebookNode = parameterize_notebook(ready, dict(parameters))
    return made
