"""What was seen to cross between the steps of a pipeline when they last ran: values by name, and files."""

import json
from dataclasses import dataclass

from cellmill.core.pipelines import PipelineStep
from cellmill.core.step_errors import BadPlace
from cellmill.core.steps import MANIFEST
from cellmill.wiring.situations import Situation
from cellmill.wiring.values import try_read_value


@dataclass(frozen=True)
class Edge:
    """That a step comes after another. Without names and files either it is not known what crosses, or nothing does."""

    before: str
    after: str
    names: tuple[str, ...] = ()
    bytes: int = 0
    files: tuple[str, ...] = ()


def edges_of(situation: Situation) -> tuple[Edge, ...]:
    """Return the edges of a pipeline, in the order of its steps."""
    handed = {step.name: _handed_over(situation, step) for step in situation.pipeline.steps}
    written = {step.name: _files(situation, step, "writes") for step in situation.pipeline.steps}
    return tuple(
        Edge(name, step.name, *handed[name], tuple(sorted(written[name] & _files(situation, step, "reads"))))
        for step in situation.pipeline.steps
        for name in step.after
    )


def _handed_over(situation: Situation, step: PipelineStep) -> tuple[tuple[str, ...], int]:
    names: dict[str, None] = {}
    size = 0
    for record in situation.last(step):
        try:
            kept = json.loads(try_read_value(situation.project, situation.state, f"{record.key}/{MANIFEST}") or b"")
            names.update(dict.fromkeys(map(str, kept["names"])))
            size += int(kept["bytes"])
        except (ValueError, KeyError, TypeError, BadPlace):
            continue  # it hands over nothing, or what it did was removed, or cannot be looked at now
    return tuple(names), size


def _files(situation: Situation, step: PipelineStep, what: str) -> set[str]:
    seen = {file.path for record in situation.last(step) for file in getattr(record, what)}
    return seen | set(getattr(step, what))
