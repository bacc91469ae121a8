"""What a cell did to names: bound, deleted, changed in place, also behind other names."""

import gc
import weakref

import pytest
from tests.unit.capture.state.cells import Cells

from cellmill.capture.state import NamespaceState, hidden_by_ipython


def test_names_are_bound_and_deleted() -> None:
    cells = Cells()
    assert cells.run("a = 1\nb = [2]").bound == {"a", "b"}
    assert cells.run("a = 2").bound == {"a"}
    assert cells.run("globals()['c'] = 3").bound == {"c"}
    assert cells.run("from math import *").bound >= {"pi", "sin"}
    gone = cells.run("del a")
    assert gone.deleted == {"a"}
    assert gone.bound == set()


def test_of_very_many_names_each_that_is_bound_anew_is_seen() -> None:
    cells = Cells()
    cells.run("for number in range(3_000):\n    globals()[f'v{number}'] = [number]")
    for number in (0, 31, 32, 1_023, 1_024, 2_047, 2_999):
        assert cells.run(f"globals()['v{number}'] = ()").bound == {f"v{number}"}
    assert cells.run("globals().update(v5=1, v2_900=2, more=3)").bound == {"v5", "v2_900", "more"}
    found = cells.run("del v17\nv1500 = 0")
    assert found.bound == {"v1500"}
    assert found.deleted == {"v17"}
    assert cells.run("v18 = 0").bound == {"v18"}


def test_thousands_of_names_that_there_is_no_time_for_are_told_all_the_same() -> None:
    cells = Cells()
    source = "for number in range(3_000):\n    globals()[f'v{number}'] = [[number]]"
    found = cells.run(source, budget_s=0.0)
    assert len(found.bound) == 3_001
    assert [len(group) for group in found.aliases] == [3_000]  # any may share with any, for all that is known
    assert cells.run("v7.append(1)", budget_s=0.0).unsure >= {"v8", "v2999"}


def test_a_key_that_is_no_text_is_not_asked_and_not_kept() -> None:
    class Key:
        def __eq__(self, other: object) -> bool:
            raise AssertionError("asked")

        def __hash__(self) -> int:
            assert not is_asked
            return 7

    is_asked = False
    key = Key()
    gone = weakref.ref(key)
    names: dict[object, object] = {key: [1], "a": 1, "b": 2}
    del key
    state = NamespaceState(names)  # type: ignore[arg-type]
    for kept in names:
        names[kept] = [2]
        break
    del kept
    is_asked = True
    assert state.after((), 1.0).bound == set()
    names["c"] = 3
    assert state.after((), 1.0).bound == {"c"}
    names.clear()
    gc.collect()
    assert gone() is None


def test_a_name_deleted_and_another_added_are_both_seen() -> None:
    cells = Cells()
    cells.run("a = 1\nb = 2\nc = 3")
    found = cells.run("d = 1\ndel b, c\nc = 4")
    assert found.bound == {"c", "d"}
    assert found.deleted == {"b"}


def test_what_ipython_binds_is_not_the_users() -> None:
    cells = Cells()
    assert cells.run("_i1 = 'x'\n_ = 3\n_private = 4\nIn = []").bound == {"_private"}
    assert not hidden_by_ipython("_id")
    assert hidden_by_ipython("_i12")


@pytest.mark.parametrize("name", ["_", "___", "_i", "_iii", "_7", "_i12", "_ih", "_oh", "_dh", "In", "open", "__x__"])
def test_a_name_of_ipythons_is_hidden(name: str) -> None:
    assert hidden_by_ipython(name)


@pytest.mark.parametrize("name", ["", "_x", "_ix", "_iih", "__x", "x__", "_i_", "_12a", "i", "opens", "_In", "__a b__"])
def test_a_name_of_the_users_is_not(name: str) -> None:
    assert not hidden_by_ipython(name)


def test_hidden_names_are_never_reported() -> None:
    names: dict[str, object] = {"shown": 1}
    state = NamespaceState(names, hidden={"secret"})
    names["secret"] = names["open_one"] = [1]
    assert state.after((), 1.0).bound == {"open_one"}


