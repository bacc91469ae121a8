"""Which executions a recipe holds, and why."""

from dataclasses import replace
from typing import Any

import pytest
from tests.stories import Story

from cellmill.core.event_parts import FileUse, Module
from cellmill.core.events import CapturePaused, CaptureResumed, ExecutionFinished, ExecutionStarted
from cellmill.core.ids import ExecutionId, RunId
from cellmill.core.recipes import Recipe
from cellmill.core.runs import Run
from cellmill.replay.recipe import make_recipe, only, unrecorded, whole_history

RUN = "aa00000001"


def recipe(story: Story, run: str = RUN) -> Recipe:
    """Return the recipe of a run of the story."""
    session = story.fold()
    return make_recipe(session, next(found for found in session.runs if found.run == run))


def names(made: Recipe) -> list[str]:
    """Return the executions of a recipe by the names that the story gave them."""
    return list(made.executions)


def fits(story: Story, source: str = "model = Ridge().fit(X, y)") -> None:
    """A cell trains the run that the tests ask for."""
    with story.cell("fit", source):
        story.trains(RUN)


def extended(story: Story, **fields: Any) -> None:
    """Add to what the last cell's end says."""
    last = story.inside[-1]
    assert isinstance(last, ExecutionFinished)
    story.inside[-1] = replace(last, **fields)


def begun(story: Story, **fields: Any) -> None:
    """Add to what the last cell's beginning says."""
    index = max(i for i, event in enumerate(story.inside) if isinstance(event, ExecutionStarted))
    begin = story.inside[index]
    assert isinstance(begin, ExecutionStarted)
    story.inside[index] = replace(begin, **fields)


def test_what_neither_the_model_nor_its_metrics_need_is_left_out(story: Story) -> None:
    story.ran("load", "X, y = load()")
    story.ran("look", "X.head()")
    story.ran("other", "z = 3")
    fits(story)
    assert names(recipe(story)) == ["load", "fit"]


def test_what_the_evaluation_alone_needs_is_kept(story: Story) -> None:
    story.ran("load", "X, y = load()")
    fits(story)
    story.ran("held out", "X_test = load_more()")
    story.ran("other", "w = 4")
    with story.cell("score", "mean_absolute_error(y_test, model.predict(X_test))"):
        story.measures(RunId(RUN), "mae", 1.0)
    assert names(recipe(story)) == ["load", "fit", "held out", "score"]


def test_an_execution_counts_as_often_as_it_ran(story: Story) -> None:
    story.ran("begin", "X, y = load()")
    story.ran("once", "X.append(1)")
    story.ran("twice", "X.append(1)")
    fits(story)
    assert names(recipe(story)) == ["begin", "once", "twice", "fit"]


def test_a_reason_names_what_is_written_and_who_reads_it(story: Story) -> None:
    story.ran("load", "X = load()")
    story.ran("target", "y = X.pop('y')")
    fits(story)
    made = recipe(story)
    words = [[reason.words for reason in one.reasons] for one in made.ingredients]
    assert words == [
        ["writes `X`, read by execution 2"],
        ["writes `X`, read by execution 3", "writes `y`, read by execution 3"],
        [],
    ]


def test_who_wrote_a_file_that_is_read_is_needed(story: Story) -> None:
    story.ran("make", "frame.to_csv('a.csv')")
    extended(story, reads=(), writes=(), files=(FileUse("/w/a.csv", "written", 3, "1" * 64),))
    story.ran("load", "X, y = load('a.csv')")
    extended(story, files=(FileUse("/w/a.csv", "read", 3, "1" * 64), FileUse("/w/b.csv", "read", 4, "2" * 64)))
    fits(story)
    made = recipe(story)
    assert names(made) == ["make", "load", "fit"]
    assert [use.path for use in made.inputs] == ["/w/b.csv"]
    assert made.outputs == ("/w/a.csv",)


def test_a_file_that_was_written_whole_again_needs_only_its_last_writer(story: Story) -> None:
    for name in ("first", "second"):
        story.ran(name, "frame.to_csv('a.csv')")
        extended(story, reads=(), writes=(), files=(FileUse("/w/a.csv", "written", 3),))
    story.ran("load", "X, y = load('a.csv')")
    extended(story, files=(FileUse("/w/a.csv", "read", 3),))
    fits(story)
    assert names(recipe(story)) == ["second", "load", "fit"]


