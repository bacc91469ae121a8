"""Peers that cannot be installed beside Cellmill: each in an environment of its own, made when first asked for.

Made with pip from the package index that the machine is set to, which takes a minute or two, and kept for the next run.
"""

import os
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

from platformdirs import user_cache_path

# LineaPy was left in 2023: it runs with nothing newer than these.
ENVIRONMENTS = {
    "dvc": ("dvc",),
    "ipyflow": ("ipykernel", "ipyflow-core", "pandas", "scikit-learn", "matplotlib"),
    "kale": ("kubeflow-kale",),
    "lineapy": (
        "lineapy",
        "pydantic<2",
        "pandas<2",
        "numpy<2",
        "ipython<8.13",
        "ipykernel<6.24",
        "scikit-learn",
        "matplotlib",
    ),
    "soorgeon": ("soorgeon", "ploomber", "ipykernel"),
}
MADE = "made"


class NoPeer(Exception):
    """A peer's environment could not be made."""


def python_of(name: str, say: Callable[[str], None]) -> str:
    """Return the interpreter of a peer's environment. Raises `NoPeer`."""
    folder = user_cache_path("cellmill-benchmarks") / f"{name}-{sys.version_info.major}.{sys.version_info.minor}"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    wanted = "\n".join(ENVIRONMENTS[name])
    mark = folder / MADE
    if not mark.is_file() or mark.read_text("utf-8") != wanted:
        say(f"installing {name} in {folder}")
        _make(folder, python, ENVIRONMENTS[name])
        mark.write_text(wanted, "utf-8")
    return str(python)


def program_of(name: str, program: str, say: Callable[[str], None]) -> str:
    """Return the path of a command in a peer's environment. Raises `NoPeer`."""
    return str(Path(python_of(name, say)).with_name(program))


def _make(folder: Path, python: Path, requirements: tuple[str, ...]) -> None:
    venv.create(folder, with_pip=True, clear=True)
    command = [str(python), "-m", "pip", "install", "--quiet", *requirements]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        raise NoPeer(f"pip ended with {made.returncode} for {', '.join(requirements)}:\n{made.stderr[-1_500:]}")
