"""The sidebar and the status bar, as a user meets them."""

import re

import pytest
from playwright.sync_api import Route, expect
from tests.ui.desk import Desk
from tests.ui.lab import Lab

pytestmark = pytest.mark.browser


def test_runs_appear_newest_first_and_show_what_made_them(desk: Desk, notebook: str) -> None:
    desk.open(notebook)
    expect(desk.sidebar.get_by_text("No runs yet.")).to_be_visible()

    desk.run_all()

    expect(desk.runs).to_contain_text(["Lasso", "Ridge"])
    ridge = desk.runs.filter(has_text="Ridge")
    expect(ridge).to_contain_text("finished")
    expect(ridge).to_contain_text("r2")
    expect(ridge).to_contain_text(re.compile("just now|min ago"))

    ridge.click()
    details = desk.details
    expect(details.get_by_role("heading", name="Ridge")).to_be_visible()
    expect(details.get_by_role("table", name="Metrics")).to_contain_text("r2")
    expect(details.get_by_role("row", name="alpha 0.5").first).to_be_visible()
    expect(details.get_by_role("list", name="Data", exact=True)).to_contain_text("331 rows × 10 columns")
    cells = details.get_by_role("list", name="Cells").get_by_role("listitem")
    expect(cells.filter(has_text="ridge = Ridge")).to_contain_text("trained")
    expect(cells.filter(has_text="predicted = ridge")).to_contain_text("evaluated")
    expect(cells.filter(has_text="from sklearn")).to_contain_text("fed")
    expect(cells.filter(has_text="lasso")).to_have_count(0)

    desk.button("Back to runs").click()
    expect(desk.runs).to_have_count(2)


def test_a_cell_of_a_run_leads_to_the_cell_in_the_notebook(desk: Desk, notebook: str) -> None:
    desk.open(notebook)
    desk.run_all()
    desk.runs.filter(has_text="Ridge").click()
    desk.details.get_by_role("button", name="ridge = Ridge").click()
    active = desk.page.locator(".jp-Notebook .jp-mod-active")
    expect(active).to_contain_text("ridge = Ridge(alpha=alpha)")
    expect(active).to_be_in_viewport()


def test_what_runs_while_capture_is_paused_is_not_recorded(desk: Desk, notebook: str) -> None:
    desk.open(notebook)
    for at in (0, 1, 2):
        desk.run_cell(at)
    expect(desk.runs).to_contain_text(["Ridge"])

    desk.capture("on").click()
    expect(desk.capture("paused")).to_be_visible()
    desk.run_cell(3)  # fits a Lasso

    desk.capture("paused").click()
    expect(desk.capture("on")).to_be_visible()
    desk.run_cell(2)  # fits a Ridge again: once that is there, the Lasso will not come any more
    expect(desk.runs).to_contain_text(["Ridge", "Ridge"])


def test_a_registered_version_is_there_after_a_reload(desk: Desk, notebook: str) -> None:
    desk.open(notebook)
    desk.run_all()
    desk.runs.filter(has_text="Ridge").click()
    desk.button("Register…").click()

    dialog = desk.page.get_by_role("dialog")
    expect(dialog.get_by_role("table", name="What will be recorded")).to_contain_text("cellmill.run")
    expect(dialog.get_by_label("Name")).not_to_be_empty()
    desk.fill_in_registration("diabetes-progression", "challenger")
    held: list[Route] = []  # as of a slow registry
    desk.page.route(
        "**/cellmill/api/models*",
        lambda route: held.append(route) if route.request.method == "POST" else route.continue_(),
    )
    dialog.get_by_role("button", name="Register", exact=True).click()

    goes_on = desk.page.get_by_text("Registering diabetes-progression…")
    expect(goes_on).to_be_visible()
    for route in held:
        route.continue_()
    said = desk.page.get_by_text("Registered diabetes-progression, version 1, as challenger.")
    expect(said.first).to_be_visible()
    expect(goes_on).to_have_count(0)
    desk.button("Back to runs").click()
    expect(desk.versions("diabetes-progression")).to_contain_text(["Version 1"])

    desk.page.reload()
    desk.wait_for_kernel()
    desk.show_sidebar()
    version = desk.versions("diabetes-progression")
    expect(version).to_contain_text(["challenger"])
    version.get_by_role("button").click()
    expect(desk.details.get_by_role("heading", name="Ridge")).to_be_visible()


