"""Replays of what is no longer whole, and with kernels that do not come up: a verdict each, and nothing is changed."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.notebooks.recorded import read, recorded

from cellmill.capture.journal import read_events
from cellmill.capture.sessions import load_sessions
from cellmill.core.errors import UnknownRun
from cellmill.core.ids import SessionId
from cellmill.core.project import Project
from cellmill.core.runs import Session
from cellmill.core.verdicts import Verdict
from cellmill.executors.kernels import LocalKernels
from cellmill.wiring.attempts import Options
from cellmill.wiring.replaying import find_verdict

RANDOM = "import numpy as np\nX = np.random.rand(30, 2)\ny = X[:, 0] * 2 + np.random.rand(30)"
TRAIN = "from sklearn.linear_model import Ridge\nmodel = Ridge().fit(X, y)"
IMPATIENT_S = 1.0


class Impatient(LocalKernels):
    """Gives a kernel less time to come up."""

    def start(self, **given: Any) -> Any:
        return super().start(**given | {"timeout_s": IMPATIENT_S})


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Session]:
    """A session of two cells. Not to be changed."""
    return recorded(tmp_path_factory.mktemp("whole") / "project", (RANDOM, TRAIN))


@pytest.fixture
def torn(whole: tuple[Project, Session], tmp_path: Path) -> tuple[Project, Path]:
    """A copy of it to be broken, and its journal."""
    root = tmp_path / "project"
    shutil.copytree(whole[0].root, root)
    return Project(root), Project(root).journal(whole[1].session)


def verdict(project: Project, identity: SessionId, **options: Any) -> Verdict:
    session = read(project, identity)
    return find_verdict(project, session, session.runs[0], LocalKernels(), Options(warm=False, times=1, **options))


def test_a_journal_whose_last_line_is_torn(torn: tuple[Project, Path]) -> None:
    project, journal = torn
    with journal.open("ab") as file:
        file.write(b'{"type": "execution_star')
    found = verdict(project, SessionId(journal.stem))
    assert (found.judgement, found.notes) == ("exact", ())


def test_a_journal_with_a_torn_line_in_the_middle_says_so(torn: tuple[Project, Path]) -> None:
    project, journal = torn
    lines = journal.read_bytes().splitlines(keepends=True)
    place = next(at for at, line in enumerate(lines) if json.loads(line)["type"] == "execution_started")
    lines[place] = lines[place][:40] + b"\n"
    journal.write_bytes(b"".join(lines))
    found = verdict(project, SessionId(journal.stem))
    assert found.judgement == "cannot"
    assert "name 'X' is not defined" in str(found.reason)
    assert found.notes == ("1 line of the session's journal cannot be read: what was told there is missing.",)
    assert journal.read_bytes() == b"".join(lines)


def test_blobs_that_are_gone_are_told(torn: tuple[Project, Path]) -> None:
    project, journal = torn
    shutil.rmtree(project.blobs)
    found = verdict(project, SessionId(journal.stem))
    assert found.judgement == "differs"
    assert found.notes == (
        "Recorded random states are no longer there, so that they were not restored.",
        "The recorded model is no longer there, so that models were not compared.",
    )


def test_the_run_of_a_journal_that_is_gone_is_unknown(torn: tuple[Project, Path]) -> None:
    project, journal = torn
    (run,) = load_sessions(project).runs()
    journal.unlink()
    with pytest.raises(UnknownRun, match=f"There is no run {run.run}"):
        load_sessions(project).run(run.run)


def test_a_kernel_that_never_comes_up_is_a_verdict(
    whole: tuple[Project, Session], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, session = whole
    spec = tmp_path / "kernels" / "hangs"
    spec.mkdir(parents=True)
    argv = [sys.executable, "-c", "import time; time.sleep(600)", "ipykernel_launcher", "{connection_file}"]
    (spec / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "hangs", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    before = read_events(project.journal(session.session))
    found = find_verdict(project, session, session.runs[0], Impatient(), Options(kernel="hangs"))
    assert (found.judgement, found.reason) == ("cannot", "its kernel died: it did not answer within 1 s")
    assert read_events(project.journal(session.session)) == before


FIRST, SECOND = "def double(x):\n    return x * 2\n", "def double(x):\n    return x * 3\n"
MODULE = ("import numpy as np\nfrom prep import double\nX = double(np.arange(10.0).reshape(5, 2))\ny = X[:, 0]", TRAIN)


def test_a_module_that_was_changed_or_removed_is_replayed_as_it_had_been(tmp_path: Path) -> None:
    place = tmp_path / "project" / "prep.py"
    project, session = recorded(tmp_path / "project", MODULE, files={"prep.py": FIRST})
    for now in (SECOND, None):
        place.unlink() if now is None else place.write_text(now, "utf-8")
        found = verdict(project, session.session)
        assert (found.judgement, found.reason) == ("exact", None)
        assert found.notes == ("Modules were changed since, and replayed as they had been: prep.",)
        assert (place.read_text("utf-8") if place.exists() else None) == now


def test_a_module_with_a_secret_in_it_is_not_kept_and_its_change_is_told(tmp_path: Path) -> None:
    secret = f"API_KEY = 'sk-ant-api03-{'x1Y2' * 12}'\n"
    project, session = recorded(tmp_path / "project", MODULE, files={"prep.py": secret + FIRST})
    assert not any(secret.encode() in path.read_bytes() for path in project.blobs.iterdir())
    (tmp_path / "project" / "prep.py").write_text(secret + SECOND, "utf-8")
    found = verdict(project, session.session)
    assert found.judgement == "cannot"
    assert "prep.py) was changed (sha256 was " in str(found.reason)
    assert found.notes == ()


def test_a_changed_module_that_lies_where_scratch_does_not_reach_is_told(tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    (library / "prep.py").write_text(FIRST, "utf-8")
    cells = (f"import sys\nsys.path.insert(0, {str(library)!r})", *MODULE)
    project, session = recorded(tmp_path / "project", cells)
    (library / "prep.py").write_text(SECOND, "utf-8")
    found = verdict(project, session.session)
    assert found.judgement == "cannot"
    assert "prep.py) was changed (sha256 was " in str(found.reason)
    assert found.notes == ()
