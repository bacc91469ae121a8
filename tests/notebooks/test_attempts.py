"""Headless runs that fail, take too long, are told as JSON, or lie elsewhere."""

import functools
import http.server
import json
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.notebooks.commands import Desk, is_refused
from tests.server.jupyter import wait_for


def log_of(text: str) -> list[dict[str, Any]]:
    """Every line is JSON, or this fails."""
    return [json.loads(line) for line in text.splitlines()]


def test_a_run_that_fails_is_tried_again_and_told_as_json(desk: Desk) -> None:
    desk.notebook(
        "flaky.ipynb",
        "limit = 2",
        "from pathlib import Path\ncount = Path('count')\nbefore = int(count.read_text()) if count.exists() else 0\n"
        "count.write_text(str(before + 1))",
        "assert int(count.read_text()) >= limit, 'not yet'",
    )  # fmt: skip
    said = desk.cellmill("run", "flaky.ipynb", "--retries", "2", "--log-json", "-o", "out.ipynb")
    assert said.code == 0, said.err
    told = log_of(said.err)
    assert [(line["event"], line.get("attempt")) for line in told if line["event"] != "cell"] == [
        ("started", 1),
        ("failed", 1),
        ("started", 2),
        ("ended", 2),
    ]
    failed = told[[line["event"] for line in told].index("failed")]
    assert (failed["kind"], failed["again"]) == ("cell_failed", True)
    assert "AssertionError: not yet" in failed["message"]
    cells = [(line["position"], line["of"], line["outcome"]) for line in told if line["event"] == "cell"]
    assert cells == [(1, 3, "ok"), (2, 3, "ok"), (3, 3, "error"), (1, 3, "ok"), (2, 3, "ok"), (3, 3, "ok")]

    nobody = "http://127.0.0.1:1/out.ipynb"
    words = ("-p", "limit=100", "--retries", "1", "--log-json", "--json", "-o", nobody)
    said = desk.cellmill("run", "flaky.ipynb", *words)
    assert said.code == 1  # for the cell, not for the address
    told = log_of(said.err)
    assert [line["again"] for line in told if line["event"] == "failed"] == [True, False]
    kept = [line["message"] for line in told if line["event"] == "said"]
    assert [f"Cannot write {nobody}" in words for words in kept] == [True, True]
    output = Path(said.json["output"])  # one document, of the last attempt
    assert f"lies at executed/{output.name}: copy it from there" in kept[1]
    assert "This cell raised an error" in desk.read(output).cells[-2].source


@pytest.mark.parametrize(
    ("option", "words", "mark"),
    [
        (
            "--cell-timeout",
            "Cell 2 of slow.ipynb ran for longer than 3 s and was interrupted. Allow more with --cell-timeout.",
            "took too long",
        ),
        (
            "--timeout",
            "slow.ipynb ran for longer than 3 s in all, and cell 2 was interrupted. Allow more with --timeout.",
            "was running when the time for all cells was up",
        ),
    ],
)
def test_a_run_that_takes_too_long_is_ended_and_kept(desk: Desk, option: str, words: str, mark: str) -> None:
    desk.notebook("slow.ipynb", "a = 1", "import time\nprint('here', flush=True)\ntime.sleep(600)", "print('never')")
    is_refused(desk.cellmill("run", "slow.ipynb", option, "3", "-o", "out.ipynb"), words, code=1)
    top, first, above, slow, _ = desk.read("out.ipynb").cells
    assert (first.source, top.source) == ("a = 1", f"**In [2] {mark}.**")
    assert above.source == f"**This cell {mark}, and the run stopped here.**"
    assert "here" in slow.outputs[0].text


def test_a_watched_notebook_runs_again_when_it_changes(desk: Desk) -> None:
    path = desk.notebook("work.ipynb", "a = 1", "print('first')")
    process = desk.begin("run", "work.ipynb", "--watch", "-o", "out.ipynb")
    out = desk.root / "out.ipynb"
    wait_for(lambda: out.exists() and "first\\n" in out.read_text())
    desk.notebook("work.ipynb", "a = 1", "print('second')")
    wait_for(lambda: "second\\n" in out.read_text())
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=120)
    assert process.returncode == 130
    assert path.exists()


@pytest.fixture
def address(desk: Desk) -> Iterator[str]:
    """Where the desk's files are served."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(desk.root / "served"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_notebook_that_lies_elsewhere_is_fetched_and_run_here(desk: Desk, address: str) -> None:
    desk.notebook("served/far.ipynb", "a = 1", "import os\nprint(a, os.listdir())")
    (desk.root / "here.txt").touch()
    said = desk.cellmill("run", f"{address}/far.ipynb", "-p", "a=7", "-o", "out.ipynb")
    assert said.code == 0, said.err
    shown = desk.read("out.ipynb").cells[-1].outputs[0].text
    assert shown.startswith("7 ")
    assert "here.txt" in shown
    is_refused(desk.cellmill("run", f"{address}/none.ipynb"), "There is no notebook at http", "something else came")
    said = desk.cellmill("run", f"{address}/far.ipynb", "-o", f"{address}/out.ipynb")  # the server takes nothing
    is_refused(said, f"Cannot write {address}/out.ipynb: 501", "The executed notebook lies at executed/far-")
