"""What a kernel is told, by a file."""

import os
from pathlib import Path

import pytest

from cellmill.capture.control import Control, ControlWatch, control_path, read_control, write_control
from cellmill.core.errors import FolderNotWritable
from cellmill.core.project import Project

PAUSED = Control(paused=True, notebook="/p/a.ipynb")


def test_a_kernel_is_told_what_was_written(project: Project) -> None:
    path = control_path(project, "kernel-1")
    assert read_control(path) == Control()
    write_control(path, PAUSED)
    assert read_control(path) == PAUSED


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"7", b"\xff", b"null"])
def test_a_file_that_cannot_be_read_tells_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "k.json"
    path.write_bytes(content)
    assert read_control(path) == Control()


def test_a_watch_sees_each_change_and_that_the_file_is_gone(project: Project) -> None:
    path = control_path(project, "kernel-1")
    watch = ControlWatch(path)
    seen = [watch.look()]
    for control in (PAUSED, Control(), PAUSED):
        write_control(path, control)
        seen += [watch.look(), watch.look()]
    path.unlink()
    seen.append(watch.look())
    assert seen == [Control(), PAUSED, PAUSED, Control(), Control(), PAUSED, PAUSED, Control()]


def test_a_watch_does_not_open_the_file_while_it_stays_the_same(project: Project) -> None:
    path = control_path(project, "kernel-1")
    write_control(path, PAUSED)
    watch = ControlWatch(path)
    watch.look()
    status = path.stat()
    path.write_bytes(b"nothing to be read")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert watch.look() == PAUSED


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderNotWritable):
        write_control(tmp_path / "file" / "k.json", PAUSED)
