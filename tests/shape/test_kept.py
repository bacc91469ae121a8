"""What is kept of people's work is told to them: by `%cellmill what` and on the page about privacy."""

import ast

import pytest
from tests.shape.repository import ROOT, SOURCE, modules

from cellmill.core.kept import KEPT, STORED, Kept

PAGE = (ROOT / "docs" / "users" / "what-is-captured.md").read_text("utf-8")
TOLD = " ".join(line for kept in KEPT for line in kept.holds)

# Who keeps something among the blobs, and the words by which people are told of it, in the list and on the page.
KEEPERS = {
    "capture/models.py": ("models", "up to five rows of"),
    "capture/surroundings/__init__.py": ("modules", "uncommitted changes", "random generators"),
    "executors/steps.py": ("executed notebooks",),
    "kernel/outputs.py": ("pictures", "long outputs"),
    "wiring/headless.py": ("executed notebooks",),
}
# What goes with a run to the store (`wiring/run_files.py`), and the words for it.
SENT = {
    "cellmill/executions.ipynb": "source of its cells",
    "cellmill/recipe.ipynb": "recipe",
    "cellmill/notebook.ipynb": "executed notebook",
    "cellmill/requirements.txt": "environment",
    "cellmill/environment.json": "machine, user",
    "cellmill/uncommitted.diff": "uncommitted changes",
    "cellmill/files.json": "names of files",
    "cellmill/figures/": "pictures",
}


def texts_and_calls(path: str) -> tuple[set[str], set[str]]:
    """Return the constant texts of a module, and the names that it calls or hands on."""
    nodes = list(ast.walk(ast.parse((SOURCE / path).read_text("utf-8"))))
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return texts, {node.id for node in nodes if isinstance(node, ast.Name)}


def test_whoever_keeps_a_blob_is_known() -> None:
    """Somebody new keeps something? Then tell people of it in `core/kept.py` and on the page, and name it above."""
    found = {path.relative_to(SOURCE).as_posix() for path in modules()} - {"capture/blobs.py"}
    assert {path for path in found if texts_and_calls(path)[1] & {"keep_blob", "keep_blob_as"}} == set(KEEPERS)


@pytest.mark.parametrize("words", sorted({words for each in KEEPERS.values() for words in each}))
def test_each_kind_of_blob_is_told(words: str) -> None:
    assert words in TOLD
    assert words in " ".join(row for row in PAGE.splitlines() if row.startswith("| `.cellmill/blobs/`"))


@pytest.mark.parametrize("kept", KEPT, ids=lambda kept: kept.place)
def test_each_place_is_told(kept: Kept) -> None:
    assert f"`{'.cellmill/' if kept.private else ''}{kept.place}/" in PAGE


def test_what_goes_to_the_store_is_told() -> None:
    texts, _ = texts_and_calls("wiring/run_files.py")
    assert {text for text in texts if text.startswith("cellmill/")} == set(SENT)
    for words in SENT.values():
        assert words in " ".join(STORED)
    for page in (PAGE, (ROOT / "docs" / "operators" / "index.md").read_text("utf-8")):
        assert "uncommitted changes" in page
