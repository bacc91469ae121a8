"""The folder that a replay runs in."""

import os
import tempfile
from pathlib import Path

import pytest
from tests.full_disk import files_at_most

from cellmill.core.replay_errors import NoScratch
from cellmill.executors.scratch import scratch


def test_a_folder_that_the_replay_makes_is_not_there_yet(tmp_path: Path) -> None:
    for name in ("plots", "empty", "data"):
        (tmp_path / name).mkdir()
    (tmp_path / "plots" / "a.png").write_bytes(b"1")
    (tmp_path / "data" / "a.csv").write_text("1")
    made = "os.mkdir('plots')\nos.makedirs('data', exist_ok=True)"
    drawn = str(tmp_path / "plots" / "a.png")
    with scratch(tmp_path, inputs=[], written=[drawn], left_out=[], makes_folder=lambda name: name in made) as place:
        assert sorted(path.name for path in place.root.iterdir()) == ["data", "empty"]
        assert [path.name for path in (place.root / "data").iterdir()] == ["a.csv"]


def test_what_came_while_the_session_ran_is_withheld_unless_it_is_known_or_written_by_hand(tmp_path: Path) -> None:
    began_ns = 1_000_000_000 * 10**9
    for name, age_s in (("old.csv", 1), ("read.csv", -1), ("made.csv", -1), ("made.bin", 0), ("mine.py", -1)):
        (tmp_path / name).write_text(name)
        os.utime(tmp_path / name, ns=(began_ns - age_s * 10**9,) * 2)
    (tmp_path / "gone.csv").symlink_to("nowhere")
    made = [str(tmp_path / name) for name in ("made.bin", "made.csv")]
    read = str(tmp_path / "read.csv")

    def there(*copied: str) -> tuple[set[str], list[str]]:
        with scratch(
            tmp_path, inputs=[], written=[], left_out=[], known=[read], began_ns=began_ns, copied=copied
        ) as place:
            for path in copied:
                place.place_of(path).write_text("another")  # which is not the user's
            return {path.name for path in place.root.iterdir()}, place.withheld

    assert there() == ({"old.csv", "read.csv", "mine.py", "gone.csv"}, made)
    assert there(*made) == ({"old.csv", "read.csv", "mine.py", "gone.csv", "made.csv", "made.bin"}, [])
    assert [Path(path).read_text() for path in made] == ["made.bin", "made.csv"]


@pytest.mark.parametrize("most", [0, 100], ids=["large", "small"])
def test_a_folder_that_is_a_link_is_there_and_nothing_is_put_into_the_one_it_leads_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr("cellmill.executors.scratch.MOST_FOLLOWED", most)
    project, outside = tmp_path / "project", tmp_path / "outside"
    (outside / "deep").mkdir(parents=True)
    (project / "real").mkdir(parents=True)
    for path in (outside / "read.csv", outside / "deep" / "both.csv", outside / "out.csv", project / "real" / "in.csv"):
        path.write_text(path.name)
    (outside / "again").symlink_to(outside)
    (project / "data").symlink_to(outside)
    (project / "alias").symlink_to(project / "real")
    (project / "self").symlink_to(project)
    inputs = [str(project / "data" / "read.csv"), str(project / "data/deep/both.csv"), str(project / "alias/in.csv")]
    written = [str(project / "data/deep/both.csv"), str(project / "data/out.csv"), str(project / "alias/new.csv")]
    with scratch(project, inputs=inputs, written=written, left_out=[]) as place:
        assert [place.place_of(path).read_text() for path in inputs] == ["read.csv", "both.csv", "in.csv"]
        assert not place.place_of(written[1]).exists()
        for output in written:
            place.place_of(output).write_text("another")
        assert (place.root / "real" / "new.csv").read_text() == "another"
        assert (place.root / "self").resolve() == place.root.resolve()
    assert sorted(path.name for path in outside.iterdir()) == ["again", "deep", "out.csv", "read.csv"]
    assert [(outside / name).read_text() for name in ("deep/both.csv", "out.csv")] == ["both.csv", "out.csv"]
    assert [path.name for path in (project / "real").iterdir()] == ["in.csv"]


def test_the_root_of_a_repository_is_found_and_nothing_of_the_repository_is_there(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "sub").mkdir(parents=True)
    (tmp_path / ".git").write_text("gitdir: elsewhere")
    (project / ".hg" / "store").mkdir(parents=True)
    with scratch(project, inputs=[], written=[], left_out=[]) as place:
        found = [next(up for up in place.root.parents if (up / ".git").exists()), place.root]
        assert found[0] == place.root.parent
        assert [list(path.iterdir()) for path in (found[0] / ".git", found[1] / ".hg")] == [[], []]


