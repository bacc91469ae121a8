"""How long after a cell's end its run is there for the sidebar: journal, server, event and answer."""

import json
import tempfile
import time
from contextlib import closing
from pathlib import Path

from tests.server.jupyter import PATIENCE_S, WRITER, Jupyter, Notebook, jupyter
from websocket import WebSocket, create_connection

from benchmarks.bench import Bench
from benchmarks.figures import Figure, estimate, percentile
from benchmarks.kernels import BenchmarkFailed
from cellmill.stores.mlflow_client import client_for

IMPORTS = "from sklearn.linear_model import Ridge\nX, y = [[1.0], [2.0], [3.0]], [1.0, 2.0, 3.5]"
NOTEBOOK = "work.ipynb"


def measure(bench: Bench, rounds: int) -> list[Figure]:
    """Fit models in a notebook of a real server, and do what the sidebar does: wait to be told, then ask."""
    with tempfile.TemporaryDirectory(prefix="cellmill-bench-sidebar-", ignore_cleanup_errors=True) as folder:
        database = Path(folder) / "template" / "mlflow.db"
        database.parent.mkdir()
        client_for(f"sqlite:///{database.as_posix()}").search_experiments()
        home = Path(folder) / "home"
        home.mkdir()
        with jupyter(home, database) as server, server.notebook(NOTEBOOK) as notebook:
            took_ms = _fits(bench, server, notebook, rounds)
    return [
        Figure(
            "from a cell's end to its run in the sidebar's hands, p95", "ms",
            estimate(lambda values: percentile(values, 0.95), took_ms), None, "",
            300.0, rounds, "the drawing in the browser, some milliseconds more, is not in it",
        )
    ]  # fmt: skip


def _fits(bench: Bench, server: Jupyter, notebook: Notebook, rounds: int) -> list[float]:
    took_ms = []
    address = server.address.replace("http", "ws", 1) + "/api/events/subscribe"
    header = {"Authorization": f"token {WRITER}"}
    with closing(create_connection(address, header=header, timeout=PATIENCE_S)) as told, notebook.client() as client:
        client.execute_interactive(IMPORTS, timeout=PATIENCE_S, output_hook=lambda message: None)
        for number in range(rounds):
            if number % 10 == 0:
                bench.say(f"{number} of {rounds} runs shown")
            time.sleep(0.7 + number % 7 / 35)  # at another moment of the server's beat each time
            client.execute(f"model = Ridge(alpha={number + 1}).fit(X, y)")
            client.get_shell_msg(timeout=PATIENCE_S)
            began = time.perf_counter()
            _until_shown(server, told, number + 1)
            took_ms.append((time.perf_counter() - began) * 1000)
    return took_ms


def _until_shown(server: Jupyter, told: WebSocket, runs: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        event = json.loads(told.recv())
        if event.get("subject") == "runs" and len(server.runs(NOTEBOOK)) == runs:
            return
    raise BenchmarkFailed(f"run {runs} was not shown within {PATIENCE_S:g} s")
