"""Random generators are looked at without a number drawn, and each move is seen."""

import hashlib
import pickle
import random
from collections.abc import Callable, Iterator

import pytest

from cellmill.capture.surroundings.random_state import RandomWatch


@pytest.fixture(autouse=True)
def _state_as_it_was() -> Iterator[None]:
    state = random.getstate()
    yield
    random.setstate(state)


def _watch() -> RandomWatch:
    watch = RandomWatch(lambda _content, _digest: None)
    watch.look()
    return watch


@pytest.mark.parametrize(
    "move",
    [random.random, lambda: random.gauss(0, 1), lambda: random.seed(5), lambda: random.getrandbits(8)],
)
def test_each_move_is_seen_once(move: Callable[[], object]) -> None:
    random.seed(1)
    watch = _watch()
    move()
    assert set(watch.look()) == {"random"}
    assert watch.look() == {}


def test_a_number_that_was_kept_and_is_given_away_is_a_move() -> None:
    random.seed(1)
    random.gauss(0, 1)  # makes two numbers, and keeps one
    watch = _watch()
    random.gauss(0, 1)
    assert set(watch.look()) == {"random"}


def test_looking_moves_nothing_and_says_the_state() -> None:
    random.seed(2)
    before = random.getstate()
    said = RandomWatch(lambda _content, _digest: None).look()["random"]
    assert random.getstate() == before
    assert said == hashlib.sha256(pickle.dumps(before, protocol=4)).hexdigest()


def test_a_state_that_comes_back_is_no_news_where_nothing_was_looked_at_in_between() -> None:
    random.seed(3)
    state = random.getstate()
    watch = _watch()
    random.random()
    random.setstate(state)
    assert watch.look() == {}
