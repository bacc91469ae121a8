"""Data frames in files of their own."""

import json
from pathlib import Path

import pandas

from cellmill.core.steps import MANIFEST
from cellmill.kernel.crossing.bundle import Frames
from cellmill.wiring.checking import facts_of


def test_names_that_differ_in_case_alone_have_files_that_differ_in_more(tmp_path: Path) -> None:
    given = {name: pandas.DataFrame({"a": [number]}) for number, name in enumerate(["X", "x", "y"])}
    frames = Frames(tmp_path, {id(frame): name for name, frame in given.items()})
    files = {name: str(frames.keep(frame)) for name, frame in given.items()}
    assert len({file.casefold() for file in files.values()}) == 3
    assert set(frames.sizes) == {"X", "x", "y"}
    again = Frames.read(tmp_path, [*files.values()])
    assert {name: int(again[file].a[0]) for name, file in files.items()} == {"X": 0, "x": 1, "y": 2}

    (tmp_path / MANIFEST).write_text(json.dumps({"frames": sorted(frames.written)}))
    found = {frame.name: frame.columns[0].least for frame in facts_of(tmp_path)}
    assert found == {"X": 0, "x": 1, "y": 2}
