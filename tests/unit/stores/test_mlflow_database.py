"""The database that two processes may be about to make."""

import os
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from cellmill.stores.mlflow_database import make_database

HEAD = "abc"


def write(path: Path, version: str | None) -> None:
    """Make what there is of a database so far."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE IF NOT EXISTS alembic_version (version_num TEXT)")
        database.execute("DELETE FROM alembic_version")
        if version is not None:
            database.execute("INSERT INTO alembic_version VALUES (?)", (version,))
        database.commit()


def version_of(path: Path) -> str:
    with closing(sqlite3.connect(path)) as database:
        return str(database.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def as_path(uri: str) -> Path:
    return Path(uri.removeprefix("sqlite:///"))


def test_a_database_has_its_name_only_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "mlflow.db"

    def make(uri: str) -> None:
        write(as_path(uri), "half")
        assert not path.exists()
        write(as_path(uri), HEAD)

    make_database(path, make=make, version=lambda: HEAD)
    assert version_of(path) == HEAD
    assert [each.name for each in tmp_path.iterdir()] == ["mlflow.db"]


def test_where_no_file_can_have_two_names_it_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)  # exFAT, shares of SMB
    path = tmp_path / "mlflow.db"
    make_database(path, make=lambda uri: write(as_path(uri), HEAD), version=lambda: HEAD)
    assert version_of(path) == HEAD
    assert [each.name for each in tmp_path.iterdir()] == ["mlflow.db"]


def test_one_that_cannot_be_made_leaves_nothing(tmp_path: Path) -> None:
    def make(uri: str) -> None:
        write(as_path(uri), "half")
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        make_database(tmp_path / "mlflow.db", make=make, version=lambda: HEAD)
    assert list(tmp_path.iterdir()) == []


def test_where_somebody_else_was_quicker_theirs_is_waited_for_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "mlflow.db"
    begun = threading.Event()

    def they_go_on() -> None:
        begun.wait(10)
        write(path, HEAD)

    other = threading.Thread(target=they_go_on)
    other.start()

    def make(uri: str) -> None:
        write(path, "theirs, half made")
        write(as_path(uri), "ours")

    def version() -> str:
        begun.set()  # it is being waited for
        return HEAD

    make_database(path, make=make, version=version)
    assert version_of(path) == HEAD
    other.join()


def test_an_old_one_is_left_to_mlflow_which_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "mlflow.db"
    write(path, "old")
    an_hour_ago_s = path.stat().st_mtime - 3_600
    os.utime(path, (an_hour_ago_s, an_hour_ago_s))
    make_database(path, make=lambda uri: pytest.fail("there is one"), version=lambda: HEAD)
    assert version_of(path) == "old"
