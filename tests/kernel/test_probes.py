"""The seam for other libraries: a package of anyone's brings a probe by an entry point of `cellmill.probes`.

The library and its probe are made here, as a package that stands on the kernel's path.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cellmill.capture.recording import BREAKER
from cellmill.capture.sessions import load_sessions
from cellmill.core.events import CaptureFailed

if TYPE_CHECKING:
    from tests.kernel.conftest import StartKernel
    from tests.kernel.kernels import Kernel

LIBRARY = """\
class Shop:
    def __init__(self, shelves=2):
        self.shelves = shelves

    def train(self, goods):
        if not goods:
            raise ValueError("nothing to sell")
        self.sold = len(goods) * self.shelves
        return self
"""

PROBE = """\
from cellmill.capture.observer import Observer
from cellmill.capture.probes.wrapping import unwrap_method, wrap_method


class ShopProbe:
    modules = ("shop",)

    def __init__(self, observer: Observer, user_names):
        self._observer = observer
        self._kind = None

    def install(self, module):
        self._kind = module.Shop
        wrap_method(module.Shop, "train", self._train)

    def remove(self):
        if self._kind is not None:
            unwrap_method(self._kind, "train")

    def _train(self, shop, train, args, kwargs):
        if not self._observer.is_watching:
            return train(*args, **kwargs)
        run = self._observer.training_started(
            library="shop",
            model_class="shop.Shop",
            params={"shelves": str(shop.shelves)},
            data=args[0],
            data_name="goods",
        )
        try:
            with self._observer.around(training=True):
                result = train(*args, **kwargs)
        except BaseException as error:
            self._observer.training_raised(run, error)
            raise
        self._observer.training_finished(run, shop, data=args[0], flavor="shop")
        for day in (1, 2, 3):
            self._observer.metric_step(run, "sold", shop.sold * day, day)
        return result
"""

USE = "import shop\nprint(shop.Shop(shelves=3).train(['tea', 'rice']).sold)"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A folder with the library `shop`, to be put on a kernel's path."""
    folder = tmp_path / "packages"
    folder.mkdir()
    (folder / "shop.py").write_text(LIBRARY)
    return folder


def with_probe(package: Path, start: StartKernel, source: str, *, named: str = "shop_probe:ShopProbe") -> Kernel:
    """Install a probe as a distribution is installed, and start a kernel that finds it."""
    (package / "shop_probe.py").write_text(source)
    about = package / "shop_probe-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: shop-probe\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[cellmill.probes]\nshop = {named}\n")
    return start(environment={"PYTHONPATH": os.pathsep.join([str(package), os.environ.get("PYTHONPATH", "")])})


def test_a_package_of_anyones_makes_runs_of_its_librarys_trainings(package: Path, start: StartKernel) -> None:
    kernel = with_probe(package, start, PROBE)
    answer = kernel.run(USE)

    run = kernel.run_of(answer)
    assert answer.stdout == "6\n"
    assert (run.library, run.model_class, run.status, run.incomplete) == ("shop", "shop.Shop", "finished", ())
    assert [(p.name, p.value) for p in run.parameters] == [("shelves", "3")]
    assert [(m.name, m.step, m.value) for m in run.metrics] == [("sold", 1, 6), ("sold", 2, 12), ("sold", 3, 18)]
    assert [(use.name, use.rows) for use in run.data] == [("goods", 2)]
    assert run.model is not None
    assert run.model.flavor == "shop"


