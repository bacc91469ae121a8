"""A pipeline whose values cross, with a loop, to be run by others; and the environments in which these live."""

import os
from pathlib import Path

import pytest
from tests.notebooks.commands import Desk, new_desk
from tests.shape.repository import ROOT

VALUES = 'cellmill_values = "elsewhere"'
BEGIN = 'import cellmill\ncellmill.begin_step("{}", after={}, values=cellmill_values, folder=".", item={})'
STEPS = {
    "load": (
        f"{VALUES}\nrows = 1\nnames = []",
        BEGIN.format("load", [], "''"),
        "import pandas as pd\nassert type(rows) is int\nframe = pd.DataFrame({'x': range(rows)})",
        "cellmill.end_step(['frame', 'names'])",
    ),
    "part": (
        f"{VALUES}\ncellmill_item = ''\npart = ''",
        BEGIN.format("part", ["load"], "cellmill_item"),
        "size = len(frame) * len(part)",
        "cellmill.end_step(['size'])",
    ),
    "end": (
        f"{VALUES}\ntitle = ''",
        BEGIN.format("end", ["load", "part"], "''"),
        "open('result.txt', 'w').write(f'{title} {size} {names}')",
    ),
}
DOCUMENT = """
version: 1
parameters: {rows: 4, names: [a, b]}
steps:
  load: {notebook: load.ipynb, retries: 1, timeout: 200}
  part: {notebook: part.ipynb, after: [load], for_each: {parameter: part, in: [x, yy]}}
  end: {notebook: end.ipynb, after: [load, part], parameters: {title: it's}}
"""
EXECUTED = ["end.ipynb", "load.ipynb", "part.0.ipynb", "part.1.ipynb"]


@pytest.fixture
def desk(tmp_path: Path, empty_database: Path) -> Desk:
    """A project with a pipeline `p`."""
    desk = new_desk(tmp_path / "project", tmp_path / "home", empty_database)
    for name, cells in STEPS.items():
        desk.notebook(f"pipelines/p/{name}.ipynb", *cells)
    (desk.root / "pipelines/p/pipeline.yaml").write_text(DOCUMENT)
    return desk


def environment_of(name: str) -> Path:
    """Return where the programs of an environment are that `make test-exports` has made."""
    programs = Path(os.environ.get(f"CELLMILL_TEST_{name.upper()}", ROOT / f".venv-{name}")) / "bin"
    if not programs.is_dir():
        pytest.skip(f"there is no environment with {name}: make test-exports")
    return programs


def came_of(desk: Desk) -> tuple[str, list[str]]:
    """Return what the pipeline wrote, and which executed notebooks it left behind."""
    result = (desk.root / "result.txt").read_text()
    return result, sorted(path.name for path in desk.root.glob("executed/p-*/*.ipynb"))
