"""Errors as a tagged union: a browser switches on `kind` and knows which facts it will find."""

from typing import Annotated, Literal

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


class InternalError(WireModel):
    """A fault of ours. The server's log has the traceback."""

    kind: Literal["internal"]
    message: str


WireError = Annotated[
    UnknownRunError
    | AmbiguousRunError
    | RunWithoutModelError
    | StoreUnreachableError
    | StoreLockedError
    | StoreRefusedError
    | InvalidModelNameError
    | InvalidAliasError
    | FolderNotWritableError
    | BadSettingsError
    | NoSessionError
    | BadRequestError
    | InternalError,
    Field(discriminator="kind"),
]

_ANY: TypeAdapter[WireError] = TypeAdapter(WireError)
_KNOWN = {"unknown_run", "ambiguous_run", "run_without_model", "store_unreachable", "store_locked", "store_refused"} | {
    "invalid_model_name", "invalid_alias", "folder_not_writable", "bad_settings", "no_session"
}  # fmt: skip


class ErrorAnswer(WireModel):
    """The body of every answer that is not a success."""

    error: WireError


def error_answer(error: CellmillError) -> ErrorAnswer:
    """Return the error as the browser reads it: its message, its kind and the facts that kind declares."""
    if error.kind not in _KNOWN:
        return ErrorAnswer(error=InternalError(kind="internal", message=str(error)))
    facts = {name: value for name, value in error.facts.items() if name in _fields(error.kind)}
    return ErrorAnswer(error=_ANY.validate_python({"kind": error.kind, "message": str(error), **facts}))


def _fields(kind: str) -> set[str]:
    for shape in WireModel.__subclasses__():
        if "kind" in shape.model_fields and shape.model_fields["kind"].annotation == Literal[kind]:  # type: ignore[valid-type]
            return set(shape.model_fields)
    return set()
