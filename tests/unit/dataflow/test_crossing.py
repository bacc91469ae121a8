"""What would have to cross a border."""

import pytest

from cellmill.dataflow.crossing import leanings, live


def test_what_is_read_behind_a_border_is_live_there() -> None:
    cells = leanings(["a = 1\nb = 2", "c = a + 1", "a = 5\nprint(a, b)"])
    assert [sorted(names - {"print"}) for names in live(cells)] == [[], ["a", "b"], ["b"], []]


def test_a_write_that_may_not_happen_leaves_the_name_live() -> None:
    cells = leanings(["x = 1", "if x:\n    y = 2", "y"])
    assert "y" in live(cells)[1]


def test_a_function_reads_what_it_will_ask_for_when_it_is_called() -> None:
    cells = leanings(["limit = 1\ndef over(x):\n    return x > limit", "over(2)"])
    assert {"over", "limit"} <= live(cells)[1]


@pytest.mark.parametrize(
    ("source", "is_so"),
    [
        ("globals()['x']", True),
        ("eval(text)", True),
        ("%whos", True),
        ("%run other.py", True),
        ("%%julia\nx", True),
        ("%%bash\nls", False),
        ("x = 1", False),
        ("%matplotlib inline", False),
    ],
)
def test_some_cells_ask_for_every_name(source: str, *, is_so: bool) -> None:
    assert leanings([source])[0].wants_all is is_so


@pytest.mark.parametrize(
    ("source", "is_so"),
    [
        ("_ + 1", True),
        ("Out[3]", True),
        ("In[-1]", True),
        ("__", True),
        ("for _ in range(3):\n    pass", False),
        ("a, _ = pair\nprint(a)", False),
        ("[_ for _ in x]", False),
    ],
)
def test_some_cells_read_what_ipython_keeps(source: str, *, is_so: bool) -> None:
    assert leanings([source])[0].wants_history is is_so


@pytest.mark.parametrize(
    ("source", "places"),
    [
        ("pd.DataFrame.shout = f", ("pd.DataFrame.shout",)),
        ("setattr(np, 'magic', 1)", ("np.magic",)),
        ("del json.dumps", ("json.dumps",)),
        ("a.b, c.d = 1, 2", ("a.b", "c.d")),
        ("mod.registry['x'] = 1", ("mod.registry",)),
        ("plt.rcParams['figure.dpi'] = 90", ()),
        ("os.environ['X'] = '1'", ()),
        ("df['x'] = 1", ()),
        ("def patch():\n    json.dumps = None", ("json.dumps",)),
    ],
)
def test_what_is_put_into_something_else_is_seen(source: str, places: tuple[str, ...]) -> None:
    assert leanings([source])[0].patches == places


def test_what_is_said_to_the_shell_and_what_is_imported_is_kept_apart() -> None:
    [cell] = leanings(["%matplotlib inline\nimport numpy as np\nfrom os import path, sep\nimport a.b\nsep = '/'"])
    assert cell.set_up == ("%matplotlib inline",)
    assert [statement.text for statement in cell.imports] == [
        "import numpy as np",
        "from os import path, sep",
        "import a.b",
    ]
    assert cell.imported == {"np", "path", "a"}


@pytest.mark.parametrize(
    ("source", "is_so"),
    [
        ("import os\nX = 3\ndef f(): ...\nclass A: ...", True),
        ("import warnings\nwarnings.filterwarnings('ignore')", True),
        ("%load_ext autoreload", True),
        ("df = load()", False),
        ("print(1)", False),
    ],
)
def test_a_cell_that_only_sets_up_computes_nothing(source: str, *, is_so: bool) -> None:
    assert leanings([source])[0].is_set_up is is_so


def test_words_of_a_shell_line_may_be_names() -> None:
    assert {"folder"} <= leanings(["!ls {folder}"])[0].reads
    assert {"model"} <= leanings(["%time model.fit(X)"])[0].reads


@pytest.mark.parametrize(
    ("source", "hashes"),
    [
        ("a = {1, 2}", True),
        ("a = {b for b in c}", True),
        ("a = list(set(b))", True),
        ("a = b.columns.union(c)", True),
        ("a = b.keys() - {}", True),
        ("a = hash(b) % 5", True),
        ("a = {1: 2}\nb = c - d\ne = f.keys()", False),
    ],
)
def test_what_may_come_in_another_order_in_another_process_is_seen(source: str, hashes: bool) -> None:
    assert leanings([source])[0].hashes is hashes


def test_the_format_of_pictures_is_said_again_as_it_was_said_to_the_shell() -> None:
    (cell,) = leanings(["from m import set_matplotlib_formats\nset_matplotlib_formats('retina')"])
    assert cell.set_up == ("%matplotlib inline", "%config InlineBackend.figure_formats = ['retina']")
