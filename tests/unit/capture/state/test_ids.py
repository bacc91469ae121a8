"""Ids are read all at once; each must be what `id` says."""

from array import array

from cellmill.capture.state.ids import ID_BYTES, ids_in


def test_the_ids_are_those_that_each_object_has() -> None:
    values = (None, "text", 1, 10**30, object(), [1], (), 2.5)
    assert array("Q", ids_in(values)).tolist() == [id(value) for value in values]


def test_of_no_values_there_are_no_ids() -> None:
    assert ids_in(()) == b""


def test_each_id_takes_as_many_bytes_as_is_said() -> None:
    assert len(ids_in(tuple(range(1_000)))) == 1_000 * ID_BYTES
