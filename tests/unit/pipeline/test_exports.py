"""Exports say what the pipeline says: the same steps, in the same order, with the same values."""

import ast
from typing import Any

import pytest
import yaml

from cellmill.core.pipeline_errors import CannotExport
from cellmill.core.pipelines import ForEach, Pipeline, PipelineStep
from cellmill.pipeline.exports.airflow import airflow_dag
from cellmill.pipeline.exports.kfp import kfp_pipeline
from cellmill.pipeline.exports.tasks import Exported, literal, tasks_of
from cellmill.pipeline.exports.workflows import github_workflow, gitlab_workflow
from cellmill.pipeline.report import Report, StepReport, markdown, read_report

STEPS = (
    PipelineStep("load", "load.ipynb", retries=2, timeout_s=90.0),
    PipelineStep("fit-one", "fit.ipynb", after=("load",), parameters={"depth": 4, "name": 'it\'s "so"\n'}),
    PipelineStep("part", "part.ipynb", after=("load",), for_each=ForEach("carrier", ("AA", "B'B"))),
    PipelineStep("end", "end.ipynb", after=("fit-one", "part")),
)
DECLARES = {
    "load": ("cellmill_values", "year"),
    "fit-one": ("depth", "name"),
    "part": ("cellmill_values", "cellmill_item", "carrier", "year"),
    "end": ("dates", "json"),
}
PARAMETERS = {"year": 2013, "dates": [1, 2.5], "json": "x", "lambda": 1}
EDGES = {
    "load": set(),
    "fit-one": {"load"},
    "part.0": {"load"},
    "part.1": {"load"},
    "part": {"part.0", "part.1"},
    "end": {"fit-one", "part"},
}


def exported(*steps: PipelineStep, name: str = "flights") -> Exported:
    pipeline = Pipeline(name, steps or STEPS, parameters=PARAMETERS)
    return Exported(
        pipeline,
        root="/home/o'hara/project",
        folder=f"pipelines/{name}",
        notebooks={step.name: f"pipelines/{name}/{step.notebook}" for step in pipeline.steps},
        declares={step.name: DECLARES.get(step.name, ()) for step in pipeline.steps},
        version="1.2.3",
    )


def constants(call: ast.Call) -> dict[str, Any]:
    found = {}
    for word in call.keywords:
        try:
            found[str(word.arg)] = ast.literal_eval(word.value)
        except ValueError:
            found[str(word.arg)] = ast.unparse(word.value)
    return found


def test_a_dag_has_the_steps_of_the_pipeline_with_their_values_and_the_same_order() -> None:
    text = airflow_dag(exported())
    tree = ast.parse(text)
    found: dict[str, set[str]] = {}
    said: dict[str, dict[str, Any]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("Step", "Items"):
            words = constants(node)
            said[words["task_id"]] = words
            found[words["task_id"]] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.RShift):
            before, after = (ast.literal_eval(each.slice) for each in (node.left, node.right))  # type: ignore[attr-defined]
            found[after].add(before)
    assert found == EDGES
    assert (said["load"]["retries"], said["load"]["execution_timeout"]) == (2, "timedelta(seconds=90)")
    assert (said["load"]["takes"], said["load"]["given"]) == (["year"], "{'cellmill_values': VALUES}")
    assert said["fit-one"]["given"] == STEPS[1].parameters
    assert said["part.1"]["given"] == "{'cellmill_values': VALUES, 'carrier': \"B'B\", 'cellmill_item': '1'}"
    assert said["part"]["items"] == ["0", "1"]
    parameters = next(
        n.value for n in tree.body if isinstance(n, ast.Assign) and ast.unparse(n.targets[0])[:5] == "PARAM"
    )
    assert ast.literal_eval(parameters) == {"year": 2013, "dates": [1, 2.5], "json": "x"}


def test_what_a_dag_is_given_as_text_becomes_what_the_default_is() -> None:
    text = airflow_dag(exported())
    namespace: dict[str, Any] = {}
    wanted = ("def typed(", "PARAMETERS =", "import json")
    body = [node for node in ast.parse(text).body if ast.unparse(node).startswith(wanted)]
    exec(compile(ast.Module(body, []), "dag", "exec"), namespace)
    namespace["PARAMETERS"].update(rate=0.5, quick=True, nothing=None)
    typed = namespace["typed"]
    assert [typed("year", "2014"), typed("year", 2014), typed("dates", "[3]"), typed("json", "7")] == [
        2014,
        2014,
        [3],
        "7",
    ]
    assert [typed("rate", "2"), typed("quick", "False"), typed("nothing", "x")] == [2.0, False, "x"]
    for name, wrong in (("year", "2014.5"), ("year", "soon"), ("quick", "1"), ("dates", "{}")):
        with pytest.raises(ValueError, match=f"The parameter {name} was given"):
            typed(name, wrong)


