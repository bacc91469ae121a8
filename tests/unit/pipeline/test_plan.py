"""Which steps must run, and why: by content alone."""

import json
from dataclasses import replace
from typing import Any

import pytest

from cellmill.core.given_values import as_plain
from cellmill.core.ids import SessionId
from cellmill.core.pipeline_runs import FileSeen, Installed, StepNow, StepRecord
from cellmill.core.pipelines import Pipeline, PipelineStep
from cellmill.pipeline.plan import given, reasons, selected, source_digest

RECORD = StepRecord(
    key="fit",
    outcome="ok",
    session=SessionId("s1"),
    started_ms=0,
    ended_ms=1,
    notebook=FileSeen("fit.ipynb", "n"),
    source="code",
    parameters={"depth": 4, "names": ["a"]},
    upstream={"load": "u"},
    reads=(FileSeen("data/x.csv", "x"),),
    writes=(FileSeen("out.csv", "o"),),
    modules=(FileSeen("helpers.py", "m"),),
    distributions={"pandas": Installed("2.2.0"), "Python": Installed("3.11.1")},
    manifest="d",
    values={"rows": 3},
    asks=("rows",),
)
NOW = StepNow(
    source="code",
    parameters={"depth": 4, "names": ["a"]},
    upstream={"load": "u"},
    files={"data/x.csv": "x", "out.csv": "o", "helpers.py": "m"},
    distributions={"pandas": "2.2.0", "Python": "3.11.1"},
    manifest="d",
    writes=("out.csv",),
    asks=("rows",),
)


def test_a_step_for_which_nothing_has_changed_need_not_run() -> None:
    assert reasons(RECORD, NOW) == ()
    tuples = replace(RECORD, parameters={"names": ("a",), "depth": 4})
    assert reasons(tuples, NOW) == ()  # JSON knows no tuples


def test_values_that_json_does_not_hold_are_the_same_after_a_way_through_it() -> None:
    odd = {"s": {"b", "a"}, "mixed": {1: 2, "a": {(1, 2): None}, None: b"x"}}
    kept = json.loads(json.dumps(as_plain(odd)))
    assert kept == {"s": ["a", "b"], "mixed": {"1": 2, "a": {"(1, 2)": None}, "null": "b'x'"}}
    assert reasons(replace(RECORD, parameters=kept), replace(NOW, parameters=odd)) == ()
    assert reasons(replace(RECORD, parameters=kept), replace(NOW, parameters={**odd, "s": {"b"}})) == (
        "s ['a', 'b'] -> {'b'}",
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"source": "other"}, "its source changed"),
        ({"parameters": {"depth": 6, "names": ["a"]}}, "depth 4 -> 6"),
        ({"parameters": {"depth": True, "names": ["a"]}}, "depth 4 -> True"),
        ({"parameters": {"names": ["a"]}}, "depth is not given any more"),
        ({"parameters": {**NOW.parameters, "rate": 0.5}}, "rate is 0.5"),
        ({"upstream": {"load": "v"}}, "load was run again and gives other values"),
        ({"upstream": {"load": "u", "clean": "c"}}, "it comes after clean now"),
        ({"upstream": {}}, "it does not come after load any more"),
        ({"files": {**NOW.files, "data/x.csv": "y"}}, "data/x.csv changed"),
        ({"files": {**NOW.files, "data/x.csv": None}}, "data/x.csv is gone"),
        ({"files": {**NOW.files, "helpers.py": "n"}}, "helpers.py changed"),
        ({"files": {**NOW.files, "out.csv": None}}, "out.csv is gone"),
        ({"files": {**NOW.files, "out.csv": "p"}}, "out.csv was changed since it wrote it"),
        ({"distributions": {**NOW.distributions, "pandas": "2.3.0"}}, "pandas 2.2.0 -> 2.3.0"),
        ({"distributions": {**NOW.distributions, "pandas": None}}, "pandas 2.2.0 -> not installed"),
        ({"distributions": {**NOW.distributions, "Python": "3.12.0"}}, "Python 3.11.1 -> 3.12.0"),
        ({"manifest": None}, "the values that it handed over are gone, or of another Cellmill"),
        ({"manifest": "e"}, "the values that it handed over were changed"),
        ({"reads": ("more.csv",)}, "more.csv is among what it reads now"),
        ({"writes": ("out.csv", "b.csv")}, "it is to write b.csv now"),
        ({"asks": ("rows", "parts")}, "its parts is asked for now"),
    ],
)
def test_whatever_changes_is_named(changes: dict[str, Any], reason: str) -> None:
    assert reasons(RECORD, replace(NOW, **changes)) == (reason,)


def test_what_a_secret_was_and_is_is_not_told() -> None:
    record = replace(RECORD, parameters={"api_key": "a", "depth": 4})
    now = replace(NOW, parameters={"api_key": "b", "depth": 5, "token": "c"})
    assert reasons(record, now, hidden={"api_key", "token"}) == ("api_key changed", "depth 4 -> 5", "token is given")


