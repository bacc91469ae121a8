"""How much longer than needed are recipes? `python -m benchmarks.minimal_slices`.

The ten sessions of `benchmarks/minimal_notebooks.py` run in captured kernels. The recipe of each one's last run is set
beside the slice that a reader found, and replayed; the reader's slice is run too, in a kernel of its own, to see that
it does make the run.
"""

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.minimal_notebooks import NOTEBOOKS, Notebook
from cellmill.capture.folder import prepare_folder
from cellmill.capture.hosting import engine_environment
from cellmill.capture.journal import append_once
from cellmill.capture.sessions import SessionReader
from cellmill.core.clock import now_ms
from cellmill.core.events import SessionEnded
from cellmill.core.ids import new_session_id
from cellmill.core.project import Project
from cellmill.core.runs import Run, Session
from cellmill.core.verdicts import TOLERANCE
from cellmill.executors.kernels import LocalKernels
from cellmill.replay.judge import judge, set_side_by_side
from cellmill.wiring.attempts import Options
from cellmill.wiring.replaying import find_verdict

TARGET = 1.2


@dataclass(frozen=True)
class Measured:
    """One session: its recipe beside the reader's slice, as numbers of executions."""

    notebook: Notebook
    recipe: tuple[int, ...]
    judgement: str
    readers: str
    """What running the reader's slice came to."""
    reason: str | None = None

    @property
    def ratio(self) -> float:
        return len(self.recipe) / len(self.notebook.slice)


def main() -> int:
    """Return 1 when the median is above the target, or a recipe does not make its run exactly."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.minimal_slices", description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", metavar="WORD", help="only sessions in whose name this occurs")
    parser.add_argument("--results", type=Path, metavar="FILE", help="JSON Lines, for the page that `replays` writes")
    given = parser.parse_args()
    found = []
    for notebook in NOTEBOOKS:
        if given.only in notebook.name:
            found.append(measure(notebook))
            print(_line(found[-1]), flush=True)
    if given.results is not None:
        given.results.write_text("".join(json.dumps(_facts(one)) + "\n" for one in found), "utf-8")
    ratios = [one.ratio for one in found]
    print(f"\nmedian {statistics.median(ratios):.2f} of the reader's, at most {TARGET} asked; worst {max(ratios):.2f}")
    exact = all(one.judgement == "exact" for one in found)
    return int(statistics.median(ratios) > TARGET or not exact)


def _facts(one: Measured) -> dict[str, Any]:
    return {
        "name": one.notebook.name,
        "executions": len(one.notebook.executions),
        "slice": one.notebook.slice,
        "recipe": one.recipe,
        "judgement": one.judgement,
    }


def _line(one: Measured) -> str:
    more = sorted(set(one.recipe) - set(one.notebook.slice))
    less = sorted(set(one.notebook.slice) - set(one.recipe))
    sizes = f"{len(one.recipe):2} of {len(one.notebook.executions):2}, reader {len(one.notebook.slice):2}"
    beside = f"beyond {more or 'none'}, without {less or 'none'}"
    return (
        f"{one.notebook.name:48} {sizes} ({one.readers}): {one.ratio:.2f}  {one.judgement}  {beside} {one.reason or ''}"
    )


def measure(notebook: Notebook) -> Measured:
    """Run a session, make the recipe of its last run, and replay it."""
    with tempfile.TemporaryDirectory(prefix="cellmill-slices-", ignore_cleanup_errors=True) as folder:
        project = Project(Path(folder) / "whole")
        session = _run(project, notebook.executions)
        run = _last(session)
        verdict = find_verdict(project, session, run, LocalKernels(), Options(warm=False))
        numbers = {one.execution: at for at, one in enumerate(session.executions, start=1)}
        sources = [notebook.executions[number - 1] for number in notebook.slice]
        again = _last(_run(Project(Path(folder) / "slice"), sources))
        readers = judge(set_side_by_side(run, again, models=None), tolerance=TOLERANCE)
        kept = tuple(numbers[execution] for execution in verdict.kept)
        return Measured(notebook, kept, verdict.judgement, readers, verdict.reason)


def _last(session: Session) -> Run:
    return [run for run in session.runs if run.parent is None][-1]


def _run(project: Project, sources: Iterable[str]) -> Session:
    project.root.mkdir()
    prepare_folder(project)
    # On a busy machine ten milliseconds for metrics on training data are enough at times, and at times not.
    project.settings.write_text("training_metrics_ms = 60000.0\n")
    identity = new_session_id()
    notebook = project.root / "work.ipynb"
    with LocalKernels().start(
        notebook=notebook,
        cwd=project.root,
        kernel=None,
        environment=engine_environment(identity, notebook),
        warm=False,
    ) as kernel:
        for source in sources:
            ran = kernel.run(source, timeout_s=120)
            assert ran.outcome == "ok", f"{source}\n\n{ran.error}"
    append_once(project.outside_journal(identity), SessionEnded(now_ms(), "shut down"))
    reader = SessionReader(project, identity)
    reader.poll()
    assert reader.session is not None, "nothing was captured"
    return reader.session


if __name__ == "__main__":
    sys.exit(main())
