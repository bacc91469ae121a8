"""Data frames in files of their own."""

import json

import pandas

from cellmill.core.project import Project
from cellmill.core.steps import MANIFEST, values_folder
from cellmill.kernel.crossing.bundle import Frames
from cellmill.wiring.checking import facts_of


def test_names_that_differ_in_case_alone_have_files_that_differ_in_more(project: Project) -> None:
    folder = project.root / values_folder("p") / "load"
    folder.mkdir(parents=True)
    given = {name: pandas.DataFrame({"a": [number]}) for number, name in enumerate(["X", "x", "y"])}
    frames = Frames(folder, {id(frame): name for name, frame in given.items()})
    files = {name: str(frames.keep(frame)) for name, frame in given.items()}
    assert len({file.casefold() for file in files.values()}) == 3
    assert set(frames.sizes) == {"X", "x", "y"}
    again = Frames.read(folder, [*files.values()])
    assert {name: int(again[file].a[0]) for name, file in files.items()} == {"X": 0, "x": 1, "y": 2}

    (folder / MANIFEST).write_text(json.dumps({"frames": sorted(frames.written)}))
    found = {frame.name: frame.columns[0].least for frame in facts_of(project, "p", "load")}
    assert found == {"X": 0, "x": 1, "y": 2}
