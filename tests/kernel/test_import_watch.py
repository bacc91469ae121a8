"""Being told of an import exactly once, whoever imports when."""

from __future__ import annotations

import importlib.util
import sys
import threading
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from cellmill.capture.probes.imports import ImportWatch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Stops half-way, until the test lets it go on.
SLOW = "from watched_events import begun, may_go_on\nbegun.set()\nassert may_go_on.wait(30)\nfinished = True\n"


@pytest.fixture
def watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ImportWatch]:
    monkeypatch.syspath_prepend(tmp_path)
    watch = ImportWatch()
    watch.start()
    yield watch
    watch.stop()
    for name in [name for name in sys.modules if name.startswith("watched_")]:
        del sys.modules[name]


def test_the_action_runs_right_after_the_import_and_once(watch: ImportWatch, tmp_path: Path) -> None:
    (tmp_path / "watched_one.py").write_text("value = 1\n")
    told: list[int] = []
    watch.after("watched_one", lambda module: told.append(module.value))
    assert told == []

    importlib.import_module("watched_one")
    importlib.import_module("watched_one")
    assert told == [1]


def test_for_a_module_that_is_there_already_the_action_runs_at_once(watch: ImportWatch, tmp_path: Path) -> None:
    (tmp_path / "watched_two.py").write_text("value = 2\n")
    importlib.import_module("watched_two")
    told: list[int] = []
    watch.after("watched_two", lambda module: told.append(module.value))
    assert told == [2]


def test_a_module_sees_its_own_loader_and_not_ours(watch: ImportWatch, tmp_path: Path) -> None:
    (tmp_path / "watched_three.py").write_text(
        "loader, spec = type(__loader__).__name__, type(__spec__.loader).__name__\n"
    )
    watch.after("watched_three", lambda module: None)
    module = importlib.import_module("watched_three")
    assert (module.loader, module.spec) == ("SourceFileLoader", "SourceFileLoader")


def test_a_module_that_is_not_there_or_raises_fails_as_it_would_without_us(watch: ImportWatch, tmp_path: Path) -> None:
    (tmp_path / "watched_four.py").write_text("1 / 0\n")
    told: list[ModuleType] = []
    watch.after("watched_four", told.append)
    watch.after("watched_five", told.append)

    with pytest.raises(ZeroDivisionError):
        importlib.import_module("watched_four")
    with pytest.raises(ModuleNotFoundError, match="No module named 'watched_five'"):
        importlib.import_module("watched_five")
    assert told == []


def test_who_only_asks_whether_a_module_is_there_does_not_use_up_its_action(watch: ImportWatch, tmp_path: Path) -> None:
    """As transformers and accelerate ask for torch."""
    (tmp_path / "watched_seven.py").write_text("value = 7\n")
    told: list[int] = []
    watch.after("watched_seven", lambda module: told.append(module.value))
    spec = importlib.util.find_spec("watched_seven")
    assert spec is not None
    loader: Any = spec.loader
    assert loader.get_source("watched_seven") == "value = 7\n"
    assert told == []

    importlib.import_module("watched_seven")
    assert told == [7]


def test_an_import_that_raised_is_seen_when_it_is_tried_again(watch: ImportWatch, tmp_path: Path) -> None:
    (tmp_path / "watched_eight.py").write_text("import builtins\nvalue = builtins.watched_value\n")
    told: list[int] = []
    watch.after("watched_eight", lambda module: told.append(module.value))
    with pytest.raises(AttributeError):
        importlib.import_module("watched_eight")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("builtins.watched_value", 8, raising=False)
        importlib.import_module("watched_eight")
    assert told == [8]


def test_asking_while_another_thread_is_in_the_middle_of_the_import_waits_for_its_end(
    watch: ImportWatch, tmp_path: Path
) -> None:
    """The probes are found beside the kernel's start, when the user's own start-up file may be importing."""
    events = ModuleType("watched_events")
    events.begun, events.may_go_on = threading.Event(), threading.Event()  # type: ignore[attr-defined]
    sys.modules["watched_events"] = events
    (tmp_path / "watched_six.py").write_text(SLOW)
    told: list[bool] = []
    importing = threading.Thread(target=importlib.import_module, args=("watched_six",))
    importing.start()
    assert events.begun.wait(30)
    asking = threading.Thread(target=watch.after, args=("watched_six", lambda module: told.append(module.finished)))
    asking.start()
    asking.join(0.2)  # one that does not wait is over by then
    waited = asking.is_alive()
    events.may_go_on.set()
    importing.join(30)
    asking.join(30)

    assert waited
    assert told == [True]
