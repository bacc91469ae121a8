"""`cellmill params`: what can be turned in a notebook."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from cellmill.cli import app
from cellmill.cli.runs import AS_JSON
from cellmill.core.words import count, shown_path

if TYPE_CHECKING:
    from cellmill.core.parameters import Bounds, Parameter, Proposal
    from cellmill.wiring.parameters import Turnable


@app.command()
def params(
    notebook: Path = typer.Argument(help="The notebook. It is only read."),
    limit: int = typer.Option(20, "--limit", "-n", min=1, help="At most so many proposals, the best."),
    json_schema: bool = typer.Option(False, "--json-schema", help="Print the JSON Schema of the parameters."),
    as_json: bool = AS_JSON,
) -> None:
    """List the parameters of a notebook, and then the values in it that are worth turning, best first.

    Example: cellmill params notebooks/01_flight_delays.ipynb
    """
    from cellmill.cli.tables import print_parameters, print_proposals
    from cellmill.notebook.parameters import json_schema as schema_of
    from cellmill.wiring.parameters import turnable, without_default

    found = turnable(notebook)
    declared = tuple(without_default(one) for one in found.declared)
    name = shown_path(notebook.resolve())
    if json_schema:
        typer.echo(json.dumps(schema_of(declared, title=name), indent=2, default=repr))
        return
    if as_json:
        typer.echo(json.dumps(_record(found, declared, name), indent=2, default=_plain))
        return
    if declared:
        typer.echo(f"Cell {found.cell} declares {count(len(declared), 'parameter')}:\n")
        print_parameters(declared)
    else:
        typer.echo("No parameter is declared.")
    shown = found.proposed[:limit]
    if not shown:
        typer.echo("\nNo other value flows into a training, a file or a result.")
        return
    more = len(found.proposed) - len(shown)
    typer.echo(f"\n{count(len(found.proposed), 'value')} could be turned, the best first:\n")
    print_proposals(shown)
    typer.echo(f"\n{f'And {more} more: --limit {len(found.proposed)}. ' if more else ''}Nothing was changed.")


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


def _plain(value: object) -> Any:
    return sorted(value, key=repr) if isinstance(value, (set, frozenset)) else repr(value)