def test_a_kubeflow_pipeline_has_the_same_order_and_plain_types() -> None:
    tree = ast.parse(kfp_pipeline(exported()))
    (pipeline,) = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "pipeline_flights"]
    found, said = {}, {}
    for node in pipeline.body[1:]:
        assert isinstance(node, ast.Assign)
        call = node.value
        assert isinstance(call, ast.Call)
        key = ast.literal_eval(call.args[1])
        after = next(word.value for word in call.keywords if word.arg == "after")
        found[key] = {ast.literal_eval(each.slice) for each in after.elts}  # type: ignore[attr-defined]
        assert isinstance(call.args[0], ast.Call)
        said[key] = constants(call.args[0])
    assert found == EDGES
    arguments = [ast.unparse(argument) for argument in pipeline.args.args]
    assert arguments[2:] == ["year: int", "dates: str", "json: str"]
    assert '"given": {"depth": 4, "name": "it\'s \\"so\\"\\n"}' in said["fit-one"]["cellmill_task"]
    assert '"takes": ["dates", "json"], "coded": ["dates"]' in said["end"]["cellmill_task"]
    assert said["part"]["cellmill_items"] == '["0", "1"]'


@pytest.mark.parametrize(("step", "why"), [
    (PipelineStep("fit", "fit.ipynb", when="year > 2012"), "it is left out unless `year > 2012`"),
    (PipelineStep("fit", "fit.ipynb", for_each=ForEach("x", step="load", name="parts")), "it loops over load.parts"),
])  # fmt: skip
def test_what_a_target_has_no_words_for_is_said_with_its_step(step: PipelineStep, why: str) -> None:
    for export in (airflow_dag, kfp_pipeline):
        with pytest.raises(CannotExport, match=f"Step fit cannot be exported to .*: {why.split('`')[0]}"):
            export(exported(step))
    assert "cellmill pipeline run" in github_workflow(exported(step))


def test_a_loop_over_nothing_still_comes_after_what_is_before_it() -> None:
    each = PipelineStep("part", "part.ipynb", after=("load",), for_each=ForEach("carrier", ()))
    tasks = tasks_of(exported(STEPS[0], each), "Airflow")
    assert [(task.key, task.after, task.items) for task in tasks] == [("load", (), ()), ("part", ("load",), ())]


def test_workflows_are_yaml_that_runs_compares_and_posts() -> None:
    odd = exported(name="o'hara; rm")
    github = yaml.safe_load(github_workflow(odd))
    steps = github["jobs"]["pipeline"]["steps"]
    scripts = {step["name"]: step["run"] for step in steps if "run" in step}
    quoted = """'pipelines/o'"'"'hara; rm'"""
    assert list(github["on"]) == ["pull_request", "workflow_dispatch"]
    assert scripts["Run it"] == f"cellmill pipeline run {quoted}\n"
    assert f"cellmill pipeline report {quoted}" in scripts["Compare"]
    assert all("github.event" not in script for script in scripts.values())  # by environment, never as code

    gitlab = yaml.safe_load(gitlab_workflow(odd))
    (job,) = gitlab.values()
    assert job["script"][-1] == "exit $status"
    assert f"cellmill pipeline run {quoted} || status=$?" in "\n".join(job["script"])


@pytest.mark.parametrize("value", [float("inf"), -0.5, "é\n\"'", [1, {"a": None}], {"x": [True]}, 10**30, "{}"])
def test_values_are_written_as_python(value: Any) -> None:
    assert eval(literal(value)) == value


def test_a_report_sets_each_step_and_metric_beside_what_it_was() -> None:
    old = StepReport("old", "ok", 1)
    before = Report("p", (StepReport("fit", "ok", 2.0, "a", {"Ridge.mae": 2.0, "Ridge.r2": 0.5}), old))
    fit = StepReport("fit", "ok", 1.0, "b", {"Ridge.mae": 1.5, "Ridge.r2": 0.5})
    now = Report("p", (fit, StepReport("a|b", "failed", 0)))
    assert read_report('{"pipeline": "p", "steps": [{"key": "old", "outcome": "ok", "seconds": 1}]}').steps == (old,)
    assert markdown(now, before).splitlines() == [
        "### Pipeline p",
        "",
        "| step | outcome | time | time before | values |",
        "| --- | --- | --- | --- | --- |",
        "| fit | ok | 1.0 s | 2.0 s | **other** |",
        "| a\\|b | failed | 0.0 s |  | new step |",
        "| old | is not there any more |  | 1.0 s |  |",
        "",
        "| step | metric | before | now | change |",
        "| --- | --- | --- | --- | --- |",
        "| fit | Ridge.mae | 2 | 1.5 | **-0.5** |",
        "| fit | Ridge.r2 | 0.5 | 0.5 | same |",
    ]
    with pytest.raises(ValueError, match="no report"):
        read_report('{"steps": 3}')
