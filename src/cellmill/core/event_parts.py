"""What events are made of: data, files, outputs, failures."""

from typing import Literal

from cellmill.core.records import record

Outcome = Literal["ok", "error", "interrupted"]
Scalar = int | float | str | bool | None
Context = Literal["training", "evaluation"]
LEFT_OUT = "# not recorded: "
"""Begins what stands in place of the source of an execution that is kept out of the record; why is the rest."""


CHANGED_MEANWHILE = "changed while the cell ran"
CHANGED_AGAIN = "changed again before it was read through"
ADDED_TO = "added to what was there"
CHANGED = (CHANGED_MEANWHILE, CHANGED_AGAIN)


@record
class Failure:
    """An exception of the user's code, as text. `traceback` is without colours and without frames of ours."""

    type: str
    message: str
    traceback: str = ""


@record
class Column:
    """One column of a data set. `type` is MLflow's name for it: double, long, string, boolean, datetime, object."""

    name: str
    type: str


@record
class DataUse:
    """A data set as a training or an evaluation saw it. The data itself is never kept."""

    name: str
    context: Context
    digest: str
    rows: int
    columns: tuple[Column, ...] = ()
    kind: str = "unknown"  # pandas, numpy, polars, sparse …
    target: str | None = None


@record
class FileUse:
    """A file that an execution opened. `sha256` is None where it was not read through; `note` then says why.

    `ADDED_TO`: it was appended to, and what was there before the execution was not read. One of the `CHANGED` notes:
    somebody else has changed it, and what was read of it is not there any more.
    """

    path: str  # absolute
    mode: Literal["read", "written"]
    size_bytes: int | None = None
    sha256: str | None = None
    note: str | None = None


@record
class Module:
    """A module of the user's own (no distribution holds it), as it was when it was imported.

    `note` says where the file was changed after that, before it could be looked at.
    """

    name: str
    path: str
    sha256: str
    note: str | None = None


@record
class Output:
    """What an execution showed. Text lies in `text`; anything larger than a few KiB, and images, among the blobs."""

    kind: Literal["stdout", "stderr", "display", "result", "error"]
    mime: str
    text: str | None = None
    sha256: str | None = None
    size_bytes: int = 0
    note: str | None = None  # what was left out, and why
    display: str | None = None  # tells which display it is, where a later output may take its place


@record
class ModelBlob:
    """A pickled model among the blobs, with what is needed to load it elsewhere."""

    sha256: str
    size_bytes: int
    flavor: str
    requirements: tuple[str, ...] = ()
    example_sha256: str | None = None  # up to five rows of its input, pickled
