"""The tree of errors: drawn whole, each with a kind of its own, each ending with what to do."""

import re
from collections.abc import Iterator

import pytest

from cellmill.core import errors
from cellmill.core.errors import (
    AmbiguousRun,
    BadParameter,
    BadSettings,
    CellFailed,
    CellmillError,
    CellTimedOut,
    FolderNotWritable,
    InvalidAlias,
    InvalidModelName,
    KernelDied,
    KernelMissing,
    NoRuns,
    NoSession,
    NotANotebook,
    NotebookMissing,
    ParameterOutOfBounds,
    RunWithoutModel,
    RunWithoutRecipe,
    StoreLocked,
    StoreRefused,
    StoreUnreachable,
    UnknownParameter,
    UnknownRun,
    WrongParameterType,
    revive,
)
from cellmill.core.outputs import BadOutput
from cellmill.core.picks import NothingToUndo, NotProposed, PickDiffers, PickRefused
from cellmill.core.pipeline_errors import (
    BadCondition,
    BadPipeline,
    CannotExport,
    ClusterUnreachable,
    CyclicPipeline,
    DaskMissing,
    ExportExists,
    NoStepTakes,
    OutputMissing,
    PipelineExists,
    PipelineFailed,
    PipelineMissing,
    PipelineUnderWay,
    StepNotReady,
    UnknownExecutor,
    UnknownStep,
    UnknownTarget,
    WriteClash,
)
from cellmill.core.replay_errors import EnvironmentNotBuilt, NoScratch, NotABundle, ReplayUnderWay
from cellmill.core.resuming import CannotResume
from cellmill.core.step_errors import (
    BadBorder,
    BadPlace,
    BadStepName,
    CannotCross,
    ChecksFailed,
    NotGiven,
    NothingToCheck,
    SplitRefused,
    StepNotBegun,
    TooLargeToCross,
    ValuesMissing,
    ValuesUnreadable,
)
from cellmill.core.sweep_errors import BadSpace, NoSuchSweep, OptunaMissing, SweepChanged, SweepUnderWay


