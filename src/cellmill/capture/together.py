"""What the runs of a session mean for each other, and what a run's values from two sides come to. Pure."""

from collections.abc import Mapping
from dataclasses import replace

from cellmill.core.events import NotebookExecuted
from cellmill.core.ids import ExecutionId, RunId
from cellmill.core.runs import Parameter, Run


def run_parameters(
    before: Mapping[str, str], after: Mapping[str, str], literals: Mapping[str, str]
) -> tuple[Parameter, ...]:
    """Return a run's parameters: the notebook's own values first, for those are what a person turns.

    `before` and `after` are the estimator's, known before its training and only then. A value that the
    notebook names and the estimator was given counts once, as the notebook's.
    """
    of_estimator = {**before, **after}
    of_notebook = {name: value for name, value in literals.items() if of_estimator.get(name, value) == value}
    shortest_first = sorted(of_notebook.items(), key=lambda pair: pair[1].startswith(("[", "{", "(")))
    return (
        *(Parameter(name, value, "notebook") for name, value in shortest_first),
        *(Parameter(name, value, "estimator") for name, value in of_estimator.items() if name not in of_notebook),
    )


def with_notebooks_failure(runs: tuple[Run, ...], executed: NotebookExecuted | None) -> tuple[Run, ...]:
    """A headless notebook that failed did not come to the end of its last run, nor of one it was evaluating."""
    if executed is None or executed.failed is None or not runs:
        return runs
    failed = executed.failed
    latest = max(runs, key=lambda run: run.started_ms).run
    return tuple(
        replace(run, status="failed", error=run.error or executed.error)
        if run.status == "finished" and (run.run == latest or _touched(run, failed))
        else run
        for run in runs
    )


def one_for_each(runs: tuple[Run, ...]) -> tuple[Run, ...]:
    """Of several trainings within one run of MLflow's the first joins it, and the others are nested in it."""
    taken: dict[str, RunId] = {}
    for run in runs:
        for tracked in run.tracked:
            if tracked.system == "mlflow":
                taken.setdefault(tracked.id, run.run)
    if not taken:
        return runs
    return tuple(_nested(run, taken) for run in runs)


def _nested(run: Run, taken: dict[str, RunId]) -> Run:
    others = [t for t in run.tracked if t.system == "mlflow" and taken[t.id] != run.run]
    if not others:
        return run
    return replace(run, tracked=tuple(t for t in run.tracked if t not in others), nested_in=others[0].id)


def _touched(run: Run, execution: ExecutionId) -> bool:
    return any(part.execution.execution == execution for part in run.executions)
