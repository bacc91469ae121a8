"""What a replay's figures amount to."""

import math
from dataclasses import replace

import pytest
from tests.stories import FRAME, Story

from cellmill.core.event_parts import Failure
from cellmill.core.ids import SessionId
from cellmill.core.runs import Metric, Run
from cellmill.core.verdicts import Figure
from cellmill.replay.judge import Learned, Predictions, judge, set_side_by_side, spread, why_it_failed


def run(story: Story, *points: tuple[str, float], params: dict[str, str] | None = None) -> Run:
    """Return a run with these metrics, in order."""
    with story.cell("fit", "model.fit(X, y)"):
        name = story.trains(f"aa0000000{len(story.runs())}", params=params or {"alpha": "0.5"}, data=(FRAME,))
        for metric, value in points:
            story.measures(name, metric, value)
    return story.runs()[-1]


@pytest.mark.parametrize(
    ("replayed", "judgement"),
    [
        (0.75, "exact"),
        (0.75 * (1 + 1e-12), "within tolerance"),
        (0.76, "differs"),
        (math.nan, "differs"),
    ],
)
def test_a_metric_decides(story: Story, replayed: float, judgement: str) -> None:
    figures = set_side_by_side(run(story, ("r2", 0.75)), run(story, ("r2", replayed)), models=None)
    assert judge(figures, tolerance=1e-9) == judgement


def test_two_that_are_no_numbers_are_the_same(story: Story) -> None:
    figures = set_side_by_side(run(story, ("r2", math.nan)), run(story, ("r2", math.nan)), models=None)
    assert judge(figures, tolerance=0) == "exact"


def test_each_point_of_a_curve_counts(story: Story) -> None:
    before, after = [("loss", 3.0), ("loss", 1.0)], [("loss", 2.0), ("loss", 1.0)]
    figures = set_side_by_side(run(story, *before), run(story, *after), models=None)
    assert judge(figures, tolerance=1e-9) == "differs"


def test_a_curve_of_another_length_differs(story: Story) -> None:
    figures = set_side_by_side(run(story, ("loss", 1.0)), run(story, ("loss", 1.0), ("loss", 1.0)), models=None)
    assert judge(figures, tolerance=1.0) == "differs"


def test_a_metric_that_is_missing_differs_and_one_that_came_newly_does_not(story: Story) -> None:
    less, more = run(story, ("a", 1.0)), run(story, ("a", 1.0), ("b", 2.0))
    assert judge(set_side_by_side(more, less, models=None), tolerance=1.0) == "differs"
    assert judge(set_side_by_side(less, more, models=None), tolerance=0) == "exact"


def test_what_a_later_step_measured_is_not_asked_of_a_replay(story: Story) -> None:
    before = run(story, ("r2", 0.75))
    later = Metric("rmse", 2.5, 0, before.metrics[0].at_ms, SessionId("20260102T030405-00000002"))
    figures = set_side_by_side(replace(before, metrics=(*before.metrics, later)), run(story, ("r2", 0.75)), models=None)
    assert judge(figures, tolerance=0) == "exact"


@pytest.mark.parametrize(
    "name", ["fit_time", "mean_score_time", "std_score_time", "train_runtime", "elapsed", "step_ms"]
)
def test_how_long_something_took_is_not_compared(story: Story, name: str) -> None:
    figures = set_side_by_side(run(story, (name, 1.0)), run(story, (name, 9.0)), models=None)
    assert [figure.name for figure in figures if figure.what == "metric"] == []


@pytest.mark.parametrize("name", ["mae_time", "rmse_duration", "r2_score_duration_test", "mean_squared_error_seconds"])
def test_how_well_a_time_was_predicted_is_compared(story: Story, name: str) -> None:
    one, same, other = (run(story, (name, value)) for value in (1.0, 1.0, 9.0))
    assert judge(set_side_by_side(one, same, models=None), tolerance=0) == "exact"
    assert judge(set_side_by_side(one, other, models=None), tolerance=1e-9) == "differs"


def test_parameters_are_compared_but_for_addresses(story: Story) -> None:
    one, other = (
        run(story, ("r2", 0.75), params={"f": "<f at 0x7f00000a>"}),
        run(story, ("r2", 0.75), params={"f": "<f at 0x7f00000b>"}),
    )
    assert judge(set_side_by_side(one, other, models=None), tolerance=0) == "exact"
    assert (
        judge(set_side_by_side(one, run(story, ("r2", 0.75), params={"f": "g"}), models=None), tolerance=1.0)
        == "differs"
    )


