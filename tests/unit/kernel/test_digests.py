"""What tells a value that a step hands over from another: what is equal here is not run again."""

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from cellmill.kernel.crossing.bundle import survey
from cellmill.kernel.values import digest_of, digest_of_names

# What is made first, and what is put in place of what to make it another.
PAIRS = {
    "the body of a cached function": (
        "import functools\n@functools.cache\ndef x(n):\n    return n + 1",
        ("n + 1", "n + 2"),
    ),
    "how much a cached function keeps": (
        "import functools\n@functools.lru_cache(3)\ndef x(n):\n    return n",
        ("(3)", "(4)"),
    ),
    "what a bound method is bound to": (
        "class A:\n    def f(self): ...\na = A()\na.n = 1\nx = a.f",
        ("n = 1", "n = 2"),
    ),
    "what a method of a library's is bound to": (
        "from fractions import Fraction\nx = Fraction(1, 3).limit_denominator",
        ("1, 3", "2, 3"),
    ),
    "what a bound builtin is bound to": ("x = {'a': 1}.get", ("1", "2")),
    "what a closure of a user's module holds": ("import shapes\nx = shapes.scaled(2)", ("(2)", "(3)")),
    "a class made in a user's module": ("import shapes\nx = shapes.made(2)()", ("(2)", "(3)")),
    "a cached property": (
        "import functools\nclass A:\n    @functools.cached_property\n    def side(self):\n        return 1\nx = A()",
        ("return 1", "return 2"),
    ),
    "how a property is set": (
        "class A:\n    @property\n    def side(self): ...\n    @side.setter\n"
        "    def side(self, value):\n        self.n = 1\nx = A()",
        ("n = 1", "n = 2"),
    ),
    "what a class holds": (
        "import fractions\nclass A:\n    side = fractions.Fraction(1, 3)\nx = A()",
        ("1, 3", "2, 3"),
    ),
    "the default of a dataclass": (
        "from dataclasses import dataclass\n@dataclass\nclass A:\n    side: int = 1\nx = A",
        ("= 1", "= 2"),
    ),
    "what a model of pydantic's looks at": (
        "import pydantic\nclass x(pydantic.BaseModel):\n    n: int = 1\n    m: int = 2\n"
        "    @pydantic.field_validator('n')\n    def check(cls, value): return value",
        ("'n'", "'m'"),
    ),
    "the default of a model of pydantic's": (
        "import pydantic\nclass x(pydantic.BaseModel):\n    n: int = 1",
        ("1", "2"),
    ),
    "a class that a class is made of": ("class A:\n    n = 1\nclass B(A): ...\nx = B()", ("n = 1", "n = 2")),
    "an attribute of a function": ("def x(): ...\nx.depth = 1", ("depth = 1", "depth = 2")),
    "functions in a set": ("x = {lambda: 1}", ("1", "2")),
    "which of two functions it is": ("f, g = [lambda: n for n in (1, 1)]\nx = [f, g, f]", ("g, f]", "g, g]")),
    "whether a tensor has gradients": ("import torch\nx = torch.zeros(2, requires_grad=True)", ("True", "False")),
    "the gradient of a tensor": (
        "import torch\nx = torch.zeros(2)\nx.grad = torch.zeros(2)",
        ("grad = torch.z", "g = torch.z"),
    ),
    "whether tensors share memory": ("import torch\na = torch.zeros(2)\nx = [a, a.view(2)]", (".view(2)", ".clone()")),
    "the order of categories": (
        "import pandas as pd\nx = pd.Series(pd.Categorical(['a'], ['a', 'b']))",
        ("'a', 'b'", "'b', 'a'"),
    ),
    "attributes of a frame": (
        "import pandas as pd\nx = pd.DataFrame({'a': [1]})\nx.attrs['unit'] = 'm'",
        ("'m'", "'s'"),
    ),
    "names of columns": ("import pandas as pd\nx = pd.DataFrame({'a': [1]})\nx.columns.name = 'm'", ("'m'", "'s'")),
    "flags of a frame": (
        "import pandas as pd\nx = pd.DataFrame({'a': [1]}).set_flags(allows_duplicate_labels=False)",
        ("False", "True"),
    ),
    "how often an index goes": (
        "import pandas as pd\nx = pd.Series([1, 2], pd.DatetimeIndex(['2024-01-01', '2024-01-02'], freq='D'))",
        ("'D'", "None"),
    ),
    "fields of an array": ("import numpy as np\nx = np.zeros(2, [('a', 'f8')])", ("'a'", "'b'")),
}
SAME = {
    "an enumeration": "import enum\nclass x(enum.Enum):\n    A = 1\n    B = 2",
    "an abstract class": "import abc\nclass A(abc.ABC):\n    @abc.abstractmethod\n    def f(self): ...\nx = A",
    "a function by the type of what it is given": "import functools\n@functools.singledispatch\ndef x(a): ...",
    "a named tuple": "from typing import NamedTuple\nclass A(NamedTuple):\n    a: int = 1\nx = A()",
    "a class with slots": "class A:\n    __slots__ = ('a',)\nx = A()\nx.a = 1",
    "a generic class": "from typing import Generic, TypeVar\nT = TypeVar('T')\n"
    "class A(Generic[T]):\n    a: list[T] | None\nx = A()",
    "a dataclass with a factory": "from dataclasses import dataclass, field\n@dataclass(frozen=True)\n"
    "class A:\n    a: list = field(default_factory=list)\nx = A()",
    "a module of torch": "import torch\nclass A(torch.nn.Module):\n    def __init__(self):\n"
    "        super().__init__()\n        self.f = torch.nn.Linear(2, 1)\ntorch.manual_seed(0)\nx = A()",
    "a method of a fitted model": "from sklearn.linear_model import Ridge\n"
    "x = Ridge().fit([[0.0], [1.0]], [0, 1]).predict",
}


