"""One step: a notebook with typed parameters, run from a clean kernel."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cellmill.core.files import check_writable, make_folder
from cellmill.core.ports import NotebookExecutor, Progress
from cellmill.core.words import shown_path
from cellmill.notebook.parameters import check_parameters, declared_parameters, declaring_cell, read_texts
from cellmill.notebook.plain import read_plain


@dataclass(frozen=True)
class Step:
    """A notebook, where its executed copy goes, and what it is given."""

    notebook: Path
    output: Path
    parameters: Mapping[str, Any] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    """Parameters as typed on a command line: read as the notebook's defaults are."""
    kernel: str | None = None


def run_step(step: Step, executor: NotebookExecutor, *, progress: Callable[[Progress], None] | None = None) -> None:
    """Run a step. Whatever is wrong with its notebook or parameters is said before a kernel starts.

    Raises `NotebookError`, `ExecutionError`, `FolderNotWritable`.
    """
    document = read_plain(step.notebook)
    declared = declared_parameters(document)
    given = {**read_texts(step.texts, declared), **step.parameters}
    parameters = check_parameters(given, declared, notebook=shown_path(step.notebook), cell=declaring_cell(document))
    make_folder(step.output.parent, mode=0o777)
    check_writable(step.output.parent)
    executor.execute(step.notebook, step.output, parameters, kernel=step.kernel, progress=progress)
