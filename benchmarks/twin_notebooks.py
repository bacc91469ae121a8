"""Whole notebooks, executed with and without capture by those who execute notebooks: are the files the same?"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from tests.kernel.kernels import kernel_specs, new_project

from benchmarks.twins import STEADY

PATIENCE_S = 600
# Without `record_timing` nothing of the clock gets into the file.
WITH_NBCLIENT = """\
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, kernel_name=sys.argv[3], allow_errors=True, record_timing=False, timeout=300).execute()
nbformat.write(notebook, sys.argv[2])
"""
WITH_PAPERMILL = """\
import sys, papermill
try:
    papermill.execute_notebook(sys.argv[1], sys.argv[2], kernel_name=sys.argv[3], progress_bar=False)
except papermill.exceptions.PapermillExecutionError:
    pass
"""
WAYS = {"nbclient": WITH_NBCLIENT, "papermill": WITH_PAPERMILL}
_CHANGING = (
    (re.compile(r'"(start_time|end_time|duration|date)": [^,\n]*'), r'"\1": 0'),
    (re.compile(r"ipykernel_\d+"), "ipykernel_PID"),
    (re.compile(r"0x[0-9a-fA-F]+"), "0x"),
    (re.compile(r"CPU times:[^\\\n]*"), "CPU times"),
    (re.compile(r"Wall time:[^\\\n]*"), "Wall time"),
    (re.compile(r"(1st|2nd|3rd)/project"), "project"),
    (re.compile(r'"(bare|python3)"'), '"kernel"'),
)


def differing_notebook(notebook: Path, folder: Path, home: Path) -> list[str]:
    """Return the ways of executing in which the file comes out different from a bare kernel's and steady."""
    found = []
    for way, script in WAYS.items():
        bare, captured = (
            _executed(script, notebook, folder / way / turn / "project", home, kernel)
            for turn, kernel in (("1st", "bare"), ("2nd", "python3"))
        )
        if bare != captured:
            again = _executed(script, notebook, folder / way / "3rd" / "project", home, "bare")
            if bare == again:
                found.append(f"{way}: {_first_line(bare, captured)}")
    return found


def _executed(script: str, notebook: Path, root: Path, home: Path, kernel: str) -> str:
    """Execute in a project of its own and return the file, without what differs between any two executions."""
    new_project(root)
    written = root / "executed.ipynb"
    dropped = ("CELLMILL_", "JPY_", "JUPYTER", "MLFLOW_", "IPYTHON")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    given = {
        "JUPYTER_PATH": str(kernel_specs(home).parent),
        "IPYTHONDIR": str(home / "ipython"),
        "DO_NOT_TRACK": "true",
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, str(notebook.resolve()), str(written), kernel],
        cwd=root,
        env={**inherited, **given, **STEADY},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    if not written.exists():
        return f"no file: {done.stderr[-400:]}"
    text = written.read_text("utf-8")
    document = json.loads(text)
    document["metadata"].get("papermill", {}).clear()
    # Read and written again only to leave papermill's own notes out: order and spaces stay as they are.
    text = json.dumps(document, indent=1, ensure_ascii=False)
    for changing, instead in _CHANGING:
        text = changing.sub(instead, text)
    return text


def _first_line(one: str, other: str) -> str:
    for first, second in zip(one.splitlines(), other.splitlines(), strict=False):
        if first != second:
            return f"{first.strip()[:200]!r} | {second.strip()[:200]!r}"
    return "one is longer"
