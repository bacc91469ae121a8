"""Where an executed notebook goes."""

import re

from cellmill.cli.steps import default_output
from cellmill.core.ids import new_session_id
from cellmill.core.project import Project


def test_runs_that_begin_within_a_second_write_notebooks_of_their_own(project: Project) -> None:
    notebooks = [project.root / name for name in ("work.ipynb", "work.ipynb", "other/work.ipynb")]
    for notebook in notebooks:
        notebook.parent.mkdir(exist_ok=True)
    outputs = {default_output(notebook, new_session_id()) for notebook in notebooks}
    assert len(outputs) == 3
    for output in outputs:
        assert output.parent == project.root / "executed"
        assert re.fullmatch(r"work-\d{8}-\d{6}-[0-9a-f]{8}\.ipynb", output.name)
