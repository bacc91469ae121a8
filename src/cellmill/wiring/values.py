"""Where values of steps lie, as who runs a pipeline sees it: a folder, or whatever fsspec knows by its URL."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from cellmill.core.files import make_folder, write_atomically
from cellmill.core.project import Project
from cellmill.core.step_errors import BadPlace
from cellmill.core.steps import values_folder


def values_place(project: Project, pipeline: str) -> str:
    """Return where the steps of a pipeline hand over values: a URL, or a path, from the project's root or whole.

    `pipeline` is the name of its state. Raises `BadSettings`.
    """
    if not project.settings.exists():
        return values_folder(pipeline)
    from cellmill.core.settings import read_settings  # to look whether there is anything to do takes no longer

    setting = read_settings(project.settings).pipeline_values
    if "{pipeline}" in setting:
        return setting.replace("{pipeline}", pipeline)
    return f"{setting.rstrip('/')}/{pipeline}"  # or two pipelines would write the same files


def try_read_value(project: Project, pipeline: str, name: str) -> bytes | None:
    """Return a file among the values, None where it is not there. Raises `BadPlace`."""
    place = values_place(project, pipeline)
    if "://" not in place:
        try:
            return Path(project.root, place, name).read_bytes()
        except OSError:
            return None
    files, root = _at(place)
    with _asking(place), suppress(FileNotFoundError):
        return bytes(files.cat_file(f"{root}/{name}"))
    return None


def write_value(project: Project, pipeline: str, name: str, content: bytes) -> None:
    """Write a file among the values. Raises `FolderNotWritable`, `BadPlace`."""
    place = values_place(project, pipeline)
    if "://" not in place:
        path = Path(project.root, place, name)
        make_folder(path.parent)
        return write_atomically(path, content)
    files, root = _at(place)
    with _asking(place):
        files.makedirs(f"{root}/{name}".rpartition("/")[0], exist_ok=True)
        files.pipe_file(f"{root}/{name}", content)
    return None


def remove_values(project: Project, pipeline: str, key: str) -> None:
    """Remove what a step handed over, or a file among the values, if it is there. Raises `BadPlace`."""
    place = values_place(project, pipeline)
    if "://" not in place:
        handed = Path(project.root, place, key)
        if handed.is_dir():
            import shutil

            shutil.rmtree(handed, ignore_errors=True)
        else:
            with suppress(OSError):
                handed.unlink()
        return
    files, root = _at(place)
    with _asking(place), suppress(FileNotFoundError):
        files.rm(f"{root}/{key}", recursive=True)


@contextmanager
def _asking(place: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # each file system has errors of its own
        raise BadPlace(place, reason=str(error) or type(error).__name__) from error


def _at(url: str) -> tuple[Any, str]:
    try:
        fsspec = import_module("fsspec")
        files, root = fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise BadPlace(url, reason=str(error)) from error
    return files, root
