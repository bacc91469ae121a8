"""Checks of data frames, proposed and made."""

import json

from tests.notebooks.commands import Desk

VALUES = 'cellmill_values = ".cellmill/pipelines/p/values"'
BEGIN = "import cellmill\ncellmill.begin_step({name!r}, after={after!r}, values=cellmill_values)"
DATA = """
import numpy as np
import pandas as pd

rows = 60
df = pd.DataFrame({"row_id": np.arange(rows), "share": np.linspace(0, 1, rows), "gap": [None, 1.5] * (rows // 2)})
df["kind"] = ["a", "b", "c"] * (rows // 3)
df["delta"] = np.linspace(-1, 1, rows)
bad = int(open("bad.txt").read())
df.loc[: bad - 1, "share"] = 7.0
"""
DOCUMENT = """
version: 1
steps:
  load: {notebook: load.ipynb, reads: [bad.txt]}
  fit: {notebook: fit.ipynb, after: [load]}
"""


def step(desk: Desk, name: str, after: list[str], cell: str, end: str) -> None:
    desk.notebook(f"pipelines/p/{name}.ipynb", VALUES, BEGIN.format(name=name, after=after), cell, end)


def test_checks_are_proposed_from_what_was_handed_over_and_stop_the_pipeline(desk: Desk) -> None:
    step(desk, "load", [], DATA, "cellmill.end_step(['df'])")
    step(desk, "fit", ["load"], "print(len(df))", "cellmill.end_step([])")
    (desk.root / "pipelines" / "p" / "pipeline.yaml").write_text(DOCUMENT)
    (desk.root / "bad.txt").write_text("0")
    refused = desk.cellmill("pipeline", "checks", "p")
    assert (refused.code, refused.err.endswith("Run it first: cellmill pipeline run p\n")) == (2, True)
    assert desk.cellmill("pipeline", "run", "p").code == 0

    made = desk.cellmill("pipeline", "checks", "p", "--json")
    assert made.code == 0, made.err
    assert (made.json["steps"], made.json["frames"]) == (["check-load"], ["load.df"])
    notebook = json.loads((desk.root / "pipelines" / "p" / "load_check.ipynb").read_text())
    schema = "".join(notebook["cells"][3]["source"])
    assert [line.strip() for line in schema.splitlines() if "pa.Column" in line] == [
        '"row_id": pa.Column("int64", pa.Check.ge(0), unique=True),',
        '"share": pa.Column("float64", pa.Check.in_range(0, 1)),',
        '"gap": pa.Column("float64", pa.Check.ge(0), nullable=True),',
        '"kind": pa.Column("str", pa.Check.isin(["a", "b", "c"])),',
        '"delta": pa.Column("float64"),',
    ]
    ran = desk.cellmill("pipeline", "run", "p", "--json")
    assert [(one["key"], one["state"]) for one in ran.json["steps"]] == [
        ("load", "unchanged"),
        ("check-load", "ok"),
        ("fit", "ok"),  # it comes after the check now
    ]

    (desk.root / "bad.txt").write_text("2")
    stopped = desk.cellmill("pipeline", "run", "p", "--json")
    states = {one["key"]: one for one in stopped.json["steps"]}
    assert (stopped.code, states["check-load"]["state"], states["fit"]["state"]) == (1, "failed", "not reached")
    assert "df: 2 of 60 rows: column 'share': in_range(0, 1)" in str(states["check-load"])
    again = desk.cellmill("pipeline", "checks", "p")
    assert (again.code, "No data frame" in again.err) == (2, True)
