"""`cellmill pipeline`: several notebooks, run as one."""

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from cellmill.cli import EXIT_INTERRUPTED, app
from cellmill.cli.runs import AS_JSON, plain
from cellmill.core.errors import BadParameter
from cellmill.core.words import count, shown_path

if TYPE_CHECKING:
    from cellmill.cli.attempts import Log
    from cellmill.core.pipeline_runs import PipelineRun, Planned
    from cellmill.wiring.situations import Situation

pipeline_app = typer.Typer(name="pipeline", help="Several notebooks, run as one.", no_args_is_help=True)
app.add_typer(pipeline_app)

_PARAMETER = re.compile(r"(?:[A-Za-z0-9_-]+\.)?[^\W\d]\w*")
FOLDER = typer.Argument(help="Its folder, or its name in pipelines/.")


@pipeline_app.command("run")
def run(
    pipeline: Path = FOLDER,
    parameters: list[str] = typer.Option(
        [],
        "-p",
        "--parameter",
        metavar="[STEP.]NAME=VALUE",
        help="Set a parameter of one step, or of all that take it.",
    ),
    start: list[str] = typer.Option([], "--from", metavar="STEP", help="Run this step, and then what comes after it."),
    stop: list[str] = typer.Option([], "--to", metavar="STEP", help="Run nothing beyond this step."),
    only: list[str] = typer.Option([], "--only", metavar="STEP", help="Run this step alone."),
    force: bool = typer.Option(False, "--force", help="Run steps for which nothing has changed, too."),
    jobs: int = typer.Option(0, "--jobs", "-j", min=0, help="How many steps at a time; by default as many as cores."),
    executor: str = typer.Option("local", "--executor", metavar="NAME[://ADDRESS]", help="Where steps run."),
    kernel: str | None = typer.Option(None, "-k", "--kernel", help="The kernel, if not the notebooks' own."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Say what would run, and why."),
    log_json: bool = typer.Option(False, "--log-json", help="Tell what happens on standard error, as lines of JSON."),
    attended: bool = typer.Option(False, "--attended", help="For programs: end when the input does."),
    as_json: bool = AS_JSON,
) -> None:
    """Run what has changed of a pipeline, and what comes after it.

    Example: cellmill pipeline run pipelines/flights -p max_depth=4
    """
    from cellmill.cli.attempts import Log
    from cellmill.cli.idle import is_idle, print_idle
    from cellmill.cli.interrupts import end_with_input
    from cellmill.wiring.situations import Wanted, situation_of

    log = Log(wanted=log_json)
    if attended:
        end_with_input()
    with log.telling():
        wanted = Wanted(_pairs(parameters), tuple(start), tuple(stop), tuple(only), force, kernel)
        situation = situation_of(pipeline, wanted)
        planned = situation.plan()
        if dry_run:
            return _print_plan(situation, planned, as_json=as_json)
        if is_idle(planned):
            situation.keep_looks()
            return print_idle(situation.pipeline.name, planned, as_json=as_json)
        return _run(pipeline, wanted, situation, jobs, executor, log, as_json=as_json)


@pipeline_app.command("new")
def new(
    name: str = typer.Argument(help="What it will be called: it is written to pipelines/NAME."),
    notebooks: list[Path] = typer.Argument(help="The notebooks of its steps. They stay where they are."),
    copy: bool = typer.Option(False, "--copy", help="Copy them into the pipeline's folder."),
    as_json: bool = AS_JSON,
) -> None:
    """Make a pipeline of several notebooks, each after those whose files it reads.

    Example: cellmill pipeline new flights load.ipynb train.ipynb report.ipynb
    """
    from cellmill.wiring.composing import new_pipeline

    folder, made, edges = new_pipeline(name, notebooks, copy=copy)
    if as_json:
        record = {"folder": shown_path(folder), "steps": list(made.names), "edges": [asdict(edge) for edge in edges]}
        return typer.echo(json.dumps(record, indent=2))
    for edge in edges:
        typer.echo(f"{edge.after} after {edge.before}: {', '.join(edge.files)}")
    alone = [step.name for step in made.steps if all(step.name not in (e.before, e.after) for e in edges)]
    if alone:
        typer.echo(
            f"Of {', '.join(alone)} no file is known that links it to another: write `after` by hand if it waits."
        )
    typer.echo(f"Written to {shown_path(folder)}. Run it with: cellmill pipeline run {shown_path(folder)}")
    return None


@pipeline_app.command("show")
def show(pipeline: Path = FOLDER, as_json: bool = AS_JSON) -> None:
    """Show the steps of a pipeline, what they wait for, and what would run.

    Example: cellmill pipeline show pipelines/flights
    """
    from cellmill.wiring.situations import Wanted, situation_of

    situation = situation_of(pipeline, Wanted())
    planned = situation.plan()
    if as_json:
        return typer.echo(json.dumps(plain(_as_shown(situation, planned)), indent=2, default=repr))
    from cellmill.cli.pipeline_tree import planned_tree
    from cellmill.cli.tables import console

    console().print(planned_tree(situation.pipeline, planned, situation.records))
    return None


@pipeline_app.command("list")
def list_pipelines(as_json: bool = AS_JSON) -> None:
    """List the pipelines of this project.

    Example: cellmill pipeline list
    """
    from cellmill.core.errors import CellmillError
    from cellmill.core.pipelines import DOCUMENT
    from cellmill.core.project import find_project
    from cellmill.pipeline.document import read_pipeline

    project = find_project(Path.cwd())
    found: list[dict[str, Any]] = []
    for document in sorted(project.root.glob(f"pipelines/*/{DOCUMENT}")):
        folder = shown_path(document.parent)
        try:
            found.append({"folder": folder, "steps": list(read_pipeline(document.parent).names), "error": None})
        except CellmillError as error:
            found.append({"folder": folder, "steps": [], "error": str(error)})
    if as_json:
        return typer.echo(json.dumps(found, indent=2))
    for one in found:
        typer.echo(f"{one['folder']}: {one['error'] or ', '.join(one['steps'])}")
    if not found:
        typer.echo("There is no pipeline in pipelines/. Make one with: cellmill pipeline new NAME NOTEBOOK…")
    return None


def _run(
    folder: Path,
    wanted: Any,
    situation: "Situation",
    jobs: int,
    executor: str,
    log: "Log",
    *,
    as_json: bool,
) -> None:
    from cellmill.cli.interrupts import interrupts
    from cellmill.cli.pipeline_tree import live
    from cellmill.core.pipeline_errors import PipelineFailed
    from cellmill.wiring.pipeline_records import alone
    from cellmill.wiring.pipelines import PipelineStop, run_pipeline
    from cellmill.wiring.situations import situation_of
    from cellmill.wiring.step_executors import step_executor

    stop = PipelineStop()
    with alone(situation.project, situation.state):
        situation = situation_of(folder, wanted, keeps=True)  # anew: whoever ran it until now has changed it
        place = step_executor(executor, jobs, situation.project)
        with live(situation.pipeline, silent=as_json, log=log) as told, interrupts(stop.ask):
            ended, troubles = run_pipeline(situation, place, stop=stop, told=told)
    again = f"cellmill pipeline run {shown_path(situation.folder)}"
    if as_json:
        typer.echo(json.dumps(plain(_as_record(ended)), indent=2, default=repr))
    else:
        _print_end(situation, ended)
    for words in troubles if log.wanted else (*ended.words, *ended.errors, *troubles):
        log.tell("said", message=words)
        if not log.wanted:
            typer.echo(f"cellmill: {words}", err=True)
    if stop.times:
        left = sum(step.state in ("interrupted", "not reached") for step in ended.steps)
        words = f"with {count(left, 'step')} left" if left else "with everything done but the record in MLflow"
        log.interrupted(f"Interrupted, {words}. What has run is kept. Go on with: {again}", left=left)
        raise typer.Exit(EXIT_INTERRUPTED)
    if ended.failed:
        raise PipelineFailed(situation.pipeline.name, failed=ended.failed, command=again)


def _pairs(pairs: list[str]) -> dict[str, str]:
    texts = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not _PARAMETER.fullmatch(name.strip()):
            raise BadParameter(pair)
        texts[name.strip()] = value
    return texts


# --- what is printed


def _print_plan(situation: "Situation", planned: tuple["Planned", ...], *, as_json: bool) -> None:
    if as_json:
        return typer.echo(json.dumps(plain(_as_shown(situation, planned)), indent=2, default=repr))
    for each in planned:
        typer.echo(f"{each.key}: {each.words}")
    return None


def _print_end(situation: "Situation", ended: "PipelineRun") -> None:
    states = [step.state for step in ended.steps]
    words = {
        "ok": "ran",
        "unchanged": "unchanged",
        "failed": "failed",
        "interrupted": "interrupted",
        "not reached": "not reached",
        "left out": "left out",
    }
    parts = [f"{states.count(state)} {word}" for state, word in words.items() if state in states]
    seconds = ((ended.ended_ms or ended.started_ms) - ended.started_ms) / 1000
    typer.echo(f"{situation.pipeline.name}: {', '.join(parts)}, in {seconds:.1f} s.")
    outputs = [
        situation.project.root / step.output for step in ended.steps if step.output and step.state != "unchanged"
    ]
    if outputs:
        typer.echo(f"Executed notebooks: {shown_path(outputs[0].parent)}{'/'}")


def _as_record(ended: "PipelineRun") -> dict[str, Any]:
    return {**asdict(ended), "steps": [{**asdict(step), "seconds": step.seconds} for step in ended.steps]}


def _as_shown(situation: "Situation", planned: tuple["Planned", ...]) -> dict[str, Any]:
    plans: dict[str, list[dict[str, Any]]] = {}
    for each in planned:
        plan = {"key": each.key, "what": each.what, "reasons": list(each.reasons)}
        plans.setdefault(each.step, []).append(plan)
    record = asdict(situation.pipeline)
    record["steps"] = [{**step, "plan": plans.get(step["name"], [])} for step in record["steps"]]
    return record
