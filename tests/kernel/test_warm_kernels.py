"""A warm kernel is as a cold one, only sooner: real forks of a real server, beside kernels started from nothing."""

from __future__ import annotations

import json
import os
import signal
import sys
import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.processes import is_running

from cellmill.capture.folder import prepare_folder
from cellmill.capture.sessions import load_sessions
from cellmill.core.errors import CellTimedOut, KernelDied
from cellmill.core.project import Project
from cellmill.executors.kernels import LocalKernel, LocalKernels
from cellmill.executors.warm.client import stop_servers, try_server, warm_up
from cellmill.executors.warm.places import FOLDER_VARIABLE, Interpreter, Server, can_fork, servers
from cellmill.wiring.doctor import examine
from cellmill.wiring.fork_servers import fork_servers

pytestmark = pytest.mark.skipif(not can_fork(), reason="kernels are forked on Linux alone")

AHEAD = (
    "pandas",
    "sklearn.ensemble",
    "sklearn.linear_model",
    "matplotlib.pyplot",
    "torch",
    "xgboost",
    "lightgbm",
    "polars",
    "pyarrow.parquet",
)
INTERPRETER = Interpreter(sys.executable)
START_S = 200


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Servers of this module's own, and none of them afterwards."""
    folder = tmp_path_factory.mktemp("warm", numbered=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FOLDER_VARIABLE, str(folder))
        patch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        yield folder
        stop_servers()


@pytest.fixture(autouse=True)
def in_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For each test anew: the variables of Cellmill are taken from tests."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))


def surroundings() -> dict[str, str]:
    """The environment without the name of this test: torch reads at its import whether there is one."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}


@pytest.fixture
def server(folder: Path) -> Server:
    """A server that has imported all of it: the same, unless what it serves has changed since."""
    found = warm_up(INTERPRETER, surroundings(), AHEAD, timeout_s=START_S)
    assert found is not None, (folder / "server.log").read_text()
    return found


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / ".git").mkdir()
    return Project(tmp_path)


class Started:
    """Starts kernels in one project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.notebook = project.root / "work.ipynb"

    def __call__(self, *, warm: bool = True, **environment: str | None) -> Any:
        pytests: dict[str, str | None] = dict.fromkeys(os.environ.keys() - surroundings().keys())
        return LocalKernels().start(
            notebook=self.notebook, cwd=self.project.root, kernel=None, environment=pytests | environment, warm=warm
        )


@pytest.fixture
def start(server: Server, project: Project) -> Started:
    return Started(project)


def said(kernel: LocalKernel, source: str) -> Any:
    """Run a cell that prints JSON, and return it."""
    ran = kernel.run(textwrap.dedent(source), timeout_s=120)
    assert ran.error is None, ran.error
    (text,) = [output["text"] for output in ran.outputs if output.get("name") == "stdout"]
    return json.loads(text)


def is_gone(pid: int, *, until_s: float = 30) -> bool:
    ends_s = time.monotonic() + until_s
    while is_running(pid):
        if time.monotonic() > ends_s:
            return False
        time.sleep(0.02)
    return True


# --- what it is forked from


def test_everything_that_is_fit_is_imported_ahead(server: Server) -> None:
    assert set(AHEAD) <= set(server.modules), server.after_fork


