"""A notebook split into a pipeline, and the pipeline run, as a user meets it."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.ui.desk import PATIENCE_MS, Desk
from tests.ui.lab import Lab

pytestmark = pytest.mark.browser

LIGHT, DARK = "JupyterLab Light", "JupyterLab Dark"
CELLS = (
    "rows = list(range(2000))",
    "left = iter(rows)\nfirst = next(left)",
    "second = next(left)\ndel left\nlabel = 'sums'",
    "total = sum(rows) + first",
    "print(label, total + second)",
)


def test_a_notebook_is_split_and_its_pipeline_is_run(desk: Desk, lab: Lab, screenshots: Path) -> None:
    notebook = lab.write("splitting/work.ipynb", *CELLS)
    (lab.root / "splitting" / ".git").mkdir()  # a project of its own
    page = desk.page
    page.goto(lab.url(notebook, desk._workspace))
    desk.wait_for_kernel()
    desk.show_sidebar()
    expect(desk.sidebar).to_contain_text("No pipeline yet.")
    page.screenshot(path=screenshots / "pipelines-none.png")

    split = page.locator(".jp-NotebookPanel-toolbar").get_by_role("button", name="Split into a pipeline")
    split.focus()
    page.keyboard.press("Enter")
    wizard = desk.sidebar.get_by_role("region", name="Split into a pipeline")
    name = wizard.get_by_label("Name of the pipeline")
    expect(name).to_have_value("work")
    expect(name).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".jp-NotebookPanel-toolbar jp-button:focus")).to_have_count(1)
    split.click()
    expect(name).to_be_focused()
    name.fill("sums")
    wizard.get_by_role("button", name="Propose steps").click()
    borders = wizard.get_by_role("list", name="Code cells and borders")
    expect(borders.get_by_role("button", name=re.compile("^Border before cell"))).to_have_count(4)
    for pressed in borders.get_by_role("button", pressed=True).all():
        pressed.click()
    write = wizard.get_by_role("button", name="Verify and write")
    expect(write).to_be_disabled()  # one step is no pipeline
    border = borders.get_by_role("button", name="Border before cell 2.")
    expect(border).to_have_accessible_name(re.compile(r"Crosses: rows \(.* kB\)"))
    border.click()
    expect(borders).to_contain_text("Crosses: rows")
    page.keyboard.press("Alt+ArrowDown")
    moved = borders.get_by_role("button", name="Border before cell 3.")
    expect(moved).to_be_focused()
    expect(moved).to_have_attribute("aria-pressed", "true")
    borders.get_by_role("button", name="Border before cell 5.").click()
    for theme, shade in ((LIGHT, "light"), (DARK, "dark")):
        desk.change_theme(theme)
        expect(page.locator("#jupyterlab-splash")).to_have_count(0)
        page.screenshot(path=screenshots / f"split-{shade}.png")
    write.click()
    expect(write).to_be_disabled()  # and the keyboard is nobody's
    page.keyboard.press("Escape")
    expect(wizard).to_have_count(0)
    desk.sidebar.get_by_role("button", name="Split this notebook…").click()

    pipeline = desk.sidebar.get_by_role("region", name="Pipeline", exact=True)
    graph = pipeline.get_by_role("group", name="Steps of sums")
    steps = graph.get_by_role("button")
    expect(steps).to_have_count(3, timeout=3 * PATIENCE_MS)  # several runs of the notebook and of its steps
    expect(graph).to_contain_text("will run: never run")
    page.screenshot(path=screenshots / "pipeline-new-dark.png")
    desk.change_theme(LIGHT)
    expect(page.locator("#jupyterlab-splash")).to_have_count(0)

    pipeline.get_by_role("button", name="Run", exact=True).click()
    expect(pipeline).to_contain_text("3 steps ran")
    expect(graph.get_by_role("button", name=re.compile(": done"))).to_have_count(3)
    graph.get_by_role("img", name=re.compile("label")).last.focus()
    expect(pipeline.get_by_role("heading", level=3)).to_contain_text(" to ")
    page.screenshot(path=screenshots / "pipeline-ran.png")

    [last] = (lab.root / "splitting/pipelines/sums").glob("03*.ipynb")
    document = json.loads(last.read_text())
    document["cells"][-1]["source"] = "raise ValueError('on purpose')"
    last.write_text(json.dumps(document))
    pipeline.get_by_role("button", name="Look again what would run").click()
    expect(graph.get_by_role("button", name=re.compile("its source changed"))).to_have_count(1)
    pipeline.get_by_role("button", name="Run", exact=True).click()
    expect(pipeline).to_contain_text("Failed after")
    tabs = page.locator("#jp-main-dock-panel .lm-TabBar-tab")
    before = tabs.count()
    steps.first.click()
    page.mouse.move(0, 0)  # past the graph, towards the buttons
    expect(pipeline.get_by_role("button", name="Open executed notebook")).to_be_visible()
    assert tabs.count() == before  # a click opens nothing
    steps.first.dblclick()
    expect(tabs).to_have_count(before + 1)
    page.mouse.move(0, 0)  # what the pointer rests on is shown before what has the focus
    steps.last.focus()
    expect(pipeline).to_contain_text("ValueError: on purpose")
    for theme, shade in ((LIGHT, "light"), (DARK, "dark")):
        desk.change_theme(theme)
        expect(page.locator("#jupyterlab-splash")).to_have_count(0)
        page.screenshot(path=screenshots / f"pipeline-failed-{shade}.png")
    pipeline.get_by_role("button", name="Show failing cell").click()
    expect(page.locator(".jp-NotebookPanel:visible .jp-Notebook")).to_contain_text("on purpose")
    pipeline.get_by_role("button", name="Back to pipelines").click()
    expect(desk.sidebar.get_by_role("list", name="Pipelines")).to_contain_text("3 steps, 1 failed")
    page.screenshot(path=screenshots / "pipelines-listed.png")

    row = desk.sidebar.get_by_role("list", name="Pipelines").get_by_role("button")
    row.focus()
    page.keyboard.press("Enter")
    expect(pipeline.get_by_role("button", name="Back to pipelines")).to_be_focused()
    page.keyboard.press("Escape")
    expect(row).to_be_focused()
