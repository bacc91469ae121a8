"""`cellmill run`: a notebook, headlessly."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from cellmill.cli import EXIT_INTERRUPTED, app, exit_code
from cellmill.cli.runs import AS_JSON, as_record
from cellmill.core.errors import BadParameter, CellFailed, CellmillError, CellTimedOut, KernelDied
from cellmill.core.ids import SessionId, new_session_id
from cellmill.core.outputs import BadOutput, check_output
from cellmill.core.ports import Progress
from cellmill.core.words import shown_path

if TYPE_CHECKING:
    from cellmill.cli.attempts import Log
    from cellmill.wiring.resuming import Resuming

LONGEST_EXCERPT = 12


@app.command()
def run(
    notebook: str = typer.Argument(help="The notebook to run, or its address (https://…, s3://…). It is not changed."),
    parameters: list[str] = typer.Option([], "-p", "--parameter", metavar="NAME=VALUE", help="Set a parameter."),
    output: str | None = typer.Option(None, "-o", "--output", help="Where the executed notebook goes."),
    kernel: str | None = typer.Option(None, "-k", "--kernel", help="The kernel, if not the notebook's own."),
    cold: bool = typer.Option(False, "--cold", help="Start the kernel from nothing."),
    retries: int = typer.Option(0, "--retries", min=0, help="How often it is run again when it fails."),
    cell_timeout: float | None = typer.Option(None, "--cell-timeout", min=0.1, help="Seconds that a cell may take."),
    timeout: float | None = typer.Option(None, "--timeout", min=0.1, help="Seconds that all cells may take."),
    keep_state: bool = typer.Option(False, "--keep-state", help="When a cell raises, keep the values for --resume."),
    resume: bool = typer.Option(False, "--resume", help="Go on from the cell that raised, with the values kept."),
    watch: bool = typer.Option(False, "--watch", help="Run it again whenever its file changes."),
    log_json: bool = typer.Option(False, "--log-json", help="Tell what happens on standard error, as lines of JSON."),
    attended: bool = typer.Option(
        False, "--attended", help="For programs: take parameters from the first line of the input, end when it does."
    ),
    as_json: bool = AS_JSON,
) -> None:
    """Run a notebook from a clean kernel and record its runs.

    Example: cellmill run notebooks/01_flight_delays.ipynb -p max_depth=4
    """
    from cellmill.cli.attempts import Log, until_it_ends_well, whenever_it_changes
    from cellmill.executors.remote import is_remote

    if resume and (watch or retries or kernel):
        raise typer.BadParameter("--resume goes on once, in the same kernel: without --watch, --retries and --kernel")
    if watch and is_remote(notebook):
        raise typer.BadParameter("--watch looks at a file of this machine")
    log = Log(wanted=log_json)
    with log.telling():
        texts = read_pairs(parameters)
        if output is not None:
            _check_output(output, notebook)
        path, cwd = (fetched(notebook), Path.cwd()) if is_remote(notebook) else (Path(notebook).resolve(), None)
    if attended:
        from cellmill.cli.interrupts import end_with_input, first_line_of_input

        texts |= {name: str(text) for name, text in json.loads(first_line_of_input() or b"{}").items()}
        end_with_input()

    going_on = GoingOn(keeps=keep_state or resume, resumes=resume)
    asked = Asked(path, texts, kernel, cold, cell_timeout, timeout, cwd, going_on, as_json, silent=as_json or log_json)
    records: list[dict[str, Any]] = []
    elsewhere = output if output is not None and is_remote(output) else None

    def once() -> None:
        session = new_session_id()
        place = default_output(path, session) if output is None or elsewhere else Path(output).resolve()
        with _sent(place, elsewhere, log):
            _once(asked, session, place, log, records)

    def tried() -> None:
        try:
            until_it_ends_well(once, retries=retries, log=log)
        finally:
            if as_json and records:  # one document, of the last attempt
                typer.echo(json.dumps(records[-1], indent=2))
            records.clear()

    try:
        whenever_it_changes(tried, path, log=log) if watch else tried()
    except KeyboardInterrupt:
        log.interrupted("Interrupted. A training that was under way is marked so.")
        raise typer.Exit(EXIT_INTERRUPTED) from None
    except CellmillError as error:
        if not log_json:
            raise
        raise typer.Exit(exit_code(error)) from None  # the log has told it


@dataclass(frozen=True)
class GoingOn:
    """Whether a run keeps its values when a cell raises, and whether it goes on with such."""

    keeps: bool
    resumes: bool


@dataclass(frozen=True)
class Asked:
    """What a notebook is run with, however often it is: again after a failure, or whenever it changes."""

    notebook: Path
    texts: dict[str, str]
    kernel: str | None
    cold: bool
    cell_timeout_s: float | None
    timeout_s: float | None
    cwd: Path | None
    going_on: GoingOn
    as_json: bool
    silent: bool


def _once(asked: Asked, session: SessionId, output: Path, log: "Log", records: list[dict[str, Any]]) -> None:
    """Run it, and add to `records` what came of it, whether it ended well or not."""
    from cellmill.executors.notebooks import KernelExecutor
    from cellmill.executors.papermill import PapermillExecutor
    from cellmill.pipeline.step import Step, run_step
    from cellmill.wiring.headless import HeadlessSession

    resumable, given = _resumable(asked.notebook, session, asked.texts, asked.going_on)
    executor = KernelExecutor(
        lambda notebook, output: HeadlessSession(session, notebook, output=str(output), cold=asked.cold),
        otherwise=PapermillExecutor(session, cold=asked.cold),
        say=log.say,
        cold=asked.cold,
        cwd=asked.cwd,
        cell_timeout_s=asked.cell_timeout_s,
        timeout_s=asked.timeout_s,
        resumable=resumable,
    )
    try:
        with _progress(asked.notebook.name, silent=asked.silent) as bar:

            def told(progress: Progress) -> None:
                bar(progress)
                log.cell(progress)

            run_step(Step(asked.notebook, output, given, asked.texts, asked.kernel), executor, progress=told)
    except (CellFailed, KernelDied, CellTimedOut, KeyboardInterrupt) as error:
        records.append(_report(asked.notebook, session, output, as_json=asked.as_json))
        if isinstance(error, CellFailed) and not log.wanted:
            typer.echo(_excerpt(error), err=True)
        raise
    records.append(_report(asked.notebook, session, output, as_json=asked.as_json))


def _check_output(output: str, notebook: str) -> None:
    """Raise `BadOutput` where the executed notebook cannot go, before anything runs."""
    from cellmill.executors.remote import check_address, is_remote

    if not is_remote(output):
        check_output(Path(output), notebook=None if is_remote(notebook) else Path(notebook))
    elif output == notebook:
        raise BadOutput(output, reason="it is the notebook that is run, which is not changed")
    else:
        check_address(output)


@contextmanager
def _sent(path: Path, address: str | None, log: "Log") -> Iterator[None]:
    """Send what has come to lie at a path to an address afterwards. What was raised inside is not lost over it."""

    def send_it() -> None:
        from cellmill.executors.remote import send

        if address is not None and path.exists():
            send(path, address)

    try:
        yield
    except BaseException:
        try:
            send_it()
        except BadOutput as error:
            log.say(f"cellmill: {error}")
        raise
    send_it()


def _resumable(
    notebook: Path, session: SessionId, texts: dict[str, str], going_on: GoingOn
) -> "tuple[Resuming | None, Mapping[str, Any]]":
    """Return who keeps the values, and the parameters of the run that is gone on with. Raises `CannotResume`."""
    if not going_on.keeps:
        return None, {}
    from cellmill.notebook.parameters import check_parameters, declared_parameters, declaring_cell, read_texts
    from cellmill.notebook.plain import read_plain
    from cellmill.wiring.projects import project_of
    from cellmill.wiring.resuming import Resuming, find_kept

    document, project = read_plain(notebook), project_of(notebook)
    if not going_on.resumes:
        return Resuming(project, session, notebook), {}
    declared, cell = declared_parameters(document), declaring_cell(document)
    given = check_parameters(read_texts(texts, declared), declared, notebook=shown_path(notebook), cell=cell)
    kept = find_kept(project, notebook, given if texts else None)
    return Resuming(project, session, notebook, kept), kept.parameters


def fetched(address: str) -> Path:
    """Return a copy of a notebook that lies elsewhere, in `executed/fetched/` of the project that one is in.

    Each address has a folder there: notebooks of one name may run at once, and are read again at each retry.
    """
    import hashlib

    from cellmill.executors.remote import fetch
    from cellmill.wiring.projects import project_of

    name = address.partition("?")[0].rstrip("/").rpartition("/")[2] or "notebook.ipynb"
    own = hashlib.sha256(address.encode("utf-8", "replace")).hexdigest()[:8]
    path = project_of(Path.cwd()).root / "executed" / "fetched" / own / name
    fetch(address, path)
    return path


def _excerpt(error: CellFailed) -> str:
    """Return the failing cell, as much of it as fits a terminal."""
    lines = error.source.rstrip().splitlines()
    more = len(lines) - LONGEST_EXCERPT
    shown = [f"    {line}" for line in lines[:LONGEST_EXCERPT]] + ([f"    … {more} more lines"] if more > 0 else [])
    return "\n".join([f"Cell {error.cell}:", *shown])


def default_output(notebook: Path, session: SessionId) -> Path:
    """Return where an executed notebook goes: `executed/` at the project's root, never over another one.

    Notebooks of the same name, and runs of one, may begin within the same second: the session tells them apart.
    """
    from cellmill.wiring.projects import project_of

    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    return project_of(notebook).root / "executed" / f"{notebook.stem}-{stamp}-{session.rpartition('-')[2]}.ipynb"


def read_pairs(pairs: list[str]) -> dict[str, str]:
    """Return `NAME=VALUE` as name -> text. Raises `BadParameter`."""
    texts = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip().isidentifier():
            raise BadParameter(pair)
        texts[name.strip()] = value
    return texts


def _progress(name: str, *, silent: bool) -> Any:
    from cellmill.cli.progress import cell_progress

    return cell_progress(name, silent=silent or not sys.stderr.isatty())


def _report(notebook: Path, session: SessionId, output: Path, *, as_json: bool) -> dict[str, Any]:
    """Return what a run came to as scripts read it; print it for people, unless scripts are to."""
    from cellmill.capture.sessions import load_sessions
    from cellmill.cli.tables import print_runs
    from cellmill.wiring.marks import store_ids
    from cellmill.wiring.projects import project_of

    sessions = load_sessions(project_of(notebook))
    mine = tuple(run for run in sessions.runs() if run.session == session)
    known = store_ids(sessions.project, sessions.project.store)
    record = {"session": session, "output": str(output), "runs": [as_record(r, known.get(r.run)) for r in mine]}
    if as_json:
        return record
    if mine:
        print_runs(tuple(run for run in mine if run.parent is None), among=mine)
    else:
        typer.echo("No training was seen, so there is no run.")
    if output.exists():
        typer.echo(f"Executed notebook: {shown_path(output)}")
    return record