def test_a_name_that_the_registry_refuses_can_be_mended_with_nothing_lost(desk: Desk, notebook: str) -> None:
    desk.open(notebook)
    desk.run_all()
    desk.runs.filter(has_text="Lasso").click()
    desk.button("Register…").click()
    dialog = desk.fill_in_registration("half/half", "candidate")
    dialog.get_by_role("button", name="Register", exact=True).click()

    expect(dialog.get_by_role("alert")).to_contain_text("“half/half” cannot name a model")
    expect(dialog.get_by_label("Name")).to_have_value("half/half")
    expect(dialog.get_by_label("Alias")).to_have_value("candidate")
    dialog.get_by_label("Name").fill("half-half")
    dialog.get_by_role("button", name="Register", exact=True).click()
    desk.button("Back to runs").click()
    expect(desk.versions("half-half")).to_contain_text(["candidate"])


def test_a_training_that_fails_says_why_and_cannot_be_registered(desk: Desk, lab: Lab) -> None:
    notebook = lab.write(
        "fails.ipynb",
        "import numpy as np\nfrom sklearn.linear_model import Ridge",
        "Ridge().fit(np.array([[np.nan], [1.0]]), np.array([1.0, 2.0]))",
    )
    desk.open(notebook)
    desk.run_all()
    expect(desk.runs).to_contain_text(["failed"])
    desk.runs.click()
    expect(desk.details).to_contain_text("Input X contains NaN")
    expect(desk.button("Register…")).to_be_disabled()
    expect(desk.details).to_contain_text("The training failed, so there is no model to register.")


def test_everything_can_be_reached_by_keyboard_alone(desk: Desk, notebook: str) -> None:
    desk.open(notebook)
    desk.run_all()
    expect(desk.runs).to_have_count(2)
    press = desk.page.keyboard.press

    desk.sidebar.get_by_role("searchbox", name="Filter runs").focus()
    press("Tab")
    expect(desk.runs.first).to_be_focused()
    press("ArrowDown")
    expect(desk.runs.nth(1)).to_be_focused()
    press("Enter")
    expect(desk.button("Back to runs")).to_be_focused()
    expect(desk.details.get_by_role("heading", name="Ridge")).to_be_visible()
    press("Tab")
    expect(desk.button("Register…")).to_be_focused()
    press("Enter")
    expect(desk.page.get_by_role("dialog").get_by_label("Name")).to_be_focused()
    press("Escape")
    expect(desk.page.get_by_role("dialog")).to_have_count(0)
    expect(desk.button("Register…")).to_be_focused()
    press("Escape")
    expect(desk.runs.nth(1)).to_be_focused()

    desk.capture("on").focus()
    press("Enter")
    expect(desk.capture("paused")).to_be_visible()
    press("Enter")
    expect(desk.capture("on")).to_be_visible()


def test_empty_panels_say_what_to_do(desk: Desk, lab: Lab) -> None:
    (lab.root / "elsewhere" / ".cellmill").mkdir(parents=True)  # a project of its own, with an empty registry
    desk.open(lab.write("elsewhere/empty.ipynb", "1 + 1"))
    expect(desk.sidebar.get_by_text("Run a cell that fits a model.")).to_be_visible()
    expect(desk.sidebar.get_by_text("No models yet.")).to_be_visible()

    desk.page.get_by_role("menuitem", name="File", exact=True).click()
    desk.page.get_by_role("menuitem", name=re.compile("^Close Tab")).click()
    # The kernel's name was written into the notebook when it started.
    desk.page.get_by_role("dialog").get_by_role("button", name="Discard").click()
    expect(desk.sidebar.get_by_text("No notebook is open.")).to_be_visible()
    expect(desk.page.get_by_role("button", name="Cellmill:")).to_have_count(0)


def test_the_filter_and_the_scope_limit_what_is_shown(desk: Desk, notebook: str) -> None:
    desk.open(notebook)
    desk.run_all()
    expect(desk.runs).to_have_count(2)
    box = desk.sidebar.get_by_role("searchbox", name="Filter runs")
    box.fill("lasso")
    expect(desk.runs).to_contain_text(["Lasso"])
    box.fill("no such thing")
    expect(desk.sidebar.get_by_text("No run matches “no such thing”.")).to_be_visible()
    box.fill("")
    desk.button("All").click()
    expect(desk.runs.filter(has_text=notebook)).to_have_count(2)
