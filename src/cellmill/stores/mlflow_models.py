"""Registered models in MLflow: aliases and tags, never its deprecated stages."""

from typing import TYPE_CHECKING, Any

from cellmill.core.errors import InvalidAlias, InvalidModelName, RunWithoutModel
from cellmill.core.ids import RunId
from cellmill.core.models import RegisteredModel, Registration, Version
from cellmill.stores.mlflow_client import client_for, first_line, refuse_locked, translated
from cellmill.stores.mlflow_pipelines import PIPELINE_TAG
from cellmill.stores.mlflow_runs import MODEL_TAG, RUN_TAG

if TYPE_CHECKING:
    from mlflow import MlflowClient


class MlflowModelRegistry:
    """A `ModelRegistry` on anything that MLflow's tracking URI can name."""

    def __init__(self, uri: str) -> None:
        self._uri = uri

    @property
    def _client(self) -> "MlflowClient":
        return client_for(self._uri)

    def models(self) -> tuple[RegisteredModel, ...]:
        """See `ModelRegistry`."""
        with translated(self._uri):
            refuse_locked(self._uri)
            versions: dict[str, list[Version]] = {}
            aliases: dict[str, dict[str, list[str]]] = {}
            token: str | None = None
            while True:
                page = self._client.search_registered_models(max_results=100, page_token=token)
                for model in page:
                    versions[model.name] = []
                    for alias, version in (model.aliases or {}).items():
                        aliases.setdefault(model.name, {}).setdefault(str(version), []).append(alias)
                token = page.token
                if not token:
                    break
            for name, found in versions.items():
                for version in self._client.search_model_versions(f"name = {_quoted(name)}", max_results=1000):
                    found.append(_version(version, aliases.get(name, {}).get(str(version.version), [])))
        return tuple(
            RegisteredModel(name, tuple(sorted(found, key=lambda v: int(v.version), reverse=True)))
            for name, found in sorted(versions.items())
        )

    def register(self, registration: Registration, *, store_id: str) -> Version:
        """See `ModelRegistry`."""
        self._check_names(registration)
        with translated(self._uri):
            refuse_locked(self._uri)
            run = self._client.get_run(store_id)
            model_id = run.data.tags.get(MODEL_TAG)
            if model_id is None:
                reason = run.data.tags.get("cellmill.model_note") or "MLflow holds none for it"
                raise RunWithoutModel(registration.run, reason=reason)
            pipeline = {name: text for name, text in run.data.tags.items() if name.startswith(PIPELINE_TAG)}
            is_new = self._make_name(registration.name)
            made: Any = None
            try:
                made = self._client.create_model_version(
                    registration.name,
                    source=f"models:/{model_id}",
                    run_id=store_id,
                    tags={**registration.tags, **pipeline},
                    description=registration.description,
                    model_id=model_id,
                )
                if registration.alias is not None:
                    self._client.set_registered_model_alias(registration.name, registration.alias, made.version)
            except Exception:
                self._take_back(registration.name, made, is_new=is_new)
                raise
        return _version(made, [registration.alias] if registration.alias else [])

    def _check_names(self, registration: Registration) -> None:
        """Ask MLflow's own rules before anything is written."""
        client_for(self._uri)
        from mlflow.exceptions import MlflowException
        from mlflow.utils import validation

        try:
            validation._validate_model_name(registration.name)
        except MlflowException as error:
            raise InvalidModelName(registration.name, reason=first_line(error)) from error
        if registration.alias is not None:
            try:
                validation._validate_model_alias_name(registration.alias)
                validation._validate_model_alias_name_reserved(registration.alias)
            except MlflowException as error:
                raise InvalidAlias(registration.alias, reason=first_line(error)) from error

    def _make_name(self, name: str) -> bool:
        """Return whether the name had to be made."""
        from mlflow.exceptions import MlflowException

        try:
            self._client.create_registered_model(name)
        except MlflowException as error:
            if error.error_code == "RESOURCE_ALREADY_EXISTS":
                return False
            raise
        return True

    def _take_back(self, name: str, made: Any, *, is_new: bool) -> None:
        """Leave nothing half-made behind. What cannot be removed either is in the error that is on its way."""
        from contextlib import suppress

        from mlflow.exceptions import MlflowException

        with suppress(MlflowException):
            if made is not None:
                self._client.delete_model_version(name, made.version)
            if is_new:
                self._client.delete_registered_model(name)


def _version(version: Any, aliases: list[str]) -> Version:
    tags: dict[str, str] = dict(version.tags or {})
    run = tags.get(RUN_TAG)
    return Version(
        name=version.name,
        version=str(version.version),
        aliases=tuple(sorted(aliases)),
        run=RunId(run) if run else None,
        notebook=tags.get("cellmill.notebook"),
        created_ms=int(version.creation_timestamp),
        tags=tags,
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '\\"') + '"' if "'" in name else f"'{name}'"
