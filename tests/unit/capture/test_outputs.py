"""Messages of a kernel in, outputs out."""

import base64
from typing import Any

import pytest

from cellmill.capture.outputs import INLINE, MOST_OUTPUTS, MOST_TEXT, HandedOut, Shown
from cellmill.core.event_parts import Output

PIXEL = base64.b64encode(b"a picture").decode()


class Blobs(dict[str, bytes]):
    def keep(self, content: bytes) -> str:
        name = f"blob {len(self)}"
        self[name] = content
        return name


@pytest.fixture
def blobs() -> Blobs:
    return Blobs()


@pytest.fixture
def shown(blobs: Blobs) -> Shown:
    return Shown(blobs.keep)


def stream(shown: Shown, *texts: str, name: str = "stdout") -> None:
    for text in texts:
        shown.take("stream", {"name": name, "text": text})


def display(shown: Shown, kind: str = "display_data", identity: str | None = None, **data: Any) -> None:
    named = {mime.replace("_", "/", 1): value for mime, value in data.items()}
    shown.take(kind, {"data": named, "transient": {"display_id": identity} if identity else {}})


def texts(outputs: tuple[Output, ...]) -> list[tuple[str, str | None]]:
    return [(output.kind, output.text) for output in outputs]


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        (["a\n", "b\n"], "a\nb\n"),
        (["no end"], "no end"),
        (["10%\r", "20%\r", "done\n"], "done\n"),
        (["\r 10%", "\r 20%", "\r100%"], "100%"),
        (["a long line\rshort\n"], "shortg line\n"),
        (["abc\b\bX\n"], "aXc\n"),
        (["\x1b[31mred\x1b[0m\n"], "red\n"),
        (["a\r\nb\r\n"], "a\nb\n"),
    ],
)
def test_a_stream_is_what_a_terminal_would_show(shown: Shown, written: list[str], seen: str) -> None:
    stream(shown, *written)
    assert texts(shown.hand_out(is_over=True).outputs) == [("stdout", seen)]


def test_a_line_that_is_not_ended_waits_for_its_end(shown: Shown) -> None:
    stream(shown, "first\n", "\r 50%")
    assert texts(shown.hand_out(is_over=False).outputs) == [("stdout", "first\n")]
    stream(shown, "\r100%\n")
    assert texts(shown.hand_out(is_over=False).outputs) == [("stdout", "100%\n")]
    assert shown.hand_out(is_over=True) == HandedOut()


def test_two_streams_keep_their_order(shown: Shown) -> None:
    stream(shown, "one\n")
    stream(shown, "two\n", name="stderr")
    stream(shown, "three\n")
    assert texts(shown.hand_out(is_over=True).outputs) == [
        ("stdout", "one\n"),
        ("stderr", "two\n"),
        ("stdout", "three\n"),
    ]


def test_long_text_lies_among_the_blobs_and_very_long_text_is_cut(shown: Shown, blobs: Blobs) -> None:
    stream(shown, "x" * (INLINE + 1) + "\n")
    [output] = shown.hand_out(is_over=False).outputs
    assert (output.text, blobs[str(output.sha256)]) == (None, b"x" * (INLINE + 1) + b"\n")
    stream(shown, "y" * MOST_TEXT + "\n", "z\n")
    outputs = shown.hand_out(is_over=True).outputs
    assert len(blobs[str(outputs[0].sha256)]) == MOST_TEXT - INLINE - 2
    assert outputs[0].note == f"cut: an execution keeps {MOST_TEXT:,} characters"


def test_a_picture_is_kept_rather_than_its_text(shown: Shown, blobs: Blobs) -> None:
    display(shown, image_png=PIXEL, text_plain="<Figure>")
    [output] = shown.hand_out(is_over=True).outputs
    assert (output.mime, blobs[str(output.sha256)]) == ("image/png", b"a picture")


def test_of_a_table_both_html_and_text_are_kept(shown: Shown) -> None:
    display(shown, "execute_result", text_html="<table>", text_plain="a b")
    assert [(o.kind, o.mime, o.text) for o in shown.hand_out(is_over=True).outputs] == [
        ("result", "text/html", None),
        ("result", "text/plain", "a b"),
    ]


