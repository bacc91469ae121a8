"""What is killed, filled up or forked in mid-work: nothing that was completed is lost, and nothing is torn.

The long version, with hundreds of kernels, recorders and servers, is `python -m benchmarks.kills`.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from benchmarks.kill_kernels import kill_kernels

from cellmill.core.lines import from_line

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kernel.conftest import StartKernel
    from tests.kernel.kernels import Kernel


def test_kernels_killed_at_any_moment_lose_nothing_that_was_answered(tmp_path: Path) -> None:
    toll = kill_kernels(8, seed=5, folder=tmp_path, within_s=0.5)
    assert (toll.lost, toll.torn, toll.wrong) == ([], [], [])
    assert (toll.kills, toll.acknowledged > 8, toll.in_flight > 0) == (8, True, True)


def test_a_kernel_that_is_killed_while_others_of_its_project_write_disturbs_none(start: StartKernel) -> None:
    kernels = [start() for _ in range(3)]
    rng = random.Random(4)
    answered = {kernel.pid: 0 for kernel in kernels}
    for _ in range(20):
        requests = [(kernel, kernel.begin(f"{rng.random()}")) for kernel in kernels]
        for kernel, request in requests:
            kernel.wait(request)
            answered[kernel.pid] += 1
    kernels[0].wait(kernels[0].begin("import os\nos.kill(os.getpid(), 9)"))
    kernels[1].run("'after'")
    kernels[1].settle()

    lines = [line for journal in kernels[1].journals for line in journal.read_bytes().splitlines()]
    assert [line for line in lines if from_line(line) is None] == []
    assert sum(b'"execution_finished"' in line for line in lines) == sum(answered.values()) + 1


# --- the disk


def test_a_full_disk_stops_the_journal_and_no_cell_and_what_comes_after_is_kept(start: StartKernel) -> None:
    """The limit on the size of files is what a full disk is to a program: a line is written in part, or not at all."""
    kernel = start()
    kernel.run("before = 1")
    size = kernel.journals[0].stat().st_size
    kernel.run("import resource\n_, most = resource.getrlimit(resource.RLIMIT_FSIZE)")
    kernel.run(f"resource.setrlimit(resource.RLIMIT_FSIZE, ({size + 1_000}, most))")
    for number in range(3):
        assert kernel.run(f"{number} * 2 + before").result == f"{number * 2 + 1}"
    assert kernel.run("1 / 0", may_fail=True).error == "ZeroDivisionError"
    assert "the journal cannot be written" in kernel.run("%cellmill").stdout
    kernel.run("resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))")
    after = kernel.run("before + 41")

    assert after.result == "42"
    assert [one.source for one in kernel.executions if one.outcome == "ok"][:1] == ["before = 1"]
    assert kernel.executions[-1].source == "before + 41"
    assert sum(from_line(line) is None for line in kernel.journals[0].read_bytes().splitlines() if line) <= 1


# --- children


FORKED = {
    "multiprocessing": """\
import multiprocessing
def work(alpha):
    return Ridge(alpha=alpha).fit(X, y).alpha
with multiprocessing.get_context("fork").Pool(2) as pool:
    made = pool.map(work, [1, 2, 3])
made""",
    "joblib": """\
from joblib import Parallel, delayed
made = Parallel(n_jobs=2)(delayed(lambda alpha: Ridge(alpha=alpha).fit(X, y).alpha)(alpha) for alpha in [1, 2, 3])
made""",
    "threads, then a fork": """\
import os, threading
thread = threading.Thread(target=lambda: Ridge(alpha=9).predict)
thread.start()
children = []
for alpha in (1, 2, 3):
    child = os.fork()
    if child == 0:
        try:
            Ridge(alpha=alpha).fit(X, y)
        finally:
            os._exit(alpha)
    children.append(child)
thread.join()
[os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]""",
}


def test_workers_write_nothing_and_leave_their_parents_journal_whole(kernel: Kernel) -> None:
    before = len(kernel.events)
    answers = [kernel.run(source) for source in FORKED.values()]
    fitted = kernel.run("model = Ridge(alpha=7).fit(X, y)")

    assert [answer.result for answer in answers] == ["[1, 2, 3]"] * 3
    assert [run.short_class for run in kernel.runs_of(fitted)] == ["Ridge"]
    assert kernel.runs_of(*answers) == []
    lines = kernel.journals[0].read_bytes().splitlines()
    assert [line for line in lines if from_line(line) is None] == []
    mine = [line for line in lines[before:] if b'"execution_started"' in line]
    assert len(mine) == len(answers) + 1


def test_a_child_that_lives_on_does_not_hold_the_session_open(start: StartKernel) -> None:
    kernel = start()
    kernel.run("import os, time\nchild = os.fork()\nif child == 0:\n    time.sleep(20)\n    os._exit(0)")
    kernel.wait(kernel.begin("os.kill(os.getpid(), 9)"))
    assert kernel.session.ended == "died"
    assert [one.outcome for one in kernel.executions] == ["ok", "interrupted"]
