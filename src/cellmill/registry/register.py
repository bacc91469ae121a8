"""What is recorded with a version. Pure: a run in, a registration out."""

import json
import re
from pathlib import PurePosixPath

from cellmill.core.errors import RunWithoutModel
from cellmill.core.models import Registration
from cellmill.core.runs import Run
from cellmill.core.words import number

_LONGEST_TAG = 5000  # MLflow's limit for the value of a tag on a version


def prepare(run: Run, *, name: str, alias: str | None, user: str) -> Registration:
    """Return what registering a run will record. Raises `RunWithoutModel`."""
    if run.model is None:
        reason = run.model_note or {
            "failed": "its training failed",
            "running": "its training still runs",
        }.get(run.status, "its training was interrupted")
        raise RunWithoutModel(run.run, reason=reason)
    metrics = ", ".join(f"{metric} {number(value)}" for metric, value in run.last_metrics.items())
    tags = {
        "cellmill.run": run.run,
        "cellmill.session": run.session,
        "cellmill.notebook": run.notebook or "",
        "cellmill.model_class": run.model_class,
        "cellmill.executions": _fitting([part.execution.execution for part in run.executions]),
        "cellmill.cells": _fitting([part.execution.cell for part in run.executions if part.execution.cell]),
        "cellmill.data": ", ".join(f"{use.name} {use.digest} ({use.context})" for use in run.data)[:_LONGEST_TAG],
        "cellmill.metrics": metrics[:_LONGEST_TAG],
        "cellmill.model_sha256": run.model.sha256,
        "cellmill.registered_by": user,
    }
    where = f" in {run.notebook}" if run.notebook else ""
    return Registration(
        run=run.run,
        name=name,
        alias=alias or None,
        tags={key: value for key, value in tags.items() if value},
        description=f"{run.short_class}, captured{where} as run {run.run}.",
    )


def suggest_name(run: Run) -> str:
    """`notebooks/01_flight_delays.ipynb` -> `flight-delays`; the model's class where no notebook is known."""
    stem = PurePosixPath(run.notebook).stem if run.notebook else run.short_class
    words = re.sub(r"^[\d\W_]+", "", stem)
    return re.sub(r"[\W_]+", "-", words).strip("-").lower() or run.short_class.lower()


def _fitting(values: list[str]) -> str:
    """As many as a tag can hold, from the newest back: the training and its evaluation matter most."""
    while len(json.dumps(values)) > _LONGEST_TAG:
        values = values[1:]
    return json.dumps(values)
