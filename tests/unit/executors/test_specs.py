"""Kernelspecs are found as jupyter_client finds them."""

import json
import sys
from pathlib import Path

import jupyter_core.paths
import pytest
from jupyter_client.kernelspec import KernelSpecManager

from cellmill.executors.specs import try_interpreter, try_spec


@pytest.fixture
def kernels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one folder with kernelspecs, empty."""
    for constant in ("ENV_JUPYTER_PATH", "SYSTEM_JUPYTER_PATH"):
        monkeypatch.setattr(jupyter_core.paths, constant, [])
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("JUPYTER_PATH", raising=False)
    return tmp_path / "kernels"


def write(kernels: Path, name: str, **given: object) -> None:
    (kernels / name).mkdir(parents=True)
    spec = {"argv": ["/some/python", "-m", "ipykernel_launcher", "-f", "{connection_file}"], **given}
    (kernels / name / "kernel.json").write_text(json.dumps(spec), "utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="kernelspecs are read on POSIX alone")
class TestOnPosix:
    def test_python3_is_there_wherever_ipykernel_is_though_no_file_says_so(self, kernels: Path) -> None:
        spec = try_spec("python3")
        assert spec is not None
        assert spec.command[0] == KernelSpecManager().get_kernel_spec("python3").argv[0] == sys.executable
        assert try_spec("another") is None

    def test_a_file_is_preferred_and_its_environment_told(self, kernels: Path) -> None:
        write(kernels, "python3", env={"OMP_NUM_THREADS": "1"})
        spec = try_spec("python3")
        assert spec is not None
        assert spec.command[0] == "/some/python"
        assert spec.environment == {"OMP_NUM_THREADS": "1"}
        assert try_interpreter("python3") == "/some/python"

    @pytest.mark.parametrize(
        "given",
        [
            {"metadata": {"kernel_provisioner": {"provisioner_name": "remote"}}},
            {"interrupt_mode": "message"},
            {"argv": ["R", "--slave"]},
        ],
    )
    def test_what_only_jupyter_client_can_start_is_none_of_these(self, kernels: Path, given: dict[str, object]) -> None:
        write(kernels, "mine", **given)
        assert try_spec("mine") is None
