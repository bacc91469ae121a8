"""What a cell had changed before it raised: then the values are not those from before it."""

from typing import Any

import pytest

from cellmill.core.event_parts import FileUse
from cellmill.core.ids import ExecutionId
from cellmill.core.runs import Execution
from cellmill.wiring.resuming import what_it_changed

BEFORE = {"rows", "model"}


def raised(**found: Any) -> Execution:
    facts = {"reads": frozenset(), "writes": frozenset(), **found}
    return Execution(ExecutionId("e"), 3, "…", "c", (), 0, 1, "error", None, **facts)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({"writes": frozenset({"rows", "new"})}, "the cell may have changed 'rows' before it raised"),
        ({"deleted": ("model",)}, "the cell may have changed 'model' before it raised"),
        (
            {"environment": {"STAGE": "2", "_OURS": "1"}},
            "the cell had changed the environment (STAGE) before it raised",
        ),
        ({"files": (FileUse("/p/out.csv", "written"),)}, "the cell had written /p/out.csv before it raised"),
        ({"writes": frozenset({"new"}), "deleted": ("new",), "environment": {"_OF_A_LIBRARY": "1"}}, None),
        ({"reads": frozenset({"rows"}), "files": (FileUse("/p/in.csv", "read"),)}, None),
    ],
)
def test_a_cell_that_changed_what_was_there_is_not_gone_on_from(found: dict[str, Any], words: str | None) -> None:
    assert what_it_changed(raised(**found), BEFORE) == words
