"""A pipeline as a Kubeflow pipeline, for version 2 of its SDK."""

import json
from collections.abc import Mapping
from string import Template
from typing import Any

from cellmill.core.steps import values_folder
from cellmill.pipeline.exports.tasks import Exported, Task, literal, taken, tasks_of, word

_PLAIN = (bool, int, float, str)

_HEAD = Template('''\
"""A pipeline of Cellmill as a Kubeflow pipeline: change the pipeline, and export it again.

Written by: cellmill pipeline export $command --to kfp
`python FILE` compiles it. Every step sees the project's folder: name the volume claim that holds it in CELLMILL_CLAIM
(which needs kfp-kubernetes), or see to it otherwise. What the notebooks import besides, name in CELLMILL_PACKAGES.
"""

import os

from kfp import compiler, dsl

IMAGE = os.environ.get("CELLMILL_IMAGE", "python:3.11")
PACKAGES = os.environ.get("CELLMILL_PACKAGES", "cellmill==$version").split()
CLAIM = os.environ.get("CELLMILL_CLAIM", "")
PROJECT = os.environ.get("CELLMILL_PROJECT", $root)
# Where values cross from step to step: a folder below the project's, or a URL that fsspec knows.
VALUES = os.environ.get("CELLMILL_VALUES", $values)
# Where executed notebooks go, below the project's folder `executed`.
CELLMILL_RUN = $output + dsl.PIPELINE_JOB_ID_PLACEHOLDER


@dsl.component(base_image=IMAGE, packages_to_install=PACKAGES)
def cellmill_step($signature):
    """Run a notebook with papermill, in the folder where it lies."""
    known = {$known}
    import json
    import os
    import signal
    from pathlib import Path

    import papermill

    os.environ.setdefault("PYTHONHASHSEED", "0")  # the same for all steps: sets cross in their order
    task = json.loads(cellmill_task)
    known.update({name: json.loads(known[name]) for name in task["coded"]})
    parameters = {**{name: known[name] for name in task["takes"]}, **task["given"]}
    if task["crosses"]:
        parameters["cellmill_values"] = cellmill_values
    notebook = Path(cellmill_project) / task["notebook"]
    output = Path(cellmill_project) / "executed" / cellmill_run / f"{task['key']}.ipynb"
    output.parent.mkdir(parents=True, exist_ok=True)

    def too_long(number, frame):
        raise TimeoutError(f"Step {task['key']} ran for longer than {task['timeout_s']} s.")

    if task["timeout_s"] is not None:
        signal.signal(signal.SIGALRM, too_long)
        signal.setitimer(signal.ITIMER_REAL, task["timeout_s"])
    papermill.execute_notebook(
        str(notebook), str(output), parameters=parameters, cwd=str(notebook.parent), progress_bar=False
    )
''')

_ITEMS = '''

@dsl.component(base_image=IMAGE, packages_to_install=PACKAGES)
def cellmill_items_of(cellmill_project: str, cellmill_values: str, cellmill_step: str, cellmill_items: str):
    """Say for which items a step has run, in their order, to whoever comes after it."""
    import json
    from pathlib import Path

    said, name = json.dumps({"items": json.loads(cellmill_items)}), f"{cellmill_step}.items.json"
    if "://" in cellmill_values:
        import fsspec

        with fsspec.open(f"{cellmill_values.rstrip('/')}/{name}", "w") as file:
            file.write(said)
    else:
        folder = Path(cellmill_project) / cellmill_values
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(said)
'''

_PIPELINE = Template('''

def cellmill_placed(task, name, retries, after):
    """Set a task where it belongs. Nothing is taken from a cache: what steps make lies in the project's folder."""
    task.set_display_name(name).set_caching_options(False)
    if retries:
        task.set_retry(num_retries=retries)
    if CLAIM:
        from kfp import kubernetes

        kubernetes.mount_pvc(task, pvc_name=CLAIM, mount_path=PROJECT)
    return task.after(*after) if after else task


@dsl.pipeline(name=$name)
def $function($signature):
    cellmill_tasks = {}
''')

_FOOT = Template("""

if __name__ == "__main__":
    compiler.Compiler().compile($function, os.path.splitext(os.path.abspath(__file__))[0] + ".yaml")
""")


def kfp_pipeline(exported: Exported) -> str:
    """Return the file of a Kubeflow pipeline. Its parameters are the pipeline's own. Raises `CannotExport`."""
    tasks = tasks_of(exported, "Kubeflow")
    parameters = taken(exported, tasks, "Kubeflow")
    typed = [f"{name}: {_type(value)}" for name, value in parameters.items()]
    ours = ["cellmill_project: str", "cellmill_task: str", "cellmill_values: str", "cellmill_run: str"]
    defaults = [f"{one} = {_default(value)}" for one, value in zip(typed, parameters.values(), strict=True)]
    places = ["cellmill_project: str = PROJECT", "cellmill_values: str = VALUES"]
    function = f"pipeline_{word(exported.name, '_').lower()}"
    head = _HEAD.substitute(
        command=word(exported.name),
        version=exported.version,
        root=literal(exported.root),
        values=literal(values_folder(exported.name)),
        signature=", ".join([*ours, *typed]),
        known=", ".join(f'"{name}": {name}' for name in parameters),
        output=literal(f"{exported.name}-"),
    )
    pipeline = _PIPELINE.substitute(
        name=literal(word(exported.name).lower()), function=function, signature=", ".join([*places, *defaults])
    )
    body = [_placed(task, parameters) for task in tasks]
    items = _ITEMS if exported.takes_items else ""
    return "".join([head, items, pipeline, *body, _FOOT.substitute(function=function)])


def _type(value: Any) -> str:
    """What Kubeflow has no type for, or makes decimal numbers of, crosses as JSON."""
    return type(value).__name__ if isinstance(value, _PLAIN) else "str"


def _default(value: Any) -> str:
    return literal(value) if isinstance(value, _PLAIN) else literal(json.dumps(value))


def _placed(task: Task, parameters: Mapping[str, Any]) -> str:
    places = ["cellmill_project=cellmill_project", "cellmill_values=cellmill_values"]
    if task.notebook is None:
        component = "cellmill_items_of"
        words = [*places, f"cellmill_step={literal(task.key)}", f"cellmill_items={_dumped(list(task.items))}"]
    else:
        component = "cellmill_step"
        said = {
            "key": task.key,
            "notebook": task.notebook,
            "given": dict(task.given),
            "takes": list(task.takes),
            "coded": [name for name in task.takes if not isinstance(parameters[name], _PLAIN)],
            "crosses": task.crosses,
            "timeout_s": task.timeout_s,
        }
        words = [*places, f"cellmill_task={_dumped(said)}", "cellmill_run=CELLMILL_RUN"]
        words += [f"{name}={name}" for name in parameters]
    after = ", ".join(f"cellmill_tasks[{literal(before)}]" for before in task.after)
    inner = "".join(f"            {each},\n" for each in words)
    return (
        f"    cellmill_tasks[{literal(task.key)}] = cellmill_placed(\n"
        f"        {component}(\n{inner}        ),\n"
        f"        {literal(task.key)},\n"
        f"        retries={task.retries},\n"
        f"        after=[{after}],\n"
        "    )\n"
    )


def _dumped(value: Any) -> str:
    """`json.loads` at the other end gives the same numbers back, which Kubeflow's own dicts do not."""
    return literal(json.dumps(value))
