"""The notebook's own values that flowed into a training: its parameters, which a person turns. Pure.

The source tells them as far as it can; what it leaves open is told by the namespace as it was when the training
began. A value that neither tells for sure is left out: a wrong one is worse than none.
"""

from typing import Any

from cellmill.capture.history import History
from cellmill.capture.secret_names import is_secret
from cellmill.capture.trainings import Training
from cellmill.core.ids import ExecutionId
from cellmill.core.runs import Execution
from cellmill.dataflow.bindings import bindings_of

# Names that Cellmill writes into notebooks itself: `cellmill_values` says where values cross, and trains nothing.
_OWN_NAMES = "cellmill_"


def values_that_flowed(history: History, training: Training) -> dict[str, str]:
    """Return the values that flowed into a training, as text, by their names."""
    trained = history.get(training.started.execution)
    if trained is None:
        return {}
    started, finished = training.started, training.finished
    seen = {**started.values, **(finished.values if finished is not None else {})}
    found, changed = _fed(history, trained)
    for name, execution in changed.items():
        if history.last_writer(name, before=trained.execution) == execution and name in seen:
            found[name] = seen[name]
    _trained_here(trained, started.line, seen, found, changed)
    parts = [*history.in_order(history.fed(trained.execution).executions), trained]
    whole = frozenset[str]().union(*(bindings_of(part.source).used_whole for part in parts))
    return {
        path: text
        for path, text in found.items()
        # An object that is made of a class, or whoever is given it, may have set another value.
        if not path.startswith(_OWN_NAMES) and not ("." in path and path.partition(".")[0] in whole)
    }


def _fed(history: History, trained: Execution) -> tuple[dict[str, str], dict[str, ExecutionId]]:
    """Return what the cells before had bound, and the names whose values their sources leave open, with who did."""
    fed = history.fed(trained.execution)
    found: dict[str, str] = {}
    changed: dict[str, ExecutionId] = {}
    for execution in history.in_order(fed.executions):
        bindings = bindings_of(execution.source)
        told, whole = bindings.at_end(), execution.outcome == "ok"
        needed = fed.needed[execution.execution]
        for path in [path for path in found if path.partition(".")[0] in bindings.bound - needed]:
            del found[path]  # the cell turned it, or counts with it, for itself
        for name in [
            *(name for name in bindings.known_names if name in needed),
            *needed.difference(bindings.known_names),
        ]:
            values = {path: value for path, value in told.items() if path.partition(".")[0] == name}
            was_known = any(path.partition(".")[0] == name for path in found) or name in changed
            for path in [path for path in found if path.partition(".")[0] == name]:
                del found[path]
            if values and (whole or bindings.is_bound_once(name)):
                found.update(_shown(values))
                changed.pop(name, None)
            elif was_known or name in bindings.known_names:
                changed[name] = execution.execution
    return found, changed


def _trained_here(
    trained: Execution, line: int | None, seen: dict[str, str], found: dict[str, str], changed: dict[str, ExecutionId]
) -> None:
    """Add what the training's own cell binds, and correct what it binds anew."""
    bindings = bindings_of(trained.source)
    bound = bindings.bound | (trained.writes if trained.outcome is not None else frozenset())
    again = {path for path in (*found, *changed) if path.partition(".")[0] in bound}
    for path in again:
        found.pop(path, None)
    told = bindings.at_end()
    if line is None:
        found.update(_shown({path: v for path, v in told.items() if bindings.is_bound_once(path.partition(".")[0])}))
        return
    before = bindings.before(line)
    sure = {path: value for path, value in before.items() if path in told and told[path] == value}
    gathered = bindings.gathered(line)
    for path in dict.fromkeys([*sorted(again), *_shown(before), *bindings.looped(line)]):
        if path.partition(".")[0] in gathered:
            continue
        if path in seen:
            found[path] = seen[path]
        elif path in sure and bindings.is_bound_once(path.partition(".")[0]):
            found.update(_shown({path: sure[path]}))


def _shown(values: dict[str, Any]) -> dict[str, str]:
    """Return values as text, without those that are secret, for a parameter is shown to many, or still empty."""
    return {
        path: str(value)
        for path, value in values.items()
        if not _is_to_be_filled(value) and not is_secret(path.rpartition(".")[2], value)
    }


def _is_to_be_filled(value: Any) -> bool:
    """Whether a value stands for one to come, as in `scores = []` and `best = None`, or is full of such."""
    if isinstance(value, dict):
        return all(_is_to_be_filled(each) for each in value.values())
    if isinstance(value, list | tuple | set):
        return all(_is_to_be_filled(each) for each in value)
    return value is None
