"""The folder that a replay runs in."""

import os
import resource
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cellmill.core.replay_errors import NoScratch
from cellmill.executors.scratch import scratch


def test_a_folder_that_the_replay_makes_is_not_there_yet(tmp_path: Path) -> None:
    for name in ("plots", "empty", "data"):
        (tmp_path / name).mkdir()
    (tmp_path / "plots" / "a.png").write_bytes(b"1")
    (tmp_path / "data" / "a.csv").write_text("1")
    made = "os.mkdir('plots')\nos.makedirs('data', exist_ok=True)"
    drawn = str(tmp_path / "plots" / "a.png")
    with scratch(tmp_path, inputs=[], written=[drawn], left_out=[], makes_folder=lambda name: name in made) as place:
        assert sorted(path.name for path in place.root.iterdir()) == ["data", "empty"]
        assert [path.name for path in (place.root / "data").iterdir()] == ["a.csv"]


@contextmanager
def files_at_most(size_bytes: int) -> Iterator[None]:
    """Let this process write no larger file: what it then meets is what a full disk is."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_where_there_is_no_space_nothing_is_left_and_what_to_do_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, temporary = tmp_path / "project", tmp_path / "temporary"
    project.mkdir()
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    data = project / "data.csv"
    data.write_bytes(b"x" * 10_000)
    needed = scratch(project, inputs=[str(data)], written=[str(data)], left_out=[])
    with files_at_most(1_000), pytest.raises(NoScratch, match="Free some space, or set TMPDIR"), needed:
        pass
    assert list(temporary.iterdir()) == []
    assert data.stat().st_size == 10_000


def test_what_a_killed_replay_left_is_cleared_away_and_what_lives_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, temporary = tmp_path / "project", tmp_path / "temporary"
    project.mkdir()
    left = temporary / "cellmill-replay-left"
    left.mkdir(parents=True)
    (left / "lock").touch()
    foreign = temporary / "cellmill-replay-without-lock"
    foreign.mkdir()
    for folder in (left, foreign):
        os.utime(folder, (0, 0))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    with scratch(project, inputs=[], written=[], left_out=[]) as first:
        os.utime(first.folder, (0, 0))
        with scratch(project, inputs=[], written=[], left_out=[]) as second:
            assert set(temporary.iterdir()) == {first.folder, second.folder, foreign}