SHARED = {
    "two names of one list": ("a = [1]\nb = a", ("= a", "= a.copy()")),
    "a list in another": ("a = [1]\nb = [a]", ("[a]", "[a.copy()]")),
    "a view of an array": ("import numpy as np\na = np.arange(3)\nb = a[1:]", ("[1:]", "[1:].copy()")),
    "a view of another part": ("import numpy as np\na = np.zeros(3)\nb = a[1:]", ("[1:]", "[:2]")),
    "a view of a tensor": ("import torch\na = torch.zeros(3)\nb = a[1:]", ("[1:]", "[1:].clone()")),
}


@pytest.fixture(autouse=True)
def shapes() -> Iterator[None]:
    """A module of the user's."""
    sys.modules["shapes"] = module = ModuleType("shapes")
    exec("def scaled(n):\n    return lambda: n\ndef made(n):\n    return type('A', (), {'side': n})", vars(module))
    yield
    del sys.modules["shapes"]


def made_by(source: str) -> Any:
    """What a notebook's cell binds `x` to."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(source, namespace)
    return namespace["x"]


@pytest.mark.parametrize("name", [*PAIRS, *SAME])
def test_what_is_made_twice_is_the_same(name: str) -> None:
    source = SAME[name] if name in SAME else PAIRS[name][0]
    first = digest_of(made_by(source))
    assert first is not None
    assert first == digest_of(made_by(source))


@pytest.mark.parametrize("name", PAIRS)
def test_what_another_step_could_tell_apart_is_another(name: str) -> None:
    source, (before, after) = PAIRS[name]
    assert source.count(before) == 1
    assert digest_of(made_by(source)) != digest_of(made_by(source.replace(before, after)))


@pytest.mark.parametrize("name", SHARED)
def test_what_names_share_counts(name: str) -> None:
    def digest(source: str) -> str | None:
        namespace: dict[str, Any] = {"__name__": "__main__"}
        exec(source, namespace)
        names = {name: namespace[name] for name in "ba"}
        return digest_of_names(names, survey(names, {}).shared)

    source, (before, after) = SHARED[name]
    assert source.count(before) == 1
    assert digest(source) is not None
    assert digest(source) == digest(source)
    assert digest(source) != digest(source.replace(before, after))
