"""Objects of the libraries that notebooks are full of: changes are seen, looks are not."""

import pytest
from tests.unit.capture.state.cells import Cells

from cellmill.capture.state import Changes

PANDAS = "import pandas as pd, numpy as np\n"
NUMPY = "import numpy as np\n"
CASES = [
    (PANDAS + "x = pd.DataFrame({'n': [1., 2], 's': ['a', 'b']})", "x.head(), x['n'].sum(), x.groupby('s').size()"),
    (PANDAS + "x = pd.Series(pd.date_range('2020', periods=3))", "x.dt.year, x.max()"),
    (PANDAS + "x = pd.Series(['a', 'b'], dtype='category')", "x.value_counts(), x.cat.codes"),
    (PANDAS + "x = pd.Series([1, None], dtype='Int64')", "x.sum(), x.isna()"),
    (NUMPY + "x = np.arange(6.).reshape(2, 3)", "x.sum(), x.T @ x, x[0] * 2"),
    (NUMPY + "x = np.array([[1], 'a'], dtype=object)", "x.shape, x[0]"),
    (NUMPY + "x = np.array(['2020'], 'M8[D]')", "x.min()"),
    (NUMPY + "x = np.random.default_rng(0)", "x.bit_generator.state"),
    ("import random\nx = random.Random(0)", "x.getstate()"),
    ("import hashlib\nx = hashlib.md5()", "x.hexdigest()"),
    ("from collections import OrderedDict\nx = OrderedDict(a=1, b=2)", "x['a'], list(x)"),
    ("import io\nx = io.StringIO('abc')", "x.getvalue()"),
    ("x = iter([1, 2])", "x.__length_hint__()"),
]
CHANGES = [
    "x.loc[0, 's'] = 'q'",
    "x[0] = pd.Timestamp('1999')",
    "x[0] = 'b'",
    "x[1] = 5",
    "x[1, 1] = 9",
    "x[0].append(2)",
    "x[0] = '1999'",
    "x.random()",
    "x.random()",
    "x.update(b'y')",
    "x.move_to_end('a')",
    "x.read(1)",
    "next(x)",
]


@pytest.mark.parametrize(
    ("setup", "look", "change"), [(*case, change) for case, change in zip(CASES, CHANGES, strict=True)]
)
def test_changes_are_seen_and_looks_are_not(setup: str, look: str, change: str) -> None:
    cells = Cells()
    cells.run(setup)
    cells.run("held = {'k': (x,)}")
    cells.run(look)
    assert cells.run(look) == Changes(aliases=(("held", "x"),))
    assert cells.changed(change) == {"x", "held"}


def test_a_view_and_its_array_change_together() -> None:
    cells = Cells()
    cells.run("import numpy as np\nx = np.arange(9.)\nview = x[2:5]\nother = np.arange(9.)")
    assert cells.changed("view[0] = 7") == {"x", "view"}
    assert cells.changed("x[3] = 7") >= {"x", "view"}


def test_a_frame_over_an_array_changes_with_it() -> None:
    cells = Cells()
    cells.run("import numpy as np, pandas as pd\nx = np.ones((3, 2))\nframe = pd.DataFrame(x, copy=False)")
    assert cells.changed("x[0, 0] = 5") == {"x", "frame"}


def test_an_array_can_be_resized_and_grown_as_before() -> None:
    cells = Cells()
    cells.run("import numpy as np, array\nx = np.arange(3.)")
    cells.run("flat = bytearray(b'abc')\nnumbers = array.array('d', [1.])")
    assert cells.changed("x.resize(5)") == {"x"}
    assert cells.changed("flat += b'd'\nnumbers.append(2.)") == {"flat", "numbers"}


def test_a_fitted_estimator_has_changed_and_one_that_predicted_has_not() -> None:
    cells = Cells()
    cells.run("import numpy as np\nfrom sklearn.preprocessing import StandardScaler\nX = np.arange(6.).reshape(3, 2)")
    cells.run("scaler = StandardScaler()\nkept = [scaler]")
    assert cells.changed("scaler.fit(X)") == {"scaler", "kept"}
    assert cells.changed("Z = scaler.transform(X)") == set()


def test_what_torch_computes_back_is_seen_in_the_network() -> None:
    pytest.importorskip("torch")
    cells = Cells()
    cells.run("import torch\nnet = torch.nn.Linear(2, 1)\noptimizer = torch.optim.SGD(net.parameters(), 0.1)")
    cells.run("loss = net(torch.ones(3, 2)).sum()")
    assert not cells.changed("loss.item(), list(net.parameters())")
    assert cells.changed("loss.backward()") >= {"net", "optimizer", "loss"}
    assert cells.changed("optimizer.step()") >= {"net", "optimizer"}
    assert cells.changed("net.weight.data.mul_(2)") >= {"net", "optimizer"}


def test_a_tensor_and_the_array_it_was_made_from_change_together() -> None:
    pytest.importorskip("torch")
    cells = Cells()
    cells.run("import torch, numpy as np\narray = np.zeros(3)\ntensor = torch.from_numpy(array)\nback = tensor.numpy()")
    assert cells.changed("array[0] = 1") == {"array", "tensor", "back"}
    assert cells.changed("tensor += 1") >= {"array", "tensor", "back"}
    assert cells.changed("back[1] = 5") >= {"array", "tensor", "back"}


def test_a_lazy_frame_is_not_collected() -> None:
    pytest.importorskip("polars")
    cells = Cells()
    cells.run("import polars as pl\ncalls = []\ndef spy(frame):\n    calls.append(1)\n    return frame")
    cells.run("lazy = pl.LazyFrame({'n': [1]}).map_batches(spy)")
    cells.run("lazy")
    assert cells.names["calls"] == []


def test_an_open_file_is_never_sure() -> None:
    cells = Cells()
    cells.run("import tempfile\nfile = tempfile.TemporaryFile('w+')\nfile.write('abc')")
    assert cells.run("file").unsure == {"file"}
    cells.run("file.close()")
