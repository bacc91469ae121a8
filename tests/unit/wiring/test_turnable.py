"""What `cellmill params` proposes and shows of values with names that sound like secrets."""

from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from cellmill.wiring.parameters import turnable, without_default

DECLARED = "sort_key = 'date'\nhf_token = 'hunter2'"
WORK = (
    "max_tokens = 256\napi_token = 'hunter2'\npad_token = '[PAD]'\n"
    "model = Tree(max_tokens, api_token, pad_token).fit(X, y)\nprint(model)"
)


def test_numbers_and_words_of_other_trades_are_proposed_and_shown_and_secrets_are_not(tmp_path: Path) -> None:
    path = tmp_path / "work.ipynb"
    cells = [new_code_cell(DECLARED, metadata={"tags": ["parameters"]}), new_code_cell(WORK)]
    nbformat.write(new_notebook(cells=cells), path)
    found = turnable(path)
    assert {one.name for one in found.proposed} == {"max_tokens", "pad_token"}
    shown = {one.name: one.default for one in map(without_default, found.declared)}
    assert shown == {"sort_key": "date", "hf_token": "…"}