def test_what_leaves_something_behind_is_imported_after_the_fork(server: Server, folder: Path) -> None:
    """`webbrowser` stands for what is fit; the others start a thread, print, or are not installed."""
    packages = folder / "lib" / "site-packages"
    packages.mkdir(parents=True)
    (packages / "starts_threads.py").write_text(
        "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\n"
    )
    (packages / "greets.py").write_text("print('hello')\n")
    (packages / "opens.py").write_text("import socket\nkept = socket.socket()\n")
    (packages / "quiet_one.py").write_text("answer = 42\n")
    (packages / "asks.py").write_text("from IPython import get_ipython\nshell = get_ipython()\n")
    (packages / "seeds.py").write_text("import random\nrandom.seed(1)\n")
    (packages / "draws.py").write_text("import numpy\ndrawn = numpy.random.rand()\n")
    environment = {**surroundings(), "PYTHONPATH": f"{os.environ.get('PYTHONPATH', '')}{os.pathsep}{packages}"}
    wanted = ("starts_threads", "greets", "opens", "quiet_one", "asks", "seeds", "draws", "no_such_module")
    found = warm_up(INTERPRETER, environment, wanted, timeout_s=START_S)
    assert found is not None
    assert "quiet_one" in found.modules
    reasons = {name: found.after_fork[name] for name in wanted if name != "quiet_one"}
    assert reasons == {
        "starts_threads": "its import starts a thread",
        "greets": "its import prints or warns",
        "opens": reasons["opens"],
        "asks": "its import asks whether it is in a notebook (asks)",
        "seeds": "its import seeds random numbers",
        "draws": "its import draws or seeds random numbers of numpy",
        "no_such_module": "it is not installed in this environment",
    }
    assert reasons["opens"].startswith("its import leaves socket:")


def test_a_variable_that_imports_read_asks_for_another_server(server: Server) -> None:
    assert try_server(INTERPRETER, surroundings()) is not None
    assert try_server(INTERPRETER, {**surroundings(), "OMP_NUM_THREADS": "7"}) is None
    assert try_server(INTERPRETER, {**surroundings(), "PYTHONHASHSEED": "7"}) is None
    assert try_server(INTERPRETER, {**surroundings(), "WHO_READS_THIS": "7"}) is not None


def test_the_folder_of_servers_is_private(server: Server, folder: Path) -> None:
    assert folder.stat().st_mode & 0o077 == 0
    assert server.entry.stat().st_mode & 0o077 == 0


# --- as a cold one

SURROUNDINGS = """
    import json, os, signal, sys, threading, multiprocessing.process as mp, tempfile
    print(json.dumps({
        "path": sys.path, "prefix": sys.prefix, "executable": sys.executable, "flags": str(sys.flags),
        "argv": [os.path.basename(sys.argv[0]), sys.argv[1]], "cwd": os.getcwd(), "folder": mp.ORIGINAL_DIR,
        "environment": dict(os.environ),
        "temporary": tempfile.gettempdir(), "group": os.getpgid(0) == os.getpid() == os.getsid(0),
        "umask": os.umask(0o22), "main": threading.current_thread() is threading.main_thread(),
        "signals": {str(n): str(signal.getsignal(n)) for n in (signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE)},
        "modules": sorted({n.partition(".")[0] for n in sys.modules} & {
            "pandas", "numpy", "sklearn", "torch", "xgboost", "polars", "matplotlib", "pyarrow", "scipy"}),
        "streams": [sys.stdin.encoding if sys.stdin else None, sys.__stdout__.encoding, sys.__stderr__.errors],
    }))
"""


def test_it_has_the_surroundings_of_a_cold_one(start: Started, tmp_path: Path) -> None:
    given: Any = {"TMPDIR": str(tmp_path), "A_SETTING": "of this run", "TZ": "Asia/Tokyo"}
    with start(warm=False, **given) as cold:
        expected = said(cold, SURROUNDINGS)
    with start(**given) as warm:
        assert warm.is_warm, warm.note
        found = said(warm, SURROUNDINGS)
    for part in expected:
        assert found[part] == expected[part], part
    assert expected["modules"] == []
    assert expected["environment"]["A_SETTING"] == "of this run"


def test_imports_are_there_at_once_and_bring_what_a_cold_import_brings(start: Started) -> None:
    tops = """
        import json, sys
        import pandas
        packages = sorted({n.partition(".")[0] for n, m in sys.modules.items() if getattr(m, "__spec__", None)}
                          - set(sys.stdlib_module_names))
        print(json.dumps([pandas.__spec__.name, pandas.__spec__.loader.__class__.__name__, packages]))
    """
    with start(warm=False) as cold:
        name, loader, packages = said(cold, tops)
    with start() as warm:
        assert warm.is_warm, warm.note
        warm_name, warm_loader, warm_packages = said(warm, tops)
    assert (warm_name, warm_loader) == (name, loader)
    assert {"pandas", "numpy", "dateutil"} <= set(warm_packages)
    assert not {"torch", "sklearn", "xgboost", "matplotlib"} & set(warm_packages)
    assert {p for p in packages if not p.startswith("_") and p != "cloudpickle"} <= set(warm_packages)


