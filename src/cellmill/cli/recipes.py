"""`cellmill recipe`, `cellmill replay` and `cellmill bundle`."""

import json
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from cellmill.cli import EXIT_FAILED, EXIT_INTERRUPTED, app
from cellmill.cli.interrupts import end_with_input
from cellmill.cli.runs import AS_JSON, FOLDER, RUN, complete_run, load, record_pending
from cellmill.core.errors import NoRuns
from cellmill.core.verdicts import REPRODUCED, Verdict
from cellmill.core.words import count, shown_path

if TYPE_CHECKING:
    from cellmill.capture.sessions import Sessions
    from cellmill.core.project import Project
    from cellmill.core.recipes import Recipe, Section
    from cellmill.core.runs import Run
    from cellmill.wiring.attempts import Options


@app.command()
def recipe(
    run: str = RUN,
    output: Path | None = typer.Option(None, "-o", "--output", help="Where the notebook goes. By default it is shown."),
    verbatim: bool = typer.Option(False, "--verbatim", help="Every execution as it ran: no import or parameter moved."),
    shrink: bool = typer.Option(False, "--shrink", help="Leave out what replays prove superfluous."),
    folder: Path = FOLDER,
    as_json: bool = AS_JSON,
) -> None:
    """Write the smallest clean notebook that makes a run again, with the reason for each of its cells.

    Example: cellmill recipe 3f2a91 -o recipe.ipynb
    """
    from cellmill.cli.tables import print_recipe
    from cellmill.core.files import write_atomically
    from cellmill.notebook.plain import as_bytes
    from cellmill.wiring.recipes import recipe_of, write_recipe

    sessions = load(folder)
    found = sessions.run(run)
    if shrink:
        found = _shrunk(sessions, found, silent=as_json)
    made = recipe_of(sessions.session_of(found), found)
    written = write_recipe(sessions.project, found, made, tidy=not verbatim)
    if output is not None:
        write_atomically(output.resolve(), as_bytes(written.notebook))
    if as_json:
        facts = {"run": found.run, "output": str(output) if output else None, "of": made.of, **_facts(written.notebook)}
        typer.echo(json.dumps(facts, indent=2))
    elif output is not None:
        typer.echo(
            f"{count(len(made.ingredients), 'execution')} of {made.of} written to {shown_path(output.resolve())}."
        )
    else:
        print_recipe(made, written.notebook)


def _shrunk(sessions: "Sessions", run: "Run", *, silent: bool) -> "Run":
    from cellmill.cli.progress import cell_progress
    from cellmill.cli.tables import print_verdict
    from cellmill.executors.kernels import LocalKernels
    from cellmill.wiring.attempts import Options
    from cellmill.wiring.replaying import shrink as shrink_run

    with cell_progress(run.run, silent=silent or not sys.stderr.isatty()) as progress:
        verdict = shrink_run(sessions, run, LocalKernels(), Options(), progress=progress)
    if not silent:
        print_verdict(run, verdict)
    return sessions.run(run.run)


def _facts(notebook: dict[str, object]) -> dict[str, object]:
    return {"notebook": notebook}


