"""In a loop the name of what a model is given is looked for some times, not each time."""

import sys
from collections.abc import ItemsView
from types import SimpleNamespace
from typing import Any, cast

from cellmill.capture.observer import Observer
from cellmill.capture.probes.patching import PatchingProbe
from cellmill.core.ids import ExecutionId


class Namespace(dict[str, Any]):
    """Names that know how often they were gone through."""

    looks = 0

    def items(self) -> ItemsView[str, Any]:  # type: ignore[override]
        self.looks += 1
        return dict(self).items()


def probe(names: Namespace) -> PatchingProbe:
    recording = SimpleNamespace(execution=ExecutionId("one"))
    return PatchingProbe(cast("Observer", SimpleNamespace(recording=recording)), names)


def test_a_loop_over_rows_does_not_go_through_the_names_each_time() -> None:
    names = Namespace(other=1)
    asked = probe(names)
    rows = [[each] for each in range(500)]
    told = {asked.name([*row], sys._getframe(), 0) for row in rows}

    assert told == {None}
    assert names.looks <= 64


def test_what_one_line_is_given_in_turn_keeps_its_names() -> None:
    names = Namespace(train=[1], test=[2])
    asked = probe(names)
    given = [names["train"], names["test"], [3]] * 100
    told = [asked.name(data, sys._getframe(), 0) for data in given]

    assert told == ["train", "test", told[2]] * 100
    assert names.looks <= 64


def test_each_execution_looks_anew() -> None:
    names = Namespace(other=1)
    asked = probe(names)
    for execution in ("one", "two"):
        asked.recording.__dict__["execution"] = ExecutionId(execution)
        names.looks = 0
        told = {asked.name([each], sys._getframe(), 0) for each in range(100)}
        assert told == {None}
        assert 0 < names.looks <= 64
