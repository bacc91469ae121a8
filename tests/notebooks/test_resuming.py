"""A headless run that goes on from the cell in which the last one failed, and says so where it cannot."""

import numpy as np
from tests.notebooks.commands import Desk, is_refused

LOAD = """\
import os, numpy as np
np.random.seed(7)
table = [float(line) for line in open('data.txt')]
print('loaded', file=open('log.txt', 'a'))
os.environ['STAGE'] = 'loaded'
shared = inner = [1, 2]
pair = {'one': shared}
def scaled(x):
    return x * factor
factor = 2"""
FIT = "drawn = np.random.rand()\n{raises}noise = np.random.rand()\nfitted = scaled(table[0]) + size"
CHECK = "{raises}inner.append(3)\nprint(fitted, noise, pair['one'], os.environ['STAGE'])"
RAISES = "raise ValueError('not yet')\n"


def write(desk: Desk, *, fit: str = "", check: str = "", load: str = LOAD) -> None:
    (desk.root / "data.txt").write_text("1.5\n2.5\n")
    desk.notebook("work.ipynb", "size = 1\ncols = ('a',)", load, FIT.format(raises=fit), CHECK.format(raises=check))


def shown(desk: Desk, path: str) -> list[str]:
    cells = [cell for cell in desk.read(path).cells if cell.cell_type == "code"]
    return [output.get("text", "") for cell in cells for output in cell.outputs]


def test_a_run_goes_on_where_it_failed_and_comes_to_the_same(desk: Desk) -> None:
    write(desk, fit=RAISES)
    given = ("-p", "size=4", "-p", "cols=('b','c')")
    said = desk.cellmill("run", "work.ipynb", *given, "--keep-state", "-o", "failed.ipynb")
    assert said.code == 1
    assert "The values from before that cell were kept. Mend it, and go on with: cellmill run work.ipynb" in said.err

    write(desk, check=RAISES)  # mended, and the next one fails: kept again, by a kernel that had gone on itself
    said = desk.cellmill("run", "work.ipynb", "--resume", "-o", "again.ipynb")
    assert said.code == 1
    assert "The values from before that cell were kept" in said.err
    again = desk.read("again.ipynb")
    assert [cell.execution_count for cell in again.cells if cell.cell_type == "code"] == [1, 2, 3, 4, 5]

    write(desk)
    said = desk.cellmill("run", "work.ipynb", *given, "--resume", "-o", "resumed.ipynb")
    assert said.code == 0, said.err
    noise = np.random.RandomState(7).rand(2)[1]  # the cell that raised had drawn before it did
    assert shown(desk, "resumed.ipynb") == [f"7.0 {noise} [1, 2, 3] loaded\n"]
    assert (desk.root / "log.txt").read_text().count("loaded") == 1  # by the first of the three runs
    is_refused(desk.cellmill("run", "work.ipynb", "--resume"), "nothing was kept")


def test_a_failure_that_cannot_be_gone_on_from_leaves_what_was_kept(desk: Desk) -> None:
    write(desk, fit=RAISES)
    assert desk.cellmill("run", "work.ipynb", "--keep-state").code == 1
    write(desk)
    check = CHECK.format(raises="")
    desk.notebook("work.ipynb", "size = 1\ncols = ('a',)", LOAD, FIT.format(raises=""), f"{check}\n{RAISES}")
    for _ in range(2):
        said = desk.cellmill("run", "work.ipynb", "--resume")
        assert said.code == 1
        why = said.err.partition("Nothing new was kept to resume from: the cell may have changed ")[2]
        assert "'inner'" in why.partition(" before")[0]  # and what there was no time to compare
        assert "Cell 3 can still be gone on from, with --resume." in said.err
    assert len(list((desk.root / ".cellmill" / "kept").glob("*/values/*"))) == 1
    write(desk)
    said = desk.cellmill("run", "work.ipynb", "--resume", "-o", "resumed.ipynb")
    assert said.code == 0, said.err
    assert "[1, 2, 3] loaded" in shown(desk, "resumed.ipynb")[-1]
    assert (desk.root / "log.txt").read_text().count("loaded") == 1


def test_what_was_kept_does_not_hold_for_another_past(desk: Desk) -> None:
    write(desk, fit=RAISES)
    assert desk.cellmill("run", "work.ipynb", "--keep-state").code == 1
    resumes = ("run", "work.ipynb", "--resume")
    is_refused(desk.cellmill(*resumes, "-p", "size=9"), "it had other parameters then")
    write(desk, load=LOAD.replace("factor = 2", "factor = 3"))
    is_refused(desk.cellmill(*resumes), "code cell 2 is another now, and the values rest on what it was")
    write(desk, check="_3\n")
    is_refused(desk.cellmill(*resumes), "reads earlier results by `_` or `Out`")
    write(desk)
    (desk.root / "data.txt").write_text("1.5\n99\n")
    is_refused(desk.cellmill(*resumes), "data.txt was changed since a cell had read it")
    assert not list(desk.root.glob("executed/*-[0-9]*.ipynb"))[1:]  # what is refused leaves no notebook


def test_what_cannot_be_kept_is_said_when_it_fails(desk: Desk) -> None:
    desk.notebook("fails.ipynb", "import threading\nlock = threading.Lock()", "1 / 0")
    said = desk.cellmill("run", "fails.ipynb", "--keep-state")
    assert said.code == 1
    assert "Nothing was kept to resume from: 'lock' cannot be kept: it holds a" in said.err
    is_refused(desk.cellmill("run", "fails.ipynb", "--resume"), "nothing was kept")
