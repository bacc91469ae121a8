"""Executed notebooks are as open to others as the user's own files, however many steps are saved at once."""

import os
import stat
from pathlib import Path

import pytest

from cellmill.executors.saving import write_executed
from cellmill.executors.warm.child import surroundings


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="where no file tells the umask it must be set")
def test_the_umask_is_not_changed_by_asking_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def set_it(mask: int) -> int:
        raise AssertionError("another thread makes its files meanwhile")

    before = os.umask(0o027)
    try:
        with monkeypatch.context() as patched:
            patched.setattr(os, "umask", set_it)
            assert surroundings()["umask"] == 0o027
            write_executed(tmp_path / "a.ipynb", b"{}")
    finally:
        assert os.umask(before) == 0o027
    assert stat.S_IMODE((tmp_path / "a.ipynb").stat().st_mode) == 0o640
