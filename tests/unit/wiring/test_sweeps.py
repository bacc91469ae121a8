"""Sweeps as they are kept, and that one process at a time goes on with one."""

import hashlib
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from cellmill.cli import app
from cellmill.cli.sweeps import sweep as command
from cellmill.core.ids import SessionId
from cellmill.core.project import Project
from cellmill.core.sweep_errors import NoSuchSweep, SweepUnderWay
from cellmill.core.sweeps import Axis, Plan, Sweep, SweepTrial
from cellmill.notebook.plain import as_bytes, new_code_cell, new_notebook
from cellmill.wiring.sweeps import add_trial, alone, as_it_stands, begin_sweep, mark_recorded, newest_sweep, unfinished

assert command.__name__ in {each.callback.__name__ for each in app.registered_commands if each.callback}


@pytest.fixture
def sweep(project: Project) -> Sweep:
    made = Sweep("5eed", "a.ipynb", "d", Plan((Axis("depth", choices=(1, 2, 3)),), "loss", "minimize"), 1)
    begin_sweep(project, made)
    return made


def trial(number: int, value: float) -> SweepTrial:
    return SweepTrial(number, {"depth": number}, "finished", value, SessionId(f"s{value}"), 0, 1)


def test_a_trial_that_two_processes_have_run_is_one_trial(project: Project, sweep: Sweep) -> None:
    for one in (trial(1, 0.1), trial(1, 0.2), trial(2, 0.3), trial(2, 0.4)):
        add_trial(project, sweep.sweep, one)
        mark_recorded(project, sweep.sweep, one.number)
    found = unfinished(project, "a.ipynb", "d")
    assert (found.trials, found.recorded) == ((trial(1, 0.1), trial(2, 0.3)), (1, 2))
    assert not replace(found, trials=(*found.trials, trial(2, 0.5))).is_done
    add_trial(project, sweep.sweep, trial(3, 0.6))
    mark_recorded(project, sweep.sweep, 3)
    assert as_it_stands(project, found).is_done
    with pytest.raises(NoSuchSweep):
        unfinished(project, "a.ipynb", "d")


def test_a_resumed_sweep_gives_the_same_parameters(project: Project, sweep: Sweep) -> None:
    fixed = {"s": {1, 2}, "by": {1: (2, 3)}, "rate": 0.5}
    begin_sweep(project, replace(sweep, plan=replace(sweep.plan, fixed=fixed)))
    add_trial(project, sweep.sweep, replace(trial(1, 0.1), parameters={**fixed, "depth": 1}))
    assert as_it_stands(project, sweep).plan.fixed == fixed
    endless = replace(sweep.plan, fixed={"most": float("inf")})
    begin_sweep(project, replace(sweep, plan=endless))
    assert as_it_stands(project, sweep).plan == endless


def test_a_sweep_under_way_is_not_resumed(project: Project, sweep: Sweep) -> None:
    notebook = project.root / "a.ipynb"
    notebook.write_bytes(as_bytes(new_notebook([new_code_cell("c0", "loss = 1")], {})))
    digest = hashlib.sha256(notebook.read_bytes()).hexdigest()
    begin_sweep(project, replace(sweep, sweep="feed", digest=digest, started_ms=2))
    with alone(project, newest_sweep(project, "a.ipynb")):
        ended = CliRunner().invoke(app, ["sweep", str(notebook), "--resume"])
    assert isinstance(ended.exception, SweepUnderWay)
    assert newest_sweep(project, "a.ipynb").trials == ()
    with alone(project, sweep), alone(project, newest_sweep(project, "a.ipynb")):
        pass
