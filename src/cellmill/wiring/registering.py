"""Registering a run, the same through every door."""

import getpass

from cellmill.capture.sessions import Sessions
from cellmill.core.errors import RunWithoutModel
from cellmill.core.models import Registration, Version
from cellmill.core.ports import ModelRegistry, RunStore
from cellmill.core.runs import Run
from cellmill.registry.register import prepare, suggest_name
from cellmill.wiring.marks import store_ids
from cellmill.wiring.recorder import record


def preview(run: Run, *, name: str | None = None, alias: str | None = None) -> Registration:
    """Return what would be recorded. Asks no store. Raises `RunWithoutModel`."""
    return prepare(run, name=name if name is not None else suggest_name(run), alias=alias, user=_user())


def register(
    sessions: Sessions, store: RunStore, registry: ModelRegistry, *, run: str, name: str, alias: str | None
) -> Version:
    """Register a run's model: the run is recorded first when it is not yet.

    Raises `RunError`, `RegistryError`, `StoreError`.
    """
    found = sessions.run(run)
    registration = preview(found, name=name, alias=alias)
    record(sessions, store, only=found.session)
    store_id = store_ids(sessions.project, store.uri).get(found.run)
    if store_id is None:
        raise RunWithoutModel(found.run, reason="it was deleted in MLflow")
    return registry.register(registration, store_id=store_id)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no name for this uid, as in a container
        return "unknown"
