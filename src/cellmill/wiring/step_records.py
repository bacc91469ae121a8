"""What is kept of a step that has ended: what it used and made, and sentences on what was noticed."""

from dataclasses import dataclass, replace
from typing import Any

from cellmill.core.errors import NotebookError
from cellmill.core.ids import SessionId
from cellmill.core.pipeline_errors import OutputMissing
from cellmill.core.pipeline_runs import StepRecord
from cellmill.core.pipelines import PipelineStep
from cellmill.core.ports import StepEnded
from cellmill.wiring.looking import stamp_of
from cellmill.wiring.observing import merged, observe
from cellmill.wiring.pipeline_records import manifest_digest
from cellmill.wiring.situations import Situation


@dataclass(frozen=True)
class Begun:
    """A step, or an item of it, that runs. `values` are its parameters, before they were checked."""

    step: PipelineStep
    key: str
    item: Any
    session: SessionId
    values: dict[str, Any]


def record_of(
    situation: Situation, begun: Begun, ended: StepEnded, output: str | None
) -> tuple[StepRecord, tuple[str, ...]]:
    """Return what is kept of a step that has ended, and sentences. One that did not write what it was to has failed."""
    step, root, words = begun.step, situation.project.root, []
    used = observe(situation.project, begun.session)
    code = situation.code(step)
    written = {file.path for file in used.writes}
    record = StepRecord(
        key=begun.key,
        outcome=ended.outcome,
        session=begun.session,
        started_ms=ended.started_ms,
        ended_ms=ended.ended_ms,
        notebook=code.seen,
        source=code.source,
        declares=code.declares,
        parameters=begun.values,
        reads=merged(root, used.reads, [path for path in step.reads if path not in written]),
        writes=merged(root, used.writes, step.writes),
        modules=used.modules,
        distributions=used.distributions,
        manifest=manifest_digest(situation.project, situation.state, begun.key),
        values=ended.values,
        asks=situation.asks.get(step.name, ()),
        output=output,
        error=ended.error,
        was_seen=used.was_seen,
    )
    reads, writes = {file.path for file in record.reads}, {file.path for file in record.writes}
    record = replace(record, upstream=situation.upstream(step, reads, writes))
    if ended.outcome != "ok":
        return record, ()
    missing = next((file.path for file in record.writes if file.sha256 is None), None)
    if missing is not None:
        error = OutputMissing(missing, step=begun.key, notebook=step.notebook)
        return replace(record, outcome="failed", error=str(error)), ()
    if not used.was_seen:
        words.append(f"Nothing of step {begun.key} was captured: only its code and declared files are looked at.")
    if stamp_of(situation.notebook(step)) != code.seen.stamp and _was_edited(situation, step):
        words.append(f"{step.notebook} was changed while it ran: the next run runs step {begun.key} again.")
    return record, (*words, *_clashes(situation, record))


def _was_edited(situation: Situation, step: PipelineStep) -> bool:
    """Whether a notebook has other code than it had when its step began. What ran stays what is known of it."""
    before = situation.code(step)
    try:
        after = situation.read_again(step)
    except NotebookError:
        return True
    return after.source != before.source


def _clashes(situation: Situation, record: StepRecord) -> list[str]:
    """Of steps one after the other the later one goes on with the file; of others nobody knows which was last."""
    written = {file.path for file in record.writes}
    name, pipeline = record.key.partition(".")[0], situation.pipeline
    words = []
    for other in situation.records.values():
        both = written & {file.path for file in other.writes}
        step = other.key.partition(".")[0]
        if not both or other.key == record.key or step not in pipeline.names:
            continue
        if step not in pipeline.above(name) and name not in pipeline.above(step):
            first, second = sorted((other.key, record.key))
            words.append(
                f"Steps {first} and {second} both write {min(both)}, so what stands there depends on which was run "
                "last. Give one of them another file, or let one come after the other."
            )
    return words
