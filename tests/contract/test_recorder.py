"""The recorder: the store's runs are kept equal to the journals, whatever happens in between."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from tests.contract.bench import Bench, mlflow_bench
from tests.contract.mlflow_servers import Server
from tests.contract.relay import Relay
from tests.stories import NO_MEMORY, Story, a_process, a_training

from cellmill.capture.blobs import keep_blob
from cellmill.capture.sessions import Sessions, load_sessions
from cellmill.core.errors import RunWithoutModel, StoreLocked, StoreRefused, StoreUnreachable, UnknownRun
from cellmill.core.event_parts import ModelBlob
from cellmill.core.events import NotebookExecuted, SessionEnded, TrainingFinished
from cellmill.core.ids import RunId
from cellmill.core.models import RegisteredModel
from cellmill.core.ports import Recorded, RunFiles, RunStore
from cellmill.core.project import Project
from cellmill.core.runs import Run
from cellmill.stores.memory import MemoryModelRegistry, MemoryRunStore
from cellmill.stores.mlflow_client import client_for
from cellmill.wiring.marks import pending, store_ids
from cellmill.wiring.recorder import record, run_digest
from cellmill.wiring.registering import preview, register

RUN = RunId("aa00000001")


@pytest.fixture
def store() -> MemoryRunStore:
    return MemoryRunStore()


def recorded(project: Project, store: RunStore) -> dict[RunId, str]:
    """Record whatever the journals hold by now, as a command does that has just been started."""
    return record(load_sessions(project), store)


def in_mlflow(bench: Bench, story: Story) -> list[str]:
    """Return how the runs of a session stand in MLflow, in the order of their ids."""
    found = bench.store.recorded(story.session)
    return [bench.look(found[run].store_id).status for run in sorted(found)]


# --- idempotent


def test_a_session_is_recorded_once_and_then_left_alone(story: Story, store: MemoryRunStore) -> None:
    a_training(story)
    story.write()
    first = recorded(story.project, store)
    again = recorded(story.project, store)
    assert (list(first), again, store.puts) == ([RUN], {}, 1)
    assert store_ids(story.project, store.uri) == first
    assert pending(load_sessions(story.project), store.uri) == ()


def test_what_is_not_there_is_not_recorded(project: Project, store: MemoryRunStore) -> None:
    assert recorded(project, store) == {}
    Story(project).write()
    assert recorded(project, store) == {}
    assert not project.recorded.exists()


def test_only_what_has_changed_is_recorded_again(project: Project, store: MemoryRunStore) -> None:
    one, two = Story(project, session="20260101T000000-aa"), Story(project, session="20260102T000000-bb")
    one_run = a_training(one)
    a_training(one, "aa00000002")
    a_training(two, "bb00000001")
    one.write()
    two.write()
    recorded(project, store)
    puts = store.puts
    with one.cell("late", "model.score(X_val, y_val)"):
        one.measures(one_run, "late", 0.5)
    one.write()
    assert set(recorded(project, store)) == {RUN, "aa00000002"}
    assert (puts, store.puts) == (3, 4)
    assert store.runs[RUN].last_metrics["late"] == 0.5


def test_without_its_marks_it_asks_the_store_and_doubles_nothing(story: Story, store: MemoryRunStore) -> None:
    a_training(story)
    story.write()
    first = recorded(story.project, store)
    shutil.rmtree(story.project.recorded)
    assert (recorded(story.project, store), store.puts) == (first, 1)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"7", b'{"store": "memory:"}'])
def test_a_mark_that_cannot_be_read_is_none(story: Story, store: MemoryRunStore, content: bytes) -> None:
    a_training(story)
    story.write()
    first = recorded(story.project, store)
    [mark] = story.project.recorded.iterdir()
    mark.write_bytes(content)
    assert store_ids(story.project, store.uri) == {}
    assert (recorded(story.project, store), store.puts) == (first, 1)
    assert store_ids(story.project, store.uri) == first


def test_a_mark_of_another_store_says_nothing_of_this_one(story: Story, store: MemoryRunStore) -> None:
    a_training(story)
    story.write()
    recorded(story.project, store)
    assert store_ids(story.project, "http://elsewhere") == {}
    assert pending(load_sessions(story.project), "http://elsewhere") == (story.session,)


def test_a_run_under_way_is_recorded_and_again_when_it_ends(project: Project, store: MemoryRunStore) -> None:
    story = Story(project, is_alive=True)
    with story.cell("fit", "model.fit(X, y)"):
        run = story.training_begins(RUN)
        story.write()
        recorded(project, store)
        before = store.runs[run].status
        story.says(TrainingFinished(run, story.tick(), "error", NO_MEMORY))
    story.write()
    recorded(project, store)
    assert (before, store.runs[run].status) == ("running", "failed")


@pytest.mark.parametrize("is_told", [True, False])
def test_a_kernels_end_is_recorded_whether_or_not_anybody_says_so(
    project: Project, store: MemoryRunStore, is_told: bool
) -> None:
    sessions = Sessions(project)
    with a_process() as kernel:
        story = Story(project, pid=kernel.pid)
        story.begins("fit", "model.fit(X, y)")
        story.training_begins(RUN)
        story.write()
        sessions.poll()
        record(sessions, store)
        assert store.runs[RUN].status == "running"
    if is_told:
        story.is_told(SessionEnded(story.tick(), "died"))
        story.write()
    sessions.poll()
    record(sessions, store)
    assert store.runs[RUN].status == "interrupted"


def test_a_run_that_a_user_deleted_stays_deleted(story: Story, store: MemoryRunStore) -> None:
    run = a_training(story)
    story.write()
    [store_id] = recorded(story.project, store).values()
    store.delete_by_hand(store_id)
    with story.cell("late", "model.score(X_val, y_val)"):
        story.measures(run, "late", 0.5)
    story.write()
    assert recorded(story.project, store) == {}
    assert (store.puts, store_ids(story.project, store.uri)) == (1, {})
    with pytest.raises(RunWithoutModel, match="it was deleted in MLflow"):
        register(load_sessions(story.project), store, MemoryModelRegistry(store), run=RUN, name="m", alias=None)


def elsewhere(project: Project, code: str, *, seed: int = 0) -> str:
    """Return what another process prints, in which `sessions` and `project` are those of this project."""
    begin = (
        "import sys, pathlib\n"
        "from cellmill.capture.sessions import load_sessions\n"
        "from cellmill.core.project import Project\n"
        "from cellmill.wiring.marks import store_ids\nfrom cellmill.wiring.recorder import run_digest\n"
        "project = Project(pathlib.Path(sys.argv[1]))\n"
        "sessions = load_sessions(project)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"{begin}print({code})", str(project.root)],
        env=os.environ | {"PYTHONHASHSEED": str(seed)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_the_digest_of_a_run_is_the_same_in_every_process(story: Story) -> None:
    names = " + ".join(f"name_{number}" for number in range(20))
    with story.cell("fit", f"model.fit({names}, y)"):
        story.trains(RUN)
    story.write()
    digests = {elsewhere(story.project, "run_digest(sessions.run('aa'))", seed=seed) for seed in (1, 2)}
    assert digests == {run_digest(story.runs()[0])}


def test_the_digest_tells_whether_a_run_has_changed(story: Story) -> None:
    run = a_training(story)
    before = run_digest(story.runs()[0])
    with story.cell("late", "model.score(X_val, y_val)"):
        story.measures(run, "late", 0.5)
    assert run_digest(story.runs()[0]) != before


def test_the_executions_and_the_executed_notebook_go_with_a_run(story: Story, store: MemoryRunStore) -> None:
    a_training(story)
    story.is_told(NotebookExecuted(story.tick(), "out.ipynb", keep_blob(story.project, b"executed")))
    story.write()
    recorded(story.project, store)
    documents = store.documents[RUN]
    assert set(documents) == {
        f"cellmill/{name}"
        for name in ("executions.ipynb", "notebook.ipynb", "recipe.ipynb", "environment.json", "requirements.txt")
    }
    assert documents["cellmill/notebook.ipynb"] == b"executed"
    assert json.loads(documents["cellmill/executions.ipynb"])["nbformat"] == 4


def test_two_recorders_at_once_make_each_run_once(story: Story, store: MemoryRunStore) -> None:
    for number in range(5):
        a_training(story, f"aa0000000{number}")
    story.write()
    together = threading.Barrier(4)

    def one() -> dict[RunId, str]:
        sessions = load_sessions(story.project)
        together.wait()
        return record(sessions, store)

    with ThreadPoolExecutor(4) as pool:
        results = [future.result() for future in [pool.submit(one) for _ in range(4)]]
    assert sorted(len(touched) for touched in results) == [0, 0, 0, 5]
    assert store.puts == 5


# --- on MLflow, when it cannot be had


@pytest.fixture
def bench(project: Project, sqlite: str) -> Bench:
    return mlflow_bench(project, sqlite)


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Another program writes to the database, and takes its time."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


def test_a_locked_database_is_said_soon_and_the_run_appears_later(bench: Bench, story: Story) -> None:
    a_training(story, model=None)
    story.write()
    began_s = time.monotonic()
    with held(bench.project.root / "mlflow.db"), pytest.raises(StoreLocked) as raised:
        recorded(bench.project, bench.store)
    assert time.monotonic() - began_s < 15
    assert raised.value.store == bench.store.uri
    assert pending(load_sessions(bench.project), bench.store.uri) == (story.session,)
    recorded(bench.project, bench.store)
    assert in_mlflow(bench, story) == ["finished"]


def test_a_database_that_is_locked_half_way_is_brought_up_to_date_later(
    bench: Bench, story: Story, model: ModelBlob
) -> None:
    a_training(story, model=model)
    [run] = story.runs()
    recorded_half = bench.store.put(run, RunFiles(), digest="", known=None)
    story.write()
    with held(bench.project.root / "mlflow.db"), pytest.raises(StoreLocked):
        recorded(bench.project, bench.store)
    assert recorded(bench.project, bench.store) == {RUN: recorded_half.store_id}
    assert in_mlflow(bench, story) == ["finished"]


def test_while_a_database_is_locked_what_was_recorded_counts_as_recorded(bench: Bench, story: Story) -> None:
    a_training(story, model=None)
    story.write()
    first = recorded(bench.project, bench.store)
    with held(bench.project.root / "mlflow.db"):
        assert recorded(bench.project, bench.store) == {}
        assert elsewhere(bench.project, "store_ids(project, project.store)") == str(first)


def make(database: Path, empty: Path, *, made_ms: int) -> None:
    """Make a database in the place of the one that is there: on the disk too, as a file system may well choose."""
    database.touch()
    with database.open("r+b") as file:
        file.truncate()
        file.write(empty.read_bytes())
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE experiments SET creation_time = ?", [made_ms])


def test_a_database_that_was_removed_or_made_anew_is_noticed(
    project: Project, empty_database: Path, story: Story
) -> None:
    a_training(story, model=None)
    story.write()
    database = project.root / "mlflow.db"
    for made_ms in (1, 2):
        make(database, empty_database, made_ms=made_ms)
        assert pending(load_sessions(project), project.store) == (story.session,)
        bench = _fresh(project)
        assert list(recorded(project, bench.store)) == [RUN]
        assert in_mlflow(bench, story) == ["finished"]
        assert recorded(project, bench.store) == {}
    database.unlink()
    assert pending(load_sessions(project), project.store) == (story.session,)
    assert store_ids(project, project.store) == {}


def test_a_server_that_is_gone_is_said_soon_and_the_run_appears_when_it_is_back(
    project: Project, story: Story, model: ModelBlob, server: Server
) -> None:
    a_training(story, model=model)
    story.write()
    with Relay(server.port) as relay:
        store = _fresh(project, relay.uri).store
        began_s = time.monotonic()
        with pytest.raises(StoreUnreachable) as raised:
            recorded(project, store)
        assert time.monotonic() - began_s < 30
        assert raised.value.store == relay.uri
        assert pending(load_sessions(project), relay.uri) == (story.session,)
        relay.open()
        recorded(project, store)
        assert pending(load_sessions(project), relay.uri) == ()
    bench = _fresh(project, server.uri)
    assert in_mlflow(bench, story) == ["finished"]


# --- registering


def test_a_run_that_is_not_recorded_yet_is_recorded_when_it_is_registered(story: Story, store: MemoryRunStore) -> None:
    a_training(story)
    story.write()
    registry = MemoryModelRegistry(store)
    sessions = load_sessions(story.project)
    version = register(sessions, store, registry, run="aa", name="flight-delay", alias="champion")
    assert registry.models() == (RegisteredModel("flight-delay", (version,)),)
    assert (version.run, version.aliases, store.puts) == (RUN, ("champion",), 1)
    assert set(preview(sessions.run("aa")).tags) == set(version.tags)
    assert preview(sessions.run("aa")).name == "work"


def test_registering_what_is_not_there_is_refused_before_anything_is_recorded(
    story: Story, store: MemoryRunStore
) -> None:
    a_training(story, model=None)
    story.write()
    sessions, registry = load_sessions(story.project), MemoryModelRegistry(store)
    with pytest.raises(UnknownRun):
        register(sessions, store, registry, run="ff", name="m", alias=None)
    with pytest.raises(RunWithoutModel):
        register(sessions, store, registry, run="aa", name="m", alias=None)
    assert (store.puts, registry.models()) == (0, ())


def _fresh(project: Project, uri: str | None = None) -> Bench:
    """A store as a new process has it."""
    from cellmill.stores.mlflow_client import forget_clients

    forget_clients()
    return mlflow_bench(project, uri or project.store)


def test_a_run_that_the_store_refuses_holds_no_other_up(project: Project) -> None:
    class Picky(MemoryRunStore):
        def put(
            self, run: Run, files: RunFiles, *, digest: str, known: Recorded | None, parent: str | None = None
        ) -> Recorded:
            if refused and run.run == RUN:
                raise StoreRefused(self.uri, reason="its name is odd")
            return super().put(run, files, digest=digest, known=known, parent=parent)

    refused, store = True, Picky()
    for number, session in enumerate(("20260102T030405-00000001", "20260103T030405-00000002"), start=1):
        story = Story(project, session=session)
        a_training(story, f"aa0000000{number}")
        a_training(story, f"bb0000000{number}")
        story.write()
    others = [RunId("aa00000002"), RunId("bb00000001"), RunId("bb00000002")]
    with pytest.raises(StoreRefused, match="its name is odd"):
        recorded(project, store)
    assert sorted(run for story in load_sessions(project).all() for run in store.recorded(story.session)) == others
    refused = False
    assert sorted(recorded(project, store)) == sorted([RUN, others[1]])
    assert sorted(run for story in load_sessions(project).all() for run in store.recorded(story.session))[0] == RUN


def test_an_experiment_that_the_user_deleted_stays_so_and_the_next_run_has_another(project: Project) -> None:
    bench = mlflow_bench(project, project.default_store)
    client = client_for(project.default_store)
    first, *later = (Story(project, session=f"2026010{n}T030405-0000000{n}") for n in (1, 2, 3))
    a_training(first, "aa00000001")
    first.write()
    recorded(project, bench.store)
    (experiment,) = (found for found in client.search_experiments() if found.name == "work.ipynb")
    client.delete_experiment(experiment.experiment_id)
    for store, story in zip((bench.store, mlflow_bench(project, project.default_store).store), later, strict=True):
        a_training(story, f"bb{story.session[-8:]}")
        story.write()
        recorded(project, store)
    assert [found.name for found in client.search_experiments() if found.name != "Default"] == ["work.ipynb (2)"]
    (again,) = (found for found in client.search_experiments() if found.name == "work.ipynb (2)")
    assert len(client.search_runs([again.experiment_id])) == 2
