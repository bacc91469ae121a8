"""The recipe of a run, from the project's journals, and as a notebook."""

from dataclasses import dataclass
from typing import Any

from cellmill.core.errors import CellmillError, RunWithoutRecipe
from cellmill.core.project import Project
from cellmill.core.recipes import Recipe
from cellmill.core.runs import Run, Session
from cellmill.core.verdicts import REPRODUCED
from cellmill.notebook.plain import read_plain
from cellmill.notebook.recipes import headings_of, recipe_notebook
from cellmill.replay.layout import lay_out
from cellmill.replay.recipe import make_recipe, only, whole_history
from cellmill.wiring.lock import lock_of


@dataclass(frozen=True)
class Written:
    """A recipe and the notebook that it reads as."""

    run: Run
    recipe: Recipe
    notebook: dict[str, Any]


def recipe_of(session: Session, run: Run) -> Recipe:
    """Return the recipe of a run of a session: as a replay has proved it, where one has.

    Raises `RunWithoutRecipe` where its executions are not known.
    """
    recipe = make_recipe(session, run)
    if run.verdict is not None and run.verdict.judgement in REPRODUCED:
        recipe = only(whole_history(recipe, session), run.verdict.kept)
    if not any(one.part == "trained" for one in recipe.ingredients):
        raise RunWithoutRecipe(run.run, reason="the execution that trained it is not in the journal")
    return recipe


def write_recipe(project: Project, run: Run, recipe: Recipe, *, tidy: bool = True) -> Written:
    """Return the recipe as a notebook, under the headings that its cells have in the notebook today."""
    tidy = tidy and not (run.verdict is not None and run.verdict.layout == "verbatim")
    document = recipe_notebook(
        recipe,
        run,
        lay_out(recipe, tidy=tidy),
        headings=_headings(project, recipe),
        lock=lock_of(recipe.surroundings) if recipe.surroundings is not None else None,
    )
    return Written(run, recipe, document)


def _headings(project: Project, recipe: Recipe) -> dict[str, tuple[str, ...]]:
    if recipe.notebook is None:
        return {}
    try:
        return headings_of(read_plain(project.root / recipe.notebook))
    except CellmillError:
        return {}  # moved or removed since: the recipe does without its headings
