"""A pipeline in MLflow: a run for each time it ran, under that a run for each step, and under those what it trained."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cellmill.stores.mlflow_client import client_for, translated
from cellmill.stores.mlflow_runs import MlflowRunStore

if TYPE_CHECKING:
    from mlflow import MlflowClient

PIPELINE_TAG, RUN_TAG, STEP_TAG = "cellmill.pipeline", "cellmill.pipeline_run", "cellmill.pipeline_step"
_PARENT = "mlflow.parentRunId"
_STATUS = {"ok": "FINISHED", "failed": "FAILED", "interrupted": "KILLED"}
_LONGEST = 6_000


class MlflowPipelines:
    """Puts runs of pipelines into a store. Each put may be made again."""

    def __init__(self, runs: MlflowRunStore) -> None:
        """`runs` is the store of the captured runs."""
        self._runs = runs
        self._uri = runs.uri
        self._known: dict[tuple[str, str], str] = {}
        self._made_here: set[str] = set()

    def put(
        self, run: Mapping[str, Any], step: Mapping[str, Any], parameters: Mapping[str, Any], runs: Sequence[str]
    ) -> str:
        """Make the store's runs equal to a run of a pipeline and one step of it. Returns the id of the step's run.

        `runs` are the store's ids of what the step trained. Raises `StoreError`.
        """
        from mlflow.entities import Param, RunTag

        with translated(self._uri):
            client = client_for(self._uri)
            parent = self._parent(client, run)
            tags = {"cellmill.why": "; ".join(step["why"]), "cellmill.error": step["error"] or ""}
            tags = {name: text[:_LONGEST] for name, text in tags.items() if text}
            is_new = (run["run"], step["key"]) not in self._known
            child = self._run(client, run, step["key"], step["started_ms"], {_PARENT: parent, **tags})
            params = [Param(name, str(value)[:_LONGEST]) for name, value in parameters.items()]
            if params or not is_new:
                client.log_batch(child, params=params, tags=[RunTag(name, text) for name, text in tags.items()])
            told = {PIPELINE_TAG: run["pipeline"], RUN_TAG: run["run"], STEP_TAG: step["key"]}
            for trained in runs:
                for name, text in told.items():
                    client.set_tag(trained, name, text)
                if _PARENT not in client.get_run(trained).data.tags:
                    client.set_tag(trained, _PARENT, child)
            client.set_terminated(child, _STATUS[step["state"]], step["ended_ms"])
        return child

    def end(self, run: Mapping[str, Any]) -> str:
        """Close the run of a pipeline. Returns its id in the store. Raises `StoreError`."""
        from mlflow.entities import Param, RunTag

        with translated(self._uri):
            client = client_for(self._uri)
            parent = self._parent(client, run)
            states = {step["state"] for step in run["steps"]}
            state = "failed" if "failed" in states else "interrupted" if "interrupted" in states else "ok"
            client.log_batch(
                parent,
                params=[Param(name, str(value)[:_LONGEST]) for name, value in run["parameters"].items()],
                tags=[
                    RunTag("cellmill.steps", ", ".join(f"{s['key']}: {s['state']}" for s in run["steps"])[:_LONGEST])
                ],
            )
            client.set_terminated(parent, _STATUS[state], run["ended_ms"])
        return parent

    def _parent(self, client: "MlflowClient", run: Mapping[str, Any]) -> str:
        return self._run(client, run, "", run["started_ms"], {})

    def _run(
        self, client: "MlflowClient", run: Mapping[str, Any], key: str, at_ms: int, more: Mapping[str, str]
    ) -> str:
        known = self._known.get((run["run"], key))
        if known is not None:
            return known
        experiment = self._runs.experiment(f"pipelines/{run['pipeline']}")
        tag, value = (STEP_TAG, f"{run['run']}/{key}") if key else (RUN_TAG, run["run"])
        # Where the run above was made by this process, there can be no step of it yet.
        found = [] if key and run["run"] in self._made_here else self._search(client, experiment, tag, value)
        if found:
            store_id = str(found[0].info.run_id)
        else:
            if not key:
                self._made_here.add(run["run"])
            tags = {tag: value, PIPELINE_TAG: run["pipeline"], "mlflow.source.type": "NOTEBOOK", **more}
            name = key or f"{run['pipeline']} {run['run']}"
            store_id = client.create_run(experiment, start_time=at_ms, tags=tags, run_name=name).info.run_id
        self._known[run["run"], key] = store_id
        return store_id

    def _search(self, client: "MlflowClient", experiment: str, tag: str, value: str) -> list[Any]:
        found = client.search_runs([experiment], f"tags.`{tag}` = '{value}'", max_results=2)
        return [each for each in found if _PARENT not in each.data.tags or tag == STEP_TAG]
