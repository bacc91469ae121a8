"""Where an executed notebook goes, and one that lies elsewhere."""

import re
from pathlib import Path

import pytest

from cellmill.cli.steps import default_output, fetched
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


def test_notebooks_of_one_name_that_lie_elsewhere_are_kept_apart(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(address: str, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(address)

    monkeypatch.setattr("cellmill.executors.remote.fetch", fetch)
    monkeypatch.chdir(project.root)
    addresses = ["s3://a/train.ipynb", "s3://b/train.ipynb", "https://c/get.ipynb?of=1", "https://c/get.ipynb?of=2"]
    paths = [fetched(address) for address in addresses]
    assert [path.read_text() for path in paths] == addresses
    assert [path.name for path in paths] == ["train.ipynb", "train.ipynb", "get.ipynb", "get.ipynb"]
    assert fetched(addresses[0]) == paths[0]
