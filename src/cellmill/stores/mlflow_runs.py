"""Runs in MLflow: ordinary runs, which MLflow's own page shows unchanged."""

import json
import os
import posixpath
import re
import warnings
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from cellmill.core.event_parts import ModelBlob
from cellmill.core.ids import RunId, SessionId
from cellmill.core.ports import Recorded, RunFiles
from cellmill.core.project import Project
from cellmill.core.runs import Run
from cellmill.stores.mlflow_client import client_for, first_line, refuse_locked, translated
from cellmill.stores.mlflow_data import dataset_of
from cellmill.stores.packing import packer_for
from cellmill.stores.requirements import requirements_of

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run as MlflowRun

RUN_TAG = "cellmill.run"
SESSION_TAG = "cellmill.session"
DIGEST_TAG = "cellmill.digest"
MODEL_TAG = "cellmill.model_id"
# On a run that the user's own code made: the metrics that it had before we completed it.
JOINED_TAG = "cellmill.joined"

_STATUS = {"running": "RUNNING", "finished": "FINISHED", "failed": "FAILED", "interrupted": "KILLED"}
# MLflow's own limits (mlflow.utils.validation).
_PARAMS_PER_BATCH, _METRICS_PER_BATCH = 100, 850
_LONGEST_PARAM, _LONGEST_TAG, _LONGEST_KEY = 6000, 5000, 250
_FOREIGN = re.compile(r"[^/\w.\- :]")