def test_a_display_that_is_updated_is_kept_as_it_was_last(shown: Shown) -> None:
    display(shown, identity="bar", text_plain="10 %")
    display(shown, text_plain="other")
    display(shown, "update_display_data", identity="bar", text_plain="100 %")
    assert texts(shown.hand_out(is_over=True).outputs) == [("display", "100 %"), ("display", "other")]


def test_what_was_cleared_is_not_kept(shown: Shown) -> None:
    stream(shown, "before\n")
    shown.take("clear_output", {"wait": False})
    stream(shown, "after\n")
    assert texts(shown.hand_out(is_over=True).outputs) == [("stdout", "after\n")]


def test_clearing_may_wait_for_the_next_output(shown: Shown) -> None:
    stream(shown, "before\n")
    shown.take("clear_output", {"wait": True})
    assert texts(shown.hand_out(is_over=False).outputs) == [("stdout", "before\n")]
    stream(shown, "after\n")
    given = shown.hand_out(is_over=True)
    assert (texts(given.outputs), given.is_cleared) == ([("stdout", "after\n")], True)


def test_what_was_cleared_before_anything_was_handed_out_is_not_told(shown: Shown) -> None:
    stream(shown, "before\n")
    shown.take("clear_output", {"wait": False})
    assert shown.hand_out(is_over=True) == HandedOut()


def test_a_display_that_is_out_is_updated_now_and_then_and_at_the_end(shown: Shown, blobs: Blobs) -> None:
    display(shown, identity="bar", text_html="0 %", text_plain="0")
    html, text = shown.hand_out(is_over=False).outputs
    assert html.display == text.display is not None
    told = 0
    for second in range(1, 41):
        for tenth in range(10):
            display(
                shown, "update_display_data", identity="bar", text_html=f"{second} %", text_plain=f"{second}.{tenth}"
            )
        given = shown.hand_out(is_over=False)
        assert given.outputs == ()
        told += bool(given.updates)
    assert told == 6  # after 1, 2, 4 … 32
    given = shown.hand_out(is_over=True)
    assert [(output.mime, output.text, output.display) for output in given.updates] == [
        ("text/html", None, html.display),
        ("text/plain", "40.9", html.display),
    ]
    assert blobs[str(given.updates[0].sha256)] == b"40 %"
    assert len(blobs) == told + 2


def test_updates_do_not_use_up_what_an_execution_may_show(shown: Shown) -> None:
    display(shown, identity="bar", text_plain="0")
    for number in range(MOST_OUTPUTS + 20):
        display(shown, "update_display_data", identity="bar", text_plain="x" * 1_000 + str(number))
    [output] = shown.hand_out(is_over=True).outputs
    assert str(output.text).endswith(str(MOST_OUTPUTS + 19))
    assert output.note is None


def test_an_update_of_another_executions_display_is_an_update(shown: Shown) -> None:
    display(shown, "update_display_data", identity="elsewhere", text_plain="new")
    given = shown.hand_out(is_over=True)
    assert (given.outputs, texts(given.updates)) == ((), [("display", "new")])


def test_more_displays_than_are_kept_are_said_once(shown: Shown) -> None:
    for number in range(MOST_OUTPUTS + 20):
        display(shown, text_plain=str(number))
    outputs = shown.hand_out(is_over=True).outputs
    assert len(outputs) == MOST_OUTPUTS + 1
    assert outputs[-1].note == "it showed more, which is not kept"


def test_what_is_kept_is_masked(blobs: Blobs) -> None:
    shown = Shown(blobs.keep, mask=lambda text: text.replace("secret", "***"))
    stream(shown, "my secret\n")
    display(shown, text_html="<b>secret</b>")
    outputs = shown.hand_out(is_over=True).outputs
    assert (outputs[0].text, blobs[str(outputs[1].sha256)]) == ("my ***\n", b"<b>***</b>")


@pytest.mark.parametrize("content", [{}, {"data": None}, {"data": {"image/png": "not base64!"}}, {"data": {}}])
def test_a_message_of_an_odd_shape_shows_nothing(shown: Shown, content: dict[str, Any]) -> None:
    shown.take("display_data", content)
    shown.take("no such type", content)
    assert shown.hand_out(is_over=True) == HandedOut()
