"""Leaving executions out of a recipe, as long as a replay proves that they were not needed.

Delta debugging (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", IEEE TSE 28(2), 2002),
with complements only: large parts are left out first, then smaller ones, down to one at a time.
"""

from collections.abc import Callable, Iterable

from cellmill.core.ids import ExecutionId
from cellmill.core.recipes import Ingredient, Recipe
from cellmill.replay.recipe import only

Holds = Callable[[Recipe], bool | None]
"""Whether a smaller recipe still makes the run; None: no more may be tried."""


def candidates(recipe: Recipe) -> tuple[ExecutionId, ...]:
    """Return the executions that may be superfluous, the least sure first, the latest of equals first.

    A seed is never left out: a replay restores the random state, and who runs the recipe by hand does not.
    """
    may_go = [one for one in recipe.ingredients if one.part == "fed" and not _stays(one)]
    latest_first = may_go[::-1]
    return tuple(one.execution.execution for one in sorted(latest_first, key=lambda one: one.is_sure))


def shrink(recipe: Recipe, holds: Holds) -> Recipe:
    """Return the smallest recipe that was found to hold; the same one where nothing could be left out."""
    unsure = tuple(one.execution.execution for one in recipe.ingredients if not one.is_sure)
    left = candidates(recipe)
    size = max(1, len([name for name in left if name in unsure]) or len(left) // 2)
    best = recipe
    while left and size:
        index = 0
        while index < len(left):
            part = left[index : index + size]
            smaller = without(best, part)
            answer = holds(smaller)
            if answer is None:
                return best
            if answer:
                best, left = smaller, left[:index] + left[index + size :]
            else:
                index += size
        size = size // 2
    return best


def without(recipe: Recipe, gone: Iterable[ExecutionId]) -> Recipe:
    """Return the recipe without some of its executions."""
    leaving = frozenset(gone)
    return only(recipe, [name for name in recipe.executions if name not in leaving])


def _stays(one: Ingredient) -> bool:
    tags = one.execution.tags
    return "parameters" in tags or "injected-parameters" in tags or any("seeds" in r.name for r in one.reasons)
