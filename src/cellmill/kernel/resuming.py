"""What a headless run that can be gone on with asks its kernel to do: keep all values, and take them again.

Nothing of it enters the user's namespace.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cellmill.core.errors import CellmillError
from cellmill.kernel.crossing import begin_step, end_step
from cellmill.kernel.crossing.weigh import weigh
from cellmill.kernel.extension import state_of
from cellmill.kernel.replaying import before_cell

LOOKING_S = 30.0


def answer(verb: str, shell: Any, *given: Any) -> str:
    """Call a function of this module. Returns JSON: what it `answer`s, or the `error` in words."""
    try:
        return json.dumps({"answer": _VERBS[verb](shell, *given), "error": None})
    except CellmillError as error:
        reason = getattr(error, "reason", None)
        named = f"{getattr(error, 'name', '')!r}: {reason}" if reason and getattr(error, "name", None) else reason
        return json.dumps({"answer": None, "error": named or str(error)})


def begin(shell: Any, step: str, after: str, values: str, folder: str, number: int, set_up: list[str]) -> str | None:
    """Make this kernel like the one that kept its values under `after`; with '' it is a first one. Returns None.

    `set_up` are statements to the shell (`%matplotlib inline`) that held there. Raises `CrossingError`.
    """
    for line in set_up:
        name, _, rest = line.removeprefix("%").partition(" ")
        shell.run_line_magic(name, rest)
    begin_step(step, after=[after] if after else [], values=values, folder=folder)
    if number:
        shell.execution_count = number
    state = state_of(shell)
    if state is not None and state.recording is not None:
        state.recording.catch_up(LOOKING_S, with_outside=True)
    return None


def keep(shell: Any, new: list[str], patched: list[str], states: dict[str, str], cwd: str) -> str | None:
    """Keep all values but those of `new` names, with the random state as it was. Returns why nothing can be kept.

    `states` are files with pickled states of generators; `cwd` is where the kernel worked before the cell that raised.
    Raises `CrossingError`.
    """
    if Path.cwd() != Path(cwd):
        return "the cell had changed the working directory before it raised"
    before_cell(shell, shell.execution_count, states)
    found = json.loads(weigh(shell, json.dumps({"names": None, "patches": patched})))
    names = [name for name in found["names"] if name not in new]
    for name, why in found["cannot"].items():
        if name in names:
            return f"{name!r} cannot be kept: {why}"
    end_step(names, patched=patched)
    return None


_VERBS: dict[str, Callable[..., str | None]] = {"begin": begin, "keep": keep}
