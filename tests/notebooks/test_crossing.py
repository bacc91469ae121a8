"""What a step takes and hands over, in real kernels."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from cellmill.capture.sessions import load_sessions
from cellmill.core.project import Project
from cellmill.core.runs import Run
from cellmill.executors.kernels import LocalKernels
from cellmill.kernel.crossing.settings import Baseline, that_count


class Bench:
    """A project in which steps are run, each in a kernel of its own."""

    def __init__(self, root: Path, values: str = "values") -> None:
        (root / ".git").mkdir()
        self.root = root
        self.values = values
        self.complaints = ""
        """What the last step wrote to its standard error."""

    def step(
        self,
        name: str,
        cell: str,
        gives: Sequence[str] = (),
        *,
        after: Sequence[str] = (),
        more: str = "",
        warm: bool = True,
        **environment: str,
    ) -> str:
        """Run a step. Returns what its cell printed, or how the step ended where it did not end well."""
        begin = f"import cellmill\ncellmill.begin_step({name!r}, after={list(after)!r}, values={self.values!r}{more})"
        end = f"cellmill.end_step({list(gives)!r})"
        printed = self.complaints = ""
        with LocalKernels().start(
            notebook=self.root / f"{name}.ipynb", cwd=self.root, kernel="python3", environment=environment, warm=warm
        ) as kernel:
            for source in (begin, cell, end):
                ran = kernel.run(source)
                if ran.error is not None:
                    return f"{ran.error.type}: {ran.error.message}"
                printed += "".join(output["text"] for output in ran.outputs if output.get("name") == "stdout")
                self.complaints += "".join(output["text"] for output in ran.outputs if output.get("name") == "stderr")
        return printed.strip()

    def runs(self) -> tuple[Run, ...]:
        """What was trained, oldest first."""
        return load_sessions(Project(self.root)).runs()[::-1]

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
    # All cold: what a fork server has imported ahead changes while it is used.
    assert [bench.step(name, cell, ["x"], warm=False) for name, cell in cells.items()] == [""] * len(cells)
    digests = {name: bench.manifest(name)["digest"] for name in cells}
    assert digests["plain"] == digests["again"]
    assert digests["code"] == digests["code_again"]
    assert len(set(digests.values())) == 6


def test_of_the_filters_of_warnings_those_that_raise_count() -> None:
    shows = [("ignore", None, Warning, None, 0), ("always", None, UserWarning, None, 0)]
    raises = ("error", None, RuntimeWarning, None, 0)

    def counted(*filters: tuple[Any, ...]) -> dict[str, Any]:
        return that_count({"python": {"recursion": 1_000, "warnings": [*filters]}}, Baseline())

    assert counted(*shows) == counted(*shows[::-1]) == counted()
    assert counted(*shows, raises) == counted(raises) != counted()


def test_what_a_library_brings_along_does_not_count(bench: Bench) -> None:
    """Neither its own settings nor the state that its random generator comes in, in whichever step it is imported."""
    cells = {
        "plain": "words = first",
        "imports": "import numpy.random, pandas, matplotlib\nwords = first",
        "again": "import matplotlib, numpy.random, pandas\nwords = first",
        "sets": "import pandas\npandas.set_option('display.max_rows', 7)\nwords = first",
        "draws": "import numpy.random\nnumpy.random.rand()\nwords = first",
    }
    assert bench.step("first", "first = ['a']", ["first"]) == ""
    assert [bench.step(name, cell, ["words"], after=["first"]) for name, cell in cells.items()] == [""] * len(cells)
    plain, imports, again, sets, draws = (bench.manifest(name)["digest"] for name in cells)
    assert plain == imports == again
    assert len({plain, sets, draws}) == 3


def test_what_a_step_does_not_import_goes_through_it(bench: Bench) -> None:
    (bench.root / "own.py").write_text("rate = 1\n")
    sets = "import matplotlib, own\nmatplotlib.rcParams['lines.linewidth'] = 7.0\nown.rate = 5\nx = 1"
    found = "import sys\nprint(sorted({'matplotlib', 'own'} & set(sys.modules)))"
    asks = "import matplotlib, own\nprint(matplotlib.rcParams['lines.linewidth'], own.rate)"
    assert bench.step("first", sets, ["x"]) == ""
    assert bench.step("second", found, ["x"], after=["first"]) == "[]"
    assert bench.step("third", found, ["x"], after=["second"]) == "[]"
    assert bench.step("last", asks, after=["third"]) == "7.0 5"


def test_what_goes_through_a_step_counts_only_where_it_was_changed(bench: Bench) -> None:
    assert bench.step("first", "import matplotlib\nx = 1", ["x"]) == ""
    cells = {"plain": "y = x", "imports": "import matplotlib\ny = x"}
    assert [bench.step(name, cell, ["y"], after=["first"]) for name, cell in cells.items()] == ["", ""]
    plain, imports = (bench.manifest(name)["digest"] for name in cells)
    assert plain == imports


def test_modules_of_values_are_found_and_see_the_environment_as_in_the_step_before(bench: Bench) -> None:
    (bench.root / "lib").mkdir()
    (bench.root / "lib" / "shapes.py").write_text(
        "import os, warnings\nwarnings.warn('old')\n"
        "BACKEND = os.environ.get('SHAPES_BACKEND', 'plain')\nclass Square:\n    side = 2\n"
    )
    made = "import os, sys\nsys.path.append('lib')\nos.environ['SHAPES_BACKEND'] = 'fast'\nfrom shapes import Square"
    strict = "import warnings\nwarnings.simplefilter('error')"
    assert bench.step("make", f"{made}\nsquare = Square()\n{strict}", ["square"]) == ""
    used = "import shapes\nprint(square.side, shapes.BACKEND, type(square) is shapes.Square)"
    assert bench.step("use", used, after=["make"]) == "2 fast True"


def test_whose_model_it_is_does_not_count(bench: Bench) -> None:
    fit = "model = Ridge().fit([[0.0], [1.0]], [0.0, 1.0])"
    twice = f"from sklearn.linear_model import Ridge\n{fit}\ncellmill.end_step(['model'])\nimport shutil\n"
    assert bench.step("fit", f"{twice}shutil.copytree('values/fit', 'values/first')\n{fit}", ["model"]) == ""
    assert bench.manifest("fit")["digest"] == bench.manifest("first")["digest"]
    first, second = ((bench.root / "values" / name / "values.pickle").read_bytes() for name in ("first", "fit"))
    assert [run.run.encode() in content for content in (first, second) for run in bench.runs()] == [
        *(True, False),
        *(False, True),
    ]


def test_whether_two_names_are_one_counts(bench: Bench) -> None:
    kept = "cellmill.end_step(['raw', 'clean'])\nimport shutil\nshutil.copytree('values/a', 'values/first')\n"
    assert bench.step("a", f"raw = [1]\nclean = raw\n{kept}clean = raw.copy()", ["raw", "clean"]) == ""
    first, second = bench.manifest("first"), bench.manifest("a")
    assert first["names"] == second["names"]
    assert first["digest"] != second["digest"]


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


def test_data_frames_are_read_with_the_options_that_they_were_made_with(bench: Bench) -> None:
    options = "pd.set_option('future.infer_string', False)\npd.set_option('mode.string_storage', 'python')\n"
    made = f"import pandas as pd\n{options}frame = pd.DataFrame({{'a': ['x'], 'b': pd.array(['x'], 'string')}})"
    assert bench.step("load", made, ["frame"]) == ""
    assert bench.manifest("load")["frames"] == ["frame.parquet"]
    assert bench.step("look", "print(frame.a.dtype, frame.b.dtype.storage)", after=["load"]) == "object python"


def test_a_set_that_comes_from_a_process_that_hashes_texts_otherwise_is_told(bench: Bench) -> None:
    assert bench.step("sets", "a, b = {1, 2}, [{'x', 'y'}]", ["a", "b"], warm=False, PYTHONHASHSEED="5") == ""
    assert bench.step("same", "", after=["sets"], warm=False, PYTHONHASHSEED="5") == ""
    assert bench.complaints == ""
    assert bench.step("other", "", ["a"], after=["sets"], warm=False, PYTHONHASHSEED="6") == ""
    assert "sets come from step sets, and this kernel has them in another order" in bench.complaints
    assert bench.manifest("other")["order"] is None  # numbers stay where they are


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


def test_a_setting_that_the_next_step_does_not_know_is_said_and_the_others_cross(bench: Bench) -> None:
    options = "import pandas as pd\n{}pd.set_option('display.max_rows', 7)"
    own = "from pandas._config import config\nconfig.register_option('mine.depth', 1)\npd.set_option('mine.depth', 2)\n"
    assert bench.step("a", options.format(own)) == ""
    assert bench.complaints == ""
    assert bench.step("b", "import pandas as pd\nprint(pd.get_option('display.max_rows'))", after=["a"]) == "7"
    assert "cellmill: pandas' option mine.depth is not as in the step before (OptionError:" in bench.complaints
