"""pipeline.yaml, read and written. Whatever cannot be is one sentence with a line and what to do."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.shape.repository import ROOT

from cellmill.core.errors import CellmillError
from cellmill.core.pipeline_errors import BadPipeline, CyclicPipeline, PipelineMissing, WriteClash
from cellmill.core.pipelines import ForEach, Pipeline, PipelineStep
from cellmill.pipeline.document import find_cycle, parse_pipeline, read_pipeline, text_of

SCHEMA = json.loads((ROOT / "docs" / "users" / "pipeline.schema.json").read_text("utf-8"))

WHOLE = """
version: 1
source: analysis/flights.ipynb
parameters: {year: 2013, mode: full}
steps:
  load:
    notebook: load.ipynb
    writes: [data/clean.csv]
  fit:
    notebook: fit.ipynb
    after: [load]
    parameters: {max_depth: 4, since: 2024-01-31, name: no}
    reads: [data/./extra/../clean.csv, weather]
    retries: 2
    timeout: 10 min
    when: mode == 'full'
    for_each: {parameter: carrier, in: load.carriers}
  report: {notebook: report.ipynb, after: [fit], timeout: 1.5, for_each: {parameter: part, in: [a, 2, null]}}
verified: {when: today, compared: {values: 3}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "flights"
    made.mkdir()
    for name in ("load", "fit", "report"):
        (made / f"{name}.ipynb").write_text("{}")
    return made


def of_steps(steps: str, more: str = "") -> str:
    return f"version: 1\nsteps:\n{steps}\n{more}"


def test_a_document_is_read_whole(folder: Path) -> None:
    (folder / "pipeline.yaml").write_text(WHOLE)
    assert read_pipeline(folder) == Pipeline(
        name="flights",
        source="analysis/flights.ipynb",
        parameters={"year": 2013, "mode": "full"},
        steps=(
            PipelineStep("load", "load.ipynb", writes=("data/clean.csv",)),
            PipelineStep(
                "fit",
                "fit.ipynb",
                after=("load",),
                # As YAML 1.2 has it: a date is a text, and so is `no`.
                parameters={"max_depth": 4, "since": "2024-01-31", "name": "no"},
                reads=("data/clean.csv", "weather"),
                retries=2,
                timeout_s=600,
                when="mode == 'full'",
                for_each=ForEach("carrier", step="load", name="carriers"),
            ),
            PipelineStep(
                "report", "report.ipynb", after=("fit",), timeout_s=1.5, for_each=ForEach("part", ("a", 2, None))
            ),
        ),
        verified={"when": "today", "compared": {"values": 3}},
    )


def test_the_order_is_that_of_the_document_where_nothing_else_decides(folder: Path) -> None:
    steps = (
        "  report: {notebook: report.ipynb, after: [fit]}\n  load: {notebook: load.ipynb}\n  fit: {notebook: fit.ipynb}"
    )
    pipeline = parse_pipeline(of_steps(steps), folder)
    assert [step.name for step in pipeline.ordered] == ["load", "fit", "report"]
    assert (pipeline.above("report"), pipeline.below("fit")) == (frozenset({"fit"}), frozenset({"report"}))


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abcé 1~:", max_size=4), inner, max_size=3),
    max_leaves=6,
)
HARD = [
    "no",
    "1e5",
    "0o17",
    "~",
    "null",
    "12:30:00",
    "2024-01-31",
    "a: b",
    "# x",
    "- y",
    "",
    "é\n\tü",
    "'",
    "<<",
    "=",
    ".5",
]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # others use this machine too
@given(st.dictionaries(st.sampled_from(["a", "b_c", "größe"]), plain | st.sampled_from(HARD), max_size=3))
def test_whatever_is_written_is_read_as_it_was(values: dict[str, Any]) -> None:
    pipeline = Pipeline("x", (PipelineStep("s", "../x.ipynb", parameters=values, when="a > 1"),), parameters=values)
    folder = Path("no-such/x")
    text = text_of(pipeline)
    assert "&" not in text.split("steps:")[0] or any("&" in str(value) for value in values.values())
    with pytest.raises(BadPipeline, match=r"the notebook of step s, \.\./x\.ipynb, is not there"):
        parse_pipeline(text, folder)
    assert parse_pipeline(text.replace("../x.ipynb", str(Path(__file__))), folder).parameters == values


def test_a_whole_document_survives_being_written(folder: Path) -> None:
    pipeline = parse_pipeline(WHOLE, folder)
    again = text_of(pipeline)
    assert parse_pipeline(again, folder) == pipeline
    assert again.startswith(
        "# A pipeline of Cellmill. Run it with: cellmill pipeline run pipelines/flights\nversion: 1\n"
    )
    assert "    after: [load]\n" in again
    assert "retries: 0" not in again