def test_a_file_that_was_added_to_needs_all_its_writers(story: Story) -> None:
    for name in ("first", "second"):
        story.ran(name, "open('a.csv', 'a').write(line)")
        extended(story, reads=(), writes=(), files=(FileUse("/w/a.csv", "written", 3),))
    story.ran("load", "X, y = load('a.csv')")
    extended(story, files=(FileUse("/w/a.csv", "read", 3),))
    fits(story)
    assert names(recipe(story)) == ["first", "second", "load", "fit"]


def test_the_environment_the_folder_and_seeds_are_kept_for_safety(story: Story) -> None:
    story.ran("environment", "os.environ['A'] = '1'")
    extended(story, reads=(), writes=(), environment={"A": "1"})
    story.ran("folder", "%cd data")
    story.ran("seed", "tf.random.set_seed(3)")
    begun(story, cwd="/w/data")
    extended(story, reads=(), writes=())
    story.ran("load", "X, y = load()")
    fits(story)
    made = recipe(story)
    assert names(made) == ["environment", "folder", "seed", "load", "fit"]
    assert [one.is_sure for one in made.ingredients] == [False, False, False, True, True]
    assert made.ingredients[0].reasons[0].words == "sets the environment variable A"
    assert made.ingredients[1].reasons[0].words == "changes the working directory"


def test_what_changes_the_environment_after_the_last_that_is_needed_is_not(story: Story) -> None:
    story.ran("load", "X, y = load()")
    fits(story)
    story.ran("later", "os.environ['A'] = '1'")
    extended(story, environment={"A": "1"})
    assert names(recipe(story)) == ["load", "fit"]


@pytest.mark.parametrize(("source", "needed"), [("X, y = Out[1], _2", True), ("X, y = one, two", False)])
def test_results_are_read_by_their_numbers(story: Story, source: str, needed: bool) -> None:
    story.ran("one", "load()")
    story.ran("two", "load_target()")
    story.ran("take", source)
    fits(story)
    assert names(recipe(story)) == (["one", "two", "take", "fit"] if needed else ["take", "fit"])


def test_the_random_state_before_an_execution_is_what_was_last_seen(story: Story) -> None:
    story.ran("load", "X, y = load()")
    begun(story, random={"random": "1" * 64})
    story.ran("draw", "import numpy")
    begun(story, random={"random": "2" * 64})
    fits(story)
    begun(story, random={"numpy": "3" * 64})
    assert dict(recipe(story).ingredients[-1].random) == {"random": "2" * 64, "numpy": "3" * 64}


def test_modules_are_those_last_imported(story: Story) -> None:
    story.ran("load", "from mine import load\nX, y = load()")
    extended(story, modules=(Module("mine", "/w/mine.py", "1" * 64),))
    fits(story)
    extended(story, modules=(Module("mine", "/w/mine.py", "2" * 64),))
    assert recipe(story).modules == (Module("mine", "/w/mine.py", "2" * 64),)


def test_a_module_and_a_script_are_had_by_who_wrote_them_and_a_module_edited_since_as_it_was_imported(
    story: Story,
) -> None:
    for number, name in enumerate(("mine", "edited", "script", "mine")):
        story.ran(f"write {number}", f"%%writefile {name}.py")
        extended(story, files=(FileUse(f"/w/{name}.py", "written", 3, "1" * 64),))
    story.ran("load", "from mine import load\nimport edited\n%run script.py\nX, y = load()")
    extended(
        story,
        modules=(Module("mine", "/w/mine.py", "1" * 64), Module("edited", "/w/edited.py", "2" * 64)),
        files=(FileUse("/w/script.py", "read", 3, "1" * 64), FileUse("/w/mine.py", "read", 3, "1" * 64)),
    )
    fits(story)
    made = recipe(story)
    assert names(made) == ["write 2", "write 3", "load", "fit"]
    assert (made.inputs, made.outputs) == ((), ("/w/script.py", "/w/mine.py"))