def test_pandas_shows_frames_as_in_a_cold_one(start: Started) -> None:
    shown = """
        import json
        import pandas
        frame = pandas.DataFrame({f"column {n}": [n] for n in range(30)})
        print(json.dumps([pandas.get_option("display.max_columns"), repr(frame)]))
    """
    with start(warm=False) as cold, start() as warm:
        assert warm.is_warm, warm.note
        columns, text = said(warm, shown)
        assert [columns, text] == said(cold, shown)
    assert columns == 20  # in a terminal it is 0


def test_a_module_beside_the_notebook_goes_before_one_that_was_imported_ahead(start: Started) -> None:
    (start.project.root / "xgboost.py").write_text("whose = 'the user'\n")
    with start() as kernel:
        assert said(kernel, "import json, xgboost\nprint(json.dumps(xgboost.whose))") == "the user"


def test_a_module_on_a_path_that_a_cell_adds_goes_before_too(start: Started, tmp_path: Path) -> None:
    (tmp_path / "libs").mkdir()
    (tmp_path / "libs" / "lightgbm.py").write_text("whose = 'the user'\n")
    with start() as kernel:
        assert kernel.is_warm, kernel.note
        source = "import json, sys\nsys.path.insert(0, 'libs')\nimport lightgbm\nprint(json.dumps(lightgbm.whose))"
        assert said(kernel, source) == "the user"


def test_no_two_draw_the_same(start: Started) -> None:
    draw = """
        import json, random, numpy, torch
        print(json.dumps([random.random(), numpy.random.rand(), numpy.random.default_rng().random(),
                          torch.rand(1).item()]))
    """
    drawn = []
    for _ in range(2):
        with start() as kernel:
            assert kernel.is_warm, kernel.note
            drawn.append(said(kernel, draw))
    assert all(first != second for first, second in zip(*drawn, strict=True))


def test_imports_draw_what_they_draw_in_a_cold_one(start: Started) -> None:
    """rich draws a number at its import, and scikit-learn imports it: what a cell draws next is another."""
    draw = """
        import json, random
        random.seed(1)
        from sklearn.linear_model import Ridge
        import sklearn.ensemble
        print(json.dumps([random.random(), random.random()]))
    """
    with start() as warm, start(warm=False) as cold:
        assert warm.is_warm, warm.note
        assert said(warm, draw) == said(cold, draw)


def test_a_seed_of_hashes_is_kept_to(start: Started) -> None:
    hashed = "import json\nprint(json.dumps(hash('a seed')))"
    found = []
    for _ in range(2):
        with start(PYTHONHASHSEED="1234") as kernel:
            found.append(said(kernel, hashed))
    assert found[0] == found[1]
    with start(warm=False, PYTHONHASHSEED="1234") as cold:
        assert said(cold, hashed) == found[0]


