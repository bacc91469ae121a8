"""A real JupyterLab on a free port, and a real Chromium that looks at it.

The browser is the one on the PATH, else playwright's own. Everything that Jupyter and MLflow keep
lies in a temporary folder, so nothing of the user's is read or written.
"""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

REPOSITORY = Path(__file__).parents[2]
BUILT = REPOSITORY / "src" / "cellmill" / "labextension"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
QUIETLY = (
    "--no-sandbox",  # Chromium has none to offer to root, which containers often are
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
START_S = 90
# For what a kernel does on a busy machine. The first answer of MLflow's store alone can take 20 s.
PATIENCE_MS = 60_000

KERNEL_IS_READY = """() => {
    const kernel = window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel;
    return kernel?.connectionStatus === 'connected' && kernel?.status === 'idle';
}"""


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab."""

    address: str
    token: str
    root: Path

    def url(self, notebook: str, workspace: str) -> str:
        """Return the address of a notebook. Each workspace remembers its own layout."""
        return f"{self.address}/lab/workspaces/{workspace}/tree/{notebook}?token={self.token}"

    def write(self, notebook: str, *cells: str) -> str:
        """Write a notebook below the root, one cell for each source, with ids cell-0, cell-1 and so on."""
        path = self.root / notebook
        path.parent.mkdir(parents=True, exist_ok=True)
        document = new_notebook(
            cells=[new_code_cell(source, id=f"cell-{at}") for at, source in enumerate(cells)],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        )
        nbformat.write(document, path)
        return notebook

    def ask(self, path: str, method: str = "GET") -> Any:
        """Ask Jupyter itself; None when the answer is empty."""
        request = urllib.request.Request(f"{self.address}/{path}", method=method)
        request.add_header("Authorization", f"token {self.token}")
        with urllib.request.urlopen(request, timeout=30) as answer:
            body = answer.read()
        return json.loads(body) if body else None

    def end_kernels(self) -> None:
        for kernel in self.ask("api/kernels"):
            self.ask(f"api/kernels/{kernel['id']}", method="DELETE")


class Desk:
    """What a user sees of one notebook and of Cellmill. Everything is found by role and text."""

    def __init__(self, lab: Lab, page: Page, workspace: str) -> None:
        self.lab, self.page = lab, page
        self._workspace = workspace

    # --- doing

    def open(self, notebook: str) -> None:
        """Open a notebook, wait for its kernel, and bring the sidebar forward."""
        self.page.goto(self.lab.url(notebook, self._workspace))
        self.wait_for_kernel()
        expect(self.capture("on")).to_be_visible()
        self.show_sidebar()

    def show_sidebar(self) -> None:
        tab = self.page.get_by_role("tab", name="Cellmill", exact=True)
        if tab.get_attribute("aria-selected") != "true":
            tab.click()
        expect(self.sidebar).to_be_visible()

    def wait_for_kernel(self) -> None:
        """Wait until there is a kernel and it is idle: before that a Run All is lost."""
        self.page.wait_for_function(KERNEL_IS_READY, timeout=PATIENCE_MS)

    def run_all(self) -> None:
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()

    def run_cell(self, at: int) -> None:
        """Run one cell, and wait until Jupyter has numbered it."""
        cell = self.page.locator(".jp-Notebook .jp-CodeCell").nth(at)
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")
        expect(cell.locator(".jp-InputArea-prompt")).not_to_have_text("[ ]:")
        self.wait_for_kernel()

    def change_theme(self, theme: str) -> None:
        self.page.evaluate(
            "theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", theme
        )
        light = "true" if theme.endswith("Light") else "false"
        expect(self.page.locator("body")).to_have_attribute("data-jp-theme-light", light)

    # --- seeing

    @property
    def sidebar(self) -> Locator:
        return self.page.get_by_role("region", name="Cellmill", exact=True)

    @property
    def runs(self) -> Locator:
        """The rows of the list, the newest first."""
        return self.sidebar.get_by_role("list", name="Runs", exact=True).get_by_role("button")

    def versions(self, model: str) -> Locator:
        return self.sidebar.get_by_role("list", name=f"Versions of {model}", exact=True).get_by_role("listitem")

    @property
    def details(self) -> Locator:
        return self.sidebar.get_by_role("region", name="Run details")

    def capture(self, state: str) -> Locator:
        """The word in the status bar."""
        return self.page.get_by_role("button", name=f"Cellmill: {state}")

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab with Cellmill, from this environment."""
    home = tmp_path_factory.mktemp("jupyter")
    root = home / "work"
    shutil.copytree(REPOSITORY / "notebooks", root / "notebooks")
    (root / ".git").mkdir()  # makes it a project, whatever lies above the temporary folder
    token, port = secrets.token_hex(16), _free_port()
    started = Lab(f"http://127.0.0.1:{port}", token, root)
    with (home / "lab.log").open("wb") as log:
        process = subprocess.Popen(
            _command(root, port),
            env=_environment(home, token),
            cwd=root,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait_until_ready(started, process, home / "lab.log")
            yield started
        finally:
            _end(process)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(QUIETLY))
        yield browser
        browser.close()


_WORKSPACES = count(1)


@pytest.fixture
def desk(lab: Lab, browser: Browser) -> Iterator[Desk]:
    """A fresh window. What the browser's console calls an error fails the test."""
    expect.set_options(timeout=PATIENCE_MS)
    context = browser.new_context(viewport={"width": 1280, "height": 860}, locale="en-US")
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield Desk(lab, page, f"test-{next(_WORKSPACES)}")
    context.close()
    lab.end_kernels()
    assert not [fault for fault in faults if "cellmill" in fault.lower()]


@pytest.fixture
def notebook(lab: Lab, request: pytest.FixtureRequest) -> str:
    """A small notebook that fits two models, of this test alone."""
    return lab.write(
        f"{request.node.name}.ipynb",
        "from sklearn.datasets import load_diabetes\n"
        "from sklearn.linear_model import Lasso, LinearRegression, Ridge\n"
        "from sklearn.metrics import mean_absolute_error, r2_score\n"
        "from sklearn.model_selection import train_test_split",
        "alpha = 0.5\n"
        "X, y = load_diabetes(return_X_y=True, as_frame=True)\n"
        "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)",
        "ridge = Ridge(alpha=alpha).fit(X_train, y_train)",
        "lasso = Lasso(alpha=0.1).fit(X_train, y_train)",
        "predicted = ridge.predict(X_test)\n"
        "print(r2_score(y_test, predicted), mean_absolute_error(y_test, predicted))",
    )


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """Where pictures go, for people to look at."""
    folder = Path(os.environ.get("CELLMILL_SCREENSHOTS") or REPOSITORY / "test-results")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


# --- the server's process


def _command(root: Path, port: int) -> list[str]:
    return [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--expose-app-in-browser", "--allow-root"),
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={root}",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]


def _environment(home: Path, token: str) -> dict[str, str]:
    settings = home / "settings"
    asks_about_news = settings / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    asks_about_news.parent.mkdir(parents=True)
    asks_about_news.write_text('{"fetchNews": "false", "checkForUpdates": false}')
    extensions = home / "share" / "jupyter" / "labextensions"
    extensions.mkdir(parents=True)
    if BUILT.exists():
        # This checkout's build comes before the copy that an editable install made of an older one.
        (extensions / "cellmill").symlink_to(BUILT, target_is_directory=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "MLFLOW"))}
    return kept | {
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_PATH": str(home / "share" / "jupyter"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTER_TOKEN": token,
        "JUPYTERLAB_SETTINGS_DIR": str(settings),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait_until_ready(lab: Lab, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until_s = time.monotonic() + START_S
    while time.monotonic() < until_s and process.poll() is None:
        try:
            lab.ask("api/status")
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"JupyterLab did not start. It said:\n{log.read_text(errors='replace')[-4000:]}")


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End the server and whatever it started: kernels live in process groups of their own."""
    try:
        family = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        family = []
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for member in psutil.wait_procs(family, timeout=5)[1]:
        member.kill()
