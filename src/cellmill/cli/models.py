"""`cellmill register` and `models`."""

import json
from dataclasses import asdict
from pathlib import Path

import typer

from cellmill.cli import app
from cellmill.cli.runs import AS_JSON, FOLDER, RUN, load


@app.command()
def register(
    run: str = RUN,
    name: str = typer.Option(..., "--name", help="The model's name in the registry."),
    alias: str | None = typer.Option(None, "--alias", help="Point this alias at the new version."),
    folder: Path = FOLDER,
    as_json: bool = AS_JSON,
) -> None:
    """Register a run's model as a new version, with the run, notebook and executions that made it."""
    from cellmill.cli.tables import print_version
    from cellmill.wiring.projects import model_registry, run_store
    from cellmill.wiring.registering import register as register_run

    sessions = load(folder)
    version = register_run(
        sessions,
        run_store(sessions.project),
        model_registry(sessions.project),
        run=run,
        name=name,
        alias=alias,
    )
    if as_json:
        typer.echo(json.dumps(asdict(version), indent=2))
    else:
        print_version(version)


@app.command()
def models(folder: Path = FOLDER, as_json: bool = AS_JSON) -> None:
    """List the registered models and their versions."""
    from cellmill.cli.tables import print_models
    from cellmill.wiring.projects import model_registry, project_of

    project = project_of(folder.resolve())
    found = model_registry(project).models() if project.has_store else ()
    if as_json:
        typer.echo(json.dumps([asdict(model) for model in found], indent=2))
    elif not found:
        typer.echo(f"No models in {project.store}. Register one with: cellmill register RUN --name NAME")
    else:
        print_models(found)
