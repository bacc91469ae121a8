"""`%cellmill`: the door in a cell. Says and shows; what needs a store is left to the command line."""

import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cellmill.capture.control import control_path, read_control, write_control
from cellmill.core.clock import now_ms
from cellmill.core.errors import CellmillError
from cellmill.core.words import age, count, number
from cellmill.kernel.state import KernelState

if TYPE_CHECKING:
    from cellmill.core.project import Project
    from cellmill.core.runs import Run

USAGE = """\
%cellmill                       whether capture is on, and what it has seen
%cellmill runs [--all]          the runs of this notebook, or of the whole project
%cellmill pause                 record nothing until it is resumed
%cellmill resume                record again
%cellmill what                  what is stored, and where
%cellmill help                  this text
%cellmill show RUN              the rest goes to the command line: cellmill --help
%cellmill compare RUN RUN
%cellmill recipe RUN [-o FILE]
%cellmill replay RUN
%cellmill register RUN --name NAME [--alias ALIAS]
%cellmill models
%cellmill params [NOTEBOOK]     what can be turned in this notebook, or in another one
%cellmill run NOTEBOOK [-p NAME=VALUE]
%cellmill sweep NOTEBOOK --grid NAME=A,B --metric NAME
%cellmill split --name NAME     make this notebook a pipeline, or another one
%cellmill pipeline run NAME
%cellmill sync"""

COMMAND_LINE = (
    "compare", "models", "params", "pipeline", "recipe", "register", "replay", "run", "show", "split", "sweep", "sync",
)  # fmt: skip
_OF_THIS_NOTEBOOK = ("params", "split")


