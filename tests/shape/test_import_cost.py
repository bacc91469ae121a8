"""What an import of ours loads, and what it does not: it is paid for in the user's kernel and at every prompt."""

import json
import subprocess
import sys

import pytest

HEAVY = {"mlflow", "papermill", "pandas", "numpy", "sklearn", "ipywidgets", "pydantic"}
SHELLS = {"IPython", "ipykernel", "jupyter_server", "tornado", "nbformat", "rich"}

HELP = """
import sys
from cellmill.cli import main
sys.argv = ["cellmill", *{words!r}]
try:
    main()
except SystemExit:
    pass
"""
DOORS = [
    ("import cellmill", HEAVY | SHELLS),
    ("import cellmill.cli", (HEAVY | SHELLS) - {"rich"}),
    (HELP.format(words=["--help"]), (HEAVY | SHELLS) - {"rich"}),
    (HELP.format(words=["--version"]), (HEAVY | SHELLS) - {"rich"}),
    # Typer looks for pydantic by itself, once a command has parameters.
    (HELP.format(words=["run", "--help"]), (HEAVY | SHELLS) - {"rich", "pydantic"}),
    # nbformat's validation builds a grammar of IRIs with lark where it can: seconds.
    (HELP.format(words=["params", "notebooks/01_flight_delays.ipynb"]), (HEAVY | {"lark"}) - {"pydantic"}),
    # What finds that a pipeline has nothing to do.
    ("import cellmill.cli.idle, cellmill.wiring.situations", (HEAVY | SHELLS | {"jsonschema"}) - {"rich"}),
    ("import cellmill.kernel.extension", HEAVY | SHELLS),
    ("import cellmill.capture.probes.sklearn", HEAVY | SHELLS),
    ("import cellmill.stores.mlflow_context", HEAVY | SHELLS),
    ("import cellmill.wiring.recorder, cellmill.wiring.store_process", HEAVY),
    ("import cellmill.server.extension", HEAVY - {"pydantic"}),
    ("import papermill", {"mlflow", "pandas", "sklearn", "ipywidgets"}),  # which loads our engine
]


def loaded_by(code: str) -> set[str]:
    """Return the top-level packages that a fresh interpreter holds after running some code."""
    told = "import json, sys; print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    done = subprocess.run(
        [sys.executable, "-I", "-W", "ignore", "-c", f"{code}\n{told}"], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    ("code", "without"), DOORS, ids=[code.strip().splitlines()[-5 if "main" in code else 0] for code, _ in DOORS]
)
def test_a_door_opens_without_what_only_stands_behind_it(code: str, without: set[str]) -> None:
    assert loaded_by(code) & without == set()


def test_what_is_loaded_is_seen() -> None:
    assert loaded_by("import pandas") >= {"pandas", "numpy"}
