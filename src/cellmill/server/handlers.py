"""What every handler is: authenticated, authorized, and with one place for what goes wrong."""

from http import HTTPStatus
from typing import Any, TypeVar

import pydantic
from jupyter_server.base.handlers import APIHandler
from tornado.web import HTTPError

from cellmill.core import errors
from cellmill.core.replay_errors import NoScratch, ReplayError
from cellmill.server.attempts import Attempts
from cellmill.server.changes import Changes
from cellmill.server.clients import Clients
from cellmill.server.kernels import Kernels
from cellmill.server.replaying import Replays
from cellmill.server.running import PipelineRuns
from cellmill.server.splitting import Splits
from cellmill.server.workspace import Workspace
from cellmill.wire.base import WireModel
from cellmill.wire.errors import BadRequestError, ErrorAnswer, InternalError, NotFoundError, error_answer

W = TypeVar("W", bound=WireModel)

# The nearest row upward in the tree of errors counts.
STATUS: dict[type[errors.CellmillError], HTTPStatus] = {
    errors.UnknownRun: HTTPStatus.NOT_FOUND,
    errors.NoSession: HTTPStatus.NOT_FOUND,
    errors.RunError: HTTPStatus.CONFLICT,
    NoScratch: HTTPStatus.INSUFFICIENT_STORAGE,
    ReplayError: HTTPStatus.CONFLICT,
    errors.StoreUnreachable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.StoreLocked: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.StoreError: HTTPStatus.BAD_GATEWAY,
    errors.RegistryError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.FolderNotWritable: HTTPStatus.CONFLICT,
    errors.BadSettings: HTTPStatus.CONFLICT,
    errors.CellmillError: HTTPStatus.INTERNAL_SERVER_ERROR,
}


def status_of(error: errors.CellmillError) -> HTTPStatus:
    """Return the HTTP status of one of our errors."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


class CellmillHandler(APIHandler):
    """The base of all. Each method of a subclass carries `authenticated` and `authorized`; a test asks."""

    auth_resource = "cellmill"

    @property
    def workspace(self) -> Workspace:
        found: Workspace = self.settings["cellmill_workspace"]
        return found

    @property
    def kernels(self) -> Kernels:
        found: Kernels = self.settings["cellmill_kernels"]
        return found

    @property
    def clients(self) -> Clients:
        found: Clients = self.settings["cellmill_clients"]
        return found

    @property
    def changes(self) -> Changes:
        found: Changes = self.settings["cellmill_changes"]
        return found

    @property
    def replays(self) -> Replays:
        found: Replays = self.settings["cellmill_replays"]
        return found

    @property
    def attempts(self) -> Attempts:
        found: Attempts = self.settings["cellmill_attempts"]
        return found

    @property
    def pipeline_runs(self) -> PipelineRuns:
        found: PipelineRuns = self.settings["cellmill_pipeline_runs"]
        return found

    @property
    def splits(self) -> Splits:
        found: Splits = self.settings["cellmill_splits"]
        return found

    def read(self, shape: type[W]) -> W:
        """Return the request's body. Raises pydantic's ValidationError, which answers 400."""
        return shape.model_validate_json(self.request.body)

    def answer(self, body: WireModel, status: HTTPStatus = HTTPStatus.OK) -> None:
        """Send a wire type."""
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.finish(body.model_dump_json())

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Send whatever was raised as an `ErrorAnswer`."""
        raised = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(raised, errors.CellmillError):
            self.answer(error_answer(raised), status_of(raised))
        elif isinstance(raised, pydantic.ValidationError):
            first = raised.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "the body"
            self._refuse(HTTPStatus.BAD_REQUEST, f"{where}: {first['msg']}")
        elif isinstance(raised, HTTPError) and status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
            self._refuse(HTTPStatus(status_code), raised.log_message or HTTPStatus(status_code).phrase)
        else:
            answer = ErrorAnswer(
                error=InternalError(
                    kind="internal", message="Cellmill itself failed; the Jupyter server's log says where."
                )
            )
            self.answer(answer, HTTPStatus.INTERNAL_SERVER_ERROR)

    def log_exception(self, kind: Any, value: Any, traceback: Any) -> None:
        """A user's mistake is no fault of the server: it is answered, not logged as one."""
        if isinstance(value, errors.CellmillError | pydantic.ValidationError):
            self.log.info("%s: %s", self.request.path, value)
        else:
            super().log_exception(kind, value, traceback)

    def _refuse(self, status: HTTPStatus, message: str) -> None:
        error = (
            NotFoundError(kind="not_found", message=message)
            if status == HTTPStatus.NOT_FOUND
            else BadRequestError(kind="bad_request", message=message)
        )
        self.answer(ErrorAnswer(error=error), status)
