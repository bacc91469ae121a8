"""A sweep as parallel coordinates: where trials lie, and a page that holds whatever they are called."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

from cellmill.core.ids import SessionId
from cellmill.core.sweeps import Axis, Plan, Sweep, SweepTrial, TrialState
from cellmill.pipeline.coordinates import lines_of, scales_of
from cellmill.pipeline.picture import page

DEPTH = Axis("depth", choices=(2, 4, 10))
RATE = Axis("rate", low=0.001, high=0.1, is_log=True)
KIND = Axis("kind", choices=("gbdt", "linear"))


def ended(number: int, value: float | None, state: TrialState = "finished", **parameters: Any) -> SweepTrial:
    return SweepTrial(number, parameters, state, value, SessionId("s"), 0, 1)


def sweep(*trials: SweepTrial, axes: tuple[Axis, ...] = (DEPTH, RATE, KIND)) -> Sweep:
    return Sweep("5eed", "a.ipynb", "digest", Plan(axes, "loss", "minimize", random=9), 0, trials)


def test_a_trial_lies_where_its_values_are_on_the_axes_and_the_best_is_drawn_last() -> None:
    made = sweep(
        ended(1, 1.0, depth=4, rate=0.01, kind="linear"),
        ended(2, 5.0, depth=2, rate=0.1, kind="gbdt"),
        ended(3, None, "failed", depth=10, rate=0.001, kind="gbdt"),
        ended(4, float("nan"), depth=10, rate=0.001, kind="gbdt"),
    )
    lines = {line.trial.number: line for line in lines_of(made, scales_of(made))}
    assert list(lines) == [3, 4, 2, 1]
    assert [round(place, 6) for place in lines[1].places if place is not None] == [0.25, 0.5, 0, 0]
    assert lines[2].places == (0, 1, 1, 1)
    assert lines[3].places == lines[4].places == (1, 0, 1, None)
    assert [lines[number].goodness for number in (1, 2, 3)] == [1, 0, None]
    upward = replace(made, plan=replace(made.plan, direction="maximize"))
    assert {line.trial.number: line.goodness for line in lines_of(upward, scales_of(upward))}[2] == 1


def test_an_axis_is_logarithmic_where_that_is_declared_or_choices_span_a_hundredfold() -> None:
    wide, narrow = Axis("wide", choices=(0.1, 0.001, 0.01)), Axis("narrow", choices=(1, 99))
    scales = scales_of(sweep(axes=(RATE, wide, narrow, Axis("none", choices=(0, 1000)))))
    assert [scale.is_log for scale in scales] == [True, True, False, False, False]
    assert [(text, round(place, 6)) for text, place in scales[1].ticks] == [("0.001", 0), ("0.01", 0.5), ("0.1", 1)]
    assert (scales[0].place(0), scales[0].place("text"), scales[0].place(True)) == (None, None, None)


def test_of_one_value_and_of_no_trial_there_is_an_axis_all_the_same() -> None:
    made = sweep(ended(1, 2.0, depth=3), axes=(Axis("depth", choices=(3,)),))
    assert [scale.ticks for scale in scales_of(made)] == [(("3", 0.5),), (("2", 0.5),)]
    assert [scale.ticks for scale in scales_of(sweep(axes=(KIND,)))] == [(("linear", 0.0), ("gbdt", 1.0)), ()]
    assert "0 trials of 9" in page(sweep())


class Seen(HTMLParser):
    """What a browser makes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_a_page_asks_no_network_and_what_trials_are_called_stays_text() -> None:
    evil = "</script><img src=http://example.org/x onerror=alert(1)>\"'&"
    axes = (Axis(evil, choices=(evil, "b")),)
    first, second = ended(1, 1.0), replace(ended(2, None, "failed"), error=evil)
    made = sweep(replace(first, parameters={evil: evil}), replace(second, parameters={evil: "b"}), axes=axes)
    shown = Seen()
    shown.feed(page(replace(made, notebook=f"{evil}.ipynb")))
    assert shown.open == []
    tags = [tag for tag, _ in shown.tags]
    assert (tags.count("script"), tags.count("img"), tags.count("tr")) == (1, 0, 3)
    asked = [value for _, given in shown.tags for name, value in given.items() if name in ("src", "href")]
    assert asked == []
    assert not re.search(r"url\(|@import|fetch\(", page(made))
