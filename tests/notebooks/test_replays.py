"""Recipes and replays as a user asks for them, with real kernels."""

import json
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import nbformat
import pytest
from filelock import FileLock, Timeout
from tests.notebooks.commands import EVALUATE, PARAMETERS, PATIENCE_S, TRAIN, Desk, Said, is_refused, new_desk
from tests.processes import is_running
from tests.server.jupyter import wait_for

from cellmill.cli import EXIT_INTERRUPTED

LOOK = "X.describe()"
LATER = "leftover = 3"


def replayed(
    desk: Desk, *options: str, code: int = 0, environment: dict[str, str] | None = None
) -> list[dict[str, Any]]:
    """Replay the runs of the project, and return what was said of each."""
    runs = [run.run for run in desk.captured if run.parent is None]
    said = desk.cellmill("replay", *runs, "--json", *options, **(environment or {}))
    assert said.code == code, said.err
    verdicts: list[dict[str, Any]] = said.json
    return verdicts


def verdict(desk: Desk, *options: str, code: int = 0, **environment: str) -> dict[str, Any]:
    """Replay the only run of the project."""
    (found,) = replayed(desk, *options, code=code, environment=environment)
    return found


def is_locked(path: Path) -> bool:
    """Whether another process holds a lock."""
    if not path.exists():
        return False
    try:
        FileLock(path, timeout=0).acquire().lock.release()
    except Timeout:
        return True
    return False


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the projects of these tests lie, each with a name of four letters."""
    return tmp_path_factory.mktemp("replays")


@pytest.fixture
def desk(place: Path, home: Path, empty_database: Path) -> Desk:
    """An empty project."""
    return new_desk(place / f"p{len(list(place.iterdir())):03}", home, empty_database)


def has_run(desk: Desk, name: str, *cells: Any, files: dict[str, str] | None = None) -> None:
    """Make it a project whose notebook has run: once for all tests, and laid out as it was then for each.

    Whole paths stand in journals and in the store: a name of the same length takes the place of the other.
    """
    kept = desk.root.parent / name
    assert len(name) == len(desk.root.name)
    if not kept.exists():
        first = new_desk(kept, desk.home, desk.root / "mlflow.db")
        for file, text in (files or {}).items():
            (kept / file).write_text(text, "utf-8")
        first.notebook("work.ipynb", *cells)
        assert first.cellmill("run", "work.ipynb").code == 0
    shutil.rmtree(desk.root)
    shutil.copytree(kept, desk.root)
    for path in (desk.root / "mlflow.db", *(desk.root / ".cellmill" / "journal").iterdir()):
        path.write_bytes(path.read_bytes().replace(bytes(kept), bytes(desk.root)))


@pytest.fixture
def work(desk: Desk) -> Path:
    """A notebook with a training, a metric, and two cells that neither needs; it has run."""
    has_run(desk, "work", PARAMETERS, TRAIN, LOOK, EVALUATE, LATER)
    return desk.root / "work.ipynb"


def test_a_run_comes_out_the_same_and_says_so_everywhere(desk: Desk, work: Path) -> None:
    before = {path: path.read_bytes() for path in (work, *desk.root.glob("executed/*"))}
    found = verdict(desk)
    assert found["judgement"] == "exact"
    assert found["compared"] > 10
    assert (len(found["kept"]), found["of"]) == (3, 4)
    (run,) = desk.captured
    assert run.verdict is not None
    assert run.verdict.judgement == "exact"
    (stored,) = desk.recorded
    assert stored.data.tags["cellmill.verdict"] == "exact"
    assert f"{found['compared']} figures compared" in stored.data.tags["cellmill.verdict_detail"]
    assert {path: path.read_bytes() for path in before} == before
    assert "exact, 20" in desk.cellmill("show", run.run).out
    shown = desk.cellmill("show", run.run, "--json").json
    assert (shown["judgement"], shown["verdict"]) == ("exact", run.verdict.detail)


def test_the_recipe_is_a_notebook_that_runs_and_trains_the_same(desk: Desk, work: Path) -> None:
    (run,) = desk.captured
    said = desk.cellmill("recipe", run.run, "-o", "recipe.ipynb")
    assert said.code == 0
    document = desk.read("recipe.ipynb")
    sources = [cell.source for cell in document.cells if cell.cell_type == "code"]
    assert LOOK not in sources
    assert LATER not in sources
    assert sources[0].startswith("from sklearn.datasets import load_diabetes")
    assert document.metadata["cellmill"]["run"] == run.run
    assert document.cells[-1].source.endswith("- `[4]` evaluates the model")
    assert "scikit-learn==" in document.metadata["cellmill"]["requirements"]
    why = [cell.metadata["cellmill"]["why"] for cell in document.cells if "cellmill" in cell.metadata]
    assert ["evaluates the model"] in why
    assert desk.cellmill("run", "recipe.ipynb", "-p", "alpha=0.5").code == 0
    again = next(other for other in desk.captured if other.notebook == "recipe.ipynb")
    first, second = (
        {
            name: value for name, value in each.last_metrics.items() if not name.startswith("training_")
        }  # if there was time
        for each in (run, again)
    )
    assert first == second
    assert first


def test_the_recipe_is_among_the_runs_artifacts(desk: Desk, work: Path) -> None:
    (stored,) = desk.recorded
    document = json.loads(desk.artifacts(stored)["cellmill/recipe.ipynb"])
    assert document["metadata"]["cellmill"]["recipe"] == 1


def test_unseeded_randomness_is_restored(desk: Desk) -> None:
    desk.notebook(
        "work.ipynb",
        "import numpy as np\nX = np.random.rand(50, 3)",  # of a generator that the import has just seeded
        "import random\nfrom sklearn.linear_model import Ridge\ny = np.random.rand(50) + random.random()",
        "model = Ridge().fit(X, y)\nmodel.score(X, y)",
    )
    assert desk.cellmill("run", "work.ipynb").code == 0
    assert verdict(desk)["judgement"] == "exact"


def test_randomness_that_cannot_be_restored_is_stochastic_with_its_spread(desk: Desk) -> None:
    desk.notebook(
        "work.ipynb",
        "import numpy as np\nfrom sklearn.linear_model import Ridge\ndraw = np.random.default_rng()",
        "X = draw.random((50, 3))\ny = draw.random(50)",
        "model = Ridge().fit(X, y)\nmodel.score(X, y)",
    )
    assert desk.cellmill("run", "work.ipynb").code == 0
    found = verdict(desk, code=1)
    assert found["judgement"] == "stochastic"
    assert any(" to " in figure["replayed"] for figure in found["figures"])


def test_a_model_that_cannot_be_asked_is_compared_by_what_it_has_learned(desk: Desk, tmp_path: Path) -> None:
    """No rows are recorded of lists, and r2 of two points does not tell: the coefficients do."""
    flag = tmp_path / "flag"
    desk.notebook(
        "work.ipynb",
        f"import pathlib\nfrom sklearn.linear_model import Ridge\nvalue = 2 + pathlib.Path({str(flag)!r}).exists()",
        "model = Ridge().fit([[1], [2]], [1, value])",
    )
    assert desk.cellmill("run", "work.ipynb").code == 0
    assert verdict(desk)["judgement"] == "exact"
    flag.touch()
    found = verdict(desk, code=1)
    assert (found["judgement"], found["reason"]) == ("differs", "model coef_ came out otherwise")
    assert [(figure["what"], figure["replayed"]) for figure in found["figures"]] == [("model", "0.666667")]


READING = "import pandas as pd\nfrom sklearn.linear_model import Ridge\ndata = pd.read_csv('data.csv')"
FITTING = "model = Ridge().fit(data[['a']], data['b'])\nmodel.score(data[['a']], data['b'])"


@pytest.fixture
def reading(desk: Desk) -> Path:
    """A notebook that reads a file beside it; it has run. Returns the file."""
    has_run(desk, "read", READING, FITTING, files={"data.csv": "a,b\n1,2\n2,5\n3,5\n"})
    return desk.root / "data.csv"


def test_data_that_was_changed_is_told_with_both_digests(desk: Desk, reading: Path) -> None:
    assert verdict(desk)["judgement"] == "exact"
    reading.write_text("a,b\n1,2\n", "utf-8")
    found = verdict(desk, code=1)
    assert found["judgement"] == "cannot"
    assert "data.csv was changed (sha256 was " in str(found["reason"])


def test_data_that_was_moved_away_is_told(desk: Desk, reading: Path) -> None:
    reading.rename(desk.root / "elsewhere.csv")
    assert "data.csv is not there any more" in str(verdict(desk, code=1)["reason"])


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("input() if again else None", "asks for input"),
        ("import urllib.request\nurllib.request.urlopen('http://example.org') if again else None", "needs the network"),
        ("open(outside, 'w').write('x') if again else None", "writes outside of the folder"),
        ("import os\nos._exit(3) if again else None", "its kernel died in execution 2"),
        ("__import__('no_such_thing') if again else None", "is not installed"),
    ],
)  # fmt: skip
def test_why_a_run_cannot_be_replayed_is_said(desk: Desk, tmp_path: Path, cell: str, reason: str) -> None:
    """The cell does no harm when it is recorded, and does when it is replayed: a file tells the two apart."""
    outside = tmp_path / "outside.txt"
    desk.notebook(
        "work.ipynb",
        f"import pathlib\nagain = pathlib.Path({str(tmp_path / 'flag')!r}).exists()\noutside = {str(outside)!r}",
        f"{cell}\nfrom sklearn.linear_model import Ridge\nmodel = Ridge().fit([[1], [2]], [1, 2])",
    )
    assert desk.cellmill("run", "work.ipynb").code == 0
    (tmp_path / "flag").touch()
    found = verdict(desk, "--times", "1", code=1)
    assert found["judgement"] == "cannot"
    assert reason in str(found["reason"])
    assert not outside.exists()


def test_a_file_of_the_users_is_never_overwritten(desk: Desk) -> None:
    desk.notebook(
        "work.ipynb",
        "import pathlib\nfrom sklearn.linear_model import Ridge\ncount = pathlib.Path('count.txt')",
        "count.write_text(count.read_text() + 'x' if count.exists() else '')",
        "model = Ridge().fit([[1], [2]], [1, len(count.read_text())])",
    )
    assert desk.cellmill("run", "work.ipynb").code == 0
    before = (desk.root / "count.txt").read_bytes()
    assert verdict(desk)["judgement"] == "exact"
    assert (desk.root / "count.txt").read_bytes() == before


def test_no_credential_reaches_a_replay(desk: Desk, tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    desk.notebook(
        "work.ipynb",
        "import os, pathlib\nfrom sklearn.linear_model import Ridge",
        f"if pathlib.Path({str(flag)!r}).exists():\n    assert 'SERVICE_TOKEN' not in os.environ\n"
        "    assert 'AWS_SECRET_ACCESS_KEY' not in os.environ",
        "model = Ridge().fit([[1], [2]], [1, 2])",
    )
    secrets = {"SERVICE_TOKEN": "abcdefgh12345678", "AWS_SECRET_ACCESS_KEY": "abcdefgh12345678"}
    assert desk.cellmill("run", "work.ipynb", **secrets).code == 0
    flag.touch()
    (found,) = replayed(desk, environment=secrets)
    assert found["judgement"] == "exact"


def test_every_run_of_a_notebook(desk: Desk, work: Path) -> None:
    assert desk.cellmill("run", "work.ipynb", "-p", "alpha=0.1").code == 0
    said = desk.cellmill("replay", "--all", "work.ipynb")
    assert said.code == 0, said.err
    assert said.out.count("exact") == 2


def test_shrinking_leaves_out_what_a_replay_proves_superfluous(desk: Desk) -> None:
    desk.notebook(
        "work.ipynb",
        "import os\nfrom sklearn.linear_model import Ridge",
        "os.environ['UNUSED'] = '1'",
        "model = Ridge().fit([[1], [2]], [1, 2])",
    )
    assert desk.cellmill("run", "work.ipynb").code == 0
    (run,) = desk.captured
    said: Said = desk.cellmill("recipe", run.run, "--shrink", "-o", "small.ipynb")
    assert said.code == 0, said.err
    sources = [cell.source for cell in desk.read("small.ipynb").cells if cell.cell_type == "code"]
    assert "model = Ridge().fit([[1], [2]], [1, 2])" in sources
    assert "os.environ['UNUSED'] = '1'" not in sources


def test_a_run_that_is_not_there(desk: Desk, work: Path) -> None:
    for command in ("recipe", "replay"):
        said = desk.cellmill(command, "ffff")
        assert (said.code, said.err.startswith("cellmill: There is no run ffff.")) == (2, True)


def test_a_bundle_is_replayed_elsewhere(desk: Desk, reading: Path, tmp_path: Path) -> None:
    (run,) = desk.captured
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    said = desk.cellmill("bundle", run.run, "--data", "-o", str(elsewhere / "work.zip"), "--json")
    assert said.code == 0, said.err
    assert said.json["left_out"] == []
    desk.root.rename(tmp_path / "gone")
    there = Desk(elsewhere, desk.home)
    replay = there.cellmill("replay", "work.zip", "--json")
    assert replay.code == 0, replay.err
    assert [found["judgement"] for found in replay.json] == ["exact"]


def test_a_bundle_without_its_data_takes_it_from_a_folder(desk: Desk, reading: Path, tmp_path: Path) -> None:
    (run,) = desk.captured
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    said = desk.cellmill("bundle", run.run, "-o", str(elsewhere / "work.zip"))
    assert "Data is not in it (data.csv)" in said.out
    content = reading.read_bytes()
    desk.root.rename(tmp_path / "gone")
    there = Desk(elsewhere, desk.home)
    without = there.cellmill("replay", "work.zip", "--json")
    assert without.code == 1
    assert "data.csv is not there any more" in without.json[0]["reason"]
    (elsewhere / "inputs").mkdir()
    (elsewhere / "inputs" / "data.csv").write_bytes(content)
    found = there.cellmill("replay", "work.zip", "--data", "inputs", "--json")
    assert [one["judgement"] for one in found.json] == ["exact"], found.err


def test_a_file_that_is_no_bundle_is_refused(desk: Desk) -> None:
    (desk.root / "notes.zip").write_text("hello", "utf-8")
    for name, reason in (("notes.zip", "notes.zip is no bundle"), ("nothing.zip", "there is no such file")):
        said = desk.cellmill("replay", name)
        is_refused(said, reason)
        assert (said.out, list(desk.captured)) == ("", [])


def test_an_environment_is_made_again_from_the_lock(desk: Desk) -> None:
    """Of the installer's cache or of the package index: what the notebook imports is small on purpose."""
    desk.notebook(
        "work.ipynb",
        "from sklearn.base import BaseEstimator, RegressorMixin\nimport numpy as np",
        "class Mean(RegressorMixin, BaseEstimator):\n"
        "    def fit(self, X, y):\n        self.mean_ = float(np.mean(y))\n        return self\n"
        "    def predict(self, X):\n        return np.full(len(X), self.mean_)",
        "model = Mean().fit([[1], [2]], [1, 2])",
    )
    assert desk.cellmill("run", "work.ipynb").code == 0
    found = verdict(desk, "--rebuild-env")
    assert (found["judgement"], found["rebuilt"]) == ("exact", True)
    (environment,) = (path for path in (desk.root / ".cellmill" / "environments").iterdir() if path.is_dir())
    assert (environment / "built").exists()


