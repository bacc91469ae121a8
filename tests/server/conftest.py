"""One Jupyter server for all tests of this tier; each has a notebook of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.server.jupyter import Jupyter, jupyter


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Iterator[Jupyter]:
    with jupyter(tmp_path_factory.mktemp("jupyter"), empty_database) as server:
        yield server
