"""`cellmill runs`, `show`, `compare` and `sync`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from cellmill.cli import app
from cellmill.core.words import count

if TYPE_CHECKING:
    from cellmill.capture.sessions import Sessions
    from cellmill.core.runs import Run

AS_JSON = typer.Option(False, "--json", help="Print JSON, for scripts.")
FOLDER = typer.Option(
    Path(), "--folder", exists=True, file_okay=False, help="A folder of the project; by default this one."
)


def complete_run(incomplete: str) -> list[tuple[str, str]]:
    """Return the ids that a run's may be completed to, with what each is."""
    sessions = load(Path())
    return [(run.run, f"{run.short_class}, {run.status}") for run in sessions.runs() if run.run.startswith(incomplete)]


RUN = typer.Argument(help="A run's id, or as much of its beginning as no other has.", autocompletion=complete_run)


def load(folder: Path) -> "Sessions":
    """Return the sessions of the project that a folder belongs to."""
    from cellmill.capture.sessions import load_sessions
    from cellmill.wiring.projects import project_of

    return load_sessions(project_of(folder.resolve()))


@app.command()
def runs(
    notebook: str | None = typer.Argument(None, help="Only the runs of this notebook."),
    folder: Path = FOLDER,
    limit: int = typer.Option(50, "--limit", "-n", min=1, help="At most so many, the newest."),
    trials: bool = typer.Option(False, "--trials", help="Also the trials of searches, each as a run."),
    as_json: bool = AS_JSON,
) -> None:
    """List the captured runs, newest first."""
    from cellmill.cli.tables import print_runs

    sessions = load(folder)
    wanted = sessions.project.relative(notebook) if notebook else None
    everything = sessions.runs(wanted)
    found = everything if trials else tuple(run for run in everything if run.parent is None)
    if as_json:
        record_pending(sessions)
        known = _store_ids(sessions)
        typer.echo(json.dumps([as_record(run, known.get(run.run)) for run in found[:limit]], indent=2))
        return
    if not found and sessions.runs():
        typer.echo(f"No run of {wanted} in {sessions.project.root}. List all with: cellmill runs")
        return
    if not found:
        typer.echo(
            f"No runs yet in {sessions.project.root}. Run a notebook that fits a model, "
            "in JupyterLab or with: cellmill run NOTEBOOK"
        )
        return
    print_runs(found[:limit], among=everything)
    if len(found) > limit:
        typer.echo(f"{count(len(found) - limit, 'older run')} not shown; see more with --limit.")
    record_pending(sessions)


@app.command()
def show(run: str = RUN, folder: Path = FOLDER, as_json: bool = AS_JSON) -> None:
    """Show one run whole: parameters, metrics, data and the executions that made it."""
    from cellmill.cli.tables import print_run

    sessions = load(folder)
    found = sessions.run(run)
    if as_json:
        record_pending(sessions)
        typer.echo(json.dumps(as_record(found, _store_ids(sessions).get(found.run)), indent=2))
    else:
        print_run(found, _store_ids(sessions).get(found.run))


@app.command()
def compare(
    runs: list[str] = typer.Argument(help="Two or more runs.", autocompletion=complete_run),
    folder: Path = FOLDER,
    as_json: bool = AS_JSON,
) -> None:
    """Set runs side by side: where their parameters differ, and all their metrics."""
    from cellmill.cli.tables import print_comparison
    from cellmill.replay.compare import compare as compare_runs

    sessions = load(folder)
    comparison = compare_runs(tuple(sessions.run(run) for run in runs))
    if as_json:
        rows = {
            kind: {row.name: list(row.values) for row in found}
            for kind, found in (("parameters", comparison.parameters), ("metrics", comparison.metrics))
        }
        typer.echo(json.dumps({"runs": [run.run for run in comparison.runs], **plain(rows)}, indent=2))
    else:
        print_comparison(comparison)


@app.command()
def sync(folder: Path = FOLDER, as_json: bool = AS_JSON) -> None:
    """Bring MLflow up to the journals now."""
    from cellmill.wiring.projects import run_store
    from cellmill.wiring.recorder import record

    sessions = load(folder)
    touched = record(sessions, run_store(sessions.project))
    if as_json:
        typer.echo(json.dumps({"store": sessions.project.store, "recorded": touched}, indent=2))
    elif touched:
        typer.echo(f"{count(len(touched), 'run')} brought up to date in {sessions.project.store}.")
    else:
        typer.echo(f"Nothing to do: {sessions.project.store} is up to date.")


