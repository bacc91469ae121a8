"""The process that holds MLflow, asked over its pipe."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest
from tests.processes import runs
from tests.server.jupyter import wait_for
from tests.stories import Story, a_training

from cellmill.core.errors import CellmillError, InvalidAlias, StoreUnreachable, UnknownRun
from cellmill.core.event_parts import ModelBlob
from cellmill.core.ids import RunId
from cellmill.core.models import RegisteredModel
from cellmill.core.project import Project
from cellmill.wiring.marks import store_ids
from cellmill.wiring.store_process import StoreProcess

RUN = RunId("aa00000001")


@pytest.fixture
def asked(project: Project, sqlite: str) -> Iterator[StoreProcess]:
    process = StoreProcess(project)
    yield process
    process.close()


def its_processes() -> list[psutil.Process]:
    """Those that live: another test of this process may have left one that has ended and was not asked how."""
    return [child for child in psutil.Process().children() if runs(child, "cellmill.wiring.store_process")]


def test_it_records_lists_and_registers_and_says_what_is_wrong(
    asked: StoreProcess, project: Project, story: Story, model: ModelBlob
) -> None:
    a_training(story, model=model)
    story.write()
    first = asked.record()
    assert (list(first), first) == ([RUN], store_ids(project, project.store))
    assert asked.record() == {}
    assert asked.models() == ()
    with pytest.raises(UnknownRun) as unknown:
        asked.register("ff", name="m", alias=None)
    assert unknown.value.facts == {"run": "ff", "known": [RUN]}
    with pytest.raises(InvalidAlias) as invalid:
        asked.register("aa", name="m", alias="latest")
    assert invalid.value.alias == "latest"
    version = asked.register("aa", name="flight-delay", alias="champion")
    assert (version.name, version.version, version.aliases, version.run) == ("flight-delay", "1", ("champion",), RUN)
    assert asked.models() == (RegisteredModel("flight-delay", (version,)),)
    assert len(its_processes()) == 1


def test_a_database_that_is_being_made_when_nobody_asks_any_more_is_made_to_its_end(
    tmp_path: Path, empty_database: Path
) -> None:
    project = Project(tmp_path)
    process = StoreProcess(project)
    process.warm()
    made = tmp_path / "mlflow.db"
    wait_for(made.exists)
    process.close()
    assert revision(made) == revision(empty_database)


def revision(database: Path) -> list[tuple[str]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute("SELECT version_num FROM alembic_version").fetchall()


def test_a_fault_of_ours_is_answered_and_the_process_goes_on(asked: StoreProcess) -> None:
    with pytest.raises(CellmillError, match=r"Cellmill itself failed .* Please report it\.") as raised:
        asked._ask({"do": "nothing"})
    assert type(raised.value) is CellmillError
    assert asked.models() == ()


def test_one_that_was_killed_is_said_and_started_again(
    asked: StoreProcess, project: Project, empty_database: Path, story: Story
) -> None:
    """So is one whose database was removed: it would go on writing to what no longer has a name."""
    a_training(story, model=None)
    story.write()
    asked.warm()
    [process] = its_processes()
    process.kill()
    with pytest.raises(StoreUnreachable, match="the process that holds MLflow ended"):
        asked.record()
    [first] = asked.record().values()
    database = project.root / "mlflow.db"
    database.unlink()
    shutil.copyfile(empty_database, database)
    assert store_ids(project, project.store) == {}
    [second] = asked.record().values()
    assert first != second
    assert store_ids(project, project.store) == {RUN: second}


def test_it_ends_when_it_is_closed_and_nobody_has_to_wait_twice(asked: StoreProcess) -> None:
    asked.warm()
    assert len(its_processes()) == 1
    asked.close()
    asked.close()
    assert its_processes() == []
