"""Pipelines on Dask: workers that are processes of their own, one of them lost in the middle of a step."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from tests.notebooks.commands import PATIENCE_S, Desk
from tests.processes import is_running

VALUES = 'cellmill_values = ".cellmill/pipelines/p/values"'
BEGIN = 'import cellmill\ncellmill.begin_step("{}", after={}, values=cellmill_values, folder=".")'
WAIT = """\
import os, pathlib, time
pathlib.Path('fitting.log').open('a').write(f"begun {os.environ['JPY_PARENT_PID']} {os.getpid()}\\n")
while not pathlib.Path('go').exists():
    time.sleep(0.02)
pathlib.Path('fitting.log').open('a').write('ended\\n')
total = sum(rows) * scale"""
DOCUMENT = """
version: 1
steps:
  load: {notebook: load.ipynb}
  fit: {notebook: fit.ipynb, after: [load], parameters: {scale: 3}}
  end: {notebook: end.ipynb, after: [fit], writes: [total.txt], when: fit.total > 5}
"""


def until(happened: Callable[[], Any]) -> None:
    """Wait until something has happened."""
    ends_s = time.monotonic() + PATIENCE_S / 2
    while not happened():
        assert time.monotonic() < ends_s
        time.sleep(0.05)


def fitting(desk: Desk) -> list[list[str]]:
    """What the slow step has written of itself: each line in words."""
    log = desk.root / "fitting.log"
    return [line.split() for line in log.read_text().splitlines()] if log.exists() else []


@pytest.fixture
def slow(desk: Desk) -> Desk:
    """A pipeline whose second step waits for a file."""
    desk.notebook("pipelines/p/load.ipynb", VALUES, BEGIN.format("load", []), "rows = [1, 2, 3]", END.format("rows"))
    fit = (f"{VALUES}\nscale = 1", BEGIN.format("fit", ["load"]), WAIT, END.format("total"))
    desk.notebook("pipelines/p/fit.ipynb", *fit)
    write = "open('total.txt', 'w').write(str(total))"
    desk.notebook("pipelines/p/end.ipynb", VALUES, BEGIN.format("end", ["fit"]), write)
    (desk.root / "pipelines/p/pipeline.yaml").write_text(DOCUMENT)
    return desk


END = 'cellmill.end_step(["{}"])'


@pytest.fixture
def cluster(slow: Desk, tmp_path: Path) -> Iterator[str]:
    """A scheduler and two workers that know nothing of Cellmill but that it is installed."""
    kept = tmp_path / "scheduler.json"
    with ExitStack() as ends:

        def start(what: str, *words: str) -> None:
            command = [sys.executable, "-m", f"distributed.cli.dask_{what}", "--scheduler-file", str(kept), *words]
            quiet = slow.environment({"DASK_LOGGING__DISTRIBUTED": "error"})
            process = subprocess.Popen(command, env=quiet, cwd=tmp_path, stderr=subprocess.DEVNULL)
            ends.callback(process.wait)
            ends.callback(process.kill)

        start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        until(kept.exists)
        for _ in range(2):
            start("worker", "--no-nanny", "--nthreads", "1", "--no-dashboard", "--local-directory", str(tmp_path))
        yield json.loads(kept.read_text())["address"].removeprefix("tcp://")


def test_a_step_whose_worker_is_killed_is_run_again_by_another(slow: Desk, cluster: str, tmp_path: Path) -> None:
    # Values cross by a URL, as they would where workers share no folder for them.
    slow.project.folder.mkdir()
    slow.project.settings.write_text(f'pipeline_values = "file://{tmp_path}/handed"')
    under_way = slow.begin("pipeline", "run", "p", "--json", "--executor", f"dask://{cluster}")
    until(lambda: fitting(slow) or under_way.poll() is not None)
    ((_, worker, kernel),) = fitting(slow)
    os.kill(int(worker), signal.SIGKILL)
    until(lambda: len(fitting(slow)) == 2 or under_way.poll() is not None)
    assert not is_running(int(kernel))  # before another begins, or both would write
    (slow.root / "go").touch()
    out, err = under_way.communicate(timeout=PATIENCE_S)
    assert under_way.returncode == 0, err

    assert (slow.root / "total.txt").read_text() == "18"
    begun, again, ended = fitting(slow)
    assert (begun[0], again[0], ended[0], begun[1] != again[1]) == ("begun", "begun", "ended", True)
    steps = {step["key"]: step for step in json.loads(out)["steps"]}
    assert [step["state"] for step in steps.values()] == ["ok", "ok", "ok"]
    assert "was lost while it ran step fit, which was run again on tcp://" in err
    fits = [session for session in slow.sessions if session.notebook and session.notebook.endswith("fit.ipynb")]
    assert steps["fit"]["session"] == fits[-1].session
    assert len(fits) == 2

    handed = sorted(path.parent.name for path in (tmp_path / "handed" / "p").glob("*/manifest.json"))
    assert handed == ["fit", "load"]
    assert not (slow.project.folder / "pipelines" / "p" / "values").exists()

    # What it came to is known as of any other run, so that nothing is left to do.
    assert slow.cellmill("pipeline", "run", "p").out == "Nothing to do: 3 steps unchanged.\n"


def test_ctrl_c_ends_steps_on_a_cluster_of_our_own_and_leaves_no_process(slow: Desk) -> None:
    under_way = slow.begin("pipeline", "run", "p", "--executor", "dask", "-j", "1")
    until(lambda: fitting(slow) or under_way.poll() is not None)
    ((_, worker, kernel),) = fitting(slow)
    under_way.send_signal(signal.SIGINT)
    _, err = under_way.communicate(timeout=PATIENCE_S)
    assert under_way.returncode == 130, err
    assert "Interrupted, with 2 steps left." in err
    assert not [pid for pid in (int(worker), int(kernel)) if is_running(pid)]


def test_an_address_where_no_scheduler_answers_is_told(slow: Desk) -> None:
    said = slow.cellmill("pipeline", "run", "p", "--executor", "dask://127.0.0.1:1")
    assert said.code == 2
    assert "No Dask scheduler answers at tcp://127.0.0.1:1" in said.err
