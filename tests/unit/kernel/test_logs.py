"""Loggers as another process has them again."""

import logging
import sys
from collections.abc import Iterator
from logging.handlers import MemoryHandler
from pathlib import Path

import pytest

from cellmill.capture.probes.imports import ImportWatch
from cellmill.kernel.crossing import logs
from cellmill.kernel.crossing.logs import changed, look, put_back, why_not

LOG = logging.getLogger("told")


@pytest.fixture(autouse=True)
def untouched(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(logs, "_waiting", {})  # for the library of another test
    yield
    emptied()


def emptied() -> None:
    for handler in list(LOG.handlers):
        LOG.removeHandler(handler)
        handler.close()
    LOG.setLevel(logging.NOTSET)


def test_handlers_are_there_again_once_and_a_file_goes_on(tmp_path: Path) -> None:
    before = look()
    file = logging.FileHandler(tmp_path / "run.log", mode="w")
    file.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    LOG.addHandler(file)
    LOG.addHandler(logging.StreamHandler(sys.stderr))
    LOG.setLevel("INFO")
    LOG.info("loaded")
    found = changed(before, tmp_path)
    assert why_not(before) is None
    assert list(found) == ["told"]
    assert found["told"]["handlers"][0]["path"] == "run.log"

    emptied()
    for _ in range(2):  # as where two steps before handed over
        put_back(found, tmp_path, ImportWatch())
    LOG.info("fitted")
    assert (tmp_path / "run.log").read_text() == "INFO loaded\nINFO fitted\n"
    assert changed(before, tmp_path) == found


def test_a_library_that_is_not_there_yet_keeps_its_state_for_the_steps_after(tmp_path: Path) -> None:
    state = {"library": "not_there", "level": 40, "propagate": True, "disabled": False, "filters": [], "handlers": []}
    put_back({"not_there.part": state}, tmp_path, ImportWatch())
    assert changed(look(), tmp_path) == {"not_there.part": state}
    assert logging.getLogger("not_there.part").level == logging.NOTSET


def test_a_handler_of_another_kind_is_no_value() -> None:
    before = look()
    LOG.addHandler(MemoryHandler(10))
    assert why_not(before) == "the logger 'told' has a handler that would be lost with its kernel, a MemoryHandler"
