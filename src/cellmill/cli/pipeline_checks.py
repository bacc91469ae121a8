"""`cellmill pipeline checks`: steps that check what others hand over."""

import json
from pathlib import Path

import typer

from cellmill.cli.pipelines import FOLDER, pipeline_app
from cellmill.cli.runs import AS_JSON
from cellmill.core.words import count, shown_path


@pipeline_app.command("checks")
def checks(
    pipeline: Path = FOLDER,
    steps: list[str] = typer.Option([], "--after", metavar="STEP", help="Only behind this step."),
    as_json: bool = AS_JSON,
) -> None:
    """Propose checks for the data frames that steps handed over last, as steps of their own.

    Each is a notebook with a pandera schema to edit; a row that breaks it stops the pipeline and is shown.

    Example: cellmill pipeline checks flights --after clean
    """
    from cellmill.wiring.checking import propose_checks

    made = propose_checks(pipeline, steps)
    if as_json:
        record = {
            "folder": shown_path(made.folder),
            "steps": list(made.steps),
            "files": list(made.files),
            "frames": list(made.frames),
            "document": made.by_hand,
        }
        return typer.echo(json.dumps(record, indent=2))
    typer.echo(f"{count(len(made.frames), 'data frame')} checked from now on: {', '.join(made.frames)}.")
    for file in made.files:
        typer.echo(f"  {shown_path(made.folder / file)}")
    if made.by_hand is not None:
        typer.echo("\npipeline.yaml has comments, so it was left alone. With the checks it reads:\n")
        typer.echo(made.by_hand)
    return None
