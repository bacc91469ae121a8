"""The store cannot be had: the runs are seen all the same, and are recorded once it is back."""

import sqlite3
from contextlib import closing

from tests.server.jupyter import Jupyter, wait_for
from tests.stories import Story, a_training


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
