"""Fresh identities."""

import random
import re
import time

from cellmill.core.ids import new_run_id, new_session_id


def test_ids_are_told_apart_and_have_their_shape() -> None:
    sessions, runs = {new_session_id() for _ in range(50)}, {new_run_id() for _ in range(50)}
    assert len(sessions) == len(runs) == 50
    assert all(re.fullmatch(r"\d{8}T\d{9}-[0-9a-f]{8}", session) for session in sessions)
    assert all(re.fullmatch(r"[0-9a-f]{10}", run) for run in runs)


def test_a_session_that_follows_within_a_second_sorts_after_the_one_before() -> None:
    made = []
    for _ in range(5):
        made.append(new_session_id())
        time.sleep(0.002)
    assert made == sorted(made)


def test_a_fresh_id_leaves_the_users_random_state_as_it_was() -> None:
    random.seed(7)
    before = random.getstate()
    new_session_id()
    new_run_id()
    assert random.getstate() == before
