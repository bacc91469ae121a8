"""What a pipeline's steps last came to, with what they trained."""

from cellmill.capture.sessions import load_sessions
from cellmill.pipeline.report import Report, StepReport
from cellmill.wiring.situations import Situation


def report_of(situation: Situation) -> Report:
    """Return the last run of each step that has run."""
    last = {step.name: situation.last(step) for step in situation.pipeline.ordered}
    sessions = {record.session for records in last.values() for record in records}
    metrics: dict[str, dict[str, float]] = {}
    for run in reversed(load_sessions(situation.project).runs()):
        if run.session in sessions:
            found = {f"{run.short_class}.{name}": value for name, value in run.last_metrics.items()}
            metrics.setdefault(run.session, {}).update(found)
    return Report(
        situation.pipeline.name,
        tuple(
            StepReport(record.key, record.outcome, record.seconds, record.manifest, metrics.get(record.session, {}))
            for records in last.values()
            for record in records
        ),
    )