@app.command()
def replay(
    runs: list[str] = typer.Argument(None, help="Runs, bundles, or recipes.", autocompletion=complete_run),
    notebook: str | None = typer.Option(None, "--all", metavar="NOTEBOOK", help="Every run of this notebook."),
    tolerance: float = typer.Option(1e-9, "--tolerance", min=0, help="Largest relative difference of a same figure."),
    network: bool = typer.Option(False, "--network", help="Allow the replay to connect."),
    cold: bool = typer.Option(False, "--cold", help="Start each kernel from nothing."),
    outputs: bool = typer.Option(False, "--outputs", help="Compare what the cells show, too."),
    times: int = typer.Option(3, "--times", min=1, help="How often a run is replayed whose first replay differs."),
    timeout: float | None = typer.Option(
        None, "--timeout", help="Seconds for a cell; by default ten times what it took."
    ),
    rebuild_env: bool = typer.Option(
        False, "--rebuild-env", help="In an environment made from the run's lock, with uv."
    ),
    data: Path = typer.Option(Path(), "--data", help="Where data lies that a bundle does not bring."),
    folder: Path = FOLDER,
    as_json: bool = AS_JSON,
    attended: bool = typer.Option(
        False, "--attended", help="For programs: end when the input does, and leave recording to whoever started this."
    ),
) -> None:
    """Make runs again from a clean kernel, and compare them with the record.

    Example: cellmill replay 3f2a91
    """
    from cellmill.cli.progress import cell_progress
    from cellmill.cli.tables import print_verdict
    from cellmill.executors.kernels import LocalKernels
    from cellmill.wiring.attempts import Options
    from cellmill.wiring.bundles import opened_bundle
    from cellmill.wiring.projects import settings_of
    from cellmill.wiring.replaying import find_verdict
    from cellmill.wiring.replaying import replay as replay_run

    _end_as_if_interrupted()
    if attended:
        end_with_input()
    sessions = load(folder)
    warm = not cold and settings_of(sessions.project).warm_kernels
    options = Options(tolerance=tolerance, network=network, warm=warm, outputs=outputs, times=times, timeout_s=timeout)
    recipes = [_recipe_in(name, sessions) for name in runs or () if name.endswith(".ipynb")]
    found = [sessions.run(run) for run in runs or () if not run.endswith((".zip", ".ipynb"))]
    if notebook is not None:
        found += [run for run in sessions.runs(sessions.project.relative(notebook)) if run.parent is None]
        if not found:
            raise NoRuns(notebook)
    bundles = [Path(name).resolve() for name in runs or () if name.endswith(".zip")]
    if not found and not bundles and not recipes:
        raise typer.BadParameter("Name a run, a bundle or a recipe, or give --all NOTEBOOK.")
    kernels, silent = LocalKernels(), as_json or not sys.stderr.isatty()
    verdicts: list[tuple[Run, Verdict]] = []

    def told(one: "Run", verdict: Verdict) -> None:
        verdicts.append((one, verdict))
        if not as_json:
            print_verdict(one, verdict)

    def replay_all() -> None:
        for path in bundles:
            with opened_bundle(path, data=data) as (inside, one, made):
                asked = _rebuilt(sessions.project, one, options) if rebuild_env else options
                with cell_progress(one.run, silent=silent) as progress:
                    session = inside.session_of(one)
                    verdict = find_verdict(inside.project, session, one, kernels, asked, recipe=made, progress=progress)
                told(one, verdict)
        for name, one, made, sections in recipes:
            asked = _rebuilt(sessions.project, one, options) if rebuild_env else options
            session = sessions.session_of(one)
            with cell_progress(one.run, silent=silent) as progress:
                verdict = find_verdict(
                    sessions.project, session, one, kernels, asked, recipe=made, sections=sections, progress=progress
                )
            note = f"Of {name} as it stands: the run keeps the verdict of its own recipe."
            told(one, replace(verdict, notes=(*verdict.notes, note)))
        for one in found:
            asked = _rebuilt(sessions.project, one, options) if rebuild_env else options
            with cell_progress(one.run, silent=silent) as progress:
                verdict = replay_run(sessions, one, kernels, asked, progress=progress)
            told(one, verdict)

    try:
        replay_all()
    except KeyboardInterrupt:
        typer.echo("cellmill: Interrupted. What was replayed before has its verdict.", err=True)
        raise typer.Exit(EXIT_INTERRUPTED) from None
    if not attended:
        record_pending(sessions)
    if as_json:
        typer.echo(json.dumps([{"run": one.run, **verdict_record(v)} for one, v in verdicts], indent=2))
    if any(verdict.judgement not in REPRODUCED for _, verdict in verdicts):
        raise typer.Exit(EXIT_FAILED)


def _recipe_in(name: str, sessions: "Sessions") -> "tuple[str, Run, Recipe, tuple[Section, ...]]":
    from cellmill.wiring.recipes import recipe_in

    found = recipe_in(Path(name).resolve(), sessions)
    if found is None:
        raise typer.BadParameter(f"{name} is not a recipe. Replay the runs of a notebook with: --all {name}")
    return name, *found


def _end_as_if_interrupted() -> None:
    """What ends this process politely interrupts it: its kernel ends, and its folder goes."""

    def end(number: int, _: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)


@app.command()
def bundle(
    run: str = RUN,
    output: Path | None = typer.Option(None, "-o", "--output", help="The file; by default RUN.zip."),
    data: bool = typer.Option(False, "--data", help="Put the data in, too."),
    folder: Path = FOLDER,
    as_json: bool = AS_JSON,
) -> None:
    """Write a run into one file that can be replayed on another machine: cellmill replay FILE.zip

    Example: cellmill bundle 3f2a91 --data -o delays.zip
    """
    from cellmill.core.words import size
    from cellmill.wiring.bundles import write_bundle

    sessions = load(folder)
    found = sessions.run(run)
    path = (output or Path(f"{found.run}.zip")).resolve()
    written = write_bundle(sessions, found, path, with_data=data)
    if as_json:
        facts = {"run": found.run, "output": str(path), "size_bytes": written.size_bytes}
        typer.echo(json.dumps(facts | {"files": list(written.files), "left_out": list(written.left_out)}, indent=2))
        return
    typer.echo(f"{size(written.size_bytes)} written to {shown_path(path)}. Replay it with: cellmill replay {path.name}")
    if written.left_out:
        names = ", ".join(shown_path(Path(name)) for name in written.left_out[:5])
        typer.echo(f"Data is not in it ({names}): give --data to put it in.")


def _rebuilt(project: "Project", run: "Run", options: "Options") -> "Options":
    """Return the options with an environment made from the run's lock."""
    from cellmill.wiring.environments import rebuilt_environment

    typer.echo(f"Making the environment of run {run.run} again …", err=True)
    return replace(options, interpreter=rebuilt_environment(project, run))


def verdict_record(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as scripts read it. Documented in docs/users/command-line.md."""
    plain = vars(verdict) | {"figures": [vars(figure) for figure in verdict.figures]}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in plain.items()}
