"""A notebook whose kernel is of another environment than the commands are, and that environment changed since."""

import json
import shutil
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
from tests.notebooks.commands import Desk

import cellmill

ROOT = Path(__file__).parents[2]


@pytest.fixture
def environment(desk: Desk, tmp_path: Path) -> Path:
    """An environment with a package of its own, `only-there` 1.0. Returns the folder of its packages."""
    place = tmp_path / "environment"
    venv.create(place, symlinks=True, with_pip=False)
    paths = sysconfig.get_paths(vars={"base": str(place), "platbase": str(place)})
    packages = Path(paths["purelib"])
    # All else comes from the environment of the tests.
    ours = Path(cellmill.__file__).parents[1]
    (packages / "all.pth").write_text(f"{sysconfig.get_paths()['purelib']}\n{ours}\n", "utf-8")
    (packages / "only_there.py").write_text("value = 2\n", "utf-8")
    described = packages / "only_there-1.0.dist-info"
    described.mkdir()
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: only-there\nVersion: 1.0\n", "utf-8")
    (described / "RECORD").write_text("only_there.py,,\n", "utf-8")
    startup = place / "etc" / "ipython" / "startup"
    shutil.copytree(ROOT / "jupyter-config" / "ipython-startup", startup)
    kernel = desk.home / "jupyter_data_dir" / "kernels" / "other"
    kernel.mkdir(parents=True, exist_ok=True)
    python = Path(paths["scripts"]) / Path(sys.executable).name
    argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (kernel / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "other", "language": "python"}))
    return packages


def test_a_replay_is_made_where_the_run_was(desk: Desk, environment: Path) -> None:
    desk.notebook(
        "work.ipynb",
        "from only_there import value\nfrom sklearn.linear_model import Ridge",
        "model = Ridge().fit([[1], [2]], [1, value])",
        kernel="other",
    )
    said = desk.cellmill("run", "work.ipynb")
    assert said.code == 0, said.err
    (run,) = desk.captured
    assert run.surroundings is not None
    assert run.surroundings.distributions["only-there"] == "1.0"

    described = environment / "only_there-1.0.dist-info"
    described.rename(environment / "only_there-1.5.dist-info")
    metadata = environment / "only_there-1.5.dist-info" / "METADATA"
    metadata.write_text(metadata.read_text().replace("1.0", "1.5"))
    (environment / "only_there.py").write_text("value = 3\n", "utf-8")
    (found,) = desk.cellmill("replay", run.run, "--times", "1", "--json").json
    assert found["judgement"] == "differs"
    assert found["reason"].endswith("; packages were changed: only-there was 1.0, is 1.5")

    shutil.rmtree(metadata.parent)
    (environment / "only_there.py").unlink()
    (found,) = desk.cellmill("replay", run.run, "--times", "1", "--json").json
    assert found["judgement"] == "cannot"
    assert "the module only_there is not installed here (it was only-there 1.0)" in found["reason"]
    assert found["notes"] == ["packages were changed: only-there was 1.0, is not installed any more"]
