"""What a notebook comes to on our own client is what it comes to on papermill's; and whether its kernel was warm."""

from __future__ import annotations

import json
import re
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import papermill
import pytest
from nbclient.exceptions import CellTimeoutError
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from papermill.exceptions import PapermillExecutionError
from tests.notebooks.commands import PATIENCE_S
from tests.server.jupyter import wait_for

from cellmill.cli import EXIT_INTERRUPTED
from cellmill.executors.warm.client import warm_up
from cellmill.executors.warm.places import Interpreter, can_fork, servers
from cellmill.wiring.store_process import NEEDED

if TYPE_CHECKING:
    from tests.notebooks.commands import Desk

CELLS = (
    "alpha = 1",
    "import sys\nprint('one')\nprint('two', file=sys.stderr)\nprint('three')\nalpha + 1",
    "from IPython.display import HTML, SVG, display, clear_output\n"
    "display(HTML('<b>\\nbold</b>'))\nSVG('<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>')",
    "handle = display('first', display_id='named')",
    "handle.update('second')",
    "print('gone')\nclear_output()\nprint('stays')",
    "print('gone')\nclear_output(wait=True)\nprint('stays too')",
    "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.title('drawn');",
    "import ipywidgets\nslider = ipywidgets.IntSlider(value=3)\nslider",
    "out = ipywidgets.Output()\nwith out:\n    print('in the widget')\n    display('and this')\nprint('outside')",
    "out.outputs[0]['text']",
    "",
    "!echo from a shell",
    "await __import__('asyncio').sleep(0)\n'awaited'",
)
RAISING = (*CELLS[:2], "1 / 0", "print('never')")


def written(folder: Path, cells: tuple[str, ...], name: str = "work.ipynb") -> Path:
    made = [new_markdown_cell("# A title", id="title")]
    made += [new_code_cell(source, id=f"cell-{index}") for index, source in enumerate(cells)]
    made[1].metadata["tags"] = ["parameters"]
    kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = folder / name
    nbformat.write(new_notebook(cells=made, metadata={"kernelspec": kernelspec}), path)
    return path


def settled(path: Path) -> dict[str, Any]:
    """Return a notebook without what is another each time: times, ids of models, addresses."""
    document = json.loads(path.read_text("utf-8"))
    for holder in (document["metadata"], *(cell["metadata"] for cell in document["cells"])):
        holder.pop("execution", None)
        noted = holder.get("papermill", {})
        for name in ("start_time", "end_time", "duration", "output_path", "input_path"):
            noted.pop(name, None)
    for cell in document["cells"]:
        if "papermill-error-cell-tag" in cell["metadata"].get("tags", []):
            cell.update(source="", id="")
        if "injected-parameters" in cell["metadata"].get("tags", []):
            cell["id"] = ""
    kept = document["metadata"].pop("widgets", {}).get("application/vnd.jupyter.widget-state+json", {"state": {}})
    document["widgets"] = sorted(_without_ids(json.dumps(state, sort_keys=True)) for state in kept["state"].values())
    found: dict[str, Any] = json.loads(_without_ids(json.dumps(document)))
    return found


def _without_ids(text: str) -> str:
    return re.sub(r"\b[0-9a-f]{32}\b|0x[0-9a-f]+|ipykernel_\d+/\d+|(?<=_)[0-9a-f]{32}\b", "…", text)


def run_by_their_engine(path: Path, out: Path) -> None:
    """Where a cell fills an Output widget it may wait for ever for a reply that has come (jupyter/nbclient#312)."""
    for attempt in range(3):
        try:
            papermill.execute_notebook(
                path, out, {"alpha": 2}, progress_bar=False, cwd=path.parent, execution_timeout=60
            )
        except CellTimeoutError:
            if attempt == 2:
                raise
        else:
            return


