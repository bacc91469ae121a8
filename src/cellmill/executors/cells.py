"""The cells of a notebook, run one after the other."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from cellmill.core.ports import CellRan
from cellmill.executors.channels import Message
from cellmill.executors.ends import end_of
from cellmill.executors.kernels import LocalKernel
from cellmill.executors.shown import Shown, try_failure
from cellmill.executors.widgets import Widgets
from cellmill.notebook.plain import runs, tags_of

_TIMES = {"execute_input": "iopub.execute_input", "busy": "iopub.status.busy", "idle": "iopub.status.idle"}


class Keeper(Protocol):
    """Writes down what happens to a notebook. papermill's manager of a notebook is one."""

    def cell_start(self, cell: Any, cell_index: int) -> None:
        """A cell is about to run, or to be passed over."""
        ...

    def cell_exception(self, cell: Any, cell_index: int) -> None:
        """It raised, or could not be run to its end."""
        ...

    def cell_complete(self, cell: Any, cell_index: int) -> None:
        """It has ended."""
        ...

    def autosave_cell(self) -> None:
        """Save, if it is time: called now and then while a cell runs."""
        ...


def run_cells(
    document: Mapping[str, Any],
    kernel: LocalKernel,
    keeper: Keeper,
    *,
    ended: Callable[[int, CellRan | None], None],
    timeout_s: float | None = None,
    left_s: Callable[[], float | None] = lambda: None,
    shown: Callable[[Mapping[str, Any]], None] | None = None,
    first: int = 0,
) -> None:
    """Run the cells until one raises that is not expected to. `ended` is told of each, `shown` of each output.

    Those before the `first` are left as they are. Each may take `timeout_s`, and as long as `left_s` then answers;
    None: as long as it likes.

    Raises `KernelDied`, `CellTimedOut`; what the cell has shown until then is kept.
    """
    widgets = Widgets(kernel.tell)
    try:
        for index, cell in enumerate(document["cells"]):
            if index < first:
                continue
            keeper.cell_start(cell, index)
            ran, has_failed = None, False
            try:
                if runs(cell):
                    limits = [limit for limit in (timeout_s, left_s()) if limit is not None]
                    ran = _run(cell, kernel, keeper, widgets, min(limits, default=None), shown)
                    has_failed = end_of(ran, tags_of(cell)) is not None
            except BaseException:
                keeper.cell_exception(cell, cell_index=index)
                raise
            else:
                if has_failed:
                    keeper.cell_exception(cell, cell_index=index)
            finally:
                keeper.cell_complete(cell, cell_index=index)
            ended(index, ran)
            if has_failed:
                return
    finally:
        document["metadata"]["language_info"] = kernel.language
        states = widgets.states()
        if states is not None:
            document["metadata"]["widgets"] = states


def _run(
    cell: Any,
    kernel: LocalKernel,
    keeper: Keeper,
    widgets: Widgets,
    timeout_s: float | None,
    shown: Callable[[Mapping[str, Any]], None] | None,
) -> CellRan:
    times = cell["metadata"].setdefault("execution", {})
    times.clear()

    def heard(message: Message, outputs: Shown) -> None:
        moment = _TIMES.get(message.content.get("execution_state", "") if message.kind == "status" else message.kind)
        if moment is not None:
            times[moment] = message.header["date"]
            if message.kind == "execute_input":
                cell["execution_count"] = message.content["execution_count"]
        if not widgets.take(message) and outputs.take(message):
            cell["outputs"] = outputs.outputs
            if shown is not None and outputs.outputs:
                shown(_alone(message, outputs.outputs[-1]))

    cell["outputs"] = []
    ran = kernel.run(cell["source"], timeout_s=timeout_s, heard=heard, waited=keeper.autosave_cell)
    cell["execution_count"] = ran.number
    failure = try_failure(ran.outputs) if ran.outcome == "ok" else None
    return ran if failure is None else replace(ran, outcome="error", error=failure)


def _alone(message: Message, output: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what this message shows: a stream's text is joined to what came before it."""
    return {**output, "text": message.content["text"]} if message.kind == "stream" else output
