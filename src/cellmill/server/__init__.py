"""The shell inside the Jupyter server: REST, events, and the recorder's comings and goings."""

from typing import Any


def _load_jupyter_server_extension(serverapp: Any) -> None:
    from cellmill.server.extension import load

    load(serverapp)