class Magics:
    """What stands behind `%cellmill`."""

    def __init__(self, state: KernelState) -> None:
        self._state = state
        self._words: dict[str, Callable[[list[str]], Any]] = {
            "runs": self._runs,
            "pause": lambda _: self._pause(True),
            "resume": lambda _: self._pause(False),
            "what": self._what,
            "help": lambda _: _say(USAGE),
        }

    @property
    def words(self) -> list[str]:
        """Every word that may follow `%cellmill`."""
        return sorted([*self._words, *COMMAND_LINE])

    def cellmill(self, line: str) -> Any:
        """See `%cellmill help`."""
        try:
            words = shlex.split(line)
        except ValueError as error:
            return _say(f"{line!r} cannot be read: {error}.")
        if not words:
            return self._show_state()
        word, rest = words[0], words[1:]
        try:
            if word in self._words:
                return self._words[word](rest)
            if word in COMMAND_LINE:
                return self._command_line([word, *self._notebook_first(word, rest)])
        except CellmillError as error:
            return _say(str(error))
        from difflib import get_close_matches

        near = get_close_matches(word, self.words, n=1)
        return _say(f"%cellmill has no {word!r}." + (f" Did you mean {near[0]!r}?" if near else "") + f"\n\n{USAGE}")

    # --- the words

    def _show_state(self) -> None:
        recording, project = self._state.recording, self._state.project
        if recording is None or project is None or self._off_because:
            return _say(f"Cellmill is off: {self._off_because}")
        from cellmill.capture.sessions import load_sessions  # reading journals is not for every kernel's start

        sessions = load_sessions(project)
        mine = [run for run in sessions.runs() if run.session == recording.started.session]
        state = "paused (resume with %cellmill resume)" if recording.paused else "on"
        notebook = project.relative(recording.notebook) or "a notebook whose name nobody has said"
        _say(
            f"Cellmill is {state}.\n"
            f"  notebook  {notebook}\n"
            f"  captured  {count(len(mine), 'run')} in this session\n"
            f"  journal   {project.folder}\n"
            f"  MLflow    {project.store}" + "".join(f"\n  failed    {failure}" for failure in recording.failures)
        )
        return None

    @property
    def _off_because(self) -> str | None:
        """Why nothing is recorded, None where something is, or would be but for a pause."""
        recording, project = self._state.recording, self._state.project
        if recording is None or project is None:
            return self._state.off_because
        if recording.trouble:
            return f"{recording.trouble}. Free the disk or restore the folder; it goes on by itself."
        if not recording.settings.capture:
            return f"the setting capture is off in {project.settings}. Change it and restart the kernel."
        return None

    def _runs(self, rest: list[str]) -> Any:
        recording, project = self._state.recording, self._state.project
        if project is None:
            return _say(f"Cellmill is off: {self._off_because}")
        notebook = project.relative(recording.notebook) if recording is not None else None
        wanted = None if "--all" in rest else notebook
        from cellmill.capture.sessions import load_sessions

        runs = load_sessions(project).runs(wanted)
        if not runs and self._off_because:
            return _say(f"No runs yet, and Cellmill is off: {self._off_because}")
        if not runs:
            return _say("No runs yet. Run a cell that fits a model: nothing to import, no cell to change.")
        from cellmill.kernel.widgets import show_runs

        show_runs(runs, text=table(runs))
        return None

    def _pause(self, paused: bool) -> None:
        recording, project = self._state.recording, self._state.project
        if recording is None or project is None or self._off_because:
            return _say(f"Cellmill is off: {self._off_because}")
        path = control_path(project, recording.started.kernel)
        write_control(path, replace(read_control(path), paused=paused))
        if not paused:
            recording.try_everything_again()
        return _say(
            "Capture is paused: nothing is recorded from the next cell on. Resume with %cellmill resume."
            if paused
            else "Capture is on again, from the next cell on."
        )

    def _what(self, _: list[str]) -> None:
        project = self._state.project
        if project is None:
            return _say(f"Cellmill is off: {self._off_because}")
        recording = self._state.recording
        values = recording.settings.pipeline_values if recording is not None else ""
        sent = [project.store] if project.store != project.default_store else []
        sent += [f"{values} (values of pipelines)"] if "://" in values else []
        where = f"but to {' and '.join(sent)}" if sent else "else"
        places = (f"{place}\n" + "".join(f"    {line}\n" for line in lines) for place, lines in _places(project))
        return _say(
            f"Kept on this machine, {project.folder} readable by you alone; nothing is sent anywhere {where}.\n\n"
            f"{''.join(places)}\n"
            f"MLFLOW_TRACKING_URI is set to that store in this kernel, so what you log by hand lands there too.\n"
            f"Leave examples out with keep_input_examples = false in {project.settings}; pause with %cellmill pause."
        )

    def _notebook_first(self, word: str, rest: list[str]) -> list[str]:
        """Of some words the notebook is this one, where no other is named."""
        recording, project = self._state.recording, self._state.project
        own = recording.notebook if recording is not None else None
        if word not in _OF_THIS_NOTEBOOK or own is None or any(each.endswith(".ipynb") for each in rest):
            return rest
        return [project.relative(own) or own if project is not None else own, *rest]

    def _command_line(self, words: list[str]) -> None:
        project = self._state.project
        done = subprocess.run(
            [sys.executable, "-m", "cellmill", *words],
            cwd=project.root if project is not None else None,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        _say((done.stdout + done.stderr).rstrip())


def _places(project: "Project") -> Iterator[tuple[str, tuple[str, ...]]]:
    """Return each place with what is kept there, the store last."""
    from cellmill.core.kept import KEPT, STORED  # asked for now and then, not at every kernel's start

    for kept in KEPT:
        yield str((project.folder if kept.private else project.root) / kept.place), kept.holds
    yield f"{project.store} (MLflow)", STORED


def table(runs: "tuple[Run, ...]", *, metrics: int = 3) -> str:
    """Return runs as lines of text, one a run, in columns."""
    now = now_ms()
    rows = [("run", "model", "status", "metrics", "when")]
    rows += [
        (
            run.run,
            run.short_class,
            run.status,
            "  ".join(f"{name} {number(value)}" for name, value in list(run.telling_metrics.items())[:metrics]),
            age(run.started_ms, now),
        )
        for run in runs
    ]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def register_magics(shell: Any, state: KernelState) -> None:
    """Give the shell `%cellmill`, with completion of its words."""
    magics = Magics(state)

    def cellmill(line: str) -> Any:
        return magics.cellmill(line)

    cellmill.__doc__ = f"The runs of this notebook.\n\n{USAGE}"
    shell.register_magic_function(cellmill, magic_kind="line", magic_name="cellmill")
    shell.set_hook("complete_command", lambda _self, _event: magics.words, str_key="%cellmill")


def unregister_magics(shell: Any) -> None:
    """Take `%cellmill` out of the shell."""
    shell.magics_manager.magics["line"].pop("cellmill", None)


def _say(text: str) -> None:
    print(text)  # noqa: T201 - a magic answers in the cell's output
