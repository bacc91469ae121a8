"""The one process that holds MLflow: the recorder and the registry, asked over a pipe.

`python -m cellmill.wiring.store_process ROOT` reads a request a line from its standard input, answers a
line each on its standard output, and ends when its input does: with whoever started it. The Jupyter
server stays without MLflow's seconds of import and hundred megabytes, and a headless run has both
behind it by the time its notebook has run.
"""

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
import traceback
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from cellmill.core.errors import CellmillError, StoreError, StoreUnreachable, revive
from cellmill.core.ids import RunId, SessionId
from cellmill.core.models import RegisteredModel, Version
from cellmill.core.project import Project

if TYPE_CHECKING:
    from cellmill.executors.warm.client import Forked

# What a record needs of MLflow, most of which it imports when it is asked.
NEEDED = (
    "mlflow", "mlflow.sklearn", "mlflow.data.pandas_dataset", "mlflow.data.numpy_dataset",
    "mlflow.store.tracking.sqlalchemy_store", "mlflow.store.model_registry.sqlalchemy_store",
    "mlflow.store.artifact.local_artifact_repo", "mlflow.pyfunc", "filelock",
)  # fmt: skip

# On a busy machine to make a database takes half a minute, and one that is half made cannot be used.
LEAVE_S = 120

# --- the side that asks


class StoreProcess:
    """Starts the process when it is first asked, one for each project. Safe to use from several threads."""

    def __init__(self, project: Project, *, from_fork_server: bool = False) -> None:
        """`from_fork_server` takes a fork of a process that has imported MLflow, where there is one."""
        self._project = project
        self._from_fork_server = from_fork_server
        self._process: subprocess.Popen[bytes] | ForkedStore | None = None
        self._database: int | None = None
        self._lock = threading.Lock()
        self.used_at_s = time.monotonic()

    def warm(self) -> None:
        """Start the process without waiting for it: MLflow is imported meanwhile."""
        with self._lock:
            self._started()

    def record(self, *, only: SessionId | None = None, at_most: int | None = None) -> dict[RunId, str]:
        """See `recorder.record`."""
        answer = self._ask({"do": "record", "only": only, "at_most": at_most})
        return {RunId(run): store_id for run, store_id in answer.items()}

    def models(self) -> tuple[RegisteredModel, ...]:
        """See `ModelRegistry.models`."""
        if not self._project.has_store:
            return ()
        answer = self._ask({"do": "models"})
        return tuple(RegisteredModel(m["name"], tuple(_version(v) for v in m["versions"])) for m in answer)

    def register(self, run: str, *, name: str, alias: str | None) -> Version:
        """See `registering.register`."""
        return _version(self._ask({"do": "register", "run": run, "name": name, "alias": alias}))

    def sweep(self, sweep: dict[str, Any], *, best: dict[str, Any]) -> str:
        """Record a sweep and the one trial in it, under it. Returns the store's id of the sweep's run."""
        return str(self._ask({"do": "sweep", "sweep": sweep, "best": best}))

    def pipeline(self, run: dict[str, Any], step: dict[str, Any] | None, parameters: dict[str, Any]) -> str:
        """Record a run of a pipeline and a step of it, or its end. Returns the store's id of what was recorded."""
        return str(self._ask({"do": "pipeline", "run": run, "step": step, "parameters": parameters}))

    def close(self) -> None:
        """End the process: it finishes the request in hand. The next request starts another."""
        with self._lock:
            process, self._process = self._process, None
        self._end(process)

    def _end(self, process: "subprocess.Popen[bytes] | ForkedStore | None") -> None:
        if process is None:
            return
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(OSError):  # it has ended already
            process.stdin.close()
        try:
            process.wait(timeout=LEAVE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()

    def _ask(self, request: dict[str, Any]) -> Any:
        with self._lock:
            self.used_at_s = time.monotonic()
            process = self._started()
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                process.stdin.write(json.dumps(request, default=repr).encode() + b"\n")
                process.stdin.flush()
                line = process.stdout.readline()
            except OSError:
                line = b""
            if not line.endswith(b"\n"):  # nothing, or what it had written of an answer when it was killed
                self._end(process)
                self._process = None
                raise StoreUnreachable(self._project.store, reason="the process that holds MLflow ended")
            self._database = self._database_number()
        answer = json.loads(line)
        if "error" in answer:
            raise revive(**answer["error"])
        return answer["ok"]

    def _started(self) -> "subprocess.Popen[bytes] | ForkedStore":
        # Of a database that was removed it would go on writing to what no longer has a name.
        is_lost = self._database is not None and self._database != self._database_number()
        if self._process is not None and (is_lost or self._process.poll() is not None):
            self._end(self._process)
            self._process = self._database = None
        command = [sys.executable, "-m", __name__, str(self._project.root)]
        if self._process is None and self._from_fork_server:
            self._process = _try_forked(command, self._project.root)
        if self._process is None:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=self._project.root,
                start_new_session=True,  # Ctrl-C is for the notebook; this one ends with its input
            )
        return self._process

    def _database_number(self) -> int | None:
        """Return the number of the database's file, None where the store is none or has none yet."""
        try:
            return Path(self._project.store.removeprefix("sqlite:///")).stat().st_ino
        except OSError:
            return None


