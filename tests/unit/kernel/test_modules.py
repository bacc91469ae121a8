"""Where any kernel finds what a notebook has assigned to."""

import calendar
import json
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pandas
import pytest

from cellmill.kernel.crossing.modules import canonical, patch, patches


@pytest.fixture
def monday() -> Iterator[None]:
    yield
    calendar.setfirstweekday(0)


@pytest.mark.parametrize(
    ("path", "names", "place"),
    [
        ("json.JSONEncoder.shout", {"json": json}, "json.encoder.JSONEncoder.shout"),
        ("calendar.c.firstweekday", {"calendar": calendar}, "calendar.c.firstweekday"),
        ("c.firstweekday", {"c": calendar.c}, "calendar.c.firstweekday"),
        ("c.firstweekday", {"c": calendar.TextCalendar()}, None),
        ("calendar.gone.firstweekday", {"calendar": calendar}, None),
        ("frame.columns", {"frame": pandas.DataFrame()}, None),
    ],
)
def test_a_place_is_that_of_a_module_a_class_of_one_or_an_instance_that_it_holds(
    path: str, names: dict[str, Any], place: str | None
) -> None:
    assert canonical(path, names) == place


def test_the_notebook_itself_holds_values_under_whatever_names_it_is_a_module(monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = ModuleType("__main__")
    notebook.__dict__["frame"] = pandas.DataFrame({"columns": [1]})
    for name in ("__main__", "__mp_main__"):
        monkeypatch.setitem(sys.modules, name, notebook)
    assert canonical("frame.columns", vars(notebook)) is None


@pytest.mark.usefixtures("monday")
def test_a_property_of_an_instance_is_as_it_was() -> None:
    calendar.setfirstweekday(6)
    found = patches(["calendar.c.firstweekday"])
    calendar.setfirstweekday(0)
    patch(found)
    assert calendar.firstweekday() == 6
