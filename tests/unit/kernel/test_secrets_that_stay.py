"""Environment variables with secrets stay in their step: no file of a border has them."""

import json
import os
import subprocess
import sys
from pathlib import Path

PASSWORD = "Tr0ub4dor3"
LOADS = """
import os
from cellmill.kernel.crossing import begin_step, end_step
begin_step("load", values="values")
os.environ["DB_PWD"] = "Tr0ub" + "4dor3"
os.environ["MAX_TOKENS"], os.environ["REGION"] = "512", "north"
os.environ["STORE"] = "postgresql://me:Tr0ub" + "4dor3@db/x"
x = 1
end_step(["x"])
"""
GOES_ON = """
import os
from cellmill.kernel.crossing import begin_step, end_step
begin_step({name!r}, after=[{after!r}], values="values")
print([os.environ.get(name) for name in ("DB_PWD", "MAX_TOKENS", "REGION", "STORE")])
end_step(["x"])
"""


def step(folder: Path, source: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    given = {**os.environ, **environment}
    return subprocess.run(
        [sys.executable, "-c", source], cwd=folder, env=given, capture_output=True, text=True, check=True
    )


def test_no_secret_crosses_and_a_step_without_one_says_so(tmp_path: Path) -> None:
    (tmp_path / ".cellmill").mkdir()
    step(tmp_path, LOADS)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path.name for path in files if PASSWORD.encode() in path.read_bytes()] == []
    assert json.loads((tmp_path / "values/load/manifest.json").read_text())["secret"] == ["DB_PWD", "STORE"]

    second = step(tmp_path, GOES_ON.format(name="second", after="load"))
    assert second.stdout.strip() == "[None, '512', 'north', None]"
    assert second.stderr.startswith("cellmill: DB_PWD, STORE held a secret after step load, which crosses to no other")
    # It is lacking behind the second step, too, unless whoever runs the steps has it.
    third = step(tmp_path, GOES_ON.format(name="third", after="second"), DB_PWD="given")
    assert third.stdout.strip() == "['given', '512', 'north', None]"
    assert third.stderr.startswith("cellmill: STORE held a secret after step second")