@dataclass(frozen=True)
class ForkedStore:
    """As much of `subprocess.Popen` as is asked for here."""

    process: "Forked"
    stdin: IO[bytes]
    stdout: IO[bytes]

    def poll(self) -> int | None:
        """Return how it ended, None while it lives."""
        return self.process.poll()

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end. Raises `subprocess.TimeoutExpired`."""
        return self.process.wait(timeout)

    def kill(self) -> None:
        """End it."""
        self.process.kill()


def _try_forked(command: list[str], cwd: Path) -> ForkedStore | None:
    from cellmill.executors.warm.client import Forked, fork

    asking, answering = os.pipe(), os.pipe()
    with Path(os.devnull).open("wb") as nowhere:
        streams = (asking[0], answering[1], nowhere.fileno())
        forked = fork(command, environment=os.environ, cwd=cwd, streams=streams, wanted=NEEDED)
    os.close(asking[0])
    os.close(answering[1])
    stdin, stdout = os.fdopen(asking[1], "wb"), os.fdopen(answering[0], "rb")
    if isinstance(forked, Forked):
        return ForkedStore(forked, stdin, stdout)
    stdin.close()
    stdout.close()
    return None


def _version(given: dict[str, Any]) -> Version:
    return Version(**{**given, "aliases": tuple(given["aliases"])})


# --- the side that answers


class _Answering:
    def __init__(self, project: Project) -> None:
        from cellmill.capture.sessions import Sessions
        from cellmill.wiring.projects import model_registry, run_store

        self._sessions = Sessions(project)
        self._store = run_store(project)
        self._registry = model_registry(project)
        self._sweeps: Any = None
        self._pipelines: Any = None

    def record(self, only: SessionId | None, at_most: int | None) -> Any:
        from cellmill.wiring.recorder import record

        self._sessions.poll(only)
        return record(self._sessions, self._store, only=only, at_most=at_most)

    def models(self) -> Any:
        from dataclasses import asdict

        return [asdict(model) for model in self._registry.models()]

    def register(self, run: str, name: str, alias: str | None) -> Any:
        from dataclasses import asdict

        from cellmill.wiring.registering import register

        self._sessions.poll()
        return asdict(register(self._sessions, self._store, self._registry, run=run, name=name, alias=alias))

    def sweep(self, sweep: dict[str, Any], best: dict[str, Any]) -> Any:
        from cellmill.wiring.projects import sweep_store

        (trial,) = sweep["trials"]
        mine = self._trained(trial["session"])
        if self._sweeps is None:
            self._sweeps = sweep_store(self._sessions.project)
        return self._sweeps.put(sweep, trial, best, mine)

    def pipeline(self, run: dict[str, Any], step: dict[str, Any] | None, parameters: dict[str, Any]) -> Any:
        from cellmill.wiring.projects import pipeline_store

        if self._pipelines is None:
            self._pipelines = pipeline_store(self._sessions.project)
        if step is None:
            return self._pipelines.end(run)
        return self._pipelines.put(run, step, parameters, self._trained(step["session"]))

    def _trained(self, session: str) -> list[str]:
        """Return the store's ids of what a session has trained."""
        from cellmill.wiring.marks import store_ids

        self._sessions.poll(SessionId(session))
        reader = self._sessions.readers().get(SessionId(session))
        runs = reader.session.runs if reader is not None and reader.session is not None else ()
        if not runs:
            return []
        known = store_ids(self._sessions.project, self._store.uri)
        return [known[run.run] for run in runs if run.parent is None and run.run in known]


def _serve(root: Path) -> None:
    # Whatever MLflow prints must not end up among the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    warnings.simplefilter("ignore")
    project = Project(root)
    answering = _Answering(project)
    ahead = threading.Thread(target=_import_ahead, args=(project.store,), daemon=True)
    ahead.start()
    for line in sys.stdin.buffer:
        request = json.loads(line)
        ahead.join()  # two threads that import one package find it half imported
        try:
            answer = {"ok": getattr(answering, request.pop("do"))(**request)}
        except CellmillError as error:
            answer = {"error": {"kind": error.kind, "message": str(error), "facts": error.facts}}
        except Exception as error:  # noqa: BLE001 - the process must go on; whoever asked hears of it
            where = traceback.extract_tb(error.__traceback__)[-1]
            message = f"Cellmill itself failed ({type(error).__name__}: {error}, at {where.name}). Please report it."
            answer = {"error": {"kind": "internal", "message": message, "facts": {}}}
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()
    from cellmill.stores.mlflow_client import opening

    opening.acquire()  # a database that is being made is made to its end
    os._exit(0)  # to take down what MLflow has imported takes longer than to record a run


def _import_ahead(uri: str) -> None:
    """Import what the first request needs, which will say what is wrong if this fails."""
    import cellmill.wiring.recorder  # noqa: F401
    from cellmill.capture.surroundings.distributions import distributions_by_module
    from cellmill.stores.mlflow_client import client_for, look_up_ahead, translated

    # The first request asks for the same client, and is told the same, or finds the store mended.
    with contextlib.suppress(StoreError), translated(uri):
        client_for(uri)
        look_up_ahead(distributions_by_module())


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
