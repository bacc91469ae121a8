"""Who works with which kernel, and in what: written down once for each session of the kernel."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from cellmill.capture.journal import append_once
from cellmill.core.clock import now_ms
from cellmill.core.events import ClientSeen
from cellmill.core.ids import SessionId
from cellmill.core.runs import Session
from cellmill.server.workspace import ProjectWatch, Workspace

# A page of the Jupyter server, told by the first part of its path below the server's base URL.
_PAGES = {
    "lab": "jupyterlab",
    "doc": "jupyterlab",
    "notebooks": "notebook",
    "tree": "notebook",
    "consoles": "notebook",
    "edit": "notebook",
    "nbclassic": "nbclassic",
    "voila": "voila",
}
# What Jupyter Server calls whoever comes with the server's own token: a name drawn by lot says nothing.
_NOBODY = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Client:
    """A person, as the Jupyter server knows them, and a front end. Either may be unknown."""

    user: str | None = None
    name: str | None = None
    front_end: str | None = None


class Clients:
    """The clients of each kernel, as long as the server runs."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._connected: dict[str, dict[str | None, Client]] = {}
        """Of each kernel who has connected to it, by user; None stands for all whom the server does not know."""
        self._told: set[tuple[SessionId, Client]] = set()

    def connected(self, kernel: str, client: Client) -> None:
        """Someone may run cells from now on. Written by `tell`: the kernel may not have a journal yet."""
        self._connected.setdefault(kernel, {}).setdefault(client.user, client)

    def opened(self, kernel: str, client: Client) -> None:
        """A page shows the kernel's notebook. Of who only looks on, nothing is kept."""
        users = self._connected.get(kernel, {})
        if client.user in users and client.front_end is not None:
            users[client.user] = client

    def tell(self) -> set[SessionId]:
        """Write down who was seen. Returns the sessions concerned."""
        told: set[SessionId] = set()
        for kernel, users in list(self._connected.items()):
            clients = [client for client in users.values() if client != Client()]
            for watch in self._workspace.projects:
                session = self._workspace.session_of_kernel(watch, kernel)
                if session is not None and self._write(watch, session, clients):
                    told.add(session.session)
        return told

    def _write(self, watch: ProjectWatch, session: Session, clients: list[Client]) -> bool:
        new = [client for client in clients if (session.session, client) not in self._told]
        if new:
            at_ms = now_ms()
            events = [ClientSeen(at_ms, client.user, client.name, client.front_end) for client in new]
            append_once(watch.project.outside_journal(session.session), *events)
            self._told |= {(session.session, client) for client in new}
        return bool(new)


def client_of(handler: Any) -> Client:
    """Return who makes a request, and from which page."""
    user = handler.current_user
    username, name = str(getattr(user, "username", None) or ""), str(getattr(user, "display_name", None) or "")
    if _NOBODY.fullmatch(username) and name.startswith("Anonymous "):
        username = name = ""
    page = _page(handler.request.headers.get("Referer"), handler.settings.get("base_url", "/"))
    return Client(username or None, name if name and name != username else None, page)


def _page(address: str | None, base_url: str) -> str | None:
    path = urlsplit(address or "").path
    if not path.startswith(base_url):
        return None
    return _PAGES.get(path.removeprefix(base_url).lstrip("/").partition("/")[0])


def watch_connections(web_app: Any, clients: Clients, log: Any) -> None:
    """See who connects to a kernel: cells are sent over that connection, with or without an extension of ours."""
    setting = "kernel_websocket_connection_class"
    original: Any = web_app.settings.get(setting)
    if original is None:
        return

    class SeenConnection(original):
        async def connect(self) -> Any:
            try:
                clients.connected(self.kernel_id, client_of(self.websocket_handler))
            except Exception:  # the user's kernel is connected, whatever is wrong with us
                log.exception("Cellmill could not see who connects to a kernel")
            return await super().connect()

    SeenConnection.__name__, SeenConnection.__qualname__ = original.__name__, original.__qualname__
    SeenConnection.__module__ = original.__module__
    web_app.settings[setting] = SeenConnection
