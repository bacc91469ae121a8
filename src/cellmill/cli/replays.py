"""`cellmill replay`."""

import json
import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from cellmill.cli import EXIT_FAILED, EXIT_INTERRUPTED, app
from cellmill.cli.interrupts import end_with_input
from cellmill.cli.runs import AS_JSON, FOLDER, complete_run, load, plain, record_pending
from cellmill.core.errors import NoRuns
from cellmill.core.verdicts import REPRODUCED, Verdict

if TYPE_CHECKING:
    from cellmill.capture.sessions import Sessions
    from cellmill.core.ports import Kernels
    from cellmill.core.recipes import Recipe, Section
    from cellmill.core.runs import Run
    from cellmill.wiring.attempts import Options


@app.command()
def replay(
    runs: list[str] = typer.Argument(None, help="Runs, bundles, or recipes.", autocompletion=complete_run),
    notebook: str | None = typer.Option(None, "--all", metavar="NOTEBOOK", help="Every run of this notebook."),
    tolerance: float = typer.Option(1e-9, "--tolerance", min=0, help="Largest relative difference of a same figure."),
    network: bool = typer.Option(False, "--network", help="Allow the replay to connect."),
    cold: bool = typer.Option(False, "--cold", help="Start each kernel from nothing."),
    outputs: bool = typer.Option(False, "--outputs", help="Compare what the cells show, too."),
    times: int = typer.Option(3, "--times", min=1, help="How often a run is replayed whose first replay differs."),
    timeout: float | None = typer.Option(
        None, "--timeout", min=0.1, help="Seconds for a cell; by default ten times what it took."
    ),
    rebuild_env: bool = typer.Option(
        False, "--rebuild-env", help="In an environment made from the run's lock, with uv."
    ),
    data: Path = typer.Option(Path(), "--data", help="Where data lies that a bundle does not bring."),
    folder: Path = FOLDER,
    as_json: bool = AS_JSON,
    attended: bool = typer.Option(
        False, "--attended", help="For programs: end when the input does, and leave recording to whoever started this."
    ),
) -> None:
    """Make runs again from a clean kernel, and compare them with the record.

    Example: cellmill replay 3f2a91
    """
    from cellmill.cli.tables import print_verdict
    from cellmill.executors.kernels import LocalKernels
    from cellmill.wiring.attempts import Options
    from cellmill.wiring.projects import settings_of

    _end_as_if_interrupted()
    if attended:
        end_with_input()
    sessions = load(folder)
    asked = _asked(sessions, runs or (), notebook)
    warm = not cold and settings_of(sessions.project).warm_kernels
    options = Options(tolerance=tolerance, network=network, warm=warm, outputs=outputs, times=times, timeout_s=timeout)
    silent = as_json or not sys.stderr.isatty()
    replays = _Replays(sessions, LocalKernels(), options, rebuild_env=rebuild_env, data=data, silent=silent)
    verdicts: list[tuple[Run, Verdict]] = []
    try:
        for one, verdict in replays.of(asked):
            verdicts.append((one, verdict))
            if not as_json:
                print_verdict(one, verdict)
    except KeyboardInterrupt:
        typer.echo("cellmill: Interrupted. What was replayed before has its verdict.", err=True)
        raise typer.Exit(EXIT_INTERRUPTED) from None
    if not attended:
        record_pending(sessions)
    if as_json:
        typer.echo(json.dumps(plain([{"run": one.run, **verdict_record(v)} for one, v in verdicts]), indent=2))
    if any(verdict.judgement not in REPRODUCED for _, verdict in verdicts):
        raise typer.Exit(EXIT_FAILED)


