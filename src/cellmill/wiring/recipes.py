"""The recipe of a run, from the project's journals, and as a notebook."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cellmill.capture.sessions import Sessions
from cellmill.core.errors import CellmillError, RunWithoutRecipe
from cellmill.core.project import Project
from cellmill.core.recipes import Recipe, Section
from cellmill.core.runs import Run, Session
from cellmill.core.verdicts import REPRODUCED
from cellmill.notebook.plain import read_plain, runs, tags_of
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


def recipe_in(path: Path, sessions: Sessions) -> tuple[Run, Recipe, tuple[Section, ...]] | None:
    """Return the run that a recipe's notebook makes, and its executions and code as they stand in the file.

    None for a notebook that is no recipe. A cell that was added stands for no execution. Raises `NotebookMissing`,
    `NotANotebook`, `UnknownRun`.
    """
    document = read_plain(path)
    told = document["metadata"].get("cellmill", {})
    if "recipe" not in told or "run" not in told:
        return None
    run = sessions.run(told["run"])
    session = sessions.session_of(run)
    whole = whole_history(make_recipe(session, run), session)
    known = {one.execution.execution: one for one in whole.ingredients}
    sections = []
    for cell in document["cells"]:
        if runs(cell):
            one = known.get(cell["metadata"].get("cellmill", {}).get("execution"))
            kind: Literal["execution", "imports"] = "execution" if one is not None else "imports"
            sections.append(Section(kind, cell["source"], one, tags=tuple(tags_of(cell))))
    kept = [section.ingredient.execution.execution for section in sections if section.ingredient is not None]
    return run, only(whole, kept), tuple(sections)


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
