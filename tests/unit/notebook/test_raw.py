"""Single cells change in a notebook's text, and every other byte stays."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellmill.notebook.raw import raw_cells, with_changes

NOTEBOOK: dict[str, Any] = {
    "cells": [
        {"cell_type": "markdown", "id": "a", "metadata": {}, "source": ["# Größe\n", "two"]},
        {
            "cell_type": "code",
            "execution_count": 1,
            "id": "b",
            "metadata": {},
            "outputs": [{"text": "]}"}],
            "source": [],
        },
        {
            "cell_type": "code",
            "execution_count": 2,
            "id": "c",
            "metadata": {},
            "outputs": [],
            "source": ["x = 'ä'\n", "y"],
        },
        {"cell_type": "code", "execution_count": None, "id": "d", "metadata": {}, "outputs": [], "source": "z = 1"},
    ],
    "metadata": {"cells": [1, 2]},
    "nbformat": 4,
    "nbformat_minor": 5,
}
NEW: dict[str, Any] = {
    "cell_type": "code",
    "execution_count": None,
    "id": "new",
    "metadata": {},
    "outputs": [],
    "source": ["p = 1"],
}
STYLES: dict[str, str] = {
    "as JupyterLab writes it": json.dumps(NOTEBOOK, indent=1, ensure_ascii=False, sort_keys=True) + "\n",
    "with tabs": json.dumps(NOTEBOOK, indent="\t", ensure_ascii=False),
    "with four spaces, escaped": json.dumps(NOTEBOOK, indent=4) + "\n\n",
    "in one line": json.dumps(NOTEBOOK),
    "compact": json.dumps(NOTEBOOK, separators=(",", ":")),
    "with Windows' line ends": json.dumps(NOTEBOOK, indent=1).replace("\n", "\r\n"),
    "with the cells last": json.dumps({key: NOTEBOOK[key] for key in reversed(NOTEBOOK)}, indent=2),
}


@pytest.fixture(params=STYLES)
def text(request: pytest.FixtureRequest) -> str:
    return STYLES[request.param]


def test_cells_and_sources_are_found(text: str) -> None:
    cells = raw_cells(text)
    assert [json.loads(text[cell.begin : cell.end]) for cell in cells] == NOTEBOOK["cells"]
    found = [json.loads(text[slice(*cell.source)]) for cell in cells if cell.source]
    assert found == [cell["source"] for cell in NOTEBOOK["cells"]]


@pytest.mark.parametrize("new", ["a = 'ö'\nb = 2", "", "one", "ends\n"])
@pytest.mark.parametrize("position", range(4))
def test_one_source_changes_and_nothing_else_does(text: str, position: int, new: str) -> None:
    changed = with_changes(text, {position: new})
    place = raw_cells(text)[position].source
    assert place is not None
    assert changed.startswith(text[: place[0]])
    assert changed.endswith(text[place[1] :])
    source = json.loads(changed)["cells"][position]["source"]
    assert "".join(source) == new
    assert isinstance(source, str) == isinstance(NOTEBOOK["cells"][position]["source"], str)


@pytest.mark.parametrize("at", range(4))
def test_a_cell_put_in_is_written_as_its_neighbours_are(text: str, at: int) -> None:
    changed = with_changes(text, {}, cell=NEW, at=at)
    expected = json.loads(text)
    expected["cells"].insert(at, NEW)
    assert json.loads(changed) == expected
    begin = raw_cells(text)[at].begin
    assert (changed.startswith(text[:begin]), changed.endswith(text[begin:])) == (True, True)


def test_what_jupyterlab_would_write_is_what_comes_out() -> None:
    expected = json.loads(STYLES["as JupyterLab writes it"])
    expected["cells"].insert(2, NEW)
    expected["cells"][3]["source"] = ["q\n", "r"]
    changed = with_changes(STYLES["as JupyterLab writes it"], {2: "q\nr"}, cell=NEW, at=2)
    assert changed == json.dumps(expected, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


@given(st.lists(st.text(), min_size=1, max_size=4), st.text(), st.integers(0, 3), st.booleans())
def test_any_text_comes_back(sources: list[str], new: str, position: int, escaped: bool) -> None:
    cells = [{"cell_type": "code", "source": source.splitlines(keepends=True)} for source in sources]
    text = json.dumps({"cells": cells, "nbformat": 4}, indent=1, ensure_ascii=escaped)
    position %= len(cells)
    changed = json.loads(with_changes(text, {position: new}))
    assert ["".join(cell["source"]) for cell in changed["cells"]] == [
        new if i == position else source for i, source in enumerate(sources)
    ]


@pytest.mark.parametrize(
    "text", ["{}", '{"worksheets": [{"cells": []}]}', '{"cells": {}}', '{"cells": []}', '{"a": "cells"}']
)
def test_without_a_list_of_cells_there_are_none(text: str) -> None:
    assert raw_cells(text) == ()
