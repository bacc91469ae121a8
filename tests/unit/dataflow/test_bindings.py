"""What the source of a cell says of the values of its names."""

from typing import Any

import pytest

from cellmill.dataflow.bindings import Bindings

AT_END: list[tuple[str, dict[str, Any]]] = [
    ("max_depth = 4", {"max_depth": 4}),
    ("rate: float = -0.5", {"rate": -0.5}),
    ("sizes = (3,)\nwords = {'a': [1]}", {"sizes": (3,), "words": {"a": [1]}}),
    ("x = 1\nx = 2", {"x": 2}),
    ("x = 1\nmake(x)\nx = 2", {}),
    ("x = 1\nx += 1", {}),
    ("x = 1\nx = f()", {}),
    ("x = 1\nif ready:\n    x = 2", {}),
    ("x = 1\nfor x in (2, 3):\n    f(x)", {}),
    ("x = 1\nsquares = [x for x in range(3)]", {"x": 1}),
    ("x = 1\n[x := y for y in range(3)]", {}),
    ("x = 1\ndef f():\n    x = 2", {"x": 1}),
    ("x = 1\ndef f():\n    global x\n    x = 2", {}),
    ("x = 1\nwith open('f') as x:\n    pass", {}),
    ("x = 1\nimport x", {}),
    ("x = 1\ndel x", {}),
    ("config = {'n': 1}\nconfig['n'] = 2", {}),
    ("config = {'n': 1}\nconfig.update(n=2)", {}),
    ("config = {'n': 1}\nf(config['n'])\nn = 4", {"config": {"n": 1}, "n": 4}),
    ("%%time\nalpha = 0.5\n!ls", {"alpha": 0.5}),
    ("files = !ls data/*.csv\nlr, epochs = 0.01, 20\nframe?", {"lr": 0.01, "epochs": 20}),
    ("%%memit\nlr = 0.1", {"lr": 0.1}),
    ("lr, hidden = 1e-2, 8", {"lr": 0.01, "hidden": 8}),
    ("(a, [b, c]) = 1, (2, 'd')", {"a": 1, "b": 2, "c": "d"}),
    ("a, b = 1, f()", {}),
    ("a, *b = 1, 2", {}),
    ("a, b = 1, 2\na, b = b, a", {}),
    ("width = depth = 4", {"width": 4, "depth": 4}),
    ("units = 2 ** 5\nrate = 1 / 10\nbatch = 4 * 2 + 1", {"units": 32, "rate": 0.1, "batch": 9}),
    ("x = 1 / 0\ny = 9 ** 9 ** 9\nz = 'a' * 3\nw = (-8) ** 0.5\nv = 10 * n", {}),
    ("class CFG:\n    'Ours.'\n    lr = 0.1\n    size: int = 2 * 8", {"CFG.lr": 0.1, "CFG.size": 16}),
    ("class CFG:\n    lr = 0.1\nCFG.lr = 0.2", {}),
    ("class CFG:\n    lr = 0.1\n    def f(self):\n        pass", {}),
    ("class CFG(Base):\n    lr = 0.1", {}),
    ("x = = 1", {}),
]


@pytest.mark.parametrize(("source", "found"), AT_END, ids=[repr(source) for source, _ in AT_END])
def test_a_source_tells_a_value_where_nothing_in_it_may_have_changed_it(source: str, found: dict[str, Any]) -> None:
    assert Bindings(source).at_end() == found


def test_at_a_line_count_the_values_above_and_the_loops_around() -> None:
    cell = Bindings(
        "noise = 1.0\n"
        "best = 0\n"
        "for a, (b, c) in pairs:\n"
        "    depth = 2\n"
        "    for d in (1, 2):\n"
        "        fit(noise)\n"
        "        best = max(best, score())\n"
        "    for e in (1, 2):\n"
        "        pass\n"
        "noise = 2.0\n"
    )
    assert cell.before(6) == {"noise": 1.0, "best": 0}
    assert sorted(cell.looped(6)) == ["a", "b", "c", "d"]
    assert "best" in cell.gathered(6)
    assert not {"noise", "a", "d"} & cell.gathered(6)
