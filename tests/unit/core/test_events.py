"""Events on their way through a line of the journal."""

import json
import math
import typing
from typing import Any

import pytest

from cellmill.core.event_parts import Column, DataUse, Failure, FileUse, ModelBlob, Module, Output
from cellmill.core.events import (
    CaptureFailed,
    CapturePaused,
    CaptureResumed,
    CellIdentified,
    ClientSeen,
    CurveMeasured,
    DataEvaluated,
    DistributionsSeen,
    Event,
    ExecutionEnded,
    ExecutionFinished,
    ExecutionPlaced,
    ExecutionStarted,
    FilesDigested,
    GitSeen,
    MetricLeftOut,
    MetricMeasured,
    ModelKept,
    NotebookExecuted,
    NotebookNamed,
    OutputsShown,
    ReplayEnded,
    RunDeleted,
    RunMeasured,
    SessionEnded,
    SessionStarted,
    TrackedElsewhere,
    TrainingFinished,
    TrainingsLeftOut,
    TrainingStarted,
)
from cellmill.core.ids import ExecutionId, RunId, SessionId
from cellmill.core.lines import from_line, to_line
from cellmill.core.verdicts import Figure, Verdict

RUN, EXECUTION, SESSION = RunId("aa00000001"), ExecutionId("fit"), SessionId("20260102T030405-00000002")
FRAME = DataUse(
    name="X_train",
    context="training",
    digest="d1",
    rows=331,
    columns=(Column("age", "double"), Column("sex", "string")),
    kind="pandas",
    target="y_train",
)
MODEL = ModelBlob("5" * 64, 412, "sklearn", ("scikit-learn==1.9.1", "numpy==2.4.0"), "6" * 64)

EVERY_EVENT: list[Event] = [
    SessionStarted(
        session=SessionId("20260102T030405-00000001"),
        at_ms=1,
        pid=42,
        process_started_s=1.5,
        host="desk",
        kernel="k",
        root="/home/ada",
        cwd="/home/ada/notebooks",
        notebook=None,
        started_by="unknown",
        python="3.11.7",
        executable="/usr/bin/python3",
        platform="Linux",
        cellmill="0.1.0",
    ),
    ClientSeen(2, "ada", "Ada Lovelace", "jupyterlab"),
    NotebookNamed(2, "/home/ada/Übung 1.ipynb"),
    ExecutionStarted(EXECUTION, 3, 7, 'print("a\\n")\n\u2028\r\n# €', "cell-1", ("parameters", "slow")),
    ExecutionEnded(EXECUTION, 4, "ok"),
    ExecutionFinished(EXECUTION, 4, "error", ("X", "y"), ("model",), Failure("ValueError", "no\nrows")),
    CellIdentified(EXECUTION, "cell-1", ("parameters",)),
    ExecutionPlaced(EXECUTION, "/home/ada/other.ipynb"),
    TrainingStarted(RUN, EXECUTION, 5, "sklearn", "sklearn.linear_model.Ridge", {"alpha": "1.0"}, (FRAME,)),
    ExecutionFinished(
        EXECUTION,
        4,
        "ok",
        python="get_ipython()",
        deleted=("z",),
        aliases=(("a", "b"),),
        files=(FileUse("/data/a.csv", "read", 12, "9" * 64), FileUse("/data/b", "written", note="too large")),
        imports=("numpy",),
        modules=(Module("mine", "/home/ada/mine.py", "8" * 64),),
        environment={"LANG": "C", "GONE": None},
    ),
    OutputsShown(EXECUTION, 5, (Output("stdout", "text/plain", "hello\n", None, 6),)),
    OutputsShown(
        EXECUTION, 5, (), (Output("display", "text/plain", "100 %", None, 5, None, "0a" * 8),), is_cleared=True
    ),
    FilesDigested(EXECUTION, 5, (FileUse("/data/a.csv", "read", 12, "9" * 64),)),
    ModelKept(RUN, 6, MODEL),
    GitSeen(5, "c" * 40, "main", "d" * 64, ("new.py",)),
    DistributionsSeen(5, {"numpy": "2.4.0"}),
    TrainingFinished(RUN, 6, "ok", None, MODEL, None, {"best_alpha": "0.5"}),
    TrainingFinished(RUN, 6, "interrupted", Failure("KeyboardInterrupt", ""), None, "not kept"),
    MetricMeasured(RUN, None, 7, "loss", math.inf, 12),
    MetricMeasured(RUN, EXECUTION, 7, "r2", -0.25),
    CurveMeasured(RUN, EXECUTION, 7, "loss", (0.5, 0.25), (10, 20)),
    TrackedElsewhere(RUN, 7, "mlflow", "abc", "sqlite:///mlflow.db"),
    RunDeleted(RUN, 7),
    ReplayEnded(RUN, 7, Verdict("cannot", 7, "it needs the network")),
    ReplayEnded(
        RUN,
        8,
        Verdict(
            "differs",
            8,
            figures=(Figure("metric", "r2", "0.5", "0.25", 0.5, same=False), Figure("outcome", "status", "a", None)),
            compared=12,
            parted=3,
            kept=(EXECUTION,),
            notes=("numpy was 1, is 2",),
        ),
    ),
    DataEvaluated(RUN, EXECUTION, 8, FRAME, SESSION),
    RunMeasured(RUN, SESSION, 8),
    MetricLeftOut(RUN, EXECUTION, 8, "f1_score_X", 20),
    TrainingsLeftOut(ExecutionId("e1"), 1, kept=50, left_out=950),
    CapturePaused(9),
    CaptureResumed(10),
    CaptureFailed(11, "predicted", "TypeError: no", EXECUTION, RUN),
    SessionEnded(12, "restarted"),
    NotebookExecuted(13, None, "7" * 64, EXECUTION, Failure("ValueError", "no")),
]


