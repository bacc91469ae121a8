"""What is said of packages that are others where a run is replayed."""

from dataclasses import replace

import pytest
from tests.stories import Story

from cellmill.core.recipes import Recipe
from cellmill.replay.recipe import make_recipe
from cellmill.wiring.hindrances import MOST_PACKAGES, Versions, changed_packages


def recipe(story: Story, **distributions: str) -> Recipe:
    with story.cell("fit", "model.fit(X, y)"):
        story.trains("aa00000001")
    made = make_recipe(story.fold(), story.runs()[-1])
    assert made.surroundings is not None
    return replace(made, surroundings=replace(made.surroundings, python="3.12.1", distributions=distributions))


@pytest.mark.parametrize(
    ("there", "said"),
    [
        (Versions("3.12.1", {"numpy": "2.4.6"}), []),
        (Versions("3.12.1", {}), []),
        (None, []),
        (Versions("3.12.1", {"numpy": "1.23.5"}), ["packages were changed: numpy was 2.4.6, is 1.23.5"]),
        (Versions("3.12.1", {"numpy": None}), ["packages were changed: numpy was 2.4.6, is not installed any more"]),
        (Versions("3.11.9", {}), ["packages were changed: Python was 3.12.1, is 3.11.9"]),
    ],
)
def test_packages_are_compared_with_those_of_the_kernel_that_replayed(
    story: Story, there: Versions | None, said: list[str]
) -> None:
    assert changed_packages(recipe(story, numpy="2.4.6"), there) == said


def test_of_many_packages_the_first_are_named_and_the_others_counted(story: Story) -> None:
    names = [f"p{number:02}" for number in range(MOST_PACKAGES + 3)]
    (said,) = changed_packages(
        recipe(story, **dict.fromkeys(names, "1")), Versions("3.12.1", dict.fromkeys(names, "2"))
    )
    assert said.endswith(f"{names[MOST_PACKAGES - 1]} was 1, is 2 and 3 more")
