"""No code of the user's runs while objects are compared."""

import pytest
from tests.unit.capture.state.cells import Cells

HOSTILE = """
calls = []

def spy(name):
    def called(*args, **kwargs):
        calls.append(name)
        raise RuntimeError(name)
    return called

SPECIAL = (
    "eq ne hash repr str len bool getattr getattribute iter contains getitem setattr dir reduce reduce_ex getstate "
    "sizeof index int float format copy deepcopy buffer array instancecheck subclasscheck"
).split()

class Meta(type):
    __eq__ = spy("meta eq")
    __hash__ = spy("meta hash")
    __getattribute__ = spy("meta getattribute")
    __repr__ = spy("meta repr")
    __len__ = spy("meta len")
    mro_seen = property(spy("meta property"))

body = {f"__{name}__": spy(name) for name in SPECIAL}
body["__class__"] = property(spy("class"))
body["prop"] = property(spy("prop"))
body["__module__"] = "__main__"
"""


BASES = [
    "",
    *["list", "dict", "tuple", "str", "int", "set", "bytearray", "float", "frozenset", "collections.OrderedDict"],
]
# These read their subclasses as they are made: with such a metaclass they cannot be made at all.
ASKING = ["random.Random", "numpy.ndarray"]


@pytest.mark.parametrize(
    ("base", "meta"), [*((base, "Meta") for base in BASES), *((base, "type") for base in (*BASES, *ASKING))]
)
def test_a_hostile_object_is_compared_without_a_call(base: str, meta: str) -> None:
    cells = Cells()
    cells.run("import collections, random, numpy\n" + HOSTILE)
    cells.run(f"Hostile = type.__new__({meta}, 'Hostile', ({base + ',' if base else ''}), body)")
    made = f"{base or 'object'}.__new__(Hostile{', 3' if 'ndarray' in base else ''})"
    cells.run(f"one = {made}\nbox = [one, (one,)]\ntable = {{'k': one}}")
    cells.run("object.__setattr__(one, 'x', [1])")
    found = cells.run("object.__getattribute__(one, '__dict__')['x'].append(2)")
    assert found.changed >= {"one", "box", "table"}
    assert not cells.run("one").changed
    assert cells.names["calls"] == []


def test_a_dict_that_is_a_property_is_passed_by() -> None:
    cells = Cells()
    cells.run(
        "calls = []\nclass Base: pass\nclass A(Base):\n    @property\n    def __dict__(self):\n        calls.append(1)"
    )
    cells.run("a = A()\na.x = 1")
    assert cells.changed("a.x = 2") == {"a"}
    assert cells.names["calls"] == []


def test_slots_are_compared() -> None:
    cells = Cells()
    cells.run("class A:\n    __slots__ = ('x', 'y')\nclass B(A):\n    __slots__ = ('z',)\nb = B()\nb.x = 1")
    assert cells.changed("b.x = 2") == {"b"}
    assert cells.changed("b.z = 2") == {"b"}
    assert cells.changed("b.x") == set()
    assert cells.changed("del b.x") == {"b"}
