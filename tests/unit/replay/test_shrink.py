"""Recipes made smaller, with an oracle in the place of replays."""

import pytest
from tests.stories import Story
from tests.unit.replay.test_recipe import begun, extended, fits, recipe

from cellmill.core.recipes import Recipe
from cellmill.replay.shrink import shrink


def long_recipe(story: Story) -> Recipe:
    """Eight executions that may change X, a seed, and the training."""
    story.ran("load", "X, y = load()")
    for index in range(8):
        story.ran(f"step-{index}", "X.append(1)")
    story.ran("seed", "tf.random.set_seed(3)")
    extended(story, reads=(), writes=())
    fits(story)
    return recipe(story)


@pytest.mark.parametrize(
    "needed", [set(), {"step-0"}, {"step-7"}, {"step-2", "step-5"}, {f"step-{index}" for index in range(8)}]
)
def test_what_is_not_needed_goes_and_what_is_stays(story: Story, needed: set[str]) -> None:
    tried: list[tuple[str, ...]] = []

    def holds(smaller: Recipe) -> bool:
        tried.append(smaller.executions)
        return needed | {"load"} <= set(smaller.executions)

    found = shrink(long_recipe(story), holds)
    assert set(found.executions) == needed | {"load", "seed", "fit"}
    assert len(tried) <= 30


def test_when_no_more_may_be_tried_the_best_so_far_is_kept(story: Story) -> None:
    answers = iter([False, True])
    found = shrink(long_recipe(story), lambda smaller: next(answers, None))
    assert len(found.executions) < len(recipe(story).executions)


def test_the_training_and_what_seeds_are_never_left_out(story: Story) -> None:
    story.ran("folder", "%cd data")
    begun(story)
    found = shrink(long_recipe(story), lambda smaller: {"fit", "seed"} <= set(smaller.executions))
    assert found.executions == ("seed", "fit")
