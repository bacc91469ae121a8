"""The Kubeflow pipeline, run by the local runner of its SDK."""

from tests.exports.conftest import EXECUTED, came_of, environment_of
from tests.notebooks.commands import Desk

RUN = """\
import sys
sys.path.insert(0, "pipelines/p")
from kfp import local
local.init(runner=local.SubprocessRunner(use_venv=False), pipeline_root=sys.argv[1])
import kubeflow
kubeflow.pipeline_p(rows=5, names='["c"]')
"""


def test_kubeflow_runs_the_pipeline_with_what_it_was_given(desk: Desk) -> None:
    programs = environment_of("kfp")
    assert desk.cellmill("pipeline", "export", "p", "--to", "kfp").out == "Written to pipelines/p/kubeflow.py.\n"
    # Cellmill is there; whether its dependencies are is not asked again for each step.
    environment = {"CELLMILL_PACKAGES": "papermill", "PATH": f"{programs}:/usr/bin:/bin", "VIRTUAL_ENV": ""}
    python = str(programs / "python")
    ran = desk.run([python, "-c", RUN, str(desk.home / "kfp")], environment)
    assert ran.code == 0, ran.out[-3_000:] + ran.err[-3_000:]
    assert came_of(desk) == ("it's [5, 10] ['c']", EXECUTED), ran.out[-5_000:]

    compiled = desk.run([python, "pipelines/p/kubeflow.py"], {**environment, "CELLMILL_CLAIM": "shared"})
    assert compiled.code == 0, compiled.err
    text = (desk.root / "pipelines/p/kubeflow.yaml").read_text()
    assert "pvcMount" in text
    assert "maxRetryCount: 1" in text
