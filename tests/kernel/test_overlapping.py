"""Cells that overlap: in a subshell of the kernel, in tasks and threads that outlive their cell."""

import pytest
from tests.kernel.conftest import StartKernel
from tests.kernel.kernels import PATIENCE_S, Kernel

WAIT = "import time, threading\ngo = threading.Event()\nassert go.wait(30)\nslow = LogisticRegression().fit(X, y)"
MEANWHILE = "quick = Ridge(alpha=2.0).fit(X, y)\ngo.set()"


def new_subshell(kernel: Kernel) -> str:
    control = kernel.client.control_channel
    control.send(kernel.client.session.msg("create_subshell_request", {}))
    subshell: str = control.get_msg(timeout=PATIENCE_S)["content"]["subshell_id"]
    return subshell


def begin_in(kernel: Kernel, subshell: str, source: str) -> None:
    content = {"code": source, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
    message = kernel.client.session.msg("execute_request", content)
    message["header"]["subshell_id"] = subshell
    kernel.client.shell_channel.send(message)


def parts(kernel: Kernel, short_class: str) -> list[tuple[str, str]]:
    [run] = [run for run in kernel.runs if run.short_class == short_class]
    return [(part.execution.source, part.part) for part in run.executions]


def test_a_cell_of_a_subshell_has_its_own_run_while_another_runs(start: StartKernel) -> None:
    kernel = start(prepared=True)
    subshell = new_subshell(kernel)
    kernel.begin(WAIT)
    kernel.wait_until(lambda: [execution.source for execution in kernel.executions] == [WAIT])
    begin_in(kernel, subshell, MEANWHILE)
    kernel.wait_until(lambda: [execution.outcome for execution in kernel.executions] == ["ok", "ok"])

    assert {run.short_class: run.status for run in kernel.runs} == {
        "Ridge": "finished",
        "LogisticRegression": "finished",
    }
    assert parts(kernel, "Ridge") == [(WAIT, "fed"), (MEANWHILE, "trained")]  # it reads `go`
    assert parts(kernel, "LogisticRegression") == [(WAIT, "trained")]


TRAINS = """\
import threading
go, trains = threading.Event(), threading.Event()
class Slow(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        trains.set()
        assert go.wait(30)
        return self
    def predict(self, X):
        return [0] * len(X)
slow = Slow().fit(X, y)"""
BESIDE = (
    "assert trains.wait(30)\nquick = Ridge(alpha=2.0).fit(X, y)\nscore = quick.score(X, y)\n"
    "bagged = BaggingClassifier(n_estimators=4, n_jobs=2).fit(X, y)\ngo.set()"
)


def test_a_cell_of_a_subshell_has_its_runs_while_the_main_shell_trains(start: StartKernel) -> None:
    kernel = start(prepared=True)
    subshell = new_subshell(kernel)
    kernel.begin(TRAINS)
    kernel.wait_until(lambda: [run.short_class for run in kernel.runs] == ["Slow"])
    begin_in(kernel, subshell, BESIDE)
    kernel.wait_until(lambda: [execution.outcome for execution in kernel.executions] == ["ok", "ok"])

    runs = {run.short_class: run for run in kernel.runs}
    assert {name: run.status for name, run in runs.items()} == dict.fromkeys(
        ("Slow", "Ridge", "BaggingClassifier"), "finished"
    )
    assert "Ridge_score_X" in runs["Ridge"].last_metrics


OUTLIVING = {
    "a thread": "def train():\n    go.wait(30)\n    Ridge().fit(X, y)\n    done.set()\n"
    "threading.Thread(target=train).start()",
    "a task": "import asyncio\nasync def train():\n    while not go.is_set():\n        await asyncio.sleep(0.01)\n"
    "    Ridge().fit(X, y)\n    done.set()\ntask = asyncio.ensure_future(train())",
}


@pytest.mark.parametrize("begin", OUTLIVING.values(), ids=OUTLIVING)
def test_what_outlives_its_cell_trains_a_run_all_the_same(start: StartKernel, begin: str) -> None:
    kernel = start(prepared=True)
    kernel.run("import threading\ngo, done = threading.Event(), threading.Event()", silent=True)
    kernel.run(begin)
    kernel.run("go.set()", silent=True)
    kernel.wait_until(lambda: len(kernel.runs) == 1 and kernel.runs[0].status == "finished")
    assert [(part.execution.source, part.part) for part in kernel.runs[0].executions] == [(begin, "trained")]


def test_tasks_that_overlap_are_runs_each(start: StartKernel) -> None:
    kernel = start(prepared=True)
    kernel.run(
        "import asyncio\n"
        "async def train(alpha):\n"
        "    await asyncio.sleep(0)\n"
        "    model = Ridge(alpha=alpha).fit(X, y)\n"
        "    await asyncio.sleep(0)\n"
        "    return model.score(X, y)\n"
        "await asyncio.gather(*(train(alpha) for alpha in (0.5, 1.5, 2.5)))"
    )
    assert [{p.name: p.value for p in run.parameters}["alpha"] for run in kernel.runs] == ["0.5", "1.5", "2.5"]
    later = [[m for m in run.metrics if not m.name.startswith("training_")] for run in kernel.runs]
    assert [len(metrics) for metrics in later] == [1, 1, 1]
