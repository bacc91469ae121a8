"""Where any kernel finds what a notebook has assigned to."""

import calendar
import json
from collections.abc import Iterator
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


@pytest.mark.usefixtures("monday")
def test_a_property_of_an_instance_is_as_it_was() -> None:
    calendar.setfirstweekday(6)
    found = patches(["calendar.c.firstweekday"])
    calendar.setfirstweekday(0)
    patch(found)
    assert calendar.firstweekday() == 6
