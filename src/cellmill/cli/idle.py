"""The quick door of `cellmill pipeline run`: that nothing has changed is found without what the command line imports.

Typer imports pydantic once a command has parameters, and the other commands import what is theirs: a quarter of a
second together, which is longer than to look at a pipeline.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cellmill.core.errors import CellmillError
from cellmill.core.pipeline_runs import Planned
from cellmill.core.words import count


def try_idle(words: Sequence[str]) -> bool:
    """Say that there is nothing to do, if that is so. `words` are those after `cellmill pipeline run`.

    False where there is something to do, anything is wrong, or more was asked than one pipeline: then nothing has been
    said, and the command itself takes over.
    """
    given = [word for word in words if word != "--json"]
    if len(given) != 1 or given[0].startswith("-"):
        return False
    from cellmill.wiring.situations import Wanted, situation_of

    try:
        situation = situation_of(Path(given[0]), Wanted())
        planned = situation.plan()
    except CellmillError:
        return False
    if not is_idle(planned):
        return False
    situation.keep_looks()
    print_idle(situation.pipeline.name, planned, as_json="--json" in words)
    return True


def is_idle(planned: Sequence[Planned]) -> bool:
    """Whether nothing is to run."""
    return all(each.what in ("unchanged", "left out") for each in planned)


def print_idle(pipeline: str, planned: Sequence[Planned], *, as_json: bool) -> None:
    """Say that there is nothing to do."""
    if as_json:
        steps: list[dict[str, Any]] = [
            {"key": p.key, "step": p.step, "state": p.what, "why": list(p.reasons), "seconds": None} for p in planned
        ]
        _say(json.dumps({"pipeline": pipeline, "run": None, "steps": steps, "words": []}, indent=2))
        return
    unchanged = sum(each.what == "unchanged" for each in planned)
    out = len(planned) - unchanged
    left_out = f", {count(out, 'step')} left out" if out else ""
    _say(f"Nothing to do: {count(unchanged, 'step')} unchanged{left_out}.")


def _say(text: str) -> None:
    import sys

    sys.stdout.write(f"{text}\n")
