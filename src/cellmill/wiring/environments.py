"""An environment made again from a run's own lock, with uv. Kept, for the next replay will ask for it too."""

import hashlib
import os
import shutil
import subprocess
import sys
from functools import lru_cache
from importlib.metadata import distribution
from pathlib import Path

from cellmill.core.files import make_folder, words_of, write_atomically
from cellmill.core.project import Project
from cellmill.core.replay_errors import EnvironmentNotBuilt
from cellmill.core.runs import Run
from cellmill.executors.specs import try_spec
from cellmill.wiring.alone import only_one
from cellmill.wiring.lock import lock_of

# What a kernel needs besides what the notebook imported. Cellmill itself is lent from here.
_KERNELS_OWN = ("ipykernel", "cloudpickle", "psutil")
LONGEST_S, START_S = 1_800, 60


def rebuilt_environment(project: Project, run: Run) -> Path:
    """Return the interpreter of an environment with what the run's lock names. Raises `EnvironmentNotBuilt`."""
    if run.surroundings is None:
        raise EnvironmentNotBuilt(run.run, reason="what it had imported is not known")
    lines = [line for line in lock_of(run.surroundings).splitlines() if not _is_ours(line)]
    names = {line.partition("==")[0].lower() for line in lines}
    lines += [name for name in _KERNELS_OWN if name not in names]
    python = run.surroundings.python
    lock = "\n".join(lines) + "\n"
    key = hashlib.sha256(f"{python}\n{lock}".encode()).hexdigest()[:16]
    folder = project.folder / "environments" / key
    interpreter = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if _is_built(folder, interpreter):
        return interpreter
    uv = _uv(run)
    # Runs with the same packages share an environment: one makes it, the others wait.
    late = EnvironmentNotBuilt(run.run, reason="another process has been making the same one for an hour")
    with only_one(folder.with_suffix(".lock"), otherwise=late, patience_s=2 * LONGEST_S):
        if _is_built(folder, interpreter):  # by whom this one has waited for
            return interpreter
        shutil.rmtree(folder, ignore_errors=True)
        _do(run, [uv, "venv", "--quiet", "--python", python.rpartition(".")[0], str(folder)])
        requirements = folder / "requirements.txt"
        write_atomically(requirements, lock.encode())
        _do(run, [uv, "pip", "install", "--quiet", "--python", str(interpreter), "-r", str(requirements)])
        _lend_cellmill(run, folder, interpreter)
        write_atomically(folder / "built", b"")
    return interpreter


def _is_built(folder: Path, interpreter: Path) -> bool:
    """Whether an environment is there, whole. The Python that it was made with may have been removed since."""
    return (folder / "built").exists() and interpreter.exists()


def try_own_interpreter(run: Run) -> Path | None:
    """Return the Python that a run was made with, None where the usual kernel has it, or where it is of no use.

    In JupyterLab a notebook's kernel often is of another environment than the commands are.
    """
    if run.surroundings is None or not run.surroundings.executable:
        return None
    usual = try_spec("python3")
    own = Path(run.surroundings.executable)
    if usual is None or _is_same(own, Path(usual.command[0])):
        return None
    return own if _has_kernel(own) else None


def _is_same(own: Path, other: Path) -> bool:
    """Whether two are one environment's: `bin/python` and `bin/python3` are. What links lead to is shared by many."""
    return own.parent == other.parent and os.path.realpath(own) == os.path.realpath(other)


@lru_cache(maxsize=8)
def _has_kernel(interpreter: Path) -> bool:
    """Whether an interpreter is there, with ipykernel and Cellmill."""
    try:
        asked = [str(interpreter), "-W", "ignore", "-c", "import ipykernel, cellmill.kernel.replaying"]
        return subprocess.run(asked, capture_output=True, timeout=START_S, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _is_ours(line: str) -> bool:
    name = line.partition("==")[0].strip().lower()
    return name == "cellmill" or (line.startswith("# installed from") and line.endswith(": cellmill"))


def _uv(run: Run) -> str:
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.exists() else shutil.which("uv")
    if found is None:
        raise EnvironmentNotBuilt(run.run, reason="uv is not installed (pip install uv)")
    return found


def _do(run: Run, command: list[str]) -> str:
    """Return what a command prints. Raises `EnvironmentNotBuilt`."""
    name = Path(command[0]).name
    try:
        ended = subprocess.run(
            command, check=True, capture_output=True, text=True, timeout=LONGEST_S, stdin=subprocess.DEVNULL
        )
    except subprocess.CalledProcessError as error:
        reason = " ".join(error.stderr.split())[:500] or f"{name} ended with {error.returncode}"
        raise EnvironmentNotBuilt(run.run, reason=reason.rstrip(".")) from error
    except subprocess.TimeoutExpired as error:
        raise EnvironmentNotBuilt(run.run, reason=f"{name} took longer than {LONGEST_S} s") from error
    except OSError as error:
        raise EnvironmentNotBuilt(run.run, reason=f"{command[0]} cannot be run ({words_of(error)})") from error
    return ended.stdout


def _lend_cellmill(run: Run, folder: Path, interpreter: Path) -> None:
    """Show this Cellmill to the environment, and nothing else that is installed beside it."""
    import cellmill

    lent = folder / "lent"
    make_folder(lent)
    (lent / "cellmill").symlink_to(Path(cellmill.__file__).parent, target_is_directory=True)
    known = distribution("cellmill")
    described = lent / f"cellmill-{known.version}.dist-info"
    make_folder(described)
    for name in ("METADATA", "entry_points.txt"):  # by which the probes are found
        write_atomically(described / name, (known.read_text(name) or "").encode())
    told = _do(run, [str(interpreter), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"])
    write_atomically(Path(told.strip()) / "cellmill-lent.pth", f"{lent}\n".encode())
