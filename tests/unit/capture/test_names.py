"""Names as the source tells them, corrected by what the cell did."""

import sqlite3
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cellmill.capture.names import Names, NamesSeen


class Session:
    """Cells run one after another in a namespace, and what is seen of each."""

    def __init__(self) -> None:
        self.user_names: dict[str, Any] = {"np": np, "pd": pd, "sqlite3": sqlite3}
        self.names = Names(self.user_names)

    def run(self, source: str, *, took_s: float = 1.0) -> NamesSeen:
        self.names.before()
        exec(source, self.user_names)
        return self.names.after(source, took_s)


@pytest.fixture
def session() -> Session:
    return Session()


CASES = [
    # what ran before, the cell, what it writes
    ("a = [1]", "b = a", "b"),
    ("a = [1]\nb = a", "b.append(2)", "a b"),
    ("a = [1]", "len(a)", ""),
    ("a = [1]\nd = {'k': a}", "a.append(2)", "a d"),
    ("f = pd.DataFrame({'x': [1, 2]})", "f['y'] = 1", "f"),
    ("f = pd.DataFrame({'x': [1, 2]})", "f.describe()", ""),
    ("f = pd.DataFrame({'x': [1, 2]})\ng = f", "g['y'] = 1", "f g"),
    ("X = np.zeros(9)\nv = X[:3]", "v[0] = 1", "X v"),
    ("rows = []\ndef add(n):\n    rows.append(n)", "add(3)", "rows"),
    ("n = 1", "globals()['n'] = 2", "n"),
    ("n = 1", "exec('m = 2')", "m"),
    ("n = 1", "del n", "n"),
    ("", "np.random.seed(0)", "np"),
    ("", "pd.DataFrame({'x': [1]})", ""),
    ("", "np.array([1, 2])", ""),
    ("", "pd.crosstab([1], [2])", ""),
    ("", "pd.set_option('display.max_rows', 60)", "pd"),
    ("", "pd.options.display.max_rows = 60", "pd"),
    ("def again():\n    np.random.seed(0)", "again()", "np"),
    ("n = 5", "n = 5", "n"),
    ("class Box:\n    pass\nbox = Box()", "box.size = 3", "box"),
    ("class Box:\n    pass\nbox = Box()\nboxes = [box]", "box.size = 3", "box boxes"),
    ("columns = ['a']", "columns", ""),
    ("con = sqlite3.connect(':memory:')\nf = pd.DataFrame({'x': [1]})", "n = f.to_sql('t', con)", "con n"),
    ("con = sqlite3.connect(':memory:')", "at = con.execute('select 1')", "at con"),
    ("con = sqlite3.connect(':memory:')", "f = pd.read_sql('select max(1, 2)', con)", "f"),
]


@pytest.mark.parametrize(("before", "source", "writes"), CASES, ids=[case[1] for case in CASES])
def test_a_cell_writes_what_it_changed_and_no_more(session: Session, before: str, source: str, writes: str) -> None:
    session.run(before)
    assert session.run(source).writes == frozenset(writes.split())


def test_a_cell_that_raised_writes_what_it_came_to(session: Session) -> None:
    session.names.before()
    source = "first = 1\nrows.append(2)\nmissing()\nsecond = 3"
    session.user_names["rows"] = [1]
    session.names.before()
    with pytest.raises(NameError):
        exec(source, session.user_names)
    seen = session.names.after(source, 1.0, raised=True)
    assert (seen.writes, seen.compared) == (frozenset({"first", "rows"}), True)


@pytest.mark.parametrize("source", ["m = globals()['n']", "exec('m = n + 1')", "m = eval('n')"])
def test_what_is_read_by_its_name_in_a_text_is_read(session: Session, source: str) -> None:
    session.run("n = 1\nother = 2")
    seen = session.run(source)
    assert (seen.reads, seen.writes) == (frozenset({"n"}), frozenset({"m"}))


def test_drawing_changes_no_data(session: Session) -> None:
    from matplotlib.figure import Figure

    session.user_names["figure"] = Figure()
    session.run("X = np.zeros((9, 2))\naxes = figure.add_subplot()")
    session.run("axes.plot(X[:, 0])", took_s=0.0)
    assert "X" not in session.run("axes.set_title('first')", took_s=0.0).writes


def test_who_changes_an_object_goes_on_from_what_it_was(session: Session) -> None:
    session.run("a = [1]\nb = a")
    seen = session.run("b.append(2)")
    assert {"a", "b"} <= seen.reads
    assert seen.aliases == (("a", "b"),)


def test_a_star_import_writes_the_names_that_it_brings(session: Session) -> None:
    assert {"sqrt", "pi"} <= session.run("from math import *").writes


def test_what_is_bound_between_cells_is_no_cells(session: Session) -> None:
    session.run("n = 1")
    session.user_names["slider"] = 3
    session.names.something_ran()
    assert session.names.before() == ("slider",)
    assert session.names.after("n", 1.0) == NamesSeen(reads=frozenset({"n"}), compared=True)


def test_large_frames_that_share_nothing_are_not_tied_together_when_time_is_short(session: Session) -> None:
    make = "pd.DataFrame({'x': np.arange(400_000), 's': ['a b'] * 400_000})"
    session.run(f"one = {make}\ntwo = {make}", took_s=0.0)
    assert session.run("one['y'] = 1", took_s=0.0).writes == {"one"}


def test_without_a_namespace_the_source_alone_is_asked() -> None:
    assert Names().after("y = x + 1", 0.0) == NamesSeen(frozenset({"x"}), frozenset({"y"}))
    assert Names().after(None, 0.0) == NamesSeen()


def test_a_function_of_an_own_module_that_is_called_for_its_effect_changes_what_its_module_answers(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own_store.py").write_text("n = []\ndef add(x):\n    n.append(x)\ndef total():\n    return sum(n)\n")
    monkeypatch.syspath_prepend(tmp_path)
    session.run("from own_store import add, total\nfrom textwrap import dedent, indent")
    try:
        assert session.run("add(3)") == NamesSeen(
            frozenset({"add", "total"}), frozenset({"add", "total"}), compared=True
        )
        assert session.run("t = total()").writes == {"t"}
        assert session.run("dedent('')").writes == set()
    finally:
        del sys.modules["own_store"]


@pytest.mark.parametrize(
    ("cell", "reads"),
    [
        ("get_ipython().system('wget -q {url} -O flights.csv')", {"url"}),
        ("files = get_ipython().getoutput('ls {folder + url} $name')", {"folder", "url", "name"}),
        ("get_ipython().run_line_magic('cd', '{folder}')", {"folder"}),
        ("get_ipython().run_cell_magic('bash', '-s \"$name\"', 'echo {url} $folder')", {"name"}),
        ("get_ipython().system('echo url $HOME {1..3}; awk \\'{print $1}\\' x')", set()),
        ("url = 'x'\nget_ipython().system('wget {url}')", set()),
        ("found = duckdb.sql('select * from sales join folder using (url)')", {"sales", "folder"}),
        ("m = smf.ols('y ~ scale(url)', data=None)", {"scale"}),
        ("note = 'about {url} ~ scale(x)'", set()),
    ],
)
def test_names_in_the_texts_that_ipython_duckdb_and_formulas_expand_are_read(cell: str, reads: set[str]) -> None:
    texts = ("url", "folder", "name", "sales", "scale")
    names = Names({**dict.fromkeys(texts, "text")})
    assert names.after(cell, 1.0).reads & {*texts} == reads
