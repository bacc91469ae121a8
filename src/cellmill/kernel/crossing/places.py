"""Where values lie between two steps: a folder, or anything that fsspec knows by its URL."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from cellmill.core.files import make_folder
from cellmill.core.step_errors import BadPlace
from cellmill.core.steps import MANIFEST


def is_url(place: str) -> bool:
    """Whether a place is no folder of this machine."""
    return "://" in place


def put(made: Path, values: str, step: str) -> None:
    """Put a folder in a step's place, whole: what lay there before is read until the new one is there."""
    if is_url(values):
        files, root = _at(f"{values.rstrip('/')}/{step}")
        if files.exists(root):
            files.rm(root, recursive=True)
        files.makedirs(root, exist_ok=True)
        for file in sorted(made.iterdir(), key=lambda each: each.name == MANIFEST):
            files.put_file(str(file), f"{root}/{file.name}")
        return
    folder = Path(values)
    make_folder(folder)
    draft, gone = (folder / f".{step}.{os.getpid()}.{os.urandom(4).hex()}{end}" for end in ("", ".gone"))
    shutil.copytree(made, draft)
    for file in draft.iterdir():
        file.chmod(0o600)
    place = folder / step
    if place.exists():
        place.rename(gone)
    draft.rename(place)
    shutil.rmtree(gone, ignore_errors=True)


@contextmanager
def found(values: str, step: str) -> Iterator[Path | None]:
    """Give the folder of what a step handed over, None where it has handed over nothing."""
    if not is_url(values):
        place = Path(values, step)
        yield place if (place / MANIFEST).is_file() else None
        return
    files, root = _at(f"{values.rstrip('/')}/{step}")
    if not files.exists(f"{root}/{MANIFEST}"):
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="cellmill-") as folder:
        for name in files.ls(root, detail=False):
            files.get_file(name, str(Path(folder, name.rpartition("/")[2])))
        yield Path(folder)


def try_items(values: str, step: str) -> list[str] | None:
    """Return which items a step has run for, None where it has run once."""
    name = f"{step}.items.json"
    if not is_url(values):
        path = Path(values, name)
        return list(json.loads(path.read_text("utf-8"))["items"]) if path.is_file() else None
    files, root = _at(values.rstrip("/"))
    if not files.exists(f"{root}/{name}"):
        return None
    return list(json.loads(files.cat_file(f"{root}/{name}"))["items"])


def _at(url: str) -> tuple[Any, str]:
    """Return the file system of a URL, and the path in it. Raises `BadPlace`."""
    try:
        fsspec = import_module("fsspec")
        files, root = fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise BadPlace(url, reason=str(error)) from error
    return files, root
