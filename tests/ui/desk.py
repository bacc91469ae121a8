"""What a user does and sees, in the words of a test."""

import re

from playwright.sync_api import Locator, Page, expect
from tests.ui.lab import Lab

# For what a kernel does on a busy machine. The first answer of MLflow's store alone can take 20 s.
PATIENCE_MS = 90_000

KERNEL_IS_READY = """() => {
    const kernel = window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel;
    return kernel?.connectionStatus === 'connected' && kernel?.status === 'idle';
}"""

# A cell that runs, or waits to, has no number.
ALL_CELLS_RAN = """() => window.jupyterapp.shell.currentWidget.content.widgets.every(
    cell => cell.model.type !== 'code' || cell.model.executionCount !== null
)"""


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

    def wait_until_all_ran(self, timeout_ms: int) -> None:
        self.page.wait_for_function(ALL_CELLS_RAN, timeout=timeout_ms)

    def run_cell(self, at: int) -> None:
        """Run one cell, and wait until it has run: until then its number is a star."""
        cell = self.page.locator(".jp-Notebook .jp-CodeCell").nth(at)
        number = cell.locator(".jp-InputArea-prompt")
        before = number.inner_text()
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")
        expect(number).not_to_have_text(before)
        expect(number).to_have_text(re.compile(r"\[\d+\]:"))

    def fill_in_registration(self, name: str, alias: str) -> Locator:
        """Type into the dialog as a user does: once it has the focus, which JupyterLab moves to its first field."""
        dialog = self.page.get_by_role("dialog")
        expect(dialog.get_by_label("Name")).to_be_focused()
        dialog.get_by_label("Name").fill(name)
        dialog.get_by_label("Alias").fill(alias)
        expect(dialog.get_by_label("Name")).to_have_value(name)
        return dialog

    def change_theme(self, theme: str) -> None:
        self.page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", theme)
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
