"""Secrets in every place where a cell can leave them, and the whole of `.cellmill` searched for them."""

from pathlib import Path

from tests.kernel.conftest import StartKernel
from tests.kernel.kernels import Kernel

PASSWORD, TOKEN, OF_THE_ENVIRONMENT = "hunter2!xyz", "ghp_" + "aB3" * 12, "correct-horse-battery"


def leaks(kernel: Kernel, *secrets: str) -> list[tuple[str, str]]:
    files = [path for path in kernel.project.folder.rglob("*") if path.is_file()]
    return [(path.name, secret) for path in files for secret in secrets if secret.encode() in path.read_bytes()]


def test_no_secret_reaches_the_disk(start: StartKernel) -> None:
    kernel = start(prepared=True, environment={"SERVICE_PASSWORD": OF_THE_ENVIRONMENT})
    kernel.run(f"password = '{PASSWORD}'\nprint('{TOKEN}')")
    kernel.run("import os\nprint(os.environ['SERVICE_PASSWORD'])\nos.environ['OTHER_TOKEN'] = 's3same-open'")
    kernel.run(f"raise ValueError('cannot log in with {TOKEN}')", may_fail=True)
    kernel.run(f"!echo {TOKEN}")
    kernel.run(
        "class Keyed(Ridge):\n"
        "    def __init__(self, api_key=None):\n        super().__init__()\n        self.api_key = api_key\n"
        f"model = Keyed(api_key='{PASSWORD}').fit(X, y)"
    )
    kernel.run("import time; time.sleep(1.5)")

    [run] = kernel.runs
    assert {p.name: p.value for p in run.parameters}["api_key"] == "***"
    model = kernel.project.blobs / run.model.sha256 if run.model else Path()
    model.unlink()  # a model is kept as it is: what the user put into it is in it
    assert leaks(kernel, PASSWORD, TOKEN, OF_THE_ENVIRONMENT, "s3same-open") == []
    assert kernel.executions[0].source == "password = '***'\nprint('***')"


def test_a_cell_that_is_to_be_skipped_leaves_its_names_alone(start: StartKernel) -> None:
    kernel = start(prepared=True)
    kernel.run("# cellmill: skip\npatients = 7\nprint('secret cohort')\nhidden = Ridge().fit(X, y)")
    kernel.run("rate = patients / 2\nmodel = Ridge(alpha=rate).fit(X, y)")

    skipped, fed = kernel.executions
    assert skipped.source == "# not recorded: its comment"
    assert {"patients", "hidden"} <= skipped.writes
    [run] = kernel.runs
    assert [part.execution.source for part in run.executions] == [skipped.source, fed.source]
    assert leaks(kernel, "secret cohort") == []


def test_cells_that_match_a_pattern_of_the_settings_are_not_recorded(start: StartKernel, tmp_path: Path) -> None:
    settings = tmp_path / "project" / ".cellmill" / "settings.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text("exclude = ['patients']\n")
    kernel = start()
    kernel.run("patients = 7")
    kernel.run("other = 8")
    assert [execution.source for execution in kernel.executions] == [
        "# not recorded: the setting exclude (patients)",
        "other = 8",
    ]


def test_a_notebook_is_switched_off_and_on_by_a_comment(start: StartKernel) -> None:
    kernel = start()
    for source in ("a = 1", "# cellmill: off\nb = 2", "c = 3", "# cellmill: on\nd = 4", "e = 5"):
        kernel.run(source)
    off = "# not recorded: the notebook is switched off"
    assert [execution.source for execution in kernel.executions] == ["a = 1", off, off, off, "e = 5"]