def test_two_replays_of_a_run_at_once(desk: Desk, tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    desk.notebook(
        "work.ipynb",
        "import pathlib, time\nfrom sklearn.linear_model import Ridge",
        f"while pathlib.Path({str(flag)!r}).exists():\n    time.sleep(0.01)",
        "model = Ridge().fit([[1], [time.time() > 0]], [1, 2])",
    )
    assert desk.cellmill("run", "work.ipynb").code == 0
    (run,) = desk.captured
    flag.touch()
    first = desk.begin("replay", run.run)
    try:
        lock = desk.root / ".cellmill" / "replays" / f"{run.run}.lock"
        wait_for(lambda: is_locked(lock))
        is_refused(desk.cellmill("replay", run.run), f"Run {run.run} is being replayed by another process")
        flag.unlink()
        assert "exact" in first.communicate(timeout=PATIENCE_S)[0]
    finally:
        first.kill()
        first.communicate()


def test_a_replay_that_is_ended_leaves_nothing_and_one_that_is_killed_no_more_than_the_next_clears_away(
    desk: Desk, tmp_path: Path
) -> None:
    flag, folder = tmp_path / "flag", tmp_path / "scratch"
    folder.mkdir()
    desk.notebook(
        "work.ipynb",
        "import pathlib, time\nfrom sklearn.linear_model import Ridge",
        f"time.sleep(600 if pathlib.Path({str(flag)!r}).exists() else 0)",
        "model = Ridge().fit([[1], [time.time() > 0]], [1, 2])",
    )
    assert desk.cellmill("run", "work.ipynb").code == 0
    (run,) = desk.captured
    flag.touch()
    for number, code in ((signal.SIGINT, EXIT_INTERRUPTED), (signal.SIGTERM, EXIT_INTERRUPTED), (signal.SIGKILL, -9)):
        process = desk.begin("replay", run.run, TMPDIR=str(folder))
        try:
            wait_for(lambda: len(scratch_journals(folder)) == 1)
            (journal,) = scratch_journals(folder)
            wait_for(lambda path=journal: b"\n" in path.read_bytes())  # type: ignore[misc]
            kernel = json.loads(journal.read_bytes().splitlines()[0])["pid"]
            process.send_signal(number)
            said = process.communicate(timeout=PATIENCE_S)
            assert process.returncode == code, said
        finally:
            process.kill()
            process.communicate()
        wait_for(lambda pid=kernel: not is_running(pid))  # type: ignore[misc]
        assert number == signal.SIGKILL or list(folder.iterdir()) == []
    assert desk.captured[0].verdict is None
    flag.unlink()
    (left,) = folder.glob("cellmill-replay-*")
    os.utime(left, (0, 0))
    assert verdict(desk, TMPDIR=str(folder))["judgement"] == "exact"
    assert list(folder.glob("cellmill-replay-*")) == []


def scratch_journals(folder: Path) -> list[Path]:
    """Return the journals of the kernels that replay."""
    return list(folder.glob("cellmill-replay-*/1/2/3/4/*/.cellmill/journal/*.jsonl"))


def test_a_recipe_that_was_edited_is_replayed_as_it_stands(desk: Desk, work: Path) -> None:
    (run,) = desk.captured
    assert desk.cellmill("recipe", run.run, "-o", "recipe.ipynb").code == 0
    path = desk.root / "recipe.ipynb"
    as_made = path.read_text("utf-8")
    found = []
    for text in (as_made, as_made.replace("Ridge(alpha=alpha)", "Ridge(alpha=alhpa)")):
        path.write_text(text, "utf-8")
        (one,) = desk.cellmill("replay", "recipe.ipynb", "--times", "1", "--json").json
        found.append((one["judgement"], one["reason"]))
    assert found[0] == ("exact", None)
    assert found[1][0] == "cannot"
    assert "it raised NameError: name 'alhpa' is not defined" in found[1][1]
    assert path.read_text("utf-8") == text
    assert desk.captured[0].verdict is None
    assert desk.cellmill("replay", "work.ipynb").code == 2  # it is a notebook, and not a recipe


def test_of_an_edited_recipe_the_cells_run_that_a_run_would_run(desk: Desk, work: Path) -> None:
    (run,) = desk.captured
    assert desk.cellmill("recipe", run.run, "-o", "recipe.ipynb").code == 0
    document = desk.read("recipe.ipynb")
    passed_over = nbformat.v4.new_code_cell("raise ValueError", metadata={"tags": ["skip-execution"]})
    expected = nbformat.v4.new_code_cell("raise ValueError", metadata={"tags": ["raises-exception"]})
    document.cells[1:1] = [passed_over, expected]
    document.cells.append(nbformat.v4.new_code_cell("import sys\nsys.exit()"))
    nbformat.write(document, desk.root / "recipe.ipynb")
    (one,) = desk.cellmill("replay", "recipe.ipynb", "--times", "1", "--json").json
    assert (one["judgement"], one["reason"]) == ("exact", None)