class MlflowRunStore:
    """A `RunStore` on anything that MLflow's tracking URI can name."""

    def __init__(self, project: Project, uri: str) -> None:
        self._project = project
        self._uri = uri
        self._experiments: dict[str, str] = {}

    @property
    def uri(self) -> str:
        return self._uri

    @cached_property
    def _client(self) -> "MlflowClient":
        return client_for(self._uri)

    def recorded(self, session: SessionId) -> dict[RunId, Recorded]:
        """See `RunStore`."""
        with translated(self._uri):
            refuse_locked(self._uri)
            found = self._search(f"tags.`{SESSION_TAG}` = '{session}'")
        return {
            RunId(run.data.tags[RUN_TAG]): Recorded(
                run=RunId(run.data.tags[RUN_TAG]),
                store_id=run.info.run_id,
                digest=run.data.tags.get(DIGEST_TAG, ""),
                is_deleted=run.info.lifecycle_stage == "deleted",
            )
            for run in found
            if RUN_TAG in run.data.tags
        }

    def _search(self, query: str) -> "list[MlflowRun]":
        from mlflow.entities import ViewType

        experiments = [e.experiment_id for e in self._client.search_experiments(view_type=ViewType.ALL)]
        found: list[MlflowRun] = []
        token: str | None = None
        while experiments:
            page = self._client.search_runs(experiments, query, run_view_type=ViewType.ALL, page_token=token)
            found += page
            token = page.token
            if not token:
                break
        return found

    def put(
        self, run: Run, files: RunFiles, *, digest: str, known: Recorded | None, parent: str | None = None
    ) -> Recorded:
        """See `RunStore`. The digest is written last: a run without it is put again."""
        with translated(self._uri):
            store_id = known.store_id if known is not None else self._joined(run) or self._create(run)
            present = self._client.get_run(store_id)
            is_theirs = JOINED_TAG in present.data.tags
            self._log_numbers(run, present)
            try:
                self._log_data(run, present)
                self._log_documents(store_id, files.documents or {})
                note = self._log_model(run, files, present, is_new=known is None and not is_theirs)
            finally:  # a run of which something is refused has ended all the same
                if not is_theirs:  # the user's code ends what it began
                    self._set_status(run, store_id)
            tags = {DIGEST_TAG: digest}
            if note:
                tags["cellmill.model_note"] = note
            if parent is not None and parent != store_id:
                tags["mlflow.parentRunId"] = parent
            for name, value in tags.items():
                self._client.set_tag(store_id, name, value)
        return Recorded(run.run, store_id, digest)

    def delete(self, recorded: Recorded) -> None:
        """See `RunStore`. MLflow keeps deleted runs until its own garbage collection."""
        with translated(self._uri):
            refuse_locked(self._uri)
            tags = self._client.get_run(recorded.store_id).data.tags
            if JOINED_TAG not in tags:
                self._client.delete_run(recorded.store_id)
                return
            for name in tags:
                if name.startswith("cellmill."):
                    self._client.delete_tag(recorded.store_id, name)

    def _set_status(self, run: Run, store_id: str) -> None:
        if run.status == "running":
            self._client.update_run(store_id, status="RUNNING")
        else:
            self._client.set_terminated(store_id, _STATUS[run.status], run.ended_ms or run.started_ms)

    # --- the run

    def _joined(self, run: Run) -> str | None:
        """Return the run that the user's own code made in this store for the same training, marked as ours too."""
        from mlflow.exceptions import MlflowException

        for tracked in run.tracked:
            if tracked.system != "mlflow" or tracked.uri not in (None, self._uri):
                continue
            try:
                theirs = self._client.get_run(tracked.id)
            except MlflowException:
                continue  # removed for good, or in another store after all
            if theirs.info.lifecycle_stage == "deleted" or RUN_TAG in theirs.data.tags:
                continue
            names = json.dumps(sorted(theirs.data.metrics))
            for name, value in {JOINED_TAG: names, **_identity(run)}.items():
                self._client.set_tag(tracked.id, name, value)
            return tracked.id
        return None

    def _create(self, run: Run) -> str:
        tags = {
            **_identity(run),
            "mlflow.source.name": run.notebook or "",
            "mlflow.source.type": "NOTEBOOK",
            "mlflow.user": (run.surroundings.user if run.surroundings else None) or _user(),
        }
        name = run.notebook or "notebooks"
        if name in self._experiments and self._is_deleted(self._experiments[name]):
            del self._experiments[name]
        created = self._client.create_run(self.experiment(name), run.started_ms, tags, run_name=run.short_class)
        store_id: str = created.info.run_id
        return store_id

    def _is_deleted(self, experiment: str) -> bool:
        return bool(self._client.get_experiment(experiment).lifecycle_stage == "deleted")

    def experiment(self, name: str) -> str:
        """Return the id of the experiment of this name, which is made where there is none.

        One that the user has deleted keeps its name in MLflow, and stays deleted: the next is called `name (2)`.
        """
        if name not in self._experiments:
            title, number = name, 1
            while (identity := self._experiment_called(title)) is None:
                number += 1
                title = f"{name} ({number})"
            self._experiments[name] = identity
        return self._experiments[name]

    def _experiment_called(self, title: str) -> str | None:
        """Return the id of the experiment of this title, made where there is none; None where it was deleted."""
        from mlflow.exceptions import MlflowException

        found = self._client.get_experiment_by_name(title)
        if found is None:
            try:
                return str(self._client.create_experiment(title, self._artifact_location()))
            except MlflowException:  # another recorder was quicker
                found = self._client.get_experiment_by_name(title)
                if found is None:
                    raise
        identity: str = found.experiment_id
        return None if found.lifecycle_stage == "deleted" else identity

    def _artifact_location(self) -> str | None:
        """The embedded store's artifacts lie at the project's root, wherever the recorder was started.

        Elsewhere the answer is None: the store has its own place for them.
        """
        if self._uri != self._project.default_store:
            return None
        return (self._project.root / "mlruns").as_uri()

    # --- its parts

    def _log_numbers(self, run: Run, present: "MlflowRun") -> None:
        from mlflow.entities import Metric, Param, RunTag

        store_id = present.info.run_id
        values = {_key(parameter.name): parameter.value[:_LONGEST_PARAM] for parameter in reversed(run.parameters)}
        params = [
            Param(name, value)
            for name, value in reversed(values.items())
            if name not in present.data.params  # MLflow never changes a parameter
        ]
        # What a run of theirs measured under the same name stays as they wrote it.
        theirs = set(json.loads(present.data.tags.get(JOINED_TAG, "[]")))
        metrics = [Metric(_key(m.name), m.value, m.at_ms, m.step) for m in run.metrics if _key(m.name) not in theirs]
        tags = [RunTag(name, value[:_LONGEST_TAG]) for name, value in _facts(run).items()]
        while params or metrics or tags:  # one call does for most runs
            now = (metrics[:_METRICS_PER_BATCH], params[:_PARAMS_PER_BATCH], tags)
            self._client.log_batch(store_id, *now)
            metrics, params, tags = metrics[_METRICS_PER_BATCH:], params[_PARAMS_PER_BATCH:], []

    def _log_data(self, run: Run, present: "MlflowRun") -> None:
        have = {
            (given.dataset.name, given.dataset.digest)
            for given in (present.inputs.dataset_inputs if present.inputs else [])
        }
        new = [dataset_of(use, run) for use in run.data if (use.name, use.digest) not in have]
        if new:
            self._client.log_inputs(present.info.run_id, datasets=new)

    def _log_documents(self, store_id: str, documents: Mapping[str, bytes]) -> None:
        from tempfile import TemporaryDirectory

        if not documents:
            return
        with TemporaryDirectory() as scratch:
            for path, content in documents.items():
                local = Path(scratch) / path
                local.parent.mkdir(parents=True, exist_ok=True)
                local.write_bytes(content)
            self._client.log_artifacts(store_id, scratch)

    # --- the model

    def _log_model(self, run: Run, files: RunFiles, present: "MlflowRun", *, is_new: bool) -> str | None:
        """Pack the model once. Returns why it could not be packed, None when it was, or when there is none."""
        store_id = present.info.run_id
        if run.model is None or MODEL_TAG in present.data.tags:
            return None
        if files.model is None or not files.model.exists():
            return "its pickle is no longer among the blobs"
        if not is_new:
            # Packed by a recorder that was killed before it could say so, or by the user's own code.
            logged = self._client.search_logged_models(
                [present.info.experiment_id], filter_string=f"source_run_id = '{store_id}'"
            )
            ready = [model for model in logged if str(model.status) == "READY"]
            for model in logged:
                if model not in ready and model.tags.get(RUN_TAG) == run.run:
                    self._client.delete_logged_model(model.model_id)  # whoever packed it was killed
            if ready:
                self._client.set_tag(store_id, MODEL_TAG, ready[0].model_id)
                return None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # MLflow's advice is for those who call it by hand
                model_id = self._pack(run, run.model, files.model, files.example, present)
        except Exception as error:  # noqa: BLE001 - loading a pickle runs whatever it holds
            with translated(self._uri):
                self._client.get_run(store_id)  # a store that is gone is another matter, and raises here
            return f"it cannot be packed for MLflow ({type(error).__name__}: {first_line(error)})"
        self._client.set_tag(store_id, MODEL_TAG, model_id)
        return None

    def _pack(
        self, run: Run, blob: ModelBlob, model_file: Path, example_file: Path | None, present: "MlflowRun"
    ) -> str:
        """Log a pickled model to a run, with its signature. Returns MLflow's id of the model."""
        import cloudpickle
        import mlflow
        from mlflow.models import Model

        pack = packer_for(blob.flavor)
        pickled = model_file.read_bytes()
        versions = run.surroundings.distributions if run.surroundings else {}
        required = requirements_of(blob, pickled, versions)
        model = cloudpickle.loads(pickled)
        del pickled  # of a large model it would be a third copy
        example = cloudpickle.loads(example_file.read_bytes()) if example_file and example_file.exists() else None
        packed = pack(model, example)
        mlflow.set_tracking_uri(self._uri)  # Model.log takes no client
        # Made here, not by Model.log: that would put it into the default experiment.
        made = self._client.create_logged_model(
            present.info.experiment_id,
            name="model",
            source_run_id=present.info.run_id,
            params={_key(parameter.name): parameter.value[:_LONGEST_TAG] for parameter in run.parameters},
            tags={RUN_TAG: run.run},
        )
        model_id: str = made.model_id
        try:
            Model.log(
                artifact_path=None,
                flavor=packed.flavor,
                name="model",
                run_id=present.info.run_id,
                model_id=model_id,
                signature=packed.signature,
                input_example=packed.example,
                # Given, not inferred: inferring loads the model once more in a process of its own.
                pip_requirements=required,
                **packed.arguments,
            )
        except Exception:
            self._client.delete_logged_model(model_id)
            raise
        return model_id