def test_each_execution_has_the_modules_that_were_there_when_it_ran(story: Story) -> None:
    first, second, late = (
        Module("mine", "/w/mine.py", "1" * 64),
        Module("mine", "/w/mine.py", "2" * 64),
        Module("late", "/w/late.py", "3" * 64),
    )
    story.ran("load", "import mine, importlib\nX = mine.load()")
    extended(story, modules=(first,))
    story.ran("look", "X.head()")
    story.ran("reload", "importlib.reload(mine)")
    extended(story, modules=(second,))
    story.ran("again", "y = mine.load()")
    fits(story)
    extended(story, modules=(late,))
    made = recipe(story)
    assert {one.execution.execution: set(one.modules) for one in made.ingredients} == {
        "load": {first, late},
        "reload": {second, late},
        "again": {second, late},
        "fit": {second, late},
    }
    assert {one.modules for one in whole_history(made, story.fold()).ingredients[:2]} == {made.ingredients[0].modules}


def test_variables_that_sources_name_are_those_of_the_whole_session(story: Story) -> None:
    story.ran("look", "1 + 1")
    extended(story, inherited={"PYTHONHASHSEED": "42"})
    story.ran("load", "X, y = load(os.environ.get('SCALE'))")
    extended(story, inherited={"SCALE": None})
    fits(story)
    made = recipe(story)
    assert (names(made), made.inherited) == (["load", "fit"], {"PYTHONHASHSEED": "42", "SCALE": None})


def test_an_execution_that_was_interrupted_cannot_be_made_again(story: Story) -> None:
    story.ran("load", "X, y = load()", outcome="interrupted")
    fits(story)
    assert recipe(story).obstacles == ("execution 1 was interrupted: where it stopped cannot be made again",)


def test_a_name_that_no_cell_has_set_cannot_be_made_again(story: Story) -> None:
    story.ran("load", "X, y = load()")
    fits(story)
    begun(story, outside=("y",))
    assert recipe(story).obstacles == (
        "`y`, read by execution 2, was set by something else than a cell "
        "(a widget, a thread, or a cell that ran while capture was paused)",
    )


def test_what_was_kept_out_of_the_record_cannot_be_made_again_where_it_is_needed(story: Story) -> None:
    story.ran("load", "X, y = load()")
    story.ran("key", "# not recorded: its comment")
    extended(story, environment={"KEY": None})
    story.ran("clean", "# not recorded: its tag cellmill-skip")
    extended(story, reads=("X",), writes=("X",))
    fits(story)
    assert recipe(story).obstacles == ("execution 3 was kept out of the record by its tag cellmill-skip",)


def test_what_is_in_no_record_is_told_of_a_run_that_came_out_otherwise(story: Story) -> None:
    story.ran("load", "X, y = load()")
    fits(story)
    assert unrecorded(story.fold(), recipe(story)) == ()
    story.ran("later", "# not recorded: its comment")
    assert unrecorded(story.fold(), recipe(story)) == ()
    story.ran("key", "# not recorded: its comment")
    story.says(CapturePaused(story.tick()))
    story.says(CaptureResumed(story.tick()))
    with story.cell("again", "model = Ridge().fit(X, y)"):
        story.trains("aa00000002")
    assert unrecorded(story.fold(), recipe(story, "aa00000002")) == (
        "Kept out of the record, and so not replayed: executions 3, 4.",
        "Capture was paused in the session: what ran meanwhile is not replayed.",
    )


def test_data_that_changed_while_the_session_ran_cannot_be_had_again(story: Story) -> None:
    for name, digest in (("load", "1"), ("again", "2")):
        story.ran(name, f"{'X' if digest == '1' else 'y'} = load('a.csv')")
        extended(story, files=(FileUse("/w/a.csv", "read", 3, digest * 64),))
    fits(story)
    assert recipe(story).obstacles == ("/w/a.csv was changed by something else than a cell while the session ran",)


def test_the_whole_history_and_a_part_of_it(story: Story) -> None:
    story.ran("look", "1 + 1")
    story.ran("load", "X, y = load()")
    fits(story)
    story.ran("later", "2")
    whole = whole_history(recipe(story), story.fold())
    assert names(whole) == ["look", "load", "fit"]
    assert names(only(whole, [ExecutionId("fit"), ExecutionId("look")])) == ["look", "fit"]


def test_a_recipe_keeps_what_a_run_says_of_itself(story: Story) -> None:
    story.ran("load", "alpha = 0.5\nX, y = load()")
    fits(story, "model = Ridge(alpha=alpha).fit(X, y)")
    run: Run = story.runs()[0]
    made = recipe(story)
    assert (made.run, made.notebook, made.parameters, made.of) == (run.run, "work.ipynb", ("alpha",), 2)
