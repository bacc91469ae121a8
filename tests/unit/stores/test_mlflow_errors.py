"""What MLflow, its database and its network say, as errors of ours."""

import sqlite3
from collections import Counter
from urllib.error import URLError

import pytest
import requests.exceptions
import sqlalchemy.exc

from cellmill.core.errors import CellmillError, NoSession, StoreLocked, StoreRefused, StoreUnreachable
from cellmill.stores.mlflow_client import TRANSLATIONS, first_line, translate, translated

SQLITE, SERVER = "sqlite:////p/mlflow.db", "http://127.0.0.1:5000"


def from_sqlite(words: str) -> Exception:
    return sqlalchemy.exc.OperationalError("SELECT 1", {}, sqlite3.OperationalError(words))


def from_server(status: int) -> Exception:
    return requests.exceptions.HTTPError(
        f"API request to http://127.0.0.1:5000/api/2.0/mlflow/runs/search failed with error code {status} != 200."
    )


def pool(words: str) -> Exception:
    return requests.exceptions.ConnectionError(f"HTTPConnectionPool(host='127.0.0.1', port=5000): {words}")


# A phrase of the table, and an error as it comes, with the phrase in it.
ERRORS: list[tuple[str, Exception, type[CellmillError]]] = [
    ("database is locked", from_sqlite("database is locked"), StoreLocked),
    ("database table is locked", from_sqlite("database table is locked: runs"), StoreLocked),
    ("max retries exceeded", pool("Max retries exceeded with url: /api/2.0"), StoreUnreachable),
    ("connection refused", ConnectionRefusedError(111, "Connection refused"), StoreUnreachable),
    (
        "failed to establish a new connection",
        pool("Failed to establish a new connection: [Errno 113] No route to host"),
        StoreUnreachable,
    ),
    ("name or service not known", URLError("[Errno -2] Name or service not known"), StoreUnreachable),
    (
        "temporary failure in name resolution",
        pool("[Errno -3] Temporary failure in name resolution"),
        StoreUnreachable,
    ),
    ("timed out", requests.exceptions.ReadTimeout("Read timed out. (read timeout=20)"), StoreUnreachable),
    ("unable to open database file", from_sqlite("unable to open database file"), StoreUnreachable),
    (
        "could not connect to server",
        sqlalchemy.exc.OperationalError("", {}, Exception('could not connect to server: "db"')),
        StoreUnreachable,
    ),
    ("connection reset by peer", ConnectionResetError(104, "Connection reset by peer"), StoreUnreachable),
    ("failed with error code 502", from_server(502), StoreUnreachable),
    ("failed with error code 503", from_server(503), StoreUnreachable),
    ("failed with error code 504", from_server(504), StoreUnreachable),
]


@pytest.mark.parametrize(("error", "kind"), [row[1:] for row in ERRORS], ids=[row[0] for row in ERRORS])
def test_an_error_of_the_store_is_told_by_its_words(error: Exception, kind: type[CellmillError]) -> None:
    assert type(translate(error, SERVER)) is kind


@pytest.mark.parametrize(("error", "kind"), [row[1:] for row in ERRORS], ids=[row[0] for row in ERRORS])
def test_the_words_may_be_in_the_cause(error: Exception, kind: type[CellmillError]) -> None:
    assert type(translate(_caused(RuntimeError("BAD_REQUEST: it did not go well"), error), SERVER)) is kind


def test_every_row_of_the_table_is_tried_here() -> None:
    table = Counter((phrase, kind) for phrases, kind in TRANSLATIONS for phrase in phrases)
    assert table == Counter((phrase, kind) for phrase, _, kind in ERRORS)
    assert all(phrase in str(error).lower() for phrase, error, _ in ERRORS)


def test_anything_else_was_refused() -> None:
    refused = translate(ValueError("Invalid parameter value: x.\nAnd a second line."), SERVER)
    assert (type(refused), refused.facts) == (
        StoreRefused,
        {"store": SERVER, "reason": "Invalid parameter value: x"},
    )


def test_a_locked_database_is_named() -> None:
    assert translate(from_sqlite("database is locked"), SQLITE).facts == {"store": SQLITE}


def test_an_error_of_ours_stays_as_it_is() -> None:
    with pytest.raises(NoSession), translated(SERVER):
        raise NoSession("a.ipynb")


def test_the_librarys_error_stays_behind_ours() -> None:
    cause = from_server(503)
    with pytest.raises(StoreUnreachable) as raised, translated(SERVER):
        raise cause
    assert raised.value.__cause__ is cause


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError(""), "ValueError"),
        (ValueError("One.\nTwo."), "One"),
        (ValueError("x" * 900), "x" * 300),
    ],
)
def test_a_reason_is_one_line(error: Exception, line: str) -> None:
    assert first_line(error) == line


def _caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error
