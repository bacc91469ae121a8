"""Reading what is a notebook, and a sentence for what is not."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from cellmill.core.errors import NotANotebook, NotebookMissing
from cellmill.notebook.documents import read_notebook

OLD = """{
 "metadata": {"name": ""}, "nbformat": 3, "nbformat_minor": 0,
 "worksheets": [{"cells": [{"cell_type": "code", "input": "x = 1", "language": "python", "outputs": []}]}]
}"""
NO_ID = """{
 "metadata": {}, "nbformat": 4, "nbformat_minor": 5,
 "cells": [{"cell_type": "code", "source": "x = 1", "metadata": {}, "outputs": [], "execution_count": null}]
}"""
NO_SOURCE = '{"cells": [{"cell_type": "code", "metadata": {}}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'


def test_a_notebook_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell("x = 1", id="one")]), path)
    assert [(cell.id, cell.source) for cell in read_notebook(path).cells] == [("one", "x = 1")]


def test_one_of_an_older_format_is_read_in_the_present_one(tmp_path: Path) -> None:
    path = tmp_path / "old.ipynb"
    path.write_text(OLD)
    notebook = read_notebook(path)
    assert (notebook.nbformat, [cell.source for cell in notebook.cells]) == (4, ["x = 1"])


def test_cells_without_ids_are_given_some_and_nobody_is_warned(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    path.write_text(NO_ID)
    assert [(bool(cell.id), cell.source) for cell in read_notebook(path).cells] == [(True, "x = 1")]


def test_a_missing_notebook_is_said_with_the_nearest_name(tmp_path: Path) -> None:
    (tmp_path / "flights.ipynb").write_text("{}")
    (tmp_path / "flight.csv").write_text("")
    with pytest.raises(NotebookMissing) as raised:
        read_notebook(tmp_path / "flight.ipynb")
    assert raised.value.near == str(tmp_path / "flights.ipynb")


@pytest.mark.parametrize("path", ["nothing.ipynb", "no/such/folder.ipynb"])
def test_with_nothing_near_there_is_no_hint(tmp_path: Path, path: str) -> None:
    with pytest.raises(NotebookMissing) as raised:
        read_notebook(tmp_path / path)
    assert raised.value.near is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is not JSON"),
        (b"a,b\n1,2\n", "it is not JSON"),
        (b"\x89PNG\r\n\xff", "it is not text"),
        (b"[1, 2]", "it does not say its nbformat"),
        (b"{}", "it does not say its nbformat"),
        (b'{"cells": []}', "it does not say its nbformat"),
        (b'{"cells": {}, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', ""),
        (NO_SOURCE.encode(), "a cell is malformed ('source' is a required property)"),
        (b'{"nbformat": 9, "nbformat_minor": 0, "cells": [], "metadata": {}}', "Unsupported nbformat version 9"),
    ],
)
def test_a_file_of_another_kind_is_said_to_be_no_notebook(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "a.ipynb"
    path.write_bytes(content)
    with pytest.raises(NotANotebook) as raised:
        read_notebook(path)
    assert raised.value.reason.startswith(reason)
    assert raised.value.reason
    assert "\n" not in str(raised.value)


def test_a_folder_is_no_notebook(tmp_path: Path) -> None:
    with pytest.raises(NotANotebook, match="it is a folder"):
        read_notebook(tmp_path)
