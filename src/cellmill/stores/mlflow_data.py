"""The data of a run as MLflow's own inputs."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cellmill.core.event_parts import DataUse
from cellmill.core.runs import DataSource, Run

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput

# MLflow takes 65,535 characters for the source of a data set (mlflow.utils.validation), and refuses the run with more.
_LONGEST_LIST, _LONGEST_SOURCE = 30_000, 5_000


def dataset_of(use: DataUse, run: Run) -> "DatasetInput":
    """Return the data as MLflow's own input: its page shows name, schema and context, without the data."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    schema: dict[str, Any] = {
        "mlflow_colspec": [{"type": column.type, "name": column.name, "required": True} for column in use.columns]
    }
    profile = {"num_rows": use.rows, "num_elements": use.rows * max(1, len(use.columns))}
    source_type, source = _source(use, run)
    dataset = Dataset(
        name=use.name,
        digest=use.digest,
        source_type=source_type,
        source=json.dumps(source),
        schema=json.dumps(schema),
        profile=json.dumps(profile),
    )
    return DatasetInput(dataset, [InputTag("mlflow.data.context", use.context)])


def _source(use: DataUse, run: Run) -> tuple[str, dict[str, Any]]:
    """Return type and facts of a data set's source, as mlflow.data writes them.

    One file or address alone is the source itself; of several, or of none, it is the notebook, with a list.
    """
    tags = {"mlflow.source.name": run.notebook or "", "mlflow.source.type": "NOTEBOOK"}
    if len(run.sources) == 1:
        only = run.sources[0]
        if only.kind == "file":
            return "local", {"uri": only.name}
        if only.kind == "url":
            return ("http", {"url": only.name}) if only.name.startswith("http") else ("fs", {"uri": only.name})
    return "code", {"tags": {**tags, **_listed(run.sources)}}


def _listed(sources: Sequence[DataSource]) -> dict[str, str]:
    """Return the first sources, as many as fit, and how many more there are: `cellmill/files.json` has them all."""
    found: dict[str, str] = {}
    size = 0
    for number, source in enumerate(sources, start=1):
        name, value = f"cellmill.source.{number}", f"{source.kind}: {source.name}"[:_LONGEST_SOURCE]
        size += len(json.dumps({name: value}))
        if size > _LONGEST_LIST:
            return {**found, "cellmill.sources.left_out": f"{len(sources) - len(found)} of {len(sources)}"}
        found[name] = value
    return found
