"""How runs differ, figure by figure. Pure: runs in, rows out."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from cellmill.core.errors import NoRuns
from cellmill.core.runs import Run

Direction = Literal["lower", "higher"]

# scikit-learn's naming: `_error` and `_loss` are better when lower, `_score` when higher, and so is `neg_` of anything.
_LOWER = ("error", "loss", "deviance", "rmse", "mae", "mse", "msle", "mape", "perplexity", "brier", "nll", "cost")
_LOWER_WORDS = frozenset(
    {"err", "errors", "losses", "entropy", "bce", "wer", "cer", "regret", "divergence", "aic", "bic"}
)
_HIGHER = ("score", "accuracy", "precision", "recall", "auc", "auroc", "likelihood")
_HIGHER_WORDS = frozenset({"acc", "f1", "r2", "kappa", "mcc", "ndcg", "iou", "jaccard", "dice", "bleu", "reward"})


@dataclass(frozen=True)
class Row:
    """One parameter or metric over the compared runs. `best` is the index of the best value, where there is one."""

    name: str
    values: tuple[str | float | None, ...]
    best: int | None = None


@dataclass(frozen=True)
class Comparison:
    """Runs side by side. Parameters appear only where they differ."""

    runs: tuple[Run, ...]
    parameters: tuple[Row, ...]
    metrics: tuple[Row, ...]


def compare(runs: tuple[Run, ...]) -> Comparison:
    """Return the parameters in which the runs differ and all their metrics."""
    parameters = [
        Row(name, values)
        for name in _names(runs, lambda run: [parameter.name for parameter in run.parameters])
        if len(set(values := tuple(_parameter(run, name) for run in runs))) > 1
    ]
    metrics = [
        Row(name, values, _best(values, direction(name)))
        for name in _names(runs, lambda run: list(run.last_metrics))
        for values in [tuple(run.last_metrics.get(name) for run in runs)]
    ]
    return Comparison(runs, tuple(parameters), tuple(metrics))


def direction(metric: str) -> Direction:
    """Return which way a metric is better, from its name: higher where that tells nothing."""
    return try_direction(metric) or "higher"


def try_direction(metric: str) -> Direction | None:
    """Return which way a metric is better, from its name; None where that tells nothing.

    The last of the words that tell it counts: `brier_score_loss` is a loss, `d2_absolute_error_score` a
    score. What comes after other words is the data's name and tells nothing.
    """
    words = re.split(r"[^a-z0-9]+", metric.lower())
    ways = [_way(word) for word in words]
    last = next((index for index, way in enumerate(ways) if way is not None), None)
    if last is None:
        return "higher" if "neg" in words else None
    while last + 1 < len(ways) and ways[last + 1] is not None:
        last += 1
    if words[last].endswith("likelihood"):  # whose negative is called so by those who minimize it
        return "lower" if {"neg", "negative"} & set(words) else "higher"
    return "higher" if "neg" in words else ways[last]


def _way(word: str) -> Direction | None:
    if word in _LOWER_WORDS or word.endswith(_LOWER):
        return "lower"
    return "higher" if word in _HIGHER_WORDS or word.endswith(_HIGHER) else None


def best_run(runs: tuple[Run, ...], metric: str) -> Run:
    """Return the run with the best value of a metric. Raises `NoRuns` when none has measured it."""
    measured = [run for run in runs if metric in run.last_metrics and not math.isnan(run.last_metrics[metric])]
    if not measured:
        raise NoRuns(f"these runs with the metric {metric!r}")
    pick = min if direction(metric) == "lower" else max
    return pick(measured, key=lambda run: run.last_metrics[metric])


def _names(runs: tuple[Run, ...], of: Callable[[Run], list[str]]) -> list[str]:
    return list(dict.fromkeys(name for run in runs for name in of(run)))


def _parameter(run: Run, name: str) -> str | None:
    return next((parameter.value for parameter in run.parameters if parameter.name == name), None)


def _best(values: tuple[float | None, ...], way: Direction) -> int | None:
    measured = [(value, index) for index, value in enumerate(values) if value is not None and not math.isnan(value)]
    if len(measured) < 2 or len({value for value, _ in measured}) == 1:
        return None
    return (min if way == "lower" else max)(measured, key=lambda pair: pair[0])[1]  # the first of equals