def family(kind: type[CellmillError] = CellmillError) -> Iterator[type[CellmillError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from family(child)


LEAVES = [kind for kind in family() if not kind.__subclasses__()]

# Each error, and the last sentence of its message: what to do.
EXAMPLES: list[tuple[CellmillError, str]] = [
    (NotebookMissing("a.ipynb"), "Check the path."),
    (NotebookMissing("a.ipynb", near="b.ipynb"), "Did you mean b.ipynb?"),
    (NotANotebook("a.csv", reason="it is not JSON"), "Open it in JupyterLab and save it as .ipynb."),
    (UnknownParameter("dept", notebook="a.ipynb", declared=("depth", "rate")), "Did you mean 'depth'?"),
    (UnknownParameter("x", notebook="a.ipynb", declared=()), "Give 'x' a default in the cell tagged 'parameters'."),
    (
        WrongParameterType("depth", "deep", notebook="a.ipynb", expected="an integer"),
        "Give a value like the default in the cell tagged 'parameters'.",
    ),
    (
        ParameterOutOfBounds("depth", 30, notebook="a.ipynb", allowed="1 to 20", expected="an integer", cell=1),
        "or change the bounds in cell 1, which is tagged 'parameters'.",
    ),
    (NotProposed("dept", notebook="a.ipynb", proposed=("depth",)), "Did you mean 'depth'?"),
    (
        NotProposed("x", notebook="a.ipynb", proposed=()),
        "List what can be picked with: cellmill params a.ipynb",
    ),
    (PickRefused("a.ipynb", reason="'x' is a parameter already"), "'x' is a parameter already."),
    (PickDiffers("a.ipynb", what="`rmse`", before="1.5", after="1.6"), "Pick others."),
    (CannotResume("a.ipynb", reason="nothing was kept"), "Run it from the start, without --resume."),
    (BadOutput("out", reason="it is a folder"), "Name another file."),
    (BadOutput("s3://b/o.ipynb", reason="no", kept="executed/o.ipynb"), "at executed/o.ipynb: copy it from there."),
    (NothingToUndo("a.ipynb", reason="no pick is left to take back"), "no pick is left to take back."),
    (BadSpace("depth", reason="no"), "See: cellmill sweep --help"),
    (BadSpace("", reason="no parameter is turned"), "See: cellmill sweep --help"),
    (NoSuchSweep(notebook="a.ipynb", unfinished=True), "Begin one without --resume."),
    (NoSuchSweep(notebook="a.ipynb", unfinished=False), "Begin one with --metric."),
    (SweepChanged("5eed", notebook="a.ipynb"), "Begin another sweep without --resume."),
    (SweepUnderWay("5eed", notebook="a.ipynb"), "Wait for its end, or end it with Ctrl-C."),
    (OptunaMissing(), "Install it with: pip install 'cellmill[optuna]'"),
    (PipelineMissing("pipelines/a"), "Make one with: cellmill pipeline new NAME NOTEBOOK…"),
    (PipelineMissing("pipelines/flihts", known=("pipelines/flights",)), "Did you mean pipelines/flights?"),
    (BadPipeline("a/pipeline.yaml", line=3, reason="no", advice="Write: retries: 2"), "Write: retries: 2"),
    (CyclicPipeline("a/pipeline.yaml", cycle=("a", "b", "a")), "a -> b -> a. Take one of them out of an `after`."),
    (UnknownStep("laod", pipeline="a", known=("load", "fit")), "Did you mean load?"),
    (UnknownStep("x", pipeline="a", known=("load", "fit")), "It has: load, fit."),
    (WriteClash("out.csv", steps=("a", "b"), pipeline="p"), "Give one of them another file."),
    (NoStepTakes("dept", pipeline="a", known=("depth", "rate")), "Did you mean depth?"),
    (NoStepTakes("x", pipeline="a", known=(), step="load"), "There are: none."),
    (NoStepTakes("x", pipeline="a", known=(), loop="load"), "change the list in pipeline.yaml."),
    (BadCondition("x(", step="fit", reason="no"), "with and, or, not, in, + - * / and len."),
    (PipelineUnderWay("a", pid=7), "Wait for its end, or end it."),
    (StepNotReady("fit", pipeline="a", before="load"), "with --only load, or leave --from and --only out."),
    (StepNotReady("a", pipeline="p", before="b", has_run=True), "with --only b, or leave --from and --only out."),
    (PipelineExists("pipelines/a"), "Choose another name, or remove that folder."),
    (UnknownTarget("airflo", known=("airflow", "kfp")), "Did you mean airflow?"),
    (CannotExport("fit", target="Airflow", reason="it loops"), "which run the pipeline as Cellmill does."),
    (ExportExists("dags/p.py"), "or write over it with --force."),
    (DaskMissing(reason="No module named 'distributed'"), "Install it with: pip install 'cellmill[dask]'"),
    (ClusterUnreachable("tcp://h:1", reason="timed out"), "or leave it out to start a cluster here."),
    (UnknownExecutor("dusk", installed=("local", "dask")), "Choose one of: local, dask."),
    (OutputMissing("out.csv", step="load", notebook="load.ipynb"), "or take the file out of the step's `writes`."),
    (PipelineFailed("a", failed=("fit",), command="cellmill pipeline run a"), "go on with: cellmill pipeline run a"),
    (ValuesMissing("fit", before="load", folder="values/load"), "Run 'load' first."),
    (ValuesUnreadable("fit", before="load", reason="no"), "Run 'load' again, in the environment of this one."),
    (CannotCross("file", reason="it is an open file"), "Keep it in one step with what uses it."),
    (
        TooLargeToCross("df", size_bytes=3_000_000_000, most_bytes=2_000_000_000),
        "or allow more: end_step(..., most_bytes=...).",
    ),
    (NotGiven("fit", name="df"), "Bind it in this step, or take it out of the list."),
    (
        StepNotBegun("end_step"),
        "end_step() was called before begin_step(). Run the cells of this notebook from the first on.",
    ),
    (
        BadPlace("s3://a", reason="no"),
        "Install fsspec and what that kind of URL needs, or see to it that the place answers.",
    ),
    (ChecksFailed(("df: 1 of 3 rows: column 'x': ge(0)",)), "Mend the data, or change the checks in this notebook."),
    (NothingToCheck("a"), "Run it first: cellmill pipeline run a"),
    (NothingToCheck("a", step="load"), "Run it first: cellmill pipeline run a"),
    (
        SplitRefused("a.ipynb", reasons=("No border can stand: it is one cell.",)),
        "No border can stand: it is one cell.",
    ),
    (BadStepName("a b"), "Use letters, digits, _ and -, as in: flight-delays"),
    (BadBorder("9", reason="there are 3 cells"), "See: cellmill split --help"),
    (BadParameter("depth"), "Write NAME=VALUE, as in: -p max_depth=4"),
    (
        CellFailed(notebook="a.ipynb", cell=3, source="1/0", error="ZeroDivisionError", message="no", output="o.ipynb"),
        "The executed notebook, with the cell marked, is kept at o.ipynb.",
    ),
    (KernelDied(notebook="a.ipynb", output=None), "mend the cause and run the notebook again."),
    (
        KernelMissing("julia", installed=("python3",)),
        "install it with: python -m ipykernel install --user --name julia",
    ),
    (KernelMissing("old", broken="/v/bin/python cannot be run (gone)"), "with: jupyter kernelspec remove old"),
    (UnknownRun("abc"), "List them with: cellmill runs"),
    (UnknownRun("aa00000001", known=("aa00000002",)), "Did you mean aa00000002?"),
    (AmbiguousRun("a", matches=("aa", "ab")), "Give more of the id."),
    (RunWithoutModel("aa", reason="its training failed"), "Choose another run, or train it again."),
    (RunWithoutRecipe("aa", reason="no execution"), "Train it again with capture on."),
    (NotABundle("a.zip", reason="no"), "Make one with: cellmill bundle RUN"),
    (EnvironmentNotBuilt("aa", reason="no uv"), "Replay it in this one instead."),
    (NoScratch("/tmp/x", reason="no space left"), "Free some space, or set TMPDIR."),
    (ReplayUnderWay("aa"), "Wait for its verdict: cellmill show aa"),
    (CellTimedOut(notebook="a.ipynb", number=3, seconds=2), "Allow more with --timeout."),
    (NoRuns("this folder"), "Run a notebook that fits a model, then try again."),
    (StoreUnreachable("http://x", reason="refused"), "the next cellmill command records them once MLflow is back."),
    (StoreLocked("sqlite:///x"), "the next cellmill command records them once it is free."),
    (StoreRefused("http://x", reason="no"), "mend the store, then run: cellmill sync"),
    (InvalidModelName("a/b", reason="no"), "Choose a name like flight-delay."),
    (InvalidAlias("latest", reason="no"), "Choose a word like challenger."),
    (FolderNotWritable("/p", reason="no"), "Make the folder writable, or work in another one."),
    (BadSettings("/p/settings.toml", "no"), "Mend the line, or remove the file for the defaults."),
    (NoSession("a.ipynb"), "Open the notebook and start its kernel."),
]


@pytest.mark.parametrize(("error", "advice"), EXAMPLES, ids=lambda value: getattr(value, "kind", None))
def test_a_message_ends_with_what_to_do(error: CellmillError, advice: str) -> None:
    assert str(error).endswith(advice)


def test_every_error_is_tried_here() -> None:
    assert {type(error) for error, _ in EXAMPLES} == set(LEAVES)


def test_every_leaf_has_a_kind_of_its_own() -> None:
    kinds = [kind.kind for kind in LEAVES]
    assert len(set(kinds)) == len(kinds)
    assert CellmillError.kind not in kinds
    assert [kind.kind for kind in LEAVES] == [_snake(kind.__name__) for kind in LEAVES]


def test_the_tree_in_the_docstring_is_the_tree_of_classes() -> None:
    path: list[str] = []
    found = []
    for branch, name in re.findall(r"^([│├└─ ]*)(\w+)", _drawing(), flags=re.MULTILINE):
        path[len(branch) // 4 :] = [name]
        found.append(tuple(path))
    assert sorted(found) == sorted(_outline(CellmillError))


def test_facts_are_the_fields_that_json_can_carry() -> None:
    error = UnknownParameter("dept", notebook="a.ipynb", declared=("depth",))
    assert error.facts == {"name": "dept", "notebook": "a.ipynb", "declared": ("depth",), "cell": None}


@pytest.mark.parametrize("error", [error for error, _ in EXAMPLES], ids=lambda error: error.kind)
def test_an_error_of_another_process_comes_to_life_again(error: CellmillError) -> None:
    again = revive(error.kind, str(error), error.facts)
    assert (type(again), str(again), again.facts) == (type(error), str(error), error.facts)


def test_an_error_of_a_kind_that_nobody_knows_keeps_its_message() -> None:
    again = revive("weather", "It rains.", {"where": "here"})
    assert (type(again), str(again)) == (CellmillError, "It rains.")


def _drawing() -> str:
    assert errors.__doc__ is not None
    return errors.__doc__[errors.__doc__.index("CellmillError") :]


def _outline(kind: type[CellmillError], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Each error with those above it. In no order: branches stand in modules of their own, imported in any."""
    yield (*above, kind.__name__)
    for child in kind.__subclasses__():
        yield from _outline(child, (*above, kind.__name__))


def _snake(name: str) -> str:
    words = re.findall(r"[A-Z](?:[a-z]+|(?=[A-Z]))", name)
    return "_".join(word.lower() for word in words)
