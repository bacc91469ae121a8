"""The scripts of CI workflows, run in a clone, for a change that another branch makes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from tests.notebooks.commands import PATIENCE_S, Desk

TRAIN = (
    "alpha = 1.0",
    "import numpy as np\nfrom sklearn.linear_model import Ridge\nfrom sklearn.metrics import mean_absolute_error\n"
    "x = np.arange(20.0).reshape(-1, 1)\nmodel = Ridge(alpha=alpha).fit(x[:15], 2 * x[:15, 0])\n"
    "print(mean_absolute_error(2 * x[15:, 0], model.predict(x[15:])))",
)
DOCUMENT = "version: 1\nsteps: {fit: {notebook: fit.ipynb, parameters: {alpha: %s}}}\n"


def git(desk: Desk, *words: str) -> str:
    who = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false")
    said = desk.run(["git", *who, *words])
    assert said.code == 0, said.err
    return said.out.strip()


@pytest.mark.parametrize("target", ["github", "gitlab"])
def test_ci_runs_the_pipeline_and_tells_what_has_changed(desk: Desk, target: str, tmp_path: Path) -> None:
    desk.notebook("pipelines/p/fit.ipynb", *TRAIN)
    document = desk.root / "pipelines/p/pipeline.yaml"
    document.write_text(DOCUMENT % 1.0)
    (desk.root / ".gitignore").write_text(".cellmill/\nmlflow.db\nmlruns/\nexecuted/\n")
    git(desk, "init", "--quiet")
    git(desk, "add", ".")
    git(desk, "commit", "--quiet", "-m", "before")
    base = git(desk, "rev-parse", "HEAD")
    document.write_text(DOCUMENT % 50.0)
    git(desk, "commit", "--quiet", "-am", "after")

    written = desk.cellmill("pipeline", "export", "p", "--to", target, "-o", "ci.yml")
    assert written.code == 0, written.err
    workflow = yaml.safe_load((desk.root / "ci.yml").read_text())
    temporary, posts = tmp_path / "temporary", tmp_path / "posts"
    temporary.mkdir()
    if target == "github":
        steps = workflow["jobs"]["pipeline"]["steps"]
        scripts = [step["run"] for step in steps if step.get("name", "Install") != "Install"]
        report = temporary / "report.md"
    else:
        scripts = ["set -e", *(line for line in workflow["pipeline-p"]["script"] if "pip install" not in line)]
        scripts = ["\n".join(scripts)]
        report = desk.root / ".cellmill-ci" / "report.md"
    # Whoever posts is not here: what would be posted is kept.
    for name in ("gh", "curl"):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f'#!/bin/sh\necho "{name} $@" >> {posts}\n')
        program.chmod(0o755)
    environment = desk.environment(
        {
            "PATH": f"{tmp_path / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "RUNNER_TEMP": str(temporary),
            "GITHUB_STEP_SUMMARY": str(temporary / "summary.md"),
            "BASE": base,
            "NUMBER": "7",
            "CI_PROJECT_DIR": str(desk.root),
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": base,
            "CI_MERGE_REQUEST_IID": "7",
            "CELLMILL_TOKEN": "none",
        }
    )
    for script in scripts:
        done = subprocess.run(
            ["bash", "-e", "-c", script],
            cwd=desk.root,
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert done.returncode == 0, script + done.stdout + done.stderr
    said = report.read_text()
    assert "| fit | ok | " in said
    (metric,) = [line.split(" | ") for line in said.splitlines() if "Ridge.mean" in line]
    assert float(metric[2]) < float(metric[3])
    assert metric[4].startswith("**+")
    assert str(report) in posts.read_text()
