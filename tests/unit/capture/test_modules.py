"""The user's own modules: which of their texts it was that ran."""

import importlib
import os
import sys
from pathlib import Path
from typing import Any

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


def test_of_a_module_that_is_as_it_was_loaded_no_file_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = ModuleWatch(lambda digest, source: None)
    path = tmp_path / "loaded_once.py"
    path.write_text("N = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("loaded_once")
    asked: list[str] = []
    stat = os.stat

    def counting(path: Any, *args: Any, **kwargs: Any) -> os.stat_result:
        asked.append(str(path))
        return stat(path, *args, **kwargs)

    try:
        assert [found.name for found in watch.imported()[1]] == ["loaded_once"]
        monkeypatch.setattr(os, "stat", counting)
        for _ in range(3):
            assert watch.imported() == ((), ())
    finally:
        del sys.modules["loaded_once"]
    assert asked == []
