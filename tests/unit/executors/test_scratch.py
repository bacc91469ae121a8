"""The folder that a replay runs in."""

from pathlib import Path

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
