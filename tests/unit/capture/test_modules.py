"""The user's own modules: which of their texts it was that ran."""

import importlib
import os
import sys
from pathlib import Path

import pytest

from cellmill.capture.surroundings.modules import ModuleWatch


def test_a_module_that_was_edited_is_another_once_it_was_executed_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[bytes] = []
    watch = ModuleWatch(lambda digest, source: kept.append(source))
    path = tmp_path / "watched_module.py"
    path.write_text("N = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("watched_module")
    try:
        assert [found.name for found in watch.imported()[1]] == ["watched_module"]
        path.write_text("N = 22\n")
        os.utime(path, (2e9, 2e9))
        assert watch.imported() == ((), ())
        importlib.reload(module)
        assert [found.name for found in watch.imported()[1]] == ["watched_module"]
        assert watch.imported() == ((), ())
        assert kept == [b"N = 1\n", b"N = 22\n"]
    finally:
        del sys.modules["watched_module"]
