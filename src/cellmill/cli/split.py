"""`cellmill split`: a notebook made a pipeline that gives the same results."""

import json
import sys
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from cellmill.cli import EXIT_INTERRUPTED, app
from cellmill.cli.runs import AS_JSON
from cellmill.core.words import count, shown_path, size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cellmill.cli.attempts import Log
    from cellmill.core.ports import Progress
    from cellmill.pipeline.split import Proposal, ProposedStep
    from cellmill.wiring.splitting import SplitMade, Splitting

EXIT_NOT_SPLIT = 3
MOST_SHOWN = 8


@app.command()
def split(
    notebook: Path = typer.Argument(help="The notebook to split. It is not changed."),
    name: str = typer.Option(..., "--name", "-n", help="The pipeline's name: it is written to pipelines/NAME."),
    at: list[str] = typer.Option([], "--at", metavar="CELL", help="A border before this code cell, or heading."),
    plan: bool = typer.Option(False, "--plan", help="Show the steps and what crosses, and write nothing."),
    yes: bool = typer.Option(False, "--yes", "-y", help="Ask nothing."),
    network: bool = typer.Option(False, "--network", help="The notebook may use the network while it is tried."),
    timeout: float | None = typer.Option(None, "--timeout", min=0.1, help="Seconds that a cell may take."),
    kernel: str | None = typer.Option(None, "-k", "--kernel", help="The kernel, if not the notebook's own."),
    cold: bool = typer.Option(False, "--cold", help="Start every kernel afresh, none from a process kept warm."),
    log_json: bool = typer.Option(False, "--log-json", help="Tell what happens on standard error, as lines of JSON."),
    attended: bool = typer.Option(False, "--attended", help="For programs: end when the input does."),
    as_json: bool = AS_JSON,
) -> None:
    """Split a notebook into steps that papermill runs, once they were seen to give the same results as the whole.

    Ends with 3, and writes nothing, where no such split was found.

    Example: cellmill split work.ipynb --name flights
    """
    from cellmill.cli.attempts import Log
    from cellmill.cli.interrupts import end_with_input
    from cellmill.executors.kernels import LocalKernels
    from cellmill.executors.stoppable import StoppableKernels
    from cellmill.wiring.outcomes import Conditions
    from cellmill.wiring.splitting import Splitting

    log = Log(wanted=log_json)
    if attended:
        end_with_input()
    kernels = StoppableKernels(LocalKernels())
    conditions = Conditions(network, timeout, kernel, warm=not cold, check=kernels.check)
    with log.telling():
        splitting = Splitting(notebook, name, kernels, conditions, told=lambda words, progress: None)
        asks = not (yes or as_json) and sys.stdin.isatty()
        _split(splitting, kernels.stop, at, log, plan=plan, asks=asks, as_json=as_json)


def _split(
    splitting: "Splitting",
    stop: "Callable[[], None]",
    at: list[str],
    log: "Log",
    *,
    plan: bool,
    asks: bool,
    as_json: bool,
) -> None:
    from cellmill.cli.interrupts import interrupts
    from cellmill.core.step_errors import SplitRefused

    silent = as_json or not sys.stderr.isatty()
    try:
        with _progress(log, silent=silent) as told, interrupts(stop):
            splitting.told = told
            splitting.look()
            proposal = splitting.propose(at or None)
        if plan:
            return _show_plan(splitting, proposal, as_json=as_json)
        if asks:
            _show_plan(splitting, proposal, as_json=False)
            typer.confirm(f"\nTry it, and write {shown_path(splitting.folder)} if results are the same?", abort=True)
        with _progress(log, silent=silent) as told, interrupts(stop):
            splitting.told = told
            made = splitting.make()
    except KeyboardInterrupt:
        log.interrupted("Interrupted, and nothing was written.")
        raise typer.Exit(EXIT_INTERRUPTED) from None
    except SplitRefused as refused:
        if as_json:
            record = {"notebook": refused.notebook, "split": False, "reasons": list(refused.reasons)}
            typer.echo(json.dumps(record | (_places(splitting) if plan else {}), indent=2))
        if log.wanted:
            log.tell("failed", kind=refused.kind, message=str(refused))
        else:
            typer.echo(f"cellmill: {refused}", err=True)
        raise typer.Exit(EXIT_NOT_SPLIT) from None
    if as_json:
        return typer.echo(json.dumps(_record(made), indent=2))
    return _show(made)


@contextmanager
def _progress(log: "Log", *, silent: bool) -> "Iterator[Callable[[str, Progress | None], None]]":
    from cellmill.cli.progress import named_progress

    with named_progress(silent=silent or log.wanted) as drawn:

        def told(words: str, progress: "Progress | None") -> None:
            drawn(words, progress)
            done, of = (progress.done, progress.total) if progress is not None else (0, 0)
            log.tell("progress", what=words, done=done, of=of)

        yield told


def _show_plan(splitting: "Splitting", proposal: "Proposal", *, as_json: bool) -> None:
    if as_json:
        record = {"steps": [_step_record(step) for step in proposal.steps], "notes": list(proposal.notes)}
        return typer.echo(json.dumps(record | _places(splitting), indent=2))
    _print_steps(proposal.steps)
    for note in proposal.notes:
        typer.echo(note)
    return None


def _places(splitting: "Splitting") -> dict[str, Any]:
    """Every code cell, and every place for a border: what would cross there, or why none can stand."""
    borders = [
        {
            "number": border.number,
            "reason": border.reason,
            "names": [{"name": name, "bytes": each} for name, each in border.names.items()],
            "bytes": border.bytes,
        }
        for border in splitting.borders()
    ]
    return {"cells": [asdict(cell) for cell in splitting.cells()], "borders": borders}


def _show(made: "SplitMade") -> None:
    folder = shown_path(made.folder)
    _print_steps(made.steps)
    typer.echo(f"\nThe same as the whole notebook: {count(made.compared, 'value')} compared.")
    for note in made.notes:
        typer.echo(note)
    typer.echo(f"\nWritten to {folder}. Run it with: cellmill pipeline run {folder}")


def _print_steps(steps: "Sequence[ProposedStep]") -> None:
    from rich.table import Table

    from cellmill.cli.tables import console

    table = Table(box=None, pad_edge=False)
    for column in ("step", "cells", "hands over"):
        table.add_column(column, no_wrap=column != "hands over")
    for step in steps:
        cells = f"{step.first}" if step.first == step.last else f"{step.first} to {step.last}"
        table.add_row(step.name, cells, _gives(step))
    console().print(table)


def _gives(step: "ProposedStep") -> str:
    if not step.gives:
        return ""
    more = len(step.gives) - MOST_SHOWN
    return f"{', '.join(step.gives[:MOST_SHOWN])}{f' and {more} more' if more > 0 else ''} ({size(step.bytes)})"


def _step_record(step: "ProposedStep") -> dict[str, Any]:
    return {
        "name": step.name,
        "title": step.title,
        "first_cell": step.first,
        "last_cell": step.last,
        "gives": list(step.gives),
        "bytes": step.bytes,
    }


def _record(made: "SplitMade") -> dict[str, Any]:
    return {
        "notebook": shown_path(made.source),
        "split": True,
        "folder": shown_path(made.folder),
        "files": list(made.files),
        "steps": [_step_record(step) for step in made.steps],
        "compared": made.compared,
        "notes": list(made.notes),
    }
