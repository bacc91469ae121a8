"""A pipeline: a graph of steps, each a notebook, in a folder that people read, review and commit."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

VERSION = 1
DOCUMENT = "pipeline.yaml"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,79}")


def is_name(text: str) -> bool:
    """Whether a pipeline, or a step of one, may have this name: it names folders and files on every system."""
    return _NAME.fullmatch(text) is not None


@dataclass(frozen=True)
class ForEach:
    """A list for each item of which a step runs once, with the item as a parameter.

    The list is `items`, or where `step` is given what that earlier step has as its variable `name`.
    """

    parameter: str
    items: tuple[Any, ...] = ()
    step: str | None = None
    name: str | None = None

    @property
    def words(self) -> str:
        if self.step is not None:
            return f"each {self.parameter} in {self.step}.{self.name}"
        return f"each {self.parameter} in {', '.join(map(repr, self.items))}"


@dataclass(frozen=True)
class PipelineStep:
    """A notebook of a pipeline, and when and how it runs."""

    name: str
    notebook: str
    """Its path from the pipeline's folder, with forward slashes."""
    after: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    reads: tuple[str, ...] = ()
    """Files and folders by their paths from the project's root, besides those that it is seen to read."""
    writes: tuple[str, ...] = ()
    """Files that must be there when it has run, by their paths from the project's root."""
    retries: int = 0
    timeout_s: float | None = None
    when: str | None = None
    """A condition without which it is left out: see `pipeline.conditions`."""
    for_each: ForEach | None = None


@dataclass(frozen=True)
class Pipeline:
    """A pipeline as its document has it: no cycle, and each step after steps that are there."""

    name: str
    steps: tuple[PipelineStep, ...]
    """In the order of the document."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Given to every step whose notebook declares one of this name, and known to conditions."""
    source: str | None = None
    """The notebook that it was split from, by its path from the project's root."""
    verified: Mapping[str, Any] = field(default_factory=dict)
    """What the splitting has compared, as it wrote it down."""

    def step(self, name: str) -> PipelineStep:
        """Return the step of this name. Raises `KeyError`."""
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(name)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(step.name for step in self.steps)

    @property
    def ordered(self) -> tuple[PipelineStep, ...]:
        """The steps, each behind those that it comes after, else in the order of the document."""
        placed: dict[str, PipelineStep] = {}
        left = list(self.steps)
        while left:
            ready = [step for step in left if all(name in placed for name in step.after)]
            placed.update((step.name, step) for step in ready)
            left = [step for step in left if step.name not in placed]
        return tuple(placed.values())

    def above(self, name: str) -> frozenset[str]:
        """Return the steps that a step comes after, those that these come after, and so on."""
        by_name = {step.name: step for step in self.steps}
        found: set[str] = set()
        queue = [*by_name[name].after]
        while queue:
            one = queue.pop()
            if one not in found:
                found.add(one)
                queue += by_name[one].after
        return frozenset(found)

    def below(self, name: str) -> frozenset[str]:
        """Return the steps that come after a step, directly or not."""
        found = {name}
        for step in self.ordered:
            if found.intersection(step.after):
                found.add(step.name)
        return frozenset(found - {name})