@pytest.mark.parametrize("shown", ["{}", "Counts(words={})", "[('counts', Counts(words={}, by=<f at 0x7f00000a>))]"])
def test_parameters_are_compared_but_for_the_order_of_sets(story: Story, shown: str) -> None:
    one, same, other = (
        run(story, ("r2", 0.75), params={"words": shown.replace("{}", words)})
        for words in ("{'b, c', 'a', (1, 2)}", "{(1, 2), 'a', 'b, c'}", "{(2, 1), 'a', 'b, c'}")
    )
    if "<" not in shown:
        assert judge(set_side_by_side(one, same, models=None), tolerance=0) == "exact"
    assert judge(set_side_by_side(one, other, models=None), tolerance=1.0) == "differs"
    first, second = (
        run(story, ("r2", 0.75), params={"words": shown.replace("{}", words)})
        for words in ("{'a', 'b', 3}", "{3, 'b', 'a'}")
    )
    assert judge(set_side_by_side(first, second, models=None), tolerance=0) == "exact"
    assert spread([set_side_by_side(one, made, models=None) for made in (first, second)]) == ()


def test_predictions_are_told_by_their_largest_difference(story: Story) -> None:
    one, other = run(story), run(story)
    near = set_side_by_side(one, other, models=Predictions(5, 1e-12, "1", "1"))
    far = set_side_by_side(one, other, models=Predictions(5, 0.5, "1", "2"))
    assert (judge(near, tolerance=1e-9), judge(far, tolerance=1e-9)) == ("within tolerance", "differs")


def test_outputs_are_told_and_decide_nothing(story: Story) -> None:
    output = Figure("output", "execution 3", "a", "b", same=False)
    figures = set_side_by_side(*(run(story, ("r2", 0.75)) for _ in "ab"), models=None, outputs=[output])
    assert output in figures
    assert judge(figures, tolerance=0) == "exact"


def test_where_only_what_went_in_was_compared_nothing_is_exact(story: Story) -> None:
    one, other = run(story, ("fit_seconds", 1.0)), run(story, ("fit_seconds", 1.0))
    figures = set_side_by_side(one, other, models=None)
    assert {figure.what for figure in figures} == {"parameter", "data"}
    assert judge(figures, tolerance=1.0) == "cannot"
    assert judge(set_side_by_side(one, run(story, params={"alpha": "1"}), models=None), tolerance=1.0) == "differs"
    learned = Learned(3, 0.0, "coef_", "1", "1")
    assert judge(set_side_by_side(one, other, models=learned), tolerance=0) == "exact"


def test_of_runs_that_failed_it_is_compared_how(story: Story) -> None:
    one, same, other = (
        replace(run(story), status="failed", error=Failure("ValueError", words))
        for words in ("0 rows in <f at 0x7f00000a>", "0 rows in <f at 0x7f00000b>", "2 rows in <f at 0x7f00000a>")
    )
    assert judge(set_side_by_side(one, same, models=None), tolerance=0) == "exact"
    assert judge(set_side_by_side(one, other, models=None), tolerance=1.0) == "differs"


def test_the_spread_of_replays_that_do_not_agree() -> None:
    replays = [
        (Figure("metric", "r2", "0.5", text, 0.1, same=False), Figure("parameter", "a", "1", "1"))
        for text in ("0.4", "0.6", "0.55")
    ]
    assert [(figure.name, figure.replayed) for figure in spread(replays)] == [("r2", "0.4 to 0.6")]
    assert spread([replays[0], replays[0]]) == ()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Failure("StdinNotImplementedError", "raw_input was called, but"), "it asks for input"),
        (Failure("ModuleNotFoundError", "No module named 'umap'"), "the module umap is not installed here (it was"),
        (Failure("URLError", "<urlopen error>"), "replay with --network"),
        (Failure("RuntimeError", "Found no NVIDIA driver"), "it needs a GPU"),
        (Failure("OSError", "[Errno 28] No space left on device"), "free some, or set TMPDIR"),
        (Failure("PermissionError", "[Errno 13]"), "it writes outside of the folder"),
        (Failure("FileNotFoundError", "a.csv"), "a file that it reads is not there"),
        (Failure("NameError", "name 'x' is not defined"), "nothing that is known to have run before sets it"),
        (Failure("ValueError", "no"), "it raised ValueError: no"),
        (Failure("ValueError", "\nNone\nfits.\n-----\nmore"), "it raised ValueError: None fits"),
    ],
)  # fmt: skip
def test_why_a_replay_could_not_go_on(error: Failure, words: str) -> None:
    assert words in why_it_failed(error, installed={"umap": "0.5"}, allowed_network=False)


def test_a_notebooks_literal_that_a_replay_does_not_infer_is_no_difference(story: Story) -> None:
    story.ran("rate", "rate = 0.5")
    with story.cell("fit", "model.fit(X, rate)"):
        story.trains("aa00000007")
    recorded = story.runs()[-1]
    with story.cell("again", "model.fit(X, 0.5)"):
        story.trains("aa00000008")
    assert ("rate", "0.5") in [(one.name, one.value) for one in recorded.parameters]
    figures = set_side_by_side(recorded, story.runs()[-1], models=Learned(3, 0.0, "coef_", "1", "1"))
    assert judge(figures, tolerance=0) == "exact"
