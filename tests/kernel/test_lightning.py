"""PyTorch Lightning: a `Trainer.fit` is one run, with the names and values of `mlflow.pytorch.autolog`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.kernel.kernels import new_project, start_kernel

from cellmill.core.events import CaptureFailed, TrainingStarted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.kernel.kernels import Kernel

    from cellmill.core.runs import Run

NAMES = """\
import logging, warnings
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
import {library} as pl
warnings.simplefilter("ignore")
X = torch.rand(40, 3)
y = X.sum(1, keepdim=True)
loader = DataLoader(TensorDataset(X, y), batch_size=10)
test_loader = DataLoader(TensorDataset(X[20:], y[20:]), batch_size=10)
quiet = dict(accelerator="cpu", logger=False, enable_progress_bar=False, enable_model_summary=False)
class Line(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.line = nn.Linear(3, 1)
    def forward(self, x):
        return self.line(x)
    def share(self, batch, name):
        loss = nn.functional.mse_loss(self(batch[0]), batch[1])
        self.log(name, loss)
        return loss
    def training_step(self, batch, index):
        return self.share(batch, "train_loss")
    def validation_step(self, batch, index):
        self.share(batch, "val_loss")
    def test_step(self, batch, index):
        self.share(batch, "test_loss")
    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=0.02)
"""
FIT = """\
model = Line()
trainer = pl.Trainer(max_epochs=3, enable_checkpointing=False, **quiet)
trainer.fit(model, loader, test_loader)
"""


@pytest.fixture(scope="module", params=["lightning.pytorch", "pytorch_lightning"])
def kernel(request: pytest.FixtureRequest, home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    root = new_project(tmp_path_factory.mktemp("lightning") / "project")
    kernel = start_kernel(root, home, environment={"OMP_NUM_THREADS": "1"})
    try:
        kernel.run(NAMES.format(library=request.param), silent=True)
        yield kernel
        assert [event for event in kernel.events if isinstance(event, CaptureFailed)] == []
    finally:
        kernel.end()


def parameters(run: Run) -> dict[str, str]:
    return {parameter.name: parameter.value for parameter in run.parameters}


def test_a_fit_is_one_run_with_curves_by_epoch_and_its_model(kernel: Kernel) -> None:
    run = kernel.run_of(kernel.run(FIT))

    assert (run.library, run.model_class, run.status, run.kind) == ("lightning", "Line", "finished", "fit")
    expected = {"epochs": "3", "optimizer_name": "Adam", "lr": "0.02", "betas": "(0.9, 0.999)"}
    assert {name: parameters(run)[name] for name in expected} == expected
    curves = [(metric.name, metric.step) for metric in run.metrics]
    assert curves == [(name, epoch) for name in ("train_loss", "val_loss") for epoch in range(3)]
    assert [(data.name, data.rows) for data in run.data] == [("loader", 40)]
    assert run.model is not None
    assert (run.model.flavor, run.model.example_sha256 is not None) == ("pytorch", True)


def test_a_test_after_the_fit_belongs_to_its_run(kernel: Kernel) -> None:
    answer = kernel.run(FIT)
    kernel.run("trainer.test(model, test_loader, verbose=False)")
    run = kernel.run_of(answer)

    assert [metric.name for metric in run.metrics if metric.name.startswith("test")] == ["test_loss"]
    assert ("test_loader", "evaluation") in {(data.name, data.context) for data in run.data}


def test_early_stopping_is_told_as_mlflow_tells_it(kernel: Kernel) -> None:
    stopping = "[pl.callbacks.EarlyStopping('val_loss', patience=1, min_delta=100.0)]"
    run = kernel.run_of(kernel.run(FIT.replace("max_epochs=3", f"max_epochs=9, callbacks={stopping}")))
    metrics = {metric.name: metric.value for metric in run.metrics}

    assert (parameters(run)["monitor"], parameters(run)["patience"]) == ("val_loss", "1")
    assert (metrics["stopped_epoch"], metrics["restored_epoch"], metrics["wait_count"]) == (1, 0, 1)


def test_a_callback_of_ours_is_neither_left_on_the_trainer_nor_in_a_checkpoint(kernel: Kernel) -> None:
    answer = kernel.run(
        FIT
        + "trainer.save_checkpoint('here.ckpt')\n"
        + "print(trainer.callbacks, list(torch.load('here.ckpt', weights_only=False)['callbacks']))"
    )

    assert answer.stdout.strip() == "[] []"


def test_an_interrupted_fit_is_an_interrupted_run_with_its_curve_so_far(kernel: Kernel) -> None:
    before = len([event for event in kernel.events if isinstance(event, TrainingStarted)])
    says_so = "pl.callbacks.LambdaCallback(on_train_epoch_start=lambda t, m: t.current_epoch and open('begun', 'w'))"
    request = kernel.begin(FIT.replace("max_epochs=3", f"max_epochs=10**6, callbacks=[{says_so}]"))
    kernel.wait_until(lambda: len([e for e in kernel.events if isinstance(e, TrainingStarted)]) > before)
    kernel.wait_until(lambda: (kernel.root / "begun").exists())
    kernel.interrupt()
    run = kernel.run_of(kernel.wait(request))

    assert run.status == "interrupted"
    assert any(metric.name == "train_loss" for metric in run.metrics)


def test_a_fit_that_raises_is_a_failed_run(kernel: Kernel) -> None:
    broken = "class Broken(Line):\n    def training_step(self, batch, index):\n        raise ValueError('no step')\n"
    answer = kernel.run(broken + FIT.replace("Line()", "Broken()"), may_fail=True)
    run = kernel.run_of(answer)

    assert (run.status, run.error and run.error.message) == ("failed", "no step")
    assert "cellmill" not in answer.traceback
