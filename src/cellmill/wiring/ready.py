"""What is wrong with a pipeline's steps, said before one of them runs."""

from cellmill.core.pipeline_errors import BadPipeline, StepNotReady
from cellmill.core.pipelines import DOCUMENT, PipelineStep
from cellmill.core.words import shown_path
from cellmill.pipeline.conditions import NoAnswer
from cellmill.wiring.parameters_given import VALUES
from cellmill.wiring.situations import Situation


def check_ready(situation: Situation) -> None:
    """See to it that what is wrong with steps that may run is said before one does.

    Raises `StepNotReady`, `NotebookError`, `NoStepTakes`, `BadPipeline`.
    """
    for planned in situation.plan():
        step = situation.pipeline.step(planned.step)
        if planned.what not in ("runs", "may"):
            continue
        check_edges(situation, step)
        for name in step.after:
            last = situation.last(situation.pipeline.step(name))
            if name not in situation.selected and not (last and all(run.outcome == "ok" for run in last)):
                raise StepNotReady(step.name, pipeline=situation.pipeline.name, before=name, has_run=bool(last))
        try:
            items = situation.items(step)
        except NoAnswer:
            items = ()  # they come from a step that has not run
        for item in [item for _, item in items] or [None]:
            values = situation.values(step, item)
            if step.for_each is not None and not items:
                values.pop(step.for_each.parameter)
            situation.check_values(step, values)


def check_edges(situation: Situation, step: PipelineStep) -> None:
    """See to it that a step waits for all from which its notebook takes values: else it is stale when they change.

    Raises `BadPipeline`, `NotebookError`.
    """
    if VALUES not in situation.code(step).declares:
        return  # it takes them from where nobody tells it to
    from cellmill.notebook.steps import taken_from

    for name in taken_from(situation.document(step)):
        if name in step.after:
            continue
        advice = f"Write: after: [{', '.join([*step.after, name])}]"
        if name not in situation.pipeline.names:
            advice = f"There is no such step: take it out of `begin_step` in {step.notebook}."
        raise BadPipeline(
            shown_path(situation.folder / DOCUMENT),
            line=None,
            reason=f"step {step.name} takes values of {name} in {step.notebook}, and does not come after it",
            advice=advice,
        )
