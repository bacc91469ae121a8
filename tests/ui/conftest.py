"""The browser tests: a real Chromium that looks at a real JupyterLab."""

import os
import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from tests.ui.browser import ADVICE, find_browser
from tests.ui.desk import PATIENCE_MS, Desk
from tests.ui.lab import REPOSITORY, Lab, running_lab

QUIETLY = (
    "--no-sandbox",  # Chromium has none to offer to root, which containers often are
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab with Cellmill, from this environment."""
    home = tmp_path_factory.mktemp("jupyter")
    root = home / "work"
    shutil.copytree(REPOSITORY / "notebooks", root / "notebooks")
    for project in (root, root / "notebooks"):  # the tour keeps its runs and models to itself
        (project / ".git").mkdir()
    with running_lab(home, root) as lab:
        yield lab


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium."""
    found = find_browser()
    if found is None:
        pytest.fail(ADVICE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(QUIETLY))
        yield browser
        browser.close()


_WORKSPACES = count(1)


@pytest.fixture
def desk(lab: Lab, browser: Browser) -> Iterator[Desk]:
    """A fresh window. An exception that nobody caught in it fails the test."""
    expect.set_options(timeout=PATIENCE_MS)
    context = browser.new_context(viewport={"width": 1280, "height": 860}, locale="en-US")
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield Desk(lab, page, f"test-{next(_WORKSPACES)}")
    context.close()
    lab.end_kernels()
    assert not faults


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
        "predicted = ridge.predict(X_test)\nprint(r2_score(y_test, predicted), mean_absolute_error(y_test, predicted))",
    )


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """Where pictures go, for people to look at."""
    folder = Path(os.environ.get("CELLMILL_SCREENSHOTS") or REPOSITORY / "test-results")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
