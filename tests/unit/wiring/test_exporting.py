"""What is wrong with an export is a sentence, and then nothing is written."""

from pathlib import Path

import pytest

from cellmill.core.errors import CellmillError, NotANotebook, UnknownParameter, WrongParameterType
from cellmill.core.pipeline_errors import CannotExport, ExportExists, UnknownTarget
from cellmill.core.project import Project
from cellmill.notebook.plain import as_bytes, new_code_cell, new_notebook
from cellmill.wiring.exporting import TARGETS, exported_text, write_export
from cellmill.wiring.situations import Situation, Wanted, situation_of

DOCUMENT = "version: 1\nparameters: {trees: 4}\nsteps: {load: {notebook: load.ipynb}}\n"


@pytest.fixture
def folder(project: Project) -> Path:
    made = project.root / "pipelines" / "p"
    made.mkdir(parents=True)
    cell = new_code_cell("c0", "trees = 2", metadata={"tags": ["parameters"]})
    (made / "load.ipynb").write_bytes(as_bytes(new_notebook([cell], {})))
    (made / "pipeline.yaml").write_text(DOCUMENT)
    return made


def pipeline(folder: Path) -> Situation:
    return situation_of(folder, Wanted())


def is_refused(folder: Path, target: str, error: type[CellmillError], words: str) -> None:
    root = folder.parents[1]
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    with pytest.raises(error, match=words):
        write_export(pipeline(folder), target, None, force=False)
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before


def test_each_target_is_written_where_it_is_looked_for_and_not_over_what_is_there(folder: Path) -> None:
    root = folder.parents[1]
    for target in TARGETS:
        written = write_export(pipeline(folder), target, None, force=False)
        assert written == root / TARGETS[target].place.format(name="p")
        text = written.read_text()
        assert ("trees" in text) == (target in ("airflow", "kfp"))
        is_refused(folder, target, ExportExists, "write over it with --force")
        written.write_text("mine")
        write_export(pipeline(folder), target, None, force=True)
        assert written.read_text() == text
    elsewhere = root / "somewhere" / "dag.py"
    assert write_export(pipeline(folder), "airflow", elsewhere, force=False) == elsewhere


def test_what_cannot_be_exported_is_refused(folder: Path) -> None:
    is_refused(folder, "airflo", UnknownTarget, "Did you mean airflow?")
    (folder / "pipeline.yaml").write_text(DOCUMENT.replace("load.ipynb", "load.ipynb, when: trees > 2"))
    for target in ("airflow", "kfp"):
        is_refused(folder, target, CannotExport, "Step load cannot be exported to .*: it is left out unless")
    (folder / "pipeline.yaml").write_text(DOCUMENT)
    (folder / "load.ipynb").write_text("{}")
    is_refused(folder, "kfp", NotANotebook, "load.ipynb")


def test_values_are_of_the_types_that_the_notebooks_see_here(folder: Path) -> None:
    declared = "trees: float = 2.5\nrate = 0.1\ndepth = 0.5"
    cell = new_code_cell("c0", declared, metadata={"tags": ["parameters"]})
    (folder / "load.ipynb").write_bytes(as_bytes(new_notebook([cell], {})))
    step = "{notebook: load.ipynb, parameters: {rate: 2}, for_each: {parameter: depth, in: [1, 2.5]}}"
    (folder / "pipeline.yaml").write_text(DOCUMENT.replace("{notebook: load.ipynb}", step))
    dag, kubeflow = (exported_text(pipeline(folder), target) for target in ("airflow", "kfp"))
    assert 'PARAMETERS = {"trees": 4.0}' in dag
    assert [line.strip() for line in dag.splitlines() if "given={" in line] == [
        'given={"rate": 2.0, "depth": 1.0},',
        'given={"rate": 2.0, "depth": 2.5},',
    ]
    assert "trees: float = 4.0" in kubeflow


def test_what_is_refused_here_is_not_exported(folder: Path) -> None:
    for value, error in (("{trees: many}", WrongParameterType), ("{tres: 4}", UnknownParameter)):
        step = f"{{notebook: load.ipynb, parameters: {value}}}"
        (folder / "pipeline.yaml").write_text(DOCUMENT.replace("{notebook: load.ipynb}", step))
        for target in TARGETS:
            is_refused(folder, target, error, "load.ipynb")
    cell = new_code_cell("c0", "trees = 2.5", metadata={"tags": ["parameters"]})
    (folder / "fit.ipynb").write_bytes(as_bytes(new_notebook([cell], {})))
    (folder / "pipeline.yaml").write_text(DOCUMENT.replace("steps: {", "steps: {fit: {notebook: fit.ipynb}, "))
    is_refused(folder, "airflow", CannotExport, "trees is 4.0 for fit and 4 here")