FITS = {
    "sklearn": """
        from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
        HistGradientBoostingRegressor(max_iter=5).fit(X, y)
        model = RandomForestRegressor(n_estimators=4, n_jobs=2, random_state=0).fit(X, y)
        answer = float(model.score(X, y))
    """,
    "xgboost": """
        import xgboost
        answer = float(xgboost.XGBRegressor(n_estimators=5, n_jobs=2).fit(X, y).score(X, y))
    """,
    "lightgbm": """
        import lightgbm
        answer = float(lightgbm.LGBMRegressor(n_estimators=5, n_jobs=2, verbose=-1).fit(X, y).score(X, y))
    """,
    "torch": """
        import torch
        torch.manual_seed(0)
        net = torch.nn.Sequential(torch.nn.Linear(5, 64), torch.nn.ReLU(), torch.nn.Linear(64, 1))
        step = torch.optim.SGD(net.parameters(), lr=0.01)
        Xt, yt = torch.tensor(X, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)
        for _ in range(5):
            loss = ((net(Xt).squeeze() - yt) ** 2).mean()
            step.zero_grad(); loss.backward(); step.step()
        answer = round(float(loss), 4)
    """,
    "polars": """
        import polars
        frame = polars.DataFrame({"key": (X[:, 0] > 0).astype(int), "value": y})
        frame.write_parquet("frame.parquet")
        lazy = polars.scan_parquet("frame.parquet").group_by("key").agg(polars.col("value").sum()).sort("key")
        answer = [round(v, 6) for v in lazy.collect(engine="streaming")["value"].to_list()]
    """,
    "pyarrow": """
        import pandas, pyarrow.parquet
        pandas.DataFrame(X).to_parquet("table.parquet")
        answer = pyarrow.parquet.read_table("table.parquet", use_threads=True).num_rows
    """,
    "processes": """
        import joblib, multiprocessing
        answer = joblib.Parallel(n_jobs=2)(joblib.delayed(abs)(n) for n in (-1, -2))
        with multiprocessing.get_context("fork").Pool(2) as pool:
            answer += pool.map(abs, [-3, -4])
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            answer += pool.map(abs, [-5])
    """,
}


@pytest.mark.parametrize("library", list(FITS))
def test_the_first_thing_after_a_fork_computes_what_a_cold_kernel_computes(start: Started, library: str) -> None:
    data = "import numpy\nX = numpy.random.RandomState(0).rand(2000, 5) - 0.5\ny = X @ numpy.arange(5.0)\n"
    source = f"{data}{textwrap.dedent(FITS[library])}\nimport json\nprint(json.dumps(answer))"
    with start() as warm:
        assert warm.is_warm, warm.note
        answer = said(warm, source)
    with start(warm=False) as cold:
        assert answer == said(cold, source)


def test_pools_of_threads_are_as_large_as_in_a_cold_one_and_are_used(start: Started) -> None:
    pools = """
        import json, os, numpy, torch
        from sklearn.ensemble import HistGradientBoostingRegressor
        from threadpoolctl import threadpool_info
        threads = lambda: set(os.listdir("/proc/self/task"))
        before = threads()
        X = numpy.random.RandomState(0).rand(20000, 8)
        HistGradientBoostingRegressor(max_iter=3).fit(X, X[:, 0])
        print(json.dumps([
            sorted({(pool["internal_api"], pool["num_threads"]) for pool in threadpool_info()}),
            torch.get_num_threads(), bool(threads() - before) or os.cpu_count() == 1]))
    """
    with start() as warm, start(warm=False) as cold:
        assert warm.is_warm, warm.note
        assert said(warm, pools) == said(cold, pools)


def test_nothing_of_a_run_is_there_in_the_next(start: Started) -> None:
    with start() as first:
        first.run("import os, sys, pandas, numpy\nos.environ['LEFT'] = 'x'\nos.chdir('/')\nsys.path.append('/left')")
        first.run("pandas.left = numpy.left = 1\nnumpy.random.seed(1)\npandas.set_option('display.max_rows', 7)")
    looked = """
        import json, os, sys, pandas, numpy
        print(json.dumps([os.environ.get("LEFT"), os.getcwd(), "/left" in sys.path, hasattr(pandas, "left"),
                          hasattr(numpy, "left"), pandas.get_option("display.max_rows")]))
    """
    with start() as second:
        assert second.is_warm, second.note
        assert said(second, looked) == [None, str(start.project.root), False, False, False, 60]


def test_figures_are_shown(start: Started) -> None:
    with start() as kernel:
        assert kernel.is_warm, kernel.note
        kernel.run("import matplotlib.pyplot as plt")
        ran = kernel.run("plt.plot([1, 2]);")
    (output,) = ran.outputs
    assert output["output_type"] == "display_data"
    assert "image/png" in output["data"]


def test_a_library_that_kept_standard_error_at_its_import_is_heard(start: Started) -> None:
    with start() as kernel:
        kernel.run("import sys, logging, torch")
        ran = kernel.run("logging.getLogger('torch').warning('heard')\nprint('told', file=sys.stderr)")
    assert "told" in "".join(o["text"] for o in ran.outputs if o["output_type"] == "stream")