@app.command()
def delete(
    runs: list[str] = typer.Argument(help="The runs to delete.", autocompletion=complete_run),
    folder: Path = FOLDER,
    yes: bool = typer.Option(False, "--yes", "-y", help="Do not ask."),
    as_json: bool = AS_JSON,
) -> None:
    """Delete runs: from every list, in MLflow, and the model and outputs that no other run needs.

    Example: cellmill delete 3f2a91 --yes
    """
    from cellmill.core.words import size
    from cellmill.wiring.deleting import delete_run

    sessions = load(folder)
    found = _without_theirs([sessions.run(run) for run in runs])
    if not yes and not as_json:
        for run in found:
            typer.echo(f"{run.run}  {run.short_class}  {run.notebook or ''}")
        typer.confirm(f"Delete {count(len(found), 'run')}? Their models cannot be brought back.", abort=True)
    try:
        deleted = [delete_run(sessions, run.run) for run in found]
    finally:
        record_pending(sessions)  # of those that went before one could not, too
    if as_json:
        facts = [{"run": d.run, "trials": d.trials, "blobs": d.blobs, "freed_bytes": d.freed_bytes} for d in deleted]
        typer.echo(json.dumps(facts, indent=2))
    else:
        freed = sum(one.freed_bytes for one in deleted)
        typer.echo(f"{count(len(deleted), 'run')} deleted, {size(freed)} freed.")
        typer.echo("Their cells' sources and short outputs stay in the journals of their sessions, for other runs.")


def _without_theirs(found: "list[Run]") -> "list[Run]":
    """Return each run once, and no trial whose search goes: it goes with it."""
    named = {run.run: run for run in found}

    def goes_with_another(run: "Run") -> bool:
        search = named.get(run.parent) if run.parent is not None else None
        return search is not None and not goes_with_another(search)

    return [run for run in named.values() if not goes_with_another(run)]


def record_pending(sessions: "Sessions") -> None:
    """Record what no server or engine has yet. A store that cannot be had is said, and stops nothing."""
    from cellmill.core.errors import CellmillError
    from cellmill.wiring.marks import pending
    from cellmill.wiring.recorder import record

    if not pending(sessions, sessions.project.store):
        return
    from cellmill.wiring.projects import run_store

    try:
        record(sessions, run_store(sessions.project))
    except CellmillError as error:
        typer.echo(f"cellmill: {error}", err=True)


def _store_ids(sessions: "Sessions") -> dict[Any, str]:
    from cellmill.wiring.marks import store_ids

    return store_ids(sessions.project, sessions.project.store)


def as_record(run: "Run", store_id: str | None) -> dict[str, Any]:
    """Return a run as scripts read it. Documented in docs/users/command-line.md."""
    record = {
        "run": run.run,
        "mlflow_run_id": store_id,
        "notebook": run.notebook,
        "model_class": run.model_class,
        "kind": run.kind,
        "parent": run.parent,
        "status": run.status,
        "started_ms": run.started_ms,
        "ended_ms": run.ended_ms,
        "parameters": {parameter.name: parameter.value for parameter in run.parameters},
        "metrics": run.last_metrics,
        "data": [
            {"name": use.name, "context": use.context, "digest": use.digest, "rows": use.rows} for use in run.data
        ],
        "sources": [{"kind": s.kind, "name": s.name, "sha256": s.digest} for s in run.sources],
        "curves": _curves(run),
        "environment": _environment(run),
        "tracked": [{"system": t.system, "id": t.id, "uri": t.uri} for t in run.tracked],
        "executions": [
            {
                "execution": part.execution.execution,
                "number": part.execution.number,
                "cell": part.execution.cell,
                "part": part.part,
                "outcome": part.execution.outcome,
            }
            for part in run.executions
        ],
        "judgement": run.verdict.judgement if run.verdict else None,
        "verdict": run.verdict.detail if run.verdict else None,
        "error": f"{run.error.type}: {run.error.message}" if run.error else None,
        "incomplete": list(run.incomplete),
    }
    made: dict[str, Any] = plain(record)
    return made


def _curves(run: "Run") -> dict[str, list[list[float]]]:
    """Return each metric that was measured more than once, as pairs of step and value."""
    points: dict[str, list[list[float]]] = {}
    for metric in run.metrics:
        points.setdefault(metric.name, []).append([metric.step, metric.value])
    return {name: found for name, found in points.items() if len(found) > 1}


def _environment(run: "Run") -> dict[str, Any] | None:
    from dataclasses import asdict

    if run.surroundings is None:
        return None
    facts = asdict(run.surroundings)
    del facts["path"]
    facts["distributions"] = dict(facts["distributions"])
    if facts["git"] is not None:
        facts["git"]["untracked"] = list(facts["git"]["untracked"])
    return facts


def plain(value: Any) -> Any:
    """Return a value as JSON has it, which knows no NaN and no infinity: text stands for them, as in MLflow's answers.

    A key that is none there becomes text too. Values that are none are left to whoever writes them.
    """
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    if isinstance(value, dict):
        return {name if isinstance(name, (str, int)) else str(name): plain(inner) for name, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, (list, tuple)) else value