def test_the_published_schema_takes_what_is_read_and_refuses_what_is_not(folder: Path) -> None:
    validator = jsonschema.Draft202012Validator(SCHEMA)
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    for text in (WHOLE, text_of(parse_pipeline(WHOLE, folder))):
        document = yaml.safe_load(text)
        document["steps"]["fit"]["parameters"]["since"] = "2024-01-31"
        assert list(validator.iter_errors(document)) == []
    for text in (text for text, *_ in BAD if "\n" in text and "&" not in text):
        try:
            document = yaml.safe_load(text)
        except yaml.YAMLError:
            continue
        if any(word in text for word in SEMANTIC):
            continue
        assert list(validator.iter_errors(document)), text


# Of these only the graph and the disk know that they are wrong; or YAML 1.1 reads them otherwise.
SEMANTIC = ("laod", "absent.ipynb", "b: {notebook: fit.ipynb, after: [c]}", "both.csv", "load.part", "twice", "2, fit")

# A text, the line that is named, and words of the sentence.
BAD: list[tuple[str, int | None, str, str]] = [
    ("", 1, "a pipeline is no mapping", "It may have: version"),
    ("[1]\n", 1, "a pipeline is no mapping", "It may have: version"),
    ("steps: {}\n", 1, "it does not say its version", "Begin with: version: 1"),
    ("version: 2\nsteps: {}", 1, "version 2 is newer", "Update Cellmill."),
    ("version: '1'\nsteps: {}", 1, "there is no version '1'", "Write: version: 1"),
    ("version: 1\n", 1, "it has no `steps`", "Write them as"),
    ("version: 1\nsteps: []", 2, "`steps` is no mapping", "Write: load"),
    ("version: 1\nstep:\n  a: {}", 2, "a pipeline has no 'step'", "Did you mean 'steps'?"),
    (of_steps("  a: {notebok: load.ipynb}"), 3, "step a has no 'notebok'", "Did you mean 'notebook'?"),
    (of_steps("  a: {after: []}"), 3, "step a has no notebook", "Write: notebook: a.ipynb"),
    (of_steps("  a: load.ipynb"), 3, "step a is no mapping", "It may have: notebook"),
    (of_steps("  a b: {notebook: load.ipynb}"), 3, "'a b' cannot name a step", "Use letters"),
    (of_steps("  a: {notebook: absent.ipynb}"), 3, "absent.ipynb, is not there", "Did you mean"),
    (of_steps("  a: {notebook: lod.ipynb}\n# laod"), 3, "lod.ipynb, is not there", "Did you mean load.ipynb?"),
    (
        of_steps("  load: {notebook: load.ipynb}\n  b: {notebook: fit.ipynb, after: [laod]}"),
        4,
        "step b comes after laod, and there is no such step",
        "Did you mean load?",
    ),
    (of_steps("  a: {notebook: load.ipynb, after: load}"), 3, "`after` is no list", "Write: after: [load]"),
    (of_steps("  a: {notebook: load.ipynb, retries: yes}"), 3, "`retries` of a is no number", "Write: retries: 2"),
    (of_steps("  a: {notebook: load.ipynb, retries: true}"), 3, "`retries` of a is no number", "Write: retries: 2"),
    (of_steps("  a: {notebook: load.ipynb, timeout: soon}"), 3, "`timeout` of a is no time", "Write: timeout: 600"),
    (of_steps("  a: {notebook: load.ipynb, timeout: -1}"), 3, "`timeout` of a is no time", "Write: timeout: 600"),
    (of_steps("  a: {notebook: load.ipynb, parameters: {2x: 1}}"), 3, "'2x' cannot name a parameter", "max_depth: 4"),
    (of_steps("  a: {notebook: load.ipynb, when: [1]}"), 3, "`when` is no text", 'Write: when: "…"'),
    (of_steps("  a: {notebook: load.ipynb, for_each: {in: [1]}}"), 3, "needs `parameter` and `in`", "Write: for_each"),
    (of_steps("  a: {notebook: load.ipynb, for_each: {parameter: x, in: y}}"), 3, "neither a list", "Write: for_each"),
    (
        of_steps("  load: {notebook: load.ipynb}\n  b: {notebook: fit.ipynb, for_each: {parameter: x, in: load.part}}"),
        4,
        "loops over load.part, and does not come after load",
        "Write: after: [load]",
    ),
    (of_steps("  a: {notebook: load.ipynb}\n  a: {notebook: fit.ipynb} # twice"), 4, "stands on line 3", "Keep one"),
    (of_steps("  a: {notebook: !!python/name:os.system x}"), 3, "the tag !!python/name:os.system", "without it"),
    (of_steps("  a: !!python/object/apply:os.system ['echo']"), 3, "is not taken, for it could run code", "without it"),
    (of_steps("  a: {notebook: !env HOME}"), 3, "the tag !env is not taken", "without it"),
    (of_steps("  a: {notebook: *nothing}"), 3, "", ""),
    ("version: 1\nsteps:\n\t- a", 3, "it is no YAML", "the one above it"),
    ("version: 1\nsteps: {a: [", None, "it is no YAML", "the one above it"),
    ("version: 1\n---\nversion: 1", 2, "a second document begins here", "Keep one"),
    ("version: 1\nverified: " + "[" * 60 + "]" * 60, 2, "more than 40 deep", "flatter"),
    ("version: 1\nverified:\n" + "".join(f"{' ' * n}a:\n" for n in range(1, 200)), 42, "more than 40 deep", "flatter"),
    ("version: 1\n? [a, b]\n: 1", 2, "a key here is no text", "Write: name: value"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "reason", "advice"), BAD)
