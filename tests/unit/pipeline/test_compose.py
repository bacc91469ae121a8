"""Several notebooks become a pipeline by the files that they write and read."""

from pathlib import Path

import pytest

from cellmill.core.pipeline_errors import CyclicPipeline, PipelineExists
from cellmill.core.pipelines import PipelineStep
from cellmill.core.project import Project
from cellmill.notebook.plain import as_bytes, new_code_cell, new_notebook, read_plain
from cellmill.pipeline.compose import Edge, Used, compose, files_in
from cellmill.pipeline.document import read_pipeline
from cellmill.wiring.composing import new_pipeline


def used(notebook: str, reads: set[str], writes: set[str]) -> Used:
    return Used(notebook, frozenset(reads), frozenset(writes))


def test_a_notebook_comes_after_those_whose_files_it_reads() -> None:
    pipeline, edges = compose(
        "p",
        [
            used("../../report.ipynb", {"scores.json", "clean.csv"}, {"report.html"}),
            used("../../train it.ipynb", {"clean.csv", "log.txt"}, {"scores.json", "log.txt"}),
            used("../../load.ipynb", {"raw.csv"}, {"clean.csv", "log.txt"}),
            used("../load.ipynb", set(), set()),
        ],
    )
    assert pipeline.steps == (
        PipelineStep("report", "../../report.ipynb", after=("train_it", "load")),
        PipelineStep("train_it", "../../train it.ipynb", after=("load",), writes=("scores.json",)),
        PipelineStep("load", "../../load.ipynb", writes=("clean.csv",)),
        PipelineStep("load_2", "../load.ipynb"),
    )
    assert edges[0] == Edge("train_it", "report", ("scores.json",))
    assert [step.name for step in pipeline.ordered] == ["load", "load_2", "train_it", "report"]


def test_notebooks_that_wait_for_one_another_are_no_pipeline() -> None:
    with pytest.raises(CyclicPipeline, match="a -> b -> a"):
        compose("p", [used("a.ipynb", {"y"}, {"x"}), used("b.ipynb", {"x"}, {"y"})])


def test_files_are_found_where_code_reads_and_writes_them() -> None:
    cells = [
        "%matplotlib inline\nimport pandas as pd\nfolder = Path('data')\nsource = folder / 'raw.csv'\nnote = 'a.txt'",
        "frame = pd.read_csv(source)\nframe.to_parquet('out/clean.parquet', index=False)",
        "with open('log.txt', 'a') as file: file.write('done.')\nopen(note).read()",
        "Path('x.json').write_text('{}')\njoblib.dump(model, filename='model.pkl')\nplt.savefig('plot.png')",
        "pd.read_csv('https://example.org/x.csv')\nprint('said.txt')\nmodel = joblib.load('model.pkl')",
        "this is no code(",
    ]
    document = {"cells": [{"cell_type": "code", "source": cell} for cell in cells]}
    reads, writes = files_in(document)
    assert reads == {"data/raw.csv", "a.txt"}
    assert writes == {"out/clean.parquet", "log.txt", "x.json", "model.pkl", "plot.png"}


def test_what_is_written_names_the_notebooks_where_they_lie(project: Project) -> None:
    sources = {"load": "frame.to_csv('data/x.csv')", "work/fit": "pd.read_csv('../data/x.csv')"}
    paths = []
    for name, source in sources.items():
        path = project.root / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(as_bytes(new_notebook([new_code_cell("a", source)], {})))
        paths.append(path)
    folder, pipeline, edges = new_pipeline("p", [*paths, paths[0]])
    assert edges == (Edge("load", "fit", ("data/x.csv",)),)
    assert read_pipeline(folder) == pipeline
    assert (folder / pipeline.step("fit").notebook).resolve() == paths[1]
    assert pipeline.step("load").writes == ("data/x.csv",)
    with pytest.raises(PipelineExists):
        new_pipeline("p", paths)
    assert [path for path in Path(folder).iterdir() if path.suffix == ".ipynb"] == []


def test_copies_have_the_names_of_their_steps_and_nothing_is_written_over(project: Project) -> None:
    paths = [project.root / place / "load.ipynb" for place in ("one", "two")]
    for path in paths:
        path.parent.mkdir()
        path.write_bytes(as_bytes(new_notebook([new_code_cell("a", "x = 1")], {"title": "kept"})))
    before = [path.read_bytes() for path in paths]
    (project.root / "pipelines" / "taken").mkdir(parents=True)
    (project.root / "pipelines" / "taken" / "load_2.ipynb").write_text("mine")
    with pytest.raises(PipelineExists):
        new_pipeline("taken", paths, copy=True)
    assert [path.name for path in (project.root / "pipelines" / "taken").iterdir()] == ["load_2.ipynb"]

    folder, pipeline, _ = new_pipeline("p", paths, copy=True)
    assert [step.notebook for step in pipeline.steps] == ["load.ipynb", "load_2.ipynb"]
    assert [path.read_bytes() for path in paths] == before
    copied = read_plain(folder / "load_2.ipynb")
    assert [cell["source"] for cell in copied["cells"]] == [
        "import cellmill\ncellmill.begin_step('load_2', values='.cellmill/pipelines/p/values', folder='two')",
        "x = 1",
    ]
    assert copied["metadata"]["title"] == "kept"
