"""Who works with a kernel, and in what: the server knows, and the run shows it."""

from contextlib import closing

import httpx
from tests.server.jupyter import READER, WRITER, Jupyter, Notebook, wait_for
from websocket import create_connection

from cellmill.capture.journal import read_events
from cellmill.core.events import ClientSeen
from cellmill.core.ids import SessionId

FIT = "from sklearn.linear_model import Ridge\nmodel = Ridge().fit([[1.0], [2.0]], [1.0, 2.0])"


def connects(notebook: Notebook) -> None:
    """What every front end does to run cells. Readers may not."""
    address = notebook.server.address.replace("http", "ws", 1)
    channels = f"{address}/api/kernels/{notebook.kernel}/channels?session_id=1"
    with closing(create_connection(channels, header={"Authorization": f"token {WRITER}"})):
        pass


def opens(notebook: Notebook, page: str, *, token: str = WRITER) -> None:
    """What the browser does besides when a notebook is opened in a page: it asks for the state of capture."""
    server = notebook.server
    headers = {"Authorization": f"token {token}"}
    answer = httpx.get(
        f"{server.address}/cellmill/api/capture",
        params={"notebook": notebook.path},
        headers={**headers, "Referer": f"{server.address}/{page}/{notebook.path}"},
        timeout=60,
    )
    assert answer.status_code == 200


def where(server: Jupyter, run: str) -> tuple[str, str]:
    environment = server.get(f"runs/{run}")["environment"]
    return environment["user"], environment["front_end"]


def clients(server: Jupyter, session: str) -> list[tuple[str | None, str | None]]:
    events = read_events(server.project.outside_journal(SessionId(session)))[0]
    return [(event.user, event.front_end) for event in events if isinstance(event, ClientSeen)]


def test_a_run_shows_the_identity_of_who_opened_the_notebook_and_the_page(server: Jupyter) -> None:
    with server.notebook("who.ipynb") as notebook:
        session = notebook.wait_until_captured()["session"]
        notebook.run(FIT)
        [first] = wait_for(lambda: server.runs("who.ipynb"))
        assert where(server, first["run"])[1] == "jupyter"  # nobody has opened it yet

        connects(notebook)
        opens(notebook, "notebooks", token=READER)  # who looks on
        opens(notebook, "lab/tree")
        wait_for(lambda: clients(server, session), lambda seen: (WRITER, "jupyterlab") in seen)
        assert READER not in [user for user, _ in clients(server, session)]
        notebook.run(FIT)
        second, first = wait_for(lambda: server.runs("who.ipynb"), lambda found: len(found) == 2)
        assert where(server, second["run"]) == (WRITER, "jupyterlab")

        opens(notebook, "notebooks")
        wait_for(lambda: clients(server, session), lambda seen: (WRITER, "notebook") in seen)
        notebook.run(FIT)
        third, second, first = wait_for(lambda: server.runs("who.ipynb"), lambda found: len(found) == 3)
        assert where(server, third["run"]) == (WRITER, "notebook")
        assert where(server, second["run"]) == (WRITER, "jupyterlab")


def test_a_restarted_kernel_has_the_same_users(server: Jupyter) -> None:
    with server.notebook("again.ipynb") as notebook:
        connects(notebook)
        opens(notebook, "lab/tree")
        first = notebook.wait_until_captured()["session"]
        notebook.restart()
        second = wait_for(
            lambda: server.get("capture", notebook="again.ipynb")["session"], lambda found: found not in (None, first)
        )
        wait_for(lambda: clients(server, second), lambda seen: (WRITER, "jupyterlab") in seen)
        assert {user for user, _ in clients(server, second)} == {WRITER}
        notebook.run(FIT)
        [run] = wait_for(lambda: server.runs("again.ipynb"))
        assert where(server, run["run"]) == (WRITER, "jupyterlab")
