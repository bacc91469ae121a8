"""`cellmill recipe` and `cellmill bundle`."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from cellmill.cli import app
from cellmill.cli.runs import AS_JSON, FOLDER, RUN, load
from cellmill.core.words import count, shown_path

if TYPE_CHECKING:
    from cellmill.capture.sessions import Sessions
    from cellmill.core.runs import Run


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
    from cellmill.core.outputs import check_output
    from cellmill.notebook.plain import as_bytes
    from cellmill.wiring.recipes import recipe_of, write_recipe

    sessions = load(folder)
    found = sessions.run(run)
    if output is not None:
        check_output(output)
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