def test_one_that_never_ran_or_did_not_come_to_its_end_runs_whatever_has_changed() -> None:
    assert reasons(None, NOW) == ("never run",)
    assert reasons(replace(RECORD, outcome="died"), NOW) == ("failed last time",)
    assert reasons(replace(RECORD, outcome="interrupted"), replace(NOW, source="x")) == ("interrupted last time",)


def test_of_many_reasons_the_first_are_told() -> None:
    many = replace(RECORD, reads=tuple(FileSeen(f"{n}.csv", "x") for n in range(9)))
    told = reasons(many, replace(NOW, files={**NOW.files, **{f"{n}.csv": "y" for n in range(9)}}))
    assert told == ("0.csv changed", "1.csv changed", "2.csv changed", "3.csv changed", "and 5 more")


def test_equal_values_from_above_are_the_same_whoever_made_them() -> None:
    again = replace(RECORD, session=SessionId("s2"), started_ms=9)
    assert given([RECORD], (), ()) == given([again], (), ())
    assert given([RECORD], (), ()) != given([replace(again, manifest="e")], (), ())


def test_files_of_a_step_count_as_a_whole_unless_the_next_was_seen_to_read_some() -> None:
    other = replace(RECORD, writes=(FileSeen("out.csv", "p"),))
    assert given([RECORD], (), ()) != given([other], (), ())
    assert given([RECORD], {"out.csv"}, ()) == given([other], {"out.csv"}, ())


@pytest.mark.parametrize(
    ("read", "more", "is_another"),
    [
        (["parts/0.csv"], "parts/1.csv", True),
        (["parts/0.csv"], "plots/1.png", False),
        (["parts/0.csv"], "parts/old/1.csv", False),
        (["0.csv"], "1.csv", True),
        (["0.csv", "parts/0.csv"], "plots/1.png", False),
        (["set/cat/0.png", "set/dog/0.png"], "set/eel/0.png", True),
        (["p/set/year=2013/0.csv"], "p/set/year=2014/0.csv", True),
        (["p/set/year=2013/0.csv"], "p/log.txt", False),
        (["/data/a/0.csv", "p/0.csv"], "/data/b/0.csv", False),
        (["/data/a/0.csv", "/data/b/0.csv"], "/data/c/0.csv", True),
    ],
)
def test_a_new_file_beside_those_that_were_read_is_given_too(read: list[str], more: str, is_another: bool) -> None:
    before = replace(RECORD, writes=tuple(FileSeen(path, "x") for path in read))
    after = replace(RECORD, writes=tuple(FileSeen(path, "y") for path in (*read, more)))
    assert (given([before], read, ()) != given([after], read, ())) is is_another


def test_where_nothing_is_known_to_be_given_each_run_counts() -> None:
    silent = replace(RECORD, writes=(), manifest=None)
    assert given([silent], (), ()) != given([replace(silent, session=SessionId("s2"))], (), ())
    # Both write the file: what the one left there is what the other began with.
    assert given([RECORD], (), {"out.csv"}) != given([replace(RECORD, session=SessionId("s2"))], (), {"out.csv"})


STEPS = {"load": (), "clean": ("load",), "fit": ("clean",), "plot": ("clean",), "end": ("fit", "plot"), "alone": ()}
PIPELINE = Pipeline("p", tuple(PipelineStep(name, f"{name}.ipynb", after) for name, after in STEPS.items()))


@pytest.mark.parametrize(
    ("start", "stop", "only", "left"),
    [
        ((), (), (), set(STEPS)),
        (("fit",), (), (), {"fit", "end"}),
        ((), ("fit",), (), {"load", "clean", "fit"}),
        (("clean",), ("plot",), (), {"clean", "plot"}),
        (("clean",), ("end",), ("load",), {"load"}),
        ((), (), ("fit", "plot"), {"fit", "plot"}),
    ],
)
def test_a_part_of_a_pipeline_is_chosen(
    start: tuple[str, ...], stop: tuple[str, ...], only: tuple[str, ...], left: set[str]
) -> None:
    assert selected(PIPELINE, start=start, stop=stop, only=only) == left


def test_only_code_is_the_source_of_a_step() -> None:
    def notebook(*cells: dict[str, Any], kernel: str = "python3") -> dict[str, Any]:
        return {"cells": list(cells), "metadata": {"kernelspec": {"name": kernel}}}

    def code(source: str, **more: Any) -> dict[str, Any]:
        return {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], **more}

    text = {"cell_type": "markdown", "source": "Hello", "metadata": {}}
    shown = code("1 + 1", outputs=[{"output_type": "stream"}], execution_count=7)
    assert source_digest(notebook(code("1 + 1"))) == source_digest(notebook(text, shown))
    others = [
        notebook(code("1 + 2")),
        notebook(code("1"), code("+ 1")),
        notebook(code("1 + 1", metadata={"tags": ["skip-execution"]})),
        notebook(code("1 + 1"), kernel="julia"),
    ]
    assert len({source_digest(each) for each in [notebook(code("1 + 1")), *others]}) == 5
