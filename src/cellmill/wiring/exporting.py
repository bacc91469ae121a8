"""Writing a pipeline as a file of what runs pipelines elsewhere."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cellmill._version import __version__
from cellmill.core.files import make_folder, write_atomically
from cellmill.core.outputs import check_output
from cellmill.core.pipeline_errors import ExportExists, UnknownTarget
from cellmill.core.pipelines import PipelineStep
from cellmill.core.words import shown_path
from cellmill.notebook.parameters import declared_parameters
from cellmill.pipeline.exports.airflow import airflow_dag
from cellmill.pipeline.exports.kfp import kfp_pipeline
from cellmill.pipeline.exports.tasks import Exported, word
from cellmill.pipeline.exports.workflows import github_workflow, gitlab_workflow
from cellmill.wiring.situations import Situation

FILE_MODE, FOLDER_MODE = 0o644, 0o755


@dataclass(frozen=True)
class Target:
    """What runs pipelines elsewhere. `place` is where it looks for them, from the project's root."""

    write: Callable[[Exported], str]
    place: str


TARGETS = {
    "airflow": Target(airflow_dag, "dags/{name}.py"),
    "kfp": Target(kfp_pipeline, "pipelines/{name}/kubeflow.py"),
    "github": Target(github_workflow, ".github/workflows/pipeline-{name}.yml"),
    "gitlab": Target(gitlab_workflow, ".gitlab/pipeline-{name}.yml"),
}


def exported_text(situation: Situation, target: str) -> str:
    """Return the file of a target. Raises `UnknownTarget`, `CannotExport`, `NotebookError`."""
    return _target(target).write(_exported(situation))


def write_export(situation: Situation, target: str, output: Path | None, *, force: bool) -> Path:
    """Write the file of a target to `output`, or to where the target looks for it, and return where that is.

    Raises `UnknownTarget`, `CannotExport`, `NotebookError`, `BadOutput`, `ExportExists` unless `force`,
    `FolderNotWritable`.
    """
    text = exported_text(situation, target)
    if output is None:
        output = situation.project.root / _target(target).place.format(name=word(situation.pipeline.name))
    check_output(output)
    if output.exists() and not force:
        raise ExportExists(shown_path(output))
    make_folder(output.absolute().parent, mode=FOLDER_MODE)
    write_atomically(output, text.encode(), mode=FILE_MODE)
    return output


def _target(name: str) -> Target:
    if name not in TARGETS:
        raise UnknownTarget(name, known=tuple(TARGETS))
    return TARGETS[name]


def _exported(situation: Situation) -> Exported:
    project = situation.project
    notebooks = {step.name: situation.notebook(step) for step in situation.pipeline.steps}
    checked = [_checked(situation, step) for step in situation.pipeline.steps]
    return Exported(
        pipeline=replace(situation.pipeline, steps=tuple(step for step, _ in checked)),
        root=project.root.as_posix(),
        folder=project.relative(str(situation.folder)) or situation.folder.as_posix(),
        notebooks={name: project.relative(str(path)) or path.as_posix() for name, path in notebooks.items()},
        declares={
            step.name: tuple(each.name for each in declared_parameters(situation.document(step)))
            for step in situation.pipeline.steps
        },
        version=__version__,
        sees={step.name: seen for step, seen in checked},
    )


def _checked(situation: Situation, step: PipelineStep) -> tuple[PipelineStep, dict[str, Any]]:
    """Return a step with its values as its notebook sees them, and those of the pipeline's parameters.

    Raises `NotebookError`, `NoStepTakes`, as to run it here would.
    """
    each = step.for_each
    if each is None or each.step is not None:  # over what is not known yet
        values = situation.values(step)
        if each is not None:
            del values[each.parameter]
        seen = situation.check_values(step, values)
    else:
        runs = [situation.check_values(step, situation.values(step, item)) for item in each.items]
        each = replace(each, items=tuple(run[each.parameter] for run in runs))
        seen = runs[0] if runs else {}
    step = replace(step, for_each=each, parameters={name: seen.get(name, v) for name, v in step.parameters.items()})
    return step, seen
