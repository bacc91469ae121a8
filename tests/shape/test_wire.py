"""The TypeScript types are those that the pydantic ones make."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

from tests.shape.repository import ROOT

GENERATED = ROOT / "labextension" / "src" / "wire" / "generated.ts"


def made_anew(folder: Path) -> str:
    """Run the package's own script, with its output sent elsewhere."""
    script: str = json.loads((ROOT / "package.json").read_text("utf-8"))["scripts"]["wire"]
    head, option, output = script.rpartition(" -o ")
    assert (option, ROOT / output) == (" -o ", GENERATED)
    elsewhere = folder / "generated.ts"
    tools = [str(Path(sys.executable).parent), str(ROOT / "node_modules" / ".bin"), os.environ["PATH"]]
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{head} -o {shlex.quote(str(elsewhere))}"],
        cwd=ROOT,
        env=os.environ | {"PATH": os.pathsep.join(tools)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"Run `npm ci` first, if that is what is missing.\n{done.stderr}"
    return elsewhere.read_text("utf-8")


def test_the_generated_types_are_fresh(tmp_path: Path) -> None:
    fresh = made_anew(tmp_path)
    committed = GENERATED.read_text("utf-8")
    if committed != fresh:
        GENERATED.write_text(fresh, "utf-8")
    assert committed == fresh, f"{GENERATED.relative_to(ROOT)} was stale. It is made anew: look at it, and commit it."
