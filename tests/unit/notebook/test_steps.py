"""The notebook of a step."""

from typing import Any

import nbformat

from cellmill.notebook.parameters import declared_parameters
from cellmill.notebook.plain import new_code_cell, new_markdown_cell, new_notebook, tags_of
from cellmill.notebook.steps import StepCells, declared_lines, file_name, step_notebook

PARAMETERS = '"""Turn these."""\nmax_depth: int = 4  # 1 to 20\ncolumns = [\n    "a",\n    "b",\n]\n'


def whole() -> dict[str, Any]:
    cells = [
        new_code_cell("p", PARAMETERS, metadata={"tags": ["parameters", "mine"]}),
        new_markdown_cell("m", "## Fit"),
        new_code_cell("c", "x = max_depth", number=7),
    ]
    cells[2]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "old"}]
    return new_notebook(
        cells, {"kernelspec": {"name": "python3", "display_name": "Python 3"}, "widgets": {"state": {}}}
    )


def step(**given: Any) -> StepCells:
    return StepCells(
        **{
            "name": "fit",
            "title": "Fit",
            "number": 2,
            "of": 3,
            "pipeline": "flights",
            "source": "work.ipynb",
            "folder": "analysis",
            "positions": [1, 2],
            "after": ("load",),
            "takes": ("df",),
            "gives": ("model", "scores"),
            **given,
        }
    )


def test_it_is_a_notebook_that_begins_and_ends_a_step() -> None:
    made, places = step_notebook(whole(), step(imports=("import pandas as pd",), patches=("json.dumps",)))
    nbformat.validate(made)
    assert [(cell["cell_type"], cell["source"]) for cell in made["cells"]] == [
        (
            "markdown",
            "# Fit\n\nStep 2 of 3 of the pipeline *flights*, split from work.ipynb.\nIt takes `df` from *load*.\n"
            "It hands over `model`, `scores`.",
        ),
        ("code", 'cellmill_values = ".cellmill/pipelines/flights/values"  # where values cross from step to step'),
        (
            "code",
            'import cellmill\n\ncellmill.begin_step("fit", after=["load"], values=cellmill_values, folder="analysis")',
        ),
        ("code", "import pandas as pd\n\ncellmill.restore_random()  # what is imported again may have drawn"),
        ("markdown", "## Fit"),
        ("code", "x = max_depth"),
        ("code", 'cellmill.end_step(["model", "scores"], patched=["json.dumps"])'),
    ]
    assert places == {1: 4, 2: 5}


def test_it_shows_nothing_and_keeps_the_kernel_and_the_tags() -> None:
    made, places = step_notebook(whole(), step(positions=[0, 2]))
    assert (made["cells"][places[2]]["outputs"], made["cells"][places[2]]["execution_count"]) == ([], None)
    assert tags_of(made["cells"][places[0]]) == ["mine"]  # there is one cell of parameters: the step's own
    assert set(made["metadata"]) == {"kernelspec", "cellmill"}
    assert whole()["cells"][2]["outputs"], "the notebook itself is left alone"


def test_its_parameters_are_papermills() -> None:
    declared = declared_lines(whole())
    assert declared is not None
    made, _ = step_notebook(whole(), step(parameters=tuple(declared.lines.values())))
    found = {one.name: (one.default, one.bounds.most) for one in declared_parameters(made)}
    assert found["max_depth"] == (4, 20)
    assert found["columns"][0] == ["a", "b"]


def test_a_cell_that_does_more_than_declare_is_told_from_one_that_does_not() -> None:
    document = whole()
    assert declared_lines(document).is_alone  # type: ignore[union-attr]
    document["cells"][0]["source"] += "depths = range(max_depth)\n"
    assert not declared_lines(document).is_alone  # type: ignore[union-attr]
    document["cells"][0]["metadata"] = {}
    assert declared_lines(document) is None


def test_many_names_stand_on_lines_of_their_own() -> None:
    names = tuple(f"a_rather_long_name_{i}" for i in range(8))
    made, _ = step_notebook(whole(), step(gives=names))
    source = made["cells"][-1]["source"]
    assert max(map(len, source.splitlines())) < 100
    compile(source, "step", "exec")


def test_ids_keep_clear_of_the_notebooks_own() -> None:
    document = whole()
    document["cells"][2]["id"] = "cellmill-begin"
    made, _ = step_notebook(document, step())
    ids = [cell["id"] for cell in made["cells"]]
    assert len(set(ids)) == len(ids)


def test_files_are_numbered_in_their_order() -> None:
    assert [file_name(3, "fit-score", 4), file_name(3, "fit", 120)] == ["03_fit_score.ipynb", "003_fit.ipynb"]
