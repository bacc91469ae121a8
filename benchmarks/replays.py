"""Can runs of real notebooks be made again? `python -m benchmarks.replays --bank dev.json --trees DIR [--write]`.

Each notebook of the bank (its JSON, and the trees that its `bank-run.py` lays out) is executed in a scrambled, human
order (`benchmarks/scramble.py`) in a captured kernel, in a copy of its repository. Then its runs are replayed, each
twice. A second kernel goes through the same session once more: a run that comes out the same there is called steady,
and whatever hinders its replay is a fault of the recipe or of the replay, not of chance.
"""

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import nbformat

from benchmarks.replays_page import write_page
from benchmarks.replays_results import NEEDED_ALL, Examined, Replayed, add_result, read_results
from benchmarks.scramble import scrambled
from cellmill.capture.folder import prepare_folder
from cellmill.capture.hosting import engine_environment
from cellmill.capture.journal import append_once
from cellmill.capture.sessions import SessionReader
from cellmill.core.clock import now_ms
from cellmill.core.errors import CellmillError, CellTimedOut, KernelDied
from cellmill.core.events import CellIdentified, SessionEnded
from cellmill.core.ids import new_session_id
from cellmill.core.project import Project
from cellmill.core.runs import Run, Session
from cellmill.core.verdicts import TOLERANCE, Verdict
from cellmill.executors.kernels import LocalKernels
from cellmill.replay.judge import judge, set_side_by_side
from cellmill.wiring.attempts import Options
from cellmill.wiring.replaying import find_verdict

CELL_S, SESSION_S = 120.0, 300.0
PAUSE_S = 0.1  # between cells: people are slower, and an idle kernel looks at large objects again
MOST_RUNS = 8


@dataclass
class _Executed:
    session: Session
    project: Project
    raised: int = 0
    seconds: float = 0.0
    cut: str | None = None


