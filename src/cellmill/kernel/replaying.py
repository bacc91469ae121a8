"""What a replay asks its kernel to do between the cells. Nothing of it enters the user's namespace."""

import fnmatch
import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from cellmill.capture.surroundings import random_state
from cellmill.kernel.confinement import confine


def begin(shell: Any, writable: Iterable[str], *, network: bool) -> str:
    """Confine the process. Returns who enforces it.

    What IPython itself would write for the user (the folders visited with `%cd`, the history) stays in memory.
    """
    shell.db = _Shelf(_kept_by_ipython(shell))
    shell.history_manager.enabled = False
    return confine(writable, network=network)


class _Shelf(dict[str, Any]):
    """IPython's own database, as far as this process sees it."""

    def keys(self, pattern: str | None = None) -> Any:
        """As in `PickleShareDB`, whose keys are paths: `keys('autorestore/*')`."""
        return super().keys() if pattern is None else fnmatch.filter(super().keys(), pattern)


def _kept_by_ipython(shell: Any) -> dict[str, Any]:
    if not (Path(shell.profile_dir.location) / "db").is_dir():
        return {}  # to ask for it would make it
    try:
        return {key: shell.db[key] for key in shell.db.keys()}  # noqa: SIM118 - it is no mapping in every version
    except Exception:  # noqa: BLE001 - a broken file of IPython's is none of a replay's business
        return {}


def before_cell(shell: Any, number: int, states: dict[str, str]) -> None:
    """Make the next cell have the number that it had, and the random state that it met. `states` are files."""
    shell.execution_count = number
    random_state.restore({name: Path(path).read_bytes() for name, path in states.items() if Path(path).exists()})


def predictions(recorded: str, replayed: str, example: str) -> str:
    """Return how two pickled models answer the same rows, as JSON; with `problem` where one does not."""
    import cloudpickle

    try:
        rows = cloudpickle.loads(Path(example).read_bytes())
        answers = [_answer(cloudpickle.loads(Path(path).read_bytes()), rows) for path in (recorded, replayed)]
    except Exception as error:  # noqa: BLE001 - a model of the user's may raise anything
        return json.dumps({"problem": f"{type(error).__name__}: {error}"[:300]})
    before, after = answers
    if before is None or after is None:
        return json.dumps({"problem": "this kind of model is not known how to ask"})
    same_shape = len(before) == len(after)
    relative = max(map(_relative, before, after), default=0.0) if same_shape else math.inf
    return json.dumps(
        {
            "rows": len(rows) if hasattr(rows, "__len__") else len(before),
            "relative": relative if math.isfinite(relative) else 1e308,
            "recorded": _shown(before),
            "replayed": _shown(after),
        }
    )


def _answer(model: Any, rows: Any) -> list[Any] | None:
    """Return what a model predicts, flat."""
    home = type(model).__module__.partition(".")[0]
    if home == "xgboost" and type(model).__name__ == "Booster":
        import xgboost

        rows = rows if isinstance(rows, xgboost.DMatrix) else xgboost.DMatrix(rows)
    for method in ("predict_proba", "predict", "transform"):
        ask = getattr(model, method, None)
        if ask is not None:
            try:
                return _flat(ask(rows))
            except (AttributeError, NotImplementedError):
                continue  # there, but not for this estimator
    if callable(model):
        if hasattr(model, "eval"):
            model.eval()
        return _flat(model(*rows) if isinstance(rows, tuple) else model(rows))
    return None


def _flat(answer: Any) -> list[Any]:
    if hasattr(answer, "detach"):
        answer = answer.detach()
    if hasattr(answer, "toarray"):
        answer = answer.toarray()
    import numpy

    found: list[Any] = numpy.asarray(answer).ravel().tolist()
    return found


def _relative(before: Any, after: Any) -> float:
    if before == after or (before != before and after != after):
        return 0.0
    if isinstance(before, int | float) and isinstance(after, int | float) and before:
        difference = abs(after - before) / abs(before)
        return difference if math.isfinite(difference) else math.inf
    return math.inf


def _shown(values: list[Any]) -> str:
    return ", ".join(f"{value:.6g}" if isinstance(value, float) else str(value) for value in values[:6])
