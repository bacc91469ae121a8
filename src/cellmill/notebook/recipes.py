"""A recipe as a notebook, and a notebook's headings for it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from cellmill.core.recipes import Recipe, Section, in_words
from cellmill.core.runs import Run
from cellmill.core.words import count
from cellmill.notebook.plain import new_code_cell, new_markdown_cell, new_notebook

VERSION = 1
_HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*\s*$", re.MULTILINE)


def headings_of(notebook: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return, for each code cell's id, the headings that it stands under, the outermost first."""
    open_headings: list[tuple[int, str]] = []
    found: dict[str, tuple[str, ...]] = {}
    for index, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] == "markdown":
            for marks, text in _HEADING.findall(_without_fences(cell["source"])):
                level = len(marks)
                open_headings = [*((lv, t) for lv, t in open_headings if lv < level), (level, f"{marks} {text}")]
        elif cell["cell_type"] == "code":
            found[cell.get("id") or str(index)] = tuple(text for _, text in open_headings)
    return found


def recipe_notebook(
    recipe: Recipe,
    run: Run,
    sections: Iterable[Section],
    *,
    headings: Mapping[str, tuple[str, ...]] | None = None,
    lock: str | None = None,
) -> dict[str, Any]:
    """Return the recipe as a notebook. The same recipe gives the same bytes.

    Its metadata `cellmill` holds the format's version, the run, what was recorded of it, the input files with
    their digests, the lock of the environment, and of each cell the execution, the reasons and the random state.
    """
    notebook = new_notebook(
        [new_markdown_cell("title", _title(recipe, run))],
        {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "language_info": {"name": "python"},
            "cellmill": {
                "recipe": VERSION,
                "run": recipe.run,
                "notebook": recipe.notebook,
                "model_class": run.model_class,
                "metrics": {name: repr(value) for name, value in run.last_metrics.items()},
                "inputs": [asdict(use) for use in recipe.inputs],
                "modules": [asdict(module) for module in recipe.modules],
                "sources": [asdict(source) for source in recipe.sources],
                "python": recipe.surroundings.python if recipe.surroundings else None,
                "requirements": lock,
                "obstacles": list(recipe.obstacles),
            },
        },
    )
    above: tuple[str, ...] = ()
    reasons: list[str] = []
    for index, section in enumerate(sections):
        execution = section.ingredient.execution if section.ingredient else None
        here = (headings or {}).get(execution.cell or "", ()) if execution else ()
        new = [text for place, text in enumerate(here) if above[place : place + 1] != (text,)]
        if execution is not None and here:
            above = here
        for place, text in enumerate(new):
            notebook["cells"].append(new_markdown_cell(f"heading-{index}-{place}", text))
        notebook["cells"].append(new_code_cell(f"cell-{index}", section.source, metadata=_metadata(section)))
        if section.ingredient is not None:
            reasons.append(f"- `[{section.ingredient.execution.number}]` {'; '.join(_why(section))}")
    notebook["cells"].append(new_markdown_cell("why", "\n".join([_WHY, "", *reasons])))
    return notebook


def _title(recipe: Recipe, run: Run) -> str:
    where = f" of `{recipe.notebook}`" if recipe.notebook else ""
    kept = f"{count(len(recipe.ingredients), 'execution')} of the {recipe.of} that had run"
    lines = [f"# {run.short_class}", "", f"Makes run `{recipe.run}`{where} again: {kept}.", ""]
    if run.last_metrics:
        lines += [
            "It was recorded with " + ", ".join(f"{k} = {v:.6g}" for k, v in list(run.last_metrics.items())[:8]) + "."
        ]
    lines += [f"It cannot be made again as it was: {obstacle}." for obstacle in recipe.obstacles]
    if recipe.inputs:
        lines += ["", "It reads " + ", ".join(f"`{use.path.rpartition('/')[2]}`" for use in recipe.inputs[:20]) + "."]
    return "\n".join(lines).strip()


def _metadata(section: Section) -> dict[str, Any]:
    if section.ingredient is None:
        return {"tags": ["parameters"]} if section.kind == "parameters" else {}
    one = section.ingredient
    tags = [tag for tag in one.execution.tags if tag in ("parameters", "injected-parameters")]
    if one.execution.outcome == "error":
        tags.append("raises-exception")
    return {
        **({"tags": tags} if tags else {}),
        "cellmill": {
            "execution": one.execution.execution,
            "number": one.execution.number,
            "cell": one.execution.cell,
            "part": one.part,
            "why": _why(section),
            "random": dict(one.random),
        },
    }


def _why(section: Section) -> list[str]:
    assert section.ingredient is not None
    return list(in_words(section.reasons)) or [_PARTS[section.ingredient.part]]


_WHY = "**Why each cell is here**, by the number that its execution had:"
_PARTS = {"fed": "fed the training", "trained": "the training", "evaluated": "evaluates the model"}


def _without_fences(text: str) -> str:
    """A `#` in a block of code is no heading."""
    return re.sub(r"^(```|~~~).*?^\1", "", text, flags=re.MULTILINE | re.DOTALL)
