"""Steps of a pipeline on the workers of a Dask cluster: one of our own, or one that is there already.

Each worker runs a step as `executors.steps` does here: in a kernel beside it. A step whose worker is lost is run again
by another, in a session of its own. The project lies in a folder that all of them share.
"""

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cellmill.capture.journal import read_events
from cellmill.capture.sessions import is_alive
from cellmill.core.clock import now_ms
from cellmill.core.events import SessionStarted
from cellmill.core.files import write_atomically
from cellmill.core.ids import new_session_id
from cellmill.core.pipeline_errors import ClusterUnreachable, DaskMissing
from cellmill.core.ports import Progress, StepEnded, StepTask
from cellmill.core.project import Project
from cellmill.executors.processes import signal_group
from cellmill.executors.steps import Stopping, run_step_task

CONNECT_S, START_S = 15.0, 60.0
ORPHAN_S = 10.0
ELSEWHERE_S = 2.5  # a kernel asks each second whether its parent is still there


class DaskSteps:
    """A `StepExecutor` on a cluster. `cluster` is closed with it, and is None where it is not ours."""

    def __init__(self, client: Any, cluster: "_OwnCluster | None", jobs: int) -> None:
        self.jobs = jobs
        self._client = client
        self._cluster = cluster
        self._token = f"cellmill-{os.urandom(4).hex()}"
        self._told: dict[str, Callable[[Progress], None]] = {}
        self._workers: dict[str, list[str]] = {}
        """Of each submission the workers that began it."""
        client.subscribe_topic(self._token, self._hear)

    def submit(self, task: StepTask, told: Callable[[Progress], None]) -> "Future[StepEnded]":
        """See `StepExecutor`."""
        ours: Future[StepEnded] = Future()
        name = f"{self._token}-{task.key}-{os.urandom(4).hex()}"
        self._told[name], self._workers[name] = told, []
        began_ms = now_ms()
        theirs = self._client.submit(run_on_worker, task, self._token, name, key=name, pure=False, retries=0)

        def ended(future: Any) -> None:
            ours.set_result(self._ended(task, name, began_ms, future))

        theirs.add_done_callback(ended)
        return ours

    def prepare(self, task: StepTask) -> None:
        """See `StepExecutor`. Which worker it will be is not known."""

    def stop(self, *, at_once: bool = False) -> None:
        """See `StepExecutor`."""
        with suppress(OSError, ValueError, RuntimeError, CancelledError):  # who cannot be reached runs nothing for us
            self._client.run(stop_on_worker, self._token, at_once, on_error="ignore")

    def close(self) -> None:
        """See `StepExecutor`."""
        with suppress(OSError, ValueError, RuntimeError, CancelledError):
            self._client.run(forget_on_worker, self._token, on_error="ignore")
        self._client.close(timeout=CONNECT_S)
        if self._cluster is not None:
            self._cluster.close()

    def _hear(self, event: tuple[float, dict[str, Any]]) -> None:
        _, said = event
        name, progress = said["name"], said.get("progress")
        if progress is None:
            self._workers.setdefault(name, []).append(said["worker"])
        elif (told := self._told.get(name)) is not None:
            told(Progress(**progress))

    def _ended(self, task: StepTask, name: str, began_ms: int, future: Any) -> StepEnded:
        workers = self._workers.pop(name, [])
        self._told.pop(name, None)
        words = tuple(
            f"The Dask worker {lost} was lost while it ran step {task.key}, which was run again on {other}."
            for lost, other in pairwise(workers)
        )
        try:
            ended: StepEnded = future.result(timeout=CONNECT_S)
        except Exception as error:  # noqa: BLE001 - of Dask's own: the step is what has failed, and the others go on
            return StepEnded(task.key, "died", began_ms, now_ms(), _why_lost(task, error), words=words)
        return replace(ended, words=(*words, *ended.words))