def test_a_notebook_comes_out_as_by_papermills_own_engine(desk: Desk) -> None:
    path = written(desk.root, CELLS)
    theirs, ours = desk.root / "theirs.ipynb", desk.root / "ours.ipynb"
    run_by_their_engine(path, theirs)
    papermill.execute_notebook(path, ours, {"alpha": 2}, engine_name="cellmill", progress_bar=False, cwd=desk.root)
    expected, found = settled(theirs), settled(ours)
    assert len(found["widgets"]) > 3
    assert found["widgets"] == expected["widgets"]
    for ours_cell, theirs_cell in zip(found["cells"], expected["cells"], strict=True):
        assert ours_cell == theirs_cell
    assert found == expected

    said = desk.cellmill("run", path.name, "-p", "alpha=2", "-o", "by_run.ipynb")
    assert said.code == 0, said.err
    assert settled(desk.root / "by_run.ipynb") == found


def test_a_cell_that_raises_is_kept_as_by_papermills_own_engine(desk: Desk) -> None:
    path = written(desk.root, RAISING)
    for engine, name in ((None, "theirs.ipynb"), ("cellmill", "ours.ipynb")):
        with pytest.raises(PapermillExecutionError, match="ZeroDivisionError"):
            papermill.execute_notebook(path, desk.root / name, engine_name=engine, progress_bar=False, cwd=desk.root)
    assert settled(desk.root / "ours.ipynb") == settled(desk.root / "theirs.ipynb")
    assert desk.cellmill("run", path.name, "-o", "by_run.ipynb").code == 1
    assert settled(desk.root / "by_run.ipynb") == settled(desk.root / "ours.ipynb")


def test_tags_decide_what_runs_and_what_may_raise(desk: Desk) -> None:
    path = written(desk.root, ("x = 1", "1 / 0", "raise SystemExit", "print(x)"))
    document = nbformat.read(path, as_version=4)
    document.cells[2].metadata["tags"] = ["raises-exception"]
    document.cells[3].metadata["tags"] = ["skip-execution"]
    nbformat.write(document, path)
    assert desk.cellmill("run", path.name, "-o", "out.ipynb").code == 0
    cells = desk.read("out.ipynb").cells
    assert [output.output_type for output in cells[2].outputs] == ["error"]
    assert cells[3].outputs == []
    assert cells[4].outputs[0].text == "1\n"


def test_an_error_that_a_cell_only_shows_is_a_failure(desk: Desk) -> None:
    shows = "try:\n    1 / 0\nexcept ZeroDivisionError:\n    get_ipython().showtraceback()"
    path = written(desk.root, ("x = 1", shows, "print('never')"))
    said = desk.cellmill("run", path.name, "-o", "out.ipynb")
    assert said.code == 1
    assert "ZeroDivisionError: division by zero" in said.err
    assert desk.read("out.ipynb").cells[-1].execution_count is None


def test_a_notebook_that_exits_has_not_failed(desk: Desk) -> None:
    path = written(desk.root, ("x = 1", "import sys\nsys.exit(0)", "print('never')"))
    said = desk.cellmill("run", path.name, "-o", "out.ipynb")
    assert said.code == 0, said.err
    assert desk.read("out.ipynb").cells[3].execution_count is None


def test_a_cell_that_takes_too_long_ends_it(desk: Desk) -> None:
    from nbclient.exceptions import CellTimeoutError

    path = written(desk.root, ("x = 1", "print('before', flush=True)\nimport time\ntime.sleep(600)"))
    with pytest.raises(CellTimeoutError, match=r"was interrupted. Allow more with --execution-timeout\."):
        papermill.execute_notebook(
            path,
            desk.root / "out.ipynb",
            engine_name="cellmill",
            progress_bar=False,
            execution_timeout=3,
            cwd=desk.root,
        )
    assert "before" in desk.read("out.ipynb").cells[2].outputs[0].text
    assert not [session.pid for session in desk.sessions if Path(f"/proc/{session.pid}").exists()]


