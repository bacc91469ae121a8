"""When changes are recorded."""

from cellmill.server.watch import SETTLE_AT_MOST_S, SETTLE_S, _Recording


def test_a_burst_of_changes_is_waited_for_but_not_one_without_end() -> None:
    recording = _Recording(not_before_s=0)
    recording.has_changed(100)
    assert recording.not_before_s == 100 + SETTLE_S
    for tenths in range(1000, 2000, 2):
        recording.has_changed(tenths / 10)
    assert recording.not_before_s == 100 + SETTLE_AT_MOST_S
    recording.begins()
    assert not recording.is_due
    recording.has_changed(200)
    assert (recording.is_due, recording.not_before_s) == (True, 200 + SETTLE_S)


def test_a_change_does_not_bring_a_failed_recording_forward() -> None:
    recording = _Recording(not_before_s=160, failures=3)
    recording.has_changed(100)
    assert (recording.is_due, recording.not_before_s) == (True, 160)
