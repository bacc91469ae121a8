"""A server that ends takes everything with it."""

import signal
from pathlib import Path

import psutil
import pytest
from tests.server.jupyter import its_family, jupyter, wait_for


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_server_leaves_no_process_behind(tmp_path: Path, empty_database: Path, how: signal.Signals) -> None:
    with jupyter(tmp_path, empty_database) as server, server.notebook("work.ipynb") as notebook:
        notebook.wait_until_captured()
        assert server.get("models") == {"models": []}
        family = wait_for(
            lambda: its_family(server.process.pid),
            lambda found: any("cellmill.wiring.store_process" in member.cmdline() for member in found),
        )
        assert notebook.process() in family
        server.process.send_signal(how)
        server.process.wait(60)
        left = psutil.wait_procs(family, timeout=60)[1]
    assert left == []
