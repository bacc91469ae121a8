"""Numbers and times, as people read them."""

import math

import pytest

from cellmill.core.words import age, count, in_line, number, size

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000


@pytest.mark.parametrize(
    ("elapsed_ms", "words"),
    [
        (-5 * SECOND, "just now"),
        (0, "just now"),
        (4_999, "just now"),
        (5 * SECOND, "5 s ago"),
        (59_999, "59 s ago"),
        (MINUTE, "1 min ago"),
        (59 * MINUTE, "59 min ago"),
        (HOUR, "1 h ago"),
        (23 * HOUR, "23 h ago"),
        (DAY, "1 d ago"),
        (6 * DAY, "6 d ago"),
        (7 * DAY, "1 wk ago"),
        (600 * DAY, "85 wk ago"),
    ],
)
def test_an_age_is_told_in_its_largest_unit(elapsed_ms: int, words: str) -> None:
    then_ms = 1_760_000_000_000
    assert age(then_ms, then_ms + elapsed_ms) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.0, "0"),
        (3.0, "3"),
        (-2.0, "-2"),
        (336776.0, "336776"),
        (0.123456, "0.1235"),
        (-0.5, "-0.5"),
        (1234.5678, "1235"),
        (0.0001, "0.0001"),
        (0.00001234, "1.234e-05"),
        (1234567.8, "1.235e+06"),
        (1e15, "1.000e+15"),
        (1e300, "1.000e+300"),
        (math.nan, "nan"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
    ],
)
def test_a_number_has_four_digits_that_matter(value: float, words: str) -> None:
    assert number(value) == words


@pytest.mark.parametrize(
    ("size_bytes", "words"),
    [
        (0, "0 B"),
        (312, "312 B"),
        (999, "999 B"),
        (1_000, "1.0 kB"),
        (4_100, "4.1 kB"),
        (12_000_000, "12 MB"),
        (3_400_000_000, "3.4 GB"),
        (5_000_000_000_000, "5000 GB"),
    ],
)
def test_a_size_is_told_in_its_largest_unit(size_bytes: int, words: str) -> None:
    assert size(size_bytes) == words


@pytest.mark.parametrize(("amount", "words"), [(0, "0 runs"), (1, "1 run"), (2, "2 runs")])
def test_one_run_is_no_runs(amount: int, words: str) -> None:
    assert count(amount, "run") == words


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("no", "no"),
        ("\nAll fits\nfailed.\n", "All fits failed"),
        ("one two three four five", "one two three…"),
        ("a" * 30, "a" * 18 + "…"),
        ("first\n------\nsecond", "first"),
        ("------\nfirst", ""),
        ("--verbose", "--verbose"),
    ],
)
def test_a_text_of_somebody_elses_becomes_part_of_a_sentence(text: str, line: str) -> None:
    assert in_line(text, 18) == line
