"""What a step hands over lies in its place whole, or not at all."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from fsspec import AbstractFileSystem  # type: ignore[import-untyped]
from fsspec.implementations.memory import MemoryFileSystem  # type: ignore[import-untyped]
from tests.full_disk import files_at_most

from cellmill.core.errors import FolderNotWritable
from cellmill.core.step_errors import BadPlace
from cellmill.core.steps import MANIFEST
from cellmill.kernel.crossing.places import found, put

NO_PROCESS = 2**22 + 1  # more than there may be


@pytest.fixture
def made(tmp_path: Path) -> Path:
    folder = tmp_path / "made"
    folder.mkdir()
    (folder / MANIFEST).write_text("{}")
    return folder


@pytest.fixture
def values(tmp_path: Path, made: Path) -> Path:
    """A place where a step has handed over before."""
    folder = tmp_path / "values"
    put(made, str(folder), "fit")
    return folder


def test_where_there_is_no_space_what_lay_there_stays_and_what_to_do_is_said(made: Path, values: Path) -> None:
    (made / "values.pickle").write_bytes(b"x" * 10_000)
    with files_at_most(1_000), pytest.raises(FolderNotWritable, match=f"Cannot write in {values}"):
        put(made, str(values), "fit")
    assert [path.relative_to(values).as_posix() for path in sorted(values.rglob("*"))] == ["fit", f"fit/{MANIFEST}"]


def test_a_place_that_cannot_be_taken_is_given_back(made: Path, values: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rename = Path.rename

    def interrupted(path: Path, to: Path) -> Path:
        if to == values / "fit" and not path.name.endswith(".gone"):
            raise KeyboardInterrupt
        return rename(path, to)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        put(made, str(values), "fit")
    assert [path.name for path in values.iterdir()] == ["fit"]
    with found(str(values), "fit") as place:
        assert place == values / "fit"


def test_what_killed_kernels_have_left_of_a_step_is_cleared_away(made: Path, values: Path) -> None:
    left = [f".fit.{NO_PROCESS}.0a1b2c3d", f".fit.{NO_PROCESS}.0a1b2c3d.gone"]
    kept = [f".fit.{os.getppid()}.0a1b2c3d", f".fit.0.{NO_PROCESS}.0a1b2c3d", f".other.{NO_PROCESS}.0a1b2c3d"]
    for name in (*left, *kept):
        shutil.copytree(made, values / name)
    put(made, str(values), "fit")
    assert sorted(path.name for path in values.iterdir()) == sorted([*kept, "fit"])


@pytest.mark.parametrize("error", [OSError("503"), ValueError("an error of its own")], ids=["known", "its own"])
def test_an_upload_that_breaks_off_leaves_what_lay_there(
    made: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    url = f"memory://{os.urandom(4).hex()}"
    (made / "values.pickle").write_text("before")
    put(made, url, "fit")
    upload = MemoryFileSystem.put_file

    def broken(files: MemoryFileSystem, here: str, there: str, **named: Any) -> None:
        if there.endswith(MANIFEST):
            raise error
        upload(files, here, there, **named)

    (made / "values.pickle").write_text("after")
    with monkeypatch.context() as patched:
        patched.setattr(MemoryFileSystem, "put_file", broken)
        with pytest.raises(BadPlace, match=str(error)):
            put(made, url, "fit")
    assert handed_over(url) == "before"
    assert MemoryFileSystem().ls(url, detail=False) == [f"/{url.partition('//')[2]}/fit"]

    with monkeypatch.context() as patched:
        patched.setattr(MemoryFileSystem, "cp_file", AbstractFileSystem.cp_file)  # some have none
        put(made, url, "fit")
    assert handed_over(url) == "after"


def handed_over(url: str) -> str:
    with found(url, "fit") as place:
        assert place is not None
        return (place / "values.pickle").read_text()
