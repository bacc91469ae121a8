"""Where borders may stand, and where they are best."""

from collections.abc import Sequence
from typing import Any

import pytest

from cellmill.dataflow.crossing import leanings
from cellmill.pipeline.split import MOST_STEPS, Cell, Crossing, Proposal, Splitter, slug

ALL = frozenset("abcdefghijklmnopqrstuvwxyz")


def splitter(
    sources: Sequence[str],
    *,
    headings: dict[int, tuple[int, str]] | None = None,
    trains: Sequence[int] = (),
    tags: dict[int, str] | None = None,
    cannot: dict[str, str] | None = None,
    sizes: dict[str, int] | None = None,
    **options: Any,
) -> Splitter:
    """A notebook whose names are single letters, all of which exist before each cell but the first."""
    cells = [
        Cell(
            leaning,
            (headings or {}).get(number),
            ((tags or {}).get(number, ""),),
            trains=number in trains,
            seconds=1.0,
        )
        for number, leaning in enumerate(leanings(sources), 1)
    ]
    crossings = [Crossing(ALL, sizes or dict.fromkeys(ALL, 10), cannot or {}) for _ in cells]
    return Splitter(cells, crossings, most_bytes=1_000, **options)


def ranges(proposal: Proposal) -> list[tuple[int, int]]:
    return [(step.first, step.last) for step in proposal.steps]


def test_headings_make_borders_and_names() -> None:
    made = splitter(
        ["a = f()", "b = a + 1", "c = b + 1"], headings={1: (1, "Load"), 2: (2, "1. Clean `it`"), 3: (2, "Fit & score")}
    ).propose()
    assert [(step.name, step.title, step.gives) for step in made.steps] == [
        ("load", "Load", ("a",)),
        ("clean-it", "1. Clean `it`", ("b",)),
        ("fit-score", "Fit & score", ()),
    ]


def test_sections_that_compute_nothing_are_no_steps() -> None:
    made = splitter(
        ["import os", "def f(): ...", "a = f()", "b = a"],
        headings={1: (2, "Imports"), 2: (2, "Functions"), 3: (2, "Load"), 4: (2, "Fit")},
    ).propose()
    assert [(step.name, step.first, step.last) for step in made.steps] == [("load", 1, 3), ("fit", 4, 4)]


def test_without_headings_borders_stand_around_the_trainings() -> None:
    made = splitter(["a = f()", "b = fit(a)", "c = score(b)"], trains=[2]).propose()
    assert [step.name for step in made.steps] == ["prepare", "train", "evaluate"]


def test_without_either_the_border_stands_where_the_least_crosses() -> None:
    made = splitter(["a = len(())", "b, c, d = range(a)", "e = b + c + d", "h = e + 1"]).propose()
    assert ranges(made) in ([(1, 3), (4, 4)], [(1, 1), (2, 4)])
    assert len(made.steps[0].gives) == 1


def test_cells_that_need_nothing_of_each_other_are_split_where_it_is_asked_for() -> None:
    made = splitter(["a = len(())\nprint(a)", "b = len(())\nprint(b)", "c = len(())\nprint(c)"]).propose()
    assert len(made.steps) == 2
    assert [step.gives for step in made.steps] == [(), ()]


def test_tags_of_kale_are_understood() -> None:
    made = splitter(
        ["a = f()", "b = a", "c = b", "d = c"],
        tags={1: "block:load", 3: "block:fit", 4: "step:report"},
        headings={2: (1, "Elsewhere")},
    ).propose()
    assert [(step.name, step.first) for step in made.steps] == [("load", 1), ("fit", 3), ("report", 4)]


def test_what_cannot_cross_takes_the_border_away_and_is_told() -> None:
    made = splitter(
        ["a = f()\nb = g()", "c = a(1)", "d = b + 1"],
        headings={2: (1, "Query"), 3: (1, "Fit")},
        cannot={"a": "it holds a Connection"},
    ).propose()
    assert ranges(made) == [(1, 2), (3, 3)]
    assert made.notes == ("No border before cell 2 (Query): 'a' cannot be handed over: it holds a Connection.",)


def test_a_name_that_nobody_reads_again_hinders_no_border() -> None:
    made = splitter(["a = f()\nb = 1 + g()", "c = b + 1"], cannot={"a": "it is an open file"}).propose([2])
    assert ranges(made) == [(1, 1), (2, 2)]


