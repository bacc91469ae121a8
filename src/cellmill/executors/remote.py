"""Notebooks that lie elsewhere (s3, gs, abfs, http …), through papermill's own handlers."""

import json
from pathlib import Path

from cellmill.core.errors import NotebookMissing
from cellmill.core.files import make_folder, write_atomically


def is_remote(address: str) -> bool:
    """Return whether an address is none of a file of this machine's."""
    return "://" in address


def fetch(address: str, path: Path) -> None:
    """Write the notebook of an address to a file. Raises `NotebookMissing` with what its handler says."""
    from papermill.iorw import papermill_io

    try:
        content = papermill_io.read(address, extensions=[".ipynb", ".json"])
    except Exception as error:  # each handler, and each library behind it, has errors of its own
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        raise NotebookMissing(f"{address} ({reason})") from error
    try:
        is_notebook = "nbformat" in json.loads(content)
    except (ValueError, TypeError, RecursionError):
        is_notebook = False
    if not is_notebook:  # the handler of http takes any answer, that of a missing page too
        raise NotebookMissing(f"{address} (something else came from there)")
    make_folder(path.parent, mode=0o777)
    write_atomically(path, content.encode() if isinstance(content, str) else content, mode=0o644)


def send(path: Path, address: str) -> None:
    """Write a file to an address."""
    from papermill.iorw import papermill_io

    papermill_io.write(path.read_text("utf-8"), address, extensions=[".ipynb", ".json"])
