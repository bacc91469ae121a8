"""The wheel, installed as a user would: into an environment of its own, on a machine without Node."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.timeout(900)


def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [str(word) for word in command],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, made from this checkout with the lab extension as `make install` built it."""
    folder = tmp_path_factory.mktemp("wheel")
    run(uv(), "build", "--wheel", "--quiet", "--out-dir", folder, ROOT, HATCH_JUPYTER_BUILDER_SKIP_NPM="1")
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of an environment in which nothing but the wheel was asked for."""
    environment = tmp_path_factory.mktemp("installed") / "venv"
    run(uv(), "venv", "--quiet", "--python", sys.executable, environment)
    commands = environment / ("Scripts" if os.name == "nt" else "bin")
    run(
        uv(), "pip", "install", "--quiet", "--python", commands / "python", "--constraint", ROOT / "constraints.txt",
        wheel, PATH=str(commands),
    )  # fmt: skip
    return commands


def uv() -> Path:
    return Path(sys.executable).with_name("uv")


def test_the_wheel_carries_each_built_file_once(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    built = [name for name in names if "labextension" in name]
    assert any(name.endswith("share/jupyter/labextensions/cellmill/package.json") for name in built)
    assert [name for name in built if ".data/data/" not in name] == []
    assert any(name.endswith("etc/ipython/startup/50-cellmill.py") for name in names)
    assert any(name.endswith("etc/jupyter/jupyter_server_config.d/cellmill.json") for name in names)
    assert "cellmill/py.typed" in names


def test_installing_it_enables_both_extensions_without_node(installed: Path) -> None:
    lab = run(installed / "jupyter", "labextension", "list", PATH=str(installed))
    assert "cellmill" in lab.stderr + lab.stdout
    assert "error" not in (lab.stderr + lab.stdout).lower()
    server = run(installed / "jupyter", "server", "extension", "list", PATH=str(installed))
    said = server.stderr + server.stdout
    assert "Validating cellmill" in said
    assert "X cellmill" not in said


def test_a_kernel_of_that_environment_captures_without_a_line_of_ours(installed: Path, tmp_path: Path) -> None:
    cells = "from sklearn.linear_model import Ridge\nmodel = Ridge().fit([[1.0], [2.0]], [1.0, 2.0])"
    drive = f"""
import os
from jupyter_client.manager import KernelManager
os.chdir({str(tmp_path)!r})
manager = KernelManager()
manager.start_kernel()
client = manager.client()
client.start_channels()
client.wait_for_ready(timeout=60)
reply = client.execute_interactive({cells!r}, timeout=120, output_hook=lambda message: None)
client.stop_channels()
manager.shutdown_kernel(now=True)
assert reply["content"]["status"] == "ok", reply["content"]
"""
    run(installed / "python", "-c", drive)
    listed = run(installed / "cellmill", "runs", "--folder", tmp_path, "--json")
    (captured,) = json.loads(listed.stdout)
    assert captured["model_class"] == "sklearn.linear_model.Ridge"
    assert captured["mlflow_run_id"]
