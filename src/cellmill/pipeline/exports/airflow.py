"""A pipeline as an Airflow DAG of papermill's provider."""

from string import Template

from cellmill.core.steps import values_folder
from cellmill.pipeline.exports.tasks import VALUES, Exported, Task, literal, taken, tasks_of, word

_HEAD = Template('''\
"""A pipeline of Cellmill as an Airflow DAG: change the pipeline, and export it again.

Written by: cellmill pipeline export $command --to airflow
It needs Airflow 3 with apache-airflow-providers-papermill and, where tasks run, cellmill==$version and what the
notebooks import. All workers share the project's folder.
"""

import json
import os
from datetime import timedelta
from pathlib import Path

from airflow.providers.papermill.operators.papermill import PapermillOperator
from airflow.sdk import DAG, BaseOperator

PROJECT = Path(os.environ.get("CELLMILL_PROJECT", $root))
# Where values cross from step to step: a folder below PROJECT, or a URL that fsspec knows.
VALUES = os.environ.get("CELLMILL_VALUES", $values)
# What a run may be given, with the values that it has otherwise.
PARAMETERS = $parameters


def typed(name, value):
    """Return a parameter's value as its default is. Templates and command lines make texts of everything."""
    default = PARAMETERS[name]
    if default is None or type(value) is type(default):
        return value
    try:
        found = json.loads(value.lower() if isinstance(default, bool) else value) if isinstance(value, str) else value
    except ValueError:
        found = value
    if isinstance(default, float) and type(found) is int:
        found = float(found)
    if type(found) is not type(default):
        raise ValueError(f"The parameter {name} was given {value!r}. Give it a value like {default!r}.")
    return found


class Step(PapermillOperator):
    """A notebook, run in the folder where it lies."""

    def __init__(self, *, notebook, given, takes, **kwargs):
        kept = PROJECT / "executed" / ($output + "{{ run_id }}") / f"{kwargs['task_id']}.ipynb"
        super().__init__(input_nb=str(PROJECT / notebook), output_nb=str(kept), **kwargs)
        self.given = given
        self.takes = takes

    def execute(self, context):
        self.parameters = {**{name: typed(name, context["params"][name]) for name in self.takes}, **self.given}
        Path(self.output_nb).parent.mkdir(parents=True, exist_ok=True)
        os.environ.setdefault("PYTHONHASHSEED", "0")  # the same for all steps: sets cross in their order
        before = Path.cwd()
        os.chdir(Path(self.input_nb).parent)
        try:
            super().execute(context)
        finally:
            os.chdir(before)
''')

_ITEMS = '''

class Items(BaseOperator):
    """Says for which items a step has run, in their order, to whoever comes after it."""

    def __init__(self, *, items, **kwargs):
        super().__init__(**kwargs)
        self.items = items

    def execute(self, context):
        said, name = json.dumps({"items": self.items}), f"{self.task_id}.items.json"
        if "://" in VALUES:
            import fsspec

            with fsspec.open(f"{VALUES.rstrip('/')}/{name}", "w") as file:
                file.write(said)
        else:
            (PROJECT / VALUES).mkdir(parents=True, exist_ok=True)
            (PROJECT / VALUES / name).write_text(said)
'''

_DAG = Template("""

with DAG(
    dag_id=$name,
    schedule=None,
    catchup=False,
    max_active_runs=1,  # the notebooks write the same files each time
    params=PARAMETERS,
    tags=["cellmill"],
):
    tasks = {}
""")


def airflow_dag(exported: Exported) -> str:
    """Return the file of a DAG. Its parameters are the pipeline's own. Raises `CannotExport`."""
    tasks = tasks_of(exported, "Airflow")
    dag = word(exported.name, "_")
    head = _HEAD.substitute(
        command=word(exported.name),
        version=exported.version,
        root=literal(exported.root),
        values=literal(values_folder(exported.name)),
        parameters=literal(taken(exported, tasks, "Airflow")),
        output=literal(f"{exported.name}-"),
    )
    if not exported.takes_items:
        head = head.replace("import DAG, BaseOperator", "import DAG")
    if all(task.timeout_s is None for task in tasks):
        head = head.replace("from datetime import timedelta\n", "")
    edges = [f"    tasks[{literal(before)}] >> tasks[{literal(task.key)}]\n" for task in tasks for before in task.after]
    return "".join(
        [
            head,
            _ITEMS if exported.takes_items else "",
            _DAG.substitute(name=literal(dag)),
            *map(_operator, tasks),
            *edges,
        ]
    )


def _operator(task: Task) -> str:
    if task.notebook is None:
        arguments = [f"task_id={literal(task.key)}", f"items={literal(task.items)}"]
        return _call(task.key, "Items", arguments)
    given = literal(dict(task.given))
    if task.crosses:
        given = f"{{{literal(VALUES)}: VALUES{', ' if task.given else ''}{given[1:]}"
    arguments = [
        f"task_id={literal(task.key)}",
        f"notebook={literal(task.notebook)}",
        f"given={given}",
        f"takes={literal(task.takes)}",
    ]
    if task.retries:
        arguments.append(f"retries={task.retries}")
    if task.timeout_s is not None:
        arguments.append(f"execution_timeout=timedelta(seconds={task.timeout_s:g})")
    return _call(task.key, "Step", arguments)


def _call(key: str, operator: str, arguments: list[str]) -> str:
    inner = "".join(f"        {argument},\n" for argument in arguments)
    return f"    tasks[{literal(key)}] = {operator}(\n{inner}    )\n"
