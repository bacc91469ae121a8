"""What a pipeline has come to, beside what it came to before: as a table of Markdown."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cellmill.core.words import number


@dataclass(frozen=True)
class StepReport:
    """The last run of a step, or of one item of it."""

    key: str
    outcome: str
    seconds: float
    gives: str | None = None
    """The digest of the values that it handed over."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """Of what it trained, as `Ridge.mae`."""


@dataclass(frozen=True)
class Report:
    """A pipeline's steps as they last ran."""

    pipeline: str
    steps: tuple[StepReport, ...]


def read_report(text: str) -> Report:
    """Return a report that was written as JSON. Raises `ValueError` for anything else."""
    try:
        kept = json.loads(text)
        return Report(str(kept["pipeline"]), tuple(_step(step) for step in kept["steps"]))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"it is no report of a pipeline ({error})") from error


def _step(kept: Mapping[str, Any]) -> StepReport:
    """JSON has no NaN and no infinity: they were written as text."""
    return StepReport(**{**kept, "metrics": {name: float(value) for name, value in kept.get("metrics", {}).items()}})


def markdown(now: Report, before: Report | None = None) -> str:
    """Return a report as Markdown: steps, then metrics, each beside what it was where `before` is given."""
    earlier = {step.key: step for step in before.steps} if before is not None else {}
    heads = ["step", "outcome", "time"] + (["time before", "values"] if before is not None else [])
    rows = [_row(step, earlier.get(step.key), compared=before is not None) for step in now.steps]
    gone = [key for key in earlier if key not in {step.key for step in now.steps}]
    rows += [[_cell(key), "is not there any more", "", _seconds(earlier[key].seconds), ""] for key in gone]
    parts = [f"### Pipeline {_cell(now.pipeline)}", _table(heads, rows)]
    metrics = _metrics(now, earlier, compared=before is not None)
    if metrics:
        heads = ["step", "metric", "before", "now", "change"] if before is not None else ["step", "metric", "value"]
        parts.append(_table(heads, metrics))
    return "\n\n".join(parts) + "\n"


def _row(step: StepReport, before: StepReport | None, *, compared: bool) -> list[str]:
    row = [_cell(step.key), _cell(step.outcome), _seconds(step.seconds)]
    if not compared:
        return row
    if before is None:
        return [*row, "", "new step"]
    if step.gives is None or before.gives is None:
        return [*row, _seconds(before.seconds), ""]
    return [*row, _seconds(before.seconds), "same" if step.gives == before.gives else "**other**"]


def _metrics(now: Report, earlier: Mapping[str, StepReport], *, compared: bool) -> list[list[str]]:
    rows = []
    for step in now.steps:
        old = earlier[step.key].metrics if step.key in earlier else {}
        for name in dict.fromkeys([*step.metrics, *old]):
            value, was = step.metrics.get(name), old.get(name)
            shown = number(value) if value is not None else "–"
            if not compared:
                rows.append([_cell(step.key), _cell(name), shown])
                continue
            change = ""
            if value is not None and was is not None:
                change = "same" if value == was or (value != value and was != was) else f"**{value - was:+.4g}**"
            rows.append([_cell(step.key), _cell(name), number(was) if was is not None else "–", shown, change])
    return rows


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s"


def _cell(text: Any) -> str:
    """A name of the user's, which neither ends a cell nor speaks to anybody where it is posted."""
    plain = " ".join(str(text).split())
    for sign in "\\`*_[]<>|@#":
        plain = plain.replace(sign, f"\\{sign}" if sign not in "<>@#" else {"<": "&lt;", ">": "&gt;"}.get(sign, sign))
    return plain