def test_who_resolves_the_path_of_a_notebook_or_a_module_stays_in_scratch(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("work.ipynb", "sub/mine.py", "large.ipynb"):
        (tmp_path / name).write_text(name)
    os.truncate(tmp_path / "large.ipynb", 20_000_000)
    (tmp_path / "sub/mine.py").chmod(0o744)
    (tmp_path / "gone.py").symlink_to("nowhere")
    with scratch(tmp_path, inputs=[], written=[], left_out=[]) as place:
        assert (place.root / "work.ipynb").resolve().parent == place.root.resolve()
        module = place.root / "sub" / "mine.py"
        assert (module.resolve().parents[1], module.stat().st_mode & 0o777) == (place.root.resolve(), 0o700)
        module.write_text("another")
        assert (place.root / "large.ipynb").readlink() == tmp_path / "large.ipynb"
    assert (tmp_path / "sub" / "mine.py").read_text() == "sub/mine.py"


def test_where_there_is_no_space_nothing_is_left_and_what_to_do_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, temporary = tmp_path / "project", tmp_path / "temporary"
    project.mkdir()
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    data = project / "data.csv"
    data.write_bytes(b"x" * 10_000)
    needed = scratch(project, inputs=[str(data)], written=[str(data)], left_out=[])
    with files_at_most(1_000), pytest.raises(NoScratch, match="Free some space, or set TMPDIR"), needed:
        pass
    assert list(temporary.iterdir()) == []
    assert data.stat().st_size == 10_000


def test_what_a_killed_replay_left_is_cleared_away_and_what_lives_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, temporary = tmp_path / "project", tmp_path / "temporary"
    project.mkdir()
    left = temporary / "cellmill-replay-left"
    left.mkdir(parents=True)
    (left / "lock").touch()
    foreign = temporary / "cellmill-replay-without-lock"
    foreign.mkdir()
    for folder in (left, foreign):
        os.utime(folder, (0, 0))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    with scratch(project, inputs=[], written=[], left_out=[]) as first:
        os.utime(first.folder, (0, 0))
        with scratch(project, inputs=[], written=[], left_out=[]) as second:
            assert set(temporary.iterdir()) == {first.folder, second.folder, foreign}


def test_of_a_project_with_very_many_files_all_are_there_and_those_of_large_folders_by_one_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cellmill.executors.scratch.MOST_LINKS", 8)
    began_ns = 1_000_000_000 * 10**9
    for folder in ("data", "data/raw", "mixed", "notebooks", "src"):
        (tmp_path / folder).mkdir()
    for number in range(9):
        for folder in ("data/raw", "mixed"):
            path = tmp_path / folder / f"{number}.png"
            path.write_text(f"{number}")
            os.utime(path, ns=(began_ns - 1,) * 2)
    (tmp_path / "data" / "small.csv").write_text("1")
    os.utime(tmp_path / "data" / "small.csv", ns=(began_ns - 1,) * 2)
    (tmp_path / "mixed" / "came.png").write_text("young")
    (tmp_path / "notebooks" / "a.ipynb").write_text("{}")
    (tmp_path / "src" / "features.py").write_text("pass")
    written = str(tmp_path / "data" / "raw" / "3.png")

    with scratch(tmp_path, inputs=[], written=[], left_out=[], began_ns=began_ns) as place:
        assert (place.root / "src" / "features.py").read_text() == "pass"
        assert (place.root / "notebooks" / "a.ipynb").exists()
        assert (place.root / "data" / "small.csv").is_symlink()
        assert (place.root / "data" / "raw").is_symlink()
        assert len(list((place.root / "data" / "raw").iterdir())) == 9
        assert sorted(path.name for path in (place.root / "mixed").iterdir()) == [f"{n}.png" for n in range(9)]
        assert place.withheld == [str(tmp_path / "mixed" / "came.png")]
        assert place.not_there == []
    with scratch(tmp_path, inputs=[], written=[written], left_out=[], began_ns=began_ns) as place:
        assert sorted(path.name for path in (place.root / "data" / "raw").iterdir()) == [
            f"{n}.png" for n in range(9) if n != 3
        ]
    assert Path(written).read_text() == "3"


def test_folders_that_come_after_more_files_than_are_walked_through_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cellmill.executors.scratch.MOST_WALKED", 2)
    for folder in ("deep/deeper", "src"):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("a.csv", "b.csv", "src/m.py", "deep/deeper/c.csv"):
        (tmp_path / name).write_text("1")
    with scratch(tmp_path, inputs=[], written=[], left_out=[]) as place:
        assert (place.root / "src" / "m.py").exists()
        assert place.not_there == [str(tmp_path / "deep" / "deeper")]
