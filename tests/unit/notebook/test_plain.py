"""Notebooks read and written without nbformat are what nbformat reads and writes."""

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

from cellmill.core.errors import NotANotebook, NotebookMissing
from cellmill.notebook.plain import as_bytes, inject_parameters, read_plain

OUTPUTS = [
    new_output("stream", name="stdout", text="one\ntwo\n"),
    new_output("display_data", {"text/plain": "a\nb", "image/png": "iVBO\nRw0=", "image/svg+xml": "<svg>\n</svg>"}),
    new_output("execute_result", {"application/json": {"a": ["x", "y"]}, "text/html": "<b>\n</b>"}, execution_count=3),
    new_output("error", ename="ValueError", evalue="b\noom", traceback=["one\n", "two"]),
]


def everything() -> Any:
    attached = new_markdown_cell("# Ein Übergang ✓\n![](a.png)", attachments={"a.png": {"image/png": "iVBO"}})
    code = new_code_cell("x = 1\ny = 2", outputs=OUTPUTS, execution_count=3, metadata={"trusted": True, "tags": ["t"]})
    return new_notebook(
        cells=[attached, code, new_raw_cell("raw\n")],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )


def test_what_is_written_is_what_nbformat_writes(tmp_path: Path) -> None:
    path = tmp_path / "work.ipynb"
    nbformat.write(everything(), path)
    assert as_bytes(read_plain(path)).decode() == nbformat.writes(nbformat.read(path, as_version=4))


@given(st.text())
def test_any_source_comes_back(source: str) -> None:
    document = json.loads(json.dumps(new_notebook(cells=[new_code_cell(source)])))
    read = nbformat.reads(as_bytes(document).decode("utf-8"), as_version=4)
    assert read.cells[0].source == source.encode("utf-8", "replace").decode()


@pytest.mark.parametrize("minor", [2, 4])
def test_cells_of_older_notebooks_are_given_ids(tmp_path: Path, minor: int) -> None:
    path = tmp_path / "work.ipynb"
    old = json.loads(nbformat.writes(everything()))
    for cell in old["cells"]:
        del cell["id"]
    path.write_text(json.dumps({**old, "nbformat_minor": minor}))
    document = read_plain(path)
    assert [cell["id"] for cell in document["cells"]] == ["cell-0", "cell-1", "cell-2"]
    nbformat.validate(nbformat.from_dict(document))


def test_a_notebook_of_the_third_format_is_read(tmp_path: Path) -> None:
    path = tmp_path / "work.ipynb"
    path.write_text(nbformat.writes(nbformat.convert(new_notebook(cells=[new_code_cell("x = 1")]), 3), version=3))
    assert [cell["source"] for cell in read_plain(path)["cells"]] == ["x = 1"]


def test_what_is_no_notebook_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotebookMissing):
        read_plain(tmp_path / "none.ipynb")
    path = tmp_path / "work.ipynb"
    for text in ("no JSON", "[]", "{}", '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{}]}'):
        path.write_text(text)
        with pytest.raises(NotANotebook):
            read_plain(path)


VALUES = {
    "number": 2.5,
    "tiny": 1e-9,
    "huge": float("inf"),
    "text": 'a "quoted"\n\\line ✓',
    "none": None,
    "yes": True,
    "nested": {"a": [1, {"b": False}]},
}


@pytest.mark.parametrize("tags", [[["parameters"], []], [["parameters"], ["injected-parameters"]], [[], []]])
def test_parameters_are_injected_after_the_cell_that_declares_them(tags: list[list[str]]) -> None:
    cells = [new_code_cell(f"x = {index}", metadata={"tags": each}) for index, each in enumerate(tags)]
    document = json.loads(nbformat.writes(new_notebook(cells=cells), split_lines=False))
    inject_parameters(document, VALUES)
    places = [
        index for index, cell in enumerate(document["cells"]) if "injected-parameters" in cell["metadata"]["tags"]
    ]
    assert places == [1 if tags[0] else 0]
    found: dict[str, Any] = {}
    exec(document["cells"][places[0]]["source"], found)
    assert {name: found[name] for name in VALUES} == VALUES
