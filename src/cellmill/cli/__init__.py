"""The command line. Importing it loads Typer and nothing of what the commands need."""

import sys
from types import ModuleType
from typing import cast

import typer

from cellmill.core.errors import CellmillError, ExecutionError, StoreError

app = typer.Typer(
    name="cellmill",
    help="Tracked runs from ordinary notebooks. Run one headlessly, see its runs, register a model.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

EXIT_FAILED, EXIT_MISUSED, EXIT_STORE = 1, 2, 3
EXIT_INTERRUPTED = 130  # as shells have it for SIGINT


def main() -> None:
    """Run the command line. A user's mistake ends in one sentence, never in a traceback."""
    # What nbformat validates with would build a grammar of IRIs first, for a second or two, and goes without one.
    sys.modules.setdefault("rfc3987_syntax", cast("ModuleType", None))
    if sys.argv[1:3] == ["pipeline", "run"]:
        from cellmill.cli.idle import try_idle

        if try_idle(sys.argv[3:]):
            return
    from cellmill.cli import (  # noqa: F401 - they add commands
        doctor,
        models,
        parameters,
        pipeline_checks,
        pipeline_exports,
        pipelines,
        recipes,
        replays,
        runs,
        split,
        steps,
        sweeps,
    )

    try:
        app(prog_name="cellmill")
    except CellmillError as error:
        typer.echo(f"cellmill: {error}", err=True)
        sys.exit(exit_code(error))


def exit_code(error: CellmillError) -> int:
    """Return 1 when the notebook failed, 3 when MLflow did, 2 when what was asked cannot be done."""
    if isinstance(error, ExecutionError):
        return EXIT_FAILED
    return EXIT_STORE if isinstance(error, StoreError) else EXIT_MISUSED


def _print_version(wanted: bool) -> None:
    if wanted:
        from cellmill._version import __version__

        typer.echo(f"cellmill {__version__}")
        raise typer.Exit


@app.callback()
def _top(
    version: bool = typer.Option(False, "--version", callback=_print_version, is_eager=True, help="Print the version."),
) -> None:
    pass