def test_what_a_run_leaves_open_is_written_at_the_end(start: Started) -> None:
    with start() as kernel:
        assert kernel.is_warm, kernel.note
        kernel.run("file = open('kept.txt', 'w'); file.write('to the end')")
        kernel.run("import atexit; atexit.register(lambda: open('left.txt', 'w').write('left'))")
        kernel.run("import sys\nsys.detached = open('detached.txt', 'w')\nraw = sys.detached.detach()")
        kernel.run("sys.later = open('later.txt', 'w'); sys.later.write('after one that cannot be written')")
    assert (start.project.root / "kept.txt").read_text() == "to the end"
    assert (start.project.root / "left.txt").read_text() == "left"
    assert (start.project.root / "later.txt").read_text() == "after one that cannot be written"


def test_its_session_is_captured_as_one_of_a_cold_kernel(start: Started) -> None:
    cells = (
        "import pandas\nfrom sklearn.linear_model import Ridge",
        "frame = pandas.DataFrame({'a': [1.0, 2, 3, 4], 'b': [2.0, 4, 6, 9]})",
        "model = Ridge().fit(frame[['a']], frame['b'])",
        "score = model.score(frame[['a']], frame['b'])",
    )
    prepare_folder(start.project)
    start.project.settings.write_text("training_metrics_ms = 60000")  # all of them, on a busy machine too
    pids = []
    for warm in (False, True):
        with start(warm=warm) as kernel:
            assert kernel.is_warm == warm, kernel.note
            pids.append(kernel.pid)
            for cell in cells:
                assert kernel.run(cell).error is None
    cold, warm_one = load_sessions(start.project).all()
    assert [cold.pid, warm_one.pid] == pids
    told = [
        [(e.source, e.reads, e.writes, e.outcome, e.environment) for e in session.executions]
        for session in (cold, warm_one)
    ]
    assert told[0] == told[1]
    imported = [set(session.executions[0].imports) for session in (cold, warm_one)]
    assert {"pandas", "sklearn", "numpy"} <= imported[0] <= imported[1]
    (expected,), (found,) = cold.runs, warm_one.runs
    assert (found.model_class, found.parameters) == (expected.model_class, expected.parameters)
    assert dict(found.last_metrics) == pytest.approx(dict(expected.last_metrics), rel=1e-12)
    assert "training_score" in found.last_metrics


# --- interrupted, killed, many


def test_a_cell_that_runs_too_long_is_interrupted_and_the_kernel_goes_on(start: Started) -> None:
    with start() as kernel:
        assert kernel.is_warm, kernel.note
        with pytest.raises(CellTimedOut):
            kernel.run("import time; time.sleep(60)", timeout_s=0.5)
        assert said(kernel, "print(1)") == 1


def test_one_that_is_killed_is_missed_at_once(start: Started) -> None:
    with start() as kernel:
        assert kernel.is_warm, kernel.note
        began_s = time.monotonic()
        with pytest.raises(KernelDied):
            kernel.run("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", timeout_s=60)
        assert time.monotonic() - began_s < 30


def test_what_it_has_started_is_gone_with_it(start: Started) -> None:
    with start() as kernel:
        child = said(kernel, "import subprocess; print(subprocess.Popen(['sleep', '300']).pid)")
    assert is_gone(child)
    assert kernel.pid is not None
    assert is_gone(kernel.pid)


def test_it_ends_with_whoever_started_it(start: Started, folder: Path) -> None:
    script = """
        import os, signal, sys
        from pathlib import Path
        from cellmill.executors.kernels import LocalKernels
        root = Path(sys.argv[1])
        with LocalKernels().start(notebook=root / "w.ipynb", cwd=root, kernel=None, environment={}) as kernel:
            print(kernel.is_warm, kernel.pid, flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
    """
    import subprocess

    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(start.project.root)],
        capture_output=True,
        text=True,
        check=False,
        env=surroundings(),
    )
    warm, pid = done.stdout.split()
    assert warm == "True", done.stderr
    assert is_gone(int(pid))