def test_what_cannot_be_is_told_with_its_line(
    folder: Path, text: str, line: int | None, reason: str, advice: str
) -> None:
    with pytest.raises(BadPipeline) as caught:
        parse_pipeline(text, folder)
    assert reason in caught.value.reason
    assert advice in caught.value.advice
    assert line in (None, caught.value.line)
    assert "pipeline.yaml" in str(caught.value)


def test_a_cycle_is_named(folder: Path) -> None:
    steps = (
        "  a: {notebook: load.ipynb, after: [b]}\n  b: {notebook: fit.ipynb, after: [c]}\n"
        "  c: {notebook: fit.ipynb, after: [d, a]}\n  d: {notebook: fit.ipynb}"
    )
    with pytest.raises(CyclicPipeline) as caught:
        parse_pipeline(of_steps(steps), folder)
    assert caught.value.cycle == ("a", "b", "c", "a")
    with pytest.raises(CyclicPipeline, match="a -> a"):
        parse_pipeline(of_steps("  a: {notebook: load.ipynb, after: [a]}"), folder)


def test_a_long_chain_has_no_cycle_and_is_walked_without_a_long_stack() -> None:
    chain = {str(n): (str(n + 1),) if n < 5000 else () for n in range(5001)}
    assert find_cycle(chain) == ()
    assert len(find_cycle({**chain, "5000": ("0",)})) == 5002


def test_two_steps_that_write_the_same_file_are_refused(folder: Path) -> None:
    steps = (
        "  a: {notebook: load.ipynb, writes: [out/both.csv]}\n"
        "  b: {notebook: fit.ipynb, writes: [x.csv, out/./deep/../both.csv]}"
    )
    with pytest.raises(WriteClash) as caught:
        parse_pipeline(of_steps(steps), folder)
    assert (caught.value.path, caught.value.steps) == ("out/both.csv", ("a", "b"))


def test_a_hundred_thousand_steps_are_too_many(folder: Path) -> None:
    many = "version: 1\nsteps:\n" + "".join(f" s{n}: {{notebook: a}}\n" for n in range(100_000))
    with pytest.raises(BadPipeline, match=r"larger than 2 MB|more than 50,000 values"):
        parse_pipeline(many, folder)
    some = "version: 1\nsteps:\n" + "".join(f" s{n}: {{notebook: load.ipynb}}\n" for n in range(1_001))
    with pytest.raises(BadPipeline, match=r"it has 1,001 steps, and 1,000 is the most\. Make it several"):
        parse_pipeline(some, folder)


def test_aliases_are_understood_until_they_explode(folder: Path) -> None:
    shared = of_steps("  a: {notebook: load.ipynb, parameters: &p {x: 1}}\n  b: {notebook: fit.ipynb, parameters: *p}")
    assert [step.parameters for step in parse_pipeline(shared, folder).steps] == [{"x": 1}, {"x": 1}]
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    with pytest.raises(BadPipeline, match="more than 50,000 values"):
        parse_pipeline("version: 1\nverified:\n" + "\n".join(f"  {line}" for line in lines), folder)


def test_a_missing_pipeline_names_its_neighbour(folder: Path) -> None:
    (folder / "pipeline.yaml").write_text(WHOLE)
    with pytest.raises(PipelineMissing) as caught:
        read_pipeline(folder.parent / "flihts")
    assert str(caught.value).endswith("flights?")
    (folder / "pipeline.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CellmillError, match="it is not written in UTF-8"):
        read_pipeline(folder)
