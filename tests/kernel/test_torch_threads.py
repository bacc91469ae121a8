"""PyTorch loops in threads and tasks: each is one run, also where it outlives its cell or others train beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.kernel.kernels import new_project, start_kernel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.kernel.kernels import Kernel

    from cellmill.core.runs import Run

NAMES = """\
import asyncio, threading, torch
from concurrent.futures import ThreadPoolExecutor
from torch import nn
torch.manual_seed(0)
X = torch.rand(40, 3)
y = X.sum(1, keepdim=True)
models, seen, go = {}, {}, {}
def prepare(*names):
    for name in names:
        models[name] = nn.Linear(3, 1) if name[0] == "l" else nn.Sequential(nn.Linear(3, 1))
        seen[name], go[name] = threading.Event(), threading.Event()
def train(name, pause=20, steps=40):
    net = models[name]
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    for step in range(steps):
        optimizer.zero_grad()
        nn.functional.mse_loss(net(X), y).backward()
        optimizer.step()
        if step == pause:
            seen[name].set()
            assert go[name].wait(30)
async def train_as_task(name):
    net = models[name]
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    for step in range(40):
        optimizer.zero_grad()
        nn.functional.mse_loss(net(X), y).backward()
        optimizer.step()
        while step == 20 and not go[name].is_set():
            seen[name].set()
            await asyncio.sleep(0.01)
pool = ThreadPoolExecutor(2)
"""


@pytest.fixture(scope="module")
def shared_kernel(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """One kernel in which PyTorch is imported, out of sight."""
    kernel = start_kernel(new_project(tmp_path_factory.mktemp("torch") / "project"), home)
    try:
        kernel.run(NAMES, silent=True)
        yield kernel
    finally:
        kernel.end()


@pytest.fixture
def kernel(shared_kernel: Kernel) -> Kernel:
    return shared_kernel


def finished(kernel: Kernel, before: int, count: int) -> list[Run]:
    """Wait for the runs since, of which there are to be so many, and return them."""
    kernel.wait_until(lambda: [run.status for run in kernel.runs[before:]] == ["finished"] * count)
    return kernel.runs[before:]


def steps_of(run: Run) -> str:
    return next(parameter.value for parameter in run.parameters if parameter.name == "steps")


OUTLIVING = {
    "a thread": "threading.Thread(target=train, args=('linear',)).start()\nassert seen['linear'].wait(30)",
    "a pool": "waiting = pool.submit(train, 'linear')\nassert seen['linear'].wait(30)",
    "a task": "task = asyncio.ensure_future(train_as_task('linear'))\n"
    "while not seen['linear'].is_set():\n    await asyncio.sleep(0.01)",
}


@pytest.mark.parametrize("begin", OUTLIVING.values(), ids=OUTLIVING)
def test_a_loop_that_outlives_its_cell_is_one_run_with_its_model(kernel: Kernel, begin: str) -> None:
    before = len(kernel.runs)
    kernel.run("prepare('linear')", silent=True)
    kernel.run(begin)
    kernel.run("1 + 1")
    kernel.run("go['linear'].set()")

    (run,) = finished(kernel, before, 1)
    assert (steps_of(run), run.model is not None) == ("40", True)
    assert len([metric for metric in run.metrics if metric.name == "loss"]) == 40


def test_a_loop_that_begins_after_its_cell_has_ended_is_one_run(kernel: Kernel) -> None:
    before = len(kernel.runs)
    kernel.run("prepare('linear')", silent=True)
    kernel.run("def later():\n    assert go['late'].wait(30)\n    train('linear')\n")
    kernel.run("go['late'] = threading.Event()\nthreading.Thread(target=later).start()")
    kernel.run("go['late'].set()", silent=True)
    kernel.run("assert seen['linear'].wait(30)", silent=True)
    kernel.run("go['linear'].set()")

    (run,) = finished(kernel, before, 1)
    assert (steps_of(run), run.model is not None) == ("40", True)


BOTH = """\
threads = [threading.Thread(target=train, args=(name,)) for name in ("linear", "sequential")]
for each in threads: each.start()
assert seen["linear"].wait(30) and seen["sequential"].wait(30)
go["linear"].set(), go["sequential"].set()
for each in threads: each.join()
"""
BESIDE = """\
thread = threading.Thread(target=train, args=("linear",))
thread.start()
assert seen["linear"].wait(30)
go["sequential"].set()
train("sequential")
go["linear"].set()
thread.join()
"""


@pytest.mark.parametrize("cell", [BOTH, BESIDE], ids=["two threads", "a thread and the cell"])
def test_models_that_are_trained_at_one_time_are_a_run_each(kernel: Kernel, cell: str) -> None:
    before = len(kernel.runs)
    kernel.run("prepare('linear', 'sequential')", silent=True)
    kernel.run(cell)

    runs = finished(kernel, before, 2)
    assert sorted((run.model_class, steps_of(run)) for run in runs) == [
        ("torch.nn.Linear", "40"),
        ("torch.nn.Sequential", "40"),
    ]


def test_threads_that_train_one_model_are_one_run(kernel: Kernel) -> None:
    before = len(kernel.runs)
    kernel.run("prepare('linear')\ngo['linear'].set()", silent=True)
    kernel.run("""\
optimizer = torch.optim.SGD(models["linear"].parameters(), lr=0.01)
turn, order = threading.Condition(), []
def work(number):
    for step in range(10):
        with turn:
            assert turn.wait_for(lambda: len(order) % 2 == number, 30)
            optimizer.zero_grad()
            nn.functional.mse_loss(models["linear"](X), y).backward()
            optimizer.step()
            order.append(number)
            turn.notify_all()
threads = [threading.Thread(target=work, args=(number,)) for number in (0, 1)]
for each in threads: each.start()
for each in threads: each.join()
""")

    (run,) = finished(kernel, before, 1)
    assert steps_of(run) == "20"
