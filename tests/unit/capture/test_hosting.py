"""Who started a kernel, told by its environment."""

import os
from pathlib import Path

from cellmill.capture.hosting import Host, announce_server, engine_environment, take_host
from cellmill.core.ids import SessionId


def test_the_engine_names_the_session_and_the_notebook_of_its_kernel() -> None:
    environment = {"PATH": "/bin"} | engine_environment(SessionId("s"), Path("/p/a.ipynb"))
    assert take_host(environment) == Host("engine", SessionId("s"), "/p/a.ipynb", None)
    assert environment == {"PATH": "/bin"}


def test_a_kernel_that_a_cell_starts_is_not_the_session_that_was_meant() -> None:
    environment = engine_environment(SessionId("s"), Path("/p/a.ipynb"))
    take_host(environment)
    assert take_host(environment) == Host("unknown", None, None, None)


def test_a_server_says_that_the_kernel_is_its_own() -> None:
    environment: dict[str, str] = {}
    announce_server(Path("/p"), environment)
    environment |= {"JPY_PARENT_PID": str(os.getpid()), "JPY_SESSION_NAME": "/p/a.ipynb"}
    hosts = [take_host(environment), take_host(environment)]
    assert hosts == [Host("server", None, "/p/a.ipynb", Path("/p"))] * 2  # a restarted kernel asks again


def test_a_kernel_below_the_servers_is_nobodys_but_knows_the_root() -> None:
    environment: dict[str, str] = {}
    announce_server(Path("/p"), environment)
    environment |= {"JPY_PARENT_PID": "1", "JPY_SESSION_NAME": "/p/a.ipynb"}
    assert take_host(environment) == Host("unknown", None, None, Path("/p"))


def test_a_console_of_the_servers_has_no_notebook() -> None:
    environment: dict[str, str] = {}
    announce_server(Path("/p"), environment)
    environment["JPY_PARENT_PID"] = str(os.getpid())
    assert take_host(environment) == Host("server", None, None, Path("/p"))
