"""What a run can show: its trials, curves, pictures, files and surroundings; and how it is deleted."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.ui.desk import Desk
from tests.ui.lab import Lab
from tests.ui.rich import TRIALS, tell

from cellmill.capture.journal import append_once
from cellmill.core.clock import now_ms
from cellmill.core.events import CaptureFailed
from cellmill.core.ids import SessionId
from cellmill.core.project import Project

pytestmark = pytest.mark.browser

LIGHT, DARK, CONTRAST = "JupyterLab Light", "JupyterLab Dark", "JupyterLab Dark High Contrast"


@pytest.fixture
def rich(desk: Desk, lab: Lab, request: pytest.FixtureRequest) -> Iterator[Desk]:
    """A window on a notebook with a long record."""
    notebook = f"{request.node.name}/work.ipynb"
    tell(lab, notebook)
    desk.open(notebook)
    expect(desk.runs.filter(has_text="GridSearchCV")).to_be_visible()
    yield desk
    desk.change_theme(LIGHT)


def test_trials_stand_below_their_search_when_they_are_wanted(rich: Desk) -> None:
    rows = rich.sidebar.locator(".cellmill-Row")
    expect(rows).to_contain_text(["Sequential", "GridSearchCV", "Sequential", "Ridge"])
    expect(rows.nth(0)).to_contain_text(re.compile("training loop.*running.*val_loss.*0.75"))
    expect(rows.nth(1)).to_contain_text("search")
    expect(rows.nth(2)).to_contain_text("training loop")

    toggle = rich.sidebar.get_by_role("button", name=f"{TRIALS} trials")
    expect(toggle).to_have_attribute("aria-expanded", "false")
    toggle.click()
    trials = rich.sidebar.get_by_role("list", name="Trials").get_by_role("button")
    expect(trials).to_have_count(TRIALS)
    expect(trials.nth(1)).to_contain_text("alpha=0.1")
    expect(trials.nth(5)).to_contain_text("failed")
    expect(trials.nth(1)).not_to_contain_text("tol=")  # the same in all

    trials.nth(1).click()
    expect(rich.details).to_contain_text("trial")
    rich.button("Show its search").click()
    expect(rich.details.get_by_role("heading", name="GridSearchCV")).to_be_visible()
    expect(rich.details.get_by_role("list", name="Trials").get_by_role("button")).to_have_count(TRIALS)


def test_trials_can_be_reached_by_keyboard_alone(rich: Desk) -> None:
    press = rich.page.keyboard.press
    search = rich.sidebar.locator(".cellmill-Row", has_text="GridSearchCV")
    trials = rich.sidebar.get_by_role("list", name="Trials").get_by_role("button")
    search.focus()
    press("ArrowRight")
    expect(trials).to_have_count(TRIALS)
    press("ArrowDown")
    expect(rich.sidebar.get_by_role("button", name=f"{TRIALS} trials")).to_be_focused()
    press("ArrowDown")
    expect(trials.first).to_be_focused()
    press("Enter")
    expect(rich.button("Back to runs")).to_be_focused()
    press("Escape")
    expect(trials.first).to_be_focused()
    press("ArrowLeft")
    expect(trials).to_have_count(0)
    expect(search).to_be_focused()


def test_a_curve_can_be_read_by_pointer_and_by_keyboard(rich: Desk) -> None:
    rich.runs.filter(has_text="Ridge").click()
    curve = rich.details.get_by_role("slider", name="History of validation_loss")
    curve.focus()
    rich.page.keyboard.press("Home")
    expect(curve).to_have_attribute("aria-valuetext", "step 0: 2.3")
    rich.page.keyboard.press("End")
    expect(rich.details).to_contain_text("step 1,999:")
    box = curve.bounding_box()
    assert box is not None
    rich.page.mouse.move(box["x"] + 1, box["y"] + box["height"] / 2)
    expect(curve).to_have_attribute("aria-valuetext", re.compile(r"step \d: 2\."))
    gap = rich.details.get_by_role("slider", name="History of lr")
    gap.focus()
    for _ in range(2):
        rich.page.keyboard.press("ArrowLeft")
    expect(gap).to_have_attribute("aria-valuetext", "step 2: NaN")


def test_a_run_says_where_its_data_came_from_and_where_it_was_made(rich: Desk) -> None:
    rich.runs.filter(has_text="Ridge").click()
    details = rich.details
    expect(details.get_by_role("list", name="Where the data came from")).to_contain_text("data/flights.csv")
    expect(details).to_contain_text("Also tracked by Weights & Biases: x7k2")
    expect(details).to_contain_text("predicted: TypeError: no len()")

    details.locator("summary", has_text="Environment").click()
    table = details.get_by_role("table", name="Environment")
    for words in ("3.11.7", "JupyterLab", "ada", "main @ 3f2a91c", "uncommitted changes", "2 untracked files"):
        expect(table).to_contain_text(words)
    details.locator("summary", has_text="5 imported packages").click()
    expect(details.get_by_role("list", name="Packages")).to_contain_text("pandas==3.0.2")

    details.locator("summary", has_text="Files").click()
    files = details.get_by_role("list", name="Files").get_by_role("listitem")
    expect(files).to_contain_text(["data/flights.csv", "out/clean.parquet", "too large to read"])
    expect(files.nth(1)).to_contain_text("written")


def test_outputs_are_folded_and_pictures_open_large(rich: Desk, screenshots: Path) -> None:
    rich.runs.filter(has_text="Ridge").click()
    details = rich.details
    expect(details.get_by_text("epoch 3: loss")).to_be_hidden()
    details.locator("summary", has_text="Output").click()
    expect(details.get_by_text("epoch 3: loss")).to_be_visible()
    expect(details.get_by_text("… and more")).to_be_attached()

    figures = details.get_by_role("list", name="Figures")
    expect(figures).to_contain_text("could not be loaded; it may have been removed")
    figures.get_by_role("button", name="Retry").click()
    expect(figures).to_contain_text("could not be loaded")
    figures.get_by_role("button", name="Figure of execution [2]").click()
    large = rich.page.get_by_role("dialog").get_by_role("img", name="Figure of execution [2]")
    expect(large).to_be_visible()
    rich.page.screenshot(path=screenshots / "figure-light.png")
    assert large.evaluate("image => image.naturalWidth") == 320
    rich.page.get_by_role("dialog").get_by_role("button", name="Close", exact=True).last.click()
    assert "taken over" not in rich.page.title()


def test_a_run_is_deleted_from_its_details_when_the_user_agrees(rich: Desk, screenshots: Path) -> None:
    rich.runs.filter(has_text="Ridge").click()
    rich.button("Delete run…").click()
    dialog = rich.page.get_by_role("dialog")
    expect(dialog).to_contain_text("Delete Ridge?")
    expect(dialog).to_contain_text("journal")
    rich.page.screenshot(path=screenshots / "delete-light.png")
    dialog.get_by_role("button", name="Cancel").click()
    expect(rich.details.get_by_role("heading", name="Ridge")).to_be_visible()
    rich.button("Delete run…").click()
    dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(rich.runs.filter(has_text="GridSearchCV")).to_be_visible()
    expect(rich.runs.filter(has_text="Ridge")).to_have_count(0)
    expect(rich.page.get_by_text("Deleted Ridge.").first).to_be_visible()
    expect(rich.sidebar.locator(".cellmill-Row:focus")).to_have_count(1)  # its neighbour


def test_a_search_is_deleted_from_its_row_with_its_trials(rich: Desk) -> None:
    search = rich.sidebar.locator(".cellmill-Row", has_text="GridSearchCV")
    search.click(button="right")
    rich.page.get_by_role("menuitem", name="Delete Run…").click()
    dialog = rich.page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"Its {TRIALS} trials go with it.")
    dialog.get_by_role("button", name="Cancel").click()
    search.focus()
    rich.page.keyboard.press("Delete")
    dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(rich.runs.filter(has_text="GridSearchCV")).to_have_count(0)
    expect(rich.runs.filter(has_text="Ridge")).to_have_count(1)
    expect(rich.sidebar.locator(".cellmill-Row:focus")).to_contain_text("Sequential")  # the next one


def test_a_real_search_is_one_row_with_its_trials(desk: Desk, lab: Lab) -> None:
    notebook = lab.write(
        "searches.ipynb",
        "from sklearn.datasets import load_diabetes\n"
        "from sklearn.linear_model import Ridge\n"
        "from sklearn.model_selection import GridSearchCV\n"
        "X, y = load_diabetes(return_X_y=True)",
        "search = GridSearchCV(Ridge(), {'alpha': [0.1, 1.0, 10.0]}, cv=3).fit(X, y)",
    )
    desk.open(notebook)
    desk.run_all()
    expect(desk.runs.filter(has_text="GridSearchCV")).to_contain_text("search")
    desk.sidebar.get_by_role("button", name="3 trials").click()
    trials = desk.sidebar.get_by_role("list", name="Trials").get_by_role("button")
    expect(trials).to_contain_text(["alpha=0.1", "alpha=1.0", "alpha=10.0"])
    desk.runs.filter(has_text="GridSearchCV").first.click()
    expect(desk.details.get_by_role("list", name="Where the data came from")).to_contain_text("load_diabetes")
    desk.details.locator("summary", has_text="Environment").click()
    expect(desk.details.get_by_role("list", name="Packages")).to_be_hidden()
    desk.details.locator("summary", has_text=re.compile(r"imported packages?")).click()
    expect(desk.details.get_by_role("list", name="Packages")).to_contain_text("scikit-learn==")


def test_the_many_runs_of_a_loop_are_one_row_that_unfolds(desk: Desk, lab: Lab) -> None:
    notebook = lab.write(
        "loop.ipynb",
        "from sklearn.datasets import load_diabetes\n"
        "from sklearn.linear_model import Lasso, Ridge\n"
        "X, y = load_diabetes(return_X_y=True)\n"
        "lasso = Lasso().fit(X, y)",
        "for alpha in (1, 2, 3, 4, 5, 6):\n    print(Ridge(alpha=alpha).fit(X, y).score(X, y))",
    )
    press = desk.page.keyboard.press
    desk.open(notebook)
    desk.run_all()
    rows = desk.sidebar.locator(".cellmill-Row")
    expect(rows).to_contain_text(["6 × Ridge", "Lasso"])
    expect(rows.first).to_contain_text("by alpha")
    rows.first.focus()
    press("ArrowRight")
    inside = desk.sidebar.get_by_role("list", name="Runs of one execution").get_by_role("button")
    expect(inside).to_contain_text([f"alpha={alpha}" for alpha in range(1, 7)])
    press("ArrowDown")
    press("Enter")
    expect(desk.details.get_by_role("heading", name="Ridge")).to_be_visible()
    press("Escape")
    expect(inside.first).to_be_focused()
    press("ArrowLeft")
    expect(rows).to_have_count(2)
    expect(rows.first).to_be_focused()


def test_a_problem_of_ours_is_told_in_the_status_bar(desk: Desk, lab: Lab, notebook: str) -> None:
    desk.open(notebook)
    expect(desk.page.get_by_role("button", name="Cellmill: on", exact=True)).to_be_visible()
    session = SessionId(lab.ask(f"cellmill/api/capture?notebook={notebook}")["session"])
    append_once(Project(lab.root).outside_journal(session), CaptureFailed(now_ms(), "predicted", "TypeError: no len()"))
    told = desk.page.get_by_role("button", name="Cellmill: on · 1 problem")
    expect(told).to_have_attribute("title", re.compile("predicted: TypeError: no len()", re.DOTALL))
    told.click()
    expect(desk.capture("paused")).to_be_visible()


def test_all_of_it_is_looked_at_in_every_theme(rich: Desk, screenshots: Path) -> None:
    page = rich.page
    rich.sidebar.get_by_role("button", name=f"{TRIALS} trials").click()
    expect(rich.sidebar.get_by_role("list", name="Trials").get_by_role("button")).to_have_count(TRIALS)
    for theme, name in ((LIGHT, "light"), (DARK, "dark"), (CONTRAST, "contrast"), (LIGHT, "forced")):
        rich.change_theme(theme)
        if name == "forced":
            page.emulate_media(forced_colors="active")
        expect(page.locator("#jupyterlab-splash")).to_have_count(0)
        page.screenshot(path=screenshots / f"trials-{name}.png")
        rich.runs.filter(has_text="Ridge").last.click()
        expect(rich.details.get_by_role("heading", name="Ridge")).to_be_visible()
        for part in ("Output", "Files", "Environment", "imported packages"):
            rich.details.locator("details:not([open]) > summary", has_text=part).first.click()
        rich.details.get_by_role("slider").first.focus()
        page.set_viewport_size({"width": 1000, "height": 1900})
        page.screenshot(path=screenshots / f"run-whole-{name}.png")
        page.set_viewport_size({"width": 1280, "height": 860})
        rich.button("Back to runs").click()
    page.emulate_media(forced_colors="none")
