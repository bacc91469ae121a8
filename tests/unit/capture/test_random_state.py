"""Random generators are looked at without a number drawn, and each move is seen."""

import hashlib
import pickle
import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from cellmill.capture.surroundings.random_state import RandomWatch, restore

GLOBAL: Any = np.random  # numpy's own types leave out how its bit generator is replaced


@pytest.fixture(autouse=True)
def _state_as_it_was() -> Iterator[None]:
    state, numpys, bits = random.getstate(), np.random.get_state(), GLOBAL.get_bit_generator()
    yield
    GLOBAL.set_bit_generator(bits)
    random.setstate(state)
    np.random.set_state(numpys)


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


@pytest.mark.parametrize(
    "move",
    [
        np.random.rand,
        lambda: np.random.normal(size=3),
        lambda: np.random.seed(5),
        lambda: np.random.bytes(1),
        lambda: GLOBAL.set_bit_generator(np.random.MT19937(5)),
    ],
)
def test_each_move_of_numpys_generator_is_seen_once(move: Callable[[], object]) -> None:
    np.random.seed(1)
    watch = _watch()
    assert watch.look() == {}
    move()
    assert set(watch.look()) == {"numpy"}
    assert watch.look() == {}


def test_a_number_that_numpy_kept_and_gives_away_is_a_move() -> None:
    np.random.seed(1)
    np.random.standard_normal()  # makes two numbers, and keeps one
    watch = _watch()
    np.random.standard_normal()
    assert set(watch.look()) == {"numpy"}


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


def test_a_state_that_a_generator_does_not_take_keeps_no_other_from_its_own() -> None:
    random.seed(3)
    state = pickle.dumps(random.getstate())
    drawn = random.random()
    with pytest.raises((ValueError, TypeError)):
        restore({"numpy": pickle.dumps(("of another version",)), "random": state})
    assert random.random() == drawn
