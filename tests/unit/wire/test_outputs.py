"""What executions showed, as the sidebar tells it."""

from tests.stories import Story

from cellmill.core.event_parts import Output
from cellmill.core.events import OutputsShown
from cellmill.core.ids import ExecutionId
from cellmill.wire.outputs import MOST_CHARACTERS, MOST_OUTPUTS, WireOutput, wire_outputs
from cellmill.wire.runs import run_detail

PICTURE = "a" * 64
LONG = "b" * 64


def gone(sha256: str) -> None:
    return None


def printed(text: str) -> Output:
    return Output("stdout", "text/plain", text, size_bytes=len(text))


def test_texts_are_told_and_pictures_are_figures(story: Story) -> None:
    with story.cell("fit", "model = Ridge().fit(X, y); plot()") as execution:
        story.trains("aa00000001")
    picture = Output("display", "image/png", sha256=PICTURE, size_bytes=9)
    story.says(OutputsShown(ExecutionId(execution), story.tick(), (printed("epoch 1"), picture, picture)))
    detail = run_detail(story.runs()[0], store_id=None)
    assert detail.executions[0].outputs == [WireOutput(kind="stdout", text="epoch 1", is_cut=False, note=None)]
    assert [(figure.sha256, figure.mime, figure.number) for figure in detail.figures] == [(PICTURE, "image/png", 1)]


def test_what_is_no_picture_that_a_browser_shows_is_no_figure(story: Story) -> None:
    with story.cell("fit", "model = Ridge().fit(X, y)") as execution:
        story.trains("aa00000001")
    page = Output("display", "text/html", sha256=PICTURE, size_bytes=9)
    story.says(OutputsShown(ExecutionId(execution), story.tick(), (page,)))
    assert run_detail(story.runs()[0], store_id=None).figures == []


def test_colours_of_a_terminal_are_left_out() -> None:
    told, _ = wire_outputs([printed("\x1b[31mred\x1b[0m \x1b]8;;http://a\x07link\x1b]8;;\x07")], gone)
    assert told[0].text == "red link"


def test_a_long_text_is_read_in_short_from_the_blobs() -> None:
    long = Output("stdout", "text/plain", None, LONG, size_bytes=1_000_000)
    told, more = wire_outputs([long, printed("later")], lambda sha256: "x" * 20_000 if sha256 == LONG else None)
    assert [(output.text, output.is_cut) for output in told] == [("x" * MOST_CHARACTERS, True)]
    assert more


def test_a_text_that_has_been_removed_is_said_to_be_cut() -> None:
    told, more = wire_outputs([Output("stdout", "text/plain", None, LONG, size_bytes=10)], gone)
    assert [(output.text, output.is_cut) for output in told] == [("", True)]
    assert not more


def test_many_outputs_are_told_in_part() -> None:
    told, more = wire_outputs([printed("x")] * (MOST_OUTPUTS + 1), gone)
    assert (len(told), more) == (MOST_OUTPUTS, True)
    assert not wire_outputs([printed("x")] * MOST_OUTPUTS, gone)[1]


def test_a_note_says_what_was_left_out() -> None:
    told, _ = wire_outputs([Output("display", "text/html", None, size_bytes=10, note="a page of 10 B")], gone)
    assert told == [WireOutput(kind="display", text="", is_cut=False, note="a page of 10 B")]