def main() -> int:
    """Return 1 when nothing was replayed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.replays", description=__doc__.splitlines()[0])
    parser.add_argument("--bank", type=Path, required=True, metavar="FILE", help="the bank's list of notebooks")
    parser.add_argument(
        "--trees", type=Path, required=True, metavar="DIR", help="their repositories, `owner+name` each"
    )
    parser.add_argument("--only", default="", metavar="WORDS", help="ids in which one of these occurs, with commas")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="the same seed makes the same sessions")
    parser.add_argument(
        "--most-runs", type=int, default=MOST_RUNS, metavar="N", help="of a notebook, drawn by the seed"
    )
    parser.add_argument(
        "--kernel-2022",
        metavar="NAME",
        help="a kernel for notebooks that need the libraries of 2022; else the usual one",
    )
    parser.add_argument(
        "--quick", action="store_true", help="each run once, no second session: finds faults, proves less"
    )
    parser.add_argument(
        "--results", type=Path, metavar="FILE", help="JSON Lines, added to; what is there is not redone"
    )
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the projects here, to look into them")
    parser.add_argument("--slice-peers", type=Path, metavar="FILE", help="results of `slice_peers`, for the page")
    parser.add_argument("--slices", type=Path, metavar="FILE", help="results of `minimal_slices`, for the page")
    parser.add_argument("--write", action="store_true", help="write docs/developers/replays.md from the results")
    given = parser.parse_args()
    known = read_results(given.results)
    for item in json.loads(given.bank.read_text("utf-8")):
        path = given.trees / item["repo"].replace("/", "+") / item["path"]
        wanted = not given.only or any(word in item["id"] for word in given.only.split(","))
        if not wanted or not path.exists() or (item["id"], given.seed) in known:
            continue
        with tempfile.TemporaryDirectory(prefix="cellmill-replays-", ignore_cleanup_errors=True) as folder:
            place = given.keep / f"{item['id']}-{given.seed}" if given.keep else Path(folder)
            tree = given.trees / item["repo"].replace("/", "+")
            kernel = given.kernel_2022 if item["env"] == "2022" else None
            found = examine(
                item["id"], tree, path, place, seed=given.seed, most=given.most_runs, quick=given.quick, kernel=kernel
            )
        known[item["id"], given.seed] = found
        if given.results is not None:
            add_result(given.results, found)
        print(summary([found]), flush=True)
    print(f"\nin all: {summary(list(known.values()))}")
    if given.write:
        write_page(list(known.values()), most_runs=given.most_runs, slices=given.slices, peers=given.slice_peers)
    return 0 if any(one.replayed for one in known.values()) else 1


def summary(found: Sequence[Examined]) -> str:
    """Return a line: what came of the replays of these notebooks."""
    runs = [run for one in found for run in one.replayed]
    counts: dict[str, int] = {}
    for run in runs:
        counts[run.judgement] = counts.get(run.judgement, 0) + 1
    sizes = [run.kept / run.of for run in runs if run.of]
    name = found[0].notebook if len(found) == 1 else f"{len(found)} notebooks"
    cut = f", {found[0].cut}" if len(found) == 1 and found[0].cut else ""
    return (
        f"{name}: {sum(one.executions for one in found)} executions ({sum(one.raised for one in found)} raised{cut}), "
        f"{sum(one.runs for one in found)} runs, {len(runs)} replayed: {counts}, "
        f"{sum(run.steady for run in runs)} steady; "
        f"{sum(run.needed_all for run in runs)} needed all; {sum(run.judgement != run.second for run in runs)} badges "
        f"did not hold; median size {statistics.median(sizes) if sizes else 0:.0%}"
    )


def examine(
    notebook: str,
    tree: Path,
    path: Path,
    place: Path,
    *,
    seed: int,
    most: int,
    quick: bool = False,
    kernel: str | None = None,
) -> Examined:
    """Execute one notebook scrambled, twice, and replay what came of the first time."""
    document = nbformat.read(path, as_version=4)
    cells = [cell.source for cell in document.cells if cell.cell_type == "code" and cell.source.strip()]
    relative = path.relative_to(tree)
    first = _execute(cells, tree, relative, place / "first", seed, kernel)
    second = first if quick else _execute(cells, tree, relative, place / "second", seed, kernel)
    empty = Examined(notebook, seed, len(cells), 0, first.raised, round(first.seconds, 1), 0, cut=first.cut)
    found = [run for run in first.session.runs if run.parent is None]
    drawn = found if len(found) <= most else sorted(Random(seed).sample(found, most), key=found.index)
    replayed = tuple(
        _replayed(first, run, steady=_is_steady(first.session, second.session, run), twice=not quick) for run in drawn
    )
    return Examined(
        **{**vars(empty), "executions": len(first.session.executions), "runs": len(found), "replayed": replayed}
    )


def _execute(
    cells: Sequence[str], tree: Path, relative: Path, root: Path, seed: int, kernel_name: str | None
) -> _Executed:
    """Run a scrambled session in a copy of a tree."""
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(tree, root, symlinks=True, ignore=shutil.ignore_patterns(".cellmill", "pyproject.toml"))
    project = Project(root)
    prepare_folder(project)
    # On a busy machine the ten milliseconds for metrics on training data are enough at times, and at times not.
    (project.settings).write_text("training_metrics_ms = 60000.0\n")
    notebook = root / relative
    identity = new_session_id()
    began_s = time.monotonic()
    raised, cut = 0, None
    with LocalKernels().start(
        notebook=notebook,
        cwd=notebook.parent,
        kernel=kernel_name,
        environment=engine_environment(identity, notebook),
        warm=False,
    ) as kernel:
        steps = scrambled(cells, seed)
        step = next(steps)
        try:
            while True:
                try:
                    ran = kernel.run(step.source, timeout_s=CELL_S)
                except CellTimedOut:  # it was interrupted, as its user would have done
                    is_well = False
                else:
                    is_well = ran.outcome == "ok"
                    append_once(project.outside_journal(identity), CellIdentified(ran.execution, str(step.cell)))
                raised += not is_well
                if time.monotonic() - began_s > SESSION_S:
                    cut = f"cut after {SESSION_S:g} s"
                    break
                time.sleep(PAUSE_S)
                step = steps.send(is_well)
        except StopIteration:
            pass
        except KernelDied:
            cut = "its kernel died"
    append_once(project.outside_journal(identity), SessionEnded(now_ms(), "shut down"))
    reader = SessionReader(project, identity)
    reader.poll()
    assert reader.session is not None, f"nothing was captured of {relative}"
    return _Executed(reader.session, project, raised, time.monotonic() - began_s, cut)


def _is_steady(first: Session, second: Session, run: Run) -> bool:
    """Whether the run came out the same when the same session was gone through a second time."""
    place = _place(first, run)
    again = next((other for other in second.runs if other.parent is None and _place(second, other) == place), None)
    if place is None or again is None:
        return False
    return judge(set_side_by_side(run, again, models=None), tolerance=TOLERANCE) != "differs"


def _place(session: Session, run: Run) -> tuple[int, int] | None:
    """Return which execution of the session trained a run, and as the how manieth of it."""
    trained = _trained(run)
    order: list[str] = [execution.execution for execution in session.executions]
    if trained is None or trained not in order:
        return None
    beside = [other.run for other in session.runs if other.parent is None and _trained(other) == trained]
    return order.index(trained), beside.index(run.run)


def _trained(run: Run) -> str | None:
    return next((part.execution.execution for part in run.executions if part.part == "trained"), None)


def _replayed(executed: _Executed, run: Run, *, steady: bool, twice: bool) -> Replayed:
    def find() -> Verdict:
        return find_verdict(executed.project, executed.session, run, LocalKernels(), Options(warm=False))

    number = next((part.execution.number for part in run.executions if part.part == "trained"), 0)
    try:
        verdict = find()
        second = find() if twice else verdict
    except (CellmillError, RuntimeError) as error:
        said = f"{type(error).__name__}: {error}"
        return Replayed(
            run.run, run.short_class, number, steady, "failed", "failed", said, (), (), 0, None, 0, 0, "tidy", 0.0
        )
    figures = tuple(f"{one.what} {one.name}: {one.recorded} -> {one.replayed}"[:300] for one in verdict.figures[:6])
    print(
        f"    {number:4} {run.short_class:28} {verdict.judgement:16} {'' if steady else 'unsteady '}"
        f"{len(verdict.kept)}/{verdict.of} {verdict.layout} {verdict.seconds:.0f} s {verdict.reason or ''} "
        f"{[note for note in verdict.notes if note.startswith(NEEDED_ALL)] or ''}",
        flush=True,
    )
    return Replayed(
        run.run,
        run.short_class,
        number,
        steady,
        verdict.judgement,
        second.judgement,
        verdict.reason,
        verdict.notes,
        figures,
        verdict.compared,
        verdict.parted,
        len(verdict.kept),
        verdict.of,
        verdict.layout,
        verdict.seconds,
    )


if __name__ == "__main__":
    sys.exit(main())
