"""`cellmill pipeline export` and `report`: a pipeline as others run it, and what it has come to."""

import json
from dataclasses import asdict
from pathlib import Path

import typer

from cellmill.cli.pipelines import FOLDER, pipeline_app
from cellmill.cli.runs import AS_JSON, plain
from cellmill.core.words import shown_path


@pipeline_app.command("export")
def export(
    pipeline: Path = FOLDER,
    to: str = typer.Option(..., "--to", metavar="TARGET", help="airflow, kfp, github or gitlab."),
    output: Path | None = typer.Option(None, "-o", "--output", help="Where to; - prints it."),
    force: bool = typer.Option(False, "--force", help="Write over a file that is there."),
) -> None:
    """Write a pipeline as an Airflow DAG, a Kubeflow pipeline or a workflow of CI.

    Example: cellmill pipeline export pipelines/flights --to airflow
    """
    from cellmill.wiring.exporting import exported_text, write_export
    from cellmill.wiring.situations import Wanted, situation_of

    situation = situation_of(pipeline, Wanted())
    if output is not None and str(output) == "-":
        return typer.echo(exported_text(situation, to), nl=False)
    typer.echo(f"Written to {shown_path(write_export(situation, to, output, force=force))}.")
    return None


@pipeline_app.command("report")
def report(
    pipeline: Path = FOLDER,
    against: Path | None = typer.Option(None, "--against", metavar="FILE", help="A report as JSON, to compare with."),
    as_json: bool = AS_JSON,
) -> None:
    """Show what the steps of a pipeline last came to, as Markdown, beside what they came to elsewhere.

    Example: cellmill pipeline report pipelines/flights --against before.json
    """
    from cellmill.pipeline.report import markdown, read_report
    from cellmill.wiring.pipeline_reports import report_of
    from cellmill.wiring.situations import Wanted, situation_of

    before = None
    if against is not None:
        try:
            before = read_report(against.read_text("utf-8"))
        except (OSError, ValueError) as error:
            words = f"{against} cannot be compared with: {error}. Make it with: cellmill pipeline report … --json"
            raise typer.BadParameter(words, param_hint="--against") from error
    now = report_of(situation_of(pipeline, Wanted()))
    if as_json:
        return typer.echo(json.dumps(plain(asdict(now)), indent=2))
    return typer.echo(markdown(now, before), nl=False)
