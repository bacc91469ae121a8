"""What a replay asks its kernel to do between the cells. Nothing of it enters the user's namespace."""

import fnmatch
import json
import math
import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from cellmill.capture.surroundings import random_state
from cellmill.kernel.confinement import confine
from cellmill.kernel.learned import compare


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


def versions(names: Iterable[str]) -> str:
    """Return this Python's version and those of distributions, as JSON; null for one that is not installed."""
    from importlib.metadata import PackageNotFoundError, version

    found: dict[str, str | None] = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return json.dumps({"python": platform.python_version(), "distributions": found})


def before_cell(shell: Any, number: int, states: dict[str, str]) -> None:
    """Make the next cell have the number that it had, and the random state that it met. `states` are files."""
    shell.execution_count = number
    random_state.restore({name: Path(path).read_bytes() for name, path in states.items() if Path(path).exists()})


def compared(recorded: str, replayed: str, example: str | None) -> str:
    """Return how two pickled models compare, as JSON.

    By `predictions`: what they answer for the same rows, where there are any; else by what they have `learned`.
    `problem` says why there are no predictions, None where no rows were recorded.
    """
    import cloudpickle

    found: dict[str, Any] = {"predictions": None, "learned": None, "problem": None}
    try:
        models = [cloudpickle.loads(Path(path).read_bytes()) for path in (recorded, replayed)]
        if example is not None:
            found["predictions"], found["problem"] = _predictions(models, cloudpickle.loads(Path(example).read_bytes()))
        if found["predictions"] is None:
            found["learned"] = compare(*models)
    except Exception as error:  # noqa: BLE001 - a model of the user's may raise anything
        found["problem"] = found["problem"] or f"{type(error).__name__}: {error}"[:300]
    return json.dumps(found)


def _predictions(models: list[Any], rows: Any) -> tuple[dict[str, Any] | None, str | None]:
    try:
        before, after = (_answer(model, rows) for model in models)
    except Exception as error:  # noqa: BLE001
        return None, f"{type(error).__name__}: {error}"[:300]
    if before is None or after is None:
        return None, "this kind of model is not known how to ask"
    same_shape = len(before) == len(after)
    relative = max(map(_relative, before, after), default=0.0) if same_shape else math.inf
    return {
        "rows": len(rows) if hasattr(rows, "__len__") else len(before),
        "relative": relative if math.isfinite(relative) else 1e308,
        "recorded": _shown(before),
        "replayed": _shown(after),
    }, None


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
