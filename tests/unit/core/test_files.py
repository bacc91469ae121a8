"""Files that are whole or absent."""

import os
import stat
from pathlib import Path

import pytest

from cellmill.core.errors import FolderNotWritable
from cellmill.core.files import check_writable, make_folder, umask, write_atomically


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_folder_of_ours_is_private(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    make_folder(folder)
    make_folder(folder)
    assert mode_of(folder) == 0o700


def test_a_file_of_ours_is_private_and_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "mark.json"
    write_atomically(path, b"old")
    write_atomically(path, b"new")
    assert (path.read_bytes(), mode_of(path), [p.name for p in tmp_path.iterdir()]) == (b"new", 0o600, ["mark.json"])


def test_a_file_where_a_folder_should_be_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderNotWritable, match=r"Cannot write in .*file/folder: a file is in the way\."):
        make_folder(tmp_path / "file" / "folder")
    with pytest.raises(FolderNotWritable):
        check_writable(tmp_path / "file")
    with pytest.raises(FolderNotWritable):
        write_atomically(tmp_path / "absent" / "mark.json", b"new")


def test_a_write_that_fails_leaves_no_draft(tmp_path: Path) -> None:
    (tmp_path / "mark.json").mkdir()
    with pytest.raises(FolderNotWritable):
        write_atomically(tmp_path / "mark.json", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["mark.json"]


def test_asking_whether_a_folder_is_writable_leaves_nothing_in_it(tmp_path: Path) -> None:
    check_writable(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_where_no_file_tells_the_umask_it_is_asked_for_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*given: object) -> None:
        raise FileNotFoundError

    before = os.umask(0o027)
    try:
        with monkeypatch.context() as patched:
            patched.setattr("builtins.open", nowhere)
            found = umask()
        assert found == 0o027 == os.umask(0o027)
    finally:
        os.umask(before)
