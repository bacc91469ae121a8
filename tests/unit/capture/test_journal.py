"""The journal on disk: one writer, whole lines, and a reader that bears with what it finds."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.full_disk import files_at_most

from cellmill.capture.journal import JournalWriter, append_once, read_events
from cellmill.core.errors import FolderNotWritable
from cellmill.core.events import CapturePaused, CaptureResumed, Event, NotebookNamed
from cellmill.core.lines import to_line

ONE, TWO, THREE = CapturePaused(1), CaptureResumed(2), NotebookNamed(3, "a.ipynb")


def events_in(path: Path) -> list[Event]:
    return read_events(path)[0]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal" / "s.jsonl"


@pytest.fixture
def writer(path: Path) -> Iterator[JournalWriter]:
    writer = JournalWriter(path)
    yield writer
    writer.close()


def test_what_was_appended_is_read_in_its_order(path: Path, writer: JournalWriter) -> None:
    writer.append(ONE)
    assert events_in(path) == [ONE]
    writer.append(TWO)
    assert events_in(path) == [ONE, TWO]


def test_a_journal_is_private(path: Path, writer: JournalWriter) -> None:
    assert [stat.S_IMODE(p.stat().st_mode) for p in (path, path.parent)] == [0o600, 0o700]


def test_a_reader_goes_on_from_where_it_was(path: Path, writer: JournalWriter) -> None:
    writer.append(ONE)
    first, offset = read_events(path)
    writer.append(TWO)
    second, end = read_events(path, offset)
    assert (first, second, end) == ([ONE], [TWO], path.stat().st_size)
    assert read_events(path, end) == ([], end)


def test_a_journal_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert read_events(tmp_path / "absent.jsonl", 7) == ([], 7)


def test_a_line_still_being_written_is_left_for_the_next_time(path: Path, writer: JournalWriter) -> None:
    writer.append(ONE)
    with path.open("ab") as file:
        file.write(to_line(TWO)[:-5])
    found, offset = read_events(path)
    with path.open("ab") as file:
        file.write(to_line(TWO)[-5:])
    assert (found, read_events(path, offset)[0]) == ([ONE], [TWO])


def test_a_torn_line_in_the_middle_costs_that_line_alone(path: Path, writer: JournalWriter) -> None:
    writer.append(ONE)
    with path.open("ab") as file:
        file.write(to_line(TWO)[:-5] + b"\n")
    writer.append(THREE)
    assert events_in(path) == [ONE, THREE]


def test_a_full_disk_tears_one_line_and_none_after_it(path: Path, writer: JournalWriter) -> None:
    writer.append(ONE)
    with files_at_most(path.stat().st_size + 10):
        with pytest.raises(OSError, match="only a part of the line"):
            writer.append(TWO)
        with pytest.raises(OSError, match="File too large"):
            writer.append(TWO)
    writer.append(THREE)
    assert events_in(path) == [ONE, THREE]


def test_a_forked_child_writes_nothing(path: Path, writer: JournalWriter) -> None:
    writer.append(ONE)
    child = os.fork()
    if child == 0:  # pragma: no cover - another process
        try:
            writer.append(TWO)
            writer.close()
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    writer.append(THREE)
    assert events_in(path) == [ONE, THREE]


def test_a_writer_notices_that_its_file_is_gone(path: Path, writer: JournalWriter) -> None:
    assert writer.is_there()
    path.unlink()
    assert not writer.is_there()
    path.write_bytes(b"")  # somebody else's, in the same place
    writer.append(ONE)
    assert events_in(path) == []
    writer.reopen(THREE)
    writer.append(TWO)
    assert (writer.is_there(), events_in(path)) == (True, [THREE, TWO])


def test_two_writers_with_a_word_now_and_then_do_not_overwrite_each_other(path: Path) -> None:
    append_once(path, ONE)
    append_once(path, TWO, THREE)
    assert events_in(path) == [ONE, TWO, THREE]


def test_a_place_that_cannot_be_written_is_said_when_the_journal_is_opened(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderNotWritable):
        JournalWriter(tmp_path / "file" / "s.jsonl")
    (tmp_path / "folder.jsonl").mkdir()
    with pytest.raises(FolderNotWritable, match="is a directory"):
        JournalWriter(tmp_path / "folder.jsonl")
