"""A process that runs notebooks through one of the peers' Python interfaces, again and again: `warm_worker PEER`.

A request is a line `[notebook, output, parameters]`; the answer is the seconds that it took.
"""

import json
import logging
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[[str, str, dict[str, Any]], Any]


def _papermill(engine: str | None) -> Run:
    import papermill

    logging.getLogger("papermill").setLevel(logging.ERROR)

    def run(notebook: str, output: str, parameters: dict[str, Any]) -> None:
        folder = str(Path(notebook).parent)
        papermill.execute_notebook(
            notebook, output, parameters, engine_name=engine, progress_bar=False, cwd=folder, kernel_name="python3"
        )

    return run


def _nbclient() -> Run:
    import nbformat
    from nbclient import NotebookClient

    def run(notebook: str, output: str, parameters: dict[str, Any]) -> None:
        document = nbformat.read(notebook, as_version=4)
        folder = {"metadata": {"path": str(Path(notebook).parent)}}
        NotebookClient(document, resources=folder, kernel_name="python3").execute()
        nbformat.write(document, output)

    return run


PEERS: dict[str, Callable[[], Run]] = {
    "cellmill": lambda: _papermill("cellmill"),
    "papermill": lambda: _papermill(None),
    "nbclient": _nbclient,
}


def main() -> None:
    """Answer until the input ends."""
    warnings.simplefilter("ignore")
    run = PEERS[sys.argv[1]]()
    print("ready", flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        began_s = time.perf_counter()
        run(*asked)
        print(time.perf_counter() - began_s, flush=True)


if __name__ == "__main__":
    main()
