"""Executions that real notebooks, executed in disorder, were found to need or not to need."""

import pytest
from tests.stories import Story
from tests.unit.replay.test_recipe import RUN, extended, fits, names, recipe

from cellmill.core.event_parts import ADDED_TO, Failure, FileUse
from cellmill.core.ids import RunId

NOT_THERE = Failure("NameError", "name 'metrics' is not defined")


def raised(story: Story, name: str, source: str, *writes: str) -> None:
    """A cell ran, and raised after it had written these."""
    story.ran(name, source, outcome="error", error=NOT_THERE)
    extended(story, writes=writes, names_seen=True)


def test_a_cell_that_raised_before_it_wrote_is_not_needed(story: Story) -> None:
    story.ran("load", "X, y = load()")
    raised(story, "failed", "print(metrics)\nX = X.dropna()")
    fits(story)
    assert names(recipe(story)) == ["load", "fit"]


def test_a_cell_that_raised_after_it_wrote_is_needed_and_what_was_before_is_not(story: Story) -> None:
    story.ran("old", "X, y = load()")
    raised(story, "failed", "X, y = load_more()\nprint(metrics)", "X", "y")
    fits(story)
    assert names(recipe(story)) == ["failed", "fit"]


def test_of_a_cell_whose_names_were_not_seen_both_are_needed(story: Story) -> None:
    story.ran("old", "X, y = load()")
    story.ran("failed", "X, y = load_more()\nprint(metrics)", outcome="error", error=NOT_THERE)
    fits(story)
    assert names(recipe(story)) == ["old", "failed", "fit"]


def test_a_cell_that_only_shows_predictions_is_not_needed(story: Story) -> None:
    story.ran("load", "X, y = load()")
    fits(story)
    with story.cell("show", "model.predict(X)"):
        story.evaluates(RunId(RUN))
    with story.cell("score", "model.score(X, y)"):
        story.evaluates(RunId(RUN))
        story.measures(RunId(RUN), "score", 0.5)
    assert names(recipe(story)) == ["load", "fit", "score"]


@pytest.mark.parametrize(
    "source",
    [
        "sys.path.append('../lib')",
        "set_config(transform_output='pandas')",
        "pd.options.mode.copy_on_write = True",
        "torch.set_default_dtype(torch.float64)",
        "%load_ext autoreload",
        "from tqdm.auto import tqdm\ntqdm.pandas()",
        "from sklearn.experimental import enable_iterative_imputer",
        "@pd.api.extensions.register_dataframe_accessor('own')\nclass Own: ...",
    ],
)
def test_what_sets_how_python_or_a_library_works_is_kept(story: Story, source: str) -> None:
    story.ran("set", source)
    story.ran("load", "X, y = load()")
    fits(story)
    assert names(recipe(story)) == ["set", "load", "fit"]


def test_a_variable_that_a_library_sets_as_it_is_imported_keeps_no_execution(story: Story) -> None:
    story.ran("look", "import sklearn\nsklearn.__version__")
    extended(story, imports=("sklearn",), environment={"KMP_INIT_AT_FORK": "FALSE"})
    story.ran("load", "X, y = load()")
    fits(story)
    assert names(recipe(story)) == ["load", "fit"]


def test_a_variable_that_a_cell_sets_is_kept_whatever_it_imports(story: Story) -> None:
    story.ran("set", "import os, sklearn\nos.environ['THREADS'] = '1'")
    extended(story, imports=("sklearn",), environment={"THREADS": "1"})
    story.ran("load", "X, y = load()")
    fits(story)
    assert names(recipe(story)) == ["set", "load", "fit"]


def test_a_file_that_the_recipe_wrote_may_be_overwritten_by_who_reads_it(story: Story) -> None:
    story.ran("make", "X.to_csv('a.csv')")
    extended(story, files=(FileUse("/w/a.csv", "written", 3, "1" * 64),))
    story.ran("double", "(pd.read_csv('a.csv') * 2).to_csv('a.csv')")
    extended(story, files=(FileUse("/w/a.csv", "read", 3), FileUse("/w/a.csv", "written", 3, "2" * 64)))
    with story.cell("fit", "model = Ridge().fit(pd.read_csv('a.csv'), y)"):
        story.trains(RUN)
    extended(story, files=(FileUse("/w/a.csv", "read", 3, "2" * 64),))
    made = recipe(story)
    assert (names(made), made.obstacles) == (["make", "double", "fit"], ())


def test_a_file_that_was_there_before_it_was_added_to_cannot_be_had_again_where_it_is_read(story: Story) -> None:
    story.ran("add", "with open('a.csv', 'a') as f:\n    f.write(row)")
    extended(story, files=(FileUse("/w/a.csv", "read", 3, None, ADDED_TO), FileUse("/w/a.csv", "written", 3, "2" * 64)))
    story.ran("load", "X, y = read('a.csv')")
    extended(story, files=(FileUse("/w/a.csv", "read", 3, "2" * 64),))
    fits(story)
    made = recipe(story)
    assert (names(made), made.obstacles) == (
        ["add", "load", "fit"],
        ("/w/a.csv was there before execution 1, which has added to it",),
    )


def test_a_log_that_is_only_added_to_is_no_obstacle(story: Story) -> None:
    story.ran("load", "X, y = load()")
    fits(story, "model = Ridge().fit(X, y)\nopen('log.txt', 'a').write('done')")
    extended(story, files=(FileUse("/w/log.txt", "read", 3, None, ADDED_TO), FileUse("/w/log.txt", "written", 3)))
    made = recipe(story)
    assert (made.obstacles, made.inputs) == ((), ())


def test_a_users_file_that_was_overwritten_by_who_read_it_is_gone(story: Story) -> None:
    story.ran("double", "X = pd.read_csv('a.csv') * 2\nX.to_csv('a.csv')")
    extended(story, files=(FileUse("/w/a.csv", "read", 3), FileUse("/w/a.csv", "written", 3, "2" * 64)))
    fits(story)
    assert recipe(story).obstacles == ("/w/a.csv was overwritten by execution 1, which had read it",)
