"""`cellmill params`: what can be turned in a notebook."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from cellmill.cli import EXIT_INTERRUPTED, app
from cellmill.cli.runs import AS_JSON, plain
from cellmill.core.words import count, shown_path

if TYPE_CHECKING:
    from cellmill.core.parameters import Bounds, Parameter, Proposal
    from cellmill.wiring.parameters import Turnable


@app.command()
def params(
    notebook: Path = typer.Argument(help="The notebook. Without --pick and --undo it is only read."),
    picks: list[str] = typer.Option(
        [], "--pick", metavar="NAME[,NAME…]", help="Make these parameters. NAME:OTHER gives one another name."
    ),
    undo: bool = typer.Option(False, "--undo", help="Take the last --pick back, byte for byte."),
    network: bool = typer.Option(False, "--network", help="Allow the check of --pick to connect."),
    timeout: float | None = typer.Option(None, "--timeout", min=0.1, help="Seconds for each cell of that check."),
    limit: int = typer.Option(20, "--limit", "-n", min=1, help="At most so many proposals, the best."),
    attended: bool = typer.Option(False, "--attended", help="For programs: end when the input does."),
    json_schema: bool = typer.Option(False, "--json-schema", help="Print the JSON Schema of the parameters."),
    as_json: bool = AS_JSON,
) -> None:
    """List the parameters of a notebook, and then the values in it that are worth turning, best first.

    With --pick, values become parameters: in papermill's own cell, once the results were seen to be the same.

    Example: cellmill params notebooks/01_flight_delays.ipynb --pick min_samples_leaf
    """
    if picks and undo:
        raise typer.BadParameter("--pick and --undo exclude each other")
    if attended:
        from cellmill.cli.interrupts import end_with_input

        end_with_input()
    if picks:
        names = [name for pick in picks for name in pick.split(",") if name.strip()]
        if not names:
            raise typer.BadParameter("it names nothing. List what can be picked without it", param_hint="--pick")
        return _pick(notebook, names, network=network, timeout_s=timeout, as_json=as_json)
    if undo:
        return _undo(notebook, as_json=as_json)
    from cellmill.cli.tables import print_parameters, print_proposals
    from cellmill.notebook.parameters import json_schema as schema_of
    from cellmill.wiring.parameters import turnable, without_default

    found = turnable(notebook)
    declared = tuple(without_default(one) for one in found.declared)
    name = shown_path(notebook.resolve())
    if json_schema:
        return typer.echo(json.dumps(plain(schema_of(declared, title=name)), indent=2, default=_text))
    if as_json:
        return typer.echo(json.dumps(plain(_record(found, declared, name)), indent=2, default=_text))
    if declared:
        typer.echo(f"Cell {found.cell} declares {count(len(declared), 'parameter')}:\n")
        print_parameters(declared)
    else:
        typer.echo("No parameter is declared.")
    shown = found.proposed[:limit]
    if not shown:
        return typer.echo("\nNo other value flows into a training, a file or a result.")
    more = len(found.proposed) - len(shown)
    typer.echo(f"\n{count(len(found.proposed), 'value')} could be turned, the best first:\n")
    print_proposals(shown)
    typer.echo(f"\n{f'And {more} more: --limit {len(found.proposed)}. ' if more else ''}Nothing was changed.")
    return None


def _pick(notebook: Path, names: list[str], *, network: bool, timeout_s: float | None, as_json: bool) -> None:
    from cellmill.cli.interrupts import interrupts
    from cellmill.cli.progress import cell_progress
    from cellmill.executors.kernels import LocalKernels
    from cellmill.executors.stoppable import StoppableKernels
    from cellmill.wiring.outcomes import Conditions
    from cellmill.wiring.picking import make_parameters

    silent = as_json or not sys.stderr.isatty()
    kernels = StoppableKernels(LocalKernels())
    conditions = Conditions(network, timeout_s, check=kernels.check)
    try:
        with cell_progress(f"{notebook.name}: is it the same?", silent=silent) as told, interrupts(kernels.stop):
            made = make_parameters(notebook, names, kernels, conditions, progress=told)
    except KeyboardInterrupt:
        typer.echo("cellmill: Interrupted, and nothing was written.", err=True)
        raise typer.Exit(EXIT_INTERRUPTED) from None
    if as_json:
        record = {
            "notebook": shown_path(notebook.resolve()),
            "picked": list(made.names),
            "cell": made.cell,
            "is_new": made.is_new,
            "lines": list(made.lines),
            "compared": made.compared,
            "notes": list(made.notes),
        }
        return typer.echo(json.dumps(record, indent=2))
    typer.echo(f"{'New cell' if made.is_new else 'Cell'} {made.cell}, tagged 'parameters':\n")
    typer.echo("\n".join(f"    {line}" for text in made.lines for line in text.splitlines()))
    typer.echo(f"\nThe results are the same as before: {count(made.compared, 'value')} compared.")
    for note in made.notes:
        typer.echo(note)
    return typer.echo(f"Take it back with: cellmill params {shown_path(notebook.resolve())} --undo")


def _undo(notebook: Path, *, as_json: bool) -> None:
    from cellmill.wiring.picking import undo

    names = undo(notebook)
    if as_json:
        return typer.echo(json.dumps({"notebook": shown_path(notebook.resolve()), "undone": list(names)}, indent=2))
    return typer.echo(f"{shown_path(notebook.resolve())} is as it was before {', '.join(names)} became parameters.")


def _record(found: "Turnable", declared: "tuple[Parameter, ...]", name: str) -> dict[str, Any]:
    from cellmill.notebook.parameters import json_schema

    return {
        "notebook": name,
        "cell": found.cell,
        "parameters": [
            {
                "name": one.name,
                "type": one.kind,
                "annotation": one.annotation,
                "default": one.default,
                "bounds": bounds_record(one.bounds),
                "help": one.help,
                "cell": found.cell,
                "line": one.line,
            }
            for one in declared
        ],
        "schema": json_schema(declared, title=name),
        "proposals": [proposal_record(one) for one in found.proposed],
    }


def proposal_record(one: "Proposal") -> dict[str, Any]:
    """Return a proposal as JSON has it."""
    return {
        "name": one.name,
        "type": one.kind,
        "default": one.default,
        "bounds": bounds_record(one.bounds),
        "help": one.help,
        "cell": one.number,
        "cell_id": one.cell,
        "line": one.line,
        "written": one.written,
        "places": len(one.sites),
        "reaches": list(one.reaches),
        "seen": list(one.seen),
        "score": one.score,
    }


def bounds_record(bounds: "Bounds") -> dict[str, Any] | None:
    """Return bounds as JSON has them, None where there are none."""
    if not bounds:
        return None
    limits = {"minimum": bounds.least, "maximum": bounds.most}
    limits |= {"exclusive_minimum": bounds.above, "exclusive_maximum": bounds.below}
    found: dict[str, Any] = {name: limit for name, limit in limits.items() if limit is not None}
    return {**found, **({"choices": list(bounds.choices)} if bounds.choices else {})}


def _text(value: object) -> Any:
    return plain(sorted(value, key=repr)) if isinstance(value, (set, frozenset)) else repr(value)
