"""What holds for a process as a whole, put back in another."""

import sys
from pathlib import Path

import pytest

from cellmill.kernel.crossing.settings import Baseline, process, put_process_back

KERNELS = ["", "/python/lib", "/python/site-packages"]


def test_the_search_path_is_in_its_order_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*KERNELS])
    before = Baseline()
    first, second, last = (str(tmp_path / name) for name in ("first", "second", "last"))
    sys.path.insert(0, first)
    sys.path.insert(2, second)
    sys.path.append(last)
    sys.path.remove("/python/lib")
    changed = process(before, tmp_path)

    monkeypatch.setattr(sys, "path", [*KERNELS])
    there = Baseline()
    for _ in range(2):  # as where two steps before it handed over
        put_process_back(changed, tmp_path, there)
        assert sys.path == [first, "", second, "/python/site-packages", last]
    assert process(there, tmp_path) == changed