def _identity(run: Run) -> dict[str, str]:
    return {
        RUN_TAG: run.run,
        SESSION_TAG: run.session,
        "cellmill.notebook": run.notebook or "",
        "cellmill.library": run.library,
        "cellmill.model_class": run.model_class,
        "cellmill.kind": run.kind,
    }


def _facts(run: Run) -> dict[str, str]:
    git = run.surroundings.git if run.surroundings else None
    facts = {
        "mlflow.source.git.commit": git.commit if git else "",
        "mlflow.source.git.branch": (git.branch or "") if git else "",
        "cellmill.host": run.surroundings.host if run.surroundings else "",
        "cellmill.tracked": ", ".join(f"{t.system}:{t.id}" for t in run.tracked if t.system != "mlflow"),
        "cellmill.status": run.status,
        "cellmill.executions": json.dumps([part.execution.execution for part in run.executions]),
        "cellmill.cells": json.dumps([part.execution.cell for part in run.executions if part.execution.cell]),
        "cellmill.incomplete": "; ".join(run.incomplete),
        "cellmill.model_note": run.model_note or "",
    }
    if run.verdict is not None:
        facts["cellmill.verdict"] = run.verdict.judgement
        facts["cellmill.verdict_detail"] = run.verdict.detail
    if run.error is not None:
        facts["cellmill.error"] = f"{run.error.type}: {run.error.message}"
    return {name: value for name, value in facts.items() if value}


def _key(name: str) -> str:
    """Return a name as MLflow takes it: of its own characters, and no path that leads elsewhere."""
    key = _FOREIGN.sub("_", name)[:_LONGEST_KEY] or "_"
    path = posixpath.normpath(key)
    if path != key or path == "." or path.startswith(("..", "/")):
        key = key.replace("/", "_").replace(".", "_")
    return key


def _user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no name for this uid, as in a container
        return str(os.getuid()) if hasattr(os, "getuid") else "unknown"
