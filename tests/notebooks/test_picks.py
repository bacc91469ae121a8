"""Values become parameters of a notebook that comes to the same with them, or stay what they are."""

import json
import signal
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from tests.notebooks.commands import Desk, is_refused
from tests.server.jupyter import wait_for

# A training without a library: what is checked here is the check.
MODEL = """\
class Mean:
    def __init__(self, share=1.0, depth=1):
        self.share, self.depth = share, depth
    def fit(self, rows):
        self.mean = self.share * sum(rows) / len(rows)
        return self
"""
ROWS = "import json\nrows = json.load(open('rows.json'))"
FIT = "model = Mean(share=0.5, depth=2).fit(rows)\nprint(model.mean)"


def write(desk: Desk, name: str, *sources: str) -> Path:
    cells = [new_code_cell(source, id=f"cell-{i}") for i, source in enumerate(sources)]
    kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = desk.root / name
    # Not as nbformat writes it: what stays must stay as it was.
    document = new_notebook(cells=cells, metadata={"kernelspec": kernelspec})
    path.write_text(json.dumps(document, indent=3, ensure_ascii=False) + "\n\n", "utf-8")
    path.chmod(0o640)
    (desk.root / "rows.json").write_text("[1, 2, 6]")
    return path


def test_a_pick_is_checked_written_run_and_taken_back(desk: Desk) -> None:
    path = write(
        desk, "work.ipynb", MODEL, "scale = 2", ROWS, FIT, "open('out.txt', 'w').write(str(model.mean * scale))"
    )
    before = path.read_bytes()
    (desk.root / "out.txt").write_text("the user's")

    said = desk.cellmill("params", "work.ipynb", "--pick", "mean_share:share_given,scale", "--json")

    assert said.code == 0, said.err
    assert said.json["lines"] == ["share_given = 0.5  # Mean", "scale = 2"]
    assert (said.json["is_new"], said.json["notes"]) == (True, [])
    assert said.json["compared"] >= 6  # scale, rows, model, what two cells show, out.txt
    assert (desk.root / "out.txt").read_text() == "the user's"
    assert path.stat().st_mode & 0o777 == 0o640
    after = nbformat.read(path, as_version=4)
    assert [cell.source for cell in after.cells] == [
        "share_given = 0.5  # Mean\nscale = 2",
        MODEL,
        "",
        ROWS,
        FIT.replace("0.5", "share_given"),
        "open('out.txt', 'w').write(str(model.mean * scale))",
    ]
    plain = desk.run(
        [sys.executable, "-m", "papermill", "work.ipynb", "out.ipynb", "-p", "share_given", "1.0", "-k", "python3"]
    )
    assert plain.code == 0, plain.err
    assert (desk.root / "out.txt").read_text() == "6.0"

    assert desk.cellmill("params", "work.ipynb", "--undo").code == 0
    assert path.read_bytes() == before
    is_refused(desk.cellmill("params", "work.ipynb", "--undo"), "no pick is left")


@pytest.mark.parametrize(
    ("cells", "pick", "words"),
    [
        # What reads its own source shows the name in place of the value.
        ((FIT, "lengths = [len(source) for source in In if 'Mean(' in source]"), "mean_share", ("`lengths`",)),
        # So does the second of two lines, of which the first is another each time.
        (
            (FIT, "import os\nprint(os.urandom(4).hex())\nprint(sum(len(each) for each in In if 'Mean(' in each))"),
            "mean_share",
            ("what cell 4 shows",),
        ),
        # Where it stood there was another value before.
        (("try:\n    seen = scale\nexcept NameError:\n    seen = 0", "scale = 2\nprint(scale)"), "scale", ("`seen`",)),
        (("import missing_module", FIT), "mean_share", ("could not be checked", "missing_module is not installed")),
    ],
)  # fmt: skip
def test_where_the_results_would_differ_nothing_is_written(
    desk: Desk, cells: tuple[str, ...], pick: str, words: tuple[str, ...]
) -> None:
    path = write(desk, "work.ipynb", MODEL, ROWS, *cells)
    before = path.read_bytes()
    is_refused(desk.cellmill("params", "work.ipynb", "--pick", pick), "Nothing was changed", *words)
    assert path.read_bytes() == before
    assert not (desk.root / ".cellmill" / "picks").exists()


def test_what_is_random_is_not_compared_and_said(desk: Desk) -> None:
    write(desk, "work.ipynb", MODEL, ROWS, FIT, "import os\ndrawn = os.urandom(4)", "raise ValueError('as ever')")
    said = desk.cellmill("params", "work.ipynb", "--pick", "mean_share")
    assert said.code == 0, said.err
    assert "two runs of the notebook as it was differ in it too: `drawn`." in said.out
    assert "Compared up to cell 5, where the notebook raises as it is: it raised ValueError: as ever." in said.out


def test_a_notebook_that_was_changed_since_is_not_taken_back(desk: Desk) -> None:
    path = write(desk, "work.ipynb", MODEL, ROWS, FIT)
    before = path.read_bytes()
    assert desk.cellmill("params", "work.ipynb", "--pick", "mean_share").code == 0
    edited = path.read_bytes().replace(b"print(model.mean)", b"print(model)")
    path.write_bytes(edited)
    said = desk.cellmill("params", "work.ipynb", "--undo")
    is_refused(said, "changed since", ".ipynb")
    assert path.read_bytes() == edited
    (kept,) = (desk.root / ".cellmill" / "picks").rglob("*.ipynb")
    assert kept.read_bytes() == before


def test_one_ctrl_c_ends_a_pick_and_nothing_is_written(desk: Desk, tmp_path: Path) -> None:
    path = write(desk, "work.ipynb", MODEL, ROWS, "import time\nopen('began', 'w').close()\ntime.sleep(3600)", FIT)
    before = path.read_bytes()
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    under_way = desk.begin("params", "work.ipynb", "--pick", "mean_share", TMPDIR=str(scratch))
    try:
        wait_for(lambda: len([*scratch.rglob("began")]) == 2)  # with the pick and without it
        under_way.send_signal(signal.SIGINT)
        _, err = under_way.communicate(timeout=60)
    finally:
        under_way.kill()
    assert (under_way.returncode, err) == (130, "cellmill: Interrupted, and nothing was written.\n")
    assert path.read_bytes() == before
    assert not [*scratch.glob("cellmill-replay-*")]
