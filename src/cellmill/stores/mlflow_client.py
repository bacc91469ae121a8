"""How MLflow is spoken to: one client for one URI, and its errors as ours."""

import contextlib
import logging
import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from cellmill.core.errors import CellmillError, StoreLocked, StoreRefused, StoreUnreachable
from cellmill.stores.mlflow_database import make_database

if TYPE_CHECKING:
    from mlflow import MlflowClient

# MLflow waits minutes by default for a server that is gone. The journal keeps everything meanwhile.
_PATIENCE = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
}
_LOCK_PATIENCE_S = 3.0
# Nothing of the user's goes anywhere that they did not name.
_PRIVATE = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
# A `uv.lock` near by is the project's business, not the model's.
_PLAIN = {"MLFLOW_UV_AUTO_DETECT": "false"}

# What a message says -> which error of ours it is. A test counts the rows.
TRANSLATIONS: tuple[tuple[tuple[str, ...], type[CellmillError]], ...] = (
    (("database is locked", "database table is locked"), StoreLocked),
    (
        (
            "connection refused",
            "name or service not known",
            "temporary failure in name resolution",
            "timed out",
            "unable to open database file",
            "could not connect to server",
            "connection reset by peer",
            "failed with error code 502",
            "failed with error code 503",
            "failed with error code 504",
            # Said of any of the above, so asked last: the phrase that is found is the reason given.
            "failed to establish a new connection",
            "max retries exceeded",
        ),
        StoreUnreachable,
    ),
)


# Two threads that make one database at the same time, or a process that ends meanwhile, leave a half made one.
opening = threading.Lock()


def look_up_ahead(held: Mapping[str, list[str]]) -> None:
    """Make MLflow's table of what is installed, of which distributions hold each module here.

    It compares a model's requirements with that table when it logs the first one, and would take a quarter of a second
    to find out the same. A version of MLflow that has no such table makes its own, or needs none.
    """
    from mlflow.utils import requirements_utils

    make_table = getattr(requirements_utils, "_init_modules_to_packages_map", None)
    library = getattr(requirements_utils, "importlib_metadata", None)
    if make_table is None or library is None:
        return
    asked = library.packages_distributions
    library.packages_distributions = lambda: {module: list(names) for module, names in held.items()}
    try:
        make_table()
    finally:
        library.packages_distributions = asked


def client_for(uri: str) -> "MlflowClient":
    """Return the client of a store, whose database is made where there is none.

    The first call imports MLflow, which takes seconds.
    """
    _import_mlflow()
    with opening:
        return _client_for(uri)


@lru_cache(maxsize=4)
def _client_for(uri: str) -> "MlflowClient":
    import mlflow

    path = uri.removeprefix("sqlite:///")
    with _beside(uri):
        if path != uri and Path(path).parent.is_dir():
            make_database(Path(path).absolute(), make=_make, version=_schema_version)
        return mlflow.MlflowClient(tracking_uri=uri)


def _make(uri: str) -> None:
    import mlflow

    client = mlflow.MlflowClient(tracking_uri=uri)
    with contextlib.suppress(AttributeError):  # a version of MLflow that holds it elsewhere lets go of it later
        client._tracking_client.store.engine.dispose()


@lru_cache(maxsize=1)
def _schema_version() -> str | None:
    """The version of the schema that this MLflow makes, None where it does not tell."""
    from mlflow.store.db import utils

    tell = getattr(utils, "_get_latest_schema_revision", None)
    return str(tell()) if tell is not None else None


def forget_clients() -> None:
    """Make each client anew when it is next asked for: its database may be another by then."""
    _client_for.cache_clear()


def _import_mlflow() -> None:
    for name, value in (_PATIENCE | _PRIVATE | _PLAIN).items():
        os.environ.setdefault(name, value)
    import mlflow  # noqa: F401

    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what matters is raised; the rest is chatter


def _beside(uri: str) -> AbstractContextManager[None]:
    """A new database writes down, for good, where its default experiment keeps things: `./mlruns`."""
    folder = Path(uri.removeprefix("sqlite:///")).parent
    is_file = uri.startswith("sqlite:///") and folder.is_dir()
    return contextlib.chdir(folder) if is_file else contextlib.nullcontext()


def refuse_locked(uri: str) -> None:
    """Raise at once where another program holds the database: MLflow itself would wait for twenty seconds."""
    path = uri.removeprefix("sqlite:///")
    if path != uri and Path(path).exists():
        with contextlib.closing(sqlite3.connect(path, timeout=_LOCK_PATIENCE_S, isolation_level=None)) as database:
            database.execute("BEGIN IMMEDIATE")
            database.execute("ROLLBACK")


@contextmanager
def translated(uri: str) -> Iterator[None]:
    """Turn MLflow's errors, and those of what it stands on, into `StoreError`s."""
    try:
        yield
    except CellmillError:
        raise
    except Exception as error:
        raise translate(error, uri) from error


def translate(error: Exception, uri: str) -> CellmillError:
    """Return our error for one of MLflow's, its database's or its network's."""
    reason = first_line(error)
    # Wrapped errors hide the telling words in their causes.
    words, cause = "", error
    while cause is not None:
        words, cause = f"{words} {cause}".lower(), cause.__cause__ or cause.__context__  # type: ignore[assignment]
    for phrases, kind in TRANSLATIONS:
        for phrase in phrases:
            if phrase in words:
                return kind(uri) if kind is StoreLocked else kind(uri, reason=phrase)
    return StoreRefused(uri, reason=reason)


def first_line(error: Exception) -> str:
    """Return the first line of an error's message, without the full stop that our sentences add."""
    lines = str(getattr(error, "message", None) or error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__).rstrip(".")[:300]
