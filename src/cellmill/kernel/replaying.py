"""What a replay asks its kernel to do between the cells. Nothing of it enters the user's namespace."""

import fnmatch
import json
import math
import platform
import sys
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
        kept = [Path(path).read_bytes() for path in (recorded, replayed)]
        models = [cloudpickle.loads(pickled) for pickled in kept]
        if example is not None:
            found["predictions"], found["problem"] = _predictions(models, cloudpickle.loads(Path(example).read_bytes()))
            models = [cloudpickle.loads(pickled) for pickled in kept]  # anew: who is asked may be changed by it
        answers = found["predictions"]
        # Labels of a few rows are soon the same: of models that have learned otherwise that is told instead.
        is_little = answers is not None and answers.pop("are_labels") and not answers["relative"]
        learned = _with_labels(compare(*models), models) if answers is None or is_little else None
        if answers is None or (learned is not None and learned["relative"]):
            found["predictions"], found["learned"] = None, learned
    except Exception as error:  # noqa: BLE001 - a model of the user's may raise anything
        found["problem"] = found["problem"] or f"{type(error).__name__}: {error}"[:300]
    return json.dumps(found)


def _predictions(models: list[Any], rows: Any) -> tuple[dict[str, Any] | None, str | None]:
    try:
        before, after = (_answer(model, _as_taken(model, rows)) for model in models)
    except Exception as error:  # noqa: BLE001
        return None, f"{type(error).__name__}: {error}"[:300]
    if before is None or after is None:
        return None, "this kind of model is not known how to ask"
    count = _count(rows, before)
    if not count or not (before or after):
        return None, "the models answered nothing"
    same_shape = len(before) == len(after)
    apart = [*map(_relative, before, after)]
    relative = max(apart, default=0.0) if same_shape else math.inf
    # What is shown is what differs: with the same probabilities that is a label, which stands after them all.
    first = next((at for at, each in enumerate(apart) if each), 0)
    return {
        "rows": count,
        "are_labels": not any(isinstance(each, float) and not each.is_integer() for each in (*before, *after)),
        "relative": relative if math.isfinite(relative) else 1e308,
        "recorded": _shown(before[first:]),
        "replayed": _shown(after[first:]),
    }, None


def _count(rows: Any, answers: list[Any]) -> int:
    shape = getattr(rows, "shape", None)  # of a sparse matrix: it has no length
    if shape:
        return int(shape[0])
    return len(rows) if hasattr(rows, "__len__") else len(answers)


def _as_taken(model: Any, rows: Any) -> Any:
    """Return recorded rows as a model takes them: PyTorch's modules take no arrays, and the example is one."""
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(model, torch.nn.Module):
        return rows
    if isinstance(rows, tuple):
        return tuple(_as_taken(model, one) for one in rows)
    if type(rows).__module__ != "numpy":
        return rows
    parameter = next(model.parameters(), None)
    return torch.tensor(rows, device=None if parameter is None else parameter.device)


def _answer(model: Any, rows: Any) -> list[Any] | None:
    """Return what a model predicts, flat; probabilities with the labels that they are of."""
    home = type(model).__module__.partition(".")[0]
    if home == "xgboost" and type(model).__name__ == "Booster":
        import xgboost

        rows = rows if isinstance(rows, xgboost.DMatrix) else xgboost.DMatrix(rows)
    for method in ("predict_proba", "predict", "transform"):
        ask = getattr(model, method, None)
        if ask is not None:
            try:
                return _flat(ask(rows)) + (_labels(model) if method == "predict_proba" else [])
            except (AttributeError, NotImplementedError):
                continue  # there, but not for this estimator
    if callable(model):
        if hasattr(model, "eval"):
            model.eval()
        return _flat(model(*rows) if isinstance(rows, tuple) else model(rows))
    return None


def _labels(model: Any) -> list[str]:
    """Return the labels that a classifier answers with, as texts: 7 and 8 are not near to each other."""
    try:
        labels = getattr(model, "classes_", None)
    except Exception:  # noqa: BLE001 - a property may raise what it likes where nothing was fitted
        return []
    return [] if labels is None else [*map(str, _flat(labels))]


def _with_labels(learned: dict[str, Any] | None, models: list[Any]) -> dict[str, Any] | None:
    """Return how two models compare by what they have learned, where texts are passed over: labels are not."""
    before, after = map(_labels, models)
    if learned is None or before == after:
        return learned
    return {**learned, "relative": 1e308, "name": "classes_", "recorded": _shown(before), "replayed": _shown(after)}


def _flat(answer: Any) -> list[Any]:
    if isinstance(answer, list | tuple) and any(hasattr(each, "shape") for each in answer):
        return [value for each in answer for value in _flat(each)]  # one for each output, of other widths
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
