"""`cellmill sweep`: a notebook, many times, with other parameters."""

import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from cellmill.cli import EXIT_FAILED, EXIT_INTERRUPTED, app
from cellmill.cli.runs import AS_JSON, plain
from cellmill.core.clock import now_ms
from cellmill.core.files import check_writable, write_atomically
from cellmill.core.outputs import check_output
from cellmill.core.words import count, shown_path

if TYPE_CHECKING:
    from cellmill.core.sweeps import Sweep
    from cellmill.wiring.sweeping import Standing

SHOWN_TRIALS = 12
PLOT_MODE = 0o644


@app.command()
def sweep(
    notebook: Path = typer.Argument(help="The notebook to run. It is not changed."),
    metric: str = typer.Option("", "--metric", help="What is compared: a metric of its runs, or a variable."),
    grid: list[str] = typer.Option([], "--grid", metavar="NAME=A,B,…", help="Values of a parameter."),
    ranges: list[str] = typer.Option([], "--range", metavar="NAME=LOW..HIGH[:log]", help="All values in between."),
    random: int = typer.Option(0, "--random", min=0, help="Draw so many trials."),
    optuna: int = typer.Option(0, "--optuna", min=0, help="Let Optuna choose so many, after those drawn."),
    minimize: bool = typer.Option(False, "--minimize", help="The lowest metric is best."),
    maximize: bool = typer.Option(False, "--maximize", help="The highest metric is best."),
    parameters: list[str] = typer.Option([], "-p", "--parameter", metavar="NAME=VALUE", help="The same for all."),
    jobs: int = typer.Option(0, "--jobs", "-j", min=0, help="How many at a time; by default as many as cores."),
    seed: int = typer.Option(0, "--seed", help="What is drawn is the same for the same seed."),
    timeout: float | None = typer.Option(None, "--timeout", min=0.1, help="Seconds that a cell may take."),
    kernel: str | None = typer.Option(None, "-k", "--kernel", help="The kernel, if not the notebook's own."),
    resume: bool = typer.Option(False, "--resume", help="Go on with the newest unfinished sweep of the notebook."),
    plot: Path | None = typer.Option(
        None, "--plot", metavar="FILE.html", help="Draw parallel coordinates; alone, of the newest sweep."
    ),
    as_json: bool = AS_JSON,
) -> None:
    """Run a notebook many times with other parameters, several at a time, and set the results side by side.

    Example: cellmill sweep work.ipynb --grid max_depth=2,4,8 --metric rmse --minimize
    """
    from cellmill.cli.interrupts import interrupts
    from cellmill.cli.steps import read_pairs
    from cellmill.core.sweeps import Sweep
    from cellmill.executors.kernels import LocalKernels
    from cellmill.notebook.plain import read_plain
    from cellmill.wiring.projects import project_of
    from cellmill.wiring.sweeping import SweepStop, go_on
    from cellmill.wiring.sweeps import alone, as_it_stands, begin_sweep, newest_sweep, unfinished
    from cellmill.wiring.trials import Trials

    if minimize and maximize:
        raise typer.BadParameter("--minimize and --maximize exclude each other")
    if not metric and not resume and (plot is None or grid or ranges or random or optuna or parameters):
        also = " Without values, --plot alone draws the newest sweep." if plot is not None else ""
        raise typer.BadParameter(f"add --metric NAME: it says what is compared.{also}")
    if plot is not None:
        check_output(plot, notebook=notebook)
        check_writable(plot.resolve().parent)
    path = notebook.resolve()
    document = read_plain(notebook)
    project = project_of(path)
    name = project.relative(str(path)) or path.name
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if plot is not None and not metric and not resume:
        found = newest_sweep(project, name)
        _draw(found, plot, quiet=as_json)
        return _report(found, as_json=as_json)
    if resume:
        found = unfinished(project, name, digest)
    else:
        plan = _plan(
            document, path, grid, ranges, random, optuna, metric, minimize, maximize, seed, read_pairs(parameters)
        )
        found = Sweep(os.urandom(4).hex(), name, digest, plan, now_ms())
    folder = project.root / "executed" / f"{path.stem}-sweep-{found.sweep}"
    trials = Trials(project, path, document, folder, found.plan.metric, LocalKernels(), kernel, timeout)
    stop = SweepStop()
    with alone(project, found):
        if resume:
            found = as_it_stands(project, found)
        else:
            begin_sweep(project, found)
        with _live(silent=as_json or not sys.stderr.isatty()) as told, interrupts(stop.ask):
            found, troubles = go_on(found, trials, jobs=jobs or os.cpu_count() or 1, stop=stop, told=told)
    if plot is not None:
        _draw(found, plot, quiet=as_json)
    _report(found, as_json=as_json)
    for trouble in troubles:
        typer.echo(f"cellmill: {trouble}", err=True)
    if not found.is_done or (stop.times and not found.is_recorded):
        typer.echo(f"cellmill: {_how_to_go_on(found, path)}", err=True)
        raise typer.Exit(EXIT_INTERRUPTED)
    if found.best is None:
        raise typer.Exit(EXIT_FAILED)
    return None