def test_many_at_once_all_start(start: Started) -> None:
    def one(number: int) -> Any:
        with start() as kernel:
            return said(kernel, f"print({number} * 2)")

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(one, range(40))) == [2 * number for number in range(40)]


def test_a_server_that_dies_in_the_middle_costs_nobody_anything(project: Project) -> None:
    start = Started(project)
    environment = {**surroundings(), "PYTHONHASHSEED": "99"}
    found = warm_up(INTERPRETER, environment, ("pandas",), timeout_s=START_S)
    assert found is not None
    with start(PYTHONHASHSEED="99") as kernel:
        assert kernel.is_warm, kernel.note
        os.kill(found.pid, signal.SIGKILL)
        assert is_gone(found.pid)
        assert said(kernel, "import pandas; print(len(pandas.DataFrame({'a': [1, 2]})))") == 2
        with start(PYTHONHASHSEED="99") as other:
            assert not other.is_warm
            assert "did not answer" in other.note
            assert said(other, "print(3)") == 3
    assert kernel.pid is not None
    assert is_gone(kernel.pid)


def test_two_processes_start_one_server(project: Project, folder: Path) -> None:
    environment = {**surroundings(), "PYTHONHASHSEED": "55"}
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: warm_up(INTERPRETER, environment, timeout_s=START_S), range(4)))
    assert len({each.pid for each in found if each is not None}) == 1
    assert sum(1 for each in servers() if each.serves(INTERPRETER, environment)) == 1


def test_a_server_whose_environment_has_changed_serves_no_more(project: Project, folder: Path) -> None:
    packages = folder / "other" / "site-packages"
    packages.mkdir(parents=True)
    path = f"{os.environ.get('PYTHONPATH', '')}{os.pathsep}{packages}"
    first = warm_up(INTERPRETER, {**surroundings(), "PYTHONPATH": path}, timeout_s=START_S)
    assert first is not None
    (packages / "new_package.py").write_text("")
    start = Started(project)
    with start(PYTHONPATH=path) as kernel:
        assert not kernel.is_warm
        assert "the environment has changed" in kernel.note
    second = warm_up(INTERPRETER, {**surroundings(), "PYTHONPATH": path}, timeout_s=START_S)
    assert second is not None
    assert second.pid != first.pid


def test_the_doctor_shows_servers_with_their_kernels_and_ends_them(project: Project) -> None:
    environment = {**surroundings(), "PYTHONHASHSEED": "33"}
    found = warm_up(INTERPRETER, environment, ("pandas", "no_such_module"), timeout_s=START_S)
    assert found is not None
    start = Started(project)
    with start(PYTHONHASHSEED="33") as kernel:
        assert kernel.is_warm, kernel.note
        (server,) = [each for each in fork_servers() if each.pid == found.pid]
        assert [each.pid for each in server.kernels] == [kernel.pid]
        assert 0 < server.kernels[0].own <= server.kernels[0].shared < 500e6
        said = {finding.name: finding.what for finding in examine(project, load_sessions(project), stop=True)}
        for words in ("started", "1 kernel of", "pandas", "no_such_module (it is not installed in this environment)"):
            assert words in said[f"fork server {found.pid}"]
        assert not is_gone(found.pid, until_s=1)  # it waits for its kernel
    assert is_gone(found.pid)


def test_the_kernelspec_forks_through_jupyter_client(server: Server, project: Project) -> None:
    """As Jupyter Server, nbclient and papermill start it."""
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import KernelManager

    spec = Path(__file__).parents[2] / "jupyter-config" / "kernels" / "cellmill-warm" / "kernel.json"
    manager = KernelManager(kernel_name="python3")
    manager._kernel_spec = KernelSpec(resource_dir="", **json.loads(spec.read_text()))
    manager.start_kernel(cwd=str(project.root), env=surroundings())
    client: Any = manager.client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=60)
        shown: list[str] = []
        client.execute_interactive(
            "import os; print(os.getppid())", output_hook=lambda m: shown.append(m["content"].get("text", ""))
        )
        assert int("".join(shown)) in {each.pid for each in servers()}
    finally:
        client.stop_channels()
        manager.shutdown_kernel()
    assert not manager.is_alive()