@pytest.mark.parametrize(
    "change",
    [
        "x.append(1)",
        "x[0] = 5",
        "del x[0]",
        "other.append(1)",
        "box['k'].append(1)",
        "holder.held.append(1)",
        "add()",
        "later(2)",
        "bound_method(2)",
        "nested[0][0].pop()",
    ],
)
def test_a_change_is_seen_through_every_name_that_leads_to_the_object(change: str) -> None:
    cells = Cells()
    cells.run("class Holder: pass")
    cells.run("x = [1, 2]\nother = x\nbox = {'k': x}\nholder = Holder()\nholder.held = x\nnested = ([x],)")
    cells.run("def add():\n    x.append(0)\nfunctions = [add]")
    cells.run("def make(kept):\n    return lambda more: kept.append(more)\nlater = make(x)\nbound_method = x.append")
    cells.run("import functools\npartly = functools.partial(len, x)\ny = [1, 2]")
    assert cells.changed(change) >= {"x", "other", "box", "holder", "nested", "later", "partly", "functions"}
    assert "y" not in cells.changed(change.replace("del x[0]", "x[0] = 8"))


def test_looking_changes_nothing() -> None:
    cells = Cells()
    cells.run("x = [1, {'a': (2, [3])}]\ny = {1: x}\nz = x[1]")
    found = cells.run("len(x), x[1]['a'], sorted(y), [i for i in x], z.get('q')")
    assert not found.changed
    assert not found.unsure
    assert found.aliases == (("x", "y", "z"),)


def test_a_change_in_what_a_name_held_before_is_seen_in_those_that_still_hold_it() -> None:
    cells = Cells()
    cells.run("x = [1]\nbox = [x]\nother = x")
    found = cells.run("x.append(2)\nx = 5")
    assert found.bound == {"x"}
    assert found.changed == {"box", "other"}


def test_an_object_that_is_reached_only_since_a_change_is_followed() -> None:
    cells = Cells()
    cells.run("x = [1]\ny = [x]")
    cells.run("x.append([])\nz = x[1]")
    assert cells.changed("z.append(3)") == {"x", "y", "z"}


def test_a_cell_that_may_touch_anything_has_everything_compared() -> None:
    cells = Cells()
    cells.run("x = [1]\ny = [2]")
    assert cells.run("exec('x.app' + 'end(1)')").changed == set()
    assert cells.run("y", everything=True).changed == {"x"}


def test_numbers_that_are_equal_but_not_the_same_are_told_apart() -> None:
    cells = Cells()
    cells.run("x = [-1, 0, 1, 2 ** 61, float('nan')]")
    for change in ("x[0] = -2", "x[1] = -0.0", "x[2] = True", "x[2] = 1.0", "x[3] = 1", "x[1] = 0.0"):
        assert cells.changed(change) == {"x"}, change


def test_what_cannot_be_compared_in_time_is_unsure() -> None:
    cells = Cells()
    cells.run("x = [[i] for i in range(2_000)]\ny = [x]")
    found = cells.run("x[1_999].append(1)", budget_s=0.0)
    assert found.unsure == {"x", "y"}
    assert found.changed == set()
    assert ("x", "y") in found.aliases


def test_a_generator_that_went_on_is_never_taken_for_unchanged() -> None:
    cells = Cells()
    cells.run("def forever():\n    while True:\n        yield 1\ng = forever()\nh = iter([1, 1, 1])")
    for _ in range(3):
        found = cells.run("next(g), next(h)")
        assert found.unsure | found.changed == {"g", "h"}
    assert cells.run("h").changed == set()


def test_objects_are_not_kept_alive() -> None:
    names: dict[str, object] = {}
    state = NamespaceState(names)

    class Big: ...

    names["big"] = Big()
    names["boxed"] = [Big()]
    gone = weakref.ref(names["big"])
    state.after(["big", "boxed"], 1.0)
    del names["big"]
    gc.collect()
    assert gone() is None


def test_a_class_of_the_users_leads_to_what_its_methods_look_up() -> None:
    cells = Cells()
    cells.run("rate = [1]\nclass Model:\n    def fit(self):\n        rate.append(1)")
    cells.run("model = Model()")
    assert cells.changed("model.fit()") >= {"rate", "model"}
    assert cells.changed("Model.extra = 1") == {"Model", "model"}
