"""A pipeline as plain tasks: each a notebook with what it is given, without conditions or loops."""

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cellmill.core.pipeline_errors import CannotExport
from cellmill.core.pipelines import Pipeline, PipelineStep

VALUES, ITEM = "cellmill_values", "cellmill_item"


@dataclass(frozen=True)
class Exported:
    """A pipeline, and what else its export must know. Paths have forward slashes."""

    pipeline: Pipeline
    root: str
    """The project's, as it stands here."""
    folder: str
    """The pipeline's, from the project's root."""
    notebooks: Mapping[str, str]
    """Of each step its notebook, from the project's root."""
    declares: Mapping[str, tuple[str, ...]]
    """Of each step the parameters that its notebook declares."""
    version: str
    """Of this Cellmill."""
    sees: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Of each step the pipeline's parameters as its notebook sees them: 1 for a decimal number is 1.0."""

    @property
    def name(self) -> str:
        return self.pipeline.name

    @property
    def takes_items(self) -> bool:
        return any(step.for_each is not None for step in self.pipeline.steps)


@dataclass(frozen=True)
class Task:
    """A run of a notebook. Without one: what says, after the items of a loop, for which ones its step has run."""

    key: str
    """`fit`, or `fit.2` for the third item of a list."""
    after: tuple[str, ...]
    notebook: str | None = None
    given: Mapping[str, Any] = field(default_factory=dict)
    """Parameters whose values the document has written down for this step."""
    takes: tuple[str, ...] = ()
    """Which of the pipeline's parameters it takes."""
    crosses: bool = False
    """Whether it is told where values cross."""
    retries: int = 0
    timeout_s: float | None = None
    items: tuple[str, ...] = ()


def tasks_of(exported: Exported, target: str) -> tuple[Task, ...]:
    """Return the tasks of a pipeline, each behind those that it comes after; a loop over a list is written out.

    Raises `CannotExport`, named after `target`, for a condition, and for a loop over what a step will come to.
    """
    found: list[Task] = []
    for step in exported.pipeline.ordered:
        if step.when is not None:
            raise CannotExport(step.name, target=target, reason=f"it is left out unless `{step.when}`")
        each = step.for_each
        if each is None:
            found.append(_task(exported, step, step.name, {}))
            continue
        if each.step is not None:
            reason = f"it loops over {each.step}.{each.name}, which is known only when {each.step} has run"
            raise CannotExport(step.name, target=target, reason=reason)
        numbers = tuple(str(index) for index in range(len(each.items)))
        takes_item = ITEM in exported.declares[step.name]
        for number, item in zip(numbers, each.items, strict=True):
            given = {each.parameter: item, **({ITEM: number} if takes_item else {})}
            found.append(_task(exported, step, f"{step.name}.{number}", given))
        after = tuple(f"{step.name}.{number}" for number in numbers) or step.after
        found.append(Task(step.name, after, items=numbers))
    return tuple(found)


def _task(exported: Exported, step: PipelineStep, key: str, more: Mapping[str, Any]) -> Task:
    declares = exported.declares[step.name]
    given = {**step.parameters, **more}
    return Task(
        key,
        step.after,
        notebook=exported.notebooks[step.name],
        given=given,
        takes=tuple(name for name in exported.pipeline.parameters if name in declares and name not in given),
        crosses=VALUES in declares,
        retries=step.retries,
        timeout_s=step.timeout_s,
    )


def taken(exported: Exported, tasks: Iterable[Task], target: str) -> dict[str, Any]:
    """Return the pipeline's parameters that some task takes, with their values as the notebooks see them.

    Raises `CannotExport`, named after `target`, for one that two notebooks see as values of different types.
    """
    found: dict[str, tuple[str, Any]] = {}
    for task in tasks:
        step = task.key.partition(".")[0]
        for name in task.takes:
            value = exported.sees.get(step, {}).get(name, exported.pipeline.parameters[name])
            before, known = found.setdefault(name, (step, value))
            if type(known) is not type(value):
                kinds = f"{name} is {known!r} for {before} and {value!r} here, and one of them cannot have its own type"
                raise CannotExport(step, target=target, reason=kinds)
    return {name: found[name][1] for name in exported.pipeline.parameters if name in found}


def literal(value: Any) -> str:
    """Return plain data as Python's source."""
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{literal(key)}: {literal(each)}" for key, each in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(literal, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value) if value.isascii() and value.isprintable() else repr(value)
    return repr(value)


def word(name: str, join: str = "-") -> str:
    """Return a name with letters, digits and `join` alone, as ids elsewhere want it; never empty."""
    found = re.sub(r"[^A-Za-z0-9]+", join, name).strip(join)
    return found or "pipeline"
