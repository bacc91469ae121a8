"""`cellmill doctor`."""

import json
from pathlib import Path

import typer

from cellmill.cli import EXIT_FAILED, app
from cellmill.cli.runs import AS_JSON, FOLDER, load

_MARKS = {"fine": ("✓", "green"), "note": ("!", "yellow"), "wrong": ("✗", "red")}


@app.command()
def doctor(
    folder: Path = FOLDER,
    mend: bool = typer.Option(False, "--mend", help="Mend what can be mended without a loss."),
    stop: bool = typer.Option(False, "--stop-fork-servers", help="End the processes that warm kernels are copies of."),
    as_json: bool = AS_JSON,
) -> None:
    """Look whether everything is in place and in order: installation, journals, blobs, fork servers, MLflow.

    Ends with 1 when something is wrong. Example: cellmill doctor --mend
    """
    from dataclasses import asdict

    from rich.text import Text

    from cellmill.cli.tables import console
    from cellmill.wiring.doctor import examine

    sessions = load(folder)
    found = []
    out = console()
    for finding in examine(sessions.project, sessions, mend=mend, stop=stop):
        found.append(finding)
        if as_json:
            continue
        mark, colour = _MARKS["fine" if finding.mended else finding.state]
        out.print(Text.assemble((f"{mark} ", colour), (f"{finding.name}  ", "bold"), finding.what))
        if finding.mended or finding.remedy:
            out.print(Text(f"    {finding.mended or finding.remedy}", style="dim"))
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in found], indent=2))
    if any(finding.state == "wrong" and not finding.mended for finding in found):
        raise typer.Exit(EXIT_FAILED)
