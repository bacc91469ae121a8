"""How a notebook ends with a cell, and which cells run at all."""

from typing import Any

import pytest

from cellmill.core.event_parts import Failure, Outcome
from cellmill.core.ids import ExecutionId
from cellmill.core.ports import CellRan
from cellmill.executors.ends import End, end_of
from cellmill.notebook.plain import new_code_cell, new_markdown_cell, runs

WRONG = Failure("ValueError", "no")
SHOWN = {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": []}


def ran(outcome: Outcome = "ok", error: Failure | None = None, *outputs: dict[str, Any]) -> CellRan:
    return CellRan(ExecutionId("e"), outcome, outputs, error, 1, 0, 1)


@pytest.mark.parametrize(
    ("result", "end"),
    [
        (ran(), None),
        (ran("error", WRONG), End(WRONG)),
        (ran("ok", None, SHOWN), End(WRONG)),
        (ran("interrupted"), End(Failure("KeyboardInterrupt", "the cell was interrupted"))),
        (ran("error", Failure("SystemExit", "")), End(None)),
        (ran("error", Failure("SystemExit", "0")), End(None)),
        (ran("error", Failure("SystemExit", "1")), End(Failure("SystemExit", "1"))),
    ],
)
def test_a_notebook_ends_with_what_raises(result: CellRan, end: End | None) -> None:
    found = end_of(result, ())
    assert (found is None) == (end is None)
    if found is not None and end is not None:
        assert repr(found.failure)[:40] == repr(end.failure)[:40]
    assert end_of(result, ("raises-exception",)) is None


def test_cells_of_code_run_that_are_not_passed_over() -> None:
    tagged = new_code_cell("c", "1", metadata={"tags": ["skip-execution"]})
    cells = [new_code_cell("a", "1"), new_code_cell("b", " \n"), tagged, new_markdown_cell("d", "1")]
    assert [runs(cell) for cell in cells] == [True, False, False, False]
