"""What was seen to cross between the steps of a pipeline when they last ran: values by name, and files."""

import json
from dataclasses import dataclass

from cellmill.core.pipelines import PipelineStep
from cellmill.wiring.pipeline_records import values_folder
from cellmill.wiring.situations import Situation


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
        manifest = values_folder(situation.project, situation.state) / record.key / "manifest.json"
        try:
            kept = json.loads(manifest.read_bytes())
            names.update(dict.fromkeys(map(str, kept["names"])))
            size += int(kept["bytes"])
        except (OSError, ValueError, KeyError, TypeError):
            continue  # it hands over nothing, or what it did was removed
    return tuple(names), size


def _files(situation: Situation, step: PipelineStep, what: str) -> set[str]:
    seen = {file.path for record in situation.last(step) for file in getattr(record, what)}
    return seen | set(getattr(step, what))
