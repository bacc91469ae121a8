"""A sweep in MLflow: a run for it, under that a run for each trial, and under those what the trials trained."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cellmill.stores.mlflow_client import client_for, translated
from cellmill.stores.mlflow_runs import MlflowRunStore

if TYPE_CHECKING:
    from mlflow import MlflowClient

SWEEP_TAG, TRIAL_TAG = "cellmill.sweep", "cellmill.sweep_trial"
_PARENT = "mlflow.parentRunId"
_STATUS = {"finished": "FINISHED", "failed": "FAILED", "pruned": "KILLED"}
_LONGEST = 6_000


class MlflowSweeps:
    """Puts sweeps into a store. Each put may be made again."""

    def __init__(self, runs: MlflowRunStore) -> None:
        """`runs` is the store of the captured runs: a sweep stands in the experiment of its notebook."""
        self._runs = runs
        self._uri = runs.uri
        self._known: dict[tuple[str, int | None], str] = {}

    def put(
        self, sweep: Mapping[str, Any], trial: Mapping[str, Any], best: Mapping[str, Any], runs: Sequence[str]
    ) -> str:
        """Make the store's runs equal to a sweep and one trial of it. Returns the id of the sweep's run.

        `runs` are the store's ids of what the trial trained. Raises `StoreError`.
        """
        with translated(self._uri):
            client = client_for(self._uri)
            experiment = self._runs.experiment(sweep["notebook"])
            plan = sweep["plan"]
            parent = self._run(client, experiment, sweep["sweep"], None, sweep["started_ms"], "sweep")
            child = self._run(client, experiment, sweep["sweep"], trial["number"], trial["started_ms"], _title(trial))
            client.set_tag(child, _PARENT, parent)
            for name, value in trial["parameters"].items():
                client.log_param(child, name, str(value)[:_LONGEST])
            if trial["value"] is not None:
                client.log_metric(child, plan["metric"], trial["value"], timestamp=trial["ended_ms"])
            for step, value in trial["steps"].items():
                client.log_metric(child, plan["metric"], value, timestamp=trial["ended_ms"], step=int(step))
            if trial["error"]:
                client.set_tag(child, "cellmill.error", trial["error"][:_LONGEST])
            for run in runs:
                if _PARENT not in client.get_run(run).data.tags:
                    client.set_tag(run, _PARENT, child)
            client.set_terminated(child, _STATUS[trial["state"]], trial["ended_ms"])
            if best["value"] is not None:
                client.log_metric(parent, f"best_{plan['metric']}", best["value"], timestamp=best["ended_ms"])
                client.set_tag(parent, "cellmill.best_trial", str(best["number"]))
            client.set_terminated(parent, "FINISHED", trial["ended_ms"])
        return parent

    def _run(
        self, client: "MlflowClient", experiment: str, sweep: str, number: int | None, at_ms: int, title: str
    ) -> str:
        known = self._known.get((sweep, number))
        if known is not None:
            return known
        tag, value = (SWEEP_TAG, sweep) if number is None else (TRIAL_TAG, f"{sweep}/{number}")
        found = client.search_runs([experiment], f"tags.`{tag}` = '{value}'", max_results=1)
        if found:
            store_id = str(found[0].info.run_id)
        else:
            tags = {tag: value, "mlflow.source.type": "NOTEBOOK"}
            store_id = client.create_run(experiment, start_time=at_ms, tags=tags, run_name=title).info.run_id
        self._known[sweep, number] = store_id
        return store_id


def _title(trial: Mapping[str, Any]) -> str:
    given = ", ".join(f"{name}={value}" for name, value in trial["parameters"].items())
    return f"{trial['number']}: {given}"[:250]
