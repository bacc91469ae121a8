"""The executions of a run, as a notebook."""

import nbformat
from tests.stories import Story, a_training

from cellmill.core.project import Project
from cellmill.notebook.executions import executions_notebook


def test_what_took_part_is_a_notebook_in_the_order_it_ran(story: Story) -> None:
    story.ran("aside", "print('hello')")
    a_training(story)
    [run] = story.runs()
    document = nbformat.reads(executions_notebook(run).decode(), as_version=4)
    nbformat.validate(document)
    title, *cells = document.cells
    assert title.source == "# Ridge\n\nThe executions of run `aa00000001` in `work.ipynb`."
    assert [(cell.id, cell.execution_count, cell.source, cell.metadata["cellmill"]) for cell in cells] == [
        (
            "execution-0",
            2,
            "alpha = 0.5\nX_train, y_train = load()",
            {"execution": "load", "cell": "cell-load", "part": "fed the training"},
        ),
        (
            "execution-1",
            3,
            "model = Ridge(alpha=alpha).fit(X_train, y_train)",
            {"execution": "fit", "cell": "cell-fit", "part": "the training"},
        ),
        (
            "execution-2",
            4,
            "model.score(X_test, y_test)",
            {"execution": "score", "cell": "cell-score", "part": "evaluated the model"},
        ),
    ]


def test_the_same_run_gives_the_same_bytes(story: Story) -> None:
    a_training(story)
    assert executions_notebook(story.runs()[0]) == executions_notebook(story.runs()[0])


def test_a_run_of_no_notebook_and_no_execution_is_a_notebook_too(project: Project) -> None:
    story = Story(project, notebook=None)
    story.trains("aa00000001")
    document = nbformat.reads(executions_notebook(story.runs()[0]).decode(), as_version=4)
    assert [cell.source for cell in document.cells] == ["# Ridge\n\nThe executions of run `aa00000001`."]
