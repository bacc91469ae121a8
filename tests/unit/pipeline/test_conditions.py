"""Conditions: what holds, what is asked for, and what is no condition."""

import pytest

from cellmill.pipeline.conditions import NoAnswer, asked_of, holds

PARAMETERS = {"mode": "full", "year": 2013, "quick": False}
VALUES = {"load": {"rows": 300, "parts": ["a", "b"], "scores": {"rmse": 1.5}}, "fit": {}}


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        ("mode == 'full' and load.rows > 100", True),
        ("not quick or load.missing", True),
        ("load.rows > 1000 or year < 2000", False),
        ("100 < load.rows <= 300", True),
        ("'a' in load.parts and 'c' not in load.parts", True),
        ("len(load.parts) == 2", True),
        ("load.scores['rmse'] < 2", True),
        ("load.parts[0] == 'a'", True),
        ("(load.rows + 1) * 2 - year % 2 == 601", True),
        ("year in [2012, 2013]", True),
        ("round(load.scores['rmse']) == 2 if mode == 'full' else False", True),
        ("mode is None", False),
        ("-year < 0", True),
        ("False", False),
    ],
)
def test_a_condition_is_answered(condition: str, answer: bool) -> None:
    assert holds(condition, PARAMETERS, VALUES) is answer


def test_what_it_asks_for_is_known_before_anything_has_run() -> None:
    asked = asked_of("len(load.parts) > depth and mode == 'x' or load.rows")
    assert asked == (frozenset({"depth", "mode"}), frozenset({("load", "parts"), ("load", "rows")}))


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ("mode ==", "it is no expression"),
        ("import os", "it is no expression"),
        ("mood == 'full'", "there is no parameter 'mood'"),
        ("lode.rows > 1", "lode is no step before it"),
        ("load.columns > 1", "load has no plain value 'columns'"),
        ("mode > 3", "TypeError"),
        ("year / 0", "ZeroDivisionError"),
        ("load.parts[7]", "IndexError"),
        ("__import__('os').system('true')", "more than a comparison"),
        ("open('/etc/passwd')", "more than a comparison"),
        ("mode.upper() == 'FULL'", "more than a comparison"),
        ("load.rows.real > 1", "more than a comparison"),
        ("(lambda: 1)()", "more than a comparison"),
        ("[x for x in load.parts]", "more than a comparison"),
        ("f'{mode}' == 'full'", "more than a comparison"),
        ("'x' * 10000000000 == ''", "something else than numbers"),
        ("9 ** 9 ** 9 > 1", "more than a comparison"),
        ("10000000 * 10000000 * 10000000 * 10000000 > 1", "something else than numbers"),
        ("(" * 400 + "1" + ")" * 400, "it is no expression"),
        ("1 + " * 400 + "1", "longer than 1000"),
        ("(year := 3)", "more than a comparison"),
        ("mode[0:2] == 'fu'", "more than a comparison"),
    ],
)
def test_what_is_more_than_a_condition_is_refused_and_nothing_of_it_runs(condition: str, reason: str) -> None:
    with pytest.raises(NoAnswer) as caught:
        holds(condition, PARAMETERS, VALUES)
    assert reason in str(caught.value)
