"""Plain PyTorch loops: however they are written, one training of one set of parameters is one run."""

from __future__ import annotations

import json
import os
import pickle
import re
import shutil
import signal
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from tests.kernel.kernels import new_project, start_kernel

from cellmill.capture.sessions import load_sessions
from cellmill.core.events import CaptureFailed, TrainingStarted
from cellmill.stores.mlflow_client import client_for
from cellmill.wiring.projects import run_store
from cellmill.wiring.recorder import record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.kernel.conftest import StartKernel
    from tests.kernel.kernels import Answer, Kernel

    from cellmill.core.runs import Run

NAMES = """\
import itertools
import numpy as np
import torch
import sklearn.metrics
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset
torch.manual_seed(0)
X = torch.rand(40, 3)
y = X.sum(1, keepdim=True)
X_test, y_test = X[30:], y[30:]
train_loader = DataLoader(TensorDataset(X, y), batch_size=10, shuffle=True)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(3, 4)
        self.head = nn.Linear(4, 1)
    def forward(self, x):
        return self.head(torch.relu(self.body(x)))
KEPT = set(globals())
"""
TIDY = "[globals().pop(name) for name in globals().keys() - KEPT - {'KEPT'} if not name.startswith('_')]"

MODEL = """\
model = Net()
criterion = nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
"""
FULL_BATCH = """\
for epoch in range(6):
    optimizer.zero_grad()
    loss = criterion(model(X), y)
    loss.backward()
    optimizer.step()
"""
BATCHES = """\
for epoch in range(3):
    model.train()
    for xb, yb in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        validation = criterion(model(X_test), y_test).item()
"""
ACCUMULATED = """\
for epoch in range(2):
    for i, (xb, yb) in enumerate(train_loader):
        (criterion(model(xb), yb) / 2).backward()
        if i % 2:
            optimizer.step()
            optimizer.zero_grad()
"""
LBFGS = """\
optimizer = torch.optim.LBFGS(model.parameters(), lr=0.1, max_iter=3)
def closure():
    optimizer.zero_grad()
    loss = criterion(model(X), y)
    loss.backward()
    return loss
for epoch in range(3):
    optimizer.step(closure)
"""
SCHEDULED = """\
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2)
for epoch in range(5):
    optimizer.zero_grad()
    criterion(model(X), y).backward()
    optimizer.step()
    scheduler.step()
"""
SCALED = """\
scaler = torch.amp.GradScaler("cpu")
for epoch in range(5):
    optimizer.zero_grad()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = criterion(model(X), y)
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
"""
IN_A_FUNCTION = """\
def train(model, epochs):
    criterion = nn.MSELoss()
    optimizer = torch.optim.Adam(model.parameters())
    for epoch in range(epochs):
        for xb, yb in train_loader:
            optimizer.zero_grad()
            criterion(model(xb), yb).backward()
            optimizer.step()
train(model, 2)
"""
IN_A_CLASS = """\
class Trainer:
    def __init__(self):
        self.model = Net()
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.01)
    def fit(self, epochs):
        for epoch in range(epochs):
            self.optimizer.zero_grad()
            F.mse_loss(self.model(X), y).backward()
            self.optimizer.step()
del model
trainer = Trainer()
trainer.fit(5)
"""
FINE_TUNED = """\
for parameter in model.body.parameters():
    parameter.requires_grad = False
optimizer = torch.optim.Adam(model.head.parameters(), lr=0.01)
for epoch in range(4):
    optimizer.zero_grad()
    criterion(model(X), y).backward()
    optimizer.step()
"""
ADVERSARIAL = """\
generator, critic = nn.Linear(2, 3), nn.Linear(3, 1)
of_generator = torch.optim.Adam(generator.parameters(), lr=0.01)
of_critic = torch.optim.SGD(critic.parameters(), lr=0.02)
for step in range(4):
    of_critic.zero_grad()
    F.softplus(-critic(X)).mean().backward()
    F.softplus(critic(generator(torch.rand(9, 2)).detach())).mean().backward()
    of_critic.step()
    of_generator.zero_grad()
    F.softplus(-critic(generator(torch.rand(9, 2)))).mean().backward()
    of_generator.step()
"""
OWN_OPTIMIZER = (
    """\
class Slow(torch.optim.SGD):
    def step(self, closure=None):
        return super().step(closure)
plain = torch.optim.SGD(nn.Linear(1, 1).parameters(), lr=0.1)
optimizer = Slow(model.parameters(), lr=0.1)
"""
    + FULL_BATCH
)
TWO_PHASES = (
    FULL_BATCH
    + """\
optimizer = torch.optim.Adam(model.parameters())
"""
    + FULL_BATCH
)
ONE_STEP = "criterion(model(X), y).backward(); optimizer.step()"


