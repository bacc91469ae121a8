"""What a step takes and hands over, in real kernels."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from cellmill.executors.kernels import LocalKernels


class Bench:
    """A project in which steps are run, each in a kernel of its own."""

    def __init__(self, root: Path, values: str = "values") -> None:
        (root / ".git").mkdir()
        self.root = root
        self.values = values

    def step(
        self, name: str, cell: str, gives: Sequence[str] = (), *, after: Sequence[str] = (), more: str = ""
    ) -> str:
        """Run a step. Returns what its cell printed, or how the step ended where it did not end well."""
        begin = f"import cellmill\ncellmill.begin_step({name!r}, after={list(after)!r}, values={self.values!r}{more})"
        end = f"cellmill.end_step({list(gives)!r})"
        printed = ""
        with LocalKernels().start(
            notebook=self.root / f"{name}.ipynb", cwd=self.root, kernel="python3", environment={}
        ) as kernel:
            for source in (begin, cell, end):
                ran = kernel.run(source)
                if ran.error is not None:
                    return f"{ran.error.type}: {ran.error.message}"
                printed += "".join(output["text"] for output in ran.outputs if output.get("name") == "stdout")
        return printed.strip()

    def manifest(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.root / self.values / name / "manifest.json").read_text())
        return found


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_step_that_comes_to_the_same_has_the_same_digest(bench: Bench) -> None:
    cells = {
        "plain": "import numpy as np\nx = np.arange(3)",
        "again": "import numpy as np\nx = np.arange(3)",
        "other": "import numpy as np\nx = np.arange(3) + 0.5",
        "drawn": "import numpy as np\nx = np.arange(3)\nd = np.random.rand()",
        "set": "import numpy as np, os\nx = np.arange(3)\nos.environ['STEP_TEST'] = 'a'",
        "code": "import numpy as np\ndef x():\n    return 1",
        "code_again": "import numpy as np\ndef x():\n    return 1",
        "code_other": "import numpy as np\ndef x():\n    return 2",
    }
    assert [bench.step(name, cell, ["x"]) for name, cell in cells.items()] == [""] * len(cells)
    digests = {name: bench.manifest(name)["digest"] for name in cells}
    assert digests["plain"] == digests["again"]
    assert digests["code"] == digests["code_again"]
    assert len(set(digests.values())) == 6


def test_data_frames_cross_as_parquet_where_they_come_back_as_they_were(bench: Bench) -> None:
    made = (
        "import pandas as pd\nplain = pd.DataFrame({'a': [1, 2], 'b': ['x', None]})\n"
        "odd = pd.DataFrame({'a': [1, 'x', {2}]})\nplain.attrs['unit'] = 'm'\ndates = pd.DataFrame({'a': [1.5]}, "
        "index=pd.DatetimeIndex(['2024-01-01'], freq='D'))"
    )
    assert bench.step("load", made, ["plain", "odd", "dates"]) == ""
    assert bench.manifest("load")["frames"] == ["plain.parquet"]
    look = "print(plain.attrs, odd.a[2], dates.index.freqstr, list(plain.b.isna()))"
    assert bench.step("look", look, after=["load"]) == "{'unit': 'm'} {2} D [False, True]"


def test_what_several_items_hand_over_is_a_list_in_their_order(bench: Bench) -> None:
    for item in ("0", "1"):
        assert bench.step("fit", f"score = {item} * 10", ["score"], more=f", item={item!r}") == ""
    (bench.root / "values" / "fit.items.json").write_text(json.dumps({"items": ["1", "0"]}))
    assert bench.step("best", "print(score)", after=["fit"]) == "[10, 0]"


def test_values_cross_through_any_url_that_fsspec_knows(tmp_path: Path) -> None:
    bench = Bench(tmp_path, f"file://{tmp_path}/far")
    assert bench.step("load", "x = [1]", ["x"]) == ""
    assert bench.step("load", "x = [2]", ["x"]) == ""
    assert bench.step("look", "print(x)", after=["load"]) == "[2]"
    assert bench.step("late", "pass", after=["gone"]).startswith("ValuesMissing: Step 'late' needs what step 'gone'")


def test_what_cannot_be_is_a_sentence_and_nothing_is_handed_over(bench: Bench) -> None:
    assert bench.step("a", "g = (i for i in [1])", ["g"]) == (
        "CannotCross: 'g' cannot be handed to another step: it holds a generator. "
        "Keep it in one step with what uses it."
    )
    assert bench.step("b", "pass", ["nowhere"]).startswith("NotGiven: Step 'b' is to hand over 'nowhere'")
    assert not (bench.root / "values").exists()
    large = "x = b'0' * 5000\ny = 1\ncellmill.end_step(['x', 'y'], most_bytes=1000)"
    assert "most of it in 'x', and 1.0 kB is the most. Write 'x' to a file" in bench.step("c", large)
    assert bench.step("d", "pass", after=["a"]).startswith("ValuesMissing: Step 'd' needs what step 'a' hands over")
    assert bench.step("e", "x = 1", ["x"]) == ""
    (bench.root / "values" / "e" / "values.pickle").write_bytes(b"torn")
    assert bench.step("f", "pass", after=["e"]).startswith("ValuesUnreadable: Step 'f' cannot read what step 'e'")
