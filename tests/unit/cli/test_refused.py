"""What the command line refuses before anything runs: with a sentence, and 2 as exit code."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from tests.stories import Story, a_training

from cellmill.cli import main

Ask = Callable[[str], str]


@pytest.fixture
def ask(story: Story, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Give a command that is refused, beside a notebook, a folder and a run, and return what it says."""
    root = story.project.root
    monkeypatch.chdir(root)
    monkeypatch.setenv("TERMINAL_WIDTH", "200")
    cell = nbformat.v4.new_code_cell("a = 1")
    cell.metadata["tags"] = ["parameters"]
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), root / "work.ipynb")
    (root / "link.ipynb").symlink_to("work.ipynb")
    (root / "folder").mkdir()
    a_training(story, "aa00000001", model=None)
    story.write()

    def contents() -> dict[Path, bytes]:
        """Every file, but what Cellmill keeps of runs that it looks at."""
        return {path: path.read_bytes() for path in root.rglob("*") if path.is_file() and ".cellmill" not in path.parts}

    def asked(command: str) -> str:
        before = contents()
        monkeypatch.setattr(sys, "argv", ["cellmill", *command.split()])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        assert (ended.value.code, said.out) == (2, "")
        assert contents() == before
        return said.err

    return asked


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("replay aa --timeout -5", "Invalid value for '--timeout'"),
        ("params work.ipynb --pick ,", "it names nothing"),
        ("sweep work.ipynb --grid a=5,6 --plot plot.html", "add --metric NAME"),
        ("sweep work.ipynb --random 3 --plot plot.html", "add --metric NAME"),
        ("sweep work.ipynb --grid a=5,6", "add --metric NAME"),
    ],
)
def test_what_cannot_be_meant_is_refused(ask: Ask, command: str, words: str) -> None:
    assert words in ask(command)


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("run work.ipynb -o folder", "folder: it is a folder"),
        ("recipe aa -o folder", "folder: it is a folder"),
        ("bundle aa -o folder", "folder: it is a folder"),
        ("sweep work.ipynb --grid a=5,6 --metric a --plot folder", "folder: it is a folder"),
        ("run work.ipynb -o work.ipynb", "work.ipynb: it is the notebook that is run, which is not changed"),
        ("run folder/../work.ipynb -o link.ipynb", "link.ipynb: it is the notebook that is run, which is not changed"),
        (
            "run s3://b/a.ipynb -o s3://b/a.ipynb",
            "s3://b/a.ipynb: it is the notebook that is run, which is not changed",
        ),
        ("run work.ipynb -o moon://b/a.ipynb", "moon://b/a.ipynb: nothing that is installed writes to moon://"),
        ("run work.ipynb -o https://github.com/a/b", "https://github.com/a/b: papermill only reads from there"),
    ],
)
def test_an_output_that_cannot_be_is_refused_before_anything_runs(ask: Ask, command: str, reason: str) -> None:
    assert ask(command) == f"cellmill: Cannot write {reason}. Name another file.\n"


def test_an_address_whose_library_is_missing_is_refused_before_anything_runs(ask: Ask) -> None:
    assert "pip install papermill[azure]" in ask("run work.ipynb -o adl://a.azuredatalakestore.net/out.ipynb")


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        ("-p bad", "bad_parameter"),
        ("-o folder", "bad_output"),
        ("-o work.ipynb --watch", "bad_output"),
        ("-p b=1", "unknown_parameter"),
    ],
)
def test_what_is_refused_is_told_as_json_where_that_is_wanted(ask: Ask, command: str, kind: str) -> None:
    told = [json.loads(line) for line in ask(f"run work.ipynb {command} --log-json").splitlines()]
    assert [line["kind"] for line in told if line["event"] == "failed"] == [kind]


def test_a_notebook_that_cannot_be_fetched_is_told_as_json_where_that_is_wanted(ask: Ask) -> None:
    (told,) = ask("run moon://b/a.ipynb --log-json").splitlines()
    assert json.loads(told)["kind"] == "notebook_missing"