def dask_steps(address: str, jobs: int, project: Project) -> DaskSteps:
    """Return the executor `dask`: on the cluster of an address (`host:port`), else on one that is started for it.

    Raises `DaskMissing`, `ClusterUnreachable`.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise DaskMissing(reason=str(error)) from error
    if address:
        where = address if "://" in address else f"tcp://{address}"
        try:
            client = Client(where, timeout=CONNECT_S, set_as_default=False)
        except (OSError, ValueError) as error:
            raise ClusterUnreachable(where, reason=_first_line(error)) from error
        return DaskSteps(client, None, jobs or sum(client.nthreads().values()) or 1)
    jobs = jobs or os.cpu_count() or 1
    cluster = _OwnCluster(jobs)
    try:
        client = Client(cluster.address, security=cluster.security, timeout=CONNECT_S, set_as_default=False)
        client.wait_for_workers(1, timeout=START_S)
    except (OSError, ValueError) as error:
        cluster.close()
        raise ClusterUnreachable(cluster.address, reason=_first_line(error)) from error
    return DaskSteps(client, cluster, jobs)


class _OwnCluster:
    """A scheduler in this process, and workers in others, which are started anew when they die.

    Only who has the keys in a private folder can speak to them: a scheduler runs what it is sent. A Ctrl-C in the
    terminal does not reach the workers.
    """

    def __init__(self, workers: int) -> None:
        from distributed import LocalCluster, Security

        self._folder = TemporaryDirectory(prefix="cellmill-dask-")
        self.security = Security.temporary()
        self._scheduler = LocalCluster(
            n_workers=0,
            processes=False,
            protocol="tls",
            security=self.security,
            dashboard_address=None,
            silence_logs=logging.ERROR,
        )
        self.address: str = self._scheduler.scheduler_address
        options = {
            "tls-ca-file": self._keep("ca.pem", self.security.tls_ca_file),
            "tls-cert": self._keep("cert.pem", self.security.tls_worker_cert),
            "tls-key": self._keep("key.pem", self.security.tls_worker_key),
            "nworkers": str(workers),
            "nthreads": "1",
            "memory-limit": "0",  # a step's memory is that of its kernel
            "death-timeout": f"{CONNECT_S:g}",
            "local-directory": self._folder.name,
        }
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        command = [sys.executable, "-m", "distributed.cli.dask_worker", self.address, *words, "--no-dashboard"]
        quiet = {"DASK_LOGGING__DISTRIBUTED": "error"}
        self._workers = subprocess.Popen(
            command, env={**os.environ, **quiet}, stdin=subprocess.DEVNULL, start_new_session=True
        )

    def close(self) -> None:
        """End the workers and the scheduler."""
        self._workers.terminate()
        try:
            self._workers.wait(CONNECT_S)
        except subprocess.TimeoutExpired:
            signal_group(self._workers.pid, signal.SIGKILL)
        self._scheduler.close(timeout=CONNECT_S)
        self._folder.cleanup()

    def _keep(self, name: str, content: str) -> str:
        path = Path(self._folder.name, name)
        write_atomically(path, content.encode())
        return str(path)


# --- on a worker

_stoppings: dict[str, Stopping] = {}
_guard = threading.Lock()


def run_on_worker(task: StepTask, token: str, name: str) -> StepEnded:
    """Run a step beside this worker. What goes wrong in it is its outcome."""
    from distributed import get_worker

    worker = get_worker()
    worker.log_event(token, {"name": name, "worker": worker.address})
    if not Path(task.notebook).is_file():
        words = f"The Dask worker {worker.address} does not see {task.notebook}. Let all workers share {task.root}."
        return StepEnded(task.key, "failed", now_ms(), now_ms(), words)
    task = _begun_anew(task)

    def told(progress: Progress) -> None:
        worker.log_event(token, {"name": name, "progress": asdict(progress)})

    return replace(run_step_task(task, told, _stopping(token)), session=task.session)


def stop_on_worker(token: str, at_once: bool) -> None:
    """Interrupt the steps here that belong to a run of a pipeline, and those of it that are still to come."""
    _stopping(token).ask(at_once=at_once)


def forget_on_worker(token: str) -> None:
    """A run of a pipeline has ended."""
    _stoppings.pop(token, None)


def _stopping(token: str) -> Stopping:
    with _guard:
        return _stoppings.setdefault(token, Stopping())


def _begun_anew(task: StepTask) -> StepTask:
    """Return the task, in a session of its own where another worker has begun it; the kernel of that one is gone."""
    journal = Project(Path(task.root)).journal(task.session)
    if not journal.exists():
        return task
    started = next((event for event in read_events(journal)[0] if isinstance(event, SessionStarted)), None)
    if started is None or started.host != socket.gethostname():
        time.sleep(ELSEWHERE_S)
    else:
        ends_s = time.monotonic() + ORPHAN_S
        while is_alive(started) and time.monotonic() < ends_s:
            signal_group(started.pid, signal.SIGKILL)
            time.sleep(0.02)
    return replace(task, session=new_session_id())


def _why_lost(task: StepTask, error: BaseException) -> str:
    if type(error).__name__ == "KilledWorker":
        return (
            f"Each Dask worker that began step {task.key} was lost, and Dask gave it up. "
            "See the workers' logs: most often it is the memory that a step takes."
        )
    if isinstance(error, CancelledError) or "Cancelled" in type(error).__name__:
        return f"The Dask cluster was lost while it had step {task.key}. See to it that its scheduler runs."
    if isinstance(error, ImportError):
        return (
            f"A Dask worker could not begin step {task.key}: {_first_line(error)}. "
            "Install this version of Cellmill where the workers run."
        )
    return f"Dask could not run step {task.key}: {type(error).__name__}: {_first_line(error)}. See the workers' logs."


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
