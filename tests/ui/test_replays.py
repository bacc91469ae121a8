"""Recipes, replays and the marks on cells, as a user meets them."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect
from tests.stories import FRAME, Story
from tests.ui.desk import Desk
from tests.ui.lab import Lab

from cellmill.core.clock import now_ms
from cellmill.core.events import ReplayEnded
from cellmill.core.ids import ExecutionId, new_run_id
from cellmill.core.project import Project
from cellmill.core.verdicts import Figure, Judgement, Verdict

pytestmark = pytest.mark.browser

LIGHT, DARK, CONTRAST = "JupyterLab Light", "JupyterLab Dark", "JupyterLab Dark High Contrast"

ERROR = "TypeError: unsupported operand types for the addition of two columns of the frame: float"

FIGURES = {
    "differs": (
        Figure("metric", "r2_score_y_test", "0.7613472511432", "0.7613398120771", 9.8e-06, same=False),
        Figure("predictions", "5 rows", "[151.2, 98.7, 163.0]", "[151.2, 98.6, 163.0]", 1e-3, same=False),
        Figure("data", "X_train", "d1" * 8, None, same=False),
        Figure("outcome", "cell 3", f"{ERROR} and int", f"{ERROR} and str", same=False),
    ),
    "stochastic": (Figure("metric", "val_loss", "0.4312", "0.4019 to 0.4777", 0.1, same=False),),
}
REASONS = {
    "differs": "metric r2_score_y_test, predictions 5 rows, data X_train came out otherwise",
    "stochastic": "3 replays do not agree with each other: something random was not seeded",
    "cannot": "its data /home/ada/flights/data/flights-2025.csv was changed: sha256 was 1f0c3a9b22d1, is 77ab90e14c02",
}
JUDGEMENTS: tuple[Judgement, ...] = ("exact", "within tolerance", "differs", "stochastic", "cannot")


def tell(lab: Lab, notebook: str) -> None:
    """Write the journal of a kernel that is gone: a run for each judgement, the first of them the newest."""
    project = Project((lab.root / notebook).parent)
    (project.root / ".cellmill").mkdir(parents=True, exist_ok=True)
    sources = ["frame = load()\ntarget = frame.pop('delay')", "model.fit(frame, target)", "model.score(test, known)"]
    lab.write(notebook, *sources, "# nothing of a run")
    story = Story(project, notebook=Path(notebook).name)
    for judgement in reversed(JUDGEMENTS):
        run = new_run_id()
        story.ran(f"load {run}", sources[0], cell="cell-0")
        with story.cell(f"fit {run}", "model.fit(frame)", cell="cell-1"):
            story.trains(run, params={"alpha": "0.5"}, data=(FRAME,))
        with story.cell(f"score {run}", sources[2], cell="cell-2"):
            story.measures(run, "r2_score_y_test", 0.7613)
        story.ran(f"plot {run}", "plot(model)", cell="cell-gone")
        verdict = Verdict(
            judgement,
            now_ms() - 200_000,
            REASONS.get(judgement),
            FIGURES.get(judgement, ()),
            compared=0 if judgement == "cannot" else 24,
            parted=2 if judgement == "differs" else None,
            replays={"differs": 3, "stochastic": 3, "cannot": 0}.get(judgement, 1),
            seconds=3.26,
            host="workstation",
            python="3.11.7",
            kept=() if judgement == "cannot" else (ExecutionId("load"), ExecutionId("fit"), ExecutionId("score")),
            of=12,
            notes=("packages were changed: numpy was 2.4.1, is 2.4.2",) if judgement == "differs" else (),
        )
        story.is_told(ReplayEnded(run, verdict.at_ms, verdict))
    story.write()


def cell(desk: Desk, at: int) -> Locator:
    return desk.page.locator(".jp-Notebook .jp-Cell").nth(at)


def test_a_run_is_replayed_from_its_details_and_has_its_badge(desk: Desk, notebook: str) -> None:
    desk.open(notebook)
    desk.run_all()
    expect(desk.runs).to_contain_text(["Lasso", "Ridge"])
    desk.runs.filter(has_text="Ridge").click()
    expect(desk.details).to_contain_text("Not replayed yet.")
    desk.button("Replay").click()
    expect(desk.button("Cancel replay")).to_be_visible()
    expect(desk.details).to_contain_text(re.compile("replaying…|figures compared"))
    expect(desk.details.locator(".cellmill-Replay")).to_contain_text(re.compile("exact.*figures compared"))
    expect(desk.button("Replay")).to_be_visible()
    desk.button("Back to runs").click()
    expect(desk.runs.filter(has_text="Ridge")).to_contain_text("exact")
    expect(desk.runs.filter(has_text="Ridge").locator(".cellmill-Badge")).to_have_attribute(
        "title", re.compile(r"Replayed (just now|\d+ min ago): every figure came out the same")
    )
    expect(desk.runs.filter(has_text="Lasso")).not_to_contain_text("exact")


def test_a_replay_that_is_cancelled_leaves_no_badge(desk: Desk, notebook: str) -> None:
    desk.open(notebook)
    desk.run_all()
    lasso = desk.runs.filter(has_text="Lasso")
    expect(desk.runs).to_contain_text(["Lasso", "Ridge"])
    desk.button("Replay All Runs of This Notebook…").click()
    dialog = desk.page.get_by_role("dialog")
    expect(dialog).to_contain_text("Replay 2 runs?")
    dialog.get_by_role("button", name="Replay", exact=True).click()
    ridge = desk.runs.filter(has_text="Ridge")
    expect(ridge).to_contain_text("waits for its replay")
    ridge.click(button="right")
    desk.page.get_by_role("menuitem", name="Cancel Replay").click()
    expect(ridge).not_to_contain_text("waits for its replay")
    expect(lasso).to_contain_text("exact")
    expect(ridge).not_to_contain_text("exact")


def test_a_recipe_opens_beside_its_notebook(desk: Desk, lab: Lab, notebook: str) -> None:
    desk.open(notebook)
    desk.run_all()
    expect(desk.runs).to_contain_text(["Lasso", "Ridge"])
    ridge = desk.runs.filter(has_text="Ridge")
    run = ridge.get_attribute("data-run")
    ridge.click()
    desk.button("Open recipe").click()
    name = f"{notebook.removesuffix('.ipynb')}-recipe-{run}.ipynb"
    expect(desk.page.get_by_role("tab", name=name)).to_be_visible()
    written = json.loads((lab.root / name).read_text())
    code = "".join("".join(one["source"]) for one in written["cells"] if one["cell_type"] == "code")
    assert "Ridge(alpha=alpha)" in code
    assert "Lasso(alpha" not in code


def test_the_cells_of_a_run_are_marked_and_those_that_changed_told_apart(desk: Desk, notebook: str) -> None:
    desk.open(notebook)
    desk.run_all()
    expect(desk.runs).to_contain_text(["Lasso", "Ridge"])
    desk.runs.filter(has_text="Ridge").click()
    for at, part in ((0, "fed"), (1, "fed"), (2, "trained"), (4, "evaluated")):
        expect(cell(desk, at)).to_have_class(re.compile(f"cellmill-mod-{part}"))
        expect(cell(desk, at).locator(".cellmill-Mark")).to_have_text(part)
    expect(cell(desk, 3).locator(".cellmill-Mark")).to_have_count(0)

    cell(desk, 1).locator(".cm-content").click()
    desk.page.keyboard.press("Control+End")
    desk.page.keyboard.type("  # another")
    mark = cell(desk, 1).locator(".cellmill-Mark")
    expect(mark).to_have_text("fed · edited since")
    expect(mark).to_have_attribute("title", re.compile("has been edited since it ran as \\[2\\]"))
    expect(desk.details.get_by_role("list", name="Cells").get_by_role("listitem").nth(1)).to_contain_text(
        "edited since"
    )
    desk.page.keyboard.press("Control+z")
    expect(mark).to_have_text("fed")

    cell(desk, 4).locator(".jp-InputPrompt").click()
    desk.page.keyboard.press("d")
    desk.page.keyboard.press("d")
    expect(desk.details.get_by_role("list", name="Cells")).to_contain_text("cell removed")

    desk.button("Back to runs").click()
    expect(desk.page.locator(".cellmill-Mark")).to_have_count(0)
    expect(desk.page.locator(".jp-Cell.cellmill-mod-trained")).to_have_count(0)


def test_a_cell_says_which_runs_it_went_into(desk: Desk, notebook: str) -> None:
    desk.open(notebook)
    desk.run_all()
    expect(desk.runs).to_contain_text(["Lasso", "Ridge"])
    cell(desk, 3).locator(".cm-content").click()
    line = desk.sidebar.get_by_text("This cell went into:").first
    expect(line).to_have_text(re.compile(r"This cell went into: \w{6} Lasso$"))
    cell(desk, 0).locator(".cm-content").click()
    expect(line).to_have_text(re.compile(r"into: \w{6} Lasso, \w{6} Ridge$"))
    line.get_by_role("button", name="Ridge").click()
    expect(desk.details.get_by_role("heading", name="Ridge")).to_be_visible()


def test_verdicts_and_marks_are_looked_at_in_every_theme(desk: Desk, lab: Lab, screenshots: Path) -> None:
    notebook = "judged/work.ipynb"
    tell(lab, notebook)
    page = desk.page
    desk.open(notebook)
    words = ["exact", "within tolerance", "differs", "stochastic", "cannot replay"]
    expect(desk.runs).to_contain_text(words)
    cell(desk, 0).locator(".cm-content").click()
    for theme, name in ((LIGHT, "light"), (DARK, "dark"), (CONTRAST, "contrast"), (LIGHT, "forced")):
        desk.change_theme(theme)
        if name == "forced":
            page.emulate_media(forced_colors="active")
        expect(page.locator("#jupyterlab-splash")).to_have_count(0)
        page.screenshot(path=screenshots / f"verdicts-{name}.png")
        for at, judgement in ((2, "differs"), (3, "stochastic"), (4, "cannot")):
            desk.runs.nth(at).click()
            expect(desk.details.locator(".cellmill-Badge")).to_contain_text(words[at])
            expect(cell(desk, 1).locator(".cellmill-Mark")).to_have_text("trained · edited since")
            if (name, judgement) == ("dark", "differs"):
                replayed = desk.details.get_by_role("cell", name=f"{ERROR} and str")
                height = replayed.bounding_box()
                replayed.get_by_role("button", name="more").click()
                expect(replayed.get_by_role("button", name="less")).to_be_focused()
                whole = replayed.bounding_box()
                assert height is not None
                assert whole is not None
                assert whole["height"] > height["height"]
            if name == "light" or judgement == "differs":
                page.screenshot(path=screenshots / f"verdict-{judgement}-{name}.png")
            desk.button("Back to runs").click()
    page.emulate_media(forced_colors="none")
    desk.change_theme(LIGHT)
