"""Running a notebook with other parameters, as a user meets it."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect
from tests.ui.desk import Desk
from tests.ui.lab import Lab

from cellmill.core.clock import now_ms
from cellmill.core.ids import SessionId
from cellmill.core.project import Project
from cellmill.core.sweeps import Axis, Plan, Sweep, SweepTrial
from cellmill.wiring.sweeps import add_trial, begin_sweep

pytestmark = pytest.mark.browser

LIGHT, DARK = "JupyterLab Light", "JupyterLab Dark"
PARAMETERS = """\
max_depth = 3  # 1..20, levels of each tree
learning_rate: float = 0.05  # (0, 1]
kind = "boosting"  # one of: boosting, forest
verbose = False  # tell of each tree
start = "2024-01-31"  # date
columns = ["age", "bmi"]
title = "Delays\""""


def opened(desk: Desk, notebook: str) -> Locator:
    """Open the form with the notebook's own button."""
    desk.page.goto(desk.lab.url(notebook, desk._workspace))
    desk.wait_for_kernel()
    desk.page.locator(".jp-NotebookPanel-toolbar").get_by_role("button", name="Run with parameters").click()
    form = desk.sidebar.get_by_role("region", name="Run with parameters")
    expect(form).to_be_visible()
    return form


def parametrised(lab: Lab, notebook: str, *cells: str) -> str:
    lab.write(notebook, PARAMETERS, *cells)
    document = json.loads((lab.root / notebook).read_text())
    document["cells"][0]["metadata"]["tags"] = ["parameters"]
    (lab.root / notebook).write_text(json.dumps(document))
    project = Project((lab.root / notebook).parent)
    (project.root / ".git").mkdir(exist_ok=True)
    axes = (Axis("max_depth", choices=(2, 4, 8)), Axis("learning_rate", low=0.001, high=1, is_log=True))
    begin_sweep(project, Sweep("5eedcafe", Path(notebook).name, "d", Plan(axes, "mae", "minimize", 4), now_ms()))
    for number, (depth, rate, value) in enumerate(((2, 0.01, 42.5), (4, 0.1, 40.25), (8, 0.5, 47.0)), start=1):
        given = {"max_depth": depth, "learning_rate": rate}
        add_trial(project, "5eedcafe", SweepTrial(number, given, "finished", value, SessionId("s"), 0, 900))
    return notebook


def test_a_notebook_is_run_with_other_parameters(desk: Desk, lab: Lab, screenshots: Path) -> None:
    work = "assert kind == 'boosting', 'no forests'\nprint(max_depth, title)"
    fit = "from sklearn.linear_model import Ridge\nmodel = Ridge(alpha=0.5).fit([[1.0], [2.0]], [1.0, 2.0])"
    form = opened(desk, parametrised(lab, "parametrised/work.ipynb", work, fit))
    page = desk.page

    depth = form.get_by_label("max_depth", exact=True)
    expect(depth).to_be_focused()
    expect(depth).to_have_value("3")
    expect(form).to_contain_text("an integer, 1 to 20 · levels of each tree")
    expect(form.get_by_label("verbose")).not_to_be_checked()
    expect(form.get_by_label("start")).to_have_attribute("type", "date")

    back = form.get_by_role("button", name="Back to the default of max_depth")
    depth.fill("30")
    expect(back).to_be_visible()
    page.keyboard.press("Tab")  # and the field is left
    expect(back).to_be_focused()
    expect(form.get_by_role("alert")).to_contain_text("takes an integer, 1 to 20, and 30 is not")
    expect(depth).to_have_attribute("aria-invalid", "true")
    for theme, name in ((LIGHT, "light"), (DARK, "dark")):
        desk.change_theme(theme)
        expect(page.locator("#jupyterlab-splash")).to_have_count(0)
        page.screenshot(path=screenshots / f"parameters-{name}.png")
    desk.change_theme(LIGHT)
    expect(back).to_be_focused()
    page.keyboard.press("Enter")
    expect(depth).to_have_value("3")
    expect(form.get_by_role("alert")).to_have_count(0)

    depth.fill("7")
    form.get_by_label("title").fill('"); raise SystemExit #')
    page.keyboard.press("Enter")
    expect(form).to_contain_text(re.compile("Starting a kernel|of 4 cells|Recording"))
    expect(form).to_contain_text("Ran to its end")
    page.screenshot(path=screenshots / "parameters-ran.png")
    form.get_by_role("button", name="Open executed notebook").click()
    expect(page.locator(".jp-NotebookPanel:visible .jp-Notebook")).to_contain_text('7 "); raise SystemExit #')

    form.get_by_role("button", name="Run", exact=True).click()
    form.get_by_role("button", name="Cancel").click()
    expect(form).to_contain_text(re.compile("Cancelling…|Cancelled"))
    expect(form).to_contain_text("Cancelled.")

    form.get_by_label("kind").select_option("forest")
    form.get_by_role("button", name="Run", exact=True).click()
    expect(form.get_by_role("alert")).to_contain_text("Cell 3 of work.ipynb raised AssertionError: no forests")
    page.screenshot(path=screenshots / "parameters-failed.png")

    form.get_by_role("list", name="Sweeps").get_by_role("button", name="mae over max_depth, learning_rate").click()
    picture = page.frame_locator("iframe")
    expect(picture.get_by_role("img")).to_be_visible()
    picture.locator("tbody tr").nth(1).focus()
    expect(picture.get_by_role("status")).to_contain_text("trial 1, max_depth 2, learning_rate 0.01, mae 42.5")
    page.screenshot(path=screenshots / "sweep.png")


def test_a_value_becomes_a_parameter_and_is_taken_back(desk: Desk, lab: Lab, screenshots: Path) -> None:
    notebook = lab.write("unparametrised.ipynb", "size = 3\nvalues = list(range(size))", "print(sum(values))")
    form = opened(desk, notebook)
    expect(form).to_contain_text("No parameters yet")
    form.get_by_role("list", name="Values worth turning").get_by_role("checkbox", name="size").check()
    desk.page.screenshot(path=screenshots / "parameters-none.png")
    form.get_by_role("button", name="Make these parameters").click()
    expect(form.get_by_label("size")).to_have_value("3")
    expect(desk.page.locator(".jp-Notebook .jp-CodeCell").first).to_have_text(re.compile(r"size = 3\s*$"))
    form.get_by_role("button", name="Take back size").click()
    expect(form).to_contain_text("No parameters yet")
    first = desk.page.locator(".jp-Notebook .jp-CodeCell").first
    expect(first).to_contain_text(re.compile(r"size = 3\s*values = list"))
