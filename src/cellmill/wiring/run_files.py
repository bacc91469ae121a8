"""What goes with a run to the store, besides its numbers: executions, recipe, environment, changes, figures."""

import json
from contextlib import suppress
from dataclasses import asdict

from cellmill.capture.blobs import blob_path
from cellmill.core.errors import RunWithoutRecipe
from cellmill.core.ports import RunFiles
from cellmill.core.project import Project
from cellmill.core.runs import Run, Session
from cellmill.notebook.executions import executions_notebook
from cellmill.notebook.plain import as_bytes
from cellmill.wiring.lock import lock_of
from cellmill.wiring.recipes import recipe_of, write_recipe

_IMAGES = {"image/png": "png", "image/jpeg": "jpg", "image/svg+xml": "svg"}
MOST_FIGURES = 50


def run_files(project: Project, session: Session, run: Run) -> RunFiles:
    """Return what goes with a run of a session. A trial brings only its model: the rest is its search's."""
    model = run.model
    return RunFiles(
        model=blob_path(project, model.sha256) if model else None,
        example=blob_path(project, model.example_sha256) if model and model.example_sha256 else None,
        documents={} if run.kind == "trial" else _documents(project, session, run),
    )


def _documents(project: Project, session: Session, run: Run) -> dict[str, bytes]:
    documents = {"cellmill/executions.ipynb": executions_notebook(run)}
    with suppress(RunWithoutRecipe):  # of a training outside of any cell: the executions are all there is
        documents["cellmill/recipe.ipynb"] = as_bytes(write_recipe(project, run, recipe_of(session, run)).notebook)
    if run.executed_notebook is not None:
        _add(documents, "cellmill/notebook.ipynb", project, run.executed_notebook)
    around = run.surroundings
    if around is not None:
        documents["cellmill/requirements.txt"] = lock_of(around).encode()
        facts = {name: value for name, value in asdict(around).items() if name != "path"}
        documents["cellmill/environment.json"] = json.dumps(facts, indent=1).encode()
        if around.git is not None and around.git.diff is not None:
            _add(documents, "cellmill/uncommitted.diff", project, around.git.diff)
    files = [asdict(use) | {"execution": p.execution.execution} for p in run.executions for use in p.execution.files]
    if files:
        documents["cellmill/files.json"] = json.dumps(files, indent=1).encode()
    for path, sha256 in figures_of(run).items():
        _add(documents, path, project, sha256)
    return documents


def figures_of(run: Run) -> dict[str, str]:
    """Return the pictures shown by the executions that took part: artifact path -> SHA-256 among the blobs."""
    found: dict[str, str] = {}
    for part in run.executions:
        images = [o for o in part.execution.outputs if o.mime in _IMAGES and o.sha256 is not None]
        for index, output in enumerate(images, start=1):
            name = f"{part.execution.number:03}-{index}.{_IMAGES[output.mime]}"
            found[f"cellmill/figures/{name}"] = str(output.sha256)
    return dict(list(found.items())[:MOST_FIGURES])


def _add(documents: dict[str, bytes], path: str, project: Project, sha256: str) -> None:
    blob = blob_path(project, sha256)
    if blob.exists():  # it may have been removed by hand: the run is as good without it
        documents[path] = blob.read_bytes()
