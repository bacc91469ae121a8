"""Errors as a tagged union: a browser switches on `kind` and knows which facts it will find."""

from typing import Annotated, Literal, get_args

from pydantic import Field, TypeAdapter

from cellmill.core.errors import CellmillError
from cellmill.wire.base import WireModel


class UnknownRunError(WireModel):
    kind: Literal["unknown_run"]
    message: str
    run: str


class AmbiguousRunError(WireModel):
    kind: Literal["ambiguous_run"]
    message: str
    run: str
    matches: list[str]


class RunWithoutModelError(WireModel):
    kind: Literal["run_without_model"]
    message: str
    run: str
    reason: str


class RunWithoutRecipeError(WireModel):
    kind: Literal["run_without_recipe"]
    message: str
    run: str
    reason: str


class NotABundleError(WireModel):
    kind: Literal["not_a_bundle"]
    message: str
    path: str
    reason: str


class EnvironmentNotBuiltError(WireModel):
    kind: Literal["environment_not_built"]
    message: str
    run: str
    reason: str


class NoScratchError(WireModel):
    kind: Literal["no_scratch"]
    message: str
    folder: str
    reason: str


class ReplayUnderWayError(WireModel):
    kind: Literal["replay_under_way"]
    message: str
    run: str


class StoreUnreachableError(WireModel):
    kind: Literal["store_unreachable"]
    message: str
    store: str
    reason: str


class StoreLockedError(WireModel):
    kind: Literal["store_locked"]
    message: str
    store: str


class StoreRefusedError(WireModel):
    kind: Literal["store_refused"]
    message: str
    store: str
    reason: str


class InvalidModelNameError(WireModel):
    kind: Literal["invalid_model_name"]
    message: str
    name: str
    reason: str


class InvalidAliasError(WireModel):
    kind: Literal["invalid_alias"]
    message: str
    alias: str
    reason: str


class FolderNotWritableError(WireModel):
    kind: Literal["folder_not_writable"]
    message: str
    folder: str
    reason: str


class BadSettingsError(WireModel):
    kind: Literal["bad_settings"]
    message: str
    path: str
    reason: str


class NoSessionError(WireModel):
    kind: Literal["no_session"]
    message: str
    notebook: str


class BadRequestError(WireModel):
    """The request itself was not understood: a fault of the caller, not of the user."""

    kind: Literal["bad_request"]
    message: str


class NotFoundError(WireModel):
    """What was asked for is not there, as when it was deleted since a list named it."""

    kind: Literal["not_found"]
    message: str


class InternalError(WireModel):
    """A fault of ours. The server's log has the traceback."""

    kind: Literal["internal"]
    message: str


WireError = Annotated[
    UnknownRunError
    | AmbiguousRunError
    | RunWithoutModelError
    | RunWithoutRecipeError
    | NotABundleError
    | EnvironmentNotBuiltError
    | NoScratchError
    | ReplayUnderWayError
    | StoreUnreachableError
    | StoreLockedError
    | StoreRefusedError
    | InvalidModelNameError
    | InvalidAliasError
    | FolderNotWritableError
    | BadSettingsError
    | NoSessionError
    | BadRequestError
    | NotFoundError
    | InternalError,
    Field(discriminator="kind"),
]

_ANY: TypeAdapter[WireError] = TypeAdapter(WireError)


class ErrorAnswer(WireModel):
    """The body of every answer that is not a success."""

    error: WireError


def shapes_by_kind() -> dict[str, type[WireModel]]:
    """Return every arm of the union by its tag."""
    union = get_args(WireError)[0]
    return {get_args(shape.model_fields["kind"].annotation)[0]: shape for shape in get_args(union)}


def error_answer(error: CellmillError) -> ErrorAnswer:
    """Return the error as the browser reads it: its message, its kind and the facts that kind declares."""
    shape = shapes_by_kind().get(error.kind)
    if shape is None:
        return ErrorAnswer(error=InternalError(kind="internal", message=str(error)))
    facts = {name: value for name, value in error.facts.items() if name in shape.model_fields}
    return ErrorAnswer(error=_ANY.validate_python({"kind": error.kind, "message": str(error), **facts}))
