"""Recipes and replays, asked of the server: the verdict comes through the journal, trouble as a sentence."""

import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import filelock
import nbformat
import psutil
import pytest
from tests.processes import runs
from tests.server.jupyter import Jupyter, Notebook, its_family, jupyter, wait_for
from tests.stories import Story, a_training

from cellmill.core.files import make_folder

FITS = (
    "from sklearn.linear_model import Ridge\nX, y = [[1.0], [2.0], [4.0]], [1.0, 2.0, 3.5]",
    "unneeded = [1, 2, 3]",
    "model = Ridge(alpha=0.5).fit(X, y)\nmodel.score(X, y)",
)


def waits_for(sign: Path) -> tuple[str, ...]:
    """A notebook that fits when a file is there, which it never opens: a replay waits without it."""
    return (
        "import pathlib, time\nfrom sklearn.linear_model import Ridge",
        f"while not pathlib.Path({str(sign)!r}).exists():\n    time.sleep(0.05)\nX, y = [[1.0], [2.0]], [1.0, 2.0]",
        "model = Ridge().fit(X, y)",
    )


def captured(notebook: Notebook, *cells: str, runs: int = 1) -> list[dict[str, Any]]:
    notebook.wait_until_captured()
    notebook.run(*cells)
    found: list[dict[str, Any]] = wait_for(
        lambda: notebook.server.runs(notebook.path),
        lambda seen: len(seen) == runs and all(run["status"] == "finished" for run in seen),
    )
    return found


def summary(server: Jupyter, notebook: str, run: str) -> dict[str, Any]:
    return next(one for one in server.runs(notebook) if one["run"] == run)


def rested(server: Jupyter, notebook: str, run: str) -> dict[str, Any]:
    """Return the run when its replay is over."""
    return wait_for(lambda: summary(server, notebook, run), lambda found: not found["replaying"])


def replaying(server: Jupyter) -> list[psutil.Process]:
    return [member for member in its_family(server.process.pid) if runs(member, "--attended")]


def test_a_recipe_is_a_notebook_with_what_the_run_needed(server: Jupyter) -> None:
    with server.notebook("recipes.ipynb") as notebook:
        [run] = captured(notebook, *FITS)
        found = server.get(f"runs/{run['run']}/recipe")
    assert (found["run"], found["executions"], found["of"]) == (run["run"], 2, 3)
    document = nbformat.from_dict(found["notebook"])
    nbformat.validate(document)
    code = "\n".join(cell.source for cell in document.cells if cell.cell_type == "code")
    assert "model = Ridge(alpha=0.5)" in code
    assert "unneeded" not in code


def test_a_run_whose_training_is_not_in_the_journal_has_no_recipe(server: Jupyter) -> None:
    story = Story(server.project, notebook="lost.ipynb", session="20260101T000000-a1000000")
    story.trains("u730000001", model=None)
    story.write()
    wait_for(lambda: server.runs("lost.ipynb"))
    answer = server.ask("runs/u730000001/recipe")
    assert (answer.status_code, answer.json()["error"]["kind"]) == (409, "run_without_recipe")


def test_a_replay_is_told_when_it_begins_and_its_verdict_when_it_ends(server: Jupyter) -> None:
    with server.notebook("replayed.ipynb") as notebook:
        [run] = captured(notebook, *FITS)
        assert (run["judgement"], run["replaying"]) == (None, False)
        with server.changes() as changes:
            answer = server.ask(f"runs/{run['run'][:6]}/replay", "POST")
            assert (answer.status_code, answer.json()) == (202, {"runs": [run["run"]]})
            assert summary(server, notebook.path, run["run"])["replaying"]
            again = server.ask(f"runs/{run['run']}/replay", "POST")
            assert again.json() == {"runs": [run["run"]]}  # not twice
            changes.until("runs", notebook.path)
            ended = rested(server, notebook.path, run["run"])
        assert (ended["judgement"], ended["replay_problem"]) == ("exact", None)
        verdict = server.get(f"runs/{run['run']}")["verdict"]
    assert (verdict["judgement"], verdict["executions"], verdict["of"]) == ("exact", 2, 3)
    assert verdict["compared"] > 0
    assert verdict["at_ms"] == ended["judged_ms"]