def verdict_record(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as scripts read it. Documented in docs/users/command-line.md."""
    plain = vars(verdict) | {"figures": [vars(figure) for figure in verdict.figures]}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in plain.items()}


@dataclass(frozen=True)
class _EditedRecipe:
    """A recipe's notebook, whose code need not be the run's any more."""

    name: str
    run: "Run"
    recipe: "Recipe"
    sections: "tuple[Section, ...]"


@dataclass(frozen=True)
class _Asked:
    """What shall be replayed, found before the first replay begins."""

    bundles: tuple[Path, ...]
    recipes: tuple[_EditedRecipe, ...]
    runs: "tuple[Run, ...]"


def _asked(sessions: "Sessions", names: Sequence[str], notebook: str | None) -> _Asked:
    recipes = tuple(_recipe_in(name, sessions) for name in names if name.endswith(".ipynb"))
    found = [sessions.run(name) for name in names if not name.endswith((".zip", ".ipynb"))]
    if notebook is not None:
        found += [run for run in sessions.runs(sessions.project.relative(notebook)) if run.parent is None]
        if not found:
            raise NoRuns(notebook)
    bundles = tuple(Path(name).resolve() for name in names if name.endswith(".zip"))
    if not found and not bundles and not recipes:
        raise typer.BadParameter("Name a run, a bundle or a recipe, or give --all NOTEBOOK.")
    return _Asked(bundles, recipes, tuple(found))


def _recipe_in(name: str, sessions: "Sessions") -> _EditedRecipe:
    from cellmill.wiring.recipes import recipe_in

    found = recipe_in(Path(name).resolve(), sessions)
    if found is None:
        raise typer.BadParameter(f"{name} is not a recipe. Replay the runs of a notebook with: --all {name}")
    return _EditedRecipe(name, *found)


@dataclass(frozen=True)
class _Replays:
    """Replays what was asked for, one after another."""

    sessions: "Sessions"
    kernels: "Kernels"
    options: "Options"
    rebuild_env: bool
    data: Path
    silent: bool

    def of(self, asked: _Asked) -> "Iterator[tuple[Run, Verdict]]":
        """Yield each run with its verdict as soon as there is one."""
        for path in asked.bundles:
            yield self._bundle(path)
        for recipe in asked.recipes:
            yield recipe.run, self._recipe(recipe)
        for run in asked.runs:
            yield run, self._run(run)

    def _bundle(self, path: Path) -> "tuple[Run, Verdict]":
        from cellmill.cli.progress import cell_progress
        from cellmill.wiring.bundles import opened_bundle
        from cellmill.wiring.replaying import find_verdict

        with opened_bundle(path, data=self.data) as (inside, run, recipe):
            options, session = self._options_for(run), inside.session_of(run)
            with cell_progress(run.run, silent=self.silent) as progress:
                return run, find_verdict(
                    inside.project, session, run, self.kernels, options, recipe=recipe, progress=progress
                )

    def _recipe(self, asked: _EditedRecipe) -> Verdict:
        from cellmill.cli.progress import cell_progress
        from cellmill.wiring.replaying import find_verdict

        options, session = self._options_for(asked.run), self.sessions.session_of(asked.run)
        with cell_progress(asked.run.run, silent=self.silent) as progress:
            verdict = find_verdict(
                self.sessions.project,
                session,
                asked.run,
                self.kernels,
                options,
                recipe=asked.recipe,
                sections=asked.sections,
                progress=progress,
            )
        note = f"Of {asked.name} as it stands: the run keeps the verdict of its own recipe."
        return replace(verdict, notes=(*verdict.notes, note))

    def _run(self, run: "Run") -> Verdict:
        from cellmill.cli.progress import cell_progress
        from cellmill.wiring.replaying import replay as replay_run

        options = self._options_for(run)
        with cell_progress(run.run, silent=self.silent) as progress:
            return replay_run(self.sessions, run, self.kernels, options, progress=progress)

    def _options_for(self, run: "Run") -> "Options":
        """With an environment made from the run's lock, where that is wanted."""
        if not self.rebuild_env:
            return self.options
        from cellmill.wiring.environments import rebuilt_environment

        typer.echo(f"Making the environment of run {run.run} again …", err=True)
        return replace(self.options, interpreter=rebuilt_environment(self.sessions.project, run))


def _end_as_if_interrupted() -> None:
    """What ends this process politely interrupts it: its kernel ends, and its folder goes."""

    def end(number: int, _: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
