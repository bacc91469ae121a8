"""What cells show is kept, with no front end that listens."""

import os
import signal
from pathlib import Path

import pytest
from tests.kernel.conftest import StartKernel
from tests.kernel.kernels import Answer, Kernel

from cellmill.core.event_parts import Output


def outputs(kernel: Kernel, answer: Answer) -> list[Output]:
    """Return what was kept of an execution, once anything was: it is written in the background."""

    def kept() -> tuple[Output, ...]:
        return next(e.outputs for e in kernel.executions if e.execution == answer.execution)

    kernel.wait_until(lambda: bool(kept()))
    return list(kept())


CASES = [
    ("print('hello')", [("stdout", "text/plain", "hello\n")]),
    ("import sys; print('bad', file=sys.stderr)", [("stderr", "text/plain", "bad\n")]),
    ("6 * 7", [("result", "text/plain", "42")]),
    ("!echo from a shell", [("stdout", "text/plain", "from a shell\n")]),
    ("for n in range(10_000):\n    print(f'\\r{n}', end='')\nprint()", [("stdout", "text/plain", "9999\n")]),
    ("pd.DataFrame({'a': [1]})", [("result", "text/html", None), ("result", "text/plain", "   a\n0  1")]),
]


@pytest.mark.parametrize(("source", "kept"), CASES, ids=[case[0].partition("\n")[0] for case in CASES])
def test_what_a_cell_shows_is_kept(kernel: Kernel, source: str, kept: list[tuple[str, str, str | None]]) -> None:
    assert [(o.kind, o.mime, o.text) for o in outputs(kernel, kernel.run(source))] == kept


def test_a_figure_is_a_picture_among_the_blobs(kernel: Kernel) -> None:
    answer = kernel.run("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()")
    [figure] = outputs(kernel, answer)
    assert figure.mime == "image/png"
    assert (kernel.project.blobs / str(figure.sha256)).read_bytes().startswith(b"\x89PNG")


def test_output_of_a_thread_after_its_cell_belongs_to_the_cell(kernel: Kernel) -> None:
    answer = kernel.run("import threading\nthreading.Timer(0.2, lambda: print('late')).start()")
    assert [output.text for output in outputs(kernel, answer)] == ["late\n"]


def test_a_silent_request_and_a_pause_show_nothing(start: StartKernel) -> None:
    kernel = start()
    kernel.run("print('silently')", silent=True)
    kernel.run("%cellmill pause")
    kernel.run("print('paused')")
    kernel.run("%cellmill resume")
    outputs(kernel, kernel.run("print('again')"))
    kept = [output.text for execution in kernel.executions for output in execution.outputs]
    assert "again\n" in kept
    assert not {"silently\n", "paused\n"} & set(kept)


def test_of_a_kernel_that_is_killed_what_it_showed_until_a_second_before_is_there(start: StartKernel) -> None:
    kernel = start()
    cell = kernel.begin("import time\nprint('training')\ntime.sleep(60)")
    kernel.wait_until(lambda: any(execution.outputs for execution in kernel.executions))
    os.kill(kernel.pid, signal.SIGKILL)
    kernel.wait(cell)
    [execution] = kernel.executions
    assert ([output.text for output in execution.outputs], execution.outcome) == (["training\n"], "interrupted")


LONG = """\
import time
from IPython.display import HTML, clear_output, display, update_display
print("gone")
display(HTML("<i>0 %</i>"), display_id="bar")
time.sleep(1.5)
for percent in range(1, 5):
    update_display(HTML(f"<i>{percent} %</i>"), display_id="bar")
    time.sleep(0.6)
"""


def test_of_a_display_its_last_state_is_kept_where_it_stands(start: StartKernel) -> None:
    kernel = start()
    answer = kernel.run(LONG)
    kernel.wait_until(lambda: "4 %" in html(kernel, answer))
    assert [(o.kind, o.mime) for o in outputs(kernel, answer)] == [
        ("stdout", "text/plain"),
        ("display", "text/html"),
        ("display", "text/plain"),
    ]
    kernel.run("update_display(HTML('<i>from another cell</i>'), display_id='bar')")
    kernel.wait_until(lambda: "from another cell" in html(kernel, answer))
    assert [len(execution.outputs) for execution in kernel.executions] == [3, 0]


def html(kernel: Kernel, answer: Answer) -> str:
    found = [o.sha256 for o in outputs(kernel, answer) if o.mime == "text/html"]
    assert len(found) <= 1
    return (kernel.project.blobs / str(found[0])).read_text() if found else ""


def test_what_was_cleared_after_it_was_written_is_gone(start: StartKernel, tmp_path: Path) -> None:
    def texts() -> list[str | None]:
        return [output.text for execution in kernel.executions for output in execution.outputs]

    kernel, flag = start(), tmp_path / "written"
    waits = f"while not pathlib.Path({str(flag)!r}).exists():\n    time.sleep(0.01)"
    imports = "import pathlib, time\nfrom IPython.display import clear_output"
    cell = kernel.begin(f"{imports}\nprint('gone')\n{waits}\nclear_output(wait=True)\nprint('end')")
    kernel.wait_until(lambda: texts() == ["gone\n"])
    flag.touch()
    kernel.wait(cell)
    kernel.wait_until(lambda: "end\n" in texts())
    assert texts() == ["end\n"]