@pytest.fixture(scope="module")
def torch_kernel(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    root = new_project(tmp_path_factory.mktemp("torch") / "project")
    kernel = start_kernel(root, home, environment={"OMP_NUM_THREADS": "1"})
    try:
        kernel.run(NAMES, silent=True)
        yield kernel
    finally:
        kernel.end()


@pytest.fixture
def kernel(torch_kernel: Kernel) -> Iterator[Kernel]:
    torch_kernel.run(TIDY, silent=True)
    before = len(failures(torch_kernel))
    yield torch_kernel
    assert failures(torch_kernel)[before:] == []


def failures(kernel: Kernel) -> list[CaptureFailed]:
    return [event for event in kernel.events if isinstance(event, CaptureFailed)]


def trained(kernel: Kernel, source: str) -> Run:
    return kernel.run_of(kernel.run(MODEL + source))


def parameters(run: Run) -> dict[str, str]:
    return {parameter.name: parameter.value for parameter in run.parameters}


def curve(run: Run, name: str = "loss") -> dict[int, float]:
    return {metric.step: metric.value for metric in run.metrics if metric.name == name}


@pytest.mark.parametrize(
    ("source", "model", "steps"),
    [
        pytest.param(FULL_BATCH, "Net", 6, id="full batch"),
        pytest.param(BATCHES, "Net", 12, id="batches, with validation inside"),
        pytest.param(ACCUMULATED, "Net", 4, id="accumulated gradients"),
        pytest.param(LBFGS, "Net", 3, id="closures"),
        pytest.param(SCHEDULED, "Net", 5, id="scheduler"),
        pytest.param(SCALED, "Net", 5, id="scaled gradients"),
        pytest.param(IN_A_FUNCTION, "Net", 8, id="in a function"),
        pytest.param(IN_A_CLASS, "Net", 5, id="in a class"),
        pytest.param(FINE_TUNED, "Net", 4, id="some parameters only"),
        pytest.param(OWN_OPTIMIZER, "Net", 6, id="an optimiser of the user's own"),
        pytest.param(TWO_PHASES, "Net", 12, id="two optimisers, one after the other"),
        pytest.param(ONE_STEP, "Net", 1, id="one step"),
    ],
)
def test_a_loop_is_one_run(kernel: Kernel, source: str, model: str, steps: int) -> None:
    run = trained(kernel, source)

    assert (run.library, run.kind, run.model_class, run.status) == ("pytorch", "loop", model, "finished")
    assert parameters(run)["steps"] == str(steps)
    assert list(curve(run)) == list(range(1, steps + 1))
    assert run.model is not None
    assert run.model.flavor == "pytorch"


def test_a_loop_has_the_parameters_of_optimiser_model_and_loader(kernel: Kernel) -> None:
    run = trained(kernel, BATCHES)

    expected = {
        "optimizer_name": "SGD",
        "lr": "0.05",
        "momentum": "0.9",
        "weight_decay": "0",
        "parameters": "21",
        "trainable_parameters": "21",
        "loss_function": "MSELoss",
        "batch_size": "10",
        "steps": "12",
        "epochs": "3",
    }
    assert {name: parameters(run).get(name) for name in expected} == expected
    assert [(data.name, data.rows, data.context) for data in run.data if data.context == "training"] == [
        ("train_loader", 40, "training")
    ]


def test_a_loop_has_the_values_that_stayed_the_same_through_all_its_steps(kernel: Kernel) -> None:
    kernel.run("width = 3\nepoch = 7")
    trained = kernel.run(
        "def fit(width):\n"
        "    model = nn.Sequential(nn.Linear(3, width), nn.Linear(width, 1))\n"
        "    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)\n"
        "    for _ in range(3):\n"
        "        nn.functional.mse_loss(model(X), y).backward()\n"
        "        optimizer.step()\n"
        "for width in (1, 2):\n"
        "    fit(width)"
    )
    by_epochs = kernel.run(
        f"rate = 0.05\n{MODEL}for epoch in range(3):\n    for step, (x, t) in enumerate(train_loader):\n"
        "        optimizer.zero_grad()\n        criterion(model(x), t).backward()\n        optimizer.step()"
    )
    assert [of_notebook(run) for run in kernel.runs_of(trained)] == [{"width": "1"}, {"width": "2"}]
    assert of_notebook(kernel.run_of(by_epochs)) == {"rate": "0.05"}


def of_notebook(run: Run) -> dict[str, str]:
    return {parameter.name: parameter.value for parameter in run.parameters if parameter.source == "notebook"}


def test_the_data_of_a_loop_are_those_of_the_loader_that_it_goes_through(kernel: Kernel) -> None:
    """Whatever else is called `train_loader`, or is looked into before."""
    model = "m = nn.Linear(3, 1)\no = torch.optim.SGD(m.parameters(), lr=0.01)\nfirst = next(iter(train_loader))\n"
    step = "    o.zero_grad()\n    nn.functional.mse_loss(m(a), b).backward()\n    o.step()\n"
    kernel.run("other = DataLoader(TensorDataset(X[:30], y[:30]), batch_size=15)\nimport torch.utils.data as data")
    another = kernel.run(f"{model}for a, b in [*[], *other]:\n    pass\nfor a, b in other:\n{step}")
    without = kernel.run(f"{model}for a, b in [(X, y)] * 3:\n{step}")
    split = kernel.run(
        f"{model}part, rest = data.random_split(TensorDataset(X, y), [24, 16])\n"
        "small = DataLoader(part, batch_size=8)\n"
        f"for epoch in range(2):\n  for a, b in small:\n{step}  for a, b in train_loader:\n    pass"
    )

    def seen(answer: Answer) -> tuple[list[tuple[str, int]], str | None, str | None]:
        run = kernel.run_of(answer)
        params = {p.name: p.value for p in run.parameters}
        used = [(use.name, use.rows) for use in run.data if use.context == "training"]
        return used, params.get("batch_size"), params.get("epochs")

    assert seen(another) == ([("other", 30)], "15", "1")
    assert seen(without) == ([], None, None)
    assert seen(split) == ([("small", 24)], "8", "2")


def test_the_losses_are_those_that_were_computed(kernel: Kernel) -> None:
    answer = kernel.run(MODEL + "losses = []\n" + FULL_BATCH + "    losses.append(loss.item())\nprint(*losses)")
    computed = [float(text) for text in answer.stdout.split()]

    assert list(curve(kernel.run_of(answer)).values()) == pytest.approx(computed)


def test_losses_before_one_step_add_up_and_scaled_ones_are_as_they_were(kernel: Kernel) -> None:
    whole = trained(kernel, "torch.manual_seed(1); model = Net()\n" + ACCUMULATED)
    scaled = trained(kernel, SCALED)

    assert all(0 < loss < 5 for loss in (*curve(whole).values(), *curve(scaled).values()))


def test_losses_that_led_to_no_step_are_not_the_next_trainings(kernel: Kernel) -> None:
    kernel.run(
        MODEL + "pixels = X.clone().requires_grad_()\nfor _ in range(2): (1000 + model(pixels).sum()).backward()"
    )
    saliency = kernel.run("losses = []\n" + FULL_BATCH + "    losses.append(loss.item())\nprint(*losses)")
    computed = [float(text) for text in saliency.stdout.split()]
    assert list(curve(kernel.run_of(saliency)).values()) == pytest.approx(computed)

    kernel.run(MODEL + "loss = criterion(model(X), y)\nloss.backward()")
    stepped = kernel.run("print(loss.item())\noptimizer.step()")
    assert list(curve(kernel.run_of(stepped)).values()) == pytest.approx([float(stepped.stdout)])


@pytest.mark.parametrize(
    "zeroed", ["optimizer.zero_grad()", "model.zero_grad()", "opposite.zero_grad(); optimizer.zero_grad()"]
)
def test_a_loss_whose_gradients_were_zeroed_again_is_not_the_steps(kernel: Kernel, zeroed: str) -> None:
    """As in adversarial training: the inner `backward` is for the input alone."""
    answer = kernel.run(
        MODEL + "opposite = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)\nlosses = []\n"
        "for _ in range(3):\n"
        "    rows = X.clone().requires_grad_()\n"
        "    (1000 + criterion(model(rows), y)).backward()\n"
        f"    {zeroed}\n"
        "    for half in (0, 1):\n"
        "        loss = criterion(model(rows.detach() + rows.grad.sign()), y)\n"
        "        loss.backward()\n"
        "        opposite.zero_grad()\n"
        "        losses.append(loss.item())\n"
        "    optimizer.step()\n"
        "print(*losses)"
    )
    losses = [float(text) for text in answer.stdout.split()]
    assert list(curve(kernel.run_of(answer)).values()) == pytest.approx(
        [sum(pair) for pair in zip(losses[::2], losses[1::2], strict=True)]
    )


def test_a_long_curve_is_thinned_evenly(kernel: Kernel) -> None:
    run = trained(kernel, FULL_BATCH.replace("range(6)", "range(2500)"))
    steps = list(curve(run))

    assert parameters(run)["steps"] == "2500"
    assert len(steps) <= 1_000
    assert (steps[0], steps[-1]) == (1, 2_500)
    assert {second - first for first, second in pairwise(steps[:-1])} == {4}


def test_models_that_are_trained_in_turn_are_one_run(kernel: Kernel) -> None:
    run = trained(kernel, ADVERSARIAL)

    assert parameters(run)["optimizer_name"] == "SGD"
    assert parameters(run)["optimizer_name_2"] == "Adam"
    assert (len(curve(run)), len(curve(run, "loss_2"))) == (4, 4)
    assert run.model is not None


def test_models_trained_one_after_the_other_are_a_run_each(kernel: Kernel) -> None:
    source = "for lr in (0.1, 0.01):\n    model = Net()\n    optimizer = torch.optim.SGD(model.parameters(), lr=lr)\n"
    answer = kernel.run("criterion = nn.MSELoss()\n" + source + FULL_BATCH.replace("\n", "\n    ").join(["    ", ""]))
    first, second = kernel.runs_of(answer)

    assert [parameters(run)["lr"] for run in (first, second)] == ["0.1", "0.01"]
    assert [parameters(run)["steps"] for run in (first, second)] == ["6", "6"]
    assert first.model is not None
    assert second.model is not None


def test_each_cell_that_trains_is_a_run(kernel: Kernel) -> None:
    first = kernel.run(MODEL + FULL_BATCH)
    second = kernel.run(FULL_BATCH)

    assert [parameters(kernel.run_of(answer))["steps"] for answer in (first, second)] == ["6", "6"]


def test_parameters_that_no_module_holds_make_a_run_without_a_model(kernel: Kernel) -> None:
    run = kernel.run_of(
        kernel.run(
            "w = torch.zeros(3, 1, requires_grad=True)\n"
            "optimizer = torch.optim.SGD([w], lr=0.1)\n"
            "for step in range(3):\n"
            "    optimizer.zero_grad(); loss = ((X @ w - y) ** 2).mean(); loss.backward(); optimizer.step()"
        )
    )

    assert (run.model_class, run.status, run.model, len(curve(run))) == ("torch.Tensor", "finished", None, 3)


def test_a_loop_that_raises_is_a_failed_run_with_its_curve_so_far(kernel: Kernel) -> None:
    answer = kernel.run(MODEL + FULL_BATCH + "    if epoch == 3: raise ValueError('diverged')", may_fail=True)
    run = kernel.run_of(answer)

    assert (run.status, len(curve(run))) == ("failed", 4)
    assert run.error is not None
    assert run.error.message == "diverged"
    assert "cellmill" not in answer.traceback


def test_an_error_after_the_loop_is_not_the_trainings(kernel: Kernel) -> None:
    run = kernel.run_of(kernel.run(MODEL + FULL_BATCH + "print(lss)", may_fail=True))

    assert (run.status, run.model is None) == ("finished", False)


def test_an_interrupted_loop_is_an_interrupted_run_with_its_curve_so_far(kernel: Kernel) -> None:
    before = len([event for event in kernel.events if isinstance(event, TrainingStarted)])
    request = kernel.begin(MODEL + FULL_BATCH.replace("range(6)", "range(10**9)"))
    kernel.wait_until(lambda: len([e for e in kernel.events if isinstance(e, TrainingStarted)]) > before)
    kernel.interrupt()
    run = kernel.run_of(kernel.wait(request))

    assert run.status == "interrupted"
    assert len(curve(run)) >= 1


def test_a_score_of_the_models_answers_belongs_to_its_run(kernel: Kernel) -> None:
    run_cell = kernel.run(MODEL + FULL_BATCH)
    kernel.run("model.eval()\nwith torch.no_grad():\n    answers = model(X_test)")
    kernel.run("print(sklearn.metrics.r2_score(y_test, answers))")
    run = kernel.run_of(run_cell)

    assert [metric.name for metric in run.metrics if metric.name.startswith("r2")] == ["r2_score_X_test"]


def test_after_many_answers_in_one_cell_the_data_of_the_next_cells_have_their_names(kernel: Kernel) -> None:
    run_cell = kernel.run(MODEL + FULL_BATCH)
    kernel.run("with torch.no_grad():\n    for row in X.repeat(2, 1): model(row[None])")
    kernel.run("with torch.no_grad(): answers = model(X_test)\nsklearn.metrics.r2_score(y_test, answers)")
    run = kernel.run_of(run_cell)

    assert [metric.name for metric in run.metrics if metric.name.startswith("r2")] == ["r2_score_X_test"]


def test_nothing_is_left_on_the_model(kernel: Kernel) -> None:
    answer = kernel.run(
        MODEL
        + BATCHES
        + "print({name: len(hooks) for name, hooks in vars(model).items() if name.endswith('hooks') and hooks})\n"
        + "print(any('cellmill' in str(value) for value in vars(model).values()))"
    )

    assert answer.stdout.split("\n")[:2] == ["{}", "False"]
    assert answer.stderr == ""


def test_steps_with_parameters_of_a_model_that_is_gone_say_that_it_is_not_there(kernel: Kernel) -> None:
    run = kernel.run_of(kernel.run("def train():\n    " + (MODEL + FULL_BATCH).replace("\n", "\n    ") + "\ntrain()"))

    assert (run.status, run.model_class) == ("finished", "Net")
    assert run.model is not None


@pytest.mark.parametrize(
    ("outputs", "note"),
    [
        (20_000_000, "its pickle is larger than the setting max_model_mb (200 MB)"),
        (1, "it cannot be copied (NotImplementedError: Cannot copy out of meta tensor; no data!)"),
    ],
)
def test_a_model_that_cannot_come_to_the_cpu_or_is_too_large_for_it_has_a_note(
    kernel: Kernel, outputs: int, note: str
) -> None:
    """On the device `meta`, which any machine has: its tensors have a size and no content."""
    run = kernel.run_of(
        kernel.run(
            f"model = nn.Linear(3, {outputs}, device='meta')\noptimizer = torch.optim.SGD(model.parameters())\n"
            "for _ in range(3):\n"
            "    for p in model.parameters(): p.grad = torch.zeros_like(p)\n"
            "    optimizer.step()"
        )
    )

    assert (run.status, run.model, run.model_note) == ("finished", None, note)


def test_the_kept_model_predicts_with_mlflow(
    kernel: Kernel, empty_database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    answer = kernel.run(MODEL + FULL_BATCH + "with torch.no_grad(): print(model(X[:5]).flatten().tolist())")
    run = kernel.run_of(answer)
    shutil.copy(empty_database, kernel.root / "mlflow.db")
    record(load_sessions(kernel.project), run_store(kernel.project))
    client = client_for(kernel.project.store)
    (stored,) = client.search_runs(
        [experiment.experiment_id for experiment in client.search_experiments()],
        filter_string=f"tags.`cellmill.run` = '{run.run}'",
    )

    import mlflow

    mlflow.set_tracking_uri(kernel.project.store)
    model = mlflow.pyfunc.load_model(f"models:/{stored.data.tags['cellmill.model_id']}")
    assert run.model is not None
    example = pickle.loads((kernel.project.blobs / str(run.model.example_sha256)).read_bytes())
    assert model.metadata.signature is not None
    assert model.predict(example).flatten().tolist() == pytest.approx(json.loads(answer.stdout))


def test_a_loop_in_a_kernel_that_is_killed_is_an_interrupted_run(start: StartKernel) -> None:
    kernel = start(environment={"OMP_NUM_THREADS": "1"})
    kernel.run("import torch\nw = torch.zeros(1, requires_grad=True)\noptimizer = torch.optim.SGD([w], lr=0.1)")
    request = kernel.begin("while True:\n    (w ** 2).sum().backward()\n    optimizer.step()")
    kernel.wait_until(lambda: any(isinstance(event, TrainingStarted) for event in kernel.events))
    os.kill(kernel.pid, signal.SIGKILL)
    kernel.wait(request)

    assert [(run.kind, run.status) for run in kernel.runs] == [("loop", "interrupted")]


def test_an_error_in_a_model_has_the_traceback_that_it_has_without_us(kernel: Kernel, start: StartKernel) -> None:
    shown = "import traceback\ntry:\n    model(X[:, :2])\nexcept RuntimeError:\n    print(traceback.format_exc())"
    answers = []
    for one in (kernel, start(bare=True)):
        one.run(NAMES + MODEL)
        one.run(FULL_BATCH)
        answers.append([one.run(shown).stdout, one.run("model(X[:, :2])", may_fail=True).traceback])
    changing = r"ipykernel_\d+|In\[\d+\]|0x\w+|\x1b\[[\d;]*m"
    captured, bare = ([re.sub(changing, "", text) for text in one] for one in answers)
    assert captured == bare
    assert "_call_impl" in bare[0]
    assert "forward" in bare[1]


def test_a_killed_loop_keeps_its_curve_as_it_was_told_last(start: StartKernel) -> None:
    kernel = start()
    kernel.run(NAMES)
    # At each step, for a test does not train for ten seconds.
    kernel.run("import cellmill.capture.probes.torch_loop as loops\nloops.TELL_S = loops.TELL_SHARE = 0.0", silent=True)
    answer = kernel.run(
        "net = nn.Linear(3, 1)\noptimizer = torch.optim.SGD(net.parameters(), lr=0.1)\n"
        "for step in range(1, 100):\n"
        "    optimizer.zero_grad()\n    loss = F.mse_loss(net(X), y)\n    loss.backward()\n    optimizer.step()\n"
        "    if step == 20:\n        __import__('os').kill(__import__('os').getpid(), 9)",
        may_fail=True,
    )
    run = kernel.run_of(answer)
    assert (answer.status, run.status) == ("died", "interrupted")
    assert [metric.step for metric in run.metrics] == list(range(1, 21))
    assert {metric.name for metric in run.metrics} == {"loss"}


def test_a_loop_that_ends_has_its_curve_once(start: StartKernel) -> None:
    kernel = start()
    kernel.run(NAMES)
    kernel.run("import cellmill.capture.probes.torch_loop as loops\nloops.TELL_S = loops.TELL_SHARE = 0.0", silent=True)
    answer = kernel.run(
        "net = nn.Linear(3, 1)\noptimizer = torch.optim.SGD(net.parameters(), lr=0.1)\n"
        "for step in range(5):\n    F.mse_loss(net(X), y).backward()\n    optimizer.step()"
    )
    assert [(metric.name, metric.step) for metric in kernel.run_of(answer).metrics] == [
        ("loss", n) for n in range(1, 6)
    ]