def test_too_much_to_cross_is_told_with_its_size() -> None:
    found = splitter(["a = f()", "b = a + 1"], sizes={"a": 5_000_000_000})
    assert found.why_not(2) == "5.0 GB would have to cross, most of it in 'a', and 0.0 is the most: write it to a file"


def test_a_cell_that_reads_an_earlier_output_stays_with_it() -> None:
    made = splitter(["f()", "a = _", "b = a + 1", "c = b"], headings={2: (1, "A"), 3: (1, "B"), 4: (1, "C")}).propose()
    assert ranges(made) == [(1, 2), (3, 3), (4, 4)]


def test_one_that_asks_for_all_names_gets_them() -> None:
    assert splitter(["a = f()", "print(globals())"]).names_at(2) == ALL
    assert splitter(["a = f()", "print(a)"]).names_at(2) == {"a"}
    assert splitter(["a = f()", "print(a)"], carried={"q"}, apart={"a"}).names_at(2) == {"q"}


def test_every_place_for_a_border_is_told_with_what_crosses_the_largest_first_or_why_none_stands() -> None:
    sources = ["a = 1\nb = 2", "c = iter([a])", "d = next(c)", "print(a, b, d)"]
    found = splitter(sources, sizes={"a": 5, "b": 50, "c": 1, "d": 5}, cannot={"c": "it is half consumed"}).borders()
    assert [(one.number, list(one.names.items()), one.bytes, one.reason) for one in found] == [
        (2, [("b", 50), ("a", 5)], 55, None),
        (3, [("b", 50), ("a", 5), ("c", 1)], 56, "'c' cannot be handed over: it is half consumed"),
        (4, [("b", 50), ("a", 5), ("d", 5)], 60, None),
    ]


def test_imports_are_repeated_and_do_not_cross() -> None:
    found = splitter(["import n as n\nfrom m import f, g", "a = n(f)", "g = 3", "b = n(a, f, g)"])
    assert found.imports_at(2) == {"n": ("import n as n",), "f": ("from m import f, g",)}
    assert found.imports_at(4) == {"n": ("import n as n",), "f": ("from m import f, g",)}
    assert found.names_at(4) == {"a", "g"}


def test_imports_of_several_modules_of_a_package_are_all_repeated() -> None:
    found = splitter(["import p.a\nimport p.b", "import p.a", "p.a(p.b)"])
    assert found.imports_at(3) == {"p": ("import p.b", "import p.a")}
    assert splitter(["import p.a", "import q as p", "p.a(p.b)"]).imports_at(3) == {"p": ("import q as p",)}


def test_imports_that_nobody_reads_may_be_there_for_what_they_do() -> None:
    found = splitter(["from e import enable_it\nfrom s import *\nfrom m import f, g", "a = f(1)", "b = a + 1"])
    assert found.effects_at(3) == ("from e import enable_it",)
    assert found.effects_at(1) == ()


def test_a_notebook_that_computes_once_is_not_split_and_the_reason_is_told() -> None:
    made = splitter(["import os", "a = f()"]).propose()
    assert len(made.steps) == 1
    assert made.notes == ("Of 2 code cells at most one computes anything: there is nothing to split.",)


def test_more_headings_than_steps_are_readable_are_merged_where_the_most_crosses() -> None:
    sources = [f"{chr(97 + i)} = {chr(96 + i) if i else 'f'}(1)" for i in range(14)]
    headings = {i: (2, f"Part {i}") for i in range(1, 15)}
    made = splitter(sources, headings=headings).propose()
    assert len(made.steps) == MOST_STEPS


def test_a_border_that_was_tried_is_not_proposed_again() -> None:
    found = splitter(["a = f()", "b = a", "c = b"], headings={2: (1, "A"), 3: (1, "B")})
    assert ranges(found.propose(without={2})) == [(1, 2), (3, 3)]


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("3.2 Train & tune", "train-tune"),
        ("IV. Résumé", "r-sum"),
        ("[Load](http://x) *it*", "load-it"),
        ("数据", "part"),
        ("A very long heading that would make a very long name for a file", "a-very-long-heading-that-would"),
    ],
)
def test_a_heading_is_a_name(title: str, name: str) -> None:
    assert slug(title) == name
