"""Searches and their trials, in lists."""

from tests.stories import Story

from cellmill.core.events import TrainingFinished, TrainingStarted
from cellmill.core.ids import RunId
from cellmill.core.runs import Run
from cellmill.wire.runs import Found, run_list, trial_list

SEARCH = RunId("aa00000001")


def a_search(story: Story, *params: dict[str, str]) -> tuple[Run, ...]:
    """A search with one trial for each set of parameters."""
    with story.cell("search", "search.fit(X, y)") as execution:
        story.says(TrainingStarted(SEARCH, execution, story.tick(), "sklearn", "sklearn.GridSearchCV", kind="search"))
        for number, given in enumerate(params):
            trial = RunId(f"bb0000000{number}")
            story.says(
                TrainingStarted(
                    trial, execution, story.tick(), "sklearn", "sklearn.Ridge", given, kind="trial", parent=SEARCH
                )
            )
            story.says(TrainingFinished(trial, story.tick(), "ok"))
        story.says(TrainingFinished(SEARCH, story.tick(), "ok"))
    return story.runs()


def unrecorded(runs: tuple[Run, ...]) -> list[Found]:
    return [(run, None) for run in runs]


def test_trials_never_fill_the_list(story: Story) -> None:
    listed = run_list(None, unrecorded(a_search(story, {"alpha": "1"}, {"alpha": "2"})), most=10)
    assert [(run.run, run.kind, run.trials) for run in listed.runs] == [(SEARCH, "search", 2)]
    assert listed.total == 1


def test_a_trial_whose_search_is_not_known_stands_for_itself(story: Story) -> None:
    trials = tuple(run for run in a_search(story, {"alpha": "1"}) if run.kind == "trial")
    listed = run_list(None, unrecorded(trials), most=10)
    assert [run.parent for run in listed.runs] == [SEARCH]


def test_a_list_says_how_many_it_leaves_out(story: Story) -> None:
    for number in range(3):
        with story.cell(f"fit {number}", "model.fit(X, y)"):
            story.trains(f"cc0000000{number}")
    listed = run_list(None, unrecorded(story.runs()), most=2)
    assert (len(listed.runs), listed.total) == (2, 3)


def test_a_trial_is_told_by_the_parameters_in_which_it_differs(story: Story) -> None:
    runs = a_search(story, {"alpha": "1", "tol": "0"}, {"alpha": "2", "tol": "0"}, {"alpha": "2", "tol": "0", "p": "3"})
    trials = [pair for pair in unrecorded(runs) if pair[0].kind == "trial"]
    told = trial_list(SEARCH, trials, most=10)
    assert told.total == 3
    assert [{p.name: p.value for p in trial.parameters} for trial in told.trials] == [
        {"alpha": "1"},
        {"alpha": "2"},
        {"alpha": "2", "p": "3"},
    ]


def test_a_lone_trial_is_told_by_all_its_parameters(story: Story) -> None:
    trials = [pair for pair in unrecorded(a_search(story, {"alpha": "1"})) if pair[0].kind == "trial"]
    [told] = trial_list(SEARCH, trials, most=10).trials
    assert [p.name for p in told.parameters] == ["alpha"]


def test_very_many_trials_are_told_in_part(story: Story) -> None:
    trials = [pair for pair in unrecorded(a_search(story, {"a": "1"}, {"a": "2"}, {"a": "3"})) if pair[0].parent]
    told = trial_list(SEARCH, trials, most=2)
    assert (len(told.trials), told.total) == (2, 3)