@pytest.mark.parametrize("event", EVERY_EVENT, ids=lambda event: type(event).__name__)
def test_an_event_comes_back_from_its_line_as_it_was(event: Event) -> None:
    line = to_line(event)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert from_line(line) == event


def test_every_type_of_event_is_tried_here() -> None:
    assert {type(event) for event in EVERY_EVENT} == set(typing.get_args(Event))


def test_a_metric_that_is_no_number_comes_back_as_none() -> None:
    event = from_line(to_line(MetricMeasured(RUN, None, 1, "loss", math.nan)))
    assert isinstance(event, MetricMeasured)
    assert math.isnan(event.value)


def test_half_of_an_emoji_in_the_source_does_not_stop_the_journal() -> None:
    event = from_line(to_line(ExecutionStarted(EXECUTION, 1, 1, "x = '\ud83d'", None)))
    assert isinstance(event, ExecutionStarted)
    assert event.source == "x = '?'"


def test_what_a_line_leaves_out_has_its_default() -> None:
    line = '{"type": "execution_started", "execution": "fit", "at_ms": 1, "number": 2, "source": "", "cell": null}'
    assert from_line(line) == ExecutionStarted(EXECUTION, 1, 2, "", None, ())


def test_fields_that_this_version_does_not_know_are_passed_over() -> None:
    newer = {
        **json.loads(to_line(DataEvaluated(RUN, None, 8, FRAME))),
        "colour": "blue",
    }
    newer["data"]["mood"] = "good"
    newer["data"]["columns"][0]["unit"] = "years"
    assert from_line(json.dumps(newer)) == DataEvaluated(RUN, None, 8, FRAME)


UNREADABLE: list[tuple[str, Any]] = [
    ("a line that was torn", to_line(CapturePaused(9))[:-4]),
    ("an empty one", b""),
    ("bytes that are no text", b"\xff\xfe\x00"),
    ("JSON that is no object", b"[1, 2]"),
    ("a type of a newer version", b'{"type": "weather_changed", "at_ms": 1}'),
    ("no type", b'{"at_ms": 1}'),
    ("a field too few", b'{"type": "cell_identified", "execution": "fit"}'),
    ("text for an object", b'{"type": "data_evaluated", "run": "a", "execution": null, "at_ms": 1, "data": "x"}'),
    ("a word that a newer version uses", b'{"type": "session_ended", "at_ms": 1, "how": "hibernated"}'),
    ("a number for a list", b'{"type": "cell_identified", "execution": "a", "cell": "b", "tags": 3}'),
]  # fmt: skip


@pytest.mark.parametrize("line", [row[1] for row in UNREADABLE], ids=[row[0] for row in UNREADABLE])
def test_a_line_that_cannot_be_read_is_no_event(line: bytes) -> None:
    assert from_line(line) is None
