"""The tour in JupyterLab, looked at in both themes."""

from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.ui.desk import Desk

pytestmark = pytest.mark.browser

LIGHT, DARK = "JupyterLab Light", "JupyterLab Dark"
TOUR_MS = 180_000


@pytest.mark.timeout(600)
def test_the_tour_shows_its_two_runs_and_registers_the_better_one(desk: Desk, screenshots: Path) -> None:
    desk.open("notebooks/01_flight_delays.ipynb")
    desk.run_all()
    expect(desk.runs).to_contain_text(["HistGradientBoostingRegressor", "Pipeline"], timeout=TOUR_MS)
    trees = desk.runs.first
    expect(trees).to_contain_text("mean_absolute_error", timeout=TOUR_MS)
    desk.wait_until_all_ran(TOUR_MS)

    trees.click()
    expect(desk.details.get_by_role("table", name="Parameters")).to_contain_text("max_depth")
    desk.button("Register…").click()
    expect(desk.page.get_by_role("dialog")).to_be_visible(timeout=TOUR_MS)
    dialog = desk.fill_in_registration("flight-delay", "challenger")
    desk.page.screenshot(path=screenshots / "register-light.png")
    dialog.get_by_role("button", name="Register", exact=True).click()
    # The store may still be at work on the recording of both models.
    expect(desk.page.get_by_text("Registered flight-delay, version 1").first).to_be_visible(timeout=TOUR_MS)
    desk.page.get_by_role("button", name="Hide notification").first.click()

    desk.details.get_by_role("button", name="trees = HistGradientBoostingRegressor(").click()
    expect(desk.page.locator(".jp-Notebook .jp-mod-active")).to_contain_text("trees.fit(X_train, y_train)")

    try:
        for theme, name in ((DARK, "dark"), (LIGHT, "light")):
            desk.change_theme(theme)
            desk.page.screenshot(path=screenshots / f"run-{name}.png")
            desk.button("Back to runs").click()
            expect(desk.versions("flight-delay")).to_contain_text(["challenger"])
            desk.page.screenshot(path=screenshots / f"sidebar-{name}.png")
            desk.runs.first.click()
            expect(desk.details.get_by_role("table", name="Parameters")).to_be_visible()
    finally:
        desk.change_theme(LIGHT)
