"""What is found in whole notebooks, beside a count that a profiler makes of the same cells without Cellmill."""

import ast
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import nbformat
from tests.kernel.kernels import Kernel, new_project, start_kernel

CELL_S = 30.0
SURROUNDINGS = {"OMP_NUM_THREADS": "1", "MPLBACKEND": "agg", "KERAS_BACKEND": "torch", "PYTHONWARNINGS": "ignore"}

# Written apart from the probes, and in another way: no method is wrapped, the interpreter tells of each call.
COUNTER = """\
def _begin_to_count():
    import sys
    others = {"learning_curve": 0, "validation_curve": 0, "cross_val_predict": 0, "permutation_test_score": 0}
    counted = {"cross_val_score": 1, "cross_validate": 1, **others}
    fits, state = [], {"outermost": None}
    def trains(estimator):
        while hasattr(estimator, "steps"):
            estimator = estimator.steps[-1][1]
        kind = type(estimator)
        if any(hasattr(kind, name) for name in ("predict", "fit_predict")):
            return True
        return not any(hasattr(kind, name) for name in ("transform", "fit_transform"))
    def called_by(frame):
        frame = frame.f_back
        while frame is not None and frame.f_globals.get("__name__") in ("sklearn.base", "sklearn.utils._set_output",
                                                                       "sklearn.utils._param_validation"):
            frame = frame.f_back
        return "" if frame is None else frame.f_globals.get("__name__", "")
    def look(frame, event, _):
        if event == "call" and state["outermost"] is None:
            name, base = frame.f_code.co_name, sys.modules.get("sklearn.base")
            if name in counted and frame.f_globals.get("__name__") == "sklearn.model_selection._validation":
                state["outermost"] = frame
                fits.extend([name] * counted[name])
            elif base is not None and name in ("fit", "fit_predict", "fit_transform") and frame.f_code.co_argcount:
                estimator = frame.f_locals.get(frame.f_code.co_varnames[0])
                if isinstance(estimator, getattr(base, "BaseEstimator", ())):
                    state["outermost"] = frame
                    if trains(estimator) and called_by(frame).partition(".")[0] not in ("sklearn", "imblearn"):
                        fits.append(type(estimator).__name__)
        elif event == "return" and frame is state["outermost"]:
            state["outermost"] = None
    get_ipython().counted_fits = fits
    sys.setprofile(look)
_begin_to_count()
del _begin_to_count
"""


def look_at(notebooks: Iterable[Path]) -> int:
    """Print what is found in each notebook. Returns 1 when a count differs from the profiler's."""
    differing = 0
    totals: Counter[str] = Counter()
    for path in notebooks:
        cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
        with tempfile.TemporaryDirectory() as folder:
            ours, failed = _execute(cells, Path(folder), _found)
            counted, _ = _execute(cells, Path(folder), _counted, bare=True)
        missed, more = counted - ours, ours - counted
        differing += bool(missed or more)
        totals.update(counted=counted.total(), found=ours.total(), missed=missed.total(), more=more.total())
        print(
            f"{path.name}: {len(cells)} cells, {failed} of them failed; {counted.total()} counted, {ours.total()} found"
        )
        print(f"    found: {_several(ours)}")
        if missed or more:
            print(f"    not found: {_several(missed)}; found beyond: {_several(more)}", flush=True)
    print(f"in all {dict(totals)}")
    return int(differing > 0)


def _execute(
    cells: list[str], folder: Path, count: Callable[[Kernel], Counter[str]], *, bare: bool = False
) -> tuple[Counter[str], int]:
    """Run the cells one after the other, those that fail too. Returns what was counted, and how many failed."""
    root = new_project(folder / ("bare" if bare else "captured"))
    (root / ".cellmill").mkdir()
    (root / ".cellmill" / "settings.toml").write_text("max_runs_per_cell = 100000\nkeep_models = false\n")
    kernel = start_kernel(root, folder / "home", environment=SURROUNDINGS, bare=bare)
    failed = 0
    try:
        if bare:
            kernel.run(COUNTER, silent=True)
        for source in cells:
            execution = kernel.begin(source)
            try:
                failed += kernel.wait(execution, until_s=CELL_S).status != "ok"
            except TimeoutError:
                failed += 1
                kernel.interrupt()
                kernel.wait(execution)
        return count(kernel), failed
    finally:
        kernel.end()


def _found(kernel: Kernel) -> Counter[str]:
    """Count the runs; a cross-validation under one name, whatever it validates."""
    runs = [run for run in kernel.runs if run.kind != "trial"] if kernel.journals else []
    return Counter("cross-validation" if run.kind == "validation" else run.short_class for run in runs)


def _counted(kernel: Kernel) -> Counter[str]:

    answer = kernel.run("print(get_ipython().counted_fits)").stdout or "[]"
    return Counter("cross-validation" if name.startswith("cross_val") else name for name in ast.literal_eval(answer))


def _several(counted: Counter[str]) -> str:
    return ", ".join(_lines(counted)) or "none"


def _lines(counted: Counter[str]) -> Iterator[str]:
    return (f"{count} {name}" for name, count in sorted(counted.items()))
