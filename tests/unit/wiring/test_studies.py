"""What a sweep tries next, and what it makes of what came before."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cellmill.core.ids import SessionId
from cellmill.core.project import Project
from cellmill.core.sweep_errors import NoSuchSweep, SweepChanged
from cellmill.core.sweeps import Axis, Plan, Sweep, SweepTrial, TrialState
from cellmill.wiring.studies import Study
from cellmill.wiring.sweeps import add_trial, all_sweeps, begin_sweep, mark_recorded, unfinished

X = Axis("x", low=-10.0, high=10.0)
KIND = Axis("kind", choices=(["a"], ["b"]))


def sweep(*axes: Axis, **more: Any) -> Sweep:
    return Sweep("5eed", "a.ipynb", "digest", Plan(axes, "loss", "minimize", **more), 1_000)


def ended(number: int, given: dict[str, Any], value: float | None, state: TrialState = "finished") -> SweepTrial:
    return SweepTrial(number, given, state, value, SessionId("s"), 0, 1)


def run(one: Sweep, until: int) -> Sweep:
    """Try a sweep on a bowl, from where it stands."""
    study = Study(one)
    for number in range(len(one.trials) + 1, until + 1):
        given = study.next(number)
        trial = ended(number, given, (given["x"] - 3) ** 2 + (given["kind"] == ["a"]))
        study.tell(trial)
        one = replace(one, trials=(*one.trials, trial))
    return one


def test_optuna_finds_the_bottom_also_when_it_was_interrupted() -> None:
    half = run(sweep(X, KIND, random=5, optuna=35), 20)
    whole = run(half, 40)
    assert whole.best is not None
    assert whole.best.value is not None
    assert whole.best.value < 0.5
    drawn = [trial.value for trial in whole.trials[:5] if trial.value is not None]
    assert whole.best.value < min(drawn)
    later = [trial.value for trial in whole.trials[20:] if trial.value is not None]
    assert sum(later) / len(later) < sum(drawn) / len(drawn)  # what it had learnt before was not forgotten


def test_a_trial_that_is_worse_than_the_others_were_at_that_step_is_given_up() -> None:
    study = Study(sweep(X, optuna=20))
    for number in range(1, 8):
        given = study.next(number)
        assert [study.report(number, step, 1.0 / step) for step in (1, 2, 3)] == [False] * 3
        study.tell(ended(number, given, 0.3))
    study.next(8)
    assert study.report(8, 1, 50.0)
    study.next(9)
    assert not study.report(9, 1, 0.1)


def test_what_failed_or_is_no_number_teaches_nothing_and_stops_nothing() -> None:
    study = Study(sweep(X, optuna=5))
    study.tell(ended(1, study.next(1), None, "failed"))
    study.tell(ended(2, study.next(2), float("nan")))
    study.tell(ended(3, study.next(3), None, "pruned"))
    assert set(study.next(4)) == {"x"}


def test_a_sweep_is_kept_and_what_a_kill_tore_is_passed_over(tmp_path: Path) -> None:
    project = Project(tmp_path)
    one = sweep(KIND, X, random=3)
    begin_sweep(project, one)
    trial = replace(ended(1, {"kind": ["a"], "x": 0.5}, 2.0), steps={1: 3.0, 2: 2.5}, metrics={"loss": 2.0})
    add_trial(project, one.sweep, trial)
    with (tmp_path / ".cellmill" / "sweeps" / "5eed.jsonl").open("a") as file:
        file.write('{"number": 2, "param')
    again = replace(trial, number=2)
    add_trial(project, one.sweep, again)
    assert all_sweeps(project) == (replace(one, trials=(trial, again)),)
    assert unfinished(project, "a.ipynb", "digest").sweep == "5eed"
    with pytest.raises(SweepChanged):
        unfinished(project, "a.ipynb", "another")
    with pytest.raises(NoSuchSweep):
        unfinished(project, "b.ipynb", "digest")
    add_trial(project, one.sweep, replace(trial, number=3))
    for number in (1, 2):
        mark_recorded(project, one.sweep, number)
        assert (
            unfinished(project, "a.ipynb", "digest").recorded[-1] == number
        )  # all have run, the third is not kept yet
    mark_recorded(project, one.sweep, 3)
    with pytest.raises(NoSuchSweep):
        unfinished(project, "a.ipynb", "digest")


def test_a_sweep_over_tuples_and_sets_goes_on_with_tuples_and_sets(tmp_path: Path) -> None:
    project = Project(tmp_path)
    kinds = Axis("kinds", choices=({"x", "y", "z"}, {"y"}))
    one = sweep(kinds, optuna=4, fixed={"cols": ("b", "c"), "by": {1: "one"}})
    begin_sweep(project, one)
    trial = ended(1, {"kinds": {"y"}, "cols": ("b", "c"), "by": {1: "one"}}, 0.5)
    add_trial(project, one.sweep, trial)
    (read,) = all_sweeps(project)
    assert read == replace(one, trials=(trial,))
    assert Study(read).next(2)["kinds"] in kinds.choices


def test_the_best_is_the_lowest_or_the_highest_and_never_what_is_no_number() -> None:
    trials = tuple(ended(number, {}, value) for number, value in enumerate([2.0, float("nan"), 1.0, 3.0], start=1))
    one = replace(sweep(X, random=4), trials=(*trials, ended(5, {}, None, "failed")))
    assert [trial.number for trial in one.ranked] == [3, 1, 4, 2]
    highest = replace(one, plan=replace(one.plan, direction="maximize"))
    assert [trial.number for trial in highest.ranked] == [4, 1, 3, 2]