def _how_to_go_on(sweep: "Sweep", notebook: Path) -> str:
    """Return what a sweep has left that was interrupted, and the command for it."""
    left = {"left": sweep.plan.size - len(sweep.trials), "to record": len(sweep.trials) - len(sweep.recorded)}
    words = " and ".join(f"{count(number, 'trial')} {what}" for what, number in left.items() if number)
    return f"Interrupted, with {words}. Go on with: cellmill sweep {shown_path(notebook)} --resume"


def _plan(
    document: dict[str, Any],
    path: Path,
    grid: list[str],
    ranges: list[str],
    random: int,
    optuna: int,
    metric: str,
    minimize: bool,
    maximize: bool,
    seed: int,
    texts: dict[str, str],
) -> Any:
    from cellmill.core.sweeps import Plan
    from cellmill.notebook.parameters import check_parameters, declared_parameters, declaring_cell, read_texts
    from cellmill.pipeline.spaces import at_most, axes_of, check_plan, declared_axes
    from cellmill.replay.compare import try_direction

    declared, cell, shown = declared_parameters(document), declaring_cell(document), shown_path(path)
    fixed = check_parameters(read_texts(texts, declared), declared, notebook=shown, cell=cell)
    axes = axes_of(grid, ranges, declared, notebook=shown, cell=cell)
    if not axes and (random or optuna):
        axes = tuple(axis for axis in declared_axes(declared) if axis.name not in fixed)
    told = try_direction(metric)
    way = "minimize" if minimize or (not maximize and told == "lower") else "maximize"
    plan = Plan(axes, metric, way, at_most(random, axes) if axes else random, optuna, seed, fixed)  # type: ignore[arg-type]
    check_plan(plan)
    if optuna:
        from cellmill.wiring.studies import check_optuna

        check_optuna()
    if told is None and not minimize and not maximize:
        typer.echo(
            f"cellmill: The name {metric} does not tell which way is best, so the highest counts as best. "
            "Say it with --minimize or --maximize.",
            err=True,
        )
    return plan


@contextmanager
def _live(*, silent: bool) -> Iterator[Callable[["Sweep", "Standing"], None]]:
    """Give a function that shows a sweep as it stands; where it is silent, nothing is drawn."""
    if silent:
        yield lambda sweep, standing: None
        return
    from rich.console import Console
    from rich.live import Live

    from cellmill.cli.tables import sweep_table

    with Live(console=Console(stderr=True), transient=True, auto_refresh=False) as live:
        yield lambda sweep, standing: live.update(sweep_table(sweep, SHOWN_TRIALS, standing), refresh=True)


def _draw(sweep: "Sweep", plot: Path, *, quiet: bool) -> None:
    from cellmill.pipeline.picture import page

    write_atomically(plot.resolve(), page(sweep).encode("utf-8", "replace"), mode=PLOT_MODE)
    typer.echo(f"Picture: {shown_path(plot.resolve())}", err=quiet)


def _report(sweep: "Sweep", *, as_json: bool) -> None:
    from cellmill.cli.tables import console, sweep_table

    if as_json:
        record = asdict(sweep)
        record["best"] = sweep.best.number if sweep.best else None
        record["is_done"] = sweep.is_done
        return typer.echo(json.dumps(plain(record), indent=2, default=repr))
    console().print(sweep_table(sweep, None))
    return None
