"""The store cannot be had: the runs are seen all the same, and are recorded once it is back."""

import asyncio
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import psutil
from tests.processes import runs
from tests.server.jupyter import Jupyter, wait_for
from tests.stories import Story, a_training

from cellmill.core.errors import StoreUnreachable
from cellmill.core.project import Project
from cellmill.server.workspace import ProjectWatch


def test_while_the_database_is_locked_runs_are_seen_and_recorded_later(server: Jupyter) -> None:
    assert server.get("models")["models"] is not None  # the process that holds MLflow is up
    story = Story(server.project, notebook="locked.ipynb", session="20260101T000000-c0000000")
    with closing(sqlite3.connect(server.root / "mlflow.db", isolation_level=None, timeout=60)) as other:
        other.execute("BEGIN EXCLUSIVE")
        a_training(story, "x000000001", model=None)
        story.write()
        [run] = wait_for(lambda: server.runs("locked.ipynb"))
        refused = server.ask("models")
        assert (refused.status_code, refused.json()["error"]["kind"]) == (503, "store_locked")
        assert not server.runs("locked.ipynb")[0]["recorded"]
        other.execute("ROLLBACK")
    recorded = wait_for(lambda: server.get(f"runs/{run['run']}"), lambda found: found["recorded"])
    assert recorded["store_id"]


def test_a_store_that_does_not_answer_is_asked_once_and_holds_nobody_else_up(
    project: Project, empty_database: Path
) -> None:
    shutil.copyfile(empty_database, project.root / "mlflow.db")

    def its_processes() -> list[psutil.Process]:
        return [child for child in psutil.Process().children() if runs(child, "cellmill.wiring.store_process")]

    async def ask() -> None:
        watch = ProjectWatch(project)
        pool = (os.cpu_count() or 1) + 4  # as many threads as asyncio has for the whole server
        asked = [asyncio.ensure_future(watch.models()) for _ in range(pool)]
        try:
            [store] = await asyncio.wait_for(asyncio.to_thread(wait_for, its_processes), 60)
            store.suspend()
            others = [asyncio.to_thread(Path.is_dir, project.root) for _ in range(pool)]
            assert await asyncio.wait_for(asyncio.gather(*others), 60) == [True] * pool
        finally:
            for process in its_processes():
                process.kill()
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert ([type(answer) for answer in answers], its_processes()) == ([StoreUnreachable] * pool, [])

    asyncio.run(ask())
