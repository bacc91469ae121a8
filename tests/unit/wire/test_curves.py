"""A metric's history, as a small picture needs it."""

import json
import math

import pytest
from tests.stories import Story

from cellmill.core.events import CurveMeasured
from cellmill.wire.curves import MOST_POINTS, WireCurve, curves_of, thinned


def test_a_metric_measured_once_has_no_curve(story: Story) -> None:
    with story.cell("fit", "model.fit(X, y)"):
        story.measures(story.trains("aa00000001"), "loss", 0.5)
    assert curves_of(story.runs()[0].metrics) == []


def test_a_curve_keeps_the_steps_it_was_measured_at(story: Story) -> None:
    with story.cell("fit", "model.fit(X, y)") as execution:
        run = story.trains("aa00000001")
        story.says(CurveMeasured(run, execution, story.tick(), "loss", (3.0, 2.0, 1.0), (10, 20, 40)))
    assert curves_of(story.runs()[0].metrics) == [
        WireCurve(name="loss", axis="step", steps=[10, 20, 40], values=[3.0, 2.0, 1.0], points=3)
    ]


def test_what_was_measured_again_and_again_by_hand_is_counted_instead(story: Story) -> None:
    with story.cell("fit", "model.fit(X, y)"):
        run = story.trains("aa00000001")
        for value in (0.5, 0.6):
            story.measures(run, "accuracy", value)
    [curve] = curves_of(story.runs()[0].metrics)
    assert (curve.axis, curve.steps, curve.values) == ("measurement", [1, 2], [0.5, 0.6])


def test_what_is_no_number_crosses_as_text(story: Story) -> None:
    with story.cell("fit", "model.fit(X, y)") as execution:
        run = story.trains("aa00000001")
        story.says(CurveMeasured(run, execution, story.tick(), "loss", (1.0, math.nan, math.inf, -math.inf)))
    [curve] = curves_of(story.runs()[0].metrics)
    assert json.loads(curve.model_dump_json())["values"] == [1.0, "NaN", "Infinity", "-Infinity"]
    assert WireCurve.model_validate_json(curve.model_dump_json()) == curve


@pytest.mark.parametrize("count", [MOST_POINTS, MOST_POINTS + 1, 1_000, 100_003])
def test_a_long_history_is_thinned_and_keeps_its_ends_its_spikes_and_its_gaps(count: int) -> None:
    values = [1 / (at + 1) for at in range(count)]
    values[count // 3], values[count // 2], values[count // 4] = 99.0, -99.0, math.nan
    kept = thinned(values)
    assert len(kept) <= MOST_POINTS
    assert kept == sorted(set(kept))
    assert {0, count - 1, count // 3, count // 2, count // 4} <= set(kept)


def test_a_history_of_nothing_but_nan_is_thinned_as_well() -> None:
    assert 2 <= len(thinned([math.nan] * 10_000)) <= MOST_POINTS
