"""A server that ends takes everything with it."""

import signal
from pathlib import Path

import psutil
import pytest
from tests.processes import runs
from tests.server.jupyter import Jupyter, its_family, jupyter, wait_for

from cellmill.capture.sessions import load_sessions


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_server_leaves_no_process_behind(tmp_path: Path, empty_database: Path, how: signal.Signals) -> None:
    with jupyter(tmp_path, empty_database) as server, server.notebook("work.ipynb") as notebook:
        notebook.wait_until_captured()
        assert server.get("models") == {"models": []}
        family = wait_for(
            lambda: its_family(server.process.pid),
            lambda found: any(runs(member, "cellmill.wiring.store_process") for member in found),
        )
        assert notebook.process() in family
        server.process.send_signal(how)
        server.process.wait(60)
        left = psutil.wait_procs(family, timeout=60)[1]
    assert left == []


def ends(server: Jupyter) -> list[str | None]:
    """Return how the server's sessions ended, as the next who reads the journals sees it; oldest first."""
    return [session.ended for session in load_sessions(server.project).all()]


def test_a_kernel_that_is_shut_down_through_the_server_has_not_died(server: Jupyter) -> None:
    before = len(ends(server))
    with server.notebook("work.ipynb") as notebook:
        notebook.wait_until_captured()
        notebook.restart()
        wait_for(lambda: ends(server)[before:], lambda seen: seen == ["restarted", None])
    wait_for(lambda: ends(server)[before:], lambda seen: seen == ["restarted", "shut down"])


def test_a_kernel_that_died_has_not_been_shut_down_afterwards(server: Jupyter) -> None:
    before = len(ends(server))
    with server.notebook("work.ipynb") as notebook:
        notebook.wait_until_captured()
        notebook.process().kill()
        wait_for(lambda: ends(server)[before:], lambda seen: seen == ["died", None])  # Jupyter starts it again
    wait_for(lambda: ends(server)[before:], lambda seen: seen == ["died", "shut down"])


def test_a_server_that_is_stopped_shuts_its_kernels_down(tmp_path: Path, empty_database: Path) -> None:
    with jupyter(tmp_path, empty_database) as server, server.notebook("work.ipynb") as notebook:
        notebook.wait_until_captured()
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(60)
        assert ends(server) == ["shut down"]
