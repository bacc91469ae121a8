"""Two notebooks on one kernel: each shows its own runs."""

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from tests.server.jupyter import PATIENCE_S, Jupyter, wait_for

DATA = "from sklearn.linear_model import Lasso, Ridge\nX, y = [[1.0], [2.0], [3.0]], [1.0, 2.0, 3.5]"
CELLS = {"one.ipynb": ("data", "ridge"), "two.ipynb": ("lasso",)}
SOURCES = {"data": DATA, "ridge": "first = Ridge().fit(X, y)", "lasso": "second = Lasso().fit(X, y)"}


def save(server: Jupyter, name: str) -> None:
    cells = [new_code_cell(SOURCES[cell], id=cell) for cell in CELLS[name]]
    nbformat.write(new_notebook(cells=cells), server.root / name)


def test_each_notebook_of_a_shared_kernel_has_the_runs_of_its_own_cells(server: Jupyter) -> None:
    with server.notebook("one.ipynb") as notebook:
        asked = {"path": "two.ipynb", "name": "two.ipynb", "type": "notebook", "kernel": {"id": notebook.kernel}}
        save(server, "one.ipynb")
        save(server, "two.ipynb")
        other = server.ask_jupyter("api/sessions", "POST", asked)
        assert other.status_code == 201, other.text
        notebook.wait_until_captured()
        with notebook.client() as client:
            for cell, source in SOURCES.items():
                message = client.session.msg("execute_request", _request(source), metadata={"cellId": cell})
                client.shell_channel.send(message)
                client.get_shell_msg(timeout=PATIENCE_S)

        def classes(path: str) -> list[str]:
            return [run["model_class"].rpartition(".")[2] for run in server.runs(path)]

        wait_for(lambda: (classes("one.ipynb"), classes("two.ipynb")), lambda found: found == (["Ridge"], ["Lasso"]))
        [run] = server.runs("two.ipynb")
        parts = server.get(f"runs/{run['run']}")["executions"]
        assert [part["cell"] for part in parts] == ["data", "lasso"]
        server.ask_jupyter(f"api/sessions/{other.json()['id']}", "DELETE")


def _request(source: str) -> dict[str, object]:
    return {"code": source, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