def test_the_example_of_the_documentation_works_as_it_stands(package: Path, start: StartKernel) -> None:
    page = (Path(__file__).parents[2] / "docs" / "developers" / "probes.md").read_text("utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    kernel = with_probe(package, start, example, named="shop_probe:CurveFitProbe")
    before = "id(__import__('scipy.optimize').optimize.curve_fit)"
    answer = kernel.run(
        "import numpy as np\nfrom scipy.optimize import curve_fit\n"
        "x = np.linspace(0, 1, 20)\n"
        "found = curve_fit(lambda x, a, b: a * x + b, x, 3 * x + 1)[0]"
    )
    wrapped = kernel.run(before).result
    kernel.run("%unload_ext cellmill")

    run = kernel.run_of(answer)
    assert (run.short_class, run.status, [use.name for use in run.data]) == ("curve_fit", "finished", ["x"])
    assert {name: round(value, 6) for name, value in run.last_metrics.items()} == {
        "coefficient_0": 3.0,
        "coefficient_1": 1.0,
    }
    assert kernel.run(before).result != wrapped


def test_its_failed_training_is_a_failed_run_and_the_traceback_shows_no_line_of_ours(
    package: Path, start: StartKernel
) -> None:
    kernel = with_probe(package, start, PROBE)
    answer = kernel.run("import shop\nshop.Shop().train([])", may_fail=True)

    assert (answer.error, answer.message) == ("ValueError", "nothing to sell")
    assert kernel.run_of(answer).status == "failed"
    assert "wrapping.py" not in answer.traceback
    assert "cellmill" not in answer.traceback.replace("cellmill.probes", "")


def test_a_library_that_was_imported_before_the_probe_came_is_watched_too(package: Path, start: StartKernel) -> None:
    """As when capture is loaded by hand in a session that has begun."""
    kernel = with_probe(package, start, PROBE)
    kernel.run("%unload_ext cellmill")
    kernel.run("import shop")
    kernel.run("%load_ext cellmill")
    kernel.run(USE)

    assert [run.short_class for run in kernel.runs] == ["Shop"]


def test_unloading_puts_the_library_back(package: Path, start: StartKernel) -> None:
    kernel = with_probe(package, start, PROBE)
    kernel.run("import shop")
    assert kernel.run("type(vars(shop.Shop)['train']).__name__").result == "'WrappedMethod'"
    kernel.run("%unload_ext cellmill")
    assert kernel.run("type(vars(shop.Shop)['train']).__name__").result == "'function'"


NAMELESS = "class ShopProbe:\n    pass\n"
IN_ITS_MAKING = (
    "class ShopProbe:\n    def __init__(self, observer, user_names):\n        raise RuntimeError('not made')\n"
)
IN_ITS_IMPORT = "raise RuntimeError('not imported')\n"


@pytest.mark.parametrize(
    ("source", "named", "reason"),
    [
        (PROBE, "no_such_module:ShopProbe", "ModuleNotFoundError: No module named 'no_such_module'"),
        (PROBE, "shop_probe:NoSuchProbe", "AttributeError: module 'shop_probe' has no attribute 'NoSuchProbe'"),
        (IN_ITS_IMPORT, "shop_probe:ShopProbe", "RuntimeError: not imported"),
        (IN_ITS_MAKING, "shop_probe:ShopProbe", "RuntimeError: not made"),
        (NAMELESS, "shop_probe:ShopProbe", "TypeError: ShopProbe() takes no arguments"),
    ],
    ids=["no module", "no class", "raises when imported", "raises when made", "is no probe"],
)
def test_a_probe_that_cannot_be_made_is_said_and_hinders_nobody(
    package: Path, start: StartKernel, source: str, named: str, reason: str
) -> None:
    kernel = with_probe(package, start, source, named=named)
    assert kernel.run(USE).stdout == "6\n"
    kernel.run("from sklearn.linear_model import Ridge\nmodel = Ridge().fit([[1.0], [2.0]], [1.0, 2.0])")

    assert [run.short_class for run in kernel.runs] == ["Ridge"]
    assert [(e.where, e.reason) for e in kernel.events if isinstance(e, CaptureFailed)] == [("probes", reason)]
    assert f"  failed    probes: {reason}" in kernel.run("%cellmill").stdout


def test_a_probe_that_fails_at_the_import_of_its_library_marks_the_runs_of_that_cell(
    package: Path, start: StartKernel
) -> None:
    raising = PROBE.replace("        self._kind = module.Shop\n", "        raise RuntimeError('not installed')\n")
    kernel = with_probe(package, start, raising)
    answer = kernel.run(
        USE + "\nfrom sklearn.linear_model import Ridge\nmodel = Ridge().fit([[1.0], [2.0]], [1.0, 2.0])"
    )

    assert answer.stdout == "6\n"
    run = kernel.run_of(answer)
    assert (run.short_class, run.incomplete) == ("Ridge", ("probes: RuntimeError: not installed",))


def test_a_probe_that_fails_to_leave_does_not_keep_the_others(package: Path, start: StartKernel) -> None:
    staying = PROBE.replace(
        "        if self._kind is not None:", "        raise RuntimeError('stays')\n        if True:"
    )
    kernel = with_probe(package, start, staying)
    kernel.run("import shop\nfrom sklearn.linear_model import Ridge")
    kernel.run("%unload_ext cellmill")

    assert kernel.run("type(vars(Ridge)['fit']).__name__").result == "'function'"


def test_what_a_probe_cannot_say_does_not_reach_the_cell(package: Path, start: StartKernel) -> None:
    """`Observer` guards itself: a probe may hand it anything."""
    careless = PROBE.replace('params={"shelves": str(shop.shelves)}', "params=3").replace(
        'flavor="shop"', "flavor=object()"
    )
    kernel = with_probe(package, start, careless)

    assert kernel.run(USE).stdout == "6\n"
    assert kernel.run("6 * 7").result == "42"
    assert {event.where for event in kernel.events if isinstance(event, CaptureFailed)} <= {
        "training_started",
        "training_finished",
    }


BREAKING = """
    @property
    def recording(self):
        return self._observer.recording

    @guarded
    def _shelved(self, shop):
        raise TypeError(f"no shelf {shop.shelves}")
"""


def test_what_fails_again_and_again_is_left_out_until_capture_is_resumed(package: Path, start: StartKernel) -> None:
    broken = PROBE.replace("import Observer", "import Observer, guarded").replace(
        'params={"shelves": str(shop.shelves)}', "params=self._shelved(shop) or {}"
    )
    kernel = with_probe(package, start, broken + BREAKING)
    assert [kernel.run(USE).stdout for _ in range(BREAKER + 1)] == ["6\n"] * (BREAKER + 1)
    kernel.run("%cellmill resume")
    kernel.run(USE)

    left_out = "shelved: left out since an earlier TypeError of ours; %cellmill resume tries it again"
    failed = "shelved: TypeError: no shelf 3"
    assert [run.incomplete for run in kernel.runs] == [*[(failed,)] * BREAKER, (left_out,), (failed,)]


def test_a_probe_that_was_met_before_is_loaded_when_its_library_is_imported(package: Path, start: StartKernel) -> None:
    first = with_probe(package, start, PROBE)
    first.run("1")
    environment = {"PYTHONPATH": os.pathsep.join([str(package), os.environ.get("PYTHONPATH", "")])}

    second = start(environment=environment)
    loaded = "[name for name in ('shop_probe', 'cellmill.capture.observer') if name in __import__('sys').modules]"
    assert second.run(loaded).result == "[]"
    second.run(USE)
    assert second.run(loaded).result == "['shop_probe', 'cellmill.capture.observer']"
    assert [(run.library, run.status) for run in load_sessions(second.project).runs()] == [("shop", "finished")]


def test_a_probe_that_waits_for_other_modules_than_before_is_met_anew(package: Path, start: StartKernel) -> None:
    first = with_probe(package, start, PROBE.replace('("shop",)', '("market",)'))
    first.run(USE)
    assert load_sessions(first.project).runs() == ()
    (package / "shop_probe.py").write_text(PROBE)
    environment = {"PYTHONPATH": os.pathsep.join([str(package), os.environ.get("PYTHONPATH", "")])}

    second = start(environment=environment)
    second.run(USE)
    assert [run.library for run in load_sessions(second.project).runs()] == ["shop"]
