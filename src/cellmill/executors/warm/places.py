"""Where fork servers are found, and which of them would give a process what it would find in its own imports.

A server leaves `PID.sock`, to which requests go, and beside it `PID.json`, which says what it is. Both lie in a
private folder of the user's.
"""

import contextlib
import functools
import hashlib
import json
import os
import stat
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from cellmill._version import __version__
from cellmill.core.errors import FolderNotWritable
from cellmill.core.files import make_folder, write_atomically

FOLDER_VARIABLE = "CELLMILL_WARM_FOLDER"

# Read by code in C while it is loaded, which cannot be heard. What Python code reads is heard, see `preload`.
_READ_IN_C = (
    "ARROW_", "BLIS_", "CUDA_", "DYLD_", "GLIBC_", "GOMP_", "GOTO_", "HIP_", "KMP_", "LANG", "LC_", "LD_", "LIBOMP_",
    "MALLOC_", "MIMALLOC_", "MKL_", "NUMBA_", "NUMEXPR_", "NVIDIA_", "OMP_", "OPENBLAS_", "POLARS_", "PYTHON",
    "PYTORCH_", "QT_", "RAYON_", "ROCR_", "RUST_", "SPYDER", "SSL_", "TF_", "TORCH_", "VECLIB_", "XLA_", "_RJEM_",
)  # fmt: skip
# Every process has others of these, and a forked one is given its own.
_OWN = {
    "COLUMNS", "JPY_API_TOKEN", "JPY_PARENT_PID", "JPY_SESSION_NAME", "LINES", "MPLBACKEND", "OLDPWD", "PWD", "SHLVL",
    "TEMP", "TMP", "TMPDIR", "_", FOLDER_VARIABLE,
}  # fmt: skip


def can_fork() -> bool:
    """Whether kernels are forked on this system. Libraries of macOS do not survive it."""
    return sys.platform == "linux"


@dataclass(frozen=True)
class Interpreter:
    """How Python is started: its path and its options."""

    python: str
    options: tuple[str, ...] = ()


@dataclass
class Server:
    """What a server says of itself. Values of variables are told by their digest: some are secrets."""

    pid: int
    interpreter: Interpreter
    variables: dict[str, str | None]
    group: str
    stamp: str
    cellmill: str = __version__
    modules: tuple[str, ...] = ()
    after_fork: dict[str, str] = field(default_factory=dict)
    """Modules that it does not import, and why: whoever is forked imports them itself."""
    loading: bool = True

    @property
    def socket(self) -> Path:
        return servers_folder() / f"{self.pid}.sock"

    @property
    def entry(self) -> Path:
        return servers_folder() / f"{self.pid}.json"

    def write(self) -> None:
        """Say in the folder of servers what it is."""
        write_atomically(self.entry, json.dumps(asdict(self)).encode())

    def remove(self) -> None:
        """Take away what says that it is there."""
        for path in (self.entry, self.socket):
            with contextlib.suppress(OSError):
                path.unlink()

    def serves(self, interpreter: Interpreter, environment: Mapping[str, str]) -> bool:
        """Whether imports in such a process would have come out as those of the server."""
        names = {*self.variables, *(name for name in environment if _is_read_in_c(name))}
        return (
            self.interpreter == interpreter
            and self.cellmill == __version__
            and self.group == control_group()
            and all(self.variables.get(name) == digest(environment.get(name)) for name in names - _OWN)
        )


def servers() -> tuple[Server, ...]:
    """Return the servers that say they are there, the youngest first. One that died may be among them."""
    found = []
    for path in servers_folder().glob("*.json"):
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
            given: dict[str, Any] = json.loads(path.read_bytes())
            interpreter = Interpreter(given["interpreter"]["python"], tuple(given["interpreter"]["options"]))
            found.append((path.stat().st_mtime_ns, Server(**{**given, "interpreter": interpreter})))
    return tuple(server for _, server in sorted(found, key=lambda pair: -pair[0]))


def read_at_import(environment: Mapping[str, str], heard: Iterable[str] = ()) -> dict[str, str | None]:
    """Return the variables that imports depend on, by the digest of their values; None is one that is not set."""
    names = {name for name in environment if _is_read_in_c(name)} | set(heard)
    return {name: digest(environment.get(name)) for name in sorted(names - _OWN)}


def _is_read_in_c(name: str) -> bool:
    return name.startswith(_READ_IN_C)


def digest(value: str | None) -> str | None:
    """Return what tells values apart without telling them."""
    return None if value is None else hashlib.sha256(os.fsencode(value)).hexdigest()[:16]


@functools.cache
def control_group() -> str:
    """Return what limits this process's memory and cores: who is forked is in the server's."""
    try:
        return hashlib.sha256(Path("/proc/self/cgroup").read_bytes()).hexdigest()[:16]
    except OSError:
        return ""


def stamp_of(folders: Iterable[str], files: Iterable[str]) -> str:
    """Return what changes when a package is installed, upgraded or removed, or one of the files is edited."""
    seen = []
    for path in (*folders, *files):
        try:
            status = os.stat(path)  # noqa: PTH116 - of many files, before each fork
            seen.append((path, status.st_mtime_ns, status.st_size))
        except OSError:
            seen.append((path, 0, 0))
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


def servers_folder() -> Path:
    """Return the private folder of servers, made if need be. Raises `FolderNotWritable`."""
    chosen = os.environ.get(FOLDER_VARIABLE)
    if chosen:
        folder = Path(chosen)
    elif os.access(os.environ.get("XDG_RUNTIME_DIR") or "", os.W_OK):
        folder = Path(os.environ["XDG_RUNTIME_DIR"], "cellmill")
    else:
        folder = Path(_system_temporary(), f"cellmill-{os.getuid()}")
    make_folder(folder)
    status = folder.lstat()
    if status.st_uid != os.getuid() or stat.S_IMODE(status.st_mode) & 0o077 or not stat.S_ISDIR(status.st_mode):
        raise FolderNotWritable(str(folder), reason="it is open to others, or theirs")
    return folder


def _system_temporary() -> str:
    """Not $TMPDIR, which is another for each replay; and short, for a socket's path must be."""
    return "/tmp" if os.access("/tmp", os.W_OK) else tempfile.gettempdir()
