"""Parameters of a pipeline that were typed on the command line: whose they are, and their values."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from cellmill.core.errors import NotebookError
from cellmill.core.pipeline_errors import NoStepTakes, UnknownStep
from cellmill.core.pipelines import Pipeline, PipelineStep
from cellmill.pipeline.conditions import asked_of

VALUES, ITEM = "cellmill_values", "cellmill_item"
"""Parameters of a step's notebook that say where values cross, and which item of a list this is."""


def read_given(
    pipeline: Pipeline,
    texts: Mapping[str, str],
    declares: Callable[[PipelineStep], tuple[str, ...]],
    document: Callable[[PipelineStep], Any],
) -> dict[tuple[str, str], Any]:
    """Return values by step and name; the step is empty for those of all. `texts` are by name, or by `step.name`.

    `declares` tells the parameters of a step's notebook, and `document` reads that. Raises `UnknownStep`,
    `NoStepTakes`, and what `document` raises.
    """
    found: dict[tuple[str, str], Any] = {}
    for key, text in texts.items():
        owner, _, name = key.rpartition(".")
        if owner and owner not in pipeline.names:
            raise UnknownStep(owner, pipeline=pipeline.name, known=pipeline.names)
        steps = (pipeline.step(owner),) if owner else pipeline.steps
        takers = [step for step in steps if name in _taken(step, declares)]
        if not takers and not (not owner and name in pipeline.parameters):
            known = [one for step in steps for one in _taken(step, declares)]
            raise _untaken(pipeline, name, steps, known if owner else [*known, *pipeline.parameters], owner or None)
        for step in takers:
            found[step.name, name] = _read(document(step), name, text)
        if not owner:
            found["", name] = found[takers[0].name, name] if takers else _literal(text)
    return found


def check_taken(pipeline: Pipeline, declares: Callable[[PipelineStep], tuple[str, ...]]) -> None:
    """See to it that each of a pipeline's parameters is taken by some step, or asked for by a condition.

    Raises `NoStepTakes`; nothing where a notebook cannot be read, which is said otherwise.
    """
    try:
        taken = [name for step in pipeline.steps for name in _taken(step, declares)]
    except NotebookError:
        return
    asked = {name for step in pipeline.steps if step.when is not None for name in asked_of(step.when)[0]}
    for name in pipeline.parameters:
        if name not in asked and name not in taken:
            raise _untaken(pipeline, name, pipeline.steps, [*taken, *asked], None)


def _taken(step: PipelineStep, declares: Callable[[PipelineStep], tuple[str, ...]]) -> list[str]:
    """The parameters that a step can be given: what it loops over comes from its list alone."""
    of_loop = step.for_each.parameter if step.for_each is not None else None
    return [name for name in declares(step) if name not in (VALUES, ITEM, of_loop)]


def _untaken(
    pipeline: Pipeline, name: str, steps: Iterable[PipelineStep], known: Iterable[str], owner: str | None
) -> NoStepTakes:
    loop = next((step.name for step in steps if step.for_each is not None and step.for_each.parameter == name), None)
    return NoStepTakes(name, pipeline=pipeline.name, known=tuple(dict.fromkeys(known)), step=owner, loop=loop)


def _read(document: Any, name: str, text: str) -> Any:
    from cellmill.notebook.parameters import declared_parameters, read_texts

    return read_texts({name: text}, declared_parameters(document))[name]


def _literal(text: str) -> Any:
    from cellmill.notebook.parameters import read_texts

    return read_texts({"value": text}, ())["value"]