def test_a_replay_that_cannot_begin_says_why_and_the_next_one_does(server: Jupyter) -> None:
    with server.notebook("hindered.ipynb") as notebook:
        [run] = captured(notebook, *FITS)
        make_folder(server.project.folder / "replays")
        with filelock.FileLock(server.project.folder / "replays" / f"{run['run']}.lock"):
            server.ask(f"runs/{run['run']}/replay", "POST")
            ended = rested(server, notebook.path, run["run"])
        assert ended["judgement"] is None
        assert ended["replay_problem"].startswith(f"Run {run['run']} is being replayed by another process.")
        server.ask(f"runs/{run['run']}/replay", "POST")
        assert summary(server, notebook.path, run["run"])["replay_problem"] is None
        assert rested(server, notebook.path, run["run"])["judgement"] == "exact"


def test_the_runs_of_a_notebook_wait_for_each_other_and_can_be_given_up(server: Jupyter, tmp_path: Path) -> None:
    sign = tmp_path / "go"
    sign.touch()
    with server.notebook("waiting.ipynb") as notebook:
        second, first = captured(notebook, *waits_for(sign), "other = Ridge(alpha=2.0).fit(X, y)", runs=2)
        sign.unlink()
        answer = server.ask("replays", "POST", {"notebook": notebook.path})
        assert (answer.status_code, answer.json()) == (202, {"runs": [second["run"], first["run"]]})
        [process] = wait_for(lambda: replaying(server))
        stands = [(run["replaying"], run["replay_waits"]) for run in server.runs(notebook.path)]
        assert stands == [(True, False), (True, True)]
        family = [process, *process.children(recursive=True)]

        assert server.ask(f"runs/{first['run']}/replay", "DELETE").json() == {"runs": [second["run"]]}
        assert server.ask("replays", "DELETE", notebook=notebook.path).status_code == 200
        for run in (first, second):
            ended = rested(server, notebook.path, run["run"])
            assert (ended["judgement"], ended["replay_problem"]) == (None, None)
        assert psutil.wait_procs(family, timeout=60)[1] == []


def test_what_cannot_be_replayed_is_refused_with_the_reason(server: Jupyter) -> None:
    story = Story(server.project, notebook="still.ipynb", session="20260101T000000-a2000000", is_alive=True)
    story.begins("fit", "model.fit(X, y)")
    story.training_begins("u200000001")
    story.write()
    wait_for(lambda: server.runs("still.ipynb"), lambda found: [run["status"] for run in found] == ["running"])
    answer = server.ask("runs/u2/replay", "POST")
    assert (answer.status_code, answer.json()["error"]["kind"]) == (400, "bad_request")
    assert "still runs" in answer.json()["error"]["message"]


def test_a_run_without_a_replay_has_nothing_to_give_up(server: Jupyter) -> None:
    story = Story(server.project, notebook="calm.ipynb", session="20260101T000000-a3000000")
    a_training(story, "u300000001", model=None)
    story.write()
    [run] = wait_for(lambda: server.runs("calm.ipynb"))
    assert run["cells"] == ["cell-load", "cell-fit", "cell-score"]
    assert server.ask("runs/u3/replay", "DELETE").json() == {"runs": []}


def working_below(folder: Path) -> list[psutil.Process]:
    """Return the processes whose working folder lies in another: a warm kernel is nobody's child here."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if Path(process.cwd()).is_relative_to(folder):
                found.append(process)
    return found


@pytest.fixture
def scratch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where replays have their scratch folders, with a name that is short enough for sockets."""
    with TemporaryDirectory(prefix="r") as folder:
        monkeypatch.setenv("TMPDIR", folder)
        yield Path(folder).resolve()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_replay_ends_with_its_server(
    tmp_path: Path, scratch: Path, empty_database: Path, how: signal.Signals
) -> None:
    sign = tmp_path / "go"
    sign.touch()
    with jupyter(tmp_path / "home", empty_database) as server, server.notebook("work.ipynb") as notebook:
        [run] = captured(notebook, *waits_for(sign))
        sign.unlink()
        server.ask(f"runs/{run['run']}/replay", "POST")
        wait_for(lambda: replaying(server))
        kernel = wait_for(lambda: working_below(scratch))
        family = {*its_family(server.process.pid), *kernel}
        server.process.send_signal(how)
        server.process.wait(60)
        left = psutil.wait_procs(family, timeout=60)[1]
    assert left == []
