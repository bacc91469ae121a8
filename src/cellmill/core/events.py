"""What a journal holds: one event a line, the truth from which everything else is recomputed.

A line is a JSON object whose `type` is the event's class name in snake case. Readers skip types
and fields that they do not know, so an older Cellmill reads a newer one's journal.
"""

import json
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Literal, Union

from cellmill.core.ids import ExecutionId, RunId, SessionId

Outcome = Literal["ok", "error", "interrupted"]
Scalar = int | float | str | bool | None
Context = Literal["training", "evaluation"]


@dataclass(frozen=True)
class Failure:
    """An exception of the user's code, as text."""

    type: str
    message: str


@dataclass(frozen=True)
class Column:
    """One column of a data set. `type` is MLflow's name for it: double, long, string, boolean, datetime, object."""

    name: str
    type: str


@dataclass(frozen=True)
class DataUse:
    """A data set as a training or an evaluation saw it. The data itself is never kept."""

    name: str
    context: Context
    digest: str
    rows: int
    columns: tuple[Column, ...] = ()
    kind: str = "unknown"  # pandas, numpy, polars, sparse …
    target: str | None = None


@dataclass(frozen=True)
class ModelBlob:
    """A pickled model among the blobs, with what is needed to load it elsewhere."""

    sha256: str
    size_bytes: int
    flavor: str
    requirements: tuple[str, ...] = ()
    example_sha256: str | None = None  # up to five rows of its input, pickled


@dataclass(frozen=True)
class SessionStarted:
    """A kernel began to be captured. `process_started_s` tells a reused pid apart."""

    session: SessionId
    at_ms: int
    pid: int
    process_started_s: float | None
    host: str
    kernel: str
    root: str
    cwd: str
    notebook: str | None
    started_by: Literal["server", "engine", "unknown"]
    python: str
    executable: str
    platform: str
    cellmill: str


@dataclass(frozen=True)
class NotebookNamed:
    """The server says which notebook the kernel serves from now on."""

    at_ms: int
    notebook: str


@dataclass(frozen=True)
class ExecutionStarted:
    """Written before the cell runs: what a kernel's death leaves behind."""

    execution: ExecutionId
    at_ms: int
    number: int
    source: str
    cell: str | None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class ExecutionFinished:
    """Written after the cell ran."""

    execution: ExecutionId
    at_ms: int
    outcome: Outcome
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    error: Failure | None = None


@dataclass(frozen=True)
class CellIdentified:
    """The engine names the cell of an execution: papermill and nbclient send no cell id."""

    execution: ExecutionId
    cell: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class TrainingStarted:
    """An outermost `fit` began: a run exists from here on."""

    run: RunId
    execution: ExecutionId | None
    at_ms: int
    library: str
    model_class: str
    params: Mapping[str, str] = field(default_factory=dict)
    data: tuple[DataUse, ...] = ()


@dataclass(frozen=True)
class TrainingFinished:
    """The `fit` returned or raised. `model` is None when it was not kept; `note` then says why."""

    run: RunId
    at_ms: int
    outcome: Outcome
    error: Failure | None = None
    model: ModelBlob | None = None
    note: str | None = None
    params: Mapping[str, str] = field(default_factory=dict)  # known only after the fit, as of a search


@dataclass(frozen=True)
class MetricMeasured:
    """A metric of one run's model, in whichever execution it was computed."""

    run: RunId
    execution: ExecutionId | None
    at_ms: int
    name: str
    value: float  # may be nan or infinite: MLflow stores both, and so do we
    step: int = 0


@dataclass(frozen=True)
class DataEvaluated:
    """A run's model predicted or was scored on this data."""

    run: RunId
    execution: ExecutionId | None
    at_ms: int
    data: DataUse


@dataclass(frozen=True)
class TrainingsLeftOut:
    """An execution trained more models than the setting max_runs_per_cell keeps as runs."""

    execution: ExecutionId
    at_ms: int
    kept: int
    left_out: int


@dataclass(frozen=True)
class CapturePaused:
    """The user switched capture off: nothing is recorded until it is resumed."""

    at_ms: int


@dataclass(frozen=True)
class CaptureResumed:
    """The user switched capture on again."""

    at_ms: int


@dataclass(frozen=True)
class CaptureFailed:
    """Something of ours went wrong. The runs of this execution are marked incomplete."""

    at_ms: int
    where: str
    reason: str
    execution: ExecutionId | None = None
    run: RunId | None = None


@dataclass(frozen=True)
class SessionEnded:
    """Written by whoever saw the kernel end: the server or the engine, never the kernel."""

    at_ms: int
    how: Literal["shut down", "died", "restarted"]


@dataclass(frozen=True)
class NotebookExecuted:
    """The engine kept the executed notebook. `failed` names the execution that ended it early."""

    at_ms: int
    output: str | None
    sha256: str
    failed: ExecutionId | None = None
    error: Failure | None = None


Event = (
    SessionStarted
    | NotebookNamed
    | ExecutionStarted
    | ExecutionFinished
    | CellIdentified
    | TrainingStarted
    | TrainingFinished
    | MetricMeasured
    | DataEvaluated
    | TrainingsLeftOut
    | CapturePaused
    | CaptureResumed
    | CaptureFailed
    | SessionEnded
    | NotebookExecuted
)


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))


_TYPES: dict[str, type[Event]] = {_snake(kind.__name__): kind for kind in typing.get_args(Event)}
_NAMES: dict[type[Event], str] = {kind: name for name, kind in _TYPES.items()}


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=vars)


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=vars)


def to_line(event: Event) -> bytes:
    """Return the event as one line of JSON, its newline included."""
    record = {"type": _NAMES[type(event)], **vars(event)}
    return _ENCODER.encode(record).encode("utf-8", "replace") + b"\n"


def from_line(line: bytes | str) -> Event | None:
    """Return the event, or None for a torn line and for a type this version does not know."""
    try:
        record = json.loads(line)
    except ValueError:
        return None
    kind = _TYPES.get(str(record.get("type"))) if isinstance(record, dict) else None
    if kind is None:
        return None
    try:
        event: Event = _build(kind, record)
    except (TypeError, ValueError, AttributeError):
        return None  # a field of another shape: written by a version too far away
    return event


_KNOWN_SHAPES: dict[type[Any], dict[str, Any]] = {}


def _build(kind: type[Any], record: Mapping[str, Any]) -> Any:
    shapes = _shapes(kind)
    known = {name: _convert(shapes[name], value) for name, value in record.items() if name in shapes}
    return kind(**known)


def _shapes(kind: type[Any]) -> dict[str, Any]:
    if kind not in _KNOWN_SHAPES:
        hints = typing.get_type_hints(kind)
        _KNOWN_SHAPES[kind] = {f.name: hints[f.name] for f in fields(kind)}
    return _KNOWN_SHAPES[kind]


def _convert(shape: Any, value: Any) -> Any:
    if typing.get_origin(shape) in (Union, types.UnionType):
        if value is None:
            return None
        shape = next(arm for arm in typing.get_args(shape) if arm is not type(None))
    if is_dataclass(shape) and isinstance(shape, type):
        return _build(shape, value)
    if typing.get_origin(shape) is Literal and value not in typing.get_args(shape):
        raise ValueError(f"{value!r} is none of {typing.get_args(shape)}")
    if typing.get_origin(shape) is tuple:
        return tuple(_convert(typing.get_args(shape)[0], item) for item in value)
    return value
