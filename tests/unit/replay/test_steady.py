"""What of a text is compared: results, and not when and where it was shown."""

import pytest

from cellmill.replay.steady import days_around, steady

NOW_MS = 1_795_320_000_000  # 2026-11-22 in UTC
DESCRIBED = """\
count    5.000000
mean    10.142857
std     14.526497
min      0.420000
25%      1.000000
50%      3.200000
75%      8.000000
max     42.000000
Name: delay, dtype: float64"""


def shown(text: str) -> str:
    return steady(text, days_around(NOW_MS))


@pytest.mark.parametrize("number", [line.split()[1] for line in DESCRIBED.splitlines()[:-1]])
def test_two_descriptions_that_differ_in_one_number_are_told_apart(number: str) -> None:
    other = DESCRIBED.replace(number, "7.250000")
    assert other != DESCRIBED
    assert shown(DESCRIBED) != shown(other)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("max 3.5 min 0.1", "max 4.5 min 0.1"),
        ("std  1.5\ns  2", "std  9.5\ns  2"),
        ("shirt   12.5   s", "shirt   19.5   s"),  # a column of sizes
        ("3.5\n\nseconds  1", "3.6\n\nseconds  1"),
        ("Freq: 30min, Length: 3", "Freq: 60min, Length: 3"),
        ("the 1980s", "the 1990s"),
        ("3/5,4/5", "3/6,4/5"),
        ("22/11/2026", "22/10/2026"),
        ("won 3:10", "won 3:55"),
        ("2:55.5", "2:57.5"),
        ("from 2024-01-01 to 2024-03-01", "from 2024-01-01 to 2024-04-01"),
        ("2024-03-01 03:00:00  4.5", "2024-03-01 04:00:00  4.5"),
        ("0 days 00:12:30", "0 days 00:17:30"),
        ("crc32 0xdeadbeef", "crc32 0xdeadbeed"),
        ("it took 3.5 s, r2 0.25", "it took 3.5 s, r2 0.26"),
    ],
)
def test_a_number_that_is_a_result_is_compared(text: str, other: str) -> None:
    assert shown(text) != shown(other)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("took 3.2 s", "took 41.25 s"),
        ("took 3.2 seconds, of 5 rows", "took 3 seconds, of 5 rows"),
        ("5.2 min", "5.3 min"),
        ("3.2e-05s", "4.1e-05s"),
        ("CPU times: user 1.2 s, sys: 30 ms, total: 1.23 s\nWall time: 1min 20s", None),
        ("CPU times: user 980 ms, sys: 2 µs, total: 982 ms\nWall time: 59.5 s", None),
        ("1.23 ms ± 45 µs per loop", "991 ns ± 4.5 ns per loop"),
        ("10/10 ━━ 3s 12ms/step - loss: 0.1", "10/10 ━━ 4s 9ms/step - loss: 0.1"),
        ("\x1b[1m0s\x1b[0m 36ms/step", "\x1b[1m12s\x1b[0m 6ms/step"),
        ("\x1b[1m36ms/step\x1b[0m", "\x1b[1m6ms/step\x1b[0m"),
        ("1/3 [00:03<00:10, 33.2it/s]", "1/3 [00:04<?, 1.5s/it]"),
        ("2 min 5 s", "12 min 55.5 s"),
        ("[01:46:29] WARNING", "[11:06:59] WARNING"),
        ("Elapsed 0:00:03.25", "Elapsed 0:01:03"),
        ("Started at 14:32", "Started at 9:05"),
        ("2026-11-22 01:46:29,748 INFO 3.5", "2026-11-23 11:46:32,480 INFO 3.5"),
        ("2026-11-22T01:46:29.748123+01:00", "2026-11-21T23:46:32.480Z"),
        ("<f at 0x7f00000a>", "<f at 0x7f00000b>"),
        ("0x7f12345678a0", "0x7f12345678b0"),
        ("/tmp/one/project/data.csv", "/var/two/data.csv"),
        ("sqlite:////tmp/one/mlflow.db", "sqlite:////tmp/two/mlflow.db"),
        ("'/tmp/one/a.csv'", "'/tmp/two/a.csv'"),
        ("Cell In[3], line 1", "Cell In[12], line 1"),
    ],
)
def test_when_and_where_it_was_shown_is_not_compared(text: str, other: str | None) -> None:
    if other is None:
        assert not any(figure in shown(text) for figure in "0123456789")
    else:
        assert shown(text) == shown(other)
