"""A bundle is opened in a folder of its own, whatever it holds."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from tests.stories import Story, a_training

from cellmill.capture.sessions import load_sessions
from cellmill.core.replay_errors import NotABundle
from cellmill.wiring.bundles import opened_bundle, write_bundle

SESSION = "20260102T030405-00000001"


def crafted(path: Path, **more: Any) -> Path:
    """Write a bundle by hand."""
    manifest = {"bundle": 1, "run": "aa00000001", "session": SESSION, "root": "/p", "inputs": [], "files": {}, **more}
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("bundle.json", json.dumps(manifest))
        file.writestr("journal.jsonl", "")
        for name in manifest["files"]:
            file.writestr(name, "taken over")
    return path


@pytest.mark.parametrize("files", ["files/../../../taken", "{outside}/taken"])
def test_nothing_is_written_outside_by_the_name_of_a_file(tmp_path: Path, files: str) -> None:
    name = files.format(outside=tmp_path)
    path = crafted(tmp_path / "work.zip", files={"files/0/a.py": "/p/a.py", name: "/elsewhere/b.py"})
    with pytest.raises(NotABundle, match="outside of its own folder"), opened_bundle(path, data=tmp_path):
        pass
    assert [each.name for each in tmp_path.iterdir()] == ["work.zip"]


def test_where_a_file_came_from_leads_to_no_other_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[Path] = []
    monkeypatch.setattr("cellmill.wiring.bundles.write_atomically", lambda place, content: written.append(place))
    path = crafted(tmp_path / "work.zip", root="/p", files={"files/0/b.py": "/p/../../../../taken"})
    with pytest.raises(Exception, match="aa00000001"), opened_bundle(path, data=tmp_path):  # it holds no run
        pass
    assert all(".." not in place.parts for place in written)
    assert written[0].parts[-3:] == ("files", "0", "b.py")


@pytest.mark.parametrize("session", ["../../../../taken", f"{SESSION}/../../x", None, 3])
def test_a_session_is_no_path(tmp_path: Path, session: Any) -> None:
    with pytest.raises(NotABundle), opened_bundle(crafted(tmp_path / "a.zip", session=session), data=tmp_path):
        pass


def test_the_interpreter_that_a_bundle_names_is_not_taken(story: Story, tmp_path: Path) -> None:
    run = a_training(story)
    story.write()
    sessions = load_sessions(story.project)
    recorded = sessions.run(run)
    assert recorded.surroundings is not None
    assert recorded.surroundings.executable
    write_bundle(sessions, recorded, tmp_path / "work.zip", with_data=False)
    with opened_bundle(tmp_path / "work.zip", data=tmp_path) as (_, again, _):
        assert again.surroundings is not None
        assert again.surroundings.executable == ""
