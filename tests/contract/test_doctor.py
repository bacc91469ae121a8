"""What `cellmill doctor` finds in a project, and mends."""

import os
import stat
import time
from dataclasses import replace
from pathlib import Path

import pytest
from tests.stories import MODEL, Story, a_training

from cellmill.capture.blobs import blob_path, keep_blob
from cellmill.capture.sessions import load_sessions
from cellmill.core.events import CaptureFailed, SessionEnded
from cellmill.core.project import Project
from cellmill.wiring.doctor import Finding, below, examine, seen


def found(project: Project, *, mend: bool = False) -> dict[str, Finding]:
    sessions = load_sessions(project)
    return {finding.name: finding for finding in examine(project, sessions, mend=mend)}


def told(story: Story) -> Story:
    story.is_told(SessionEnded(story.tick(), "shut down"))
    story.write()
    return story


def age(path: Path) -> None:
    long_ago = time.time() - 7200
    os.utime(path, (long_ago, long_ago))


def test_a_project_where_nothing_happened_yet_is_fine(project: Project) -> None:
    findings = found(project)
    assert findings["project"] == Finding("project", "fine", str(project.root))
    assert findings["MLflow"].state == "fine"
    assert not project.folder.exists()


def test_what_others_may_read_is_made_private(story: Story) -> None:
    journal = told(story).project.journal(story.session)
    journal.chmod(0o644)
    assert found(story.project)["privacy"].state == "wrong"
    assert found(story.project, mend=True)["privacy"].mended
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600
    assert found(story.project)["privacy"].state == "fine"


def test_a_rebuilt_environment_is_left_as_uv_made_it(story: Story, tmp_path: Path) -> None:
    folder = told(story).project.folder
    cache = tmp_path / "of-uv.py"
    cache.write_text("installed elsewhere too")
    script = folder / "environments" / "5eed" / "bin" / "python"
    script.parent.mkdir(parents=True)
    (folder / "environments").chmod(0o700)
    os.link(cache, script)
    os.link(cache, folder / "of-uv.py")
    cache.chmod(0o755)
    assert found(story.project, mend=True)["privacy"].state == "fine"
    assert stat.S_IMODE(cache.stat().st_mode) == 0o755


def test_what_is_removed_while_it_looks_ends_nothing(story: Story) -> None:
    folder = told(story).project.folder
    for place in (folder / "blobs", folder):
        place.mkdir(exist_ok=True)
        (place / ".gone.123.0a1b2c3d").symlink_to("nowhere")  # its file is gone
    folder.joinpath("one").write_text("1")
    folder.joinpath("two").write_text("2")
    looked = (path for path, _ in seen(below(story.project)) if path.name in ("one", "two"))
    left = {"one", "two"} - {next(looked).name}
    for name in left:
        (folder / name).unlink()
    assert list(looked) == []
    assert found(story.project)["drafts"].state == "fine"


def test_a_blob_that_no_journal_names_is_removed_when_it_is_old(story: Story) -> None:
    young, old = keep_blob(story.project, b"young"), keep_blob(story.project, b"old")
    kept = keep_blob(story.project, b"named")
    a_training(story, model=replace(MODEL, sha256=kept, example_sha256=None))
    told(story)
    for blob in (old, kept):
        age(blob_path(story.project, blob))
    assert "belong to no journal" in found(story.project)["blobs"].what
    assert found(story.project, mend=True)["blobs"].mended == "1 file removed"
    assert [blob_path(story.project, b).exists() for b in (young, old, kept)] == [True, False, True]


def test_a_draft_of_a_killed_process_is_removed(story: Story) -> None:
    told(story)
    draft = story.project.folder / ".settings.toml.123.0a1b2c3d"
    draft.write_text("half")
    age(draft)
    assert found(story.project, mend=True)["drafts"].mended == "1 file removed"
    assert not draft.exists()


def test_a_line_cut_off_by_a_crash_is_told(story: Story) -> None:
    with told(story).project.journal(story.session).open("ab") as journal:
        journal.write(b'{"type": "execution_st')
    assert "1 last line cut off" in found(story.project)["journals"].what


def test_a_failure_of_ours_is_told_with_its_reason(story: Story) -> None:
    story.says(CaptureFailed(story.tick(), "predicted", "TypeError: no"))
    told(story)
    assert "predicted: TypeError: no" in found(story.project)["capture"].what


def test_a_store_that_is_gone_is_wrong_and_loses_nothing(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    a_training(story, model=None)
    told(story)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    finding = found(story.project, mend=True)["MLflow"]
    assert finding.state == "wrong"
    assert "the journals keep everything" in finding.what
