"""`cellmill run`: a notebook, headlessly."""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import typer

from cellmill.cli import EXIT_INTERRUPTED, app
from cellmill.cli.runs import AS_JSON, as_record
from cellmill.core.errors import BadParameter, CellFailed, KernelDied
from cellmill.core.ids import SessionId, new_session_id
from cellmill.core.words import shown_path

LONGEST_EXCERPT = 12


@app.command()
def run(
    notebook: Path = typer.Argument(help="The notebook to run. It is not changed."),
    parameters: list[str] = typer.Option([], "-p", "--parameter", metavar="NAME=VALUE", help="Set a parameter."),
    output: Path | None = typer.Option(None, "-o", "--output", help="Where the executed notebook goes."),
    kernel: str | None = typer.Option(None, "-k", "--kernel", help="The kernel, if not the notebook's own."),
    cold: bool = typer.Option(False, "--cold", help="Start the kernel from nothing."),
    as_json: bool = AS_JSON,
) -> None:
    """Run a notebook from a clean kernel and record its runs.

    Example: cellmill run notebooks/01_flight_delays.ipynb -p max_depth=4
    """
    from cellmill.executors.notebooks import KernelExecutor
    from cellmill.executors.papermill import PapermillExecutor
    from cellmill.pipeline.step import Step, run_step
    from cellmill.wiring.headless import HeadlessSession

    step = Step(
        notebook=notebook.resolve(),
        output=output.resolve() if output is not None else default_output(notebook.resolve()),
        texts=read_pairs(parameters),
        kernel=kernel,
    )
    session = new_session_id()
    executor = KernelExecutor(
        lambda notebook, output: HeadlessSession(session, notebook, output=str(output), cold=cold),
        otherwise=PapermillExecutor(session, cold=cold),
        say=lambda text: typer.echo(text, err=True),
        cold=cold,
    )
    try:
        with _progress(notebook.name, silent=as_json) as progress:
            run_step(step, executor, progress=progress)
    except (CellFailed, KernelDied, KeyboardInterrupt) as error:
        _report(notebook.resolve(), session, step.output, as_json=as_json)
        if isinstance(error, CellFailed):
            typer.echo(_excerpt(error), err=True)
        if isinstance(error, KeyboardInterrupt):
            typer.echo("cellmill: Interrupted. A training that was under way is marked so.", err=True)
            raise typer.Exit(EXIT_INTERRUPTED) from None
        raise
    _report(notebook.resolve(), session, step.output, as_json=as_json)


def _excerpt(error: CellFailed) -> str:
    """Return the failing cell, as much of it as fits a terminal."""
    lines = error.source.rstrip().splitlines()
    more = len(lines) - LONGEST_EXCERPT
    shown = [f"    {line}" for line in lines[:LONGEST_EXCERPT]] + ([f"    … {more} more lines"] if more > 0 else [])
    return "\n".join([f"Cell {error.cell}:", *shown])


def default_output(notebook: Path) -> Path:
    """Return where an executed notebook goes: `executed/` at the project's root, never over an older one."""
    from cellmill.wiring.projects import project_of

    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    return project_of(notebook).root / "executed" / f"{notebook.stem}-{stamp}.ipynb"


def read_pairs(pairs: list[str]) -> dict[str, str]:
    """Return `NAME=VALUE` as name -> text. Raises `BadParameter`."""
    texts = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip().isidentifier():
            raise BadParameter(pair)
        texts[name.strip()] = value
    return texts


def _progress(name: str, *, silent: bool) -> Any:
    from cellmill.cli.progress import cell_progress

    return cell_progress(name, silent=silent or not sys.stderr.isatty())


def _report(notebook: Path, session: SessionId, output: Path, *, as_json: bool) -> None:
    from cellmill.capture.sessions import load_sessions
    from cellmill.cli.tables import print_runs
    from cellmill.wiring.projects import project_of
    from cellmill.wiring.recorder import store_ids

    sessions = load_sessions(project_of(notebook))
    mine = tuple(run for run in sessions.runs() if run.session == session)
    known = store_ids(sessions.project, sessions.project.store)
    if as_json:
        record = {
            "session": session,
            "output": str(output),
            "runs": [as_record(r, known.get(r.run)) for r in mine],
        }
        typer.echo(json.dumps(record, indent=2))
        return
    if mine:
        print_runs(tuple(run for run in mine if run.parent is None), among=mine)
    else:
        typer.echo("No training was seen, so there is no run.")
    if output.exists():
        typer.echo(f"Executed notebook: {shown_path(output)}")
