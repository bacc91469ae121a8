"""Errors, as the browser reads them."""

import json
from collections.abc import Iterator

import pytest
from pydantic import ValidationError
from tests.unit.core.test_errors import EXAMPLES, LEAVES

from cellmill.core.errors import BadSettings, CellmillError, ExecutionError, NoRuns, NotebookError
from cellmill.core.pipeline_errors import PipelineError
from cellmill.core.sweep_errors import SweepError
from cellmill.wire.errors import ErrorAnswer, InternalError, error_answer, shapes_by_kind

# Headless work has a terminal, not a browser.
HEADLESS = (NotebookError, ExecutionError, SweepError, PipelineError, NoRuns)
REACHING = [error for error, _ in EXAMPLES if not isinstance(error, HEADLESS)]


def kinds(errors: list[type[CellmillError]]) -> Iterator[str]:
    return (kind.kind for kind in errors if not issubclass(kind, HEADLESS))


def test_every_error_that_can_reach_a_browser_has_a_shape_there() -> None:
    assert set(shapes_by_kind()) == {*kinds(LEAVES), "bad_request", "not_found", "internal"}


@pytest.mark.parametrize("error", REACHING, ids=lambda error: error.kind)
def test_an_error_is_sent_with_its_kind_its_message_and_the_facts_of_its_kind(error: CellmillError) -> None:
    sent = json.loads(error_answer(error).model_dump_json())["error"]
    facts = {name: list(v) if isinstance(v, tuple) else v for name, v in error.facts.items() if name in sent}
    assert sent == {"kind": error.kind, "message": str(error), **facts}
    assert ErrorAnswer.model_validate({"error": sent}) == error_answer(error)


@pytest.mark.parametrize("error", [e for e, _ in EXAMPLES if isinstance(e, HEADLESS)], ids=lambda error: error.kind)
def test_one_that_has_no_shape_is_a_fault_of_ours_with_its_message(error: CellmillError) -> None:
    assert error_answer(error) == ErrorAnswer(error=InternalError(kind="internal", message=str(error)))


def test_a_shape_is_told_by_its_kind_and_holds_nothing_else() -> None:
    with pytest.raises(ValidationError):
        ErrorAnswer.model_validate({"error": {"kind": "weather", "message": "It rains."}})
    with pytest.raises(ValidationError):
        ErrorAnswer.model_validate({"error": {"kind": "internal", "message": "", "colour": "blue"}})


def test_facts_that_the_browser_is_not_told_stay_here() -> None:
    error = BadSettings("/p/settings.toml", "no")
    error.secret = "x"  # type: ignore[attr-defined]
    assert "secret" not in error_answer(error).model_dump_json()
