"""Notebooks that lie elsewhere (s3, gs, abs, http …), through papermill's own handlers."""

import inspect
import json
from pathlib import Path

from cellmill.core.errors import NotebookMissing
from cellmill.core.files import make_folder, write_atomically
from cellmill.core.outputs import BadOutput
from cellmill.core.words import shown_path

# What papermill's handlers write with. Where the library behind one is missing, papermill has a function in its place.
_CLIENTS = {
    "S3Handler": "S3",
    "ADLHandler": "ADL",
    "ABSHandler": "AzureBlobStore",
    "GCSHandler": "GCSFileSystem",
    "HDFSHandler": "HadoopFileSystem",
}


def is_remote(address: str) -> bool:
    """Return whether an address is none of a file of this machine's."""
    return "://" in address


def fetch(address: str, path: Path) -> None:
    """Write the notebook of an address to a file. Raises `NotebookMissing` with what its handler says."""
    from papermill.iorw import papermill_io

    try:
        content = papermill_io.read(address, extensions=[".ipynb", ".json"])
    except Exception as error:  # each handler, and each library behind it, has errors of its own
        raise NotebookMissing(f"{address} ({_reason(error)})") from error
    try:
        is_notebook = "nbformat" in json.loads(content)
    except (ValueError, TypeError, RecursionError):
        is_notebook = False
    if not is_notebook:  # the handler of http takes any answer, that of a missing page too
        raise NotebookMissing(f"{address} (something else came from there)")
    make_folder(path.parent, mode=0o777)
    write_atomically(path, content.encode() if isinstance(content, str) else content, mode=0o644)


def check_address(address: str) -> None:
    """Raise `BadOutput` if papermill cannot write to such an address. Nothing is connected to."""
    from papermill import iorw

    handler = iorw.papermill_io.get_handler(address)
    kind = handler if isinstance(handler, type) else type(handler)
    if kind is iorw.LocalHandler:  # papermill's answer for what no handler is registered for
        raise BadOutput(address, reason=f"nothing that is installed writes to {address.partition('://')[0]}://")
    if kind is iorw.GithubHandler:
        raise BadOutput(address, reason="papermill only reads from there")
    client = getattr(iorw, _CLIENTS.get(kind.__name__, ""), None) if kind.__module__ == iorw.__name__ else None
    if inspect.isfunction(client):
        try:
            client()
        except Exception as error:
            raise BadOutput(address, reason=_reason(error)) from error


def send(path: Path, address: str) -> None:
    """Write a file to an address. Raises `BadOutput` with what its handler says."""
    from papermill.iorw import papermill_io

    try:
        papermill_io.write(path.read_text("utf-8"), address, extensions=[".ipynb", ".json"])
    except Exception as error:  # each handler, and each library behind it, has errors of its own
        raise BadOutput(address, reason=_reason(error), kept=shown_path(path)) from error


def _reason(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
