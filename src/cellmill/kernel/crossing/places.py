"""Where values lie between two steps: a folder, or anything that fsspec knows by its URL."""

import glob
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from cellmill.core.errors import FolderNotWritable
from cellmill.core.files import FILE_MODE, FOLDER_MODE, make_folder, words_of
from cellmill.core.step_errors import BadPlace
from cellmill.core.steps import MANIFEST

_LEFT = re.compile(r"(\d+)\.[0-9a-f]{8}(\.gone)?")


def is_url(place: str) -> bool:
    """Whether a place is no folder of this machine."""
    return "://" in place


def put(made: Path, values: str, step: str) -> None:
    """Put a folder in a step's place, whole: what lay there before is read until the new one is there.

    Where that fails it stays. Behind a URL nothing can be renamed: there it is gone while what was uploaded is copied,
    and nothing is read until that is whole. Raises `FolderNotWritable`, `BadPlace`.
    """
    if is_url(values):
        try:
            _put_far(made, values.rstrip("/"), step)
        except BadPlace:
            raise
        except Exception as error:  # each file system has errors of its own
            raise BadPlace(values, reason=str(error) or type(error).__name__) from error
        return
    folder = Path(values)
    make_folder(folder)
    _clear_away(folder, step)
    draft, gone = (folder / f".{step}.{os.getpid()}.{os.urandom(4).hex()}{end}" for end in ("", ".gone"))
    place = folder / step
    try:
        draft.mkdir(FOLDER_MODE)
        for file in made.iterdir():
            shutil.copyfile(file, draft / file.name)
            (draft / file.name).chmod(FILE_MODE)
        if place.exists():
            place.rename(gone)
        draft.rename(place)
    except BaseException as error:
        if gone.exists() and not place.exists():
            gone.rename(place)
        shutil.rmtree(draft, ignore_errors=True)
        if isinstance(error, OSError):
            raise FolderNotWritable(values, reason=words_of(error)) from error
        raise
    finally:
        shutil.rmtree(gone, ignore_errors=True)


def _put_far(made: Path, values: str, step: str) -> None:
    files, root = _at(values)
    place, draft = f"{root}/{step}", f"{root}/.{step}.{os.urandom(4).hex()}"
    names = sorted((file.name for file in made.iterdir()), key=lambda name: name == MANIFEST)
    try:
        files.makedirs(draft, exist_ok=True)
        for name in names:
            files.put_file(str(made / name), f"{draft}/{name}")
        if files.exists(place):
            files.rm(place, recursive=True)
        files.makedirs(place, exist_ok=True)
        for name in names:
            try:
                files.cp_file(f"{draft}/{name}", f"{place}/{name}")
            except NotImplementedError:  # by sftp
                files.put_file(str(made / name), f"{place}/{name}")
    finally:
        with suppress(Exception):  # what is left of a draft is read by nobody
            files.rm(draft, recursive=True)


def _clear_away(folder: Path, step: str) -> None:
    """Remove what a kernel that was killed has left of this step."""
    for path in folder.glob(f".{glob.escape(step)}.*"):
        left = _LEFT.fullmatch(path.name.removeprefix(f".{step}."))
        if left is not None and not _runs(int(left[1])):
            shutil.rmtree(path, ignore_errors=True)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it is somebody else's
        return True
    return True


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
