"""What the caller hears when something is wrong: a status, and a body that says which."""

from http import HTTPStatus
from typing import Any

import pytest
from tests.server.jupyter import Jupyter, wait_for
from tests.stories import Story, a_training
from tests.unit.core.test_errors import EXAMPLES

from cellmill.core.errors import CellmillError
from cellmill.server.handlers import status_of
from cellmill.wire.errors import ErrorAnswer

STATUSES = {
    "unknown_run": HTTPStatus.NOT_FOUND,
    "ambiguous_run": HTTPStatus.CONFLICT,
    "run_without_model": HTTPStatus.CONFLICT,
    "run_without_recipe": HTTPStatus.CONFLICT,
    "not_a_bundle": HTTPStatus.CONFLICT,
    "environment_not_built": HTTPStatus.CONFLICT,
    "no_scratch": HTTPStatus.INSUFFICIENT_STORAGE,
    "replay_under_way": HTTPStatus.CONFLICT,
    "no_runs": HTTPStatus.CONFLICT,
    "store_unreachable": HTTPStatus.SERVICE_UNAVAILABLE,
    "store_locked": HTTPStatus.SERVICE_UNAVAILABLE,
    "store_refused": HTTPStatus.BAD_GATEWAY,
    "invalid_model_name": HTTPStatus.UNPROCESSABLE_ENTITY,
    "invalid_alias": HTTPStatus.UNPROCESSABLE_ENTITY,
    "folder_not_writable": HTTPStatus.CONFLICT,
    "bad_settings": HTTPStatus.CONFLICT,
    "no_session": HTTPStatus.NOT_FOUND,
}


@pytest.mark.parametrize("error", [error for error, _ in EXAMPLES], ids=lambda error: error.kind)
def test_each_error_has_its_status(error: CellmillError) -> None:
    assert status_of(error) == STATUSES.get(error.kind, HTTPStatus.INTERNAL_SERVER_ERROR)


@pytest.fixture(scope="module")
def told(server: Jupyter) -> Story:
    """Runs that no kernel made, or their ids would be hexadecimal: two that begin alike, and one without a model."""
    story = Story(server.project, notebook="told/errors.ipynb", session="20260101T000000-e0000000")
    a_training(story, "z000000001")
    a_training(story, "z000000002")
    a_training(story, "z111111111", model=None)
    story.write()
    wait_for(lambda: server.runs("told/errors.ipynb"), lambda found: len(found) == 3)
    return story


MISTAKES: list[tuple[str, str, object, int, dict[str, Any]]] = [
    ("runs/z9", "GET", None, 404, {"kind": "unknown_run", "run": "z9"}),
    ("runs/z9/registration", "GET", None, 404, {"kind": "unknown_run", "run": "z9"}),
    (
        "runs/z00",
        "GET",
        None,
        409,
        {"kind": "ambiguous_run", "run": "z00", "matches": ["z000000002", "z000000001"]},
    ),
    (
        "runs/z1/registration",
        "GET",
        None,
        409,
        {"kind": "run_without_model", "run": "z111111111", "reason": "the kernel ended before it was written"},
    ),
    ("models", "POST", {"run": "z9", "name": "m"}, 404, {"kind": "unknown_run", "run": "z9"}),
    (
        "capture",
        "PUT",
        {"notebook": "told/errors.ipynb", "capture": "paused"},
        404,
        {"kind": "no_session", "notebook": "told/errors.ipynb"},
    ),
    ("models", "POST", b"", 400, {"kind": "bad_request"}),
    ("models", "POST", b"{", 400, {"kind": "bad_request"}),
    ("models", "POST", [], 400, {"kind": "bad_request"}),
    ("models", "POST", {"run": "z0"}, 400, {"kind": "bad_request", "message": "name: Field required"}),
    (
        "models",
        "POST",
        {"run": "z0", "name": "m", "colour": "blue"},
        400,
        {"kind": "bad_request", "message": "colour: Extra inputs are not permitted"},
    ),
    ("capture", "PUT", {"notebook": "a.ipynb", "capture": "off"}, 400, {"kind": "bad_request"}),
    ("runs?notebook=../../outside.ipynb", "GET", None, 400, {"kind": "bad_request"}),
    ("capture?notebook=/../outside.ipynb", "GET", None, 400, {"kind": "bad_request"}),
    ("models?notebook=a/../../outside.ipynb", "GET", None, 400, {"kind": "bad_request"}),
    (
        "pipelines/graph?folder=pipelines/gone",
        "GET",
        None,
        404,
        {"kind": "not_found", "message": "there is no pipeline.yaml in pipelines/gone"},
    ),
    ("models", "PATCH", {}, 405, {"kind": "bad_request"}),
    ("runs/z9/recipe", "GET", None, 404, {"kind": "unknown_run", "run": "z9"}),
    ("runs/z9/replay", "POST", None, 404, {"kind": "unknown_run", "run": "z9"}),
    ("replays", "POST", {}, 400, {"kind": "bad_request", "message": "notebook: Field required"}),
    ("replays?notebook=../../outside.ipynb", "DELETE", None, 400, {"kind": "bad_request"}),
]


@pytest.mark.parametrize(
    ("path", "method", "body", "status", "error"), MISTAKES, ids=[f"{row[1]} {row[0]} {row[2]}" for row in MISTAKES]
)
def test_a_mistake_is_answered_with_its_kind_and_its_facts(
    server: Jupyter, told: Story, path: str, method: str, body: object, status: int, error: dict[str, Any]
) -> None:
    answer = server.ask(path, method, body)
    found = answer.json()["error"]
    assert (answer.status_code, {name: found[name] for name in error}) == (status, error)
    assert ErrorAnswer.model_validate(answer.json()).error.message
    assert answer.headers["content-type"] == "application/json"


def test_the_store_refuses_a_name_and_says_so(server: Jupyter, told: Story) -> None:
    """Asked of the process that holds MLflow, and carried back over its pipe."""
    names = [("a/b", None, "invalid_model_name"), ("m", "latest", "invalid_alias")]
    for name, alias, kind in names:
        answer = server.ask("models", "POST", {"run": "z000000001", "name": name, "alias": alias})
        assert (answer.status_code, answer.json()["error"]["kind"]) == (422, kind)
    assert not {"a/b", "m"} & {model["name"] for model in server.get("models")["models"]}
