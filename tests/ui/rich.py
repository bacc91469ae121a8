"""A notebook's record with everything in it that a sidebar can show: told as a kernel would tell it."""

import math
import os

from tests.stories import Story
from tests.ui.lab import Lab

from cellmill.capture.blobs import keep_blob
from cellmill.core.clock import now_ms
from cellmill.core.event_parts import FileUse, Output
from cellmill.core.events import (
    CaptureFailed,
    CurveMeasured,
    DistributionsSeen,
    ExecutionFinished,
    GitSeen,
    OutputsShown,
    SessionStarted,
    TrackedElsewhere,
    TrainingFinished,
    TrainingStarted,
)
from cellmill.core.ids import new_run_id
from cellmill.core.project import Project

TRIALS = 12

SVG = """<svg xmlns="http://www.w3.org/2000/svg" width="320" height="240">
<script>window.parent.document.title = "taken over"</script>
<rect x="20" y="20" width="280" height="200" fill="none" stroke="black"/>
<polyline points="20,200 90,120 160,140 230,60 300,40" fill="none" stroke="#1f77b4" stroke-width="3"/>
<text x="120" y="16" font-size="14">delay by hour</text></svg>"""


def tell(lab: Lab, notebook: str) -> None:
    """Write the journal of a kernel that is gone: a rich run, a search, a loop, and a failure of ours."""
    root = lab.root / notebook
    project = Project(root.parent)
    (project.root / ".cellmill").mkdir(parents=True, exist_ok=True)
    lab.write(notebook, "model.fit(X, y)")
    story = Story(project, notebook=root.name)
    _at_a_desk(story)
    _rich(story)
    _loop(story)
    _search(story)
    story.write()
    _running(project, root.name)


def _at_a_desk(story: Story) -> None:
    """Replace the story's beginning by one that knows its machine."""
    [started] = story.inside
    assert isinstance(started, SessionStarted)
    known = {
        "platform": "Linux-6.8.0-x86_64-with-glibc2.39",
        "cores": 8,
        "memory_bytes": 33_445_072_896,
        "user": "ada",
        "front_end": "jupyterlab",
    }
    story.inside[0] = SessionStarted(**(vars(started) | known))
    story.says(GitSeen(story.tick(), "3f2a91c0ffee" * 3 + "abcd", "main", "d" * 64, ("notes.txt", "draft.md")))
    packages = {"numpy": "2.4.1", "pandas": "3.0.2", "scikit-learn": "1.9.1", "matplotlib": "3.11.0", "joblib": "1.6.0"}
    story.says(DistributionsSeen(story.tick(), packages))


def _rich(story: Story) -> None:
    root, rich = story.project.root, new_run_id()
    load = story.begins("load", 'frame = pd.read_csv("data/flights.csv")', cell="cell-0")
    story.says(
        ExecutionFinished(
            load,
            story.tick(),
            "ok",
            (),
            ("frame",),
            files=(
                FileUse(f"{root}/data/flights.csv", "read", 18_204_113, "e1" * 32),
                FileUse(f"{root}/out/clean.parquet", "written", 4_100_000, "a7" * 32),
                FileUse("/mnt/archive/2025/all-the-flights.parquet", "read", 9_000_000_000, None, "too large to read"),
            ),
        )
    )
    fit = story.begins("fit", "model = Ridge(alpha=0.5)\nmodel.fit(frame, target)", cell="cell-1")
    story.trains(rich, params={"alpha": "0.5"})
    story.says(ExecutionFinished(fit, story.tick(), "ok", ("frame",), ("model",)))
    picture = keep_blob(story.project, SVG.encode())
    long = "".join(f"epoch {epoch}: loss {1 / (epoch + 1):.4f}\n" for epoch in range(400))
    story.says(
        OutputsShown(
            fit,
            story.tick(),
            (
                Output("stdout", "text/plain", long, size_bytes=len(long)),
                Output("stderr", "text/plain", "UserWarning: \x1b[33mcareful\x1b[0m", size_bytes=20),
                Output("display", "image/svg+xml", sha256=picture, size_bytes=len(SVG)),
                Output("display", "image/png", sha256="0" * 64, size_bytes=1),
            ),
        )
    )
    loss = tuple(2.3 * math.exp(-at / 300) + 0.05 * math.sin(at / 7) for at in range(2_000))
    story.says(CurveMeasured(rich, fit, story.tick(), "validation_loss", loss))
    story.says(CurveMeasured(rich, fit, story.tick(), "lr", (0.1, 0.1, math.nan, 0.01, 0.01)))
    story.measures(rich, "r2", 0.8123)
    story.says(TrackedElsewhere(rich, story.tick(), "wandb", "x7k2", "https://wandb.ai/ada/flights/runs/x7k2"))
    story.says(CaptureFailed(story.tick(), "predicted", "TypeError: no len()", fit))


def _loop(story: Story) -> None:
    loop = new_run_id()
    with story.cell("loop", "for epoch in range(3): step()", cell="cell-2") as execution:
        story.says(TrainingStarted(loop, execution, story.tick(), "torch", "torch.nn.modules.Sequential", kind="loop"))
        story.says(CurveMeasured(loop, execution, story.tick(), "train_loss", (2.0, 1.5, 1.25)))
        story.says(TrainingFinished(loop, story.tick(), "ok"))


def _running(project: Project, notebook: str) -> None:
    """A loop in another kernel, which is this process: it goes on as long as the test."""
    story = Story(project, notebook=notebook, session="20260102T040000-00000002", is_alive=True, pid=os.getpid())
    story.now_ms = now_ms() - 60_000
    running = new_run_id()
    execution = story.begins("running", "for epoch in range(1000): step()", cell="cell-4")
    story.says(TrainingStarted(running, execution, story.tick(), "torch", "torch.nn.modules.Sequential", kind="loop"))
    story.measures(running, "accuracy", 0.5)
    for step, loss in enumerate((1.0, 0.875, 0.75)):
        story.measures(running, "val_loss", loss, step=step)
    story.write()


def _search(story: Story) -> None:
    search = new_run_id()
    with story.cell("search", "search.fit(X, y)", cell="cell-3") as execution:
        name = "sklearn.model_selection.GridSearchCV"
        story.says(TrainingStarted(search, execution, story.tick(), "sklearn", name, kind="search"))
        for number in range(TRIALS):
            trial = new_run_id()
            params = {"alpha": f"{10 ** -(number % 4)}", "solver": "svd" if number % 3 else "lsqr", "tol": "0.0001"}
            story.says(
                TrainingStarted(
                    trial, execution, story.tick(), "sklearn", "sklearn.Ridge", params, kind="trial", parent=search
                )
            )
            story.measures(trial, "mean_test_score", 0.5 + number / 40)
            story.says(TrainingFinished(trial, story.tick(), "error" if number == 5 else "ok"))
        story.measures(search, "best_score", 0.775)
        story.says(TrainingFinished(search, story.tick(), "ok"))
