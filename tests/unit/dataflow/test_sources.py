"""Where a cell takes its data from, besides files."""

import pytest

from cellmill.dataflow.literals import literal_assignments
from cellmill.dataflow.sources import named_sources

CELL = 'names = !ls {folder}\nurl = "https://data.org/x.csv"\nframe?\niris = load_iris()'


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("q = 'select * from sales'", [("query", "select * from sales")]),
        (CELL, [("url", "https://data.org/x.csv"), ("package", "load_iris()")]),
        ("!wget https://data.org/x.csv", []),
        ("no python", []),
    ],
)
def test_addresses_queries_and_data_sets_are_found_beside_lines_of_ipythons_own(
    source: str, found: list[tuple[str, str]]
) -> None:
    assert list(named_sources(source)) == found


def test_so_are_literals_where_they_stand() -> None:
    assert [(each.name, each.value, each.line) for each in literal_assignments(CELL)] == [
        ("url", "https://data.org/x.csv", 2)
    ]
