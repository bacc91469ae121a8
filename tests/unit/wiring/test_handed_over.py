"""What was handed over is looked at wherever it lies."""

import io
import json
from pathlib import Path

import pandas
import pytest

from cellmill.core.ids import SessionId
from cellmill.core.pipeline_runs import FileSeen, StepRecord
from cellmill.core.project import Project
from cellmill.core.steps import VALUES_VERSION
from cellmill.notebook.plain import as_bytes, new_code_cell, new_notebook
from cellmill.wiring.checking import propose_checks
from cellmill.wiring.pipeline_edges import Edge, edges_of
from cellmill.wiring.pipeline_records import write_record
from cellmill.wiring.situations import Wanted, situation_of
from cellmill.wiring.values import write_value


@pytest.mark.parametrize("place", [None, "memory://handed-over"])
def test_checks_are_proposed_and_edges_are_named_of_values_in_a_folder_and_behind_a_url(
    project: Project, place: str | None
) -> None:
    project.folder.mkdir()
    if place is not None:
        project.settings.write_text(f'pipeline_values = "{place}"')
    folder = project.root / "pipelines" / "p"
    folder.mkdir(parents=True)
    for name in ("load", "fit"):
        (folder / f"{name}.ipynb").write_bytes(as_bytes(new_notebook([new_code_cell("c0", "1")], {})))
    (folder / "pipeline.yaml").write_text(
        "version: 1\nsteps:\n  load: {notebook: load.ipynb}\n  fit: {notebook: fit.ipynb, after: [load]}\n"
    )
    frame = io.BytesIO()
    pandas.DataFrame({"x": [1.0, 2.0]}).to_parquet(frame)
    manifest = {"version": VALUES_VERSION, "digest": "d", "names": ["df"], "bytes": 7, "frames": ["df.parquet"]}
    write_value(project, "p", "load/df.parquet", frame.getvalue())
    write_value(project, "p", "load/manifest.json", json.dumps(manifest).encode())
    seen = FileSeen("pipelines/p/load.ipynb", None)
    write_record(project, "p", StepRecord("load", "ok", SessionId("s"), 1, 2, seen, "source", ()))

    assert edges_of(situation_of(folder, Wanted())) == (Edge("load", "fit", ("df",), 7),)
    made = propose_checks(folder)
    assert (made.steps, made.frames) == (("check-load",), ("load.df",))
    assert Path(folder / "load_check.ipynb").exists()