def test_the_notebook_is_saved_while_a_cell_runs(desk: Desk, tmp_path: Path) -> None:
    flag, output = tmp_path / "flag", desk.root / "out.ipynb"
    flag.touch()
    waiting = f"import pathlib, time\nwhile pathlib.Path({str(flag)!r}).exists():\n    time.sleep(0.01)"
    written(desk.root, ("print('first')", waiting))
    process = desk.begin("run", "work.ipynb", "-o", "out.ipynb")
    try:
        wait_for(lambda: output.exists() and '"first\\n"' in output.read_text("utf-8"))
        assert desk.read("out.ipynb").cells[1].outputs[0].text == "first\n"
        flag.unlink()
        assert process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0
    finally:
        process.kill()
        process.communicate()


def test_what_ran_before_an_interrupt_is_kept(desk: Desk, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    written(
        desk.root, ("print('first')", f"import pathlib, time\npathlib.Path({str(mark)!r}).touch()\ntime.sleep(600)")
    )
    process = desk.begin("run", "work.ipynb", "-o", "out.ipynb")
    try:
        wait_for(mark.exists)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == EXIT_INTERRUPTED, said
    finally:
        process.kill()
        process.communicate()
    above, *cells = desk.read("out.ipynb").cells
    (first,) = [cell for cell in cells if "print('first')" in cell.source]
    assert first.outputs[0].text == "first\n"
    assert "interrupted" in above.source  # as papermill marks a cell that raised
    (session,) = desk.sessions
    assert session.ended == "died"
    assert not Path(f"/proc/{session.pid}").exists()


# --- warm or cold

PARENT = "import os\nprint(open(f'/proc/{os.getppid()}/cmdline').read())"


@pytest.mark.skipif(not can_fork(), reason="kernels are forked on Linux alone")
def test_a_kernel_is_warm_unless_it_is_to_be_cold(desk: Desk) -> None:
    written(desk.root, ("x = 1", PARENT))
    environment = desk.environment({})
    assert warm_up(Interpreter(sys.executable), environment, timeout_s=PATIENCE_S) is not None

    def is_warm(*options: str) -> bool:
        said = desk.cellmill("run", "work.ipynb", "-o", "out.ipynb", *options)
        assert (said.code, said.err) == (0, "")
        return "cellmill.executors.warm.server" in desk.read("out.ipynb").cells[2].outputs[0].text

    assert is_warm()
    assert not is_warm("--cold")
    desk.project.settings.write_text("warm_kernels = false\n")
    assert not is_warm()


@pytest.mark.skipif(not can_fork(), reason="kernels are forked on Linux alone")
def test_a_fork_server_that_dies_in_the_middle_does_not_stop_a_run(desk: Desk) -> None:
    """It kills the server that it was forked from, and goes on; the next one finds a dead server, and does without."""
    written(desk.root, ("x = 1", PARENT, "import signal, time\nos.kill(os.getppid(), signal.SIGKILL)", "print('end')"))
    environment = {"PYTHONHASHSEED": "77"}
    # With all that the run will ask for: else another server takes its place, and there is one after all.
    found = warm_up(Interpreter(sys.executable), desk.environment(environment), NEEDED, timeout_s=PATIENCE_S)
    assert found is not None
    said = desk.cellmill("run", "work.ipynb", "-o", "out.ipynb", **environment)
    assert said.code == 0, said.err
    assert desk.read("out.ipynb").cells[4].outputs[0].text == "end\n"
    wait_for(lambda: not Path(f"/proc/{found.pid}").exists() or "\nState:\tZ" in stat_of(found.pid))
    written(desk.root, ("x = 1", "print('end')"))
    assert found.pid in [each.pid for each in servers()]
    said = desk.cellmill("run", "work.ipynb", "-o", "out.ipynb", **environment)
    assert (said.code, said.err) == (0, "")
    assert desk.read("out.ipynb").cells[2].outputs[0].text == "end\n"
    assert found.pid not in [each.pid for each in servers()]


def stat_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return "\nState:\tZ"
