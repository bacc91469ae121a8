"""What tells a split from the whole, where some of what the whole shows is never the same twice."""

import pytest

from cellmill.replay.outcomes import Difference, Outcome, differences, told_apart

WHOLE = "a 1\nb 2\ndone 17"
SHOWS = "what cell 1 shows"


def shows(text: str) -> Outcome:
    return Outcome(shown={1: text})


@pytest.mark.parametrize(
    ("other", "split", "unlike"),
    [
        ("a 1\nb 2\ndone 18", "a 1\nb 2\ndone 19", ()),
        ("a 1\nb 2\ndone 18", "a 1\nb two\ndone 19", (Difference(SHOWS, "'b 2'", "'b two'"),)),
        ("a 1\nb 2\ndone 18", "a 1\ndone 19", (Difference(SHOWS, "'3 lines'", "'2 lines'"),)),
        ("a 1\nb 2\nb 2\nat 18", "a 1\nb 2\nat 19", ()),
        ("a 1\nb 2\nb 2\nat 18", "a 1\nb two\nat 19", (Difference(SHOWS, "'b 2'", "''"),)),
        ("entirely\nsomething\nelse", "a one\nb two\ndone 19", ()),
        (WHOLE, "a 1\nb 2\ndone 18", (Difference(SHOWS, "'done 17'", "'done 18'"),)),
    ],
)
def test_of_a_text_that_sways_the_lines_count_that_do_not(
    other: str, split: str, unlike: tuple[Difference, ...]
) -> None:
    assert told_apart(shows(WHOLE), [shows(other)], shows(split)) == (unlike, () if other == WHOLE else (SHOWS,))


def test_a_line_counts_that_is_the_same_in_every_run_of_the_whole() -> None:
    others = [shows("a 1\nb 2\ndone 18"), shows("a 1\nb 3\ndone 19")]
    assert told_apart(shows(WHOLE), others, shows("a 1\nb 4\ndone 20")) == ((), (SHOWS,))


def test_of_a_file_that_sways_the_lines_count_that_do_not() -> None:
    def wrote(text: str) -> Outcome:
        return Outcome(files={"run.log": text}, texts={"run.log": text})

    whole, other = wrote("id 17\nloaded\nfitted"), wrote("id 18\nloaded\nfitted")
    assert told_apart(whole, [other], wrote("id 19\nloaded\nfitted"))[0] == ()
    unlike = Difference("the file run.log", "'3 lines'", "'1 lines'")
    assert told_apart(whole, [other], wrote("id 19"))[0] == (unlike,)


@pytest.mark.parametrize(
    ("whole", "again", "steps", "left"),
    [
        ("{'a', 'b'}", "{'b', 'a'}", "{'b', 'a'}", []),
        ("r2 0.34371234567", "r2 0.34371234568", "r2 0.34371234566", []),
        ("r2 0.34371234567", "r2 0.34371234568", "r2 0.32541234567", ["what cell 1 shows"]),
        ("r2 0.34371234567", "r2 0.34371234567", "r2 0.34371234568", ["what cell 1 shows"]),
    ],
)
def test_what_sways_by_itself_explains_a_difference_of_its_size(
    whole: str, again: str, steps: str, left: list[str]
) -> None:
    unlike, _ = told_apart(Outcome(shown={1: whole}), [Outcome(shown={1: again})], Outcome(shown={1: steps}))
    assert [each.what for each in unlike] == left


def test_pictures_differ_by_themselves() -> None:
    before, after = Outcome(pictures={1: "a", 2: "b", 3: "c"}), Outcome(pictures={1: "a", 2: "d"})
    assert [(each.what, each.after) for each in differences(before, after)] == [
        ("the picture of cell 2", "another"),
        ("the picture of cell 3", "none"),
    ]
